"""Commands on the chat page: what they bring, and that answers name the menu."""

import re
from dataclasses import replace

import pytest

from bot import texts
from bot.commands.table import TABLE
from bot.sentence import Sentence
from tests.adapters.web.web_chat import Start
from tests.houses import configure, picture
from tests.wave import WAVE
from tests.web_gallery import film


async def test_a_row_of_the_table_is_in_the_menu_and_in_the_help(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE, "wave", WAVE)
    browser = await (await start()).browser()
    _, page = await browser.open()
    menu = page.partition('id="menu"')[2].partition("</nav>")[0]
    said = re.findall(r'value="(/[a-z]+)">([^<]+)<', menu)
    labels = [texts.page.PAGE[name] for name in ("history", "credits", "model", "mydata", "privacy", "help")]
    own = list(zip(("/jobs", "/quota", "/model", "/mydata", "/privacy", "/help"), labels, strict=True))
    assert [one for one in said if one not in own] == [("/wave", "Wave")]
    assert [one for one in said if one in own] == own
    monkeypatch.setitem(TABLE, "nod", replace(WAVE, name="nod", help="nod to me", menu="none", label="", typed=True))
    told = (await browser.say("/help"))[1]["text"].splitlines()
    assert "Wave – wave to me" in told
    assert "/nod – nod to me" in told
    assert (await browser.say("/wave"))[1]["text"] == "👋"


async def test_commands_bring_what_they_promise(start: Start) -> None:
    site = await start()
    site.house.provider.clips = [film(480, 360)]
    browser = await site.browser()

    async def done(text: str, **photo: bytes) -> str:
        job = (await browser.say(text, **photo))[1]["job"]
        return (await site.house.finish(await site.house.job(job))).id

    first = await done("She smiles, “softly”", photo=picture())
    then = await done(f"/continue {first} und weiter…")
    listed = (await browser.say("/jobs"))[1]["jobs"]
    assert [(job["id"], job["joins"]) for job in listed] == [(then, True), (first, False)]
    for command, name in ((f"/clip {first}", "she-smiles-softly"), (f"/join {then}", "und-weiter")):
        said = (await browser.say(command))[1]
        film_ = said["film"]["film"]["clip"] if "film" in said else said["clip"]
        assert film_["save"]["download"].startswith(f"{name}-")
        async with browser.http.get(site.base + film_["save"]["href"]) as answer:
            assert len(await answer.read()) > 1000
    asked = (await browser.say(f"/delete {first}"))[1]
    assert (asked["text"], asked["command"]) == (texts.chat.DELETE_ON_PAGE, f"/delete {first} yes")
    (file,) = (await browser.say("/mydata"))[1]["files"]
    async with browser.http.get(site.base + file["save"]["href"]) as answer:
        assert (await answer.read()).startswith(b"PK")
        assert answer.headers["Cache-Control"] == "no-store"


IN_MENU = re.compile(r"(?<![\w/<.])/(jobs|quota|mydata|privacy|help|forgetme)\b")
ELSEWHERE = (
    *(texts.chat.BROKE, texts.chat.HELP_MORE, texts.privacy.MYDATA_ALONE, texts.privacy.BY_COMMAND),
    texts.sharing.SHARE_HOW,
)
"""What the page never says."""


NOT_ON_PAGE = frozenset({"commands", "shell"})
"""Modules of `texts` that are told elsewhere, or as lists of commands."""


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        *(("/fly", "help"), ("/start", "help"), ("/jobs zebra", "history")),
        *(("/again", "history"), ("/again nosuchclip", "history"), ("/forgetme yes aaaaaaaaaa", "privacy")),
    ],
)
async def test_answers_name_the_menu_instead_of_commands(start: Start, text: str, entry: str) -> None:
    said = (await (await (await start()).browser()).say(text))[1]["text"]
    assert f"“{texts.page.PAGE[entry]}” in the menu" in said
    assert not IN_MENU.search(said)


async def test_words_of_people_stay_as_they_are(start: Start) -> None:
    said = (await (await (await start()).browser()).say("/jobs say /mydata or /help"))[1]["text"]
    assert "“say /mydata or /help”" in said


def test_no_sentence_of_a_chat_leads_the_page_to_a_command_that_its_menu_has() -> None:
    said = [
        sentence
        for module in (getattr(texts, name) for name in texts.__all__ if name not in NOT_ON_PAGE)
        for sentence in vars(module).values()
        if isinstance(sentence, Sentence) and sentence not in ELSEWHERE
    ]
    shown = [sentence.worded(texts.on_page.WORDING) for sentence in said]
    assert [words for words in shown if IN_MENU.search(words.replace("/quota set", ""))] == []


async def test_help_and_privacy_name_nothing_that_is_only_elsewhere(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    assert "/link" in (await browser.say("/help"))[1]["text"]
    assert "in a group" in (await browser.say("/privacy"))[1]["text"]
    configure(site.house.core, platforms=frozenset({"web"}))
    assert "/" not in (await browser.say("/help"))[1]["text"]
    assert "in a group" not in (await browser.say("/privacy"))[1]["text"]
    assert (await browser.say("/link"))[1]["text"] == texts.credits.NO_OTHER_PLATFORM


async def test_an_operator_sees_the_chart_and_can_undo(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    job = await site.house.job((await browser.say("x", photo=picture()))[1]["job"])
    configure(site.house.core, owners=frozenset({job.person}))
    (chart,) = (await browser.say("/usage"))[1]["files"]
    assert chart["picture"]
    assert chart["save"]["href"].startswith("data:image/png;base64,iVBOR")
    ((_, undo),) = (await browser.say("/quota set default 7 a day"))[1]["buttons"]
    assert (await browser.say(undo))[1]["fine"]
