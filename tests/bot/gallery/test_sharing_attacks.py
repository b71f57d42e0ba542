"""What people try who mean it badly, or who are quicker than expected: none of it shares, shows or keeps too much."""

import asyncio
import unicodedata
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from bot import texts
from bot.admin import usage
from bot.gallery import lookup, sharing
from bot.gallery.model import OutboxEntry, Share
from bot.model import Address
from bot.ordering import wordlist
from bot.quotas.rules import Rule
from storage import shares as stored
from tests.bookkeeping import check
from tests.bot.gallery.gallery_house import OTHER, TOWN, WALL, Square, parked
from tests.clock import Clock

DAY = 86_400.0


@pytest.fixture
def clip(large_clip: bytes) -> bytes:
    """Large enough to go on from."""
    return large_clip


# ── Names that are none ──────────────────────────────────────────────────────────────────────────────────────────────

ODD = ("", "\0", "x" * 4000, "../../secret", "ﷺ" * 40, "' OR 1=1 --", "%", "id_____", "\u202eabc", "💥", "-1", "12 34")


@pytest.mark.parametrize("verb", ["share", "unshare", "show", "heart", "remix", "report", "keep", "hide", "banish"])
async def test_ids_that_are_guessed_or_mixed_up_do_nothing(square: Square, verb: str) -> None:
    mine, theirs = await square.shared(), await square.shared(user="8")
    wrong = theirs.job if verb in ("heart", "show", "remix", "report", "keep", "hide", "banish") else theirs.id
    user = "1" if verb in ("keep", "hide", "banish") else "9"
    for name in (*ODD, wrong, mine.id.upper(), f"{mine.id}\0x", f"{mine.id},{theirs.id}"):
        if verb == "share" and not name.strip("\0"):
            continue  # their own latest clip
        reply = await square.say(f"/{verb} {name} she waves", user=user)
        assert reply.refused, (verb, name, reply.text)
    assert {one.id: (one.state, one.hearts) for one in (await square.share(mine), await square.share(theirs))} == {
        mine.id: ("up", 0),
        theirs.id: ("up", 0),
    }
    assert len(square.house.provider.orders) == 2


async def test_ones_job_is_no_share_of_another(square: Square) -> None:
    """Unsharing by a share's name is for its maker alone; sharing by it is refused."""
    share = await square.shared()
    assert (await square.say(f"/share {share.id}")).text == texts.chat.UNKNOWN_JOB
    for user, scope in (("8", TOWN), ("1", TOWN), ("2", OTHER), ("8", "")):
        assert (await square.say(f"/unshare {share.id}", user=user, scope=scope)).refused
    assert (await square.share(share)).state == "up"


async def test_a_ban_holds_for_whoever_is_linked(square: Square) -> None:
    """From a private chat of the other account: there the clip's own community is meant."""
    store, now = square.house.store, square.house.clock()
    share, job = await square.shared(), await square.clip()
    await store.accounts.offer("telegram:7", "code", now + 60)
    assert await store.accounts.join("discord:70", "code", now, 5) == ("joined", "telegram:7")
    await square.say(f"/banish {share.id}", user="1")
    for user, platform, scope in (("7", "telegram", TOWN), ("70", "discord", "")):
        reply = await square.say(f"/share {job.id} name words", user=user, platform=platform, scope=scope)
        assert (reply.text, reply.refused) == (texts.sharing.MAY_NOT_SHARE, True)
    assert await store.gallery.of_job(job.id) == []


# ── Remixes of what is not to be remixed ─────────────────────────────────────────────────────────────────────────────


async def test_a_remix_that_waited_is_refused_once_its_maker_forbids_it(square: Square) -> None:
    share = await square.shared()
    yes = await parked(square, share)
    await square.say("/sharing remixes off")
    reply = await square.say(yes, user="8")
    assert (reply.text, reply.refused) == (texts.sharing.NO_REMIX, True)
    assert len(square.house.provider.orders) == 1
    await check(square.house.store)


async def test_a_remix_that_waited_is_refused_once_the_clip_is_taken_back(square: Square) -> None:
    share = await square.shared()
    yes = await parked(square, share)
    await square.say(f"/unshare {share.job}")
    reply = await square.say(yes, user="8")
    assert (reply.text, reply.refused) == (texts.sharing.UNKNOWN_SHARE, True)
    assert (await square.say(yes, user="8")).refused


