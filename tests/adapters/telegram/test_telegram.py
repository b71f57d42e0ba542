"""Telegram in private, through the real library: what people do, and what they see."""

import io
from collections.abc import Callable
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from bot import texts
from bot.commands.table import TABLE
from tests.adapters.telegram.telegram_room import Room, a_room
from tests.houses import picture
from tests.loopback.telegram.server import BotApi
from tests.wave import WAVE

# ── Photos ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_photo_with_a_caption_becomes_a_clip(room: Room, large_clip: bytes) -> None:
    photo = room.api.photo(room.ann, room.private, picture(), "she puts on her glasses")
    video = await room.clip(room.private)
    assert video.clip == large_clip
    assert video.reply_to == photo.id
    assert "AI-generated" in video.words
    assert video.labels == ["Again · 5 credits", "New words", "Continue"]
    await room.api.until(lambda: room.api.sent(room.private)[0].deleted)
    assert len(room.api.sent(room.private)) == 2
    status = room.api.sent(room.private)[0]
    assert status.reply_to == photo.id
    assert "5 credits, 25 left today" in status.words


async def test_a_covered_photo_becomes_a_covered_clip(room: Room) -> None:
    room.api.photo(room.ann, room.private, picture(), "she smiles", spoiler=True)
    video = await room.clip(room.private)
    room.api.press(room.ann, video, "Again · 5 credits")
    await room.clips(room.private, 2)
    assert [call.params["has_spoiler"] for call in room.api.called("sendVideo")] == ["true", "true"]


async def test_a_photo_without_words_is_asked_about(room: Room) -> None:
    photo = room.api.photo(room.ann, room.private, picture())
    (question,) = await room.sent(room.private, 1)
    assert question.force_reply
    assert question.words == texts.chat.NO_WORDS
    assert question.reply_to == photo.id
    room.api.say(room.ann, room.private, "she smiles " + "very " * 300, reply_to=question)
    video = await room.clip(room.private)
    assert video.reply_to == photo.id
    (order,) = room.house.provider.orders
    assert len(order.prompt) > 1024


@pytest.mark.parametrize(
    "caption",
    [
        "/animate: she smiles",
        "/animate @photoplay_bot she smiles",
        "／animate　she smiles",
        "@photoplay_bot: she smiles",
    ],
)
async def test_a_command_in_private_is_no_part_of_the_words(room: Room, caption: str) -> None:
    room.api.photo(room.ann, room.private, picture(), caption)
    await room.clip(room.private)
    (order,) = room.house.provider.orders
    assert order.prompt == "she smiles"


@pytest.mark.parametrize("caption", ["\u200b", "\u2063", "\u3164", "\u2800", "\ufe0f", "\u202e", "\u00ad\u2060 --10s"])
async def test_words_that_nobody_can_see_are_asked_for(room: Room, caption: str) -> None:
    room.api.photo(room.ann, room.private, picture(), caption)
    await room.told(room.private, texts.chat.NO_WORDS)
    assert not room.house.provider.orders


async def test_the_answer_need_not_be_a_reply(room: Room) -> None:
    room.api.photo(room.ann, room.private, picture())
    await room.told(room.private, texts.chat.NO_WORDS)
    room.api.say(room.ann, room.private, "she smiles")
    await room.clip(room.private)
    room.api.say(room.ann, room.private, "she waves")
    await room.told(room.private, texts.chat.NO_PHOTO)


async def test_options_without_words_are_kept_for_the_answer(room: Room) -> None:
    room.api.photo(room.ann, room.private, picture(), "--10s")
    question = await room.told(room.private, texts.chat.NO_WORDS)
    room.api.say(room.ann, room.private, "she smiles", reply_to=question)
    await room.clip(room.private)
    (order,) = room.house.provider.orders
    assert (order.prompt, order.seconds) == ("she smiles", 10)


async def test_what_to_avoid_does_not_take_the_answer_in(room: Room) -> None:
    room.api.photo(room.ann, room.private, picture(), "--no blurry")
    await room.told(room.private, texts.chat.NO_WORDS)
    room.api.say(room.ann, room.private, "she smiles")
    await room.clip(room.private)
    (order,) = room.house.provider.orders
    assert (order.prompt, order.negative) == ("she smiles", "blurry")


async def test_a_sticker_is_no_answer_and_the_question_stays_open(room: Room) -> None:
    room.api.photo(room.ann, room.private, picture())
    question = await room.told(room.private, texts.chat.NO_WORDS)
    room.api.sticker(room.ann, room.private, reply_to=question)
    await room.told(room.private, texts.chat.FEW_WORDS)
    assert not room.house.provider.orders
    room.api.say(room.ann, room.private, "she smiles", reply_to=question)
    await room.clip(room.private)


