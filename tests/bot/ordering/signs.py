"""Blanks, unseen characters and dashes of Unicode, as options are written with them."""

import functools
import unicodedata
from collections import defaultdict

SMILES = "she smiles"
BLANKS = [" ", "\t", "\n", "\u00a0", "\u2009", "\u202f", "\u3000", "\u2028", "\u1680", "\u205f"]
UNSEEN = [
    "\u200b",
    "\u200f",
    "\u200e",
    "\u2066",
    "\ufeff",
    "\u2060",
    "\u00ad",
    "\u034f",
    "\u3164",
    "\u2800",
    "\U0001d159",
    "\U000e0001",
]
LONG = [chr(code) for code in (0x2012, 0x2013, 0x2014, 0x2015, 0x2E3A, 0xFE58, 0x2500)]
SHORT = [chr(code) for code in (0x2D, 0x2010, 0x2011, 0x2212, 0xFE63, 0xFF0D, 0x207B, 0x2796)]
TWO = [*(2 * dash for dash in (*LONG, *SHORT)), "---", "-—", "—-", "ーー", "-\u200b-"]


@functools.cache
def by_category() -> dict[str, list[str]]:
    """All of Unicode, in order: looking through it takes a fifth of a CPU second."""
    found: dict[str, list[str]] = defaultdict(list)
    for sign in map(chr, range(0x110000)):
        found[unicodedata.category(sign)].append(sign)
    return found
