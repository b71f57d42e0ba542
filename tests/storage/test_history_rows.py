"""A person's orders on both databases: the latest first, searched by words, favourites."""

from dataclasses import replace
from typing import Any

from bot.jobs import machine
from bot.model import Accepted, Search
from storage.jobs import Store
from tests.samples import a_job, an_order
from tests.storage.steps import CLIP, run, start, submit


async def test_a_person_sees_the_latest_jobs_first(store: Store) -> None:
    for n in range(12):
        await submit(store, a_job(f"job{n:02}", created_at=1000.0 + n))
    await submit(store, a_job("other", person="console:1", created_at=5000.0))
    assert [job.id for job in await store.jobs("console:0")] == [f"job{n:02}" for n in range(11, 1, -1)]


async def with_clip(store: Store, id: str, prompt: str, at: float, person: str = "console:0") -> None:
    order = replace(an_order(), prompt=prompt)
    await submit(store, a_job(id, person=person, order=order, created_at=at, due_at=at))
    (job,) = await start(store)
    events = (Accepted("local", "r"), machine.Rendered(CLIP), machine.Sent())
    await run(store, job, *events)


async def found(store: Store, words: str = "", person: str = "console:0", **search: Any) -> str:
    return " ".join([job.id for job in await store.jobs(person, search=Search(words, **search))])


async def test_a_history_is_searched_by_words(store: Store) -> None:
    said = {
        "a": "The  BOAT drifts over the lake",
        "b": "100% Nebel, Straße_1!",
        "c": "ｆｕｌｌ wi\x00dth \ud800",
        "d": "İstanbul",
    }
    for n, (id, prompt) in enumerate(said.items()):
        await submit(store, a_job(id, order=replace(an_order(), prompt=prompt), created_at=1000.0 + n))
    await submit(store, a_job("x", person="console:1", order=replace(an_order(), prompt="a lake"), created_at=1.0))
    for words, ids in {
        "lake": "a",
        "lake boat": "a",
        "boat the LAKE  over": "a",
        "lake nebel": "",
        "%": "b",
        "_1": "b",
        "100% !": "b",
        "STRASSE": "b",
        "full": "c",
        "a_t": "",
        "İSTANBUL": "d",
        "b\x00oat": "a",
        "lake \ud800": "a",
        "": "d c b a",
        "lake " * 40: "a",
    }.items():
        assert await found(store, words) == ids, words


async def test_a_history_goes_on_where_it_ended(store: Store) -> None:
    for id in "abcdef":
        await submit(store, a_job(id, created_at=1000.0 if id < "d" else 1001.0))
    jobs = [job for job in await store.jobs("console:0", 2)]
    seen = [*jobs]
    while jobs:
        jobs = await store.jobs("console:0", 2, search=Search(before=(jobs[-1].created_at, jobs[-1].id)))
        seen += jobs
    assert [job.id for job in seen] == list("fedcba")


async def test_favourites_are_ones_own_finished_clips(store: Store) -> None:
    for n, id in enumerate("abc"):
        await with_clip(store, id, "a lake", 1000.0 + n)
    await with_clip(store, "x", "a lake", 1.0, "console:1")
    await submit(store, a_job("q", created_at=2000.0))
    assert await found(store, clips=True) == "c b a"
    assert await store.favour("console:0", "b", True)
    assert await store.favour("console:0", "b", True)
    assert [await store.favour("console:0", id, True) for id in ("x", "q", "nope")] == [False] * 3
    assert (await found(store, favourites=True), await found(store, person="console:1", favourites=True)) == ("b", "")
    assert await found(store, "lake", favourites=True, clips=True) == "b"
    await store.retention.anonymise("console:0", ["b"], 3000.0, (), "gone:x")
    assert (await found(store, favourites=True), await found(store, person="gone:x", favourites=True)) == ("", "")
    rows = await store._db.read(lambda tx: tx.all("SELECT wording, favourite FROM jobs WHERE id = 'b'"))
    assert [dict(row) for row in rows] == [{"wording": "", "favourite": 0}]
    assert await store.favour("console:0", "c", True)
    assert await store.favour("console:0", "c", False)
    assert await found(store, favourites=True) == ""
    await store.retention.swept(["c", "a"], clips=True)
    assert (await found(store, clips=True), await store.favour("console:0", "c", True)) == ("", False)
