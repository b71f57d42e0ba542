"""A disk that is full: nothing is taken or bought, people are told why, and the operator is told once."""

import pytest

from bot import texts
from bot.jobs.machine import PUT_BACK_LIMIT
from bot.media import library
from bot.sentence import Sentence
from bot.watch.disk_space import AGAIN, DiskSpace
from tests.houses import House, attached

pytestmark = pytest.mark.databases


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Until it is undone."""
    monkeypatch.setattr(library, "LEAST_FREE", 2**62)
    return monkeypatch


async def test_an_order_is_refused_before_anything_is_kept_or_spent(house: House, full: pytest.MonkeyPatch) -> None:
    reply = await house.say("she smiles", attached())
    assert (reply.text, reply.refused) == (texts.chat.DISK_FULL, True)
    assert (await house.used(), await house.kept()) == (0, [])
    full.undo()
    assert (await house.say("she smiles", attached())).job


async def test_what_is_in_line_waits_with_its_reason_and_is_bought_when_there_is_room(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await house.order()
    await house.core.track(job.id, "status-1", "")
    monkeypatch.setattr(library, "LEAST_FREE", 2**62)
    await house.work(PUT_BACK_LIMIT + 2, each=60)
    assert not house.provider.orders
    assert texts.jobs.WAITS["disk"] in house.chat.edits[-1][1]
    job = await house.job(job.id)
    assert (job.state, job.waits, job.tries) == ("queued", "disk", 0)
    monkeypatch.undo()
    assert (await house.finish(job)).outcome == "clip"
    assert len(house.provider.orders) == 1


async def test_the_operator_is_told_once_by_whichever_process(house: House, full: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    async def tell(words: Sentence) -> None:
        told.append(words)

    watches = [DiskSpace(house.media, house.store, house.clock, tell) for _ in range(2)]
    for _ in range(3):
        for watch in watches:
            await watch.round()
        house.clock.tick(60)
    (incident,) = await house.store.incidents(10)
    assert incident.what == texts.incidents.DISK_FULL
    assert [text.partition(" has ")[0] for text in told] == ["My disk is full: DATA_DIR"]
    house.clock.tick(AGAIN)
    await watches[0].round()
    assert len(told) == 2
    full.undo()
    house.clock.tick(AGAIN)
    await watches[0].round()
    assert len(told) == 2
