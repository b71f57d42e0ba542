"""Incidents for a webhook: each once, in order, whatever the webhook, the database or the process does meanwhile."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import texts
from bot.errors import StoreDown
from bot.model import Incident
from bot.sentence import verbatim
from bot.watch import alerts
from bot.watch.alerts import Alerts
from bot.watch.outside import Outside
from storage import open_store
from storage.jobs import Store
from tests.clock import Clock
from tests.loopback.watcher import Fault, Watcher

pytestmark = pytest.mark.databases


@pytest.fixture
async def watcher() -> AsyncIterator[Watcher]:
    found = Watcher()
    async with found.serve():
        yield found


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    found = Outside(patience=0.5)
    yield found
    await found.close()


def an_alert(store: Store, watcher: Watcher, outside: Outside, clock: Clock) -> Alerts:
    return Alerts(f"{watcher.base}/secret-hook", outside, store, "mark", clock)


def told(watcher: Watcher) -> list[str]:
    return [incident["detail"] for _, _, body in watcher.heard for incident in body["incidents"]]


async def note(store: Store, detail: str, at: float) -> None:
    await store.note(Incident(at, texts.incidents.NO_ANSWER, detail, "aimlapi", "k7m2p9q4xw"))


async def test_an_incident_is_posted_once_in_words_and_in_fields(
    store: Store, watcher: Watcher, outside: Outside, clock: Clock
) -> None:
    await note(store, "before", clock() - 1)
    alert = an_alert(store, watcher, outside, clock)
    assert await alert.round() == alerts.EVERY
    assert not watcher.heard  # from before there was an ALERT_URL
    await note(store, "silence", clock() + 1)
    clock.tick(2)
    for _ in range(3):
        await alert.round()
        clock.tick(10)
    ((method, path, body),) = watcher.heard
    assert (method, path) == ("POST", "/secret-hook")
    (incident,) = body["incidents"]
    assert len(incident.pop("id")) == 16
    assert incident.pop("at").endswith("+00:00")
    assert incident == {
        "what": texts.incidents.NO_ANSWER,
        "detail": "silence",
        "host": "aimlapi",
        "job": "k7m2p9q4xw",
    }
    assert body["installation"] == "mark"
    assert body["text"] == body["content"] == f"Photoplay: {texts.incidents.NO_ANSWER} (silence)"


async def test_nobody_is_called_by_a_hosts_words(
    store: Store, watcher: Watcher, outside: Outside, clock: Clock
) -> None:
    alert = an_alert(store, watcher, outside, clock)
    await alert.round()
    await note(store, "@everyone <!channel> @all " + "@" * 3000, clock())
    await alert.round()
    ((_, _, body),) = watcher.heard
    assert body["allowed_mentions"] == {"parse": []}
    for shown in (body["text"], body["content"]):
        assert "@\u200beveryone <\u200b!channel> @\u200ball @" in shown
        assert len(shown) <= 2000
    assert body["incidents"][0]["detail"].startswith("@everyone <!channel>")


@pytest.mark.parametrize("fault", ["hang", "cut", 404, 429, 500])
async def test_what_is_not_taken_is_sent_again_ever_more_rarely(
    fault: Fault, store: Store, watcher: Watcher, outside: Outside, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.watch")
    alert = an_alert(store, watcher, outside, clock)
    await alert.round()
    await note(store, "one", clock())
    watcher.faults = [fault] * 3
    pauses = []
    for n in range(4):
        pauses.append(await alert.round())
        clock.tick(pauses[-1])
        await note(store, f"more {n}", clock())
    assert pauses == [10.0, 20.0, 40.0, 10.0]
    assert [incident["detail"] for incident in watcher.heard[-1][2]["incidents"]] == [
        "one",
        "more 0",
        "more 1",
        "more 2",
    ]
    await alert.round()
    assert told(watcher)[-1] == "more 3"
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "secret-hook" not in caplog.text


async def test_tries_are_bounded_in_pace_and_in_time(
    store: Store, watcher: Watcher, outside: Outside, clock: Clock
) -> None:
    alert = an_alert(store, watcher, outside, clock)
    await alert.round()
    await note(store, "old", clock())
    watcher.faults = [500] * 1000
    pauses = []
    for _ in range(400):
        pauses.append(await alert.round())
        clock.tick(pauses[-1])
    assert max(pauses) == alerts.LONGEST
    assert len(watcher.heard) < alerts.DAY / alerts.LONGEST + 10
    watcher.faults.clear()
    await note(store, "new", clock())
    await alert.round()
    assert [incident["detail"] for incident in watcher.heard[-1][2]["incidents"]] == ["new"]


async def test_a_restart_goes_on_where_it_was(store: Store, watcher: Watcher, outside: Outside, clock: Clock) -> None:
    await an_alert(store, watcher, outside, clock).round()
    clock.tick(100)
    await note(store, "one", clock())
    await an_alert(store, watcher, outside, clock).round()
    clock.tick(5)
    await note(store, "two, while nobody was there", clock())
    await note(store, "saved late", clock() - 30)
    clock.tick(5)
    for _ in range(2):
        await an_alert(store, watcher, outside, clock).round()
    assert sorted(told(watcher)) == ["one", "saved late", "two, while nobody was there"]


@pytest.mark.parametrize("apart", [0.0, 0.001, 3.0])
async def test_many_at_once_come_in_pages(
    apart: float, store: Store, watcher: Watcher, outside: Outside, clock: Clock
) -> None:
    alert = an_alert(store, watcher, outside, clock)
    await alert.round()
    count = alerts.MOST - 1 if not apart else 3 * alerts.MOST + 7
    for n in range(count):
        await note(store, f"{n:03}", clock() + n * apart)
    clock.tick(count * apart)
    for _ in range(8):
        await alert.round()
    assert sorted(told(watcher)) == [f"{n:03}" for n in range(count)]
    assert len(watcher.heard) == -(-count // alerts.MOST) or apart
    assert all(len(body["content"]) < 2000 for _, _, body in watcher.heard)


async def test_a_database_that_is_away_loses_nothing(
    store: Store, watcher: Watcher, outside: Outside, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = an_alert(store, watcher, outside, clock)
    await alert.round()
    await note(store, "one", clock())
    remember = store.inbox.remember

    async def down(*_: object) -> None:
        raise StoreDown("locked")

    monkeypatch.setattr(store.inbox, "remember", down)
    with pytest.raises(StoreDown):
        await alert.round()
    monkeypatch.setattr(store.inbox, "remember", remember)
    await alert.round()
    clock.tick(10)
    await note(store, "two", clock())
    await alert.round()
    await an_alert(store, watcher, outside, clock).round()
    assert told(watcher) == ["one", "two"]


async def test_a_store_of_its_own_begins_now(tmp_path: Path, watcher: Watcher, outside: Outside, clock: Clock) -> None:
    """Words of a provider are told as they are."""
    store = await open_store(tmp_path)
    alert = an_alert(store, watcher, outside, clock)
    await alert.round()
    await store.note(Incident(clock(), verbatim("“odd”\n<b>"), "x" * 5000))
    await alert.round()
    await store.close()
    assert watcher.heard[0][2]["incidents"][0]["what"] == "“odd”\n<b>"
    assert watcher.heard[0][2]["text"].endswith("…")
