"""Telegram posts to us: through the real web server, to `/hooks/telegram`; and the whole app as `run` wires it."""

import asyncio
import io
import json
import logging
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from adapters.telegram.platform import HEARD, Hook
from adapters.web.server import make_app, serve
from bot import logs
from bot.app import open_app, secrets_of
from bot.config import Settings
from bot.media.signed_links import Links
from bot.media.stored import StoredFile
from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.fakes import breaks
from tests.houses import picture
from tests.loopback.telegram.faults import Refuse
from tests.loopback.telegram.server import BotApi

SECRET = "A-secret_123"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@asynccontextmanager
async def hooked(folder: Path, clip: bytes, new_id: Callable[[], str], api: BotApi | None = None) -> AsyncIterator[Rig]:
    """A rig to which Telegram posts."""
    rigs: list[Rig] = []

    async def hook(headers: object, body: Callable[[], Awaitable[bytes]]) -> int:
        return await rigs[0].telegram.hook(headers, body)

    async def health() -> tuple[bool, dict[str, object]]:
        troubles = rigs[0].supervisor.troubles()
        return not any(troubles.values()), troubles

    app = make_app(Links("x" * 32, time.time), lambda name: StoredFile(folder / name), health, None, {"telegram": hook})
    async with (
        serve(app, "127.0.0.1", 0) as web,
        a_rig(
            folder, clip, new_id, api=api, hook=lambda base: Hook(f"{web}/hooks/telegram", SECRET), start=False
        ) as made,
    ):
        made.web = web
        rigs.append(made)
        await made.open()
        await made.api.until(lambda: made.api.webhook)
        yield made


