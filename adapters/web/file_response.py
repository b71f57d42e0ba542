"""Stored files over HTTP."""

from collections.abc import Mapping

from aiohttp import web

from bot.media.stored import StoredFile


def file_response(file: StoredFile, headers: Mapping[str, str]) -> web.StreamResponse:
    """A stored file as a response.

    The only use of a file's path outside `bot.media`, as a test checks: aiohttp handles Range, ETag, If-Modified-Since
    and sendfile, but only for a path. Another storage needs another implementation of this function.
    """
    return web.FileResponse(file.local_path, headers=headers)
