"""The status line on Telegram, through the real library: what it says over its life."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot import texts
from bot.errors import NotSent
from bot.jobs import polling, worker
from bot.model import Accepted, Finished, Pending, Refused, Terms
from tests.adapters.telegram.telegram_room import Room, a_room
from tests.houses import picture
from tests.loopback.telegram.model import Post


@pytest.fixture
async def room(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Room]:
    monkeypatch.setattr(worker, "REFRESH", 0.05)
    async with a_room(tmp_path, large_clip, new_id) as made:
        yield made


async def asked(room: Room, words: str = "she smiles") -> Post:
    """The status line of a new order."""
    before = len(room.api.sent(room.private))
    photo = room.api.photo(room.ann, room.private, picture(), words)
    status = (await room.sent(room.private, before + 1))[before]
    assert status.reply_to == photo.id
    return status


async def test_it_says_what_was_understood_what_it_costs_and_what_is_left(room: Room) -> None:
    room.hold()
    status = await asked(room, "she smiles --10s --no rain,  fog --cfg 0.7")
    first, second, third, note = status.words.splitlines()
    assert first == "“she smiles” · 10 s · without rain, fog · words followed at 0.7"
    assert second == "10 credits, 20 left today"
    assert third == "Next in line · ready in about 2 min"
    assert note == texts.jobs.STAND_IN


async def test_a_long_prompt_is_shortened_and_nothing_in_it_is_markup(room: Room) -> None:
    room.hold()
    status = await asked(room, "<b>she</b> _smiles_ & [waves](https://example.org) " + "on and on " * 20)
    first = status.words.splitlines()[0]
    assert first.startswith("“<b>she</b> _smiles_ & [waves](https://example.org) on and on")
    assert first.endswith("…” · 5 s")
    assert len(first) < 140
    assert "entities" not in status


async def test_two_frames_are_understood(room: Room) -> None:
    room.hold()
    room.api.album(room.ann, room.private, [picture()] * 2, "day turns to night")
    (status,) = await room.sent(room.private, 1)
    assert "“day turns to night” · 5 s · with an end picture" in status.words


async def test_the_place_in_line_is_kept_true(room: Room) -> None:
    room.hold()
    bob = room.api.user("Bob")
    private = room.api.private(bob)
    first = await asked(room)
    room.api.photo(bob, private, picture(), "he frowns")
    await room.told(private, "1 before you · ready in about 2 min")
    room.api.press(room.ann, first, "Cancel")
    second = await room.told(private, "Next in line · ready in about 2 min")
    assert second.labels == ["Cancel"]
    assert len(room.api.sent(private)) == 1


async def test_rendering_says_how_long_from_what_it_has_seen(room: Room) -> None:
    room.house.provider.polls = [Pending()]
    status = await asked(room)
    await room.told(room.private, "Rendering, about 2 min left")
    assert status.labels == []
    assert status.words.startswith("“she smiles” · 5 s\n5 credits, 25 left today\n")
    room.house.provider.polls = [Finished("secret://clip")]
    video = await room.clip(room.private)
    await room.api.until(lambda: status.deleted)
    assert not video.deleted


async def test_later_orders_are_told_the_time_that_earlier_ones_took(room: Room) -> None:
    for _ in range(3):
        room.api.photo(room.ann, room.private, picture(), "she smiles")
    await room.clips(room.private, 3)
    room.house.core.context.history._known.clear()
    room.hold()
    status = await asked(room)
    assert "ready in a few seconds" in status.words


async def test_a_render_that_outlasts_all_others_is_said_to_take_longer(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = room.house.provider
    monkeypatch.setattr(polling, "PATIENCE", 0.0)
    monkeypatch.setattr(
        provider, "terms", lambda host=None, model=None: Terms(host or "local", True, True, blind=0.02, usual=0.05)
    )
    provider.polls = [Pending()]
    status = await asked(room)
    await room.told(room.private, texts.jobs.LONGER)
    assert status.words.startswith("“she smiles” · 5 s\n5 credits, 25 left today\n")
    provider.polls = [Finished("secret://clip")]
    await room.clip(room.private)


async def test_a_service_without_room_is_waited_for(room: Room) -> None:
    room.house.provider.creates = [NotSent("429", 0.05), Accepted("local", "remote")]
    room.house.provider.polls = [Pending()]
    status = await asked(room)
    await room.told(room.private, "Rendering")
    assert any(texts.jobs.WAITS["room"] in str(each.get("text")) for each in (*status.history, status))


async def test_a_failure_says_why_what_to_do_and_that_the_credits_are_back(room: Room) -> None:
    for reason, sentence in texts.jobs.FAILED.items():
        room.house.provider.creates = [Refused(reason, "raw words of the provider, and a stack trace")]
        before = len(room.api.sent(room.private))
        first = await asked(room)
        told = await room.told(room.private, sentence)
        assert told.reply_to == first.reply_to
        assert told.words == f"“she smiles” · 5 s\n{sentence} You were not charged: your 5 credits are back."
        assert told.labels == ["Again · 5 credits", "New words"]
        # Either may have been the quicker of the two.
        await room.api.until(lambda at=before: any(one.deleted for one in room.api.sent(room.private)[at:]))
        assert not told.deleted
    room.api.say(room.ann, room.private, "/quota")
    await room.told(room.private, "30 credits left today")


async def test_after_a_failure_the_order_can_be_tried_again_at_a_tap(room: Room) -> None:
    room.house.provider.creates = [Refused("failed"), Accepted("local", "remote")]
    await asked(room)
    told = await room.told(room.private, texts.jobs.FAILED["failed"])
    room.api.press(room.ann, told, "Again · 5 credits")
    await room.clip(room.private)


async def test_who_has_nothing_left_is_told_when_there_will_be_more(room: Room) -> None:
    room.hold()
    for left in (20, 10, 0):
        assert f"10 credits, {left} left today" in (await asked(room, "she smiles --10s")).words
    told = await asked(room)
    assert told.words.startswith(
        "That clip costs 5 credits, and you have none left today. You get new ones at midnight UTC, in "
    )


async def test_every_wish_that_cannot_be_had_is_answered_and_costs_nothing(room: Room) -> None:
    for words, part in {
        "she smiles --duration 7": "--duration can be 5 or 10 seconds",
        "she smiles --happily": "“--happily” looks like an option",
        "she smiles --cfg 3": "--cfg takes a number from 0",
    }.items():
        assert part in (await asked(room, words)).words
    room.api.say(room.ann, room.private, "/quota")
    await room.told(room.private, "30 credits left today")
