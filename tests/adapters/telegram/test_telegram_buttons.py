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
from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.houses import picture
from tests.loopback.telegram.model import JSON, Chat, Post, User
from tests.loopback.telegram.server import BotApi

ME = "photoplay_bot"


async def a_clip(rig: Rig, words: str = "she smiles") -> Post:
    rig.api.photo(rig.ann, rig.private, picture(), words)
    return await rig.clip(rig.private)


async def a_clip_of_bobs(rig: Rig, ann: str = "member") -> tuple[User, Chat, Post]:
    """Bob's clip in a group where Ann is, too."""
    bob = rig.api.user("Bob")
    group = rig.api.supergroup(rig.ann, bob)
    group.members[rig.ann.id] = ann
    rig.api.photo(bob, group, picture(), f"/animate@{ME} she smiles")
    return bob, group, await rig.clip(group)


def tapped(rig: Rig, user: User, message: Post, data: str, *, shown: bool = True) -> JSON:
    """A tap with data that no button has; or on a message that Telegram does not show us any more."""
    there = dict(message) if shown else {"chat": message["chat"], "message_id": message.id, "date": 0}
    number = str(next(rig.api._numbers))
    query: JSON = {"id": number, "from": user.json(), "chat_instance": "1", "data": data, "message": there}
    rig.api.queries[number] = query
    rig.api.queue("callback_query", query)
    return query


def data_of(message: Post, label: str) -> str:
    return next(each["callback_data"] for row in message.buttons for each in row if each["text"] == label)


# ── What they do ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_again_is_the_same_order_at_the_price_it_shows(rig: Rig) -> None:
    video = await a_clip(rig, "she smiles --10s --no rain")
    assert video.labels[0] == "Again · 10 credits"
    query = rig.api.press(rig.ann, video, "Again · 10 credits")
    _, second = await rig.clips(rig.private, 2)
    assert second.reply_to == video.id
    first, again = rig.house.provider.orders
    assert (again.prompt, again.seconds, again.negative) == (first.prompt, first.seconds, first.negative)
    assert "text" not in await rig.answer(query)


async def test_new_words_for_the_same_photo(rig: Rig) -> None:
    video = await a_clip(rig)
    rig.api.press(rig.ann, video, "New words")
    question = await rig.told(rig.private, "What should happen instead of “she smiles”?")
    assert question.force_reply
    rig.api.say(rig.ann, rig.private, "she waves", reply_to=question)
    await rig.clips(rig.private, 2)
    first, second = rig.house.provider.orders
    assert (second.prompt, second.photo.width, second.end) == ("she waves", first.photo.width, None)


async def test_only_other_options_leave_the_words_as_they_are(rig: Rig) -> None:
    video = await a_clip(rig)
    rig.api.press(rig.ann, video, "New words")
    question = await rig.told(rig.private, "instead of")
    rig.api.say(rig.ann, rig.private, "--10s", reply_to=question)
    await rig.clips(rig.private, 2)
    assert (rig.house.provider.orders[1].prompt, rig.house.provider.orders[1].seconds) == ("she smiles", 10)


@pytest.mark.parametrize("button", ["New words", "Continue"])
async def test_a_sticker_in_answer_to_a_question_buys_nothing(rig: Rig, button: str) -> None:
    video = await a_clip(rig)
    rig.api.press(rig.ann, video, button)
    await rig.api.until(lambda: any(post.force_reply for post in rig.api.sent(rig.private)))
    question = next(post for post in rig.api.sent(rig.private) if post.force_reply)
    rig.api.sticker(rig.ann, rig.private, reply_to=question)
    await rig.told(rig.private, texts.chat.FEW_WORDS)
    assert len(rig.house.provider.orders) == 1


async def test_a_panorama_has_a_button_that_takes_its_middle(rig: Rig) -> None:
    rig.api.photo(rig.ann, rig.private, picture(2000, 400), "slow pan right")
    question = await rig.told(rig.private, texts.pictures.TOO_LONG)
    assert question.labels == [texts.pictures.CROP, texts.credits.NO]
    assert question.reply_to
    assert not rig.house.provider.orders
    rig.api.press(rig.ann, question, texts.pictures.CROP)
    await rig.clip(rig.private)
    (order,) = rig.house.provider.orders
    assert (order.photo.width, order.photo.height) == (1000, 400)
    await rig.api.until(lambda: question.deleted)


