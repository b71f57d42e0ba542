"""Options in whatever text: none is bought as words, and reading takes a time that grows with the length alone."""

import time
from contextlib import suppress
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import Refusal
from bot.ordering.prompt import Draft, read
from tests.bot.ordering.signs import BLANKS, LONG, SHORT, SMILES, TWO, UNSEEN, by_category

NAME = st.sampled_from(
    ["no", "No", "NO", "ｎｏ", "duration", "Duration", "cfg", "CFG", "10s", "10S", "5 s", "１０ｓ", "7s"]
)
DASHES = st.sampled_from([*TWO, *LONG])
PROSE = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["she smiles", "她微笑", "", "x", "10", "no", "(", "—", "--"]
)
BEFORE = st.sampled_from([*BLANKS, *UNSEEN, "，", "。", "（", " (", " [", "\u200f ", " \u200b", "她", "ยิ้ม"])


@given(PROSE, BEFORE, DASHES, NAME, st.sampled_from([" ", "", "=", ":", "：", "\u3000", " = "]), PROSE)
@example("", " ", "--", "no", "", "-")
def test_no_option_is_bought_as_words(before: str, blank: str, dashes: str, name: str, sign: str, after: str) -> None:
    text = f"{before}{blank}{dashes}{name}{sign or ' '}{after}"
    try:
        draft = read(text)
    except Refusal:
        return
    assert dashes + name not in draft.prompt
    assert dashes + name not in draft.negative


SNIPPET = st.sampled_from(
    [
        *'ab no1s.,:=()"“”',
        *LONG[:3],
        *SHORT[:3],
        "10s",
        "no",
        "duration",
        "cfg",
        "0.7",
        "她",
        "，",
        "\u200b",
        "\n",
        "ー",
    ]
)


@given(st.lists(SNIPPET, max_size=14).map("".join))
def test_what_was_read_has_no_option_left(text: str) -> None:
    try:
        draft = read(text)
    except Refusal:
        return
    assert read(draft.prompt) == Draft(draft.prompt)
    assert read("x", {"no": draft.negative}).negative == draft.negative if draft.negative else True


@pytest.mark.parametrize("piece", ["-", "- ", "--no ", "(--x", "a--", "-a", "ー", "--10s", "(", '"--', "\u0301-", ". "])
def test_the_time_it_takes_grows_with_the_length_alone(piece: str) -> None:
    def took(times: int) -> float:
        begin = time.process_time()
        with suppress(Refusal):
            read(piece * times)
        return time.process_time() - begin

    took(1000)
    assert took(20_000) < 100 * max(took(1000), 0.001)  # 20 times the length; a square would be 400


def test_every_dash_and_blank_of_unicode_counts() -> None:
    dashes = by_category()["Pd"]
    blanks = [chr(code) for code in range(0x110000) if chr(code).isspace()]
    for dash, blank in [*product(dashes, " "), *product("-", blanks)]:
        assert read(f"{SMILES}{blank}{2 * dash}no{blank}blurry") == Draft(SMILES, negative="blurry"), (
            hex(ord(dash)),
            hex(ord(blank)),
        )
