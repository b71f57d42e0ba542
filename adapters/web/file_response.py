"""Kept files over HTTP."""

from collections.abc import Mapping

from aiohttp import web

from bot.media.stored import StoredFile


def file_response(file: StoredFile, headers: Mapping[str, str]) -> web.StreamResponse:
    """A kept file as an answer.

    The only place outside `bot.media` that learns where a file lies, as a test keeps it: aiohttp answers Range, ETag
    and If-Modified-Since by itself, and has the system send the file without reading it, but only from a path. Where
    files stand elsewhere one day, this is what has to be written anew.
    """
    return web.FileResponse(file.local_path, headers=headers)