async def test_continue_and_join(rig: Rig, large_clip: bytes) -> None:
    video = await a_clip(rig)
    rig.api.press(rig.ann, video, "Continue")
    question = await rig.told(rig.private, texts.chat.ASK_NEXT)
    rig.api.say(rig.ann, rig.private, "then she waves", reply_to=question)
    _, second = await rig.clips(rig.private, 2)
    assert second.labels == ["Again · 5 credits", "New words", "Continue", "Join"]
    rig.api.press(rig.ann, second, "Join")
    *_, film = await rig.clips(rig.private, 3)
    assert film.words == texts.chat.joined(2)
    assert film.reply_to == second.id
    assert film["video"]["duration"] == 2
    assert film.clip
    assert film.clip != large_clip


async def test_cancel_takes_the_order_back(rig: Rig) -> None:
    rig.hold()
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    status = await rig.told(rig.private, "“she smiles”")
    assert status.labels == ["Cancel"]
    query = rig.api.press(rig.ann, status, "Cancel")
    assert (await rig.answer(query))["text"] == texts.jobs.CANCELLED
    told = await rig.told(rig.private, "your 5 credits are back")
    assert told.labels == ["Again · 5 credits", "New words"]
    await rig.api.until(lambda: status.deleted)
    rig.go_on()
    assert not rig.house.provider.orders


async def test_cancel_that_comes_too_late_says_so(rig: Rig) -> None:
    rig.house.provider.polls = [Pending()]
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    status = await rig.told(rig.private, "“she smiles”")
    cancel = f"/cancel {(await rig.house.store.jobs(f'telegram:{rig.ann.id}'))[0].id}"
    await rig.told(rig.private, "Rendering")
    assert status.labels == []
    said = await rig.answer(tapped(rig, rig.ann, status, cancel))
    assert (said["text"], said["show_alert"]) == (texts.jobs.TOO_LATE, "true")
    rig.api.say(rig.ann, rig.private, "/cancel")
    await rig.told(rig.private, texts.jobs.TOO_LATE)


async def test_cancel_without_a_name_asks_which(rig: Rig) -> None:
    rig.hold()
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    rig.api.photo(rig.ann, rig.private, picture(), "she waves")
    await rig.sent(rig.private, 2)
    rig.api.say(rig.ann, rig.private, "/cancel")
    asked = await rig.told(rig.private, texts.chat.CANCEL_WHICH)
    assert set(asked.labels) == {"Cancel “she smiles”", "Cancel “she waves”"}
    rig.api.press(rig.ann, asked, "Cancel “she smiles”")
    await rig.told(rig.private, "your 5 credits are back")
    before = len(rig.api.sent(rig.private))
    rig.api.say(rig.ann, rig.private, "/cancel")
    await rig.told(rig.private, texts.jobs.CANCELLED)
    told = (await rig.sent(rig.private, before + 2))[before:]
    assert sum("credits" in post.words for post in told) == 1, "the result alone says what became of the credits"


