"""What admins say and what members hear, through the one door; and what is tried against it."""

import asyncio
import csv
import io
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot import texts
from bot.admin import usage
from bot.conversation import MENTION as M
from bot.conversation import Inbound, Named, Reply
from bot.core import Core
from bot.model import Address
from bot.privacy.retention import Retention
from bot.quotas import pricing
from bot.quotas.rules import HOUSE, Rule
from storage import open_store
from tests.bookkeeping import check
from tests.houses import House, attached, configure, picture

pytestmark = pytest.mark.databases

TOWN, OTHER = "telegram:-1", "telegram:-2"
BOB = Named("person", "telegram:8", "Bob")
STAFF = Named("role", "55", "Staff")


@dataclass
class Town:
    """A community on a house, where user 1 is the admin."""

    house: House
    admins: frozenset[str] = frozenset({"1"})
    asked: int = 0

    async def say(
        self,
        text: str,
        *named: Named,
        user: str = "1",
        scope: str = TOWN,
        platform: str = "telegram",
        photo: bool = False,
        **changes: Any,
    ) -> Reply:
        self.house.sent += 1

        async def administers() -> bool:
            self.asked += 1
            return scope == TOWN and user in self.admins

        inbound = Inbound(
            Address(platform, scope.partition(":")[2] or user, f"m{self.house.sent}"),
            user,
            f"{platform}:t{self.house.sent}",
            text,
            (attached(),) if photo else (),
            scope=scope,
            label=f"User {user}",
            named=named,
            administers=administers,
            shared=bool(scope),
        )
        return await self.house.core.handle(replace(inbound, **changes))

    async def order(self, user: str = "8", text: str = "she smiles", **changes: Any) -> Reply:
        return await self.say(text, user=user, photo=True, **changes)


@pytest.fixture
def town(house: House) -> Town:
    return Town(house)


# ── The verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_allowance_is_set_in_a_sentence_and_told_with_the_price(town: Town) -> None:
    reply = await town.say("/quota set default 12 per week")
    assert reply.text == "everyone: 12 credits a week from now on."
    assert [button.label for button in reply.buttons] == ["Undo"]
    assert "5 credits, 7 left this week" in (await town.order()).text
    await town.say(f"/grant {M} 6 until 2027-03-01 because they won", BOB)
    assert "5 credits, 2 left this week and 6 given to you" in (await town.order()).text
    assert "5 credits, 0 left this week and 3 given to you" in (await town.order()).text
    mine = (await town.say("/quota", user="8")).text
    assert "You have 0 credits left this week, and 3 credits that you were given." in mine
    assert "3 of 6 credits given, until the end of Monday, 1 March 2027 (UTC) · they won" in mine
    assert "set aside for “she smiles”" in mine
    assert "@Bob has 12 credits a week: 0 left this week" in (await town.say(f"/quota {M}", BOB)).text
    await check(town.house.store)


