"""What people are told about what is kept of them, have handed out, and have removed: looked for in every file."""

import csv
import io
import json
import re
import time
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.context import Kept
from bot.conversation import Inbound, Reply
from bot.errors import StoreDown
from bot.model import Address, Incident, Job
from bot.privacy import export, retention
from bot.privacy.retention import COUNTED, Retention
from bot.quotas import pricing
from bot.quotas.rules import Act, Grant, Member, Parked, Rule, about
from tests.bookkeeping import check, rows
from tests.houses import House, attached, configure
from tests.traces import TOWN, a_past, a_share, cells, everywhere, read

pytestmark = pytest.mark.databases

HOUR, DAY = 3600.0, 86_400.0
ANN, ANNS_OTHER, BOB = "telegram:900100200", "discord:800100200", "telegram:700100200"
NAME, WORDS = "Annabel Quist", "zebras knit umbrellas"


@pytest.fixture
def keeper(house: House) -> Retention:
    return Retention(house.store, house.media, clock=house.clock, photos=DAY, clips=30 * DAY, platforms=["telegram"])


async def say(house: House, text: str, person: str = ANN, scope: str = "", **values: Any) -> Reply:
    platform, _, user = person.partition(":")
    house.sent += 1
    chat = scope.partition(":")[2] or user
    address = Address(platform, chat, f"m{house.sent}")
    inbound = Inbound(address, user, f"{platform}:{chat}:{house.sent}", text, scope=scope, shared=bool(scope), **values)
    return await house.core.handle(inbound)


async def forget(house: House, person: str = ANN, scope: str = "") -> Reply:
    asked = await say(house, "/forgetme", person, scope)
    assert asked.private
    return await say(house, asked.buttons[0].command, person, scope)


async def link(house: House, one: str, other: str) -> None:
    code = f"code of {one}"
    await house.store.accounts.offer(one, code, house.clock() + 600)
    assert (await house.store.accounts.join(other, code, house.clock(), 5))[0] == "joined"


def an_act(house: House, verb: str, who: str = "", **values: Any) -> Act:
    person = about("person", who) if who else ""
    given = {"actor": BOB, "scope": TOWN, "about": person, "label": f"@{NAME}" if who else "", "name": "Bob", **values}
    return Act(id=house.core.context.ids.new(), at=house.clock(), verb=verb, **given)


async def settle_outbox(house: House) -> list[tuple[str, str, str]]:
    """Do what is to be done on platforms; what it was."""
    done = []
    while found := await house.store.outbox.claim(house.clock(), 60.0, 50, ("telegram", "discord")):
        for entry in found:
            done.append((entry.kind, entry.place.chat, entry.place.message))
            await house.store.outbox.done(entry)
    return sorted(done)


