"""Buttons on Telegram, through the real library: what they do, for whom, and for how long."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.telegram import callbacks
from adapters.telegram.render import keyboard
from bot import texts
from bot.conversation import Button
from bot.model import Pending
from bot.sentence import verbatim
from tests.adapters.telegram.telegram_room import Room, a_room
from tests.houses import picture
from tests.loopback.telegram.model import JSON, Chat, Post, User
from tests.loopback.telegram.server import BotApi

ME = "photoplay_bot"


async def a_clip(room: Room, words: str = "she smiles") -> Post:
    room.api.photo(room.ann, room.private, picture(), words)
    return await room.clip(room.private)


async def a_clip_of_bobs(room: Room, ann: str = "member") -> tuple[User, Chat, Post]:
    """Bob's clip in a group where Ann is, too."""
    bob = room.api.user("Bob")
    group = room.api.supergroup(room.ann, bob)
    group.members[room.ann.id] = ann
    room.api.photo(bob, group, picture(), f"/animate@{ME} she smiles")
    return bob, group, await room.clip(group)


def tapped(room: Room, user: User, message: Post, data: str, *, shown: bool = True) -> JSON:
    """A tap with data that no button has; or on a message that Telegram does not show us any more."""
    there = dict(message) if shown else {"chat": message["chat"], "message_id": message.id, "date": 0}
    number = str(next(room.api._numbers))
    query: JSON = {"id": number, "from": user.json(), "chat_instance": "1", "data": data, "message": there}
    room.api.queries[number] = query
    room.api.queue("callback_query", query)
    return query


def data_of(message: Post, label: str) -> str:
    return next(each["callback_data"] for row in message.buttons for each in row if each["text"] == label)


# ── What they do ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_again_is_the_same_order_at_the_price_it_shows(room: Room) -> None:
    video = await a_clip(room, "she smiles --10s --no rain")
    assert video.labels[0] == "Again · 10 credits"
    query = room.api.press(room.ann, video, "Again · 10 credits")
    _, second = await room.clips(room.private, 2)
    assert second.reply_to == video.id
    first, again = room.house.provider.orders
    assert (again.prompt, again.seconds, again.negative) == (first.prompt, first.seconds, first.negative)
    assert "text" not in await room.answer(query)


async def test_new_words_for_the_same_photo(room: Room) -> None:
    video = await a_clip(room)
    room.api.press(room.ann, video, "New words")
    question = await room.told(room.private, "What should happen instead of “she smiles”?")
    assert question.force_reply
    room.api.say(room.ann, room.private, "she waves", reply_to=question)
    await room.clips(room.private, 2)
    first, second = room.house.provider.orders
    assert (second.prompt, second.photo.width, second.end) == ("she waves", first.photo.width, None)


async def test_only_other_options_leave_the_words_as_they_are(room: Room) -> None:
    video = await a_clip(room)
    room.api.press(room.ann, video, "New words")
    question = await room.told(room.private, "instead of")
    room.api.say(room.ann, room.private, "--10s", reply_to=question)
    await room.clips(room.private, 2)
    assert (room.house.provider.orders[1].prompt, room.house.provider.orders[1].seconds) == ("she smiles", 10)


@pytest.mark.parametrize("button", ["New words", "Continue"])
async def test_a_sticker_in_answer_to_a_question_buys_nothing(room: Room, button: str) -> None:
    video = await a_clip(room)
    room.api.press(room.ann, video, button)
    await room.api.until(lambda: any(post.force_reply for post in room.api.sent(room.private)))
    question = next(post for post in room.api.sent(room.private) if post.force_reply)
    room.api.sticker(room.ann, room.private, reply_to=question)
    await room.told(room.private, texts.chat.FEW_WORDS)
    assert len(room.house.provider.orders) == 1


async def test_a_panorama_has_a_button_that_takes_its_middle(room: Room) -> None:
    room.api.photo(room.ann, room.private, picture(2000, 400), "slow pan right")
    question = await room.told(room.private, texts.pictures.TOO_LONG)
    assert question.labels == [texts.pictures.CROP, texts.credits.NO]
    assert question.reply_to
    assert not room.house.provider.orders
    room.api.press(room.ann, question, texts.pictures.CROP)
    await room.clip(room.private)
    (order,) = room.house.provider.orders
    assert (order.photo.width, order.photo.height) == (1000, 400)
    await room.api.until(lambda: question.deleted)


async def test_continue_and_join(room: Room, large_clip: bytes) -> None:
    video = await a_clip(room)
    room.api.press(room.ann, video, "Continue")
    question = await room.told(room.private, texts.chat.ASK_NEXT)
    room.api.say(room.ann, room.private, "then she waves", reply_to=question)
    _, second = await room.clips(room.private, 2)
    assert second.labels == ["Again · 5 credits", "New words", "Continue", "Join"]
    room.api.press(room.ann, second, "Join")
    *_, film = await room.clips(room.private, 3)
    assert film.words == texts.chat.joined(2)
    assert film.reply_to == second.id
    assert film["video"]["duration"] == 2
    assert film.clip
    assert film.clip != large_clip