@pytest.mark.parametrize(
    ("said", "named", "heard"),
    [
        ("/quota set default 30/day", (), "everyone: 30 credits a day from now on."),
        (f"/quota set {M} 100 a month", (STAFF,), "@Staff: 100 credits a month from now on."),
        (f"/quota set {M} 100 a month because of the contest", (BOB,), "@Bob: 100 credits a month from now on."),
        ("/quota set admins 90", (), "admins: 90 credits a day from now on."),
        (f"/grant {M} 50", (BOB,), "@Bob got 50 credits, without end."),
        (f"/grant {M} 50 for 2 weeks because {M} asked", (BOB, STAFF), "The reason: @Staff asked."),
        (f"/ban {M}", (BOB,), "@Bob can't order clips here any more."),
        (f"/ban {M} for 2 days because of spam", (BOB,), "The reason: spam."),
        (f"/ban {M} due to spam", (BOB,), "@Bob can't order clips here any more. The reason: spam."),
        (f"/ban {M} for 2 days for spamming", (BOB,), "The reason: spamming."),
        (f"/grant {M} 50 for winning, because I said so", (BOB,), "end. The reason: winning, because I said so."),
        (f"/unban {M}", (BOB,), "@Bob is not banned here."),
        (f"/revoke {M}", (BOB,), "@Bob has no credits from grants"),
        ("/limits flight 1", (), "everyone: 1 clip at once."),
        ("/limits who everyone", (), "Everyone may order."),
        ("/usage year", (), texts.admin.USAGE_HOW),
        ("/limits flight 2", (), "everyone: 2 clips at once."),
        ("/limits longest 5s", (), "everyone: clips up to 5 s."),
        ("/limits confirm off", (), "No tap is asked for."),
        ("/limits zone europe/berlin", (), "The time zone is Europe/Berlin."),
        ("/limits channels here", (), "Orders are taken here."),
        (f"/limits channels {M}", (Named("channel", "9/", "art"),), "Orders are taken in #art."),
        ("/limits who tiers", (), "Only who has a tier or credits of their own may order."),
        (f"/limits {M} flight 3", (STAFF,), "@Staff: 3 clips at once."),
        (f"/tier staff add {M}", (BOB,), "staff: 1 person"),
        ("/limits", (), "everyone: 30 credits a day"),
        ("/audit", (), texts.admin.NO_AUDIT),
        ("/usage", (), texts.admin.NO_USAGE),
        # What is not understood is said, with an example.
        ("/quota set default", (), texts.admin.QUOTA_HOW),
        ("/quota set default lots", (), texts.admin.QUOTA_HOW),
        ("/quota set", (), texts.admin.QUOTA_HOW),
        ("/quota set 30 a day", (), texts.admin.QUOTA_HOW),
        ("/quota set @bob 30 a day", (), texts.admin.WHOSE_NAME),
        (f"/grant {M} 0", (BOB,), texts.admin.GRANT_HOW),
        (f"/grant {M} 50 until yesterday", (BOB,), texts.admin.GRANT_HOW),
        (f"/grant {M} 50", (STAFF,), texts.admin.A_PERSON),
        (f"/revoke {M} 5", (BOB,), texts.admin.REVOKE_HOW),
        ("/grant 50", (), texts.admin.WHOSE),
        (f"/ban {M} 5", (BOB,), texts.admin.BAN_HOW),
        (f"/ban {M} for four weeks", (BOB,), texts.admin.BAN_HOW),
        (f"/ban {M} for the weekend", (BOB,), texts.admin.BAN_HOW),
        ("/quota set default 30 a day for staff", (), texts.admin.QUOTA_HOW),
        ("/limits loudness 5", (), texts.admin.LIMITS_HOW),
        ("/limits zone Atlantis", (), texts.admin.ZONE_UNKNOWN),
        (f"/limits {M} zone UTC", (BOB,), texts.admin.LIMITS_HOW),
        ("/refund k7m2p9q4xw", (), texts.admin.REFUND_HOW),
        ("/refund k7m2p9q4xw because it is black", (), texts.admin.REFUND_NOT),
        (f"/tier admins add {M}", (BOB,), texts.admin.TIER_HOW),
        ("/tier", (), texts.admin.TIER_HOW),
        ("/tier staf", (), texts.admin.no_list("staf")),
    ],
)
async def test_verbs(town: Town, said: str, named: tuple[Named, ...], heard: str) -> None:
    assert heard in (await town.say(said, *named)).text


async def test_replying_to_a_message_names_its_writer(town: Town) -> None:
    assert "@Bob got 5 credits" in (await town.say("/grant 5", replied_to=BOB)).text
    assert "and 5 credits from grants" in (await town.say("/quota", replied_to=BOB)).text
    assert "5 credits from grants taken back from @Bob" in (await town.say("/revoke", replied_to=BOB)).text


async def test_the_best_tier_counts_and_an_override_before_it(town: Town) -> None:
    await town.say("/quota set default 0 a day")
    await town.say(f"/quota set {M} 10 a day", STAFF)
    await town.say(f"/quota set {M} 90 a week", Named("role", "56", "Old hands"))
    assert "none left" in (await town.order()).text
    assert "5 left today" in (await town.order(tiers=frozenset({"55"}))).text
    assert "80 left this week" in (await town.order("9", "x --10s", tiers=frozenset({"55", "56"}))).text
    await town.say(f"/quota set {M} 5 a day", BOB)
    town.house.clock.tick(61)
    assert "none left today" in (await town.order(tiers=frozenset({"56"}))).text