async def a_life(house: House, *, banned: bool = True) -> dict[str, Job]:
    """Ann, on two platforms and in a community, leaves traces wherever traces are kept; Bob is beside her."""
    store, media, now = house.store, house.media, house.clock()
    await link(house, ANN, ANNS_OTHER)
    jobs = {
        "mine": await a_past(store, media, "mine", ANN, now, label=NAME, prompt=WORDS, chat="900100200"),
        "town": await a_past(store, media, "town", ANN, now, label=NAME, prompt=WORDS, chat="-100555", scope=TOWN),
        "other": await a_past(store, media, "other", ANNS_OTHER, now, label=NAME, prompt=WORDS, chat="dm"),
        "refused": await a_past(store, media, "refused", ANN, now, label=NAME, prompt=WORDS, clip=False),
        "bob": await a_past(store, media, "bob", BOB, now, scope=TOWN, label="Bob", prompt="a boat", chat="-100555"),
    }
    await store.gallery.add(a_share(jobs["town"], "anns", now, name=NAME, prompt=WORDS))
    await store.gallery.add(a_share(jobs["bob"], "bobs", now, name="Bob", prompt="a boat"))
    for entry in await store.outbox.claim(now, 60.0, 9, ("telegram",)):
        assert await store.gallery.posted(entry.share, f"post-{entry.share}", None)
    for person in (ANN, BOB):
        await store.gallery.heart("bobs", person, True, "tap", now)
        await store.gallery.heart("anns", person, True, "tap", now)
    await store.gallery.report("bobs", ANN, "spam", now, 3)
    remix = replace(jobs["bob"], id="remix", key="remix", remix_of="anns", remix_after=NAME)
    await store._db.write(lambda tx: tx.all("UPDATE jobs SET remix_of='anns', remix_after=$1 WHERE id='bob'", NAME))
    assert remix.remix_after == NAME
    await store.gallery.prefer(ANN, named=True, worded=True, agreed_at=now)
    await store.accounts.offer(ANN, "a code", now + 600)
    await store.note(Incident(now, "an order was refused", WORDS, "local", "mine"))
    for grant, person in ((an_act(house, "grant", ANN), ANN), (an_act(house, "grant", BOB, actor=ANN, name=NAME), BOB)):
        why = f"for {NAME}" if person == ANN else ""
        given = Grant(grant.id, TOWN, person, 9, 0, None, now, grant.actor, why)
        await store.quotas.grant(replace(grant, label=f"@{NAME}" if person == ANN else "@Bob"), given)
    if banned:
        for scope, person in (("", ANN), (TOWN, ANN)):
            act = an_act(house, "ban", person, scope=scope, because=f"{NAME} did it")
            await store.quotas.amend(act, lambda rule: replace(rule, banned=9e9, because=f"{NAME} did it", credits=3))
    else:
        await store.quotas.amend(an_act(house, "quota set", ANN), lambda rule: replace(rule, credits=900))
    people = (ANN, BOB)
    await store.quotas.amend(
        an_act(house, "tier", about="list:vip"), lambda rule: replace(rule, people=people, credits=9)
    )
    await store.inbox.remember("telegram", "notices", "anns-1", "-100777//notice", now + 1e9)
    await store.answers.keep("telegram:-100555:1", f'["@{NAME} got 9 credits"]', BOB, [ANN], now)
    await store.answers.keep("telegram:900100200:2", '["You are one now."]', ANN, [], now)
    for platform, chat, name, value, whom in (
        ("telegram", "900100200", "asked", '["900100200", "/again mine", [], ""]', [ANN]),
        ("telegram", "-100555", "asked:5", '["900100200", "/again town", [], ""]', [ANN]),
        ("telegram", "-100555", "dialog:7", "900100200", [ANN]),
        ("telegram", "", "name:annabel", "900100200", [ANN]),
        ("discord", "forms", "77", json.dumps({"user": "800100200", "text": WORDS, "label": NAME}), [ANNS_OTHER]),
        ("discord", "user:800100200", "adult", "yes", []),
        ("telegram", "-100555", "asked:6", '["700100200", "/again bob", [], ""]', [BOB]),
        ("telegram", "", "name:bob", "700100200", [BOB]),
        ("discord", "", "identifies:1", "800100200", []),
    ):
        await store.inbox.remember(platform, chat, name, value, now + 1e9, whom)
    await store._db.write(
        lambda tx: tx.all(
            "INSERT INTO turns (party, person, at) VALUES ($1, $2, 1), ('d', $3, 1) ON CONFLICT DO NOTHING",
            f"={ANN}",
            ANN,
            BOB,
        )
    )
    await everyone_waits(house, ANN, "parked")
    return jobs


