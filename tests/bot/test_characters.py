"""The plain equivalents of characters."""

import string

from bot.characters import plain

PRINTABLE = "".join(sign for sign in string.printable if sign.isprintable())


def test_printable_ascii_takes_a_short_way_to_the_same() -> None:
    long = plain(PRINTABLE + "é")
    short = plain(PRINTABLE)
    assert (short.text, short.offsets) == (long.text[:-1], long.offsets[:-1])
    assert short.text == PRINTABLE.lower()
