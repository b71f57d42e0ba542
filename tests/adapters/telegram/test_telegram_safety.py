"""What must never be: a token in a log, text that becomes markup, a right that was not given."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.client import TelegramClient, mapped
from adapters.telegram.members import Members
from adapters.telegram.render import keyboard
from bot import logs
from bot.conversation import ShownClip
from bot.errors import ChatError
from bot.jobs import status
from bot.media.stored import StoredFile
from bot.model import Address, Clip, Job, Order, Photo
from tests.adapters.telegram.telegram_rig import Rig
from tests.houses import picture
from tests.loopback.telegram.faults import Cut, Flood, Hold, Refuse, Trouble
from tests.loopback.telegram.server import BotApi

pytestmark = pytest.mark.usefixtures("quick_tries")

Rigs = Callable[..., AbstractAsyncContextManager[Rig]]
TOKEN = "123456:TEST-token"


@pytest.fixture
def film(clip: bytes) -> bytes:
    return clip


async def test_the_token_is_in_no_log(rigs: Rigs, caplog: pytest.LogCaptureFixture) -> None:
    """At the most talkative, and with all that can go wrong: our own words never hold it, and no line that is written
    out does, whoever says it."""
    caplog.set_level(logging.DEBUG)
    api = BotApi()
    for method in ("getMe", "getUpdates", "sendVideo", "sendMessage", "deleteMessage"):
        api.trouble[method] += [Refuse(502), Cut("unread"), Cut("answering")]
    api.trouble["getFile"] += [Refuse(502)]
    api.trouble["file"] += [Refuse(502), Cut("answering")]
    async with rigs(api=api) as rig:
        for name in logs.QUIET:
            caplog.set_level(logging.DEBUG, name)  # which ends with the test
        api.photo(rig.ann, rig.private, picture(), "she smiles")
        await rig.done()
        assert TOKEN not in repr(rig.client) + str(rig.client) + repr(rig.telegram) + repr(rig.chat)
    ours = [record for record in caplog.records if record.name.startswith(("bot", "adapters", "storage"))]
    plain, redacted = logging.Formatter(), logs.Redacted([TOKEN])
    assert ours
    assert not [line for line in map(plain.format, ours) if TOKEN in line]
    assert not [line for line in map(redacted.format, caplog.records) if TOKEN in line]


async def test_a_page_that_repeats_the_address_does_not_spread_it() -> None:
    """As a proxy's does. It is no answer of Telegram's, so it says nothing about the token either."""
    codes = [404, 401, 502, 413]

    async def handle(request: web.BaseRequest) -> web.Response:
        return web.Response(status=codes[0], text=f"<h1>{request.path} was not found</h1>", content_type="text/html")

    runner = web.ServerRunner(web.Server(handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    client = TelegramClient(TOKEN, f"http://127.0.0.1:{runner.addresses[0][1]}")
    while codes:
        with pytest.raises(ChatError) as caught, mapped():
            await client.get_me()
        assert TOKEN not in str(caught.value)
        assert "BadToken" not in type(caught.value).__name__
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        codes.pop(0)
    await client.hang_up()
    await runner.cleanup()


@pytest.mark.parametrize(
    "words",
    [
        "<b>bold</b> & <script>alert(1)</script> &amp;",
        "*bold* _it_ [link](https://example.com) `code` ||spoiler|| \\",
        "\u202emirrored\u202c \u200bzero\u200d\ufeffx",
        "שלום עולם مرحبا",
        "👩‍👩‍👧‍👦" * 10,
    ],
)
async def test_words_are_shown_as_they_are(rig: Rig, words: str) -> None:
    rig.api.photo(rig.ann, rig.private, picture(), words)
    video = await rig.clip(rig.private)
    shown = " ".join(words.split()).removeprefix("\u202e")  # what nobody sees goes from the ends
    assert shown in video.words
    assert all("parse_mode" not in call.params for call in rig.api.calls)
    assert not video.get("caption_entities")
    assert rig.house.provider.orders[0].prompt == shown


async def test_very_long_words(rig: Rig) -> None:
    rig.api.say(rig.ann, rig.private, "/help")
    photo = rig.api.photo(rig.ann, rig.private, picture())
    question = await rig.told(rig.private, "What should happen")
    rig.api.say(rig.ann, rig.private, "x" * 4096, reply_to=question)
    await rig.api.until(lambda: any(post.reply_to == photo.id for post in rig.api.sent(rig.private)))
    assert not [call for call in rig.api.calls if call.code == 400]


@pytest.mark.parametrize(
    "trouble",
    [Refuse(400, "Bad Request: CHAT_ADMIN_REQUIRED"), Refuse(502), Cut("unread"), Flood(3), Hold("unread", 1)],
)
async def test_without_an_answer_nobody_is_an_admin(
    rigs: Rigs, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.telegram.request.READ", 0.2)
    async with rigs(start=False) as rig:
        group = rig.api.supergroup(rig.ann, creator=rig.ann)
        members = Members(rig.client, lambda: 0.0)
        rig.api.trouble["getChatMember"] += [trouble]
        assert not await members.moderates(str(group.id), str(rig.ann.id))
        assert await members.moderates(str(group.id), str(rig.ann.id))  # the failure was not remembered
        assert not await members.moderates(str(rig.private.id), str(rig.ann.id))


async def test_a_stranger_presses(rig: Rig) -> None:
    eve = rig.api.user("Eve")
    group = rig.api.supergroup(rig.ann, eve, creator=rig.ann)
    rig.api.photo(rig.ann, group, picture(), f"/animate@{rig.api.me.username} she smiles")
    video = await rig.clip(group)
    query = rig.api.press(eve, video, "Again · 5 credits")
    assert "Only the person who asked" in (await rig.answer(query))["text"]
    video.buttons[0][0]["callback_data"] = "/again " + "x" * 40  # forged
    query = rig.api.press(eve, video, "Again · 5 credits")
    assert "I don't know" in (await rig.answer(query))["text"]
    assert len(rig.house.provider.orders) == 1


@given(
    st.text("abcdefghijkmnpqrstuvwxyz23456789", min_size=10, max_size=32),
    st.text(max_size=3000),
    st.sampled_from(["queued", "submitting", "running", "delivering", "done"]),
    st.booleans(),
)
def test_every_button_fits(job_id: str, prompt: str, state: str, follows: bool) -> None:
    clip = Clip("clip.mp4", 64, 48, 5.0, 100)
    order = Order("kling", Photo("photo.jpg", 400, 300), prompt)
    job = Job(job_id, "k", "telegram:7", Address("telegram", "1"), order, 5, "today", 0.0, 0.0)
    job = replace(job, outcome="clip", follows=job_id if follows else None, clip=clip)
    job = replace(job, state=state)
    replies = [
        status.result(job, ShownClip(StoredFile(Path("clip.mp4")), clip)),
        status.result(replace(job, reason="failed"), None),
        status.unsure(job),
        status.listing([job] * 10, 100.0),
    ]
    for reply in replies:
        markup = keyboard(reply.buttons)
        assert markup
        for row in markup["inline_keyboard"]:
            for button in row:
                assert 1 <= len(button["callback_data"].encode()) <= 64
                assert button["text"].strip()


async def test_a_closed_client_leaves_nothing_behind() -> None:
    client = TelegramClient(TOKEN, "http://127.0.0.1:9")
    with pytest.raises(ChatError, match="no connection"), mapped():
        await client.get_me()
    await client.hang_up()
    await asyncio.sleep(0)
    assert repr(client) == "TelegramClient()"