async def test_a_tap_that_takes_its_time_is_acknowledged_first(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    video = await a_clip(rig)
    monkeypatch.setattr(callbacks, "SWIFT", 0.0)
    query = rig.api.press(rig.ann, video, "Again · 5 credits")
    assert "text" not in await rig.answer(query)
    await rig.clips(rig.private, 2)
    tapped(rig, rig.ann, video, "/join nobody")
    await rig.told(rig.private, texts.chat.UNKNOWN_JOB)


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_another_person_is_refused(rig: Rig) -> None:
    _, group, video = await a_clip_of_bobs(rig)
    for label in video.labels:
        said = await rig.answer(rig.api.press(rig.ann, video, label))
        assert (said["text"], said["show_alert"]) == (texts.chat.NOT_YOURS, "true")
    assert len(rig.api.sent(group)) == 2
    assert len(rig.house.provider.orders) == 1


@pytest.mark.parametrize("status", ["administrator", "creator"])
async def test_an_admin_of_the_chat_may(rig: Rig, status: str) -> None:
    bob, group, video = await a_clip_of_bobs(rig, status)
    rig.api.press(rig.ann, video, "Continue")
    question = await rig.told(group, texts.chat.ASK_NEXT)
    assert question.words.startswith("Ann: ")
    assert question["entities"][0]["user"]["id"] == rig.ann.id
    rig.api.say(bob, group, "it is not my turn", reply_to=question)
    rig.api.say(rig.ann, group, "then she waves", reply_to=question)
    _, second = await rig.clips(group, 2)
    assert [order.prompt for order in rig.house.provider.orders] == ["she smiles", "then she waves"]
    rig.api.press(rig.ann, second, "Join")
    *_, film = await rig.clips(group, 3)
    assert film.words == texts.chat.joined(2)


async def test_an_admin_may_cancel_for_others(rig: Rig) -> None:
    bob = rig.api.user("Bob")
    group = rig.api.supergroup(rig.ann, bob, creator=rig.ann)
    rig.hold()
    rig.api.photo(bob, group, picture(), f"/animate@{ME} she smiles")
    status = await rig.told(group, "“she smiles”")
    assert (await rig.answer(rig.api.press(rig.ann, status, "Cancel")))["text"] == texts.jobs.CANCELLED


async def test_an_admin_of_another_chat_may_not(rig: Rig) -> None:
    _, _, video = await a_clip_of_bobs(rig)
    elsewhere = rig.api.supergroup(rig.ann, creator=rig.ann)
    rig.api.photo(rig.ann, elsewhere, picture(), f"/animate@{ME} she smiles")
    own = await rig.clip(elsewhere)
    said = await rig.answer(tapped(rig, rig.ann, own, data_of(video, "Again · 5 credits")))
    assert (said["text"], said["show_alert"]) == (texts.chat.NOT_YOURS, "true")


async def test_in_private_nobody_is_an_admin_of_others_clips(rig: Rig) -> None:
    video = await a_clip(rig)
    eve = rig.api.user("Eve")
    rig.api.say(eve, rig.api.private(eve), "/help")
    (help_,) = await rig.sent(rig.api.private(eve), 1)
    for label in video.labels:
        said = await rig.answer(tapped(rig, eve, help_, data_of(video, label)))
        assert (said["text"], said["show_alert"]) == (texts.chat.NOT_YOURS, "true")


# ── How long ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_buttons_work_after_restarts_and_weeks_later(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api, now = BotApi(), time.time
    async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
        ann, private = rig.ann, rig.private
        video = await a_clip(rig)
    monkeypatch.setattr(time, "time", lambda: now() + 21 * 86_400)
    async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
        api.press(ann, video, "New words")
        question = await rig.told(private, "What should happen instead")
    async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
        api.say(ann, private, "she waves", reply_to=question)
        await rig.clips(private, 2)
        api.press(ann, video, "Again · 5 credits")
        await rig.clips(private, 3)
        api.say(ann, private, "/jobs")
        listed = await rig.told(private, "1. ")
        assert "3. ready · “she smiles” · 5 s · 5 credits · 21 days ago" in listed.words


@pytest.mark.parametrize("shown", [True, False])
async def test_buttons_work_though_their_message_is_gone(rig: Rig, shown: bool) -> None:
    video = await a_clip(rig)
    rig.api.delete(video)
    query = tapped(rig, rig.ann, video, data_of(video, "Again · 5 credits"), shown=shown)
    await rig.clips(rig.private, 2)
    await rig.answer(query)


async def test_a_double_tap_buys_once(rig: Rig) -> None:
    video = await a_clip(rig)
    first, second = (rig.api.press(rig.ann, video, "Again · 5 credits") for _ in range(2))
    await rig.clips(rig.private, 2)
    await rig.answer(first)
    await rig.answer(second)
    assert await rig.quiet(rig.ann, rig.private) == 4
    assert len(rig.house.provider.orders) == 2


async def test_a_tap_that_telegram_tells_twice_buys_once(rig: Rig) -> None:
    video = await a_clip(rig)
    rig.api.press(rig.ann, video, "Again · 5 credits")
    rig.api.again()
    await rig.clips(rig.private, 2)
    await rig.quiet(rig.ann, rig.private)
    assert len(rig.house.provider.orders) == 2


async def test_forged_data_does_nothing(rig: Rig) -> None:
    video = await a_clip(rig)
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
        answer = await rig.answer(tapped(rig, rig.ann, video, data))
        assert said in answer.get("text", "")
        assert said or "text" not in answer
    assert await rig.quiet(rig.ann, rig.private) == 2
    assert len(rig.house.provider.orders) == 1


async def test_a_tap_that_is_too_old_to_be_answered_still_counts(rig: Rig) -> None:
    video = await a_clip(rig)
    query = rig.api.press(rig.ann, video, "Again · 5 credits")
    del rig.api.queries[query["id"]]
    await rig.clips(rig.private, 2)
    assert rig.api.called("answerCallbackQuery")[-1].code == 400


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