async def test_admins_and_named_lists_are_tiers_too(town: Town) -> None:
    await town.say("/quota set default 0 a day")
    await town.say("/quota set admins 10 a day")
    await town.say(f"/tier staff add {M}", BOB)
    await town.say("/quota set staff 20 a day")
    assert (await town.say("/tier")).text.startswith("staff: 1 person, 20 credits a day\n")
    assert "5 left today" in (await town.order("1")).text
    assert "15 left today" in (await town.order("8")).text
    assert (await town.order("9")).refused
    assert (await town.order("9", tiers=frozenset({"admins", "staff"}))).text == ""  # said once already
    await town.say(f"/tier staff remove {M}", BOB)
    assert (await town.order("8")).refused


async def test_a_ban_ends_by_itself(town: Town) -> None:
    await town.say(f"/ban {M} for 2 days because of spam", BOB)
    denied = await town.order()
    assert denied.text.startswith(
        "You can't order clips here until Sunday, 17 January 2027, 08:00 (UTC). The reason: spam."
    )
    assert denied.text.endswith("Questions? Ask an admin here.")
    assert (await town.say("/quota", user="8")).text.startswith(
        "You can't order clips here until Sunday, 17 January 2027, 08:00 (UTC). The reason: spam.\nYou have 30 credits"
    )
    assert (await town.order(scope="", user="8")).job
    assert (await town.order("9")).job
    town.house.clock.tick(2 * 86_400 + 1)
    assert (await town.order()).job
    await town.say(f"/ban {M}", BOB)
    town.house.clock.tick(9e7)
    assert (await town.order()).text.startswith("You can't order clips here.")
    assert "can order clips here again" in (await town.say(f"/unban {M}", BOB)).text
    assert (await town.order()).job


async def test_a_change_can_be_taken_back_for_a_minute(town: Town) -> None:
    for said, named in (("/quota set default 5 a day", ()), (f"/ban {M}", (BOB,)), (f"/grant {M} 7", (BOB,))):
        reply = await town.say(said, *named)
        assert (await town.say(reply.buttons[0].command)).text == texts.admin.UNDONE
        assert (await town.say(reply.buttons[0].command)).text == texts.admin.UNDO_NOTHING
    assert "25 left today" in (await town.order()).text
    town.house.clock.tick(1)
    late = await town.say("/quota set default 5 a day")
    town.house.clock.tick(90)
    assert (await town.say(late.buttons[0].command)).text == texts.admin.UNDO_LATE
    log = (await town.say("/audit")).text.splitlines()
    assert len(log) == 7
    assert "User 1 · quota set everyone: allowance not set → 5 credits a day" in log[0]
    assert "until until" not in "".join(log)
    assert any("undo ban @Bob" in line for line in log)


async def test_places_people_and_lengths_can_be_limited(town: Town) -> None:
    await town.say("/limits channels here", address=Address("telegram", "-1", "m", "77"))
    denied = await town.order()
    assert denied.text == "I don't take orders in this channel. For where I do, ask an admin here."
    assert "Orders are taken in 1 channel, not here\n" in (await town.say("/limits")).text
    there = await town.say("/limits", address=Address("telegram", "-1", "m", "77"))
    assert "Orders are taken here\n" in there.text
    assert "places for orders not set → 1 entry" in (await town.say("/audit")).text
    assert (await town.order(address=Address("telegram", "-1", "m", "77"))).job
    await town.say(f"/limits channels {M}", Named("channel", "9/", "art"))
    assert "Orders are taken in 2 channels, not here\n" in (await town.say("/limits")).text
    await town.say("/limits channels everywhere")
    await town.say("/limits longest 5")
    assert "up to 5 seconds" in (await town.order(text="x --10s")).text
    await town.say("/limits who tiers")
    assert (await town.order()).text.endswith("not among them yet. To be one of them, ask an admin here.")
    assert (await town.order(tiers=frozenset({"55"}))).refused  # a role for which nothing is set is no tier
    await town.say(f"/quota set {M} 30 a day", STAFF)
    assert (await town.order(tiers=frozenset({"55"}))).job


