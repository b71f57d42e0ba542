"""Updates of the loopback Bot API, as polls and webhooks get them."""

import asyncio

import pytest
from aiohttp import web
from telegram import Bot, ForceReply, Update
from telegram.error import Conflict
from telegram.ext import Updater

from tests.loopback.telegram.server import BotApi
from tests.loopback.telegram_client import a_bot, updates


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
