"""Whatever people, admins, runners and chats do, a gallery adds up; and a page is read from its index, on both."""

import asyncio
import itertools
import random
from typing import Any

import pytest

from bench import gallery as bench
from bot.gallery.model import Key, OutboxEntry, Share, ShareState
from bot.jobs.machine import hold
from bot.model import Address, Clip
from storage.gallery import Gallery
from storage.jobs import Store
from tests.bookkeeping import rows
from tests.galleries import PLATFORMS, check
from tests.samples import a_job

PEOPLE = ("telegram:1", "telegram:2", "telegram:3", "discord:1", "discord:2", "discord:3")
SCOPES = {
    "telegram:-5": Address("telegram", "-5", thread="4"),
    "discord:5": Address("discord", "5"),
    "discord:6": Address("discord", ""),  # on the web alone
}
STATES: tuple[ShareState, ...] = ("waiting", "up", "hidden")
CLIP = Clip("c.mp4", 1280, 720, 5.0, 1000)
ENOUGH = 2


class Life:
    """Everything that may happen to shares, one random step at a time; some steps at once."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.gallery, self.entries = store, store.gallery, store.outbox
        self.random = random.Random(seed)
        self.numbers = itertools.count(1)
        self.now = 1_800_000_000.0
        self.moves = {scope: place for scope, place in SCOPES.items()}
        self.jobs: list[str] = []
        self.hands: list[OutboxEntry] = []
        self.messages: dict[Address, str] = {}
        """What chats show: the share of each message."""

    async def ids(self) -> list[str]:
        return [row["id"] for row in await rows(self.store, "SELECT id FROM shares ORDER BY id")]

    async def some(self) -> str:
        return self.random.choice(await self.ids() or ["none"])

    def person(self) -> str:
        return self.random.choice(PEOPLE)

    async def share(self) -> None:
        scope = self.random.choice(tuple(SCOPES))
        number = next(self.numbers)
        job = a_job(f"job{number}", person=self.person())
        await self.store.submit(job, hold(job))
        self.jobs.append(job.id)
        again = self.random.choice([job.id, self.random.choice(self.jobs)])
        state, remix_of = self.random.choice(STATES[:2]), self.random.choice([None, await self.some()])
        place = self.moves[scope]
        self.now += 1
        await self.gallery.add(
            Share(
                *(f"s{number}", again, scope, job.person, "", "", True, CLIP, self.now, place),
                state=state,
                remix_of=remix_of,
            )
        )

    async def heart(self) -> None:
        on, way = self.random.choice([None, True, False]), self.random.choice(["tap", "reaction"])
        await self.gallery.heart(await self.some(), self.person(), on, way, self.now)

    async def report(self) -> None:
        await self.gallery.report(await self.some(), self.person(), "dull", self.now, ENOUGH)

    async def judge(self) -> None:
        await self.gallery.judge(await self.some(), self.random.choice(STATES), self.now)

    async def remove(self) -> None:
        if self.random.random() < 0.3:
            await self.gallery.remove({await self.some(), await self.some()}, self.now)

    async def prefer(self) -> None:
        await self.gallery.prefer(self.person(), remixes=self.random.random() < 0.5)

    async def link(self) -> None:
        code = f"code{next(self.numbers)}"
        await self.store.accounts.offer(self.person(), code, self.now + 60)
        await self.store.accounts.join(self.person(), code, self.now, 10_000)

    async def unlink(self) -> None:
        await self.store.accounts.leave(self.person(), [], self.now)

    async def move(self) -> None:
        if self.random.random() < 0.2:
            old = self.moves["telegram:-5"]
            place = Address("telegram", f"-{1000 + next(self.numbers)}", thread=old.thread)
            await self.store.inbox.move("telegram", old.chat, place.chat)
            self.moves["telegram:-5"] = place
            for at in [at for at in self.messages if at.chat == old.chat]:
                del self.messages[at]

    async def take(self) -> None:
        self.now += self.random.choice([0, 1, 61])
        self.hands += await self.entries.claim(self.now, 60.0, self.random.randint(1, 5), PLATFORMS)

    async def do(self) -> None:
        """A runner does what it once claimed, however late, as `bot.gallery.outbox` does."""
        if not self.hands:
            return None
        entry = self.hands.pop(self.random.randrange(len(self.hands)))
        if self.random.random() < 0.2:
            return await self.entries.later(entry, self.now + 5)
        here = {place.chat for place in self.moves.values()}  # nothing can be sent to a chat that has moved
        if entry.kind == "post" and entry.place.chat in here:
            message = Address(entry.place.platform, entry.place.chat, f"m{next(self.numbers)}", entry.place.thread)
            if await self.gallery.posted(entry.share, message.message, None):
                self.messages[message] = entry.share
        elif entry.kind == "remove":
            self.messages.pop(entry.place, None)
        await self.entries.done(entry)
        return None

    async def step(self) -> None:
        steps = {
            **{self.share: 4, self.heart: 8, self.report: 3, self.judge: 3, self.remove: 1, self.prefer: 1},
            **{self.link: 1, self.unlink: 1, self.move: 1, self.take: 5, self.do: 6},
        }
        (step,) = self.random.choices(tuple(steps), tuple(steps.values()))
        await step()


@pytest.mark.parametrize("seed", range(4))
async def test_a_gallery_adds_up(store: Store, seed: int) -> None:
    life = Life(store, seed)
    for n in range(250):
        await life.step()
        if n % 10 == 0:
            await check(store)
    await check(store)
    # Once everything is done, what stands in chats is what is said to stand there.
    life.random = random.Random(seed)
    life.hands = []
    while await store.outbox.next_due(PLATFORMS) is not None:
        life.now += 61
        for entry in await store.outbox.claim(life.now, 60.0, 50, PLATFORMS):
            if entry.kind == "post":
                assert await store.gallery.posted(entry.share, f"last-{entry.share}", None)
            elif entry.kind == "remove":
                life.messages.pop(entry.place, None)
            await store.outbox.done(entry)
    await check(store)
    standing = {
        Address(r["platform"], r["chat"], r["message"], r["thread"]): r["id"]
        for r in await rows(store, "SELECT * FROM shares WHERE message IS NOT NULL")
    }
    assert {at: id for at, id in standing.items() if not at.message.startswith("last-")} == life.messages
    up = [r for r in await rows(store, "SELECT * FROM shares WHERE state = 'up' AND chat <> ''") if not r["message"]]
    moved = [r for r in up if r["platform"] == "telegram"]
    assert up == moved  # what stood in a chat that moved is out of reach, and is not posted twice


@pytest.mark.parametrize("seed", range(3))
async def test_a_gallery_adds_up_when_all_happens_at_once(store: Store, seed: int) -> None:
    life = Life(store, seed)
    for _ in range(4):
        await life.share()
    for _ in range(20):
        await asyncio.gather(
            *(life.heart() for _ in range(12)),
            *(life.report() for _ in range(3)),
            *(life.judge() for _ in range(2)),
            *(life.prefer() for _ in range(2)),
            *(life.link(), life.link(), life.unlink(), life.move()),
            *(life.remove(), life.share(), life.take(), life.take(), life.do(), life.do(), life.do()),
        )
        await check(store)


@pytest.mark.parametrize("order", ["newest", "best"])
async def test_a_page_is_read_from_its_index_and_not_sorted(store: Store, order: Any) -> None:
    await bench.fill(store, 3000)
    noting = bench.Counting(store._db)
    gallery = Gallery(noting)
    columns = ("at", "id") if order == "newest" else ("hearts", "at", "id")
    where = f"scope = '{bench.SCOPE}' AND state = 'up'"
    by = ", ".join(f"{column} DESC" for column in columns)
    everything = await rows(store, f"SELECT hearts, at, id FROM shares WHERE {where} ORDER BY {by}")
    for start in (0, 24, 1500, 2900):
        noting.seen.clear()
        last = everything[start - 1] if start else None
        found = await gallery.page(bench.SLUG, order, Key(**last) if last else None, 24)
        assert found
        assert [share.id for share in found[1]] == [row["id"] for row in everything[start : start + 24]]
        assert len(noting.seen) <= 3
        for sql, args in noting.seen:
            plan = await explained(store, sql, args)
            assert "SORT" not in plan.upper()
            assert "TEMP B-TREE" not in plan
            if "FROM shares" in sql:
                assert f"shares_{order}" in plan
                assert not start or "(scope=? AND (" in plan or "Index Cond: ((scope = " in plan, plan


async def test_a_piece_and_its_hearts_are_three_questions_by_keys(store: Store) -> None:
    await bench.fill(store, 3000)
    noting = bench.Counting(store._db)
    gallery = Gallery(noting)
    found = await gallery.piece(bench.SLUG, bench.REMIXED)
    assert found
    assert ([share.id for share in found[2]], len(found[3])) == ([f"s{n}" for n in range(19, 0, -1)], 12)
    await gallery.hearted("telegram:1", [bench.REMIXED])
    assert len(noting.seen) <= 3
    for sql, args in noting.seen:
        plan = await explained(store, sql, args)
        assert "SCAN shares" not in plan
        assert "Seq Scan on shares" not in plan


async def explained(store: Store, sql: str, args: tuple[object, ...]) -> str:
    """What the database makes of a statement."""
    words = "EXPLAIN QUERY PLAN" if store._db.dialect == "sqlite" else "EXPLAIN"
    plan = await store._db.read(lambda tx: tx.all(f"{words} {sql}", *args))
    return "\n".join(str(tuple(row.values()) if isinstance(row, dict) else tuple(row)) for row in plan)