async def test_a_dear_clip_waits_for_a_yes_also_across_a_restart(town: Town) -> None:
    await town.say("/limits confirm 5")
    assert (await town.order()).job
    asked = await town.order(text="she jumps --10s")
    assert asked.job is None
    assert "This costs 10 credits, 15 left today. Here a tap is asked for above 5 credits" in asked.text
    yes, no = (button.command for button in asked.buttons)
    assert (await town.say(yes, user="9")).text == texts.chat.NOT_YOURS
    assert (await town.say(yes, user="8", scope=OTHER)).text == texts.chat.NOT_YOURS
    assert await town.house.used() == 0
    done = await town.say(yes, user="8")
    assert done.job == yes.split()[1]
    assert (await town.say(yes, user="8")).job == done.job
    assert (await town.say(no, user="8")).refused
    finished = await town.house.finish(await town.house.job(done.job or ""))
    assert (finished.outcome, finished.order.prompt) == ("clip", "she jumps")
    dropped = await town.order(text="she jumps --10s")
    assert len(await town.house.kept()) == 3
    assert (await town.say(dropped.buttons[1].command, user="8")).text == texts.credits.DROPPED
    assert len(await town.house.kept()) == 2
    late = await town.order(text="she jumps --10s")
    town.house.clock.tick(5000)
    assert (await town.say(late.buttons[0].command, user="8")).text == texts.credits.PARKED_GONE
    await retention(town.house).round()
    await town.order("9", text="she jumps --10s")
    assert len(await town.house.kept()) == 3
    await check(town.house.store)


async def test_reports_show_sums_and_a_picture(town: Town) -> None:
    for user, text in (("8", "x"), ("8", "y --10s"), ("9", "z")):
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


# ── Denied ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_denial_says_what_still_fits(town: Town) -> None:
    await town.say("/quota set default 17 a week")
    assert (await town.order(text="she smiles --10s")).job
    denied = await town.order(text="she smiles --10s")
    assert denied.text.startswith(
        "That clip costs 10 credits, and you have 7 left this week. A clip of 5 seconds costs 5 credits. You get new"
    )
    assert (await town.order()).job


async def test_a_denial_says_all_of_it_once_a_minute(town: Town) -> None:
    await town.say("/quota set default 7 a week")
    await town.order()
    denied = await town.order()
    assert denied.text == (
        "That clip costs 5 credits, and you have 2 left this week. "
        "You get new ones on Monday at midnight UTC, in about 3 days. Need more? Ask an admin here."
    )
    assert (await town.order()).text == ""
    assert (await town.order()).refused
    assert (await town.order("9")).job  # somebody else is heard
    assert (await town.order(scope="")).job
    town.house.clock.tick(59)
    assert (await town.order()).text == ""
    town.house.clock.tick(2)
    assert (await town.order()).text.startswith("That clip costs")
    assert (await town.say("she smiles", user="8")).text == texts.chat.NO_PHOTO  # other words are always said


async def test_another_limit_is_another_denial_and_the_page_is_always_told(town: Town) -> None:
    await town.say("/quota set default 0 a day")
    assert (await town.order()).text
    await town.say(f"/ban {M}", BOB)
    assert "can't order" in (await town.order()).text
    configure(town.house.core, policy=pricing.Policy(0))
    for _ in range(2):
        assert "none left" in (await town.order("p", scope="", platform="web")).text


async def test_a_ceiling_stops_everybody_and_the_operator_hears_first(town: Town) -> None:
    told: list[str] = []

    async def tell(words: str) -> None:
        told.append(words)

    configure(town.house.core, tell=tell)
    configure(town.house.core, policy=pricing.Policy(30, day=10))
    assert (await town.order("8")).job
    assert (await town.order("9", scope="")).job
    denied = await town.order("9")
    assert "No clips can be made right now: everybody's limit for today is reached." in denied.text
    assert texts.credits.WHOM["operator"] in denied.text
    await town.order("8")
    assert told == [
        "Buying has stopped for everybody: the daily ceiling of 10 credits (CEILING_DAY) is reached. "
        "It goes on at midnight UTC, in about 16 h, or when you raise it."
    ]
    assert (await town.house.store.incidents())[0].what == "buying has stopped"
    town.house.clock.tick(86_400)
    assert (await town.order("9")).job