@pytest.mark.parametrize("how", ["unshared", "hidden", "forbidden"])
async def test_again_is_no_way_around(square: Square, how: str) -> None:
    """A remix holds the first picture of somebody's clip: it is not made again once that is not theirs to use."""
    share = await square.shared()
    job = await square.clip(f"/remix {share.id} she waves", user="8")
    assert (await square.say(f"/again {job.id}", user="8")).job
    words = {"unshared": f"/unshare {share.job}", "hidden": f"/hide {share.id}", "forbidden": "/sharing remixes off"}
    await square.say(words[how], user="1" if how == "hidden" else "7")
    for said in (f"/again {job.id}", f"/again {job.id} she dances"):
        reply = await square.say(said, user="8")
        expected = texts.sharing.NO_REMIX if how == "forbidden" else texts.sharing.UNKNOWN_SHARE
        assert (reply.text, reply.refused) == (expected, True)


async def test_the_name_of_who_left_is_in_no_order_that_came_at_that_moment(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = await square.shared()
    original = lookup.original

    async def slow(*given: Any) -> Share | None:
        found = await original(*given)
        await square.say(f"/unshare {share.job}")  # between the look and the order
        return found

    monkeypatch.setattr(lookup, "original", slow)
    await square.say(f"/remix {share.id} she waves", user="8")
    names = [job.remix_after for job in await square.house.store.jobs("telegram:8")]
    assert "User 7" not in names


# ── Forged taps ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_tap_about_nothing_takes_no_clip_away(square: Square) -> None:
    """A client of one's own can send any words as a tap under any message of ours."""
    share = await square.share(await square.shared())
    job = await square.house.job(share.job)
    result = Address("telegram", job.address.chat, job.sent_id or "", job.address.thread)
    for where in (share.place, result):
        assert where.message in square.wall.stands
        await square.say("/heart nothing", user="8", where=where, pressed=True)
        await square.work()
        assert where.message in square.wall.stands


# ── Words that do more than say something ────────────────────────────────────────────────────────────────────────────

TURNS = "\u202e\u2066\u200f"
NASTY = f"<script>{TURNS}alert(1)</script>\u0000\u0007\u001b[31m\u200b " + "=cmd|'/c calc'!A1 " + "x" * 200


async def test_a_prompt_turns_no_line_around(square: Square) -> None:
    """What follows a prompt on the same line is read as it is written: the name, the hearts."""
    share = await square.shared(text=f"she {NASTY}")
    await square.reviewed()
    await square.say(f"/report {share.id} spam", user="8")
    await square.work()
    best = await square.say("/best")
    lines = [square.posts()[0].text, square.notices()[0].text, best.text, (await square.say("/review", user="1")).text]
    lines.append((await square.say(f"/remix {share.id}", user="8")).text)
    for line in lines:
        odd = {c for c in line if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"} | {
            c for c in line if c in TURNS
        }
        assert not odd, line


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", " =", "\u00a0=", "\t="])
def test_no_table_cell_is_a_formula(sign: str) -> None:
    assert str(usage.cell(f"{sign}1+1")).startswith("'")


def test_what_nobody_sees_is_no_way_around_the_list() -> None:
    for filler in "\u3164\u1160\u115f\uffa0\u200b\u2060\u00ad\u034f\u17b5\u2800":
        assert wordlist.is_unwanted(f"a nu{filler}de woman"), ascii(filler)
    for alike in ("ɴᴜᴅᴇ", "🅽🆄🅳🅴", "🅝🅤🅓🅔", "ոսde"):
        assert wordlist.is_unwanted(f"a {alike} woman"), alike
    rule = Rule(words=tuple(f"{'aa ' * 12}{a}{b}" for a in "abcdefghijklmn" for b in "abcdefghijklmn"))
    wordlist.refuse(replace(rule, lax=True), "", "\u3164" * 2500)


# ── Too much of it ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_one_busy_chat_does_not_hold_up_the_others(square: Square) -> None:
    """A thousand things to be said where only some may be said a minute; then one thing elsewhere."""
    store, now = square.house.store, square.house.clock()
    for number in range(40):
        await store.outbox.put(OutboxEntry(f"busy{number:03}", "tell", Address("telegram", "-5"), now - 100, text="x"))
    taken = await store.outbox.claim(now, 60.0, 8, ("telegram",))
    assert len(taken) == 8
    await store.outbox.put(OutboxEntry("quiet", "tell", Address("telegram", "-6"), now, text="x"))
    assert [one.id for one in await store.outbox.claim(now, 60.0, 1, ("telegram",))] == ["quiet"]


async def test_many_taps_show_a_clip_once(square: Square, clock: Clock) -> None:
    """Also those that come while it is on its way, and other people's; elsewhere it is shown all the same."""
    share = await square.shared()
    for number in range(40):
        told = await square.say(f"/show {share.id} x{number}", user=f"{20 + number}")
        assert told.text == (texts.sharing.SHOWN if number else texts.sharing.COMING)
        await square.work()
    assert len(square.here()) == 1
    where = Address("telegram", "-1", "m", "8")
    assert (await square.say(f"/show {share.id}", where=where)).text == texts.sharing.COMING
    clock.now += 2 * sharing.SHOWN
    await square.show(share)
    assert (len(square.here()), len(square.wall.at("-1/8"))) == (2, 1)


async def test_a_clip_goes_up_and_down_only_so_often(square: Square) -> None:
    share = await square.shared()
    for _ in range(sharing.ROUNDS):
        await square.say(f"/unshare {share.job}")
        reply = await square.say(f"/share {share.job}")
    assert (reply.text, reply.refused) == (texts.sharing.TOO_OFTEN, True)
    other = await square.shared()
    assert (await square.share(other)).state == "up"  # of other clips nothing is forbidden
    square.house.clock.tick(DAY + 1)
    assert not (await square.say(f"/share {share.job}")).refused


# ── All at once ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.databases
async def test_whatever_comes_at_once_ends_in_order(square: Square) -> None:
    """Hearts, hiding, reports, sharing, taking back, linking and forgetting, all on the same clips."""
    house = square.house
    clips = [await square.clip(user=user) for user in ("7", "7", "8")]
    for job in clips:
        await square.say(f"/share {job.id} name words", user=job.person.partition(":")[2])
    found = [(await house.store.gallery.of_job(job.id))[0] for job in clips]
    await house.store.accounts.offer("telegram:9", "code", house.clock() + 600)
    spendings = [square.say(f"/heart {one.id}", user=str(user)) for one in found for user in range(20, 28)]
    spendings += [square.say(f"/report {one.id} spam", user=str(user)) for one in found for user in range(30, 33)]
    spendings += [square.say(f"/hide {found[0].id}", user="1"), square.say(f"/keep {found[1].id}", user="1")]
    spendings += [
        square.say(f"/unshare {clips[1].id}"),
        square.say(f"/share {clips[1].id}"),
        square.say("/sharing remixes off"),
    ]
    spendings += [square.say(f"/heart {found[2].id}", user="90", platform="discord") for _ in range(2)]
    spendings += [house.store.accounts.join("discord:90", "code", house.clock(), 5), square.work()]
    asked = await square.say("/forgetme", user="8", scope="")
    spendings += [square.say(asked.buttons[0].command, user="8", scope=""), square.work(square.another_runner())]
    await asyncio.gather(*spendings)
    square.house.clock.tick(600)
    await square.work()
    assert await house.store.gallery.mine("telegram:8") == []
    left = await house.store.gallery.mine("telegram:7")
    standing = [one.place.message for one in left if one.place.message]
    stands = [m for m, (where, _) in square.wall.stands.items() if f"{where.chat}/{where.thread}" == WALL]
    assert sorted(stands) == sorted(standing)
    for one in left:
        counted = await house.store._db.read(
            lambda tx, id=one.id: tx.one("SELECT count(*) AS n FROM hearts WHERE share = $1", id)
        )
        assert counted["n"] == one.hearts
    await check(house.store)


@pytest.mark.databases
async def test_linking_while_hearting_leaves_one_heart(
    square: Square, database_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second heart is given, and not saved yet, while the two become one."""
    if database_url is None:
        pytest.skip("SQLite has one writer at a time")
    house = square.house
    share = await square.shared()
    await house.store.gallery.heart(share.id, "telegram:10", True, "tap", house.clock())
    await house.store.accounts.offer("telegram:10", "code", house.clock() + 600)
    given, linked = asyncio.Event(), asyncio.Event()
    refresh = stored.refresh

    async def slow(*values: Any) -> None:
        await refresh(*values)
        if not given.is_set():
            given.set()
            with suppress(TimeoutError):  # who links has to wait for it
                async with asyncio.timeout(0.3):
                    await linked.wait()

    async def link() -> None:
        await given.wait()
        await house.store.accounts.join("discord:10", "code", house.clock(), 5)
        linked.set()

    monkeypatch.setattr(stored, "refresh", slow)
    await asyncio.gather(house.store.gallery.heart(share.id, "discord:10", True, "tap", house.clock()), link())
    assert (await square.share(share)).hearts == 1
    assert await house.store.gallery.hearted("discord:10", [share.id]) == {share.id}