async def test_cancel_takes_the_order_back(room: Room) -> None:
    room.hold()
    room.api.photo(room.ann, room.private, picture(), "she smiles")
    status = await room.told(room.private, "“she smiles”")
    assert status.labels == ["Cancel"]
    query = room.api.press(room.ann, status, "Cancel")
    assert (await room.answer(query))["text"] == texts.jobs.CANCELLED
    told = await room.told(room.private, "your 5 credits are back")
    assert told.labels == ["Again · 5 credits", "New words"]
    await room.api.until(lambda: status.deleted)
    room.go_on()
    assert not room.house.provider.orders


async def test_cancel_that_comes_too_late_says_so(room: Room) -> None:
    room.house.provider.polls = [Pending()]
    room.api.photo(room.ann, room.private, picture(), "she smiles")
    status = await room.told(room.private, "“she smiles”")
    cancel = f"/cancel {(await room.house.store.jobs(f'telegram:{room.ann.id}'))[0].id}"
    await room.told(room.private, "Rendering")
    assert status.labels == []
    said = await room.answer(tapped(room, room.ann, status, cancel))
    assert (said["text"], said["show_alert"]) == (texts.jobs.TOO_LATE, "true")
    room.api.say(room.ann, room.private, "/cancel")
    await room.told(room.private, texts.jobs.TOO_LATE)


async def test_cancel_without_a_name_asks_which(room: Room) -> None:
    room.hold()
    room.api.photo(room.ann, room.private, picture(), "she smiles")
    room.api.photo(room.ann, room.private, picture(), "she waves")
    await room.sent(room.private, 2)
    room.api.say(room.ann, room.private, "/cancel")
    asked = await room.told(room.private, texts.chat.CANCEL_WHICH)
    assert set(asked.labels) == {"Cancel “she smiles”", "Cancel “she waves”"}
    room.api.press(room.ann, asked, "Cancel “she smiles”")
    await room.told(room.private, "your 5 credits are back")
    before = len(room.api.sent(room.private))
    room.api.say(room.ann, room.private, "/cancel")
    await room.told(room.private, texts.jobs.CANCELLED)
    told = (await room.sent(room.private, before + 2))[before:]
    assert sum("credits" in post.words for post in told) == 1, "the result alone says what became of the credits"