async def test_operators_pause_resume_and_see_it_all(town: Town) -> None:
    configure(town.house.core, owners=frozenset({"telegram:42"}))
    configure(town.house.core, policy=pricing.Policy(30, day=600, price=31_500, money_month=5_000_000))
    first = await town.order()
    await town.say("/operator cap 12", user="42")
    shown = (await town.say("/operator", user="42", scope="")).text
    assert "Left at local: $12.35" in shown
    for part in (
        "1 in line",
        "Credits today: 5 of 600",
        "Money this month: 0.16 of 5.00",
        f"{TOWN}: 5 credits this month of 12",
    ):
        assert part in shown
    await town.say("/operator pause", user="42", scope="")
    assert "has paused it" in (await town.order("9")).text
    await town.house.work()
    assert (await town.house.job(first.job or "")).state == "queued"
    await town.say("/operator resume", user="42", scope="")
    await town.house.work()
    assert (await town.house.job(first.job or "")).state == "running"
    assert (await town.order("9")).job
    assert "this community has 2 left of its 12 credits this month" in (await town.order("9")).text
    assert "can't" not in (await town.say(f"/operator cap {TOWN} off", user="42", scope="")).text
    town.house.clock.tick(61)
    assert (await town.order("9")).job


@pytest.mark.parametrize("word", ["release", "return"])
async def test_what_a_restore_put_on_hold_goes_on_at_a_word(town: Town, word: str) -> None:
    house = town.house
    configure(house.core, owners=frozenset({"telegram:42"}))
    first = (await town.order("8")).job or ""
    await house.core.track(first, "line", "")
    assert (await town.say(f"/operator {word}", user="42", scope="")).text == texts.operator.NOTHING_HALTED
    assert await figures(house) == []
    await house.store._db.write(lambda tx: tx.all("UPDATE jobs SET halted = 1"))
    await house.work()
    assert (await house.job(first)).state == "queued"
    await house.worker._steps.refresh()
    assert texts.jobs.HALTED in house.chat.edits[-1][1]
    assert texts.jobs.CANCEL in [button.label for button in (await house.core.status(await house.job(first))).buttons]
    shown = (await town.say("/operator", user="42", scope="")).text
    assert "On hold: 1 order that may have been bought already" in shown
    assert (await town.say(f"/operator {word}", user="1")).text == texts.admin.NOT_OPERATOR
    said = await town.say(f"/operator {word} because I looked at the bill", user="42", scope="")
    assert said.text.startswith("Back in line: 1 order." if word == "release" else "Given back: 1 order.")
    assert await figures(house) == [(word, "I looked at the bill")]
    await house.work(3)
    job = await house.job(first)
    assert (job.state, job.reason) == (("running", None) if word == "release" else ("done", "restored"))
    assert len(house.provider.orders) == (word == "release")
    await check(house.store)


def retention(house: House) -> Retention:
    return Retention(house.store, house.media, clock=house.clock, photos=9e9, clips=9e9, platforms=("telegram",))


async def figures(house: House) -> list[tuple[str, str]]:
    return [(act.verb, act.because) for act in await house.store.figures.audit(HOUSE, 9)]


async def test_what_waits_for_a_word_in_vain_is_given_back_after_a_week(town: Town) -> None:
    house = town.house
    job = (await town.order("8")).job or ""
    at = house.clock()
    await house.store._db.write(lambda tx: tx.all("UPDATE jobs SET halted = 1, changed_at = $1", at))
    for days, state in ((6, "queued"), (2, "delivering")):
        house.clock.tick(days * 86_400)
        await retention(house).round()
        assert (await house.job(job)).state == state
    assert (await house.job(job)).reason == "restored"


# ── Attacks ──────────────────────────────────────────────────────────────────────────────────────────────────────────

VERBS = [
    ("/quota set default 900 a day", ()),
    (f"/quota set {M} 900 a day", (BOB,)),
    (f"/quota {M}", (Named("person", "telegram:9", "Eve"),)),
    (f"/grant {M} 900", (BOB,)),
    (f"/revoke {M}", (BOB,)),
    (f"/ban {M}", (BOB,)),
    (f"/unban {M}", (BOB,)),
    ("/limits confirm off", ()),
    (f"/tier staff add {M}", (BOB,)),
    ("/refund abc because I want it", ()),
    ("/usage", ()),
    ("/audit", ()),
    ("/export", ()),
    ("/undo nothing", ()),
    ("/operator", ()),
    ("/operator pause", ()),
    ("/operator cap 5", ()),
]


