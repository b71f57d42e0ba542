"""Faults and limits of the loopback Bot API."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import httpx
import pytest
from telegram import Bot
from telegram.error import Forbidden, NetworkError, RetryAfter, TimedOut

from tests.loopback.telegram.faults import Cut, Flood, Hold, Refuse
from tests.loopback.telegram.forms import form_parts
from tests.loopback.telegram.server import BotApi
from tests.loopback.telegram_client import a_bot, causes, updates


async def test_floods_and_refusals_come_in_order(api: BotApi, bot: Bot) -> None:
    chat = api.private(api.user())
    api.trouble["sendMessage"] += [Flood(7), Refuse(403, "Forbidden: user is deactivated"), None, Refuse(502)]
    with pytest.raises(RetryAfter) as flood:
        await bot.send_message(chat.id, "x")
    assert flood.value.retry_after == timedelta(seconds=7)
    with pytest.raises(Forbidden, match="user is deactivated"):
        await bot.send_message(chat.id, "x")
    await bot.send_message(chat.id, "x")
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.send_message(chat.id, "x")
    assert len(api.sent(chat)) == 1
    assert [call.code for call in api.calls] == [429, 403, 200, 502]


@pytest.mark.parametrize(
    ("trouble", "chain", "is_sent"),
    [
        (Cut("unread"), (TimedOut, httpx.ConnectTimeout, aiohttp.ClientOSError), False),
        (Cut("reading"), (TimedOut, httpx.ConnectTimeout, aiohttp.ClientOSError), False),
        (Cut("unanswered"), (TimedOut, httpx.ConnectTimeout, aiohttp.ServerDisconnectedError), True),
        (Cut("answering"), (NetworkError, httpx.ReadError, aiohttp.ClientPayloadError), True),
        (Hold("unread"), (TimedOut, httpx.ReadTimeout, aiohttp.SocketTimeoutError), False),
        (Hold("unanswered"), (TimedOut, httpx.ReadTimeout, aiohttp.SocketTimeoutError), True),
    ],
)
async def test_broken_connections(
    api: BotApi, trouble: Cut | Hold, chain: tuple[type[Exception], ...], is_sent: bool
) -> None:
    """`httpx.ConnectTimeout` does not say that nothing was sent: only aiohttp's own exception tells."""
    chat = api.private(api.user())
    api.trouble["sendVideo"].append(trouble)
    async with a_bot(api, seconds=0.3) as bot:
        await bot.get_me()  # on a connection that was used before, aiohttp might ask again by itself
        with pytest.raises(NetworkError) as broken:
            await bot.send_video(chat.id, b"x" * 3_000_000)
    assert causes(broken.value) == chain
    assert len(api.sent(chat)) == is_sent


async def test_a_held_call_can_be_let_go(api: BotApi, bot: Bot) -> None:
    chat = api.private(api.user())
    api.trouble["sendMessage"] += [Hold("unanswered"), Hold("answered"), Hold("unanswered", seconds=0.2)]
    sending = asyncio.create_task(bot.send_message(chat.id, "x"))
    assert await asyncio.wait_for(api.reached.get(), 60) == "sendMessage"
    assert len(api.sent(chat)) == 1
    assert not sending.done()
    api.let_go()
    assert await sending
    assert await bot.send_message(chat.id, "answered, and then held")
    began = time.monotonic()
    assert await bot.send_message(chat.id, "late")
    assert time.monotonic() - began >= 0.2


async def test_downloads_break_too(api: BotApi, bot: Bot) -> None:
    ann = api.user()
    photo = api.photo(ann, api.private(ann), b"jpeg" * 50_000)["photo"][-1]
    file = await bot.get_file(photo["file_id"])
    # Two cuts are one failure: aiohttp asks again by itself, for a GET on a connection that was used before.
    api.trouble["file"] += [Cut("answering"), Refuse(502), Cut("unread"), Cut("unread")]
    for _ in range(3):
        with pytest.raises(NetworkError):
            await file.download_as_bytearray()
    assert len(await file.download_as_bytearray()) == 200_000


async def test_a_caller_that_dies_leaves_nothing_behind(
    api: BotApi, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    chat = api.private(api.user())
    poll = asyncio.create_task(bot.get_updates(timeout=5))
    await asyncio.sleep(0.1)
    poll.cancel()
    _, writer = await asyncio.open_connection("127.0.0.1", int(api.base.rpartition(":")[2]))
    kind = "multipart/form-data; boundary=b"
    head = f"POST /bot{api.token}/sendVideo HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\nContent-Type: {kind}\r\n\r\n"
    writer.write(head.encode() + b"--b\r\n")
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.close()
    api.say(api.users[chat.id], chat, "hello")
    assert len(await updates(bot)) == 1
    assert not api.sent(chat)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("step", [1, 7, 1000])
async def test_a_form_may_come_in_any_pieces(step: int) -> None:
    form = aiohttp.FormData()
    form.add_field("caption", "she smiles\r\n--")
    form.add_field("video", film := bytes(range(256)) * 20 + b"\r\n--", filename="a b.mp4", content_type="video/mp4")
    body = await form().as_bytes()
    boundary = body[2 : body.index(b"\r\n")]

    class Pieces:
        async def iter_any(self) -> AsyncIterator[bytes]:
            for at in range(0, len(body), step):
                yield body[at : at + step]

    params, files = await form_parts(Pieces(), boundary, True)
    assert params == {"caption": "she smiles\r\n--"}
    assert (files["video"].data, files["video"].size, files["video"].file_name) == (film, len(film), "a b.mp4")
    _, files = await form_parts(Pieces(), boundary, False)
    assert (files["video"].data, files["video"].size) == (None, len(film))


async def test_the_limits_are_watched(api: BotApi, bot: Bot) -> None:
    api.limits = True
    chat = api.private(api.user())
    await bot.send_message(chat.id, "x")
    with pytest.raises(RetryAfter):
        await bot.send_message(chat.id, "x")
    others = [api.private(api.user()) for _ in range(30)]
    said = await asyncio.gather(*(bot.send_message(each.id, "x") for each in others), return_exceptions=True)
    assert sum(isinstance(each, RetryAfter) for each in said) == 1
    assert [each.limit for each in api.violations] == ["1 a second in a chat", "30 a second"]


async def test_a_server_that_went_away_comes_back_with_its_world(api: BotApi, bot: Bot) -> None:
    away = BotApi()
    chat = away.private(away.user())
    async with away.serve():
        port = int(away.base.rpartition(":")[2])
    async with a_bot(away) as bot:
        with pytest.raises(NetworkError) as refused:
            await bot.send_message(chat.id, "x")
        assert causes(refused.value) == (TimedOut, httpx.ConnectTimeout, aiohttp.ClientConnectorError)
        async with away.serve(port):
            await bot.send_message(chat.id, "x")
    assert len(away.sent(chat)) == 1
