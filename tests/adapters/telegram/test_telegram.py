"""Telegram in private, through the real library: what people do, and what they see."""

import io
from collections.abc import Callable
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from bot import texts
from bot.commands.table import TABLE
from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.houses import picture
from tests.loopback.telegram.server import BotApi
from tests.wave import WAVE

# ── Photos ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_photo_with_a_caption_becomes_a_clip(rig: Rig, large_clip: bytes) -> None:
    photo = rig.api.photo(rig.ann, rig.private, picture(), "she puts on her glasses")
    video = await rig.clip(rig.private)
    assert video.clip == large_clip
    assert video.reply_to == photo.id
    assert "AI-generated" in video.words
    assert video.labels == ["Again · 5 credits", "New words", "Continue"]
    await rig.api.until(lambda: rig.api.sent(rig.private)[0].deleted)
    assert len(rig.api.sent(rig.private)) == 2
    status = rig.api.sent(rig.private)[0]
    assert status.reply_to == photo.id
    assert "5 credits, 25 left today" in status.words


async def test_a_covered_photo_becomes_a_covered_clip(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles", spoiler=True)
    video = await rig.clip(rig.private)
    rig.api.press(rig.ann, video, "Again · 5 credits")
    await rig.clips(rig.private, 2)
    assert [call.params["has_spoiler"] for call in rig.api.called("sendVideo")] == ["true", "true"]


async def test_a_photo_without_words_is_asked_about(rig: Rig) -> None:
    photo = rig.api.photo(rig.ann, rig.private, picture())
    (question,) = await rig.sent(rig.private, 1)
    assert question.force_reply
    assert question.words == texts.chat.NO_WORDS
    assert question.reply_to == photo.id
    rig.api.say(rig.ann, rig.private, "she smiles " + "very " * 300, reply_to=question)
    video = await rig.clip(rig.private)
    assert video.reply_to == photo.id
    (order,) = rig.house.provider.orders
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
async def test_a_command_in_private_is_no_part_of_the_words(rig: Rig, caption: str) -> None:
    rig.api.photo(rig.ann, rig.private, picture(), caption)
    await rig.clip(rig.private)
    (order,) = rig.house.provider.orders
    assert order.prompt == "she smiles"


@pytest.mark.parametrize("caption", ["\u200b", "\u2063", "\u3164", "\u2800", "\ufe0f", "\u202e", "\u00ad\u2060 --10s"])
async def test_words_that_nobody_can_see_are_asked_for(rig: Rig, caption: str) -> None:
    rig.api.photo(rig.ann, rig.private, picture(), caption)
    await rig.told(rig.private, texts.chat.NO_WORDS)
    assert not rig.house.provider.orders


async def test_the_answer_need_not_be_a_reply(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture())
    await rig.told(rig.private, texts.chat.NO_WORDS)
    rig.api.say(rig.ann, rig.private, "she smiles")
    await rig.clip(rig.private)
    rig.api.say(rig.ann, rig.private, "she waves")
    await rig.told(rig.private, texts.chat.NO_PHOTO)


async def test_options_without_words_are_kept_for_the_answer(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture(), "--10s")
    question = await rig.told(rig.private, texts.chat.NO_WORDS)
    rig.api.say(rig.ann, rig.private, "she smiles", reply_to=question)
    await rig.clip(rig.private)
    (order,) = rig.house.provider.orders
    assert (order.prompt, order.seconds) == ("she smiles", 10)


async def test_what_to_avoid_does_not_take_the_answer_in(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture(), "--no blurry")
    await rig.told(rig.private, texts.chat.NO_WORDS)
    rig.api.say(rig.ann, rig.private, "she smiles")
    await rig.clip(rig.private)
    (order,) = rig.house.provider.orders
    assert (order.prompt, order.negative) == ("she smiles", "blurry")


async def test_a_sticker_is_no_answer_and_the_question_stays_open(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture())
    question = await rig.told(rig.private, texts.chat.NO_WORDS)
    rig.api.sticker(rig.ann, rig.private, reply_to=question)
    await rig.told(rig.private, texts.chat.FEW_WORDS)
    assert not rig.house.provider.orders
    rig.api.say(rig.ann, rig.private, "she smiles", reply_to=question)
    await rig.clip(rig.private)


async def test_another_photo_in_answer_is_an_order_of_its_own(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture())
    question = await rig.told(rig.private, texts.chat.NO_WORDS)
    rig.api.photo(rig.ann, rig.private, picture(640, 320), "she smiles", reply_to=question)
    await rig.clip(rig.private)
    (order,) = rig.house.provider.orders
    assert order.photo.width / order.photo.height == 2


def in_kind(kind: str) -> bytes:
    if kind != "HEIF":
        return picture(kind=kind)
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (400, 300), "teal")).save(file)
    return file.getvalue()


