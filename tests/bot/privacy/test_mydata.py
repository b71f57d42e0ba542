"""/mydata: what is handed out, to whom, and for how long."""

import csv
import io
import json
import re
import time
import zipfile
from functools import partial
from pathlib import Path

import pytest

from bot import texts
from bot.conversation import Inbound, Reply
from bot.model import Address
from bot.privacy import export, retention
from bot.privacy.retention import Retention
from bot.quotas.records import Act
from bot.quotas.rules import Rule
from tests.bot.privacy.ann import (
    ANN,
    ANNS_OTHER,
    BOB,
    DAY,
    HOUR,
    NAME,
    WORDS,
    a_life,
    forget,
    say,
)
from tests.houses import House, configure
from tests.traces import TOWN, a_past, read

pytestmark = pytest.mark.databases


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


async def test_whoever_only_acted_or_agreed_is_told_of_it(house: House) -> None:
    await house.store.quotas.amend(Act("a1", house.clock(), ANN, TOWN, "pause"), lambda _: Rule(paused=True))
    about = opened(await say(house, "/mydata")).read("about.txt").decode()
    assert "What you did as an admin or operator" in about
    await house.store.gallery.prefer(BOB, agreed_at=house.clock())
    about = opened(await say(house, "/mydata", BOB)).read("about.txt").decode()
    assert "operator" not in about
    assert "agree: not asked yet" not in about
    await forget(house)
    assert (await say(house, "/mydata")).text == texts.privacy.MYDATA_NOTHING