@pytest.mark.parametrize(("said", "named"), VERBS)
async def test_a_members_admin_verb_does_nothing(town: Town, said: str, named: tuple[Named, ...]) -> None:
    for changes in ({}, {"scope": OTHER, "user": "1"}, {"scope": ""}, {"options": {"admin": "true"}}):
        reply = await town.say(said, *named, **{"user": "8", "tiers": frozenset({"admins"}), **changes})
        assert reply.text in (texts.admin.NOT_ADMIN, texts.admin.NOT_OPERATOR, texts.admin.NOT_IN_PRIVATE)
        assert reply.refused
    assert await town.house.store.figures.audit(TOWN, 9) == []
    assert await town.house.store.figures.audit("", 9) == []


async def test_admins_are_not_operators(town: Town) -> None:
    assert (await town.say("/operator pause")).text == texts.admin.NOT_OPERATOR
    configure(town.house.core, owners=frozenset({"discord:1"}))  # the same number on another platform
    assert (await town.say("/operator pause")).text == texts.admin.NOT_OPERATOR


async def test_a_stale_admin_is_none_and_a_platform_in_trouble_makes_nobody_one(town: Town) -> None:
    reply = await town.say("/quota set default 5 a day")
    town.admins = frozenset()
    assert (await town.say("/quota set default 900 a day")).text == texts.admin.NOT_ADMIN
    assert (await town.say(reply.buttons[0].command)).text == texts.admin.NOT_ADMIN
    assert town.asked == 3  # asked anew each time

    async def broken() -> bool:
        raise TimeoutError

    assert (await town.say("/quota set default 900 a day", administers=broken)).text == texts.admin.NOT_ADMIN


async def test_an_admin_of_one_community_cannot_reach_another(town: Town) -> None:
    done = await town.say("/quota set default 5 a day")

    async def yes() -> bool:
        return True

    there = {"scope": OTHER, "administers": yes}
    assert (await town.say(done.buttons[0].command, **there)).text == texts.admin.NOT_HERE
    paid = await town.house.finish(await town.house.job((await town.order()).job or ""))
    assert (await town.say(f"/refund {paid.id} because I can", **there)).text == texts.admin.REFUND_NOT
    await town.say(f"/ban {M}", BOB, **there)
    await town.say(f"/quota set {M} 900 a day", BOB, **there)
    assert "none left today" in (await town.order()).text
    stranger = Named("person", "discord:8", "Bob")  # of a platform that this community is not on
    assert (await town.say(f"/grant {M} 5", stranger)).text == texts.admin.WHOSE


async def test_a_role_of_another_server_is_no_tier_here(town: Town) -> None:
    await town.say("/quota set default 0 a day")
    await town.say(f"/quota set {M} 50 a day", STAFF)
    for tiers in ({"Staff"}, {"@Staff"}, {"tier:55"}, {"99"}):
        town.house.clock.tick(61)
        assert "none left" in (await town.order(tiers=frozenset(tiers))).text


@pytest.mark.parametrize("said", ["/undo {}", "/undo {} ", "/yes {}", "/undo act1", "/yes job1", "/no x", "/undo"])
async def test_a_forged_button_does_nothing(town: Town, said: str) -> None:
    done = await town.say("/quota set default 5 a day")
    forged = said.format(done.buttons[0].command.split()[1])
    assert (await town.say(forged, user="8")).refused
    assert (await town.house.store.quotas.rules(TOWN))[""].credits == 5


@pytest.mark.parametrize("text", [f"/grant {M} 50", f"/grant 50 because {M}", f"/ban {M}{M}", f"/tier staff add {M}"])
async def test_names_that_nobody_vouches_for_are_no_names(town: Town, text: str) -> None:
    assert (await town.say(text)).text == texts.admin.WHOSE_NAME
    assert "@someone" in (await town.order(text=f"{M} smiles", named=(Named("person", "telegram:3", "someone"),))).text


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
    assert (await town.say("/audit")).text == texts.admin.NO_AUDIT, "a community's is its own"
    table = (await town.say("/export", **there)).papers[1].data.decode("utf-8-sig")
    assert [(row["verb"], row["after"]) for row in csv.DictReader(io.StringIO(table))] == [
        ("resume", ""),
        ("pause", "paused: true"),
    ]