async def test_a_photo_as_a_file_works_the_same(rig: Rig) -> None:
    photos = [
        rig.api.document(rig.ann, rig.private, in_kind(kind), name, mime, "she smiles")
        for kind, name, mime in (
            ("JPEG", "photo.jpg", "image/jpeg"),
            ("PNG", "photo.png", "image/png"),
            ("WEBP", "photo.webp", "image/webp"),
            ("HEIF", "IMG_0001.HEIC", "image/heic"),
            ("HEIF", "IMG_0001.HEIC", "application/octet-stream"),
        )
    ]
    clips = await rig.clips(rig.private, len(photos))
    assert {clip.reply_to for clip in clips} == {photo.id for photo in photos}


@pytest.mark.parametrize("name", ["DSC0001.HIF", "photo.jfif", "image"])
async def test_a_photo_by_any_name_is_tried(rig: Rig, name: str) -> None:
    rig.api.document(rig.ann, rig.private, picture(), name, "application/octet-stream", "she smiles")
    await rig.clip(rig.private)


async def test_files_that_are_no_pictures_are_answered_in_a_sentence(rig: Rig) -> None:
    rig.api.document(rig.ann, rig.private, b"%PDF", "paper.pdf", "application/pdf", "she smiles")
    await rig.told(rig.private, texts.chat.WHAT_WORKS)
    rig.api.document(rig.ann, rig.private, b"<html>", "photo.jpg", "image/jpeg", "she smiles")
    await rig.told(rig.private, texts.pictures.NOT_A_PICTURE)
    rig.api.document(rig.ann, rig.private, b"MZ", "setup", "application/octet-stream", "he smiles")
    await rig.api.until(lambda: [p.words for p in rig.api.sent(rig.private)].count(texts.pictures.NOT_A_PICTURE) == 2)
    rig.api.document(rig.ann, rig.private, b"", caption="she smiles", size=21 * 2**20)
    await rig.told(rig.private, texts.pictures.too_heavy(20))
    assert not rig.house.provider.orders


async def test_a_photo_that_telegram_has_lost_is_asked_for_again(rig: Rig) -> None:
    photo = rig.api.photo(rig.ann, rig.private, picture(), "she smiles", forward=True)
    await rig.clip(rig.private)
    for size in photo["photo"]:
        del rig.api.files[size["file_id"]]
    rig.api.say(rig.ann, rig.private, "she waves", reply_to=photo)
    await rig.told(rig.private, texts.pictures.PICTURE_UNREACHABLE)
    assert len(rig.house.provider.orders) == 1


