"""A message that comes twice changes nothing the second time, and gets the answer that it got the first time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot import texts
from bot.conversation import MENTION as M
from bot.conversation import Inbound, Named, Reply
from bot.errors import StoreDown
from tests.bookkeeping import check, rows
from tests.bot.gallery.gallery_house import Square, Wall
from tests.bot.gallery.gallery_house import commands as pressed
from tests.houses import House, configure

BOB = Named("person", "telegram:8", "Bob")
Set = Callable[[Square], Awaitable[str]]
"""Prepares a square; what is then said."""


@pytest.fixture
def square(house: House) -> Square:
    wall = Wall()
    house.worker._steps._chats = {"telegram": wall}
    return Square(house, wall)


async def dump(house: House) -> dict[str, list[str]]:
    """All that the database holds, but for the answers themselves."""
    tables = (
        *("jobs", "ledger", "books", "grants", "rules", "audit", "accounts", "codes", "parked", "shares", "hearts"),
        *("reports", "sharing_preferences", "galleries", "outbox", "notes", "forgetting", "showings"),
    )
    return {name: sorted(map(repr, await rows(house.store, f"SELECT * FROM {name}"))) for name in tables}


async def twice(square: Square, inbound: Inbound, *, cut: bool) -> tuple[Reply, Reply]:
    """Say something two times; with `cut`, a crash came between what was done and its answer."""
    house = square.house
    first = await house.core.handle(inbound)
    before = await dump(house)
    if cut:
        await house.store._db.write(lambda tx: tx.all("UPDATE answers SET body = ''"))
    house.clock.tick(100)  # past the minute in which an Undo counts
    second = await house.core.handle(inbound)
    assert await dump(house) == before
    await check(house.store)
    return first, second


ACTS = {
    "quota set": "/quota set default 12 a day",
    "grant": f"/grant {M} 6 for 2 days because they won",
    "revoke": f"/revoke {M}",
    "ban": f"/ban {M} for 2 days because of spam",
    "unban": f"/unban {M}",
    "limits": "/limits flight 2",
    "tier": f"/tier staff add {M}",
    "wordlist": "/wordlist add blood",
    "gallery": "/gallery name Lake",
}


@pytest.mark.parametrize("cut", [False, True], ids=["answered", "cut off"])
@pytest.mark.parametrize("name", ACTS)
async def test_what_admins_say_is_done_once(square: Square, name: str, cut: bool) -> None:
    if name == "revoke":
        await square.say(f"/grant {M} 5", BOB, user="1")
    if name == "unban":
        await square.say(f"/ban {M}", BOB, user="1")
    who = (BOB,) if M in ACTS[name] else ()
    first, second = await twice(square, square.inbound(ACTS[name], *who, user="1"), cut=cut)
    assert not first.refused
    assert first == second


@pytest.mark.parametrize("cut", [False, True], ids=["answered", "cut off"])
@pytest.mark.databases
async def test_an_act_is_taken_back_once(square: Square, cut: bool) -> None:
    done = await square.say(f"/grant {M} 6", BOB, user="1")
    first, second = await twice(square, square.inbound(done.buttons[0].command, user="1"), cut=cut)
    assert first == second
    assert first.text == texts.admin.UNDONE


@pytest.mark.parametrize("cut", [False, True], ids=["answered", "cut off"])
async def test_a_clip_is_given_back_once(square: Square, cut: bool) -> None:
    job = await square.clip()
    first, second = await twice(square, square.inbound(f"/refund {job.id} because of noise", user="1"), cut=cut)
    assert first == second
    assert not first.refused


@pytest.mark.parametrize("cut", [False, True], ids=["answered", "cut off"])
@pytest.mark.parametrize("said", ["/heart {}", "/report {} spam", "/hide {}", "/keep {}", "/banish {}"])
async def test_what_is_said_about_a_shared_clip_is_done_once(square: Square, said: str, cut: bool) -> None:
    await square.open()
    await square.reviewed()
    share = await square.shared()
    user = "8" if said.startswith(("/heart", "/report")) else "1"
    first, second = await twice(square, square.inbound(said.format(share.id), user=user), cut=cut)
    assert first == second
    assert not first.refused


@pytest.mark.parametrize("cut", [False, True], ids=["answered", "cut off"])
async def test_a_clip_is_shared_and_taken_back_once(square: Square, cut: bool) -> None:
    await square.open("approve on")
    await square.reviewed()
    job = await square.clip()
    first, second = await twice(square, square.inbound(f"/share {job.id} name words"), cut=cut)
    assert first == second
    await square.work()
    assert len(square.notices()) == 1
    back = await square.say(f"/unshare {job.id}")
    assert not back.refused
    first, second = await twice(square, square.inbound(f"/share {job.id}"), cut=cut)
    assert first == second


@pytest.mark.parametrize("said", ["/sharing name off", "/unshare {}", "/cancel {}", "/no {}", "/operator pause"])
async def test_others_are_answered_the_same(square: Square, said: str) -> None:
    await square.open()
    configure(square.house.core, owners=frozenset({"telegram:7"}))
    if "unshare" in said:
        name = (await square.shared()).job
    elif "cancel" in said:
        name = (await square.say("she smiles", photo=True)).job or ""
    else:
        configure(square.house.core, ask_consent=True)
        square.house.provider.stand_in = False
        name = pressed(await square.say("she smiles", photo=True)).popitem()[1].split()[-1]
    first, second = await twice(square, square.inbound(said.format(name)), cut=False)
    assert first == second
    assert not first.refused


async def test_a_reaction_that_comes_again_late_does_not_undo_what_came_after_it(square: Square) -> None:
    from bot.gallery import sharing

    await square.open()
    share = await square.shared()
    place = replace((await square.share(share)).place)
    on = replace(square.inbound("", user="8"), address=place, key="telegram:reaction:1")
    await sharing.reacted(square.house.core.context, on, True)
    await sharing.reacted(square.house.core.context, replace(on, key="telegram:reaction:2"), False)
    await sharing.reacted(square.house.core.context, on, True)
    assert (await square.share(share)).hearts == 0


@pytest.mark.parametrize("cut", [False, True], ids=["answered", "cut off"])
async def test_two_are_linked_and_parted_once_and_a_code_stays_the_same(square: Square, cut: bool) -> None:
    alone: dict[str, Any] = {"scope": "", "user": "8"}
    asked = square.inbound("/link", **alone)
    first, second = await twice(square, asked, cut=cut)
    assert first == second, "the same code, which still counts"
    code = first.text.split("/link ")[1][:9]
    enter = square.inbound(f"/link {code}", scope="", user="9", platform="discord")
    first, second = await twice(square, enter, cut=cut)
    assert first == second
    assert first.text == texts.credits.LINKED
    await twice(square, asked, cut=cut)  # a code that was used stays used
    assert await rows(square.house.store, "SELECT * FROM codes") == []
    first, second = await twice(square, square.inbound("/unlink", **alone), cut=cut)
    assert first == second
    assert first.text == texts.credits.UNLINKED


async def test_an_order_that_waits_for_a_yes_is_set_aside_once(square: Square) -> None:
    configure(square.house.core, ask_consent=True)
    square.house.provider.stand_in = False
    said = square.inbound("she smiles", photo=True)
    first, second = await twice(square, said, cut=False)
    assert first == second
    assert len(await square.house.kept()) == 1
    yes = square.inbound(first.buttons[0].command)
    one, other = await square.house.core.handle(yes), await square.house.core.handle(yes)
    assert one.job is not None
    assert one.job == other.job


async def test_a_question_that_is_asked_again_has_the_same_buttons(square: Square) -> None:
    await square.clip()
    said = square.inbound("/forgetme", scope="")
    first, second = await twice(square, said, cut=False)
    assert first.buttons == second.buttons != ()


@pytest.mark.databases
async def test_both_at_once_are_one(square: Square) -> None:
    await square.open()
    share = await square.shared()
    for said, user, who in (
        (f"/grant {M} 6", "1", (BOB,)),
        (f"/heart {share.id}", "8", ()),
        (f"/ban {M}", "1", (BOB,)),
    ):
        inbound = square.inbound(said, *who, user=user)
        replies = await asyncio.gather(*(square.house.core.handle(inbound) for _ in range(5)))
        assert len({reply.text for reply in replies}) == 1
    assert (await square.share(share)).hearts == 1
    grants = await square.house.store.quotas.grants("telegram:-1", ["telegram:8"], square.house.clock())
    assert [grant.amount for grant in grants] == [6]
    verbs = [act.verb for act in await square.house.store.figures.audit("telegram:-1", 9)]
    assert (verbs.count("grant"), verbs.count("ban")) == (1, 1)


async def test_a_refusal_stays_one(square: Square) -> None:
    """Who was no admin when they said it has not said it as one."""
    inbound = square.inbound(f"/grant {M} 6", BOB, user="8")
    refused = await square.house.core.handle(inbound)
    assert refused.refused

    async def now() -> bool:
        return True

    assert await square.house.core.handle(replace(inbound, administers=now)) == refused


async def test_what_the_database_could_not_take_may_be_said_again(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbound = square.inbound(f"/grant {M} 6", BOB, user="1")
    with monkeypatch.context() as patch:

        async def down(*_: object) -> None:
            raise StoreDown("away")

        patch.setattr(type(square.house.store.quotas), "grant", down)
        assert (await square.house.core.handle(inbound)).text == texts.chat.TRY_LATER
    assert not (await square.house.core.handle(inbound)).refused


async def test_another_ones_message_is_another(square: Square) -> None:
    """A key comes from outside: it never yields another person's answer."""
    said = square.inbound("/sharing name on", user="7")
    mine = await square.house.core.handle(said)
    assert await square.house.core.handle(replace(said, user="8", text="/sharing name off")) != mine


async def test_answers_go_in_time(square: Square) -> None:
    store = square.house.store
    await square.say(f"/grant {M} 6", BOB, user="1")
    assert len(await rows(store, "SELECT * FROM answers")) == 2
    await store.retention.trim(square.house.clock() + 41 * 86_400)
    assert await rows(store, "SELECT * FROM answers") == []
