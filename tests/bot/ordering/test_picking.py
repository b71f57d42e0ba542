"""Which line of a list an answer means: as people write numbers, names and beginnings."""

from collections.abc import Sequence

import pytest

from bot.ordering import picking
from bot.ordering.picking import Line

LINES = [
    Line("1", "/delete a", 1, ["she smiles in the rain"]),
    Line("2", "/delete b", 2, ["she waves"]),
    Line("3", "/delete c", 3, ["老虎 runs"]),
]


def picked(found: Sequence[Line]) -> list[str]:
    return [line.command[-1] for line in found]


@pytest.mark.parametrize(
    "said",
    [
        *("2", "2.", "#2", "(2)", "２", "٢", "②", "2️⃣", "二", "no. 2", "No 2", "number two", "the second", "2nd"),
        *("the 2nd one, please", "second one", "two", "delete 2", "\u200f2", "I'd like the second", "2 !", "option 2"),
    ],
)
def test_a_number_in_any_writing(said: str) -> None:
    assert picked(picking.numbered(said, LINES)) == ["b"]


@pytest.mark.parametrize(
    "said",
    [
        "2 people smile",
        "show 2",
        "again 2",
        "that one",
        "delete the one",
        "she waves twice",
        "2.5",
        "2-3",
        "a second later",
        "",
        "…",
        "seconds",
        "½",
        "no",
        "1st 2nd",
    ],
)
def test_no_number(said: str) -> None:
    assert picking.number(said, LINES) is None


def test_the_last_and_what_is_beyond() -> None:
    assert picked(picking.numbered("the last one", LINES)) == ["c"]
    for said in ("4", "0", "999"):
        with pytest.raises(LookupError):
            picking.numbered(said, LINES)
    assert picking.numbered("4", [Line("Hide 1", "/hide a", 0)]) == [], "nothing there has a number"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("she smiles", "a"),
        ("She smiles in the rain!", "a"),
        ("she", "ab"),
        ("delete she waves", "b"),
        ("老虎", "c"),
        ("smiles", ""),
        ("she smiles and waves", ""),
        ("!", ""),
    ],
)
def test_the_beginning_of_its_words(said: str, found: str) -> None:
    assert picked(picking.beginning(said, LINES)) == list(found)


@pytest.mark.parametrize("said", ["none", "None of them.", "nothing", "no one", "0"])
def test_none(said: str) -> None:
    assert picking.is_none(said)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("--model veo 3.1", "veo 3.1"),
        ("Model: Kling 3.0 Pro", "Kling 3.0 Pro"),
        ("the “Best” one, please!", "Best"),
        ("with sound", "sound"),
        ("kling-3.0_pro", "kling-3.0_pro"),
    ],
)
def test_a_name_without_what_is_around_it(said: str, name: str) -> None:
    assert picking.name(said) == name
