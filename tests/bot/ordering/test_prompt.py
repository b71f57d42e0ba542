"""What people write, read as an order."""

import re
from contextlib import suppress
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import texts
from bot.characters import plain, trim
from bot.errors import Refusal
from bot.model import Order
from bot.offers import Choice
from bot.ordering.names import NAMES
from bot.ordering.prompt import NOTHING, Draft, check, check_path, kept, read, reworded
from tests.samples import BEST, OFFERS, an_order


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        ("she smiles", Draft("she smiles")),
        ("  she\n smiles ", Draft("she smiles")),
        ("she smiles --duration 10", Draft("she smiles", 10)),
        ("--duration 10 she smiles", Draft("she smiles", 10)),
        ("--duration=10 she smiles", Draft("she smiles", 10)),
        ("--duration 10s she smiles", Draft("she smiles", 10)),
        ("she --10s smiles", Draft("she smiles", 10)),
        ("she smiles --5s", Draft("she smiles", 5)),
        ("she smiles --DURATION 10", Draft("she smiles", 10)),
        ("she smiles --no blurry, extra hands", Draft("she smiles", negative="blurry, extra hands")),
        ("--no blurry,  hands --10s she smiles", Draft("she smiles", 10, "blurry, hands")),
        ("she smiles --cfg 0.7", Draft("she smiles", cfg=0.7)),
        ("she smiles --cfg .7 --10s", Draft("she smiles", 10, cfg=0.7)),
        ("she smiles --cfg 0,7", Draft("she smiles", cfg=0.7)),
        ("--cfg 1 she smiles", Draft("she smiles", cfg=1.0)),
        ("--cfg 0 she smiles", Draft("she smiles", cfg=0.0)),
        # A phone writes two hyphens as a dash.
        ("she smiles —duration 10", Draft("she smiles", 10)),
        ("she smiles –10s —cfg 0.5", Draft("she smiles", 10, cfg=0.5)),
        # Dashes in plain prose are prose.
        ("she smiles — slowly", Draft("she smiles — slowly")),
        ("a well--known face —ah", Draft("a well--known face —ah")),
        ("she smiles -- slowly", Draft("she smiles -- slowly")),
        ("Zoë lächelt, 彼女は笑う 🙂", Draft("Zoë lächelt, 彼女は笑う 🙂")),
    ],
)
def test_reads(text: str, draft: Draft) -> None:
    assert read(text) == draft


