"""Mistakes of ours, and answers that Telegram should not give: a sentence, a traceback, and work continues."""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.telegram import platform
from bot import texts
from bot.conversation import Inbound, Reply
from bot.model import Address
from bot.sentence import verbatim
from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.houses import picture
from tests.loopback.telegram.faults import Refuse
from tests.loopback.telegram.server import BotApi

LACKS = Refuse(404, "Not Found: method not found")


@pytest.fixture
def film(clip: bytes) -> bytes:
    return clip


def breaks(rig: Rig, words: str) -> None:
    """Whatever is said with these words meets a mistake of ours."""
    real = rig.house.core.handle

    async def handle(inbound: Inbound) -> Reply:
        if words in inbound.text:
            raise AttributeError("'NoneType' object has no attribute 'read'")
        return await real(inbound)

    rig.house.core.handle = handle


async def test_a_mistake_of_ours_is_a_sentence_for_the_person_and_a_traceback_in_the_log(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    breaks(rig, "/jobs")
    rig.api.say(rig.ann, rig.private, "/jobs")
    await rig.told(rig.private, texts.chat.BROKE)
    assert "Traceback" in caplog.text
    assert "in handle" in caplog.text
    rig.api.say(rig.ann, rig.private, "/help")
    await rig.told(rig.private, "/quota")
    await rig.settled()
    assert not await rig.house.store.inbox.waiting("telegram")


async def test_in_a_group_only_who_called_us_hears_of_it(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    group = rig.api.group(rig.ann)
    before = len(rig.api.sent(group))

    async def read(*_: Any) -> Any:
        raise KeyError("new")

    with monkeypatch.context() as patch:
        patch.setattr(rig.telegram._messages._people, "read", read)
        rig.api.say(rig.ann, group, "nice weather")
        rig.api.say(rig.ann, group, f"/jobs@{rig.api.me.username}")
        await rig.told(group, texts.chat.BROKE)
        await rig.settled()
    assert len(rig.api.sent(group)) == before + 1


async def test_a_tap_that_meets_a_mistake_is_answered(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    video = await rig.clip(rig.private)
    breaks(rig, "/next")
    query = rig.api.press(rig.ann, video, "Continue")
    assert (await rig.answer(query))["text"] == texts.chat.BROKE


@pytest.mark.parametrize("method", ["deleteWebhook", "setMyCommands", "answerCallbackQuery", "editMessageText"])
async def test_a_method_that_a_server_of_ones_own_lacks_is_no_bad_token(
    tmp_path: Path, clip: bytes, new_id: Callable[[], str], method: str
) -> None:
    api = BotApi()
    api.trouble[method] += [LACKS] * 5
    async with a_rig(tmp_path, clip, new_id, api=api) as rig:
        rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
        await rig.clip(rig.private)
        assert not rig.supervisor.troubles()["telegram"]


async def test_a_token_that_telegram_does_not_know_is_one_also_when_it_says_404(
    tmp_path: Path, clip: bytes, new_id: Callable[[], str]
) -> None:
    api = BotApi()
    async with a_rig(tmp_path, clip, new_id, api=api) as rig:
        api.trouble["getMe"] += [Refuse(404, "Not Found")]
        api.trouble["getUpdates"] += [Refuse(404, "Not Found")]
        rig.api.say(rig.ann, rig.private, "/help")
        async with asyncio.timeout(60):
            while "TELEGRAM_TOKEN" not in rig.supervisor.troubles()["telegram"]:
                await asyncio.sleep(0.01)


async def test_polls_that_are_answered_at_once_are_not_asked_without_a_pause(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "FLOOR", 0.1)
    rig.telegram._sleep = asyncio.sleep
    asked: list[float] = []
    same = {"update_id": 7, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}}

    async def updates(*_: Any) -> list[Any]:
        asked.append(time.monotonic())
        return [] if len(asked) < 4 else [same]

    monkeypatch.setattr(type(rig.client), "updates", updates)
    rig.api.say(rig.ann, rig.private, "/help")  # ends the poll that is under way
    async with asyncio.timeout(60):
        while len(asked) < 8:
            await asyncio.sleep(0.01)
    gaps = [later - sooner for sooner, later in itertools.pairwise(asked)]
    del gaps[3]  # the fourth brought something new
    assert min(gaps) >= 0.09


async def test_an_answer_that_cannot_be_read_is_not_sent_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It arrived: to say it again would be a second message."""
    send = rig.api._send_message

    def unreadable(*said: Any) -> dict[str, Any]:
        return {name: value for name, value in send(*said).items() if name != "message_id"}

    caplog.set_level(logging.INFO)
    with monkeypatch.context() as patch:
        patch.setitem(rig.api._methods, "sendMessage", unreadable)
        rig.hold()
        posted = await rig.telegram._replies.tell(
            Address("telegram", str(rig.private.id)), Reply(verbatim("x"), job="j")
        )
    assert posted is None
    assert [post.words for post in rig.api.sent(rig.private)] == ["x"]
    assert "cannot be read" in caplog.text
