"""Orders whose words cannot be decrypted any more: given back, never bought with other words, and not repeated."""

import pytest

from bot import texts
from bot.model import UNREADABLE, Search
from tests.bookkeeping import check
from tests.houses import House

pytestmark = pytest.mark.databases
SEALED = "sealed:1:" + "A" * 96
LOSE = "UPDATE jobs SET wording = $2 WHERE id = $1"


async def lose(house: House, job_id: str) -> None:
    """As after a restore without the key."""
    await house.store._db.write(lambda tx: tx.all(LOSE, job_id, SEALED))


async def test_an_order_in_line_is_given_back_and_not_bought(house: House) -> None:
    job = await house.order("she smiles")
    await lose(house, job.id)
    await house.finish(job)
    done = await house.job(job.id)
    assert (done.state, done.reason, house.provider.orders, await house.used()) == ("done", "unreadable", [], 0)
    assert str(texts.jobs.FAILED["unreadable"]) in str(house.chat.sent[-1][1].text)
    (incident,) = await house.store.incidents()
    assert (incident.what, incident.job) == (texts.incidents.ORDER_UNREADABLE, job.id)
    await check(house.store)


async def test_one_that_was_bought_before_is_delivered(house: House) -> None:
    job = await house.order("she smiles")
    await house.work()
    await lose(house, job.id)
    await house.finish(job)
    done = await house.job(job.id)
    assert (done.state, done.outcome, len(house.provider.orders)) == ("done", "clip", 1)


async def test_lost_words_are_not_ordered_again_but_new_ones_are(house: House) -> None:
    job = await house.order("she smiles")
    await house.finish(job)
    await lose(house, job.id)
    assert (await house.say(f"/again {job.id}")).text == texts.chat.WORDS_LOST
    assert [one.order.prompt for one in await house.store.jobs(job.person)] == [UNREADABLE]
    assert await house.store.jobs(job.person, search=Search(words="smiles")) == []
    again = await house.say(f"/again {job.id} she laughs")
    assert again.job
    assert (await house.job(again.job)).order.prompt == "she laughs"
