"""Cursors: the position of a gallery page, as opaque text in its URL."""

import base64
import binascii
import json
import math
import re

from bot.gallery.model import Key, Order, Share

NAME = "[a-z0-9]{1,32}"
"""Regex of the name of a gallery or share."""
LONGEST = 200
"""Maximum characters of a key."""


def order(text: str | None) -> Order:
    """Parse the order in a URL; newest first if missing or invalid."""
    return "best" if text == "best" else "newest"


def behind(share: Share) -> Key:
    """The key of the page after a share."""
    return Key(share.hearts, share.at, share.id)


def query(order: Order, name: str, key: Key | None) -> str:
    """The query string of a page in this order, from `key` on."""
    parts = [] if order == "newest" else [f"order={order}"]
    if key:
        text = json.dumps([key.hearts, key.at, key.id], separators=(",", ":"))
        parts.append(f"{name}={base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}")
    return f"?{'&'.join(parts)}" if parts else ""


def read(text: str) -> Key | None:
    """Parse a key made by `query`; None if invalid."""
    try:
        if len(text) > LONGEST:
            return None
        hearts, at, name = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
        if type(hearts) is not int or type(at) not in (int, float) or not isinstance(name, str):
            return None
        if not (0 <= hearts < 2**53 and math.isfinite(at) and re.fullmatch(NAME, name)):
            return None
        return Key(hearts, float(at), name)
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        return None
