"""Likely kind of a file in a chat, by its name and type. Its content decides later."""

import re
from typing import Literal

Kind = Literal["picture", "video", "perhaps", "other"]
"""`perhaps`: name and type are inconclusive; it is tried if there is no better one."""

_PICTURES = re.compile(r"\.(p?jp(e?g|e)|jfif|jif|mpo|a?png|webp|hei[cf]s?|hif|avifs?|gif|bmp|dib)$", re.IGNORECASE)
_VIDEOS = re.compile(r"\.(mp4|mov|qt|webm|m4v)$", re.IGNORECASE)
_PICTURE_TYPES = re.compile(r"image/|(\w+/)?(x-)?(jpe?g|jpe|jfif|png|webp|hei[cf]|avif|gif|bmp)$")
_NO_TYPES = re.compile(
    r"|image|photo|file|unknown|\*/\*|(application|binary|unknown|multipart|content)/"
    r"(x-)?(octet-?stream|binary|unknown[\w-]*|(force-)?download|save|stream|data|raw|file|form-data|\*)"
)


def kind_of(type: str | None, name: str | None) -> Kind:
    """The likely kind of a file; `type` is its MIME type, with or without parameters."""
    said, name = (type or "").partition(";")[0].strip().lower(), (name or "").strip()
    if _PICTURE_TYPES.match(said) or _PICTURES.search(name):
        return "picture"
    if said.startswith("video/") or _VIDEOS.search(name):
        return "video"
    return "perhaps" if _NO_TYPES.fullmatch(said) else "other"
