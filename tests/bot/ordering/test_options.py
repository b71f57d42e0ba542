"""Options, as keyboards, phones and languages write them: understood, or refused; never part of the sentence."""

import unicodedata
from contextlib import suppress
from itertools import product

import pytest

from bot import texts
from bot.errors import Refusal
from bot.ordering import options, prompt
from bot.ordering.prompt import Draft, read
from tests.bot.ordering.signs import BLANKS, LONG, SMILES, TWO, UNSEEN, by_category

# ── Understood ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dashes", [*TWO, *LONG])
@pytest.mark.parametrize(
    ("name", "draft"),
    [
        ("no blurry", Draft(SMILES, negative="blurry")),
        ("No: blurry", Draft(SMILES, negative="blurry")),
        ("ＮＯ＝blurry", Draft(SMILES, negative="blurry")),
        ("10s", Draft(SMILES, 10)),
        ("10S", Draft(SMILES, 10)),
        ("10 Seconds", Draft(SMILES, 10)),
        ("Duration： 10", Draft(SMILES, 10)),
        ("DURATION 10 seconds", Draft(SMILES, 10)),
        ("CFG=0,7", Draft(SMILES, cfg=0.7)),
    ],
)
def test_any_two_dashes_or_a_long_one_make_an_option(dashes: str, name: str, draft: Draft) -> None:
    assert read(f"{SMILES} {dashes}{name}") == draft


@pytest.mark.parametrize(
    "before",
    [
        *BLANKS,
        *(f" {unseen}" for unseen in UNSEEN),
        "\u200b",
        "\u200f",
        ", ",
        "，",
        "。",
        "、",
        "！",
        " (",
        " （",
        " “",
    ],
)
@pytest.mark.parametrize(
    ("name", "seconds", "negative"), [("--10s", 10, ""), ("--no blurry", 5, "blurry"), ("—no blurry", 5, "blurry")]
)
def test_it_may_follow_any_blank_or_punctuation(before: str, name: str, seconds: int, negative: str) -> None:
    found = read(f"{SMILES}{before}{name}")
    assert (found.prompt.rstrip("。！"), found.seconds, found.negative) == (SMILES, seconds, negative)