async def test_another_photo_in_answer_is_an_order_of_its_own(room: Room) -> None:
    room.api.photo(room.ann, room.private, picture())
    question = await room.told(room.private, texts.chat.NO_WORDS)
    room.api.photo(room.ann, room.private, picture(640, 320), "she smiles", reply_to=question)
    await room.clip(room.private)
    (order,) = room.house.provider.orders
    assert order.photo.width / order.photo.height == 2


def in_kind(kind: str) -> bytes:
    if kind != "HEIF":
        return picture(kind=kind)
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (400, 300), "teal")).save(file)
    return file.getvalue()


async def test_a_photo_as_a_file_works_the_same(room: Room) -> None:
    photos = [
        room.api.document(room.ann, room.private, in_kind(kind), name, mime, "she smiles")
        for kind, name, mime in (
            ("JPEG", "photo.jpg", "image/jpeg"),
            ("PNG", "photo.png", "image/png"),
            ("WEBP", "photo.webp", "image/webp"),
            ("HEIF", "IMG_0001.HEIC", "image/heic"),
            ("HEIF", "IMG_0001.HEIC", "application/octet-stream"),
        )
    ]
    clips = await room.clips(room.private, len(photos))
    assert {clip.reply_to for clip in clips} == {photo.id for photo in photos}


@pytest.mark.parametrize("name", ["DSC0001.HIF", "photo.jfif", "image"])
async def test_a_photo_by_any_name_is_tried(room: Room, name: str) -> None:
    room.api.document(room.ann, room.private, picture(), name, "application/octet-stream", "she smiles")
    await room.clip(room.private)


async def test_files_that_are_no_pictures_are_answered_in_a_sentence(room: Room) -> None:
    room.api.document(room.ann, room.private, b"%PDF", "paper.pdf", "application/pdf", "she smiles")
    await room.told(room.private, texts.chat.WHAT_WORKS)
    room.api.document(room.ann, room.private, b"<html>", "photo.jpg", "image/jpeg", "she smiles")
    await room.told(room.private, texts.pictures.NOT_A_PICTURE)
    room.api.document(room.ann, room.private, b"MZ", "setup", "application/octet-stream", "he smiles")
    await room.api.until(
        lambda: [p.words for p in room.api.sent(room.private)].count(texts.pictures.NOT_A_PICTURE) == 2
    )
    room.api.document(room.ann, room.private, b"", caption="she smiles", size=21 * 2**20)
    await room.told(room.private, texts.pictures.too_heavy(20))
    assert not room.house.provider.orders


async def test_a_photo_that_telegram_has_lost_is_asked_for_again(room: Room) -> None:
    photo = room.api.photo(room.ann, room.private, picture(), "she smiles", forward=True)
    await room.clip(room.private)
    for size in photo["photo"]:
        del room.api.files[size["file_id"]]
    room.api.say(room.ann, room.private, "she waves", reply_to=photo)
    await room.told(room.private, texts.pictures.PICTURE_UNREACHABLE)
    assert len(room.house.provider.orders) == 1


async def test_a_forwarded_photo_works(room: Room) -> None:
    room.api.photo(room.ann, room.private, picture(), "she smiles", forward=True)
    await room.clip(room.private)


async def test_a_photo_that_a_person_picked_from_another_bot_works(room: Room) -> None:
    pic = {"id": 99, "is_bot": True, "first_name": "Pic", "username": "pic"}
    content = {"photo": room.api.keep_photo(picture()), "caption": "she smiles", "via_bot": pic}
    room.api._act(room.ann, room.private, content)
    await room.clip(room.private)


async def test_words_in_reply_to_an_earlier_photo_are_about_it(room: Room) -> None:
    photo = room.api.photo(room.ann, room.private, picture(), "she smiles")
    await room.clip(room.private)
    answer = room.api.say(room.ann, room.private, "she waves", reply_to=photo)
    first, second = await room.clips(room.private, 2)
    assert (first.reply_to, second.reply_to) == (photo.id, answer.id)
    assert [order.prompt for order in room.house.provider.orders] == ["she smiles", "she waves"]


async def test_words_in_reply_to_a_clip_go_on_from_its_last_frame(room: Room) -> None:
    room.api.photo(room.ann, room.private, picture(), "she smiles")
    video = await room.clip(room.private)
    room.api.say(room.ann, room.private, "she waves", reply_to=video)
    _, second = await room.clips(room.private, 2)
    assert "Join" in second.labels


