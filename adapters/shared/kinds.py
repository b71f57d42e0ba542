"""What a file in a chat may be, by its name and type there. This says what is tried; the bytes decide."""

import re
from typing import Literal

Kind = Literal["picture", "video", "perhaps", "other"]
"""`perhaps`: neither says anything, so it is looked at if there is nothing better."""

_PICTURES = re.compile(r"\.(p?jp(e?g|e)|jfif|jif|mpo|a?png|webp|hei[cf]s?|hif|avifs?|gif|bmp|dib)$", re.IGNORECASE)
_VIDEOS = re.compile(r"\.(mp4|mov|qt|webm|m4v)$", re.IGNORECASE)
_PICTURE_TYPES = re.compile(r"image/|\w+/(x-)?(jpe?g|jpe|jfif|png|webp|hei[cf]|avif|gif|bmp)$")
_NO_TYPES = re.compile(r"|image|file|unknown|(application|binary)/(x-)?(octet-stream|binary|unknown|download)|\*/\*")


def kind_of(type: str | None, name: str | None) -> Kind:
    """The likely kind of a file; `type` is its MIME type, with or without parameters."""
    said, name = (type or "").partition(";")[0].strip().lower(), (name or "").strip()
    if _PICTURE_TYPES.match(said) or _PICTURES.search(name):
        return "picture"
    if said.startswith("video/") or _VIDEOS.search(name):
        return "video"
    return "perhaps" if _NO_TYPES.fullmatch(said) else "other"
