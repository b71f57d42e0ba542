"""What hosts took against our jobs: the stand-in's account and real jobs, on both databases."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters import console
from bot import texts
from bot.app import open_app
from bot.billing import Comparison, reference
from bot.catalogue import DEFAULT
from bot.config import Settings
from bot.ids import new_id
from bot.jobs import machine
from bot.model import Accepted, Clip, Incident, Job, Refused
from bot.providers.client import Providers
from bot.providers.hosts import aimlapi
from bot.reconciliation import GRACE, MOST, Reconciliation, Result
from bot.sentence import Sentence
from generator.receipts import Asked, Receipts
from generator.server import Generator
from storage import Store
from tests import templates
from tests.houses import picture
from tests.loopback.provider.scripted import closed_port
from tests.samples import a_job, an_order

pytestmark = pytest.mark.databases

KEY = SecretStr("sk-1")
DAY = 86_400.0
PAID = 315_000
"""Credits of the host for five seconds: 0.1575 dollars."""


@dataclass
class Desk:
    """A host's books, our jobs, and what the operators were told."""

    store: Store
    books: Receipts
    comparing: Reconciliation
    providers: Providers
    later: float = 0.0
    """Seconds by which our clock is ahead."""
    told: list[Sentence] = field(default_factory=list)

    @property
    def now(self) -> float:
        return time.time() + self.later

    async def tell(self, words: Sentence) -> None:
        self.told.append(words)

    def charge(self, inference: str, client: str | None = None, model: str = DEFAULT.id, credits: int = PAID) -> None:
        self.books.begin(Asked(inference, client, "r", model), credits)
        self.books.settle(inference, succeeded=True)

    def drop(self, inference: str) -> None:
        """Take a row out of the host's books."""
        with closing(sqlite3.connect(self.books._path)) as db, db:
            assert db.execute("DELETE FROM receipts WHERE inference = ?", (inference,)).rowcount == 1

    async def job(self, id: str, *events: machine.Event, at: float = -2 * GRACE) -> Job:
        """A job that went through these events."""
        when = self.now + at
        job = a_job(id, order=an_order(model=DEFAULT.id), created_at=when, due_at=when)
        await self.store.submit(job, machine.hold(job), None)
        for event in (machine.Started(), *events):
            job, entry = machine.apply(job, event, when)
            await self.store.save(job, entry)
        return job

    async def delivered(self, id: str, inference: str, at: float = -2 * GRACE) -> Job:
        done = machine.Rendered(Clip("c.mp4", 64, 48, 5.0, 1))
        return await self.job(id, Accepted("aimlapi", inference), done, machine.Sent(), at=at)

    async def compare(self, since: float = DAY) -> Result:
        found = await self.comparing.compare("aimlapi", self.now - since)
        assert isinstance(found, Result)
        return found

    async def noted(self) -> list[tuple[str, str, str]]:
        return [(str(one.what), one.job, one.detail) for one in await self.store.incidents(100)]


@asynccontextmanager
async def comparing(store: Store, base: str, books: Receipts) -> AsyncIterator[Desk]:
    async def report(incident: Incident) -> None:
        raise AssertionError(incident)

    async def no_uri(name: str) -> str:
        return ""

    host = replace(aimlapi(KEY, base), log_pause=0.0)
    providers = Providers([host], link=None, data_uri=no_uri, clock=time.time, report=report, timeout=5)
    try:
        made = Desk(store, books, Reconciliation(store, providers, ["aimlapi"], lambda: made.now), providers)
        made.comparing.tell = made.tell
        yield made
    finally:
        await providers.close()


@pytest.fixture
async def desk(store: Store, tmp_path: Path) -> AsyncIterator[Desk]:
    host = Generator(tmp_path / "host", deposit=1000.0)
    books = Receipts(tmp_path / "host" / "receipts.sqlite")
    async with host.serve() as base, comparing(store, base, books) as made:
        yield made