# ── Albums ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_album_of_two_is_first_and_last_frame(room: Room) -> None:
    photos = [picture(640, 320), picture(400, 400)]
    parts = room.api.album(room.ann, room.private, photos, "day turns to night", shuffled=True)
    video = await room.clip(room.private)
    (order,) = room.house.provider.orders
    assert order.photo.width == 2 * order.photo.height
    assert order.end
    assert order.end.width == order.end.height
    assert video.reply_to == parts[0].id
    assert len(room.api.sent(room.private)) == 2


async def test_an_album_of_two_without_words_is_asked_about_once(room: Room) -> None:
    room.api.album(room.ann, room.private, [picture(), picture()])
    question = await room.told(room.private, texts.chat.NO_WORDS)
    room.api.say(room.ann, room.private, "day turns to night", reply_to=question)
    await room.clip(room.private)
    (order,) = room.house.provider.orders
    assert order.end


async def test_an_album_of_three_costs_nothing(room: Room) -> None:
    room.api.album(room.ann, room.private, [picture()] * 3, "day turns to night")
    (said,) = await room.sent(room.private, 1)
    assert said.words == texts.pictures.ONE_PHOTO
    assert await room.quiet(room.ann, room.private) == 1
    assert "30 credits left" in room.api.sent(room.private)[-1].words


async def test_an_album_with_a_video_costs_nothing(room: Room) -> None:
    photo = {"photo": room.api.keep_photo(picture()), "caption": "she smiles", "media_group_id": "7"}
    video = {"video": room.api.keep("video", b"video", width=640, height=480, duration=5), "media_group_id": "7"}
    room.api._act(room.ann, room.private, photo)
    room.api._act(room.ann, room.private, video)
    await room.told(room.private, texts.pictures.ONE_PHOTO)
    assert not room.house.provider.orders


# ── What else people send ────────────────────────────────────────────────────────────────────────────────────────────


async def test_stickers_videos_and_voice_get_one_sentence(room: Room) -> None:
    photo = room.api.photo(room.ann, room.private, picture(), "she smiles")
    await room.clip(room.private)
    room.api.sticker(room.ann, room.private)
    room.api.video(room.ann, room.private, caption="she smiles")
    room.api.voice(room.ann, room.private)
    room.api.voice(room.ann, room.private, reply_to=photo)
    await room.sent(room.private, 6)
    assert [post.words for post in room.api.sent(room.private)[2:]] == [texts.chat.WHAT_WORKS] * 4
    assert len(room.house.provider.orders) == 1


async def test_words_alone_are_told_what_is_missing(room: Room) -> None:
    room.api.say(room.ann, room.private, "hello")
    assert (await room.sent(room.private, 1))[0].words == texts.chat.NO_PHOTO


async def test_telegrams_own_notes_are_not_answered(room: Room) -> None:
    message = room.api.say(room.ann, room.private, "hello")
    await room.told(room.private, texts.chat.NO_PHOTO)
    room.api._act(room.ann, room.private, {"pinned_message": dict(message)})
    room.api._act(room.ann, room.private, {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}})
    assert await room.quiet(room.ann, room.private) == 1


async def test_an_edited_caption_starts_nothing_and_says_once_how_to_change_it(room: Room) -> None:
    room.hold()
    photo = room.api.photo(room.ann, room.private, picture(), "she smiels")
    await room.told(room.private, "she smiels")
    room.api.edit_caption(photo, "she smiles")
    told = await room.told(room.private, texts.chat.NOT_EDITED)
    assert told.labels == ["Cancel"]
    room.api.edit_caption(photo, "she smiles!")
    assert await room.quiet(room.ann, room.private) == 2
    room.api.press(room.ann, told, "Cancel")
    await room.told(room.private, "your 5 credits are back")
    assert not room.house.provider.orders


async def test_a_caption_that_looks_like_a_command_is_not_bought(room: Room) -> None:
    room.api.photo(room.ann, room.private, picture(), "/nonsense she smiles")
    await room.told(room.private, texts.chat.unknown_command("nonsense", pictured=True))
    assert not await room.house.store.jobs(f"telegram:{room.ann.id}")


async def test_an_edit_after_the_clip_says_nothing(room: Room) -> None:
    photo = room.api.photo(room.ann, room.private, picture(), "she smiels")
    await room.clip(room.private)
    room.api.edit_caption(photo, "she smiles")
    assert await room.quiet(room.ann, room.private) == 2
    assert len(room.house.provider.orders) == 1


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_help_tells_everything_and_start_how_to_begin(room: Room) -> None:
    for command in ("/help", "/help@photoplay_bot", "/start"):
        room.api.say(room.ann, room.private, command)
    first, other, hello = await room.sent(room.private, 3)
    assert other.words == first.words
    assert hello.words == texts.chat.HELLO
    for name in ("animate", "jobs", "quota", "cancel", "best", "gallery", "privacy", "help"):
        assert f"/{name} – " in first.words
    assert texts.chat.PRIVACY_MODE not in first.words


