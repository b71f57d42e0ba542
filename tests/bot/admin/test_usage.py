"""What is told of what happened: usage, lines about clips, the audit and its tables."""

import csv
import io
from datetime import datetime

import pytest
from PIL import Image

from bot import texts
from bot.admin import usage
from bot.conversation import MENTION as M
from bot.conversation import Named
from bot.quotas.rules import Rule
from tests.bot.admin.town import BOB, OTHER, Town
from tests.houses import configure

pytestmark = pytest.mark.databases


async def test_reports_show_sums_and_a_picture(town: Town) -> None:
    for user, text in (("8", "x"), ("8", "he runs --10s"), ("9", "z")):
        reply = await town.order(user, text)
        await town.house.finish(await town.house.job(reply.job or ""))
    town.house.clock.tick(86_400)
    cancelled = await town.order("9")
    await town.say(f"/cancel {cancelled.job}", user="9")
    for span in ("", " month"):
        told = await town.say(f"/usage{span}")
        assert "3 clips, 20 credits, 5 given back" in told.text
        assert "· User 8 – 15 credits in 2 clips\n· User 9 – 5 credits in 1 clip, 5 given back" in told.text
        (picture,) = told.papers
        assert (picture.name, picture.picture) == ("usage.png", True)
        image = Image.open(io.BytesIO(picture.data))
        assert image.format == "PNG"
        assert image.width == 900
        assert image.getpixel((2, 2)) == (255, 255, 255)
    await town.say(f"/grant {M} 5 because =HYPERLINK(1)", Named("person", "telegram:8", "=cmd"))
    ledger, audit = (await town.say("/export")).papers
    moves = list(csv.DictReader(io.StringIO(ledger.data.decode("utf-8-sig"))))
    assert len(moves) == 9
    assert {row["because"] for row in moves} == {"", "'=HYPERLINK(1)", "cancelled"}
    assert sum(int(row["spent"]) for row in moves) == 20
    (entry,) = csv.DictReader(io.StringIO(audit.data.decode("utf-8-sig")))
    assert entry["label"] == "'@=cmd"
    assert (await town.say("/export", scope=OTHER)).refused


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "\n=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert usage.cell(text) == f"'{text}"
    assert usage.cell(-5) == -5
    assert usage.cell("1-5") == "1-5"


async def test_a_clip_is_one_line_as_far_as_it_has_come(town: Town) -> None:
    async def line() -> str:
        (found,) = [each for each in (await town.say("/quota", user="8")).text.splitlines() if "“the first”" in each]
        return found

    await town.say("/quota set default 2 a day")
    await town.say(f"/grant {M} 5 until 2027-03-01", BOB)
    first = (await town.order(text="the first")).job or ""
    assert "· 5 credits set aside for “the first”" in await line()
    await town.house.finish(await town.house.job(first))
    assert "· 5 credits spent on “the first”" in await line()
    await town.say(f"/revoke {M}", BOB)
    await town.say(f"/refund {first} because it came out black")
    partly = "2 credits given back for “the first”; the rest came of a grant that is over (it came out black)"
    assert partly in await line()
    await town.say("/quota set default 30 a day")
    town.house.clock.tick(60)
    jobs = [(await town.order(text=f"number {n}, and then what happens {'on ' * 9}")).job or "" for n in range(5)]
    town.house.clock.tick(60)
    await town.say(f"/cancel {jobs[-1]}", user="8")
    mine = (await town.say("/quota", user="8")).text.splitlines()
    assert mine[mine.index(texts.credits.LATEST) + 1].endswith(
        "5 credits given back for “number 4, and then what happens on on o…”"
    )
    assert [
        sum(f"“{name}" in each for each in mine) for name in ("the first", *(f"number {n}," for n in range(5)))
    ] == [1] * 6


async def test_who_paused_it_stands_in_the_operators_audit_and_table(town: Town) -> None:
    configure(town.house.core, owners=frozenset({"telegram:42"}))
    there = {"user": "42", "scope": ""}
    assert (await town.say("/operator resume", **there)).text == texts.operator.NOT_PAUSED
    assert (await town.say("/operator pause because prices rose", **there)).text == texts.operator.PAUSED
    assert (await town.say("/operator pause", **there)).text == texts.operator.PAUSED_ALREADY
    town.house.clock.tick(1)
    assert (await town.say("/operator resume", **there)).text == texts.operator.RESUMED
    log = (await town.say("/audit", **there)).text.splitlines()
    assert [line.partition(" · ")[2] for line in log] == [
        "User 42 · resume",
        "User 42 · pause · prices rose",
    ]
    for said in ("Veo 3.1 4 a second", "Veo 3.1 1", "Veo 3.1 off"):
        town.house.clock.tick(1)
        await town.say(f"/operator price {said}", **there)
    log = (await town.say("/audit", **there)).text.splitlines()
    assert [line.partition(" · ")[2] for line in log[:3]] == [
        "User 42 · price: Veo 3.1 1 credit a second → not set",
        "User 42 · price: Veo 3.1 4 credits a second → 1 credit a second",
        "User 42 · price: Veo 3.1 not set → 4 credits a second",
    ]
    assert (await town.say("/audit")).text == texts.admin.NO_AUDIT, "a community's is its own"
    table = (await town.say("/export", **there)).papers[1].data.decode("utf-8-sig")
    assert [(row["verb"], row["after"]) for row in csv.DictReader(io.StringIO(table))][3:] == [
        ("resume", ""),
        ("pause", "paused: true"),
    ]


async def test_a_group_that_is_its_own_gallery_is_no_number(town: Town) -> None:
    await town.say("/gallery here")
    assert "gallery channel not set → here" in (await town.say("/audit")).text


async def test_times_are_iso_8601_and_no_cell_holds_json(town: Town) -> None:
    await town.say(f"/grant {M} 6 until 2027-03-01", BOB)
    await town.say(f"/ban {M} for 2 weeks", BOB)
    await town.say(f"/ban {M}", BOB)
    await town.say(f"/tier staff add {M}", BOB)
    await town.say(f"/revoke {M}", BOB)
    log = (await town.say("/audit")).text
    assert "grant @Bob: credits 6, until 2 Mar 00:00" in log
    assert "ban @Bob: ban not set → until " in log
    assert "tier add staff: added @Bob" in log
    assert "→ for good" in log
    ledger, audit = (await town.say("/export")).papers
    text = audit.data.decode("utf-8-sig")
    assert not set("{}[]") & set(text + ledger.data.decode("utf-8-sig"))
    (grant,) = [row for row in csv.DictReader(io.StringIO(text)) if row["verb"] == "grant"]
    assert "until: 2027-03-02T00:00:00+00:00" in grant["after"]
    assert datetime.fromisoformat(grant["at_utc"]).timestamp() == int(town.house.clock.now)
    (staff,) = [row for row in csv.DictReader(io.StringIO(text)) if row["verb"] == "tier add"]
    assert staff["after"] == "people: telegram:8"


def test_the_audit_has_words_for_every_setting() -> None:
    told = set(Rule.__dataclass_fields__) - {"because", "paused", "credits", "span"}
    assert told <= set(texts.admin.FIELDS)