def test_it_may_follow_whatever_is_no_letter() -> None:
    """Understood or refused: an exclamation mark of any script, an emoji, a bracket, a mark of direction."""
    signs = sorted(sign for category, found in by_category().items() if category[0] in "PZSC" for sign in found)
    signs = [sign for sign in signs if unicodedata.category(sign) not in ("Cn", "Co", "Cs")]
    for sign, option in product(signs[::50], ["--no blurry", "—No: blurry", "--10s"]):
        with suppress(Refusal):
            assert option.split()[0] not in read(f"{SMILES}{sign}{option}").prompt, hex(ord(sign))


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        # Without a blank, where there are none.
        ("她微笑--no 模糊", Draft("她微笑", negative="模糊")),
        ("她微笑--no模糊", Draft("她微笑", negative="模糊")),
        ("她微笑，--no 模糊", Draft("她微笑", negative="模糊")),
        ("她微笑\u3000--no：模糊、手", Draft("她微笑", negative="模糊、手")),
        ("她微笑——no 模糊", Draft("她微笑", negative="模糊")),
        ("她微笑--１０秒", Draft("她微笑", 10)),
        ("--10秒她微笑", Draft("她微笑", 10)),
        ("她微笑--duration 10秒钟", Draft("她微笑", 10)),
        ("彼女は笑うーー10s", Draft("彼女は笑う", 10)),
        ("เธอยิ้ม--10s", Draft("เธอยิ้ม", 10)),
        ("هي تبتسم \u200f--10s", Draft("هي تبتسم", 10)),
        ("هي تبتسم --duration ١٠ ثانية", Draft("هي تبتسم", 10)),
        ("она улыбается --10 секунд", Draft("она улыбается", 10)),
        # A unit behind the number.
        ("--duration 10 seconds she smiles", Draft(SMILES, 10)),
        ("--duration 10 sec, she smiles", Draft(SMILES, 10)),
        ("--10sec she smiles", Draft(SMILES, 10)),
        ("--10 she smiles", Draft(SMILES, 10)),
        ("--duration10s she smiles", Draft(SMILES, 10)),
        ("--duration 10.0 s: she smiles", Draft(SMILES, 10)),
        ('--duration 10" she smiles', Draft(SMILES, 10)),
        ("--duration 10 másodperc she smiles", Draft(SMILES, 10)),
        ("she smiles…−no tears", Draft("she smiles…", negative="tears")),
        ("she smiles 🙂-no tears", Draft("she smiles 🙂", negative="tears")),
        ("--duration 5 segundos ella sonríe", Draft("ella sonríe")),
        # Shares.
        ("she smiles --cfg 70%", Draft(SMILES, cfg=0.7)),
        ("she smiles --cfg 70 %", Draft(SMILES, cfg=0.7)),
        ("she smiles --cfg 7/10", Draft(SMILES, cfg=0.7)),
        ("she smiles --cfg ½", Draft(SMILES, cfg=0.5)),
        ("she smiles --cfg ٠٫٧", Draft(SMILES, cfg=0.7)),
        ("she smiles --cfg ０．７", Draft(SMILES, cfg=0.7)),
        ("she smiles --cfg ०.७", Draft(SMILES, cfg=0.7)),
        ("--cfg 0.7. she smiles", Draft(SMILES, cfg=0.7)),
        ("she smiles --cfg 70 percent", Draft(SMILES, cfg=0.7)),
        ("она улыбается --cfg 70 процентов", Draft("она улыбается", cfg=0.7)),
        ("هي تبتسم --cfg ٧٠٪", Draft("هي تبتسم", cfg=0.7)),
        ("she smiles --10-s", Draft(SMILES, 10)),
        ("she smiles --duration 10-sec", Draft(SMILES, 10)),
        # In brackets and quotes an option ends where they do.
        ("(--no blurry) she smiles", Draft(SMILES, negative="blurry")),
        ("（--no 模糊）她微笑", Draft("她微笑", negative="模糊")),
        ("she smiles (--no a (big) smile, --10s)", Draft(SMILES, 10, "a (big) smile")),
        ("she [ --10s ] smiles", Draft(SMILES, 10)),
        ("she smiles “--no blurry”", Draft(SMILES, negative="blurry")),
        ("she smiles „--no blurry“", Draft(SMILES, negative="blurry")),
        ('she says "hi" --no "text"', Draft('she says "hi"', negative='"text"')),
        ("she smiles (--10s", Draft(SMILES, 10)),
        ("she smiles <--no blurry>", Draft(SMILES, negative="blurry")),
        # Commas and the like around an option belong to neither.
        ("she smiles, --no blurry, hands; --10s!", Draft(SMILES, 10, "blurry, hands")),
        ("--10s | she smiles", Draft(SMILES, 10)),
        ("she smiles. --10s", Draft("she smiles.", 10)),
        # Two dashes and a blank; one short dash that touches a name.
        ("she smiles -- no tears", Draft(SMILES, negative="tears")),
        ("she smiles -- 10 s", Draft(SMILES, 10)),
        ("paraŀ --10s", Draft("paraŀ", 10)),
        ("she smiles --\nno tears", Draft(SMILES, negative="tears")),
        ("-- 10 s she smiles", Draft(SMILES, 10)),
        ("see https://example.com/a --no tears", Draft("see https://example.com/a", negative="tears")),
        ("she smiles — —no tears", Draft(SMILES, negative="tears")),
        ("she smiles -no tears", Draft(SMILES, negative="tears")),
        ("she smiles -duration 10 -cfg 0.7", Draft(SMILES, 10, cfg=0.7)),
        ("she smiles--duration 10", Draft(SMILES, 10)),
        ("she smiles—10s", Draft(SMILES, 10)),
        ("she smiles --\u200bn\u200bo blurry", Draft(SMILES, negative="blurry")),
        ("she smiles ➖\ufe0f➖\ufe0fno blurry", Draft(SMILES, negative="blurry")),
    ],
)
def test_understood(text: str, draft: Draft) -> None:
    assert read(text) == draft