async def test_what_fits_fits(desk: Desk) -> None:
    await desk.delivered("one", "i1")
    desk.charge("i1")
    result = await desk.compare()
    assert (result.comparison.counts, result.comparison.usd) == ({"delivered": 1}, {"delivered": 157_500})
    assert (result.new, await desk.noted()) == ([], [])
    assert await desk.store.bills.comparisons() == [result.comparison]
    assert Comparison.load(result.comparison.dump()) == result.comparison
    assert await desk.store.bills.sum(0.0) == await desk.store.bills.sum(0.0, "") == (157_500, 1)
    assert await desk.store.bills.sum(0.0, "discord:1") == (0, 0)


async def test_each_planted_difference_is_found_and_told_once(desk: Desk) -> None:
    await desk.delivered("fine", "i1")
    await desk.job("failed", Accepted("aimlapi", "i2"), Refused("moderation", ""), machine.Sent())
    await desk.delivered("unpaid", "i3")
    await desk.job("going", Accepted("aimlapi", "i4"))
    for inference in ("i1", "i2", "i4", "i5"):
        desk.charge(inference)
    desk.charge("i6", model="openai/gpt-5")
    result = await desk.compare()
    assert result.comparison.counts == {"delivered": 1, "undelivered": 1, "unpaid": 1, "unknown": 1, "foreign": 1}
    assert {(one.verdict, one.ours.job if one.ours else "") for one in result.new} == {
        ("undelivered", "failed"),
        ("unpaid", "unpaid"),
        ("unknown", ""),
    }
    whats = texts.incidents.DIFFERENCES
    found = {what: (job, detail) for what, job, detail in await desk.noted()}
    assert found.keys() == {*map(str, whats.values())}
    job, detail = found[whats["undelivered"]]
    assert job == "failed"
    assert detail.startswith("AI/ML API: i2, 0.1575 USD, ")
    assert detail.endswith("; here: job failed, failed (moderation)")
    assert found[whats["unpaid"]] == ("unpaid", "AI/ML API: i3, no charge; here: job unpaid, clip")
    assert found[whats["unknown"]][1].endswith("; here: no such job")
    again = await desk.compare()
    assert (again.new, again.comparison.counts) == ([], result.comparison.counts)
    assert len(await desk.noted()) == 3


async def test_an_order_whose_answer_never_came_is_found_by_our_id(desk: Desk) -> None:
    await desk.job("lost", machine.Lost(), machine.Sent())
    await desk.delivered("twice", "first")
    desk.charge("i1", "lost.1")
    desk.charge("first", "twice.1")
    desk.charge("second", "twice.2")
    desk.charge("other", "somebody-else.1")
    result = await desk.compare()
    assert result.comparison.counts == {"delivered": 1, "undelivered": 2, "unknown": 1}
    found = {(job, detail.partition(",")[0]) for _, job, detail in await desk.noted()}
    assert found == {("lost", "AI/ML API: i1"), ("twice", "AI/ML API: second"), ("", "AI/ML API: other")}


async def test_a_charge_has_time_to_appear_and_a_clip_to_be_fetched(desk: Desk) -> None:
    await desk.delivered("new", "i1", at=-GRACE / 2)
    assert (await desk.compare()).comparison.counts == {}
    desk.later += GRACE
    assert (await desk.compare()).comparison.counts == {"unpaid": 1}
    # Charged long before it was settled, and before the window.
    now = time.time()
    early = Receipts(desk.books._path, lambda: now - 30 * 3600)
    early.begin(Asked("i2", None, "r", DEFAULT.id), PAID)
    early.settle("i2", succeeded=True)
    await desk.delivered("late", "i2", at=-12 * 3600)
    assert [one.ours.job for one in (await desk.compare()).new if one.ours] == []


async def test_a_charge_of_somebody_who_is_forgotten_is_known(desk: Desk) -> None:
    await desk.delivered("one", "i1")
    desk.charge("i1")
    await desk.compare()
    await desk.store._db.write(lambda tx: tx.all("UPDATE jobs SET remote_id = '', forgotten = 1 WHERE id = 'one'"))
    again = await desk.compare()
    assert (again.comparison.counts, again.new) == ({"delivered": 1}, [])
    rows = await desk.store._db.read(lambda tx: tx.all("SELECT * FROM charges"))
    assert "i1" not in str([dict(row) for row in rows])
    assert rows[0]["reference"] == reference("aimlapi", "i1")