async def test_times_are_iso_8601_and_no_cell_holds_json(town: Town) -> None:
    await town.say(f"/grant {M} 6 until 2027-03-01", BOB)
    await town.say(f"/ban {M} for 2 weeks", BOB)
    await town.say(f"/ban {M}", BOB)
    await town.say(f"/tier staff add {M}", BOB)
    await town.say(f"/revoke {M}", BOB)
    log = (await town.say("/audit")).text
    assert "grant @Bob: credits 6, until 2 Mar 00:00" in log
    assert "ban @Bob: ban not set → until " in log
    assert "tier add staff: added telegram:8" in log
    assert "→ for good" in log
    ledger, audit = (await town.say("/export")).papers
    text = audit.data.decode("utf-8-sig")
    assert not set("{}[]") & set(text + ledger.data.decode("utf-8-sig"))
    (grant,) = [row for row in csv.DictReader(io.StringIO(text)) if row["verb"] == "grant"]
    assert "until: 2027-03-02T00:00:00+00:00" in grant["after"]
    assert datetime.fromisoformat(grant["at_utc"]).timestamp() == int(town.house.clock.now)
    (staff,) = [row for row in csv.DictReader(io.StringIO(text)) if row["verb"] == "tier add"]
    assert staff["after"] == "people: telegram:8"


async def test_on_discord_an_example_names_the_fields(town: Town) -> None:
    configure(town.house.core, owners=frozenset({"discord:1"}))
    for said, example in (
        ("/limits loudness 5", texts.admin.LIMITS_HOW),
        ("/quota set", texts.admin.QUOTA_HOW),
        ("/operator x", texts.operator.OPERATOR_HOW),
    ):
        there = await town.say(said, platform="discord", scope="discord:5")
        assert there.text == f"{example} {texts.admin.IN_FIELDS}"


async def test_help_in_private_says_what_works_in_communities_only(town: Town) -> None:
    private = (await town.say("/help", scope="")).text.splitlines()
    assert any(line.startswith("/best") and line.endswith(texts.chat.IN_COMMUNITIES) for line in private)
    assert texts.chat.IN_COMMUNITIES not in (await town.say("/help")).text


def test_the_audit_has_words_for_every_setting() -> None:
    told = set(Rule.__dataclass_fields__) - {"because", "paused", "credits", "span"}
    assert told <= set(texts.admin.FIELDS)


async def test_a_clip_is_refunded_once_and_by_an_admin(town: Town) -> None:
    job = await town.house.finish(await town.house.job((await town.order()).job or ""))
    said = f"/refund {job.id} because it came out black"
    assert (await town.say(said, user="8")).text == texts.admin.NOT_ADMIN
    assert (await town.say(said)).text == f"5 credits for clip {job.id} given back. The reason: it came out black."
    assert (await town.say(said)).text == texts.admin.REFUND_NOT
    assert "You have 30 credits left" in (await town.say("/quota", user="8")).text
    await check(town.house.store)


async def test_linking_gives_one_allowance_and_one_history(town: Town) -> None:
    house = town.house
    told = await town.say("/link", user="8", scope="", shared=False)
    code = told.text.split("/link ")[1].split("\n")[0]
    assert (await town.say("/link", user="8")).text == texts.credits.LINK_ALONE
    assert (await town.say(f"/link {code}", user="9", scope="")).text == texts.credits.LINK_FAILED["same"]
    told = await town.say("/link", user="8", scope="")
    code = told.text.split("/link ")[1].split("\n")[0]
    house.clock.tick(601)
    there = {"user": "p", "scope": "", "platform": "web"}
    assert (await town.say(f"/link {code}", **there)).text == texts.credits.LINK_FAILED["unknown"]
    code = (await town.say("/link", user="8", scope="")).text.split("/link ")[1].split("\n")[0]
    first = await town.order(scope="")
    assert (await town.say(f"/link {code.lower().replace('-', ' ')}", **there)).text == texts.credits.LINKED
    assert (await town.say(f"/link {code}", **there)).refused
    assert "20 left today" in (await town.order(**{**there, "user": "p"})).text
    assert f"· {first.job}" in (await town.say("/jobs", **there)).text
    assert (await town.say(f"/cancel {first.job}", **there)).text == texts.jobs.CANCELLED
    for _ in range(5):
        last = await town.order(scope="")
    assert "0 left today" in last.text
    assert "none left" in (await town.order(**there)).text
    assert (await town.order()).job  # a community has its own book
    assert (await town.say("/unlink", **there)).text == texts.credits.UNLINKED
    assert (await town.say("/unlink", **there)).text == texts.credits.NOT_LINKED
    assert "none left" in (await town.order(**there)).text
    assert (await town.say(f"/clip {first.job}", **there)).text == texts.chat.NOT_YOURS
    await check(house.store)


