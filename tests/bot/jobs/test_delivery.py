"""Results that a chat does not take are told in words, and no status line outlives its job."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot import texts
from bot.errors import ChatError, Flood, Gone, PhotoplayError, TooLarge, Unshowable
from bot.gallery.model import CLEARED
from bot.gallery.outbox import Runner
from bot.jobs import delivery
from bot.media.vault import Vault
from bot.model import Finished, Job
from bot.sealing.keys import open_keys
from bot.sealing.masters import Masters
from tests.bookkeeping import rows
from tests.houses import House


@pytest.fixture
async def job(house: House) -> Job:
    """Its clip is about to be sent."""
    house.provider.polls = [Finished("secret://clip")]
    job = await house.order()
    await house.core.track(job.id, "status", "Rendering")
    await house.work()
    house.clock.now = (await house.job(job.id)).due_at
    house.chat.trouble = [Flood(0.0)]  # else it would be delivered in the same round
    await house.work()
    return await house.job(job.id)


def linking(house: House, link: Callable[[str], str]) -> None:
    house.worker._steps._delivery._fitting._link = link


async def test_a_clip_that_is_refused_is_told_in_words(house: House, job: Job) -> None:
    house.chat.trouble = [Unshowable("Bad Request: failed to get HTTP URL content")]
    await house.work()
    (said,) = [reply for _, reply in house.chat.sent]
    assert texts.chat.clip_refused(job.id, "") in said.text
    assert f"/clip {job.id}" in said.text
    assert (said.buttons[0].label, said.buttons[0].command) == (texts.chat.SEND_AGAIN, f"/clip {job.id}")
    assert house.chat.removed == ["status"]
    job = await house.job(job.id)
    assert (job.state, job.outcome, job.sent_id) == ("done", "clip", "message-1")
    assert (await house.store.incidents())[0].what == "a chat takes no clip"
    assert (await house.say(f"/clip {job.id}")).clip


async def test_a_refused_clip_is_a_link_where_there_are_links(house: House, job: Job) -> None:
    linking(house, lambda name: f"https://films.example/{name}")
    house.chat.trouble = [Unshowable("50035")]
    await house.work()
    assert job.clip
    assert f"It is yours at https://films.example/{job.clip.name}" in house.chat.texts()[0]


async def test_a_clip_whose_key_is_missing_is_told_once_and_delivered_when_it_is_back(
    house: House, job: Job, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert job.clip
    keys = open_keys(tmp_path, Masters(tmp_path), make=True)
    house.media.vault = Vault(keys)
    clip = house.media.stored(job.clip.name).read()
    assert await house.media.seal(job.clip.name, job.person)
    house.media.vault = Vault(open_keys(tmp_path, Masters(tmp_path), make=True))  # without what it remembers
    (tmp_path / "keys").rename(tmp_path / "elsewhere")
    for _ in range(3):
        await house.work()
        house.clock.now = (await house.job(job.id)).due_at
    assert (await house.job(job.id)).state == "delivering"
    (incident,) = [one for one in await house.store.incidents() if one.job == job.id]
    assert incident.what == "a finished clip cannot be decrypted; it is tried again"
    assert "missing" in (incident.detail or "")
    assert "Traceback" not in caplog.text
    (tmp_path / "elsewhere").rename(tmp_path / "keys")
    await house.finish(job)
    assert house.chat.clips == [clip]


@pytest.mark.parametrize("first", [Unshowable("no videos here"), TooLarge(10)])
async def test_the_words_wait_for_their_turn(
    house: House, job: Job, first: PhotoplayError, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(delivery.asyncio, "sleep", sleep)
    house.chat.trouble = [first, Flood(3.0)]
    await house.work()
    assert (await house.job(job.id)).state == "done"
    assert waited == [3.0]
    assert len(house.chat.sent) == 1


async def test_a_chat_that_takes_no_words_either_is_gone(house: House, job: Job) -> None:
    house.chat.trouble = [Unshowable("no videos"), Gone("kicked")]
    await house.work()
    assert (await house.job(job.id)).state == "done"
    assert house.chat.removed == ["status"]
    ((place, told),) = house.chat.sent
    assert (place.chat, told.text, told.buttons[0].command) == ("private", texts.chat.CLIP_ELSEWHERE, f"/clip {job.id}")


@pytest.mark.parametrize("trouble", [Gone("blocked"), ChatError("502"), Flood(60.0), ValueError("a mistake of ours")])
async def test_who_cannot_be_written_to_either_keeps_the_clip(house: House, job: Job, trouble: PhotoplayError) -> None:
    house.chat.trouble = [Gone("kicked"), trouble]
    await house.work()
    job = await house.job(job.id)
    assert (job.state, job.outcome, house.chat.sent) == ("done", "clip", [])
    assert (await house.say(f"/clip {job.id}")).clip


async def test_a_chat_that_asks_to_wait_for_ever_is_given_up(house: House, job: Job) -> None:
    tries = int(delivery.SEND_FOR / 3600) + 2
    house.chat.trouble = [Flood(3600.0) for _ in range(tries)]
    assert (await house.finish(job)).outcome == "clip"
    assert house.chat.texts() == [texts.chat.CLIP_ELSEWHERE]


@pytest.mark.parametrize("trouble", [[ChatError("502")] * delivery.REMOVALS, [Flood(60.0)]])
async def test_a_line_that_does_not_go_is_in_the_outbox(
    house: House, job: Job, trouble: list[PhotoplayError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "AGAIN", 0.0)
    send = house.chat.send

    async def sent(*args: object, **named: object) -> object:
        posted = await send(*args, **named)
        house.chat.trouble = list(trouble)
        return posted

    monkeypatch.setattr(house.chat, "send", sent)
    await house.work()
    assert ((await house.job(job.id)).state, house.chat.removed) == ("done", [])
    await after_a_while(house)
    assert house.chat.removed == ["status"]
    assert await rows(house.store, "SELECT * FROM outbox") == []


async def after_a_while(house: House) -> None:
    """What is left is done by the runner of the outbox."""
    house.clock.tick(CLEARED)
    runner = Runner(house.store, house.media, {"telegram": house.chat}, clock=house.clock)
    await runner.round()
    await runner.idle()


async def test_a_worker_killed_before_it_takes_the_line_away(
    house: House, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: object) -> None: ...

    monkeypatch.setattr(house.worker._steps._delivery, "_clear", killed)
    await house.work()
    assert len(house.chat.clips) == 1
    assert house.chat.removed == []
    await after_a_while(house)
    assert (house.chat.removed, len(house.chat.clips)) == (["status"], 1)


async def test_a_line_that_went_leaves_nothing_to_do(house: House, job: Job) -> None:
    await house.work()
    assert house.chat.removed == ["status"]
    assert await rows(house.store, "SELECT * FROM outbox") == []
