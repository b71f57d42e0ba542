"""The rows of the table: what is derived of them, who is let through, and a row that is new."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.commands import table
from bot.commands.command import Command, in_menu, in_page_menu
from bot.commands.table import TABLE
from bot.conversation import MENTION, Inbound, Reply
from bot.model import Address
from bot.sentence import verbatim
from bot.texts import commands, shell
from tests.clock import Clock
from tests.fakes import RecordingChat
from tests.houses import House, attached, wired
from tests.wave import WAVE, wave

EVERYONES = (
    *("animate", "jobs", "quota", "cancel", "again", "continue", "model", "clip", "join", "delete", "link", "unlink"),
    *("share", "unshare", "sharing", "remix", "best", "gallery", "privacy", "mydata", "forgetme", "help", "start"),
)
ADMINS = (
    *("grant", "revoke", "ban", "unban", "limits", "tier", "refund", "usage", "audit", "export", "wordlist", "review"),
    "operator",
)
BUTTONS = (
    *(
        "words",
        "next",
        "with",
        "yes",
        "no",
        "agree",
        "crop",
        "mend",
        "heart",
        "show",
        "report",
        "keep",
        "hide",
        "banish",
        "undo",
    ),
)


def names(holds: Callable[[Command], object]) -> list[str]:
    return [name for name, row in TABLE.items() if holds(row)]


@pytest.fixture
async def house(
    database_url: str | None, tmp_path: Path, clock: Clock, new_id: Callable[[], str], clip: bytes
) -> AsyncIterator[House]:
    async with wired(tmp_path, clock, new_id, clip, {"telegram": RecordingChat()}, database_url) as made:
        yield made


async def say(house: House, text: str, *, scope: str = "telegram:-5", admin: bool = False) -> Reply:
    async def administers() -> bool:
        return admin

    house.sent += 1
    where = Address("telegram", "-5", str(house.sent))
    said = Inbound(where, "7", f"t:{house.sent}", text, shared=True, scope=scope, administers=administers)
    return await house.core.handle(said)


# ── What is derived is what stood in tables of its own ───────────────────────────────────────────────────────────────


def test_lists_are_in_the_order_of_the_table() -> None:
    assert names(lambda row: row.common) == list(EVERYONES)
    assert names(lambda row: row.manage) == list(ADMINS)
    assert set(names(lambda row: not row.listed)) == set(BUTTONS)
    assert names(lambda row: row.audience == "operators") == ["operator"]
    assert names(lambda row: row.typed) == ["link", "unlink"]
    assert list(table.verbs()) == [
        *("quota", "grant", "revoke", "ban", "unban", "limits", "tier", "refund", "usage", "audit", "export"),
        *("wordlist", "gallery", "review", "keep", "hide", "banish", "operator", "undo", "mydata", "forgetme", "help"),
    ]


def test_menus_go_by_rank() -> None:
    rows = TABLE.values()
    assert [row.name for row in in_page_menu(rows)] == ["jobs", "quota", "model", "mydata", "privacy", "help"]
    assert [row.name for row in in_menu(rows, "private")] == ["sharing", "link", "unlink", "mydata", "forgetme"]
    short = ["animate", "jobs", "quota", "cancel", "model", "best", "gallery", "privacy", "help", "start"]
    assert [row.name for row in in_menu(rows, "everywhere", "groups", "greeting")] == short
    assert [row.name for row in in_menu(rows, "greeting")] == ["start"]


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        (lambda row: row.names, {"quota", "gallery", *ADMINS}),
        (
            lambda row: row.again == "anew",
            {
                *("help", "start", "jobs", "clip", "join", "words", "next", "privacy", "heart"),
                *("best", "usage", "audit", "export", "review", "mydata", "forgetme"),
            },
        ),
        (lambda row: row.again == "order", {"animate", "mend"}),
        (
            lambda row: row.private,
            {
                *("jobs", "quota", "help", "privacy", "cancel", "link", "unlink", "mydata", "forgetme"),
                *("model", "share", "unshare", "sharing", "gallery", "report", *ADMINS),
            },
        ),
        (lambda row: row.quiet, {"delete", "undo", "no", "heart", "keep", "hide", "banish"}),
        (lambda row: row.asks == "again", {"words"}),
        (lambda row: row.asks == "continue", {"next"}),
        (lambda row: row.asks == "remix", {"remix"}),
        (lambda row: row.answers, {"agree", "crop", "mend", "yes", "no"}),
        (lambda row: row.pictures, {"animate", "mend", "remix"}),
        (lambda row: row.personal, {"heart", "report"}),
        (lambda row: row.title, {"continue", "again", "remix", "report"}),
        (lambda row: row.manages, {"quota", "gallery"}),
        (lambda row: row.community, {"wordlist", "gallery", "review"}),
    ],
)
def test_traits_are_those_of_the_tables_that_were(holds: Callable[[Command], object], expected: set[str]) -> None:
    assert set(names(holds)) == expected


@pytest.mark.parametrize("row", TABLE.values(), ids=lambda row: row.name)
def test_every_row_has_its_texts(row: Command) -> None:
    """A listed one what lists say, by the command's name; and no form says what there is not."""
    assert row.help == (getattr(commands, row.name.upper()) if row.listed else "")
    assert row.verb == (getattr(shell, row.name.upper()) if row.verb else None)
    assert len(row.help) <= 100, "as long as Discord's descriptions are"
    assert not row.asks or TABLE[row.asks].title
    assert row.listed or (row.menu == "none" and not row.typed and not row.label)


