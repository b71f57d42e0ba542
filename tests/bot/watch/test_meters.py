"""What is reported of providers and chats whose calls fail, and that the failure passes on unchanged."""

import re
from dataclasses import replace

import pytest

from bot.conversation import Reply
from bot.errors import (
    Ambiguous,
    ChatError,
    Flood,
    Gone,
    NotSent,
    PhotoplayError,
    TooLarge,
    Unconfirmed,
    Unshowable,
)
from bot.model import Accepted, Address, Finished, Pending, Refused
from bot.sentence import EMPTY
from bot.watch.meters import Kind, MeteredChat, MeteredProvider, Meters
from bot.watch.metrics import Metrics, Reading
from tests.fakes import RecordingChat, ScriptedProvider
from tests.samples import a_job, an_order

HERE = Address("telegram", "chat")


class Noted(Meters):
    def __init__(self) -> None:
        self.notes: list[tuple[str, ...]] = []

    def bought(self, host: str, result: str) -> None:
        self.notes.append((host, result))

    def polled(self, host: str, result: str) -> None:
        self.notes.append((host, result))

    def said(self, platform: str, kind: Kind, result: str) -> None:
        self.notes.append((platform, kind, result))


@pytest.mark.parametrize(
    ("said", "noted"),
    [
        (Accepted("local", "r"), ("local", "accepted")),
        (Refused("failed"), ("", "refused")),
        (NotSent("full", 1.0), ("", "not_sent")),
        (Ambiguous("silence"), ("", "ambiguous")),
        (KeyError("ours"), ("", "broken")),
    ],
)
async def test_purchases(said: Accepted | Refused | Exception, noted: tuple[str, str]) -> None:
    meters, provider = Noted(), ScriptedProvider(b"")
    provider.creates = [said]
    metered = MeteredProvider(provider, meters)
    if isinstance(said, Exception):
        with pytest.raises(type(said)):
            await metered.create(an_order(), "r1")
    else:
        assert await metered.create(an_order(), "r1") == said
    assert meters.notes == [noted]


@pytest.mark.parametrize(
    ("said", "noted"),
    [
        (Pending(), "pending"),
        (Pending("odd", failed=True), "failed"),
        (Finished("secret://clip"), "finished"),
        (Refused("failed"), "refused"),
    ],
)
async def test_polls(said: Pending | Finished | Refused, noted: str) -> None:
    meters, provider = Noted(), ScriptedProvider(b"")
    provider.polls = [said]
    assert await MeteredProvider(provider, meters).poll("local", "r", 1.0, an_order()) == said
    assert meters.notes == [("local", noted)]


@pytest.mark.parametrize(
    ("trouble", "noted"),
    [
        (None, "ok"),
        (Flood(1.0), "flood"),
        (Gone("left"), "gone"),
        (TooLarge(10), "too_large"),
        (Unshowable("no"), "unshowable"),
        (Unconfirmed("silence"), "unconfirmed"),
        (ChatError("no"), "failed"),
    ],
)
@pytest.mark.parametrize("kind", ["send", "edit", "remove"])
async def test_messages(kind: Kind, trouble: PhotoplayError | None, noted: str) -> None:
    meters, chat = Noted(), RecordingChat()
    chat.trouble = [trouble] if trouble else []
    metered = MeteredChat("telegram", chat, meters)

    async def call() -> None:
        match kind:
            case "send":
                await metered.send(HERE, Reply(EMPTY), nonce="n")
            case "edit":
                await metered.edit(HERE, "1", Reply(EMPTY))
            case "remove":
                await metered.remove(HERE, "1")

    if trouble:
        with pytest.raises(type(trouble)):
            await call()
    else:
        await call()
    assert meters.notes == [("telegram", kind, noted)]


@pytest.mark.parametrize(("polls", "counted"), [(1, 1), (2, 2)])
def test_a_render_that_nobody_saw_end_has_no_time(polls: int, counted: int) -> None:
    """An order that was found in a host's log may have been ready long before its first poll."""
    metrics = Metrics()
    done = a_job(state="done", outcome="clip", host="local", accepted_at=1001.0, settled_at=1061.0, polls=1)
    for job in (done, replace(done, ask_until=2800.0, polls=polls)):
        metrics.ended(job)
    text = metrics.text(Reading("run")).decode()
    (count,) = re.findall(r"^photoplay_job_render_seconds_count.* (\S+)$", text, re.MULTILINE)
    assert float(count) == counted
