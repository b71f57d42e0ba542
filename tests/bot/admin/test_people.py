"""What admins say of people, tiers and limits, and what they hear."""

import pytest

from bot import texts
from bot.conversation import MENTION as M
from bot.conversation import Named
from bot.model import Address
from tests.bookkeeping import check
from tests.bot.admin.town import BOB, STAFF, Town
from tests.houses import configure

pytestmark = pytest.mark.databases


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


async def test_on_discord_an_example_names_the_fields(town: Town) -> None:
    configure(town.house.core, owners=frozenset({"discord:1"}))
    for said, example in (
        ("/limits loudness 5", texts.admin.LIMITS_HOW),
        ("/quota set", texts.admin.QUOTA_HOW),
        ("/operator x", texts.operator.OPERATOR_HOW),
    ):
        there = await town.say(said, platform="discord", scope="discord:5")
        assert there.text == f"{example}\n{texts.admin.IN_FIELDS}"


async def test_help_in_private_says_what_works_in_communities_only(town: Town) -> None:
    private = (await town.say("/help", scope="")).text.splitlines()
    assert any(line.startswith("/best") and line.endswith(texts.chat.IN_COMMUNITIES) for line in private)
    assert texts.chat.IN_COMMUNITIES not in (await town.say("/help")).text


async def test_a_clip_is_refunded_once_and_by_an_admin(town: Town) -> None:
    job = await town.house.finish(await town.house.job((await town.order()).job or ""))
    said = f"/refund {job.id} because it came out black"
    assert (await town.say(said, user="8")).text == texts.admin.NOT_ADMIN
    assert (await town.say(said)).text == f"5 credits for clip {job.id} given back. The reason: it came out black."
    assert (await town.say(said)).text == texts.admin.REFUND_NOT
    assert "You have 30 credits left" in (await town.say("/quota", user="8")).text
    await check(town.house.store)
