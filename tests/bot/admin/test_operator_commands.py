"""What operators do: the ceiling, pausing, and orders that a restore put on hold."""

import pytest

from bot import texts
from bot.quotas import pricing
from bot.quotas.rules import HOUSE
from tests.bookkeeping import check
from tests.bot.admin.town import TOWN, Town, retention
from tests.houses import House, configure

pytestmark = pytest.mark.databases


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
    assert "Left at the stand-in: $12.35" in shown
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