async def test_a_tap_that_takes_its_time_is_acknowledged_first(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    video = await a_clip(room)
    monkeypatch.setattr(callbacks, "SWIFT", 0.0)
    query = room.api.press(room.ann, video, "Again · 5 credits")
    assert "text" not in await room.answer(query)
    await room.clips(room.private, 2)
    tapped(room, room.ann, video, "/join nobody")
    await room.told(room.private, texts.chat.UNKNOWN_JOB)


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_another_person_is_refused(room: Room) -> None:
    _, group, video = await a_clip_of_bobs(room)
    for label in video.labels:
        said = await room.answer(room.api.press(room.ann, video, label))
        assert (said["text"], said["show_alert"]) == (texts.chat.NOT_YOURS, "true")
    assert len(room.api.sent(group)) == 2
    assert len(room.house.provider.orders) == 1


@pytest.mark.parametrize("status", ["administrator", "creator"])
async def test_an_admin_of_the_chat_may(room: Room, status: str) -> None:
    bob, group, video = await a_clip_of_bobs(room, status)
    room.api.press(room.ann, video, "Continue")
    question = await room.told(group, texts.chat.ASK_NEXT)
    assert question.words.startswith("Ann: ")
    assert question["entities"][0]["user"]["id"] == room.ann.id
    room.api.say(bob, group, "it is not my turn", reply_to=question)
    room.api.say(room.ann, group, "then she waves", reply_to=question)
    _, second = await room.clips(group, 2)
    assert [order.prompt for order in room.house.provider.orders] == ["she smiles", "then she waves"]
    room.api.press(room.ann, second, "Join")
    *_, film = await room.clips(group, 3)
    assert film.words == texts.chat.joined(2)


async def test_an_admin_may_cancel_for_others(room: Room) -> None:
    bob = room.api.user("Bob")
    group = room.api.supergroup(room.ann, bob, creator=room.ann)
    room.hold()
    room.api.photo(bob, group, picture(), f"/animate@{ME} she smiles")
    status = await room.told(group, "“she smiles”")
    assert (await room.answer(room.api.press(room.ann, status, "Cancel")))["text"] == texts.jobs.CANCELLED


async def test_an_admin_of_another_chat_may_not(room: Room) -> None:
    _, _, video = await a_clip_of_bobs(room)
    elsewhere = room.api.supergroup(room.ann, creator=room.ann)
    room.api.photo(room.ann, elsewhere, picture(), f"/animate@{ME} she smiles")
    own = await room.clip(elsewhere)
    said = await room.answer(tapped(room, room.ann, own, data_of(video, "Again · 5 credits")))
    assert (said["text"], said["show_alert"]) == (texts.chat.NOT_YOURS, "true")


async def test_in_private_nobody_is_an_admin_of_others_clips(room: Room) -> None:
    video = await a_clip(room)
    eve = room.api.user("Eve")
    room.api.say(eve, room.api.private(eve), "/help")
    (help_,) = await room.sent(room.api.private(eve), 1)
    for label in video.labels:
        said = await room.answer(tapped(room, eve, help_, data_of(video, label)))
        assert (said["text"], said["show_alert"]) == (texts.chat.NOT_YOURS, "true")


# ── How long ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_buttons_work_after_restarts_and_weeks_later(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api, now = BotApi(), time.time
    async with a_room(tmp_path, large_clip, new_id, api=api) as room:
        ann, private = room.ann, room.private
        video = await a_clip(room)
    monkeypatch.setattr(time, "time", lambda: now() + 21 * 86_400)
    async with a_room(tmp_path, large_clip, new_id, api=api) as room:
        api.press(ann, video, "New words")
        question = await room.told(private, "What should happen instead")
    async with a_room(tmp_path, large_clip, new_id, api=api) as room:
        api.say(ann, private, "she waves", reply_to=question)
        await room.clips(private, 2)
        api.press(ann, video, "Again · 5 credits")
        await room.clips(private, 3)
        api.say(ann, private, "/jobs")
        listed = await room.told(private, "1. ")
        assert "3. ready · “she smiles” · 5 s · 5 credits · 21 days ago" in listed.words


@pytest.mark.parametrize("shown", [True, False])
async def test_buttons_work_though_their_message_is_gone(room: Room, shown: bool) -> None:
    video = await a_clip(room)
    room.api.delete(video)
    query = tapped(room, room.ann, video, data_of(video, "Again · 5 credits"), shown=shown)
    await room.clips(room.private, 2)
    await room.answer(query)


async def test_a_double_tap_buys_once(room: Room) -> None:
    video = await a_clip(room)
    first, second = (room.api.press(room.ann, video, "Again · 5 credits") for _ in range(2))
    await room.clips(room.private, 2)
    await room.answer(first)
    await room.answer(second)
    assert await room.quiet(room.ann, room.private) == 4
    assert len(room.house.provider.orders) == 2


async def test_a_tap_that_telegram_tells_twice_buys_once(room: Room) -> None:
    video = await a_clip(room)
    room.api.press(room.ann, video, "Again · 5 credits")
    room.api.again()
    await room.clips(room.private, 2)
    await room.quiet(room.ann, room.private)
    assert len(room.house.provider.orders) == 2


async def test_forged_data_does_nothing(room: Room) -> None:
    video = await a_clip(room)
    for data, said in {
        "again": "",
        "": "",
        "/again": "Which clip?",
        "/again nobody": texts.chat.UNKNOWN_JOB,
        "/again ../../etc/passwd": texts.chat.UNKNOWN_JOB,
        "/again ' OR 1=1 --": texts.chat.UNKNOWN_JOB,
        "/drop tables": "I don't know /drop",
        "/animate she smiles": texts.chat.ANIMATE_WHAT,
    }.items():
        answer = await room.answer(tapped(room, room.ann, video, data))
        assert said in answer.get("text", "")
        assert said or "text" not in answer
    assert await room.quiet(room.ann, room.private) == 2
    assert len(room.house.provider.orders) == 1


async def test_a_tap_that_is_too_old_to_be_answered_still_counts(room: Room) -> None:
    video = await a_clip(room)
    query = room.api.press(room.ann, video, "Again · 5 credits")
    del room.api.queries[query["id"]]
    await room.clips(room.private, 2)
    assert room.api.called("answerCallbackQuery")[-1].code == 400


@pytest.mark.parametrize(
    ("labels", "rows"),
    [
        (["Again · 10 credits", "New words", "Again with …", "Continue"], [2, 2]),
        (["Best · 20 credits", "More …"], [2]),
        (["Kling 2.5 Turbo Pro · 130 credits", "More …"], [1, 1]),
        (["▶ 1", "▶ 2", "▶ 3", "▶ 4", "▶ 5", "▶ 6"], [5, 1]),
    ],
)
def test_a_label_that_a_phone_would_cut_has_a_row_of_its_own(labels: list[str], rows: list[int]) -> None:
    made = keyboard(tuple(Button(verbatim(label), "/x") for label in labels))
    assert made
    assert [len(row) for row in made["inline_keyboard"]] == rows