async def test_a_forwarded_photo_works(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles", forward=True)
    await rig.clip(rig.private)


async def test_a_photo_that_a_person_picked_from_another_bot_works(rig: Rig) -> None:
    pic = {"id": 99, "is_bot": True, "first_name": "Pic", "username": "pic"}
    content = {"photo": rig.api.keep_photo(picture()), "caption": "she smiles", "via_bot": pic}
    rig.api._act(rig.ann, rig.private, content)
    await rig.clip(rig.private)


async def test_words_in_reply_to_an_earlier_photo_are_about_it(rig: Rig) -> None:
    photo = rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    await rig.clip(rig.private)
    answer = rig.api.say(rig.ann, rig.private, "she waves", reply_to=photo)
    first, second = await rig.clips(rig.private, 2)
    assert (first.reply_to, second.reply_to) == (photo.id, answer.id)
    assert [order.prompt for order in rig.house.provider.orders] == ["she smiles", "she waves"]


async def test_words_in_reply_to_a_clip_go_on_from_its_last_frame(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    video = await rig.clip(rig.private)
    rig.api.say(rig.ann, rig.private, "she waves", reply_to=video)
    _, second = await rig.clips(rig.private, 2)
    assert "Join" in second.labels


# ── Albums ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_album_of_two_is_first_and_last_frame(rig: Rig) -> None:
    photos = [picture(640, 320), picture(400, 400)]
    parts = rig.api.album(rig.ann, rig.private, photos, "day turns to night", shuffled=True)
    video = await rig.clip(rig.private)
    (order,) = rig.house.provider.orders
    assert order.photo.width == 2 * order.photo.height
    assert order.end
    assert order.end.width == order.end.height
    assert video.reply_to == parts[0].id
    assert len(rig.api.sent(rig.private)) == 2


async def test_an_album_of_two_without_words_is_asked_about_once(rig: Rig) -> None:
    rig.api.album(rig.ann, rig.private, [picture(), picture()])
    question = await rig.told(rig.private, texts.chat.NO_WORDS)
    rig.api.say(rig.ann, rig.private, "day turns to night", reply_to=question)
    await rig.clip(rig.private)
    (order,) = rig.house.provider.orders
    assert order.end


async def test_an_album_of_three_costs_nothing(rig: Rig) -> None:
    rig.api.album(rig.ann, rig.private, [picture()] * 3, "day turns to night")
    (said,) = await rig.sent(rig.private, 1)
    assert said.words == texts.pictures.ONE_PHOTO
    assert await rig.quiet(rig.ann, rig.private) == 1
    assert "30 credits left" in rig.api.sent(rig.private)[-1].words


async def test_an_album_with_a_video_costs_nothing(rig: Rig) -> None:
    photo = {"photo": rig.api.keep_photo(picture()), "caption": "she smiles", "media_group_id": "7"}
    video = {"video": rig.api.keep("video", b"video", width=640, height=480, duration=5), "media_group_id": "7"}
    rig.api._act(rig.ann, rig.private, photo)
    rig.api._act(rig.ann, rig.private, video)
    await rig.told(rig.private, texts.pictures.ONE_PHOTO)
    assert not rig.house.provider.orders


# ── What else people send ────────────────────────────────────────────────────────────────────────────────────────────


async def test_stickers_videos_and_voice_get_one_sentence(rig: Rig) -> None:
    photo = rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    await rig.clip(rig.private)
    rig.api.sticker(rig.ann, rig.private)
    rig.api.video(rig.ann, rig.private, caption="she smiles")
    rig.api.voice(rig.ann, rig.private)
    rig.api.voice(rig.ann, rig.private, reply_to=photo)
    await rig.sent(rig.private, 6)
    assert [post.words for post in rig.api.sent(rig.private)[2:]] == [texts.chat.WHAT_WORKS] * 4
    assert len(rig.house.provider.orders) == 1


async def test_words_alone_are_told_what_is_missing(rig: Rig) -> None:
    rig.api.say(rig.ann, rig.private, "hello")
    assert (await rig.sent(rig.private, 1))[0].words == texts.chat.NO_PHOTO


async def test_telegrams_own_notes_are_not_answered(rig: Rig) -> None:
    message = rig.api.say(rig.ann, rig.private, "hello")
    await rig.told(rig.private, texts.chat.NO_PHOTO)
    rig.api._act(rig.ann, rig.private, {"pinned_message": dict(message)})
    rig.api._act(rig.ann, rig.private, {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}})
    assert await rig.quiet(rig.ann, rig.private) == 1


async def test_an_edited_caption_starts_nothing_and_says_once_how_to_change_it(rig: Rig) -> None:
    rig.hold()
    photo = rig.api.photo(rig.ann, rig.private, picture(), "she smiels")
    await rig.told(rig.private, "she smiels")
    rig.api.edit_caption(photo, "she smiles")
    told = await rig.told(rig.private, texts.chat.NOT_EDITED)
    assert told.labels == ["Cancel"]
    rig.api.edit_caption(photo, "she smiles!")
    assert await rig.quiet(rig.ann, rig.private) == 2
    rig.api.press(rig.ann, told, "Cancel")
    await rig.told(rig.private, "your 5 credits are back")
    assert not rig.house.provider.orders


@pytest.mark.parametrize("caption", ["", "she smiels --then waves"])
async def test_a_caption_edited_after_it_was_asked_about_is_the_answer(rig: Rig, caption: str) -> None:
    photo = rig.api.photo(rig.ann, rig.private, picture(), caption)
    await rig.told(rig.private, "words" if caption else texts.chat.NO_WORDS)
    rig.api.edit_caption(photo, "she smiles")
    await rig.clip(rig.private)
    rig.api.edit_caption(photo, "she smiles!")
    rig.api.say(rig.ann, rig.private, "and she waves")
    await rig.told(rig.private, texts.chat.NO_PHOTO)
    assert [order.prompt for order in rig.house.provider.orders] == ["she smiles"]


async def test_a_caption_that_looks_like_a_command_is_not_bought(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture(), "/nonsense she smiles")
    await rig.told(rig.private, texts.chat.unknown_command("nonsense", pictured=True))
    assert not await rig.house.store.jobs(f"telegram:{rig.ann.id}")


async def test_an_edit_after_the_clip_says_nothing(rig: Rig) -> None:
    photo = rig.api.photo(rig.ann, rig.private, picture(), "she smiels")
    await rig.clip(rig.private)
    rig.api.edit_caption(photo, "she smiles")
    assert await rig.quiet(rig.ann, rig.private) == 2
    assert len(rig.house.provider.orders) == 1


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_help_tells_everything_and_start_how_to_begin(rig: Rig) -> None:
    for command in ("/help", "/help@photoplay_bot", "/start"):
        rig.api.say(rig.ann, rig.private, command)
    first, other, hello = await rig.sent(rig.private, 3)
    assert other.words == first.words
    assert hello.words == texts.chat.HELLO
    for name in ("animate", "jobs", "quota", "cancel", "best", "gallery", "privacy", "help"):
        assert f"/{name} – " in first.words
    assert texts.chat.PRIVACY_MODE not in first.words


async def test_each_command_has_its_answer(rig: Rig) -> None:
    for command, answer in {
        "/animate": texts.chat.ANIMATE_WHAT,
        "/jobs": texts.chat.NO_JOBS,
        "/cancel": texts.chat.NOTHING_TO_CANCEL,
        "/quota": "You have 30 credits left today. You get new ones at midnight UTC",
        "/privacy": "What is kept: ",
        "/fly": texts.chat.unknown_command("fly"),
    }.items():
        rig.api.say(rig.ann, rig.private, command)
        await rig.told(rig.private, answer)
    rig.api.photo(rig.ann, rig.private, picture(), "/fly to the moon")
    await rig.told(rig.private, texts.chat.unknown_command("fly", pictured=True))
    rig.api.photo(rig.ann, rig.private, picture(), "/animate she smiles")
    await rig.clips(rig.private, 1)
    assert [order.prompt for order in rig.house.provider.orders] == ["she smiles"]


async def test_the_latest_clips_can_be_had_again_without_an_upload(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    video = await rig.clip(rig.private)
    rig.api.photo(rig.ann, rig.private, picture(), "she waves --10s")
    await rig.clips(rig.private, 2)
    rig.api.say(rig.ann, rig.private, "/jobs")
    listed = await rig.told(rig.private, "1. ")
    first, second = listed.words.splitlines()
    assert first.startswith("1. ready · “she waves” · 10 s · 10 credits · a few seconds ago")
    assert second.startswith("2. ready · “she smiles” · 5 s · 5 credits")
    assert listed.labels == ["▶ 1", "▶ 2", texts.chat.DELETE_ONE]
    rig.api.press(rig.ann, listed, "▶ 2")
    *_, again = await rig.clips(rig.private, 3)
    call = rig.api.called("sendVideo")[-1]
    assert not call.files
    assert again["video"]["file_id"] == video["video"]["file_id"]
    assert again.labels == video.labels
    assert len(rig.house.provider.orders) == 2


async def test_a_link_with_a_clips_name_brings_the_clip(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    await rig.clip(rig.private)
    (job,) = await rig.house.store.jobs(f"telegram:{rig.ann.id}")
    rig.api.say(rig.ann, rig.private, f"/start {job.id}")
    await rig.clips(rig.private, 2)
    bob = rig.api.user("Bob")
    rig.api.say(bob, rig.api.private(bob), f"/start {job.id}")
    assert (await rig.sent(rig.api.private(bob), 1))[0].words == texts.chat.NOT_YOURS
    rig.api.say(bob, rig.api.private(bob), "/start nothing-we-know")
    await rig.told(rig.api.private(bob), texts.chat.UNKNOWN_JOB)


async def test_the_menus_are_pushed_by_scope_and_only_when_they_changed(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api = BotApi()

    async def pushed() -> int:
        before = len(api.called("setMyCommands"))
        async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
            rig.api.say(rig.ann, rig.private, "/quota")
            await rig.sent(rig.private, 1)
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