async def test_a_code_is_not_guessed(town: Town) -> None:
    code = (await town.say("/link", user="8", scope="")).text.split("/link ")[1].split("\n")[0]
    there = {"user": "p", "scope": "", "platform": "web"}
    for n in range(5):
        assert (await town.say(f"/link GUESS{n}", **there)).text == texts.credits.LINK_FAILED["unknown"]
    assert (await town.say(f"/link {code}", **there)).text == texts.credits.LINK_FAILED["tired"]


async def test_at_midnight_and_when_summer_time_begins_an_allowance_is_one(town: Town) -> None:
    await town.say("/limits zone Europe/Berlin")
    await town.say("/quota set default 5 a day")
    town.house.clock.now = 1_805_929_199.0  # 2027-03-24 … close to a midnight that is not UTC's
    where = pricing.zone("Europe/Berlin")
    midnight = pricing.window(town.house.clock(), "day", where).ends_at
    for at, taken in ((midnight - 1, True), (midnight - 0.001, False), (midnight, True), (midnight + 3600, False)):
        town.house.clock.now = at
        town.house.core._denials.clear()
        assert bool((await town.order()).job) == taken, at
    # The night in which an hour is missing: 23 hours later there is a new day, and not before.
    spring = pricing.midnight(date(2027, 3, 28), where)
    for at, taken in ((spring, True), (spring + 23 * 3600 - 1, False), (spring + 23 * 3600, True)):
        town.house.clock.now = at
        town.house.core._denials.clear()
        assert bool((await town.order()).job) == taken, at
    town.house.clock.now = spring + 3600  # a clock set back finds its day as it was left
    assert not (await town.order()).job


async def test_a_group_with_a_new_id_keeps_its_books(town: Town) -> None:
    await town.say("/quota set default 12 a day")
    await town.order()
    await town.house.store.inbox.move("telegram", "-1", "-100")

    async def yes() -> bool:
        return True

    assert "2 left today" in (await town.order(scope="telegram:-100")).text
    assert "quota set" in (await town.say("/audit", scope="telegram:-100", administers=yes)).text
    await town.house.store.inbox.move("telegram", "-100", "-200")
    assert (await town.order(scope="telegram:-200")).refused


async def test_two_hundred_orders_on_two_platforms_at_once_spend_ten_credits(
    house: House, database_url: str | None, tmp_path: Path
) -> None:
    """One person, linked, on eight connections: exactly two clips of five."""
    configure(house.core, policy=pricing.Policy(10))
    town = Town(house)
    code = (await town.say("/link", user="8", scope="")).text.split("/link ")[1].split("\n")[0]
    assert (await town.say(f"/link {code}", user="8", scope="", platform="discord")).text == texts.credits.LINKED
    stores = await asyncio.gather(*(open_store(tmp_path, database_url) for _ in range(8)))
    try:
        cores = [Core(replace(house.core.context, store=store)) for store in stores]

        async def order(number: int) -> Reply:
            platform = ("telegram", "discord")[number % 2]
            address = Address(platform, "8", f"race{number}")
            inbound = Inbound(address, "8", f"{platform}:race{number}", "she smiles", (attached(picture(320, 320)),))
            return await cores[number % 8].handle(inbound)

        replies = await asyncio.gather(*map(order, range(200)))
        assert sum(reply.job is not None for reply in replies) == 2
        assert len(await house.kept()) == 2
        assert sum(job.price for job in await house.store.jobs("discord:8")) == 10
        await check(house.store)
    finally:
        await asyncio.gather(*(store.close() for store in stores))