@pytest.mark.parametrize(
    ("text", "named", "example"),
    [
        ("she smiles --speed 3", "--speed", "--duration 10"),
        ("she smiles --duration 7", "--duration", "--duration 10"),
        ("she smiles --7s", "--duration", "--duration 10"),
        ("she smiles --duration", "--duration", "--duration 10"),
        ("she smiles --duration ten", "--duration", "--duration 10"),
        ("she smiles --cfg 2", "--cfg", "--cfg 0.7"),
        ("she smiles --cfg", "--cfg", "--cfg 0.7"),
        ("she smiles --cfg -0.5", "--cfg", "--cfg 0.7"),
        ("she smiles --cfg nan", "--cfg", "--cfg 0.7"),
        ("she smiles --no", "--no", "--no blurry"),
        ("she smiles --no --10s", "--no", "--no blurry"),
        ("she smiles --10s --duration 5", "--duration", "--duration 10"),
    ],
)
def test_names_the_option_and_shows_a_right_one(text: str, named: str, example: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(text)
    assert named in str(refused.value)
    assert example in str(refused.value)


def test_every_example_that_people_are_shown_works() -> None:
    for text in (
        texts.options.option_unknown("x", texts.options.OF_THE_FIRST),
        texts.options.option_malformed("cfg", "2"),
    ):
        for example in re.findall(r"--(?:duration|no|cfg) [^.:]*?[\w](?=, --|\.$|$)", text.split("work: ")[-1]):
            read(f"she smiles {example}")


@pytest.mark.parametrize("text", ["", "   ", "--10s", "--no blurry", "\u200b\u3164\u2800\ufe0f\u202e", "\u2063 --10s"])
def test_asks_for_words(text: str) -> None:
    with pytest.raises(Refusal, match="What should happen"):
        read(text)


def test_long_words_are_refused_with_their_length() -> None:
    assert read("x" * 2500).prompt
    with pytest.raises(Refusal, match="5,000"):
        read("x" * 5000)
    with pytest.raises(Refusal, match=r"things to avoid.*2,501"):
        read("she smiles --no " + "x" * 2501)


@pytest.mark.parametrize("name", NAMES)
def test_an_option_stays_with_new_words_and_in_the_form(name: str) -> None:
    can = OFFERS if name == "model" else replace(OFFERS, default=Choice(BEST))
    draft = read(f"she smiles {texts.options.EXAMPLES[name]}", can=can)
    assert draft != read("she smiles", can=can)
    shared = {one.name for one in fields(Order)} & {one.name for one in fields(Draft)}
    values = {one: getattr(draft, one) for one in shared} | {"model": draft.model.id, "version": draft.model.version}
    order = an_order(**values)
    for options in ({}, kept(order, can)):
        assert replace(reworded("she waves", options, order, can), seen=None) == replace(draft, prompt="she waves")


def test_picked_options_win() -> None:
    assert read("she smiles --5s", {"duration": "10", "no": "rain", "cfg": "0.2"}) == Draft(
        "she smiles", 10, "rain", 0.2
    )
    with pytest.raises(Refusal, match="--duration"):
        read("she smiles", {"duration": "7"})
    with pytest.raises(Refusal, match="--speed"):
        read("she smiles", {"speed": "7"})


words = (
    st.lists(st.text(st.characters(categories=["L", "N", "Sm"], exclude_characters="|="), min_size=1), min_size=1)
    .map(" ".join)
    .filter(lambda text: trim(text) == text and "--" not in plain(text).text.replace("—", "-").replace("ー", "-"))
)


avoided = words.filter(lambda text: text.casefold() not in NOTHING)


@given(
    words, st.sampled_from([5, 10]), st.just("") | avoided, st.none() | st.integers(0, 100), st.permutations(range(3))
)
def test_whatever_is_written_is_read_back(
    prompt: str, seconds: int, negative: str, cfg: int | None, order: list[int]
) -> None:
    options = [f"--duration {seconds}", f"--cfg {cfg / 100}" if cfg is not None else "", f"--no {negative}"]
    if not negative:
        options[2] = ""
    text = prompt + " " + " ".join(options[i] for i in order)
    assert read(text) == Draft(prompt, seconds, negative, None if cfg is None else cfg / 100)


@given(st.text())
def test_any_text_gets_an_order_or_a_sentence(text: str) -> None:
    with suppress(Refusal):
        assert read(text).prompt


@pytest.mark.parametrize(
    ("draft", "roles", "sentence"),
    [
        (Draft("x"), [], texts.chat.NO_PHOTO),
        (Draft("x"), ["end"], texts.chat.NO_PHOTO),
        (Draft("x"), ["photo"] * 3, texts.pictures.ONE_PHOTO),
        (Draft("x"), ["photo", "photo", "end"], texts.pictures.ONE_PHOTO),
        (Draft("x", 10), ["photo", "photo"], texts.options.ONLY_FIVE),
        (Draft("x", 10), ["photo", "end"], texts.options.ONLY_FIVE),
        (Draft("x", 10), ["photo", "static_mask"], texts.options.ONLY_FIVE),
        (Draft("x", 10), ["photo", "brush"], texts.options.ONLY_FIVE),
        (Draft("x"), ["photo", "end", "static_mask"], texts.options.END_OR_MASKS),
        (Draft("x"), ["photo", "end", "brush"], texts.options.END_OR_MASKS),
        (Draft("x"), ["photo"] + ["brush"] * 7, texts.pictures.too_many_brushes(6)),
    ],
)
def test_what_excludes_what(draft: Draft, roles: list[str], sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        check(draft, roles)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("roles", [["photo"], ["photo", "photo"], ["photo", "end"], ["photo", "static_mask", "brush"]])
def test_what_goes_together(roles: list[str]) -> None:
    check(Draft("x"), roles)


@pytest.mark.parametrize("points", [0, 1, 78])
def test_a_path_needs_two_to_77_points(points: int) -> None:
    with pytest.raises(Refusal, match=f"this one has {points}"):
        check_path([(1, 1)] * points)
