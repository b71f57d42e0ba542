"""Telegram in groups and topics, through the real library."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import texts
from bot.quotas.pricing import Policy
from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.houses import configure, picture
from tests.loopback.telegram.faults import Refuse
from tests.loopback.telegram.model import Chat, User
from tests.loopback.telegram.server import BotApi
from tests.samples import OFFERS

ME = "photoplay_bot"


@dataclass
class Crowd:
    """Ann's group, with Bob in it."""

    rig: Rig
    ann: User
    bob: User
    group: Chat


def gathered(rig: Rig) -> Crowd:
    bob = rig.api.user("Bob")
    return Crowd(rig, rig.ann, bob, rig.api.supergroup(rig.ann, bob, title="Friends", creator=rig.ann))


@pytest.fixture
async def crowd(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[Crowd]:
    async with a_rig(tmp_path, large_clip, new_id) as rig:
        yield gathered(rig)


@pytest.fixture
async def heard(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[Crowd]:
    """With privacy mode off."""
    async with a_rig(tmp_path, large_clip, new_id, api=BotApi(can_read_all=True)) as rig:
        yield gathered(rig)


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_caption_with_the_command(crowd: Crowd) -> None:
    photo = crowd.rig.api.photo(crowd.bob, crowd.group, picture(), f"/animate@{ME} she smiles")
    video = await crowd.rig.clip(crowd.group)
    assert video.reply_to == photo.id
    assert "“she smiles” · 5 s" in video.words


async def test_a_command_is_heard_whatever_stands_behind_its_name(heard: Crowd) -> None:
    calls = [f"/animate@{ME}{sign}she smiles" for sign in ("\u00a0", ": ", ", ", " — ", "—", "\u3000", "\u200b", "：")]
    calls += [
        f"\u200f/animate@{ME} she smiles",
        f"/animate @{ME} she smiles",
        f"@{ME}, she smiles",
        f"@{ME}：she smiles",
    ]
    for i, call in enumerate(calls):  # both have credits for six
        heard.rig.api.photo((heard.ann, heard.bob)[i % 2], heard.group, picture(), call)
    await heard.rig.clips(heard.group, len(calls))
    assert [order.prompt for order in heard.rig.house.provider.orders] == ["she smiles"] * len(calls)


async def test_a_caption_with_the_command_and_no_words_is_asked_about(crowd: Crowd) -> None:
    crowd.rig.api.photo(crowd.bob, crowd.group, picture(), f"/animate@{ME}")
    question = await crowd.rig.told(crowd.group, texts.chat.NO_WORDS)
    assert question.force_reply
    assert question.force_reply["selective"]
    crowd.rig.api.say(crowd.ann, crowd.group, "she frowns", reply_to=question)
    assert await crowd.rig.quiet(crowd.ann, crowd.group) == 1
    crowd.rig.api.say(crowd.bob, crowd.group, "she smiles", reply_to=question)
    await crowd.rig.clip(crowd.group)
    (order,) = crowd.rig.house.provider.orders
    assert order.prompt == "she smiles"


@pytest.mark.parametrize("answer", [f"/animate@{ME} she smiles", f"@{ME} she smiles"])
async def test_an_answer_may_call_the_bot_as_well(crowd: Crowd, answer: str) -> None:
    crowd.rig.api.photo(crowd.bob, crowd.group, picture(), f"/animate@{ME}")
    question = await crowd.rig.told(crowd.group, texts.chat.NO_WORDS)
    crowd.rig.api.say(crowd.bob, crowd.group, answer, reply_to=question)
    await crowd.rig.clip(crowd.group)
    (order,) = crowd.rig.house.provider.orders
    assert order.prompt == "she smiles"


async def test_a_reply_to_anybodys_photo(crowd: Crowd) -> None:
    photo = crowd.rig.api.photo(crowd.bob, crowd.group, picture(), "my holidays")
    asked = crowd.rig.api.say(crowd.ann, crowd.group, f"/animate@{ME} she smiles", reply_to=photo)
    assert (await crowd.rig.clip(crowd.group)).reply_to == asked.id
    (job,) = await crowd.rig.house.store.jobs(f"telegram:{crowd.ann.id}")
    assert job.order.prompt == "she smiles"


async def test_a_reply_to_a_photo_that_is_a_file(crowd: Crowd) -> None:
    photo = crowd.rig.api.document(crowd.bob, crowd.group, picture(kind="PNG"), "a.png", "image/png")
    crowd.rig.api.say(crowd.ann, crowd.group, f"/animate@{ME} she smiles", reply_to=photo)
    await crowd.rig.clip(crowd.group)


async def test_a_reply_to_ones_own_clip_goes_on_from_it(crowd: Crowd) -> None:
    crowd.rig.api.photo(crowd.bob, crowd.group, picture(), f"/animate@{ME} she smiles")
    video = await crowd.rig.clip(crowd.group)
    crowd.rig.api.say(crowd.bob, crowd.group, f"/animate@{ME} she waves", reply_to=video)
    _, second = await crowd.rig.clips(crowd.group, 2)
    assert "Join" in second.labels


async def test_a_reply_to_anothers_clip_begins_with_its_last_frame(crowd: Crowd) -> None:
    crowd.rig.api.photo(crowd.bob, crowd.group, picture(), f"/animate@{ME} she smiles")
    video = await crowd.rig.clip(crowd.group)
    crowd.rig.api.say(crowd.ann, crowd.group, f"/animate@{ME} she waves", reply_to=video)
    _, second = await crowd.rig.clips(crowd.group, 2)
    assert "Join" not in second.labels
    first, then = crowd.rig.house.provider.orders
    assert (then.photo.width, then.photo.height) == (400, 320)
    assert first.photo.width != then.photo.width or first.photo.height != then.photo.height


async def test_a_reply_to_a_strangers_video_begins_with_its_last_frame(crowd: Crowd, large_clip: bytes) -> None:
    video = crowd.rig.api.video(crowd.bob, crowd.group, large_clip)
    crowd.rig.api.say(crowd.ann, crowd.group, f"/animate@{ME} she waves", reply_to=video)
    await crowd.rig.clip(crowd.group)
    broken = crowd.rig.api.video(crowd.bob, crowd.group, b"no video")
    crowd.rig.api.say(crowd.ann, crowd.group, f"/animate@{ME} she waves", reply_to=broken)
    await crowd.rig.told(crowd.group, texts.pictures.NOT_A_VIDEO)


async def test_a_reply_to_a_photo_in_another_chat(crowd: Crowd) -> None:
    command = f"/animate@{ME} she smiles"
    origin = {"type": "hidden_user", "sender_user_name": "Somebody", "date": 1}
    elsewhere = {"origin": origin, "photo": crowd.rig.api.keep_photo(picture())}
    crowd.rig.api._act(crowd.bob, crowd.group, {"text": command, "external_reply": elsewhere})
    await crowd.rig.clip(crowd.group)


async def test_what_is_not_for_the_bot_is_not_answered(heard: Crowd) -> None:
    api = heard.rig.api
    photo = api.photo(heard.bob, heard.group, picture(), "my holidays")
    api.say(heard.bob, heard.group, "/animate@other_bot she smiles", reply_to=photo)
    api.photo(heard.bob, heard.group, picture(), "/animate@other_bot she smiles")
    api.say(heard.bob, heard.group, "/weather tomorrow")
    api.say(heard.bob, heard.group, "nice", reply_to=photo)
    api.sticker(heard.bob, heard.group)
    api.album(heard.bob, heard.group, [picture()] * 3, "my holidays")
    assert await heard.rig.quiet(heard.bob, heard.group) == 0
    api.say(heard.bob, heard.group, f"/weather@{ME} tomorrow")
    await heard.rig.told(heard.group, texts.chat.unknown_command("weather"))


async def test_a_bare_command_is_told_how_it_works_here(crowd: Crowd) -> None:
    for said in (f"/animate@{ME}", f"/animate@{ME} she smiles", f"@{ME}"):
        before = len(crowd.rig.api.sent(crowd.group))
        crowd.rig.api.say(crowd.bob, crowd.group, said)
        *_, told = await crowd.rig.sent(crowd.group, before + 1)
        assert told.words == texts.chat.which_photo(ME)


async def test_other_bots_are_not_heard(heard: Crowd) -> None:
    robot = heard.rig.api.user("Robot", "robot_bot")
    robot.is_bot = True
    heard.group.members[robot.id] = "member"
    heard.rig.api.photo(robot, heard.group, picture(), f"/animate@{ME} she smiles")
    heard.rig.api.say(robot, heard.group, f"/help@{ME}")
    assert await heard.rig.quiet(heard.bob, heard.group) == 0


async def test_with_privacy_mode_off_the_name_is_enough(heard: Crowd) -> None:
    heard.rig.api.photo(heard.bob, heard.group, picture(), f"she smiles @{ME}")
    await heard.rig.clip(heard.group)
    photo = heard.rig.api.photo(heard.bob, heard.group, picture())
    heard.rig.api.say(heard.ann, heard.group, f"@{ME} she waves", reply_to=photo)
    await heard.rig.clips(heard.group, 2)
    assert [order.prompt for order in heard.rig.house.provider.orders] == ["she smiles", "she waves"]


async def test_an_album_is_both_frames_where_all_of_it_is_seen(heard: Crowd) -> None:
    heard.rig.api.album(heard.bob, heard.group, [picture()] * 2, f"/animate@{ME} day turns to night", shuffled=True)
    await heard.rig.clip(heard.group)
    (order,) = heard.rig.house.provider.orders
    assert order.end


async def test_an_album_that_privacy_mode_hides_costs_nothing(crowd: Crowd) -> None:
    crowd.rig.api.album(crowd.bob, crowd.group, [picture()] * 2, f"/animate@{ME} day turns to night")
    await crowd.rig.told(crowd.group, texts.chat.ALBUM_HIDDEN)
    assert not crowd.rig.house.provider.orders


async def test_an_anonymous_admin_is_served_as_the_group(crowd: Crowd) -> None:
    crowd.group.anonymous.add(crowd.ann.id)
    crowd.rig.api.photo(crowd.ann, crowd.group, picture(), f"/animate@{ME} she smiles")
    video = await crowd.rig.clip(crowd.group)
    assert await crowd.rig.house.store.jobs(f"telegram:{crowd.group.id}")
    query = crowd.rig.api.press(crowd.ann, video, "Again · 5 credits")
    await crowd.rig.clips(crowd.group, 2)
    assert "text" not in await crowd.rig.answer(query)
    query = crowd.rig.api.press(crowd.bob, video, "Again · 5 credits")
    assert (await crowd.rig.answer(query))["text"] == texts.chat.NOT_YOURS
    crowd.rig.api.press(crowd.ann, video, "New words")
    question = await crowd.rig.told(crowd.group, "What should happen instead")
    assert "Ann" not in question.words
    crowd.rig.api.say(crowd.ann, crowd.group, "she waves", reply_to=question)
    await crowd.rig.clips(crowd.group, 3)


# ── Topics ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_replies_stay_in_their_topic(crowd: Crowd) -> None:
    api = crowd.rig.api
    forum = api.supergroup(crowd.ann, crowd.bob, title="Forum", is_forum=True)
    thread = api.topic(crowd.ann, forum, "Clips")
    photo = api.photo(crowd.bob, forum, picture(), "my holidays", thread=thread)
    api.say(crowd.bob, forum, f"/animate@{ME} she smiles", reply_to=photo, thread=thread)
    video = await crowd.rig.clip(forum)
    api.press(crowd.bob, video, "New words")
    question = await crowd.rig.told(forum, "instead of “she smiles”")
    api.say(crowd.bob, forum, "she waves", reply_to=question, thread=thread)
    await crowd.rig.clips(forum, 2)
    api.say(crowd.bob, forum, f"/animate@{ME}", thread=thread)
    await crowd.rig.told(forum, texts.chat.which_photo(ME))
    assert {post.thread for post in api.sent(forum)} == {thread}


async def test_a_button_that_telegram_no_longer_shows_us_keeps_to_its_topic(crowd: Crowd) -> None:
    api = crowd.rig.api
    forum = api.supergroup(crowd.ann, crowd.bob, title="Forum", is_forum=True)
    thread = api.topic(crowd.ann, forum, "Clips")
    api.photo(crowd.bob, forum, picture(), f"/animate@{ME} she smiles", thread=thread)
    video = await crowd.rig.clip(forum)
    command = next(each["callback_data"] for row in video.buttons for each in row if each["text"] == "New words")
    gone = {"chat": forum.json(), "message_id": video.id, "date": 0}
    query = {"id": "5", "from": crowd.bob.json(), "chat_instance": "1", "data": command, "message": gone}
    api.queries["5"] = query
    api.queue("callback_query", query)
    assert (await crowd.rig.told(forum, "instead of “she smiles”")).thread == thread


# ── Being there ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_group_is_greeted_and_its_admins_told_once_about_privacy_mode(crowd: Crowd) -> None:
    api = crowd.rig.api
    group = api.supergroup(crowd.ann, crowd.bob, creator=crowd.ann)
    group.members[api.me.id] = "left"
    api.set_member(api.me, group, "member", by=crowd.ann)
    hello = await crowd.rig.told(group, "Hello!")
    assert texts.chat.PRIVACY_MODE_OFF in hello.words
    api.say(crowd.ann, group, f"/help@{ME}")
    told = await crowd.rig.told(group, texts.chat.PRIVACY_MODE)
    assert texts.chat.PRIVACY_MODE_OFF not in told.words


async def test_help_says_how_it_works_here_and_tells_an_admin_once_what_more_there_is(crowd: Crowd) -> None:
    told = []
    for user in (crowd.bob, crowd.ann, crowd.ann):
        crowd.rig.api.say(user, crowd.group, f"/help@{ME}")
        told = await crowd.rig.sent(crowd.group, len(told) + 1)
    assert all(texts.chat.group_help(ME) in post.words and texts.chat.PRIVACY_MODE in post.words for post in told)
    assert [texts.chat.PRIVACY_MODE_OFF in post.words for post in told] == [False, True, False]


async def test_help_claims_no_privacy_mode_where_it_is_off(heard: Crowd) -> None:
    heard.rig.api.say(heard.ann, heard.group, f"/help@{ME}")
    told = await heard.rig.told(heard.group, texts.chat.group_help(ME))
    assert texts.chat.PRIVACY_MODE not in told.words


async def test_help_claims_no_privacy_mode_where_the_bot_is_an_admin(crowd: Crowd) -> None:
    crowd.rig.api.set_member(crowd.rig.api.me, crowd.group, "administrator", by=crowd.ann)
    crowd.rig.api.say(crowd.ann, crowd.group, f"/help@{ME}")
    told = await crowd.rig.told(crowd.group, texts.chat.group_help(ME))
    assert texts.chat.PRIVACY_MODE not in told.words


async def test_an_admin_whom_telegram_does_not_name_is_told_nothing_more(crowd: Crowd) -> None:
    crowd.rig.api.trouble["getChatMember"] = [Refuse(400, "Bad Request: CHAT_ADMIN_REQUIRED")] * 2
    crowd.rig.api.say(crowd.ann, crowd.group, f"/help@{ME}")
    told = await crowd.rig.told(crowd.group, texts.chat.group_help(ME))
    assert texts.chat.PRIVACY_MODE_OFF not in told.words


async def test_jobs_in_a_group_are_those_of_the_group(crowd: Crowd) -> None:
    crowd.rig.api.photo(crowd.ann, crowd.rig.private, picture(), "a secret")
    await crowd.rig.clip(crowd.rig.private)
    crowd.rig.api.photo(crowd.ann, crowd.group, picture(), f"/animate@{ME} she smiles")
    await crowd.rig.clip(crowd.group)
    crowd.rig.api.say(crowd.ann, crowd.group, f"/jobs@{ME}")
    listed = await crowd.rig.told(crowd.group, "1. ready")
    assert "a secret" not in listed.words
    assert listed.labels == ["▶ 1", texts.chat.DELETE_ONE]
    query = crowd.rig.api.press(crowd.bob, listed, "▶ 1")
    assert (await crowd.rig.answer(query))["text"] == texts.chat.NOT_YOURS


async def test_who_is_thrown_out_gets_the_credits_back_for_what_had_not_begun(crowd: Crowd) -> None:
    crowd.rig.hold()
    crowd.rig.api.photo(crowd.ann, crowd.group, picture(), f"/animate@{ME} she smiles")
    await crowd.rig.told(crowd.group, "“she smiles”")
    crowd.rig.api.set_member(crowd.rig.api.me, crowd.group, "kicked", by=crowd.bob)
    await crowd.rig.api.until(lambda: any(call.code == 403 for call in crowd.rig.api.called("sendMessage")))
    crowd.rig.api.say(crowd.ann, crowd.rig.private, "/quota")
    await crowd.rig.told(crowd.rig.private, "30 credits left")


async def test_numbers_that_people_tell_each_other_are_no_answers_to_a_list(heard: Crowd) -> None:
    rig, ann, bob, group = heard.rig, heard.ann, heard.bob, heard.group
    configure(rig.house.core, offers=OFFERS, policy=Policy(1000))
    rig.api.say(ann, group, f"/model@{ME}")
    shown = await rig.told(group, "2. Best (Kling 3.0 Pro)")
    theirs = rig.api.say(bob, group, "two or three of us?")
    for said in ("2", "the second", "best"):
        rig.api.say(ann, group, said)
        rig.api.say(ann, group, said, reply_to=theirs)
        rig.api.say(bob, group, said, reply_to=shown)
    rig.api.say(bob, group, f"@{ME} 2")
    await rig.told(group, texts.chat.which_photo(ME))
    for person in (ann, bob):
        assert not (await rig.house.store.gallery.preferences(f"telegram:{person.id}")).model
    rig.api.say(ann, group, "2", reply_to=shown)
    await rig.told(group, "From now on your clips are made by Best")
