"""Where in a gallery a page begins, as text in its address that nobody needs to read."""

import base64
import binascii
import json
import math
import re

from bot.gallery.model import Key, Order, Share

NAME = "[a-z0-9]{1,32}"
"""Of a gallery or a share."""
LONGEST = 200
"""Characters of a key that are looked at."""


def order(text: str | None) -> Order:
    """What an address asks for; the newest first, if it is unclear."""
    return "best" if text == "best" else "newest"


def behind(share: Share) -> Key:
    """What comes after this one."""
    return Key(share.hearts, share.at, share.id)


def query(order: Order, name: str, key: Key | None) -> str:
    """What an address ends in to show this order from here on."""
    parts = [] if order == "newest" else [f"order={order}"]
    if key:
        text = json.dumps([key.hearts, key.at, key.id], separators=(",", ":"))
        parts.append(f"{name}={base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}")
    return f"?{'&'.join(parts)}" if parts else ""


def read(text: str) -> Key | None:
    """The key in an address; None for anything that `query` has not made."""
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