# ── Prose ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "she smiles — no tears",
        "she smiles - no tears",
        "she smiles – 10 seconds of joy",
        "she smiles—then waves",
        "she smiles--then waves",
        "she smiles -- slowly",
        "a well--known face —ah",
        "an x--ray of a t-shirt",
        "a well-no-nonsense look, 5-10s, 5–10s, 5:10",
        "no-one smiles —no-one at all",
        "a pause of 5s +/-10s, ±-10s",
        "she smiles —november rain",
        "she smiles —noël",
        "她微笑——然后挥手",
        "她微笑。——Tom 挥手",
        "她微笑--然后挥手",
        "すごーーいラーメン",
        "Zoë lächelt, 彼女は笑う 🙂",
        "👩‍👩‍👧 wave at ❤️ and 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "می‌خندد",
        "she counts —10 roses",
        "A --> B",
        ":) she smiles",
        "...",
        # The same word again; the path of an address; feet and inches; what a dash makes another number or sign.
        "no--no--no",
        "“No—no!” she says",
        "https://example.com/a/--no/x waves",
        "http://example.com/--10s glows",
        "5'-10'' tall",
        "she is 5'–10\" tall",
        "-10°C, snow falls",
        "-_- she smiles",
        "__--__",
        "えーーー10人",
    ],
)
def test_prose_stays_as_it_is(text: str) -> None:
    assert read(text) == Draft(text)


# ── Refused ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "she smiles --durration 10",
            texts.options.option_unknown("durration", texts.options.OF_THE_FIRST, "duration"),
        ),
        ("she smiles --Noo x", texts.options.option_unknown("noo", texts.options.OF_THE_FIRST, "no")),
        ("she smiles --negative blurry", texts.options.option_unknown("negative", texts.options.OF_THE_FIRST, "no")),
        ("she smiles --noblur", texts.options.option_unknown("noblur", texts.options.OF_THE_FIRST, "no")),
        (
            "she smiles ——speed 3",
            texts.options.option_unknown("speed", texts.options.OF_THE_FIRST, options.nearest("speed")),
        ),
        (
            "she smiles --ohne Brille",
            texts.options.option_unknown("ohne", texts.options.OF_THE_FIRST, options.nearest("ohne")),
        ),
        ("她微笑--ar 16:9", texts.options.option_unknown("ar", texts.options.OF_THE_FIRST, options.nearest("ar"))),
        ("она --нет слёз", texts.options.option_unknown("нет", texts.options.OF_THE_FIRST)),
        ("she smiles—no tears", texts.options.option_unclear("—no tears")),
        ("she smiles--no tears", texts.options.option_unclear("--no tears")),
        ("ella sonríe —no llora— y saluda", texts.options.option_unclear("—no llora— y saluda")),
        ("she smiles—10 seconds later she waves", texts.options.option_unclear("—10 seconds later she waves")),
        ("she smiles -- 10 seconds later she waves", texts.options.option_unclear("-- 10 seconds later she waves")),
        ("она улыбается—10 секунд спустя машет", texts.options.option_unclear("—10 секунд спустя машет")),
        ("她微笑——10秒后挥手", texts.options.option_unclear("——10秒后挥手")),
        ("彼女は笑う--10年後", texts.options.option_unclear("--10年後")),
        ("scene 5--10s", texts.options.option_unclear("--10s")),
        ("she smiles --duration 10 minutes", texts.options.option_malformed("duration", "10 minutes")),
        ("she smiles --duration 5-10", texts.options.option_malformed("duration", "5-10")),
        ("she smiles --duration 0:10", texts.options.option_malformed("duration", "0:10")),
        ("she smiles --duration 十", texts.options.option_malformed("duration", "十")),
        ("she smiles --duration 10x", texts.options.option_malformed("duration", "10x")),
        ("she smiles --7 dwarfs", texts.options.option_malformed("duration", "7")),
        ("she smiles --cfg 140%", texts.options.option_malformed("cfg", "140%")),
        ("she smiles --cfg 3/2", texts.options.option_malformed("cfg", "3/2")),
        ("she smiles --cfg −0.5", texts.options.option_malformed("cfg", "−0.5")),
        ("she smiles --cfg", texts.options.option_malformed("cfg", "")),
        ("she smiles --no \u200b", texts.options.option_malformed("no", "")),
        ("she smiles --no \u3164 \u2800", texts.options.option_malformed("no", "")),
        ("he shakes his head —no!", texts.options.option_malformed("no", "")),
        ("she smiles —No a —NO b", texts.options.option_twice("no", "—No a", "—NO b")),
        ("she smiles (--10s) --１０秒", texts.options.option_twice("duration", "--10s", "--１０秒")),
        ("she smiles --10s --10s", "“--10s” stands there twice. Please keep one, for example: --duration 10"),
        (
            "she smiles --10s, --duration 5",
            "“--10s” and “--duration 5” are the same option. Please keep one, for example: --duration 10",
        ),
    ],
)
def test_refused_with_the_right_form(text: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(text)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "form", ["--no {no}, --cfg {cfg}, --10s", "--10s, --cfg {cfg}, --no {no}", "--cfg {cfg},--no {no},--10s"]
)
def test_options_with_commas_between_them(form: str) -> None:
    written = form.format(no="blurry, extra hands", cfg="0.7")
    assert read(f"{SMILES}, {written}") == Draft(SMILES, 10, "blurry, extra hands", 0.7)