@pytest.fixture
async def rig(tmp_path: Path, clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[Rig]:
    async with hooked(tmp_path, clip, new_id) as made:
        yield made


async def posted(rig: Rig, body: bytes, headers: dict[str, str] | None = None, path: str = "/hooks/telegram") -> int:
    headers = {"Content-Type": "application/json", **({HEADER: SECRET} if headers is None else headers)}
    async with (
        aiohttp.ClientSession() as session,
        session.post(rig.web + path, data=io.BytesIO(body), headers=headers) as response,
    ):
        return response.status


async def healthy(rig: Rig) -> bool:
    async with aiohttp.ClientSession() as session, session.get(rig.web + "/healthz") as response:
        return response.status == 200


async def unread() -> bytes:
    raise AssertionError("nobody whom we do not know is read")


def an_update(rig: Rig, number: int = 1, text: str = "/help") -> bytes:
    message = {"message_id": number, "date": 1, "chat": rig.private.json(), "from": rig.ann.json(), "text": text}
    return json.dumps({"update_id": number, "message": message}).encode()


async def test_a_photo_becomes_a_clip(rig: Rig) -> None:
    assert rig.api.webhook
    assert rig.api.webhook.secret == SECRET
    assert rig.api.allowed == set(HEARD)
    photo = rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    assert (await rig.clip(rig.private)).reply_to == photo.id
    assert not rig.api.called("getUpdates")
    assert await healthy(rig)


@pytest.mark.parametrize("secret", ["", "a-secret_123", SECRET + "x", SECRET[:-1], "\u00e9", None])
async def test_a_wrong_secret_is_refused(rig: Rig, secret: str | None) -> None:
    headers = {} if secret is None else {HEADER: secret}
    assert await posted(rig, an_update(rig), headers) == 403
    assert not await rig.house.store.inbox.waiting("telegram")


async def test_a_secret_of_bytes_that_are_no_text_is_refused(rig: Rig) -> None:
    host, _, port = rig.web.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST /hooks/telegram HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n{HEADER}: ".encode())
    writer.write(b"\xff\xfe\r\n\r\n{}")
    assert b" 403 " in await reader.readline()
    writer.close()


async def test_the_secret_is_compared_in_constant_time(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr("hmac.compare_digest", lambda a, b: compared.append((a, b)) or a == b)
    assert await posted(rig, an_update(rig), {HEADER: "guess"}) == 403
    assert compared == [(b"guess", SECRET.encode())]


@pytest.mark.parametrize(
    "body",
    [b"", b"junk", b"[]", b"null", b'{"update_id": "1"}', b'{"message": {}}', b"\xff\xfe", b'{"update_id": 1'],
)
async def test_junk(rig: Rig, body: bytes) -> None:
    assert await posted(rig, body) == 400
    assert not await rig.house.store.inbox.waiting("telegram")


async def test_an_update_that_cannot_be_read_does_not_come_again(rig: Rig) -> None:
    assert await posted(rig, b'{"update_id": 5, "message": {"message_id": 1}}') == 200
    await rig.settled()
    assert not await rig.house.store.inbox.waiting("telegram")


async def test_too_much_is_refused(rig: Rig) -> None:
    assert await posted(rig, b" " * 1_048_577) == 413


async def test_other_paths(rig: Rig) -> None:
    assert await posted(rig, an_update(rig), path="/hooks/other") == 404


async def test_done_is_said_only_after_the_write(rig: Rig) -> None:
    go, held = asyncio.Event(), asyncio.Event()
    take = rig.house.store.inbox.take

    async def slow(*args: object) -> bool:
        held.set()
        await go.wait()
        return await take(*args)

    rig.house.store.inbox.take = slow
    post = asyncio.create_task(posted(rig, an_update(rig)))
    await held.wait()
    await asyncio.sleep(0.05)
    assert not post.done()
    go.set()
    assert await post == 200
    assert not await take("telegram:update:1", "telegram", "{}", 1.0)


@pytest.mark.parametrize("done", [False, True])
async def test_while_the_database_is_down_telegram_keeps_it(rig: Rig, done: bool) -> None:
    breaks(rig.house.store.inbox, "take", 1, done=done)
    assert await posted(rig, an_update(rig)) == 503
    assert "cannot be kept" in rig.telegram.trouble()
    assert not await healthy(rig)
    assert await posted(rig, an_update(rig)) == 200
    await rig.sent(rig.private, 1)
    assert await healthy(rig)
    assert await posted(rig, an_update(rig)) == 200  # once more: nothing happens
    await rig.settled()
    assert len(rig.api.sent(rig.private)) == 1


async def test_telegram_itself_tries_again(rig: Rig) -> None:
    breaks(rig.house.store.inbox, "take", 2)
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    await rig.clip(rig.private)
    assert len(rig.house.provider.orders) == 1


async def test_before_it_is_open_telegram_keeps_it(tmp_path: Path, clip: bytes, new_id: Callable[[], str]) -> None:
    async with a_rig(tmp_path, clip, new_id, hook=lambda base: Hook(base, SECRET), start=False) as rig:
        assert await rig.telegram.hook({HEADER: SECRET}, unread) == 503


async def test_a_webhook_is_set_at_every_start_and_again_when_it_is_lost(
    tmp_path: Path, clip: bytes, new_id: Callable[[], str]
) -> None:
    """Telegram does not tell its secret: an address that is right may still be set with another one."""
    api = BotApi()
    api.trouble["setWebhook"] += [Refuse(502)]
    async with hooked(tmp_path, clip, new_id, api) as rig:
        assert api.webhook
        api.webhook.secret = "another"
        await rig.close()
        rig.tasks.clear()
        await rig.attend()
        await api.until(lambda: api.webhook and api.webhook.secret == SECRET)
        api.webhook = None  # somebody else removed it
        await api.until(lambda: api.webhook)


async def test_an_address_that_telegram_cannot_reach_is_told(rig: Rig) -> None:
    assert rig.api.webhook
    rig.api.webhook.error = "Connection refused"
    async with asyncio.timeout(60):
        while "cannot reach PUBLIC_URL: Connection refused" not in rig.telegram.trouble():
            await asyncio.sleep(0.01)


async def test_without_a_webhook_nobody_may_post(tmp_path: Path, clip: bytes, new_id: Callable[[], str]) -> None:
    async with a_rig(tmp_path, clip, new_id) as rig:
        assert await rig.telegram.hook({HEADER: SECRET}, unread) == 403
        assert await rig.telegram.hook({HEADER: ""}, unread) == 403


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.usefixtures("light_app")
async def test_the_whole_app(tmp_path: Path, public: bool) -> None:
    """As `photoplay run` wires it: polling, or with a public address posted to; the stand-in makes the clip."""
    api = BotApi()
    api.limits = True
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with api.serve() as base:
        settings = Settings(
            data_dir=tmp_path / "data",
            port=port,
            public_url=f"http://127.0.0.1:{port}" if public else None,
            telegram_token=api.token,
            telegram_api_url=base,
        )
        async with open_app(settings, social=True) as app, app.listening() as web:
            tasks = [asyncio.create_task(app.supervisor.run()), asyncio.create_task(app.worker.run())]
            ann = api.user("Ann")
            private = api.private(ann)
            await api.until(lambda: api.webhook if public else api.called("getUpdates"))
            photo = api.photo(ann, private, picture(), "she smiles")
            await api.until(lambda: any("video" in post for post in api.sent(private)), 30)
            video = next(post for post in api.sent(private) if "video" in post)
            assert video.reply_to == photo.id
            assert "AI-generated" in video.words
            await api.until(lambda: api.sent(private)[0].deleted)
            assert bool(api.called("getUpdates")) is not public
            async with aiohttp.ClientSession() as session, session.get(f"{web}/healthz") as response:
                assert (await response.json())["platforms"] == {"telegram": "up"}
                assert response.status == 200
            app.worker.stop()
            tasks[0].cancel()
            await asyncio.wait(tasks)
    assert not api.violations


async def test_no_level_of_the_log_holds_the_secret_that_telegram_shows_us(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, levels = logging.getLogger().handlers[:], logging.getLogger().level
    api = BotApi()
    async with api.serve() as base:
        settings = Settings(
            data_dir=tmp_path / "data",
            port=0,
            public_url="http://127.0.0.1:9",
            telegram_token=api.token,
            telegram_api_url=base,
        )
        try:
            logs.set_up("DEBUG", secrets_of(settings))
            async with open_app(settings, social=True) as app:
                secret = app.links.secret("telegram-hook")
                logging.getLogger("bot.x").debug("setWebhook with %s", secret)
                listening = asyncio.create_task(app.supervisor.run())
                await api.until(lambda: api.webhook)
                assert api.webhook.secret == secret
                listening.cancel()
                await asyncio.wait({listening})
        finally:
            logging.getLogger().handlers[:] = before
            logging.getLogger().setLevel(levels)
    said = capsys.readouterr().err
    assert "setWebhook with •••" in said
    assert secret not in said
    assert api.token not in said
