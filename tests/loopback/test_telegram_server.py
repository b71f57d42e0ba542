"""The loopback Bot API behaves as Telegram does, seen through the real python-telegram-bot."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import httpx
import pytest
from aiohttp import web
from httpx_aiohttp import AiohttpTransport
from telegram import (
    Bot,
    BotCommandScopeChat,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaPhoto,
    InputMediaVideo,
    InputTextMessageContent,
    Update,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.ext import Updater
from telegram.request import HTTPXRequest

from tests.loopback.telegram.faults import Cut, Flood, Hold, Refuse
from tests.loopback.telegram.forms import form_parts
from tests.loopback.telegram.server import BotApi

KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Again", callback_data="again:1")]])


@contextlib.asynccontextmanager
async def a_bot(api: BotApi, token: str | None = None, seconds: float = 5) -> AsyncIterator[Bot]:
    request = HTTPXRequest(read_timeout=seconds, httpx_kwargs={"transport": AiohttpTransport()})
    polls = HTTPXRequest(read_timeout=seconds, httpx_kwargs={"transport": AiohttpTransport()})
    async with request, polls:
        yield Bot(token or api.token, api.bot_url, api.file_url, request=request, get_updates_request=polls)


@pytest.fixture(autouse=True)
def new_durations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this, `RetryAfter` cannot be raised: the warning that it gives is an error here."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    api = BotApi()
    async with api.serve():
        yield api


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    async with a_bot(api) as bot:
        yield bot


def causes(error: BaseException | None) -> tuple[type[BaseException], ...]:
    """What PTB raised, what the transport made of it, and what aiohttp said."""
    chain = []
    while error and len(chain) < 3:
        chain.append(type(error))
        error = error.__cause__
    return tuple(chain)


async def updates(bot: Bot, offset: int | None = None, **more: Any) -> list[Update]:
    return list(await bot.get_updates(offset, **more))


async def test_a_photo_comes_in_and_a_clip_goes_out(api: BotApi, bot: Bot, clip: bytes) -> None:
    assert (await bot.get_me()).supports_guest_queries
    ann = api.user()
    chat = api.private(ann)
    api.photo(ann, chat, b"\xff\xd8 jpeg", "/video@photoplay_bot she smiles 😀 @bob", spoiler=True, forward=True)
    (update,) = await updates(bot)
    message = update.message
    assert message
    assert [message.parse_caption_entity(each) for each in message.caption_entities] == ["/video@photoplay_bot", "@bob"]
    assert message.has_media_spoiler
    assert message.forward_origin
    assert [size.width for size in message.photo] == sorted(size.width for size in message.photo)
    file = await message.photo[-1].get_file()
    assert await file.download_as_bytearray() == b"\xff\xd8 jpeg"

    sent = await bot.send_video(
        chat.id,
        clip,
        thumbnail=b"jpeg",
        filename="clip.mp4",
        caption="<b>Done</b> &amp; ready",
        parse_mode="HTML",
        reply_to_message_id=message.id,
        reply_markup=KEYS,
        width=64,
    )
    assert sent.video
    assert sent.video.width == 64
    assert sent.reply_to_message
    (post,) = api.sent(chat)
    assert (post.clip, post.thumbnail, post.words, post.labels) == (clip, b"jpeg", "Done & ready", ["Again"])
    assert post["caption_entities"] == [{"type": "bold", "offset": 0, "length": 4}]
    again = await bot.send_video(chat.id, sent.video.file_id)
    assert again.video == sent.video
    assert api.called("sendVideo")[0].files["video"].size == len(clip)


async def test_updates_are_confirmed_by_offset_and_may_come_again(api: BotApi, bot: Bot) -> None:
    ann = api.user()
    for word in ("one", "two", "three"):
        api.say(ann, api.private(ann), word)
    assert [update.message.text for update in await updates(bot, limit=2)] == ["one", "two"]
    rest = await updates(bot, api.updates[1]["update_id"])
    assert [update.message.text for update in rest] == ["two", "three"]
    assert not await updates(bot, rest[-1].update_id + 1)
    api.again(api.updates[0])
    assert [update.message.text for update in await updates(bot, rest[-1].update_id + 1)] == ["one"]


async def test_what_the_bot_did_not_want_is_not_kept_for_it(api: BotApi, bot: Bot) -> None:
    ann = api.user()
    await updates(bot, allowed_updates=["callback_query"])
    api.say(ann, api.private(ann), "lost")
    await updates(bot)  # the earlier wish holds
    api.say(ann, api.private(ann), "lost too")
    await updates(bot, allowed_updates=[])
    api.say(ann, api.private(ann), "seen")
    assert [update.message.text for update in await updates(bot)] == ["seen"]


async def test_the_updater_polls(api: BotApi, bot: Bot) -> None:
    queue: asyncio.Queue[Update] = asyncio.Queue()
    updater = Updater(bot, queue)
    async with updater:
        await updater.start_polling(allowed_updates=Update.ALL_TYPES)
        ann = api.user()
        post = api.say(ann, api.private(ann), "hello")
        assert (await asyncio.wait_for(queue.get(), 60)).message.text == "hello"
        api.edit_text(post, "hello!")
        assert (await asyncio.wait_for(queue.get(), 60)).edited_message.text == "hello!"
        await api.until(lambda: not api.pending)
        await updater.stop()
    assert not api.pending


async def test_two_pollers_disturb_each_other(api: BotApi, bot: Bot) -> None:
    async with a_bot(api) as other:
        first = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(other.get_updates(timeout=5))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first
        api.say(ann := api.user(), api.private(ann), "hello")
        assert len(await second) == 1


async def test_a_webhook_gets_everything_in_order_until_it_says_200(api: BotApi, bot: Bot) -> None:
    came: list[tuple[str, str]] = []
    answers = [500, 200, 200]

    async def take(request: web.BaseRequest) -> web.Response:
        text = (await request.json())["message"]["text"]
        came.append((request.headers["X-Telegram-Bot-Api-Secret-Token"], text))
        return web.Response(status=answers.pop(0))

    runner = web.ServerRunner(web.Server(take))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        ann = api.user()
        api.say(ann, api.private(ann), "one")
        await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/", secret_token="secret")
        api.say(ann, api.private(ann), "two")
        with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
            await updates(bot)
        await api.until(lambda: not api.pending)
        assert (
            await bot.get_webhook_info()
        ).last_error_message == "Wrong response from the webhook: 500 Internal Server Error"
        assert came == [("secret", "one"), ("secret", "one"), ("secret", "two")]
    finally:
        await runner.cleanup()


async def test_a_group_shows_only_what_is_meant_for_the_bot(api: BotApi, bot: Bot) -> None:
    ann = api.user()
    chat = api.supergroup(ann)
    mine = await bot.send_message(chat.id, "hello", reply_markup=ForceReply())
    api.say(ann, chat, "not for you")
    api.say(ann, chat, "/video@another_bot")
    api.photo(ann, chat, b"", "no")
    api.say(ann, chat, "hi @photoplay_bot")
    api.photo(ann, chat, b"", "/video smile")
    api.say(ann, chat, "an answer", reply_to=chat.posts[mine.id])
    assert [(each.message.text or each.message.caption) for each in await updates(bot)] == [
        "hi @photoplay_bot",
        "/video smile",
        "an answer",
    ]
    assert chat.posts[mine.id].force_reply


async def test_topics_close_and_go(api: BotApi, bot: Bot) -> None:
    ann = api.user()
    chat = api.supergroup(ann, is_forum=True)
    thread = api.topic(ann, chat)
    post = api.say(ann, chat, "/video", thread=thread)
    assert post.reply_to == thread  # Telegram does so
    sent = await bot.send_message(chat.id, "here", reply_to_message_id=post.id)
    assert (sent.message_thread_id, sent.is_topic_message) == (thread, True)
    api.close_topic(ann, chat, thread)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(chat.id, "here", message_thread_id=thread)
    api.set_member(api.me, chat, "administrator")
    await bot.send_message(chat.id, "here", message_thread_id=thread)
    api.delete_topic(chat, thread)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(chat.id, "here", message_thread_id=thread)


async def test_members_and_migration(api: BotApi, bot: Bot) -> None:
    ann, bob = api.user(), api.user("Bob")
    chat = api.group(bob, creator=ann)
    api.set_member(ann, chat, "creator", anonymous=True)
    assert [each.user.id for each in await bot.get_chat_administrators(chat.id)] == [ann.id]
    assert (await bot.get_chat_member(chat.id, bob.id)).status == "member"
    assert (await bot.get_chat(chat.id)).title == "Group"
    post = api.say(ann, chat, "/start")
    assert post["sender_chat"]["id"] == chat.id
    new = api.migrate(chat)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(chat.id, "hello")
    assert moved.value.new_chat_id == new.id
    api.set_member(api.me, new, "kicked", by=ann)
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(new.id, "hello")
    api.set_member(api.me, api.private(ann), "kicked")
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ann.id, "hello")
    changes = [each.my_chat_member for each in await updates(bot) if each.my_chat_member]
    assert [(each.old_chat_member.status, each.new_chat_member.status) for each in changes] == [
        ("member", "kicked")
    ] * 2


async def test_buttons_and_edits(api: BotApi, bot: Bot) -> None:
    ann = api.user()
    chat = api.private(ann)
    sent = await bot.send_message(chat.id, "one", reply_markup=KEYS)
    api.press(ann, chat.posts[sent.id], "Again")
    (update,) = await updates(bot)
    query = update.callback_query
    assert query
    assert query.data == "again:1"
    assert await query.answer("Right away")
    assert api.answers[query.id]["text"] == "Right away"
    await query.edit_message_text("two", reply_markup=KEYS)
    with pytest.raises(BadRequest, match="Message is not modified"):
        await query.edit_message_text("two", reply_markup=KEYS)
    await query.edit_message_reply_markup(None)
    assert [each["text"] for each in chat.posts[sent.id].history] == ["one", "two"]
    assert not chat.posts[sent.id].buttons
    await bot.delete_message(chat.id, sent.id)
    assert chat.posts[sent.id].deleted
    for call in (bot.edit_message_text("three", chat.id, sent.id), bot.delete_message(chat.id, sent.id)):
        with pytest.raises(BadRequest, match="not found"):
            await call
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query("unknown")


async def test_a_guest_message_is_answered_once_and_becomes_a_clip(api: BotApi, bot: Bot, clip: bytes) -> None:
    ann = api.user()
    asked = api.guest(ann, "@photoplay_bot she smiles", reply_to_photo=b"jpeg")
    (update,) = await updates(bot)
    message = update.guest_message
    assert message
    assert message.reply_to_message.photo
    said = InlineQueryResultArticle("1", "Video", InputTextMessageContent("Wait"), reply_markup=KEYS)
    sent = await message.answer_guest_query(said)
    with pytest.raises(BadRequest, match="Query is too old"):
        await message.answer_guest_query(said)
    api.press(ann, api.inline[sent.inline_message_id], "Again")
    (update,) = await updates(bot, update.update_id + 1)
    assert update.callback_query.inline_message_id == sent.inline_message_id
    with pytest.raises(BadRequest):
        await bot.edit_message_media(InputMediaVideo(clip), inline_message_id=sent.inline_message_id)
    video = (await bot.send_video(api.private(ann).id, clip)).video
    await bot.edit_message_media(
        InputMediaVideo(video.file_id, caption="Done"), inline_message_id=sent.inline_message_id
    )
    assert (api.inline[sent.inline_message_id].clip, asked["guest_query_id"]) == (clip, message.guest_query_id)


async def test_it_is_as_strict_as_telegram(api: BotApi, bot: Bot, clip: bytes) -> None:
    ann = api.user()
    chat = api.private(ann)
    theirs = api.photo(ann, chat, b"jpeg")
    photo = theirs["photo"][0]["file_id"]
    film, words = await bot.send_video(chat.id, clip, caption="same"), await bot.send_message(chat.id, "words")
    big = api.document(ann, chat, b"", size=20 * 2**20 + 1)
    gone = api.say(ann, chat, "gone")
    api.delete(gone)
    long_key = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="ж" * 33)]])
    query = api.press(ann, chat.posts[(await bot.send_message(chat.id, "x", reply_markup=KEYS)).id], "Again")
    for call, reason in (
        (bot.send_message(1, "x"), "Chat not found"),
        (bot.send_message(chat.id, " "), "Message text is empty"),
        (bot.send_message(chat.id, "x" * 4097), "Message is too long"),
        (bot.send_message(chat.id, "x", reply_markup=long_key), "Button_data_invalid"),
        (bot.send_message(chat.id, "<b>x", parse_mode="HTML"), "Can't parse entities: can't find end tag"),
        (bot.send_message(chat.id, "<x>x</x>", parse_mode="HTML"), "Can't parse entities: unsupported start tag"),
        (bot.send_message(chat.id, "x", reply_to_message_id=gone.id), "Message to be replied not found"),
        (bot.send_video(chat.id, b"x", caption="x" * 1025), "Message caption is too long"),
        (bot.send_video(chat.id, b"x", thumbnail=b"x" * 204801), "too big for a thumbnail"),
        (bot.send_video(chat.id, "unknown"), "Wrong remote file identifier specified"),
        (bot.send_video(chat.id, "no such/file"), "Wrong file identifier/http url specified"),
        (bot.send_video(chat.id, photo), "Can't use file of type photo as video"),
        (bot.edit_message_text("x", chat.id, film.id), "There is no text in the message to edit"),
        (bot.edit_message_caption(chat.id, words.id, caption="x"), "There is no caption in the message to edit"),
        (bot.edit_message_caption(chat.id, film.id, caption="x" * 1025), "Message caption is too long"),
        (bot.edit_message_caption(chat.id, film.id, caption="same"), "Message is not modified"),
        (bot.edit_message_caption(chat.id, 999, caption="x"), "Message to edit not found"),
        (bot.edit_message_caption(chat.id, theirs.id, caption="x"), "Message can't be edited"),
        (bot.edit_message_media(InputMediaPhoto(clip), chat.id, theirs.id), "Message can't be edited"),
        (bot.edit_message_media(InputMediaPhoto("unknown"), chat.id, film.id), "Wrong remote file identifier"),
        (bot.edit_message_text("x", chat.id, 999), "Message to edit not found"),
        (bot.get_file(big["document"]["file_id"]), "File is too big"),
        (bot.answer_callback_query(query["id"], "x" * 201), "Message_too_long"),
    ):
        with pytest.raises(BadRequest, match=reason):
            await call
    assert await bot.send_message(chat.id, "x", reply_to_message_id=gone.id, allow_sending_without_reply=True)
    api.upload_limit = 1000
    with pytest.raises(NetworkError, match="Request Entity Too Large"):
        await bot.send_video(chat.id, b"x" * 300_000)
    group = api.group(ann)
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(group.id, api.say(ann, group, "mine").id)
    async with a_bot(api, "1:wrong") as stranger:
        with pytest.raises(InvalidToken):
            await stranger.get_me()


async def test_a_message_is_deleted_within_two_days_and_edited_for_ever(api: BotApi, bot: Bot, clip: bytes) -> None:
    ann = api.user()
    places = {
        api.private(ann): "Message can't be deleted for everyone",
        api.group(ann): "Message can't be deleted for everyone",
        api.supergroup(ann): "Message can't be deleted$",
    }
    films = {chat: await bot.send_video(chat.id, clip, caption="x", reply_markup=KEYS) for chat in places}
    young = [await bot.send_message(chat.id, "x") for chat in places]
    api.later = 48 * 3600 - 60
    for message in young:
        assert await message.delete()
    api.later = 48 * 3600
    for chat, reason in places.items():
        api.set_member(api.me, chat, "administrator")
        with pytest.raises(BadRequest, match=reason):
            await films[chat].delete()
        await bot.edit_message_media(InputMediaPhoto(b"picture", caption="gone"), chat.id, films[chat].id)
        post = chat.posts[films[chat].id]
        assert (post.clip, post.words, post.labels, "video" in post, "photo" in post) == (
            b"picture",
            "gone",
            [],
            False,
            True,
        )


async def test_reactions_are_told_to_an_admin_that_asked_for_them(api: BotApi, bot: Bot) -> None:
    ann, bob = api.user(), api.user("Bob")
    chat = api.supergroup(ann, bob)
    post = chat.posts[(await bot.send_message(chat.id, "x")).id]
    api.react(ann, post, "❤")
    await bot.get_updates(allowed_updates=["message", "message_reaction"])
    api.react(ann, post, "👍")
    chat.members[api.me.id] = "administrator"
    api.react(ann, post, "❤", "👍")
    api.react(ann, post, "❤", "👍")
    chat.anonymous.add(bob.id)
    api.react(bob, post, {"type": "custom_emoji", "custom_emoji_id": "5"})
    first, second = [each.message_reaction for each in await updates(bot)]
    assert first
    assert second
    assert (first.chat.id, first.message_id, first.user.id, first.actor_chat) == (chat.id, post.id, ann.id, None)
    assert [one.emoji for one in first.old_reaction] == ["👍"]
    assert [one.emoji for one in first.new_reaction] == ["❤", "👍"]
    assert (second.user, second.actor_chat.id) == (None, chat.id)
    with pytest.raises(AssertionError):
        api.react(ann, post, "not one of them")


async def test_a_bot_begins_no_conversation(api: BotApi, bot: Bot) -> None:
    ann, stranger = api.user(), api.user("Zoe")
    api.group(ann)
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(ann.id, "hello")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(stranger.id, "hello")
    api.private(ann)
    assert await bot.send_message(ann.id, "hello")


async def test_commands_by_scope_and_language(api: BotApi, bot: Bot) -> None:
    await bot.set_my_commands([("video", "Make one")])
    await bot.set_my_commands([("video", "Сделать")], scope=BotCommandScopeChat(7), language_code="ru")
    assert [each.description for each in await bot.get_my_commands()] == ["Make one"]
    assert [each.description for each in await bot.get_my_commands(BotCommandScopeChat(7), "ru")] == ["Сделать"]
    await bot.delete_my_commands()
    assert not await bot.get_my_commands()
    with pytest.raises(BadRequest, match="Bot_command_invalid"):
        await bot.set_my_commands([("Video", "Make one")])
    await bot.set_my_description("What it does", "en")
    assert api.descriptions["description", "en"] == "What it does"


async def test_an_album_comes_in_any_order(api: BotApi, bot: Bot) -> None:
    ann = api.user()
    api.album(ann, api.private(ann), [b"1", b"2", b"3"], "smile", shuffled=True)
    came = await updates(bot)
    assert [each.message.caption for each in came] == [None, None, "smile"]
    assert len({each.message.media_group_id for each in came}) == 1


async def test_other_kinds_of_message(api: BotApi, bot: Bot) -> None:
    ann = api.user()
    for act in (api.video, api.sticker, api.voice):
        act(ann, api.private(ann))
    came = [each.message for each in await updates(bot)]
    assert came[0].video
    assert came[1].sticker
    assert came[2].voice


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