def test_every_text_has_its_row() -> None:
    said = {name.lower() for name in vars(commands) if name.isupper()}
    assert said == {*EVERYONES, *ADMINS, "quota_set", "gallery_set", "jobs_on_page", "privacy_on_page"}
    assert {name.lower() for name, verb in vars(shell).items() if isinstance(verb, shell.Verb)} == set(table.verbs())


# ── Who is let through, before anything is looked at ─────────────────────────────────────────────────────────────────

SAID = {"grant": f"{MENTION} 5", "refund": "x because y", "tier": "staff", "limits": "flight 2"}


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.audience == "admins" and not row.checks])
async def test_only_admins_say_what_is_for_admins(house: House, name: str) -> None:
    text = f"/{name} {SAID.get(name, 'x')}"
    assert (await say(house, text)).text == texts.admin.NOT_ADMIN
    alone = await say(house, text, scope="")
    assert alone.text == (TABLE[name].community or texts.admin.NOT_IN_PRIVATE)
    assert (await say(house, text, admin=True)).text not in (texts.admin.NOT_ADMIN, texts.admin.NOT_IN_PRIVATE)


async def test_only_operators_say_what_is_for_operators(house: House) -> None:
    assert (await say(house, "/operator pause", admin=True)).text == texts.admin.NOT_OPERATOR


async def test_what_everybody_may_look_at_is_shown_without_words(house: House) -> None:
    assert texts.admin.DEFAULT in (await say(house, "/limits")).text
    assert not (await say(house, "/gallery")).refused
    assert (await say(house, "/gallery off")).text == texts.admin.NOT_ADMIN
    assert (await say(house, "/gallery", scope="")).text == texts.sharing.GALLERY_WHERE


async def test_what_an_undo_is_about_decides_who_may(house: House) -> None:
    assert (await say(house, "/undo x")).text == texts.admin.NOT_ADMIN
    assert (await say(house, "/undo x", admin=True)).text == texts.admin.UNDO_NOTHING


@pytest.mark.parametrize(
    ("said", "near"), [("/nonsense she smiles", None), ("/anmate she smiles", "animate"), ("/qouta", "quota")]
)
async def test_a_word_that_looks_like_a_command_is_not_bought(house: House, said: str, near: str | None) -> None:
    reply = await house.say(said, attached())
    name = said[1:].split()[0]
    assert (reply.text, reply.refused) == (texts.chat.unknown_command(name, near, pictured=True), True)
    assert "Nothing was ordered" in reply.text
    assert (await house.say(said)).text == texts.chat.unknown_command(name, near)
    assert await house.used() == 0
    assert (await house.say("/home/ann is on the sign", attached())).job, "a path is none"


# ── A row that is new ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_row_is_all_that_a_command_needs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await say(house, "/wave hand")).text == texts.chat.unknown_command("wave")
    monkeypatch.setitem(TABLE, "wave", WAVE)
    assert (await say(house, "/wave hand")).text == "👋 hand"
    assert "/wave – wave to me" in (await say(house, "/help")).text
    assert "/wave – wave to me" in (await house.say("/help")).text


async def test_a_row_for_admins_is_in_their_help_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    row = replace(WAVE, audience="admins", menu="none", label="", community=verbatim("Wave in a community."))
    monkeypatch.setitem(TABLE, "wave", row)
    assert "/wave – wave to me" in (await say(house, "/help admin")).text
    assert "/wave" not in (await house.say("/help")).text
    assert (await say(house, "/wave", scope="", admin=True)).text == "Wave in a community."
    assert (await say(house, "/wave")).text == texts.admin.NOT_ADMIN
    assert (await say(house, "/wave", admin=True)).text == "👋"


@pytest.mark.parametrize(("again", "told"), [("kept", 1), ("anew", 2)])
async def test_what_changes_nothing_is_answered_anew(
    house: House, monkeypatch: pytest.MonkeyPatch, again: str, told: int
) -> None:
    asked: list[str] = []

    async def counted(*said: Any) -> Reply:
        asked.append("")
        return await wave(*said)

    monkeypatch.setitem(TABLE, "wave", replace(WAVE, run=counted, again=again))
    said = Inbound(Address("telegram", "7", "1"), "7", "telegram:once", "/wave")
    assert {(await house.core.handle(said)).text for _ in range(2)} == {"👋"}
    assert len(asked) == told
