"""What platforms told us and what they made us remember, on both databases."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.jobs.machine import hold
from bot.model import Address, Job, Order, Photo
from storage.jobs import Store
from tests.clock import Clock

NAME = "telegram"


def a_job(number: int, chat: str, **changes: Any) -> Job:
    job = Job(
        id=f"job{number}",
        key=f"telegram:{chat}:{number}",
        person="telegram:7",
        address=Address(NAME, chat, str(number), "9"),
        order=Order("kling", Photo("photo.jpg", 400, 300), "she smiles"),
        price=5,
        spent_from="today",
        created_at=float(number),
        due_at=float(number),
    )
    return replace(job, **changes)


async def test_what_is_taken_waits_until_it_is_handled(store: Store) -> None:
    inbox = store.inbox
    assert await inbox.take("a", NAME, "first", 1.0)
    assert await inbox.take("b", NAME, "second", 2.0)
    assert await inbox.take("c", "discord", "another's", 1.5)
    assert await inbox.waiting(NAME) == [("a", "first"), ("b", "second")]
    await inbox.handled("a", 3.0)
    assert await inbox.waiting(NAME) == [("b", "second")]
    assert await inbox.waiting("discord") == [("c", "another's")]


async def test_a_key_is_taken_once_however_many_try(store: Store) -> None:
    took = await asyncio.gather(*(store.inbox.take("a", NAME, f"body {n}", 1.0) for n in range(20)))
    assert took.count(True) == 1
    await store.inbox.handled("a", 2.0)
    assert not await store.inbox.take("a", NAME, "again", 3.0)
    assert await store.inbox.waiting(NAME) == []


async def test_sweeping_leaves_what_is_young_or_not_done(store: Store) -> None:
    inbox = store.inbox
    for key, done_at in (("old", 10.0), ("young", 90.0), ("waiting", None)):
        await inbox.take(key, NAME, "body", 1.0)
        if done_at:
            await inbox.handled(key, done_at)
    await inbox.remember(NAME, "1", "over", "x", 99.0)
    await inbox.remember(NAME, "1", "open", "x", 101.0)
    await inbox.sweep(NAME, 100.0, 50.0)
    assert [await inbox.take(key, NAME, "again", 100.0) for key in ("old", "young", "waiting")] == [True, False, False]
    assert [await inbox.recall(NAME, "1", name, 0.0) for name in ("over", "open")] == [None, "x"]


async def test_notes(store: Store) -> None:
    inbox = store.inbox
    await inbox.remember(NAME, "1", "asked", "“what?” \N{SNOWMAN}", 10.0)
    assert await inbox.recall(NAME, "1", "asked", 10.0) == "“what?” \N{SNOWMAN}"
    assert await inbox.recall(NAME, "1", "asked", 10.1) is None
    assert await inbox.recall(NAME, "2", "asked", 1.0) is None
    await inbox.remember(NAME, "1", "asked", "new", 20.0)
    assert await inbox.recall(NAME, "1", "asked", 15.0) == "new"
    await inbox.forget(NAME, "1", "asked")
    assert await inbox.recall(NAME, "1", "asked", 1.0) is None


@pytest.mark.parametrize("also_there", [False, True])
async def test_a_chat_that_moves_takes_all_along(store: Store, clock: Clock, also_there: bool) -> None:
    inbox = store.inbox
    for number, chat in ((1, "-5"), (2, "-5"), (3, "-6")):
        job = a_job(number, chat)
        await store.submit(job, hold(job), None)
        await store.track(job.id, f"status{number}", "queued")
    await inbox.remember(NAME, "-5", "privacy", "told", 1e9)
    if also_there:
        await inbox.remember(NAME, "-1005", "privacy", "newer", 1e9)
    await inbox.move(NAME, "-5", "-1005")
    await inbox.move(NAME, "-5", "-1005")  # Telegram says it twice
    assert await store.queued(Address(NAME, "-5")) == []
    moved = sorted(await store.queued(Address(NAME, "-1005")), key=lambda job: job.id)
    assert [job.id for job in moved] == ["job1", "job2"]
    for job in moved:
        assert (job.address.message, job.status_id, job.sent_id) == ("", None, None)
    (stays,) = await store.queued(Address(NAME, "-6"))
    assert stays.status_id == "status3"
    assert await inbox.recall(NAME, "-1005", "privacy", 1.0) == "told"
    assert await inbox.recall(NAME, "-5", "privacy", 1.0) is None


async def test_a_move_is_all_or_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    job = a_job(1, "-5")
    await store.submit(job, hold(job), None)
    await store.inbox.remember(NAME, "-5", "privacy", "told", 1e9)
    write = store._db.write

    async def broken(work: Any) -> Any:
        async def half(tx: Any) -> Any:
            class Breaking:
                async def all(self, sql: str, *args: object) -> Any:
                    if "UPDATE notes" in sql:
                        raise RuntimeError("the light went out")
                    return await tx.all(sql, *args)

            return await work(Breaking())

        return await write(half)

    monkeypatch.setattr(store._db, "write", broken)
    with pytest.raises(RuntimeError):
        await store.inbox.move(NAME, "-5", "-1005")
    monkeypatch.undo()
    assert len(await store.queued(Address(NAME, "-5"))) == 1
    assert await store.inbox.recall(NAME, "-5", "privacy", 1.0) == "told"
