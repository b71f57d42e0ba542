"""Guest mode on Telegram, through the real library: the bot is called in a chat that it has not joined."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot import texts
from bot.model import Finished, Pending, Refused
from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.houses import configure, picture
from tests.loopback.telegram.faults import Refuse
from tests.loopback.telegram.model import Post
from tests.loopback.telegram.server import BotApi

ME = "photoplay_bot"
NewId = Callable[[], str]


@pytest.fixture
async def stored(tmp_path: Path, large_clip: bytes, new_id: NewId) -> AsyncIterator[Rig]:
    """With a storage chat."""
    api = BotApi()
    store = api.supergroup(api.user("Owner"), title="Storage")
    async with a_rig(tmp_path, large_clip, new_id, api=api, storage_chat=str(store.id)) as made:
        yield made


async def placed(rig: Rig, asked: Post) -> Post:
    """The one message that the bot has in a guest's chat."""
    name = f"inline-{asked['guest_query_id']}"
    await rig.api.until(lambda: name in rig.api.inline)
    return rig.api.inline[name]


def told(post: Post) -> list[str]:
    """All that a message has said, one after the other."""
    return [str(each.get("text") or each.get("caption")) for each in (*post.history, post)]


async def test_with_a_storage_chat_the_clip_takes_the_placeholders_place(stored: Rig, large_clip: bytes) -> None:
    asked = stored.api.guest(stored.ann, f"@{ME} she smiles", reply_to_photo=picture())
    post = await placed(stored, asked)
    await stored.api.until(lambda: "video" in post)
    assert post.clip == large_clip
    assert "“she smiles” · 5 s" in post.words
    assert texts.jobs.MADE_BY_AI in post.words
    first, status, *_ = told(post)
    assert first == texts.chat.ONE_MOMENT
    assert "5 credits, 25 left today" in status
    assert not stored.api.called("deleteMessage")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("editMessageMedia", "failed to get HTTP URL content"),
        ("editMessageMedia", "wrong file identifier/HTTP URL specified"),
        ("sendVideo", "chat not found"),
        ("sendVideo", "not enough rights to send videos to the chat"),
    ],
)
async def test_a_clip_that_is_refused_is_a_link(stored: Rig, call: str, words: str) -> None:
    stored.api.trouble[call] += [Refuse(400, f"Bad Request: {words}")]
    post = await placed(stored, stored.api.guest(stored.ann, f"@{ME} she smiles", reply_to_photo=picture()))
    await stored.api.until(lambda: "Your clip is ready: https://t.me/photoplay_bot?start=" in post.words)
    (job,) = await stored.done()
    assert job.outcome == "clip"


async def test_a_photo_with_the_mention_as_its_caption(stored: Rig) -> None:
    asked = stored.api.guest(stored.ann, f"@{ME} she smiles --10s", photo=picture())
    post = await placed(stored, asked)
    await stored.api.until(lambda: "video" in post)
    (order,) = stored.house.provider.orders
    assert (order.prompt, order.seconds) == ("she smiles", 10)


async def test_without_a_storage_chat_there_is_a_link_that_brings_the_clip(rig: Rig) -> None:
    asked = rig.api.guest(rig.ann, f"@{ME} she smiles", reply_to_photo=picture())
    post = await placed(rig, asked)
    await rig.api.until(lambda: "Your clip is ready" in post.words)
    link = post.words.rpartition(" ")[2]
    assert link.startswith(f"https://t.me/{ME}?start=")
    rig.api.say(rig.ann, rig.private, f"/start {link.partition('=')[2]}")
    await rig.clip(rig.private)
    assert len(rig.house.provider.orders) == 1


async def test_a_clip_from_the_storage_chat_is_sent_again_without_an_upload(stored: Rig) -> None:
    asked = stored.api.guest(stored.ann, f"@{ME} she smiles", reply_to_photo=picture())
    post = await placed(stored, asked)
    await stored.api.until(lambda: "video" in post)
    stored.api.say(stored.ann, stored.private, "/jobs")
    listed = await stored.told(stored.private, "1. ready")
    stored.api.press(stored.ann, listed, "▶ 1")
    again = await stored.clip(stored.private)
    assert again["video"]["file_id"] == post["video"]["file_id"]


async def test_the_same_call_told_twice_is_one_clip(stored: Rig) -> None:
    asked = stored.api.guest(stored.ann, f"@{ME} she smiles", reply_to_photo=picture())
    call = stored.api.updates[-1]
    post = await placed(stored, asked)
    stored.api.again(call)
    await stored.api.until(lambda: "video" in post)
    # Not the same update, but the same call: as after a crash between the answer and its note.
    stored.api.queue("guest_message", asked)
    stored.api.say(stored.ann, stored.private, "/quota")
    await stored.told(stored.private, "25 credits left")
    await stored.quiet(stored.ann, stored.private)
    assert "video" in post
    assert len(stored.house.provider.orders) == 1
    assert len(stored.api.called("answerGuestQuery")) == 1


