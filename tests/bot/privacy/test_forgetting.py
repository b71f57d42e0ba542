"""/forgetme: what is removed, looked for in every file, and the confirmation before it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.errors import StoreDown
from bot.privacy.retention import COUNTED, Retention
from bot.quotas import pricing
from bot.quotas.rules import Member, Rule
from tests.bookkeeping import check, rows
from tests.bot.privacy.ann import (
    ANN,
    ANNS_OTHER,
    BOB,
    NAME,
    WORDS,
    a_life,
    everyone_waits,
    forget,
    found,
    link,
    say,
    settle_outbox,
)
from tests.houses import House, attached
from tests.traces import TOWN, a_past, a_share, cells, everywhere

pytestmark = pytest.mark.databases
CONTENT = (NAME, WORDS, "photo of mine", "photo of town", "photo of other", "photo of refused", "picture of parked")
FILMS = ("clip of mine", "clip of town", "clip of other", "frame of mine", "sent-mine", "copy-town", "r-other")
IDS = ("900100200", "800100200")
BOBS = ("photo of bob", "clip of bob", "a boat", "700100200", "@Bob")


async def test_after_forgetting_no_byte_is_left(house: House, keeper: Retention, tmp_path: Path) -> None:
    await a_life(house, banned=False)
    await house.store._db.scrub()  # all that is known stands in the file now, where it has to be overwritten
    before = await everywhere(house.store, tmp_path, found((*CONTENT, *FILMS, *IDS, *BOBS)))
    assert set(before) == {*CONTENT, *FILMS, *IDS, *BOBS}, "this test looks for what was there"
    said = await forget(house)
    assert said.private
    assert "3 clips, 4 photos, 1 share, 1 order in line" in said.text
    done = await settle_outbox(house)
    assert {("remove", "900100200", "sent-mine"), ("remove", "-100555", "sent-town")} <= set(done)
    assert {("remove", "dm", "sent-other"), ("remove", "-100555", "post-anns")} <= set(done)
    assert ("remove", "-100777", "notice") in done  # what admins were told about it
    await house.store._db.scrub()
    assert await everywhere(house.store, tmp_path, found((*CONTENT, *FILMS))) == {}
    # What stays under the id for 32 days: numbers, and who they are about.
    ids = {table for table, _, value in await cells(house.store) for id in IDS if id in value}
    assert ids == {"books", "guesses", "ledger", "forgetting", "notes"}
    notes = await rows(house.store, "SELECT name FROM notes ORDER BY name")
    assert [note["name"] for note in notes] == ["asked:6", "identifies:1", "name:bob"]  # a count is no id
    await house.store._db.write(lambda tx: tx.all("DELETE FROM notes WHERE name = 'identifies:1'"))
    sql = f"SELECT DISTINCT because, job FROM ledger WHERE person IN ('{ANN}', '{ANNS_OTHER}')"
    assert await rows(house.store, sql) == [{"because": "forgotten", "job": None}]
    await check(house.store)
    house.clock.tick(COUNTED + 1)
    await keeper.round()
    await house.store._db.scrub()
    assert await everywhere(house.store, tmp_path, found((*CONTENT, *FILMS, *IDS))) == {}
    assert await rows(house.store, "SELECT * FROM forgetting") == []
    await check(house.store)


async def test_whoever_is_not_forgotten_keeps_everything(house: House, tmp_path: Path) -> None:
    await a_life(house)
    await forget(house)
    await house.store._db.scrub()
    assert set(await everywhere(house.store, tmp_path, found(BOBS))) == set(BOBS)
    bob = await house.store.job("bob")
    assert bob
    assert (bob.person, bob.label, bob.order.prompt, bob.remix_after) == (BOB, "Bob", "a boat", "")
    (share,) = await house.store.gallery.mine(BOB)
    assert (share.name, share.hearts) == ("Bob", 1)  # Ann's heart is gone
    assert ("refresh", "-100555", "post-bobs") in await settle_outbox(house)
    assert await house.store.gallery.hearted(BOB, ["bobs"]) == {"bobs"}
    assert await house.store.gallery.reports("bobs") == []
    assert (await house.store.quotas.rules(TOWN))["list:vip"].people == (BOB,)
    (grant,) = await house.store.quotas.grants(TOWN, [BOB], house.clock())
    assert grant.amount == 9
    assert await rows(house.store, f"SELECT * FROM turns WHERE person = '{BOB}'")
    assert await house.store.figures.used(Member(TOWN, BOB).book, pricing.window(house.clock()).key) == 5
    month = pricing.window(house.clock(), "month").key
    assert await house.store.figures.used(f"scope:{TOWN}", month) == 10  # the community's sum has Ann's clip in it
    await check(house.store)


async def test_a_ban_stays_without_its_reason_and_for_each_who_was_linked(house: House, tmp_path: Path) -> None:
    await a_life(house)
    await forget(house, ANNS_OTHER)
    await house.store._db.scrub()
    assert await everywhere(house.store, tmp_path, found((NAME, WORDS))) == {}
    for scope, person in (("", ANN), ("", ANNS_OTHER), (TOWN, ANN)):
        assert (await house.store.quotas.rules(scope))[f"person:{person}"] == Rule(banned=9e9)
        said = await say(house, "", person, scope, attachments=(attached(),), options={})
        assert said.refused
        said = await say(house, "she waves", person, scope, attachments=(attached(),))
        assert said.refused
        assert said.text.startswith("You can't order")


async def test_forgetting_gives_no_fresh_credits(house: House, keeper: Retention) -> None:
    day = pricing.window(house.clock()).key
    await link(house, ANN, ANNS_OTHER)
    await a_past(house.store, house.media, "one", ANN, house.clock())
    await a_past(house.store, house.media, "two", ANNS_OTHER, house.clock(), scope=TOWN)
    await a_past(house.store, house.media, "three", ANNS_OTHER, house.clock())
    for person in (ANN, ANNS_OTHER):
        assert "20 credits left" in (await say(house, "/quota", person)).text
    await forget(house)
    assert await house.store.accounts.people(ANN) == (ANN,)
    for person in (ANN, ANNS_OTHER):
        quota_now = await say(house, "/quota", person)
        assert "20 credits left" in quota_now.text  # apart, each has used what they used together
        assert "spent on what you have had removed" in quota_now.text
    assert await house.store.figures.used(f"{TOWN}/{ANNS_OTHER}", day) == 5
    await check(house.store)
    again = await a_past(house.store, house.media, "four", ANN, house.clock())
    await forget(house)  # once more
    assert await house.store.figures.used(ANN, day) == 15
    await check(house.store)
    later = await a_past(house.store, house.media, "five", ANN, house.clock() + 1)
    house.clock.tick(2)
    assert again.id != later.id
    house.clock.tick(COUNTED)
    await keeper.round()
    assert await house.store.figures.used(ANN, day) == 5  # of the one who came back
    assert (await house.store.jobs(ANN))[0].id == "five"
    await check(house.store)


async def test_what_waits_is_taken_back_and_what_is_under_way_ends_and_goes_then(
    house: House, keeper: Retention, tmp_path: Path
) -> None:
    day = pricing.window(house.clock()).key
    running = await a_past(house.store, house.media, "run", ANN, house.clock(), state="running", prompt=WORDS)
    await a_past(house.store, house.media, "line", ANN, house.clock(), state="queued", prompt=WORDS)
    assert await house.store.figures.used(ANN, day) == 10
    said = await forget(house)
    assert "1 clip is still being made" in said.text
    assert await house.store.figures.used(ANN, day) == 5
    assert set(await everywhere(house.store, tmp_path, found((WORDS,)))) == {WORDS}
    assert house.media.path("runp.jpg").exists()
    assert not house.media.path("linep.jpg").exists()
    await keeper.round()
    assert (await house.job("run")).person == ANN
    back = await a_past(house.store, house.media, "back", ANN, house.clock() + 5, prompt="a new life", state="done")
    house.clock.tick(10)
    done = await house.finish(running)
    assert done.clip
    assert len(house.chat.clips) == 1
    film = house.media.path(done.clip.name)
    assert film.exists()
    await keeper.round()
    assert not film.exists()
    assert not house.media.path("runp.jpg").exists()
    await house.store._db.scrub()
    assert await everywhere(house.store, tmp_path, found((WORDS, "photo of run"))) == {}
    assert ("remove", "chat", done.sent_id) in await settle_outbox(house)
    kept = await house.job(back.id)
    assert (kept.person, kept.order.prompt) == (ANN, "a new life")
    assert house.media.path("backp.jpg").exists()
    assert await house.store.figures.used(ANN, day) == 10
    await check(house.store)


STEPS = [
    *[("media", name) for name in ("discard", "drop_joined")],
    *[("retention", name) for name in ("forget", "anonymise", "scrub")],
    *[("gallery", "remove"), ("quotas", "unpark"), ("store", "change")],
]
JOINED = ("joined_two.mp4", "film_two.mp4")
"""Joined clips, the second as earlier versions named them."""


async def test_a_crash_at_any_step_is_gone_on_from(
    house: House, keeper: Retention, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def past(person: str, id: str) -> None:
        job = await a_past(house.store, house.media, id, person, house.clock(), label=NAME, prompt=WORDS, scope=TOWN)
        await a_past(house.store, house.media, f"{id}q", person, house.clock(), prompt=WORDS, state="queued")
        await house.store.gallery.add(a_share(job, f"s{id}", house.clock(), name=NAME, prompt=WORDS))
        await everyone_waits(house, person, f"w{id}")
        for name in JOINED:
            house.media.path(name).write_bytes(b"two clips, one of them that one")

    crashes = 0
    for n in range(200):
        person, calls = f"telegram:9001002{n:03}", 0
        await past(person, f"j{n}")
        with monkeypatch.context() as patch:

            def breaking(work: Callable[..., Awaitable[Any]], after: bool, at: int) -> Callable[..., Awaitable[Any]]:
                async def broken(*args: Any, **values: Any) -> Any:
                    nonlocal calls
                    calls += 1
                    if calls == at and not after:
                        raise StoreDown("a crash before it")
                    result = await work(*args, **values)
                    if calls == at:
                        raise StoreDown("a crash behind it")
                    return result

                return broken

            places = {"store": house.store, "media": house.media}
            for place, name in STEPS:
                owner = places.get(place) or getattr(house.store, place)
                patch.setattr(owner, name, breaking(getattr(owner, name), n % 2 == 1, n // 2 + 1))
            asked = await say(house, "/forgetme", person)
            said = await say(house, asked.buttons[0].command, person)
        begun = person in dict(await house.store.retention.forgetting())
        if said.text in (texts.chat.TRY_LATER, texts.privacy.FORGET_GOES_ON):
            crashes += 1
            assert (said.text == texts.privacy.FORGET_GOES_ON) == begun
        if not begun:  # the same tap does it
            await say(house, asked.buttons[0].command, person)
        await keeper.round()
        await settle_outbox(house)
        await check(house.store)
        assert not [name for name in JOINED if house.media.path(name).exists()]
        if not calls >= n // 2 + 1:
            break
    else:
        raise AssertionError("it never ends")
    assert crashes >= 10
    await house.store._db.scrub()
    left = await everywhere(house.store, tmp_path, found((NAME, WORDS, *(f"photo of j{k}" for k in range(n)))))
    assert left == {}
    sql = "SELECT person FROM jobs WHERE person LIKE 'telegram:9001002%'"
    assert await rows(house.store, sql) == []


async def test_a_file_that_cannot_go_keeps_its_job_until_it_can(house: House, keeper: Retention) -> None:
    job = await a_past(house.store, house.media, "one", ANN, house.clock())
    photo = house.media.path(job.order.photo.name)
    photo.unlink()
    photo.mkdir()
    await forget(house)
    assert (await house.job("one")).person == ANN
    photo.rmdir()
    photo.write_bytes(b"x")
    await keeper.round()
    assert not photo.exists()
    assert (await house.job("one")).person != ANN


async def test_nobody_is_forgotten_by_a_guess_or_by_anothers_tap(house: House) -> None:
    await a_life(house, banned=False)
    asked = await say(house, "/forgetme", scope=TOWN)
    button = asked.buttons[0]
    assert len(button.command.encode()) <= 64
    assert asked.private
    assert NAME not in asked.text
    for person in (BOB, ANNS_OTHER):
        assert (await say(house, button.command, person, TOWN)).text == texts.privacy.CODE_OVER
    assert (await say(house, "/forgetme yes aaaaaaaaaa")).text == texts.privacy.CODE_OVER
    # A wrong guess ends it: the right one does not work any more either.
    assert (await say(house, button.command)).text == texts.privacy.CODE_OVER
    assert (await say(house, "/forgetme yes")).text == texts.privacy.CODE_OVER
    late = (await say(house, "/forgetme")).buttons[0].command
    house.clock.tick(601)
    assert (await say(house, late)).text == texts.privacy.CODE_OVER
    assert len(await house.store.jobs(ANN)) == 4
    assert await house.store.retention.forgetting() == []
    notes = await rows(house.store, "SELECT value FROM notes WHERE platform = 'forgetme'")
    assert all(button.command.split()[-1] not in note["value"] for note in notes)


async def test_whoever_keeps_it_can_tap_no_more(house: House) -> None:
    await a_life(house, banned=False)
    remove, keep = (await say(house, "/forgetme")).buttons
    assert (await say(house, keep.command, BOB)).text == texts.privacy.KEPT
    assert (await say(house, keep.command)).text == texts.privacy.KEPT
    assert (await say(house, remove.command)).text == texts.privacy.CODE_OVER
    assert len(await house.store.jobs(ANN)) == 4


async def test_in_a_group_nothing_is_counted_and_a_second_tap_is_told_so(house: House) -> None:
    await a_life(house, banned=False)
    asked = await say(house, "/forgetme", scope=TOWN)
    said = await say(house, asked.buttons[0].command, scope=TOWN)
    assert said.private
    assert said.text.startswith("Removed: all that was kept of you.")
    assert (await say(house, asked.buttons[0].command, scope=TOWN)).text == texts.privacy.FORGOTTEN_ALREADY
    assert (await say(house, "/jobs")).text == texts.chat.NO_JOBS
