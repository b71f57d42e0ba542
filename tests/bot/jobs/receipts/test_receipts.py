"""Orders whose answer never came, where a host keeps a log of requests: asked about, never sent again."""

import pytest

from bot import texts
from bot.errors import NotSent
from bot.jobs import receipts
from bot.model import Accepted, Finished, Pending, Refused
from bot.privacy.retention import STRANDED, Retention
from tests.bookkeeping import check
from tests.bot.jobs.receipts.unanswered import AWAY, TAKEN, asking, silence, until
from tests.houses import House, attached

pytestmark = pytest.mark.databases


async def test_an_order_in_the_log_is_polled_and_delivered_and_bought_once(house: House, clip: bytes) -> None:
    job = await asking(house)
    sent_at = job.started_at or 0.0
    house.provider.log = [Pending(), AWAY, Accepted("local", "found", sent_at + 2)]
    house.clock.tick(40)
    job = await until(house, "running", job)
    assert (job.host, job.remote_id, job.accepted_at) == ("local", "found", sent_at + 2)
    assert house.clock() > sent_at + 2, "it was found later than it was taken"
    assert await house.used() == 5
    job = await house.finish(job)
    assert (job.outcome, house.chat.clips, len(house.provider.orders)) == ("clip", [clip], 1)
    assert await house.used() == 5
    assert await house.store.incidents() == []
    await check(house.store)


async def test_the_time_in_the_log_is_no_earlier_than_the_order_and_no_later_than_now(house: House) -> None:
    for odd in (-9e5, 9e5):
        job = await asking(house)
        house.provider.log = [Accepted("local", "found", house.clock() + odd)]
        job = await until(house, "running", job)
        assert job.accepted_at == (job.started_at if odd < 0 else house.clock())


async def test_an_order_that_the_log_calls_failed_is_not_charged(house: House) -> None:
    job = await asking(house)
    house.provider.log = [Refused("failed", "local logged it as failed")]
    job = await house.finish(job)
    assert (job.reason, await house.used(), len(house.provider.orders)) == ("failed", 0, 1)
    assert "not charged" in house.chat.texts()[0]
    assert [incident.what for incident in await house.store.incidents()] == [texts.incidents.ORDER_REFUSED]
    await check(house.store)


async def test_an_order_in_no_log_is_lost_after_its_time_and_not_before(house: House) -> None:
    job = await asking(house)
    began = house.clock()
    job = await until(house, "delivering", job)
    assert (job.reason, job.host, await house.used(), len(house.provider.orders)) == ("lost", None, 0, 1)
    assert house.clock() == began + 1800.0
    assert [incident.what for incident in await house.store.incidents()] == [texts.incidents.NO_ANSWER]
    assert 15 <= len(house.provider.looks) <= 30, "often enough, and no more often than the answer changes"
    await check(house.store)


async def test_a_late_row_is_found(house: House) -> None:
    job = await asking(house)
    house.provider.log = [Pending()] * 12 + [TAKEN]
    job = await until(house, "running", job)
    assert house.clock() - (job.started_at or 0.0) > 300
    assert (await house.finish(job)).outcome == "clip"


async def test_a_log_that_cannot_be_read_holds_the_credits_no_longer(house: House) -> None:
    job = await asking(house)
    began = house.clock()
    house.provider.log = [AWAY]
    job = await until(house, "delivering", job)
    assert (job.reason, house.clock(), await house.used()) == ("lost", began + 1800.0, 0)
    assert [incident.detail for incident in await house.store.incidents()] == ["HTTP 502"]


async def test_the_log_is_asked_about_this_request_and_its_time(house: House) -> None:
    house.provider.creates = [NotSent("429", 30.0), silence()]
    job = await house.order()
    await house.work()
    house.clock.now = (await house.job(job.id)).due_at
    sent_at = house.clock()
    await house.work()
    house.provider.log = [TAKEN]
    await until(house, "running", job)
    assert house.provider.requests == [f"{job.id}.1", f"{job.id}.2"]
    host, request, since, till = house.provider.looks[0]
    assert (host, request) == ("local", f"{job.id}.2")
    assert since == sent_at - receipts.MARGIN
    assert sent_at + receipts.MARGIN <= till < sent_at + receipts.MARGIN + 1