async def everyone_waits(house: House, person: str, id: str) -> None:
    """An order waits for a yes."""
    job = await a_past(house.store, house.media, f"m{id}", BOB, house.clock(), prompt="nothing")
    order = replace(job.order, prompt=WORDS, photo=replace(job.order.photo, name=f"{id}.jpg"))
    waiting = replace(job, id=id, key=id, person=person, order=order, label=NAME, clip=None, outcome=None)
    house.media.path(f"{id}.jpg").write_bytes(f"picture of {id}".encode())
    body = house.store.quotas.write(waiting)
    await house.store.quotas.park(Parked(id, person, "", body, (f"{id}.jpg",), house.clock() + HOUR))


CONTENT = (NAME, WORDS, "photo of mine", "photo of town", "photo of other", "photo of refused", "picture of parked")
FILMS = ("clip of mine", "clip of town", "clip of other", "frame of mine", "sent-mine", "copy-town", "r-other")
IDS = ("900100200", "800100200")
BOBS = ("photo of bob", "clip of bob", "a boat", "700100200", "@Bob")


def found(words: tuple[str, ...]) -> list[bytes]:
    return [word.encode() for word in words]


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


# ── The confirmation ─────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── /mydata ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def opened(said: Reply) -> zipfile.ZipFile:
    (paper,) = said.papers
    return zipfile.ZipFile(io.BytesIO(paper.data))


async def test_the_export_holds_all_of_an_account_and_nothing_of_anybody_else(house: House) -> None:
    await a_life(house, banned=False)
    assert await house.store.favour(ANNS_OTHER, "town", True), "an account has one history"
    said = await say(house, "/mydata", ANNS_OTHER)
    assert said.private
    made = opened(said)
    assert made.testzip() is None
    jobs = ("mine", "town", "other", "refused")
    assert set(made.namelist()) == {
        *("about.txt", "clips.json", "credits.csv", "shared.json"),
        *(f"photos/{id}-1.jpg" for id in (*jobs, "parked")),
        *(f"clips/{id}.mp4" for id in jobs if id != "refused"),
    }
    assert made.read("photos/town-1.jpg") == b"photo of town" * 9
    assert made.read("clips/other.mp4") == b"clip of other" * 9
    clips = {clip["id"]: clip for clip in json.loads(made.read("clips.json"))}
    assert set(clips) == {*jobs, "parked"}
    assert clips["town"]["shared_in"] == [TOWN]
    assert [id for id, clip in clips.items() if clip["favourite"]] == ["town"]
    assert (clips["town"]["prompt"], clips["town"]["price"], clips["town"]["state"]) == (WORDS, 5, "clip")
    assert (clips["other"]["platform"], clips["refused"]["why_not"]) == ("discord", "cancelled")
    shared = json.loads(made.read("shared.json"))
    assert [share["name"] for share in shared["shared"]] == [NAME]
    assert [(report["share"], report["reason"]) for report in shared["reports"]] == [("bobs", "spam")]
    assert {heart["share"] for heart in shared["hearts"]} == {"anns", "bobs"}
    credits = list(csv.DictReader(io.StringIO(made.read("credits.csv").decode("utf-8-sig"))))
    assert sum(int(row["held"]) + int(row["spent"]) for row in credits) == 15
    assert [row["given"] for row in credits if row["kind"] == "grant"] == ["9"]
    told = made.read("about.txt").decode()
    assert f"known as: {ANNS_OTHER}, {ANN}" in told
    assert "with your name: yes" in told
    assert "24 hours" in told
    whole = b"".join(made.read(name) for name in made.namelist())
    for word in ("700100200", "Bob", "a boat", "photo of bob", "clip of bob"):
        assert word.encode() not in whole