def test_another_option_where_only_a_list_is_asked_for_is_named() -> None:
    with pytest.raises(Refusal, match="--cfg has a place of its own"):
        prompt.read(SMILES, {"no": "blurry, extra hands, --cfg 0.7"})


@pytest.mark.parametrize("options", ["--no blurry", "--10s --no blurry,", "(--no a)", "--10s", " "])
def test_options_wait_for_their_words(options: str) -> None:
    waiting = prompt.apart(options)
    assert prompt.wordless(waiting)
    assert read(f"{waiting} {SMILES}") == read(f"{SMILES} {options}")


def test_what_is_picked_in_a_form_is_read_as_well() -> None:
    assert read(SMILES, {"no": "--no blurry"}) == read(SMILES, {"no": "blurry"}) == Draft(SMILES, negative="blurry")
    for picked in ("blurry --10s", "--10s", "--no a --no b", "\u200b"):
        with pytest.raises(Refusal):
            read(SMILES, {"no": picked})


@pytest.mark.parametrize("category", ["Cf", "Cc", "Zs", "Zl", "Zp", "Mn", "Co"])
def test_words_that_nobody_can_see_are_none(category: str) -> None:
    signs = by_category()[category]
    for sign in signs[:: max(1, len(signs) // 300)]:
        assert prompt.wordless(sign), hex(ord(sign))
        assert prompt.wordless(f"{sign} \u3164 --10s"), hex(ord(sign))
    assert prompt.wordless("".join(signs[:2000]))


# ── Advice ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("word", ["then", "she", "smiling", "waves"])
def test_what_is_no_options_name_is_refused_with_the_form_that_works(word: str) -> None:
    with pytest.raises(Refusal) as caught:
        read(f"she looks up --{word} softly")
    assert f"“- {word}”" in str(caught.value)
    assert read(f"she looks up - {word} softly") == Draft(f"she looks up - {word} softly")
    assert read(f"she looks up {word} softly") == Draft(f"she looks up {word} softly")


@pytest.mark.parametrize(
    "text", ["she smiles--10 seconds later", "she smiles--10s later she waves", "she smiles--5 s after"]
)
def test_a_number_that_may_count_what_comes_next_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="I can't tell whether"):
        read(text)
    assert read("she smiles--10s, then she waves") == Draft("she smiles then she waves", 10)
    assert read("she smiles--10s") == Draft(SMILES, 10)