@pytest.mark.parametrize("log", [Pending(), AWAY])
async def test_after_a_long_stop_there_is_still_a_look(house: House, log: Pending) -> None:
    job = await asking(house)
    house.clock.tick(10_000)
    house.provider.log = [log, TAKEN]
    await house.work()
    job = await house.job(job.id)
    assert (job.state, job.reason) == (("delivering", "lost") if log == Pending() else ("asking", None))
    if log == AWAY:
        assert (await until(house, "running", job)).remote_id == "found"


async def test_the_line_says_what_is_asked_and_until_when(house: House) -> None:
    job = await asking(house)
    line = await house.core.status(job)
    assert "asking whether it took your order" in line.text
    assert "you have your credits back in about 30 min at the latest" in line.text
    assert line.buttons == ()
    assert line.ready_at is None
    await house.core.track(job.id, "line", line.text)
    job = await until(house, "delivering", job)
    assert any("in about 15 min at the latest" in text for _, text in house.chat.edits)
    assert len(house.chat.edits) < 15


async def test_it_cannot_be_cancelled(house: House) -> None:
    job = await asking(house)
    for words in (f"/cancel {job.id}", "/cancel"):
        assert (await house.say(words)).text == texts.jobs.ASKED
    assert "being asked after" in (await house.say("/jobs")).text
    assert (await house.job(job.id)).state == "asking"
    assert await house.used() == 5


async def test_it_takes_a_slot_until_a_whole_look_found_nothing(house: House) -> None:
    for user in "abcde":
        await house.say("x", attached(), user=user)
    await house.work()
    assert (await house.store.health(house.clock())).states == {"asking": 5}
    house.provider.creates = [Accepted("local", "r")]
    house.provider.polls = [Pending()]
    await house.say("x", attached(), user="f")
    house.provider.log = [AWAY]
    house.clock.tick(receipts.FIRST)
    await house.work(2)
    assert (await house.store.health(house.clock())).states == {"asking": 5, "queued": 1}
    await check(house.store)
    house.provider.log = [Pending()]
    house.clock.tick(receipts.LONGEST)
    await house.work(2)
    assert (await house.store.health(house.clock())).states == {"asking": 5, "running": 1}
    await check(house.store)
    house.provider.log = [TAKEN]
    house.clock.tick(receipts.LONGEST)
    await house.work()
    assert (await house.store.health(house.clock())).states == {"running": 6}
    await check(house.store)


async def test_a_render_counts_for_the_history_if_a_poll_saw_it_going(house: House) -> None:
    for polls, counted in (([Finished("secret://clip")], 0), ([Pending(), Finished("secret://clip")], 1)):
        job = await asking(house)
        house.provider.log, house.provider.polls = [Pending()] * 3 + [TAKEN], list(polls)
        job = await house.finish(job)
        renders = await house.store.renders("local", job.order.model, job.order.seconds)
        assert len(renders) == counted
    assert renders[0].seen == (job.settled_at or 0) - (job.accepted_at or 0)


async def test_who_is_forgotten_meanwhile_is_gone_when_it_ends(house: House) -> None:
    job = await asking(house)
    words = [button.command for button in (await house.say("/forgetme")).buttons]
    said = await house.say(next(one for one in words if "yes" in one))
    assert "1 clip is still being made" in said.text
    assert (await house.job(job.id)).state == "asking", "it may be paid for, so it is waited for"
    house.provider.log = [TAKEN]
    job = await house.finish(job)
    assert job.outcome == "clip"
    keeper = Retention(house.store, house.media, clock=house.clock, photos=9e9, clips=9e9, platforms=("telegram",))
    house.clock.tick(10)
    await keeper.round()
    assert (await house.job(job.id)).person != "telegram:7"
    await check(house.store)


async def test_it_ends_with_its_platform(house: House) -> None:
    job = await asking(house)
    house.clock.tick(STRANDED + 1)
    await Retention(house.store, house.media, clock=house.clock, photos=9e9, clips=9e9, platforms=("web",)).round()
    job = await house.job(job.id)
    assert (job.state, job.reason, await house.used()) == ("done", "lost", 0)
    await check(house.store)