async def test_the_export_is_made_once_an_hour_and_goes_with_the_person(
    house: House, keeper: Retention, tmp_path: Path
) -> None:
    await a_life(house, banned=False)
    configure(house.core, clip=lambda name: f"https://photoplay.example/media/{name}")
    first = await say(house, "/mydata")
    (name,) = re.findall(r"https://photoplay\.example/media/(\w+\.zip)", first.text)
    assert first.private
    assert not first.papers
    house.clock.tick(HOUR - 1)
    for person in (ANN, ANNS_OTHER):
        assert name in (await say(house, "/mydata", person)).text
    assert name not in (await say(house, "/mydata", BOB)).text
    house.clock.tick(1)
    second = await say(house, "/mydata")
    assert name not in second.text
    (latest,) = re.findall(r"media/(\w+\.zip)", second.text)
    assert house.media.path(latest).is_file()
    await forget(house, ANNS_OTHER)
    assert not house.media.path(latest).exists()
    assert not house.media.path(name).exists()
    assert (await say(house, "/mydata")).text != second.text


async def test_the_export_is_for_nobody_elses_eyes_and_not_for_nobody(house: House) -> None:
    assert (await say(house, "/mydata")).text == texts.privacy.MYDATA_NOTHING
    await a_past(house.store, house.media, "one", ANN, house.clock())
    assert (await say(house, "/mydata", scope=TOWN)).secret
    shared = Inbound(Address("telegram", "inline"), "900100200", "key", "/mydata", shared=True)
    assert (await house.core.handle(shared)).text == texts.privacy.MYDATA_ALONE