async def test_hundreds_of_charges_are_read_in_pages_and_few_incidents_are_made(desk: Desk) -> None:
    for n in range(250):
        desk.charge(f"i{n}", credits=n)
    result = await desk.compare()
    assert result.comparison.counts == {"unknown": 250}
    # Each is rounded up to a millionth, of which one is two credits.
    assert result.comparison.usd == {"unknown": sum((n + 1) // 2 for n in range(250))}
    assert len(await desk.noted()) == MOST
    assert (await desk.compare()).new == []


async def test_every_night_once_and_again_in_an_hour_after_a_failure(desk: Desk) -> None:
    desk.charge("i1")
    await desk.comparing.round()
    assert len(desk.told) == 1
    assert "1 paid and not known here ($0.16)" in desk.told[0]
    desk.charge("i2")
    await desk.comparing.round()
    assert len(desk.told) == 1, "not before the night"
    desk.later += DAY
    await desk.comparing.round()
    assert len(desk.told) == 2
    desk.later += DAY
    await desk.comparing.round()
    assert len(desk.told) == 2, "nothing new"


async def test_books_that_cannot_be_read_change_nothing(store: Store, tmp_path: Path) -> None:
    async with comparing(store, closed_port(), Receipts(tmp_path / "r")) as desk:
        await desk.delivered("one", "i1")
        assert str(await desk.comparing.compare("aimlapi", 0.0)).startswith("no answer: ")
        await desk.comparing.round()
        assert (desk.told, await desk.noted(), await store.bills.comparisons()) == ([], [], [])
        assert not await store.bills.begin("charges:aimlapi", desk.now + 3500, 0.0)
        assert await store.bills.begin("charges:aimlapi", desk.now + 3700, 0.0)


@pytest.mark.usefixtures("light_app")
async def test_a_clip_from_order_to_comparison_and_a_planted_difference(
    database_url: str | None, tmp_path: Path
) -> None:
    """The whole application, with the stand-in's account as the paid host."""
    (tmp_path / "photo.jpg").write_bytes(picture(300, 300))
    data = tmp_path / "data"
    if not database_url:
        await templates.put(data)
    async with Generator(tmp_path / "host", key="sk-1", deposit=5.0).serve() as base:
        url = SecretStr(database_url) if database_url else None
        made = Settings(_env_file=None, data_dir=data, database_url=url, aimlapi_key=KEY, aimlapi_url=base)
        async with open_app(made) as app:
            working = asyncio.create_task(app.worker.run())
            words = console.inbound(new_id(), "she smiles", [console.picture(tmp_path / "photo.jpg")])
            reply = await app.core.handle(words)
            assert reply.job, reply.text
            async with asyncio.timeout(60):
                while (job := await app.store.job(reply.job)) is None or job.state != "done":
                    await asyncio.sleep(0.05)
            assert (job.outcome, job.host) == ("clip", "aimlapi")
            assert await app.store.bills.sum(0.0) == (157_500, 1), "the answer said what it cost"
            app.worker.stop()
            await working
            result = await app.reconciliation.compare("aimlapi", time.time() - DAY)
            assert isinstance(result, Result)
            assert (result.comparison.counts, result.new) == ({"delivered": 1}, [])
            said = (await app.core.handle(console.inbound(new_id(), "/operator"))).text
            assert "1 paid and delivered ($0.16)" in said
            assert "Today: $0.16 at the hosts, for 1 clip" in said
            assert "Left at AI/ML API: $4.84" in said
            usage = (await app.core.handle(console.inbound(new_id(), "/usage"))).text
            assert "The hosts took $0.16 for 1 of them." in usage
            with closing(sqlite3.connect(tmp_path / "host" / "receipts.sqlite")) as db, db:
                db.execute("UPDATE receipts SET inference = 'planted'")
            later = Reconciliation(app.store, app.providers, ["aimlapi"], lambda: time.time() + 2 * GRACE)
            result = await later.compare("aimlapi", time.time() - DAY)
            assert isinstance(result, Result)
            assert result.comparison.counts == {"undelivered": 1, "unpaid": 1}
            assert {one.ours.job for one in result.new if one.ours} == {reply.job}
