"""Linked persons: one allowance, one turn in the queue, codes that end."""

from bot.quotas.pricing import Policy
from storage.jobs import Store
from tests.bookkeeping import check
from tests.storage.paying import DAY, MONTH, NOW, order, taken, town_job


async def test_linked_persons_share_one_allowance_and_parting_gives_nobody_more(store: Store) -> None:
    both = ("discord:7", "telegram:7")
    await taken(store, town_job("a", scope="", price=8), Policy(20))
    await taken(store, town_job("b", "telegram:7", scope="", price=7), Policy(20))
    await store.accounts.offer("telegram:7", "code", NOW + 9)
    assert await store.accounts.join("telegram:8", "code", NOW, 5) == ("same", "")
    assert await store.accounts.join("discord:7", "code", NOW, 5) == ("unknown", "")  # a code is tried once
    await store.accounts.offer("telegram:7", "code", NOW + 9)
    assert await store.accounts.join("discord:7", "code", NOW, 5) == ("joined", "telegram:7")
    assert await store.accounts.people("telegram:7") == both
    last = await taken(store, town_job("c", scope=""), Policy(20))
    assert last.credits_left == 0
    assert await order(store, town_job("d", "telegram:7", scope=""), Policy(20)) == "allowance"
    assert {job.id for job in await store.jobs("telegram:7")} == {"a", "b", "c"}
    assert await store.accounts.leave("discord:7", [DAY, MONTH], NOW)
    assert not await store.accounts.leave("telegram:7", [DAY], NOW)
    for person in both:
        assert await store.accounts.people(person) == (person,)
        assert await order(store, town_job(f"e{person}", person, scope=""), Policy(20)) == "allowance"
    assert {job.id for job in await store.jobs("telegram:7")} == {"b"}
    await check(store)


async def test_codes_end_and_guesses_are_few(store: Store) -> None:
    await store.accounts.offer("telegram:7", "old", NOW)
    await store.accounts.offer("telegram:7", "code", NOW + 9)
    assert await store.accounts.join("discord:7", "old", NOW, 5) == ("unknown", "")
    assert await store.accounts.join("discord:8", "code", NOW + 10, 5) == ("unknown", "")
    await store.accounts.offer("telegram:7", "code", NOW + 9)
    for n in range(4):
        assert (await store.accounts.join("discord:7", f"guess{n}", NOW, 5))[0] == "unknown"
    assert await store.accounts.join("discord:7", "code", NOW, 5) == ("tired", "")
    assert await store.accounts.join("discord:9", "code", NOW, 5) == ("joined", "telegram:7")
    await store.accounts.offer("telegram:7", "more", NOW + 9)
    assert await store.accounts.join("discord:10", "more", NOW, 5) == ("taken", "")
    await store.accounts.offer("web:1", "web", NOW + 9)
    assert await store.accounts.join("discord:9", "web", NOW, 5) == ("taken", "")


async def test_linked_persons_take_turns_as_one(store: Store) -> None:
    await store.accounts.offer("telegram:7", "code", NOW + 9)
    await store.accounts.join("discord:7", "code", NOW, 5)
    for n, person in enumerate(("discord:7", "telegram:7", "discord:8")):
        await taken(store, town_job(person, person, scope="", created_at=NOW + n))
    ahead = [
        (await store.turn((await store.job(person)) or town_job("x")))[0] for person in ("telegram:7", "discord:8")
    ]
    assert ahead == [2, 1]