async def test_a_page_hands_the_file_over_by_itself_however_large(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It serves files from here, so it needs no public address."""
    await a_past(house.store, house.media, "one", "web:somebody", house.clock())
    monkeypatch.setattr("bot.privacy.commands.HEAVIEST_PAPER", 100)
    reply = await say(house, "/mydata", "web:somebody")
    assert (reply.text, reply.papers, reply.secret) == (texts.privacy.mydata_file(0), (), True)
    assert zipfile.is_zipfile(house.media.path(reply.file))
    assert (await say(house, "/mydata", "web:somebody")).file == reply.file


async def test_what_is_too_large_for_a_chat_needs_a_link(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_past(house.store, house.media, "one", ANN, house.clock())
    monkeypatch.setattr("bot.privacy.commands.HEAVIEST_PAPER", 100)
    assert (await say(house, "/mydata")).text == texts.privacy.MYDATA_NO_LINK
    configure(house.core, clip=lambda name: f"https://photoplay.example/media/{name}")
    assert "https://" in (await say(house, "/mydata")).text


async def test_what_is_larger_than_the_bound_leaves_out_the_oldest(house: House) -> None:
    for n in range(4):
        await a_past(house.store, house.media, f"job{n}", ANN, house.clock() + n)
    weight = len(b"photo of job0" * 9) + len(b"clip of job0" * 9)
    made = await export.gather(house.store, house.media, ANN, [ANN], 2 * weight)
    assert {name for name, _ in made.files} == {
        f"{w}" for k in (2, 3) for w in (f"photos/job{k}-1.jpg", f"clips/job{k}.mp4")
    }
    assert made.left_out == 4
    assert "job0" in read(made)  # the file is left out, what is known of it is not
    assert "4 did not fit" in texts.privacy.mydata_link("x", made.left_out)


async def test_a_file_whose_time_ends_meanwhile_is_left_out(house: House) -> None:
    await a_past(house.store, house.media, "one", ANN, house.clock())
    made = await export.gather(house.store, house.media, ANN, [ANN])
    house.media.path("onep.jpg").unlink()
    await house.media.write_export("made.zip", partial(export.write, made, "about"))
    target = house.media.path("made.zip")
    with zipfile.ZipFile(target) as bundle:
        assert bundle.read("clips/one.mp4") == b"clip of one" * 9
        kept = house.media.path("onec.mp4").stat().st_mtime
        assert bundle.getinfo("clips/one.mp4").date_time[:5] == time.localtime(kept)[:5], "when it came"
        assert "photos/one-1.jpg" not in bundle.namelist()
    assert target.stat().st_mode & 0o077 == 0


async def test_an_export_that_broke_off_is_begun_again_and_found_by_forgetting(house: House) -> None:
    await a_past(house.store, house.media, "one", ANN, house.clock())
    note = json.dumps(["half.zip", house.clock(), False])
    await house.store.inbox.remember(retention.EXPORTS, ANN, "file", note, house.clock() + DAY)
    house.media.path("half.zip").write_bytes(b"half")
    assert (await say(house, "/mydata")).text == texts.privacy.MYDATA_SOON
    house.clock.tick(901)
    assert (await say(house, "/mydata")).papers
    await house.store.inbox.remember(retention.EXPORTS, ANN, "file", note, house.clock() + DAY)
    await forget(house)
    assert not house.media.path("half.zip").exists()


# ── /privacy ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_privacy_says_what_is_set(house: House) -> None:
    configure(house.core, kept=Kept(12 * HOUR, 7 * DAY))
    said = (await say(house, "/privacy")).text
    for words in (
        "photos until 12 hours",
        "clips until 7 days",
        "Telegram",
        "stand-in",
        "/mydata",
        "/forgetme",
        "/sharing",
    ):
        assert words in said
    assert "Discord" in (await say(house, "/privacy", ANNS_OTHER)).text
    assert texts.privacy.span(24 * HOUR) == "24 hours"
    assert texts.privacy.span(HOUR) == "1 hour"
    assert texts.privacy.span(30 * DAY) == "30 days"
    assert texts.privacy.span(1.5 * HOUR) == "1.5 hours"


async def test_the_page_names_its_own_ways_and_leads_to_them(house: House) -> None:
    said = await say(house, "/privacy", "web:somebody")
    assert not re.search(r"(?<!\w)/\w", said.text)
    assert texts.page.PAGE["history"] in said.text
    assert texts.page.PAGE["mydata"] in said.text
    (button,) = said.buttons
    await a_past(house.store, house.media, "one", "web:somebody", house.clock())
    asked = await say(house, button.command, "web:somebody")
    assert [one.label for one in asked.buttons] == [texts.privacy.FORGET, texts.privacy.KEEP]
    assert not (await say(house, "/privacy")).buttons


async def test_whoever_left_nothing_is_told_so_at_once(house: House) -> None:
    asked = await say(house, "/forgetme")
    assert (asked.text, asked.buttons, asked.private) == (texts.privacy.MYDATA_NOTHING, (), True)
    await house.store.gallery.prefer(ANN, agreed_at=house.clock())
    assert (await say(house, "/forgetme")).buttons, "a consent is something"


async def test_a_page_with_the_stand_in_is_told_of_no_chat_and_no_service(house: House) -> None:
    person = "web:somebody"
    await a_past(house.store, house.media, "one", person, house.clock())
    told = [(await say(house, "/privacy", person)).text]
    asked = await say(house, "/forgetme", person)
    told += [asked.text, (await say(house, asked.buttons[0].command, person)).text]
    for text in told:
        for words in ("service", "called on", "; your name", "message", "rules of"):
            assert words not in text


async def test_whoever_is_linked_hears_on_the_page_of_messages_in_chats(house: House) -> None:
    await link(house, "web:somebody", ANN)
    asked = await say(house, "/forgetme", "web:somebody")
    assert "my messages with your clips" in asked.text
    said = await say(house, asked.buttons[0].command, "web:somebody")
    assert "your own messages and older messages that the chat no longer lets me delete." in said.text


@pytest.mark.parametrize(("platform", "hosts", "there"), [
    ("web", ["aimlapi"], [" what the video service keeps."]),
    ("telegram", ["local", "apilaplas"], ["your own messages, older", "delete and what the video service keeps."]),
])  # fmt: skip
def test_what_cannot_be_reached_is_named(platform: str, hosts: list[str], there: list[str]) -> None:
    said = texts.privacy.unreached(platform, 1, hosts)
    assert all(words in said for words in there), said
    assert "rules of their own" in texts.privacy.privacy(platform, hosts, HOUR, DAY)
