"""What members may order: denials, the question before a dear clip, one allowance for linked accounts."""

import asyncio
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot import texts
from bot.conversation import MENTION as M
from bot.conversation import Inbound, Reply
from bot.core import Core
from bot.model import Address
from bot.quotas import pricing
from storage import open_store
from tests.bookkeeping import check
from tests.bot.admin.town import BOB, OTHER, Town, retention
from tests.houses import House, attached, configure, picture

pytestmark = pytest.mark.databases


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
    assert (await town.order(text="she smiles --10s")).text.startswith("That clip costs 10 credits")  # another answer


async def test_nobody_is_left_without_an_answer_in_private(town: Town) -> None:
    configure(town.house.core, policy=pricing.Policy(3))
    for _ in range(2):
        assert (await town.order(scope="")).text.startswith("That clip costs 5 credits, and you have 3 left today.")


async def test_another_limit_is_another_denial_and_the_page_is_always_told(town: Town) -> None:
    await town.say("/quota set default 0 a day")
    assert (await town.order()).text
    await town.say(f"/ban {M}", BOB)
    assert "can't order" in (await town.order()).text
    configure(town.house.core, policy=pricing.Policy(0))
    for _ in range(2):
        assert "none left" in (await town.order("p", scope="", platform="web")).text


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