async def test_each_command_has_its_answer(room: Room) -> None:
    for command, answer in {
        "/animate": texts.chat.ANIMATE_WHAT,
        "/jobs": texts.chat.NO_JOBS,
        "/cancel": texts.chat.NOTHING_TO_CANCEL,
        "/quota": "You have 30 credits left today. You get new ones at midnight UTC",
        "/privacy": "What is kept: ",
        "/fly": texts.chat.unknown_command("fly"),
    }.items():
        room.api.say(room.ann, room.private, command)
        await room.told(room.private, answer)
    room.api.photo(room.ann, room.private, picture(), "/fly to the moon")
    await room.told(room.private, texts.chat.unknown_command("fly", pictured=True))
    room.api.photo(room.ann, room.private, picture(), "/animate she smiles")
    await room.clips(room.private, 1)
    assert [order.prompt for order in room.house.provider.orders] == ["she smiles"]


async def test_the_latest_clips_can_be_had_again_without_an_upload(room: Room) -> None:
    room.api.photo(room.ann, room.private, picture(), "she smiles")
    video = await room.clip(room.private)
    room.api.photo(room.ann, room.private, picture(), "she waves --10s")
    await room.clips(room.private, 2)
    room.api.say(room.ann, room.private, "/jobs")
    listed = await room.told(room.private, "1. ")
    first, second = listed.words.splitlines()
    assert first.startswith("1. ready · “she waves” · 10 s · 10 credits · a few seconds ago")
    assert second.startswith("2. ready · “she smiles” · 5 s · 5 credits")
    assert listed.labels == ["▶ 1", "▶ 2", texts.chat.DELETE_ONE]
    room.api.press(room.ann, listed, "▶ 2")
    *_, again = await room.clips(room.private, 3)
    call = room.api.called("sendVideo")[-1]
    assert not call.files
    assert again["video"]["file_id"] == video["video"]["file_id"]
    assert again.labels == video.labels
    assert len(room.house.provider.orders) == 2


async def test_a_link_with_a_clips_name_brings_the_clip(room: Room) -> None:
    room.api.photo(room.ann, room.private, picture(), "she smiles")
    await room.clip(room.private)
    (job,) = await room.house.store.jobs(f"telegram:{room.ann.id}")
    room.api.say(room.ann, room.private, f"/start {job.id}")
    await room.clips(room.private, 2)
    bob = room.api.user("Bob")
    room.api.say(bob, room.api.private(bob), f"/start {job.id}")
    assert (await room.sent(room.api.private(bob), 1))[0].words == texts.chat.NOT_YOURS
    room.api.say(bob, room.api.private(bob), "/start nothing-we-know")
    await room.told(room.api.private(bob), texts.chat.UNKNOWN_JOB)


async def test_the_menus_are_pushed_by_scope_and_only_when_they_changed(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api = BotApi()

    async def pushed() -> int:
        before = len(api.called("setMyCommands"))
        async with a_room(tmp_path, large_clip, new_id, api=api) as room:
            room.api.say(room.ann, room.private, "/quota")
            await room.sent(room.private, 1)
        return len(api.called("setMyCommands")) - before

    assert await pushed() == 4
    menus = {scope: [each["command"] for each in menu] for (scope, _), menu in api.commands.items()}
    own = ["animate", "jobs", "quota", "cancel", "model", "privacy", "help", "start"]
    assert menus["all_private_chats"] == [*own, "sharing", "link", "unlink", "mydata", "forgetme"]
    common = ["animate", "jobs", "quota", "cancel", "model", "best", "gallery", "privacy", "help"]
    assert menus["all_group_chats"] == common
    verbs = ["grant", "revoke", "ban", "unban", "limits", "tier", "refund", "usage", "audit", "export"]
    assert menus["all_chat_administrators"] == [*common, *verbs, "wordlist", "review"]
    assert await pushed() == 0
    monkeypatch.setitem(TABLE, "wave", WAVE)
    assert await pushed() == 4
    for scope in ("default", "all_private_chats", "all_group_chats", "all_chat_administrators"):
        menu = next(menu for (kind, _), menu in api.commands.items() if kind == scope)
        assert {"command": "wave", "description": "wave to me"} in menu