async def test_a_guests_order_can_be_cancelled_by_whoever_asked(rig: Rig) -> None:
    rig.hold()
    bob = rig.api.user("Bob")
    asked = rig.api.guest(rig.ann, f"@{ME} she smiles", reply_to_photo=picture())
    post = await placed(rig, asked)
    await rig.api.until(lambda: "Cancel" in post.labels)
    refused = await rig.answer(rig.api.press(bob, post, "Cancel"))
    assert (refused["text"], refused["show_alert"]) == (texts.chat.NOT_YOURS, "true")
    assert (await rig.answer(rig.api.press(rig.ann, post, "Cancel")))["text"] == texts.jobs.CANCELLED
    await rig.api.until(lambda: "your 5 credits are back" in post.words)
    assert post.labels == []
    assert not rig.house.provider.orders


async def test_the_status_goes_on_in_the_same_message(rig: Rig) -> None:
    rig.house.provider.polls = [Pending()]
    asked = rig.api.guest(rig.ann, f"@{ME} she smiles", reply_to_photo=picture())
    post = await placed(rig, asked)
    await rig.api.until(lambda: "Rendering, about 2 min left" in post.words)
    assert post.labels == []
    rig.house.provider.polls = [Finished("secret://clip")]
    await rig.api.until(lambda: "Your clip is ready" in post.words)


async def test_a_failure_says_why_and_that_it_cost_nothing(rig: Rig) -> None:
    rig.house.provider.creates = [Refused("moderation", "risk control")]
    asked = rig.api.guest(rig.ann, f"@{ME} she smiles", reply_to_photo=picture())
    post = await placed(rig, asked)
    await rig.api.until(lambda: texts.jobs.FAILED["moderation"] in post.words)
    assert "your 5 credits are back" in post.words


@pytest.mark.parametrize("words", [f"@{ME}", f"@{ME} she smiles", f"/animate@{ME} she smiles"])
async def test_a_call_without_a_photo_is_told_how_it_works_there(rig: Rig, words: str) -> None:
    post = await placed(rig, rig.api.guest(rig.ann, words))
    await rig.api.until(lambda: post.words == texts.chat.guest_help(ME))


async def test_a_photo_without_words_is_told_what_is_missing(rig: Rig) -> None:
    post = await placed(rig, rig.api.guest(rig.ann, f"@{ME}", reply_to_photo=picture()))
    await rig.api.until(lambda: post.words == texts.chat.NO_WORDS)
    assert not rig.house.provider.orders


async def test_commands_work_for_guests(rig: Rig) -> None:
    post = await placed(rig, rig.api.guest(rig.ann, f"/quota@{ME}"))
    await rig.api.until(lambda: "30 credits left today" in post.words)


async def test_each_question_there_has_a_tap_of_its_own_and_says_nothing_else(rig: Rig) -> None:
    configure(rig.house.core, ask_consent=True)
    rig.house.provider.stand_in = False
    calls = [rig.api.guest(rig.ann, f"@{ME} {words}", reply_to_photo=picture()) for words in ("one", "two")]
    posts = [await placed(rig, call) for call in calls]
    await rig.api.until(lambda: [post.words for post in posts] == [texts.consent.ASK] * 2)
    rig.api.press(rig.ann, posts[0], texts.consent.AGREE)
    await rig.api.until(lambda: "Your clip is ready" in posts[0].words)
    assert posts[1].words == texts.consent.ASK
    rig.api.press(rig.ann, posts[1], texts.consent.AGREE)
    await rig.api.until(lambda: "Your clip is ready" in posts[1].words)


async def test_a_call_that_is_too_old_is_let_go(rig: Rig) -> None:
    asked = rig.api.guest(rig.ann, f"@{ME} she smiles", reply_to_photo=picture())
    del rig.api.guests[asked["guest_query_id"]]
    await rig.api.until(lambda: rig.api.called("answerGuestQuery"))
    assert await rig.quiet(rig.ann, rig.private) == 0
    assert not rig.house.provider.orders


async def test_nothing_is_ever_sent_to_the_guests_chat(stored: Rig) -> None:
    asked = stored.api.guest(stored.ann, f"@{ME} she smiles", reply_to_photo=picture())
    post = await placed(stored, asked)
    await stored.api.until(lambda: "video" in post)
    chats = {call.params.get("chat_id") for call in stored.api.calls}
    assert asked["chat"]["id"] not in chats
