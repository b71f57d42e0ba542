"""Messages, members and guests of the loopback Bot API, seen through the real python-telegram-bot."""

import pytest
from telegram import (
    Bot,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaPhoto,
    InputMediaVideo,
    InputTextMessageContent,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError

from tests.loopback.telegram.server import BotApi
from tests.loopback.telegram_client import KEYS, a_bot, updates


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
