"""Sentences: arguments, plurals, commands, languages, places, and what is stored of them."""

import copy
import json
import pickle
from collections.abc import Iterator
from gettext import NullTranslations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import languages
from bot.sentence import (
    EMPTY,
    Command,
    Listing,
    Moment,
    Number,
    Sentence,
    Wording,
    _,
    _n,
    join,
    lines,
    packed,
    sentences,
    unpacked,
    verbatim,
)


class Catalogue(NullTranslations):
    """Three forms of a plural, as Slavic languages have, and every sentence in angle brackets."""

    def gettext(self, message: str) -> str:
        return f"<{message}>"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"<{('one', 'few', 'many')[0 if n % 10 == 1 else 1 if 2 <= n % 10 <= 4 else 2]}: {msgid2}>"


@pytest.fixture(params=["ru", "ar"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    languages.catalogues[request.param] = Catalogue()
    yield request.param
    del languages.catalogues[request.param]


def test_arguments_are_named_and_words_of_people_stay_as_they_are() -> None:
    assert _("“{words}” costs {price}", words="{price} {/jobs} {", price=3) == "“{price} {/jobs} {” costs 3"
    assert _("{missing} stays {here}", here=1) == "{missing} stays 1"
    assert _("no arguments, {nothing} replaced") == "no arguments, {nothing} replaced"
    assert _("{size} {more}", size=1).fill(more=2) == "1 2"


def test_plurals_follow_the_count() -> None:
    assert [_n("{count} credit", "{count} credits", n) for n in (0, 1, 2)] == ["0 credits", "1 credit", "2 credits"]


def test_numbers_dates_and_lists() -> None:
    at = 1_796_425_200.0
    assert _("{n}", n=1234567) == "1234567"
    assert _("{n}", n=Number(1234567)) == "1,234,567"
    assert [_("{n}", n=n) for n in (0.7, 1.0, 0.1 + 0.2)] == ["0.7", "1", "0.3"]
    assert _("{a} {b}", a=Moment(at, "day", "Europe/Berlin"), b=Moment(at, "time", "Europe/Berlin")) == (
        "Saturday, 5 December 2026 00:00"
    )
    assert _("{a}; {b}", a=Moment(at, "date"), b=Moment(at, "stamp")) == "4 December 2026; 4 Dec 23:00"
    assert _("{a}; {b}", a=Moment(at, "short"), b=Moment(at, "mark")) == "4 Dec 2026; 4 Dec"
    assert _("{a}", a=Listing(("x", _("y"), 3))) == "x, y and 3"
    assert _("{a}", a=Listing(("x", "y"), "or")) == "x or y"


def test_parts_stand_beside_each_other_and_empty_ones_are_left_out() -> None:
    assert lines("a", EMPTY, sentences(_("B."), "", _("C."))) == "a\nB. C."
    assert join(" · ", []) == ""
    assert not EMPTY


def test_a_language_says_all_of_it_and_the_words_of_people_are_isolated_where_they_must(language: str) -> None:
    price = _n("{count} credit", "{count} credits", 3)
    told = lines(_("“{words}” costs {price}", words="she smiles", price=price), verbatim("she waves")).into(language)
    smiles, waves = "she smiles", "she waves"
    if language == "ar":
        smiles, waves = "\u2068she smiles\u2069", "\u2068she waves\u2069"
    three = "3" if language == "ru" else languages.number(3, "ar")
    assert told == f"<“{smiles}” costs <few: {three} credits>>\n{waves}"
    assert told.into(languages.ENGLISH) == "“she smiles” costs 3 credits\nshe waves"


def test_commands_and_lists_are_isolated_too_and_addresses_end_where_they_end() -> None:
    said = _(
        "{/jobs} {command} {list} {link} {blank}",
        command=Command("grant 5"),
        list=Listing(("a", "b")),
        link="https://t.me/bot",
        blank=" ",
    )
    assert said.into("he").replace("\u2068", "<").replace("\u2069", ">") == (
        "</jobs> </grant 5> <a> ו<b> https://t.me/bot  "
    )
    assert _("“{x}”", x="a\u2069\u202e\u2067b").into("he") == "“\u2068ab\u2069”"


@pytest.mark.parametrize(
    "name", ["", "xx_YY", "../../etc/passwd", "en\0", "_", "-" * 9000, "english", "\ud800", "{x}", "٣"]
)
def test_a_language_that_does_not_exist_is_english(name: str) -> None:
    known = set(languages.catalogues)
    told = _("on {day}: {n}", day=Moment(0, "date"), n=Number(1000)).into(name)
    assert (told, languages.tag(name)) == ("on 1 January 1970: 1,000", "en")
    assert set(languages.catalogues) <= known | {languages.ENGLISH}


def test_a_language_may_be_named_as_browsers_and_platforms_do() -> None:
    assert _("{day}", day=Moment(0, "date")).into("pt-BR") == "1 de janeiro de 1970"
    assert languages.tag("pt-BR") == languages.tag("pt_BR") == "pt-BR"


def test_a_language_without_a_catalogue_is_told_in_english_with_its_own_dates() -> None:
    assert _("on {day}", day=Moment(1_796_425_200.0, "date")).into("de") == "on 4. Dezember 2026"


def test_a_place_has_its_own_words_and_names_for_commands() -> None:
    ask, how = _("Which clip? Say {/clip} {id}"), _("Yours: {/jobs}")
    page = Wording(lambda line: f"[{line}]", {ask.id: _("Which? {id} by {button}", button="Clip")})
    both = sentences(ask.fill(id="k7"), how, _("{command}", command=Command("grant @someone 5")))
    assert both == "Which clip? Say /clip k7 Yours: /jobs /grant @someone 5"
    assert both.worded(page) == "Which? k7 by Clip Yours: [jobs] [grant @someone 5]"
    assert both.worded(page).into("de", page) == both.worded(page)


texts_ = st.text(max_size=20)
arguments: st.SearchStrategy[object] = st.one_of(
    texts_,
    st.integers(-(10**9), 10**9),
    st.floats(-1e6, 1e6),
    st.builds(Command, texts_),
    st.builds(Number, st.integers(0, 10**9)),
    st.builds(
        Moment, st.integers(0, 4_000_000_000), st.sampled_from(["day", "date", "short", "mark", "stamp", "time"])
    ),
    st.lists(texts_, max_size=4).map(lambda items: Listing(tuple(items))),
)
leaves = st.builds(
    lambda args: Sentence("a {x} b {y} {/jobs}", args), st.dictionaries(st.sampled_from("xy"), arguments)
)
trees = st.recursive(
    leaves
    | st.builds(verbatim, arguments | st.just(0))
    | st.builds(lambda n: _n("{count} credit", "{count} credits", n), st.integers(0, 100)),
    lambda inner: (
        st.builds(join, texts_, st.lists(inner | texts_, max_size=4)) | st.builds(lambda x: _("{x}!", x=x), inner)
    ),
    max_leaves=6,
)


@given(trees)
def test_what_is_stored_says_the_same_again(sentence: Sentence) -> None:
    again = unpacked(sentence.packed)
    assert (str(again), again.packed) == (str(sentence), sentence.packed)
    assert again.into("de") == sentence.into("de")
    assert pickle.loads(pickle.dumps(sentence)) == copy.deepcopy(sentence) == sentence
    assert pickle.loads(pickle.dumps(sentence.into("de"))) == copy.deepcopy(sentence.into("de")) == sentence.into("de")
    assert json.loads(json.dumps(sentence)) == str(sentence)


FORGED = [
    *("[]", "[1]", '["", 1]', '[["x"]]', "[", '{"id": "x"}', '"x"', "null", "[" * 50_000),
    *('["{x}", {"x": {"at": 1e30, "form": "date", "zone": "UTC"}}]'),
    *('["{x}", {"x": {"at": 1e17, "form": "date", "zone": "UTC"}}]'),
    *('["{x}", {"x": {"at": 0, "form": "date", "zone": "Europe"}}]', '["x", {}, ["y"], 2]', '["x", {}, "y", "z"]'),
    *('["{x}", {"x": {"at": 0, "form": "date", "zone": "../etc"}}]', '["{x}", {"x": {"items": [], "kind": "nor"}}]'),
    *('["{x}", {"x": {"at": 0, "form": "nosuch", "zone": "UTC"}}]', '["x", {"x": null}]', '["x", {}, "y", 2, 3]'),
]


@given(texts_ | st.sampled_from(FORGED))
def test_text_that_was_stored_before_there_were_ids_is_told_as_it_is(text: str) -> None:
    assert unpacked(text) == text


@given(texts_ | st.sampled_from([*FORGED, '["Forged.", {}]', '["", "", "x"]']))
def test_nobodys_words_are_taken_for_a_stored_sentence(text: str) -> None:
    assert unpacked(packed(text)) == text
