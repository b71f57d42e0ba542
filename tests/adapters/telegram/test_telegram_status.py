"""The status line on Telegram, through the real library: what it says over its life."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot import texts
from bot.errors import NotSent
from bot.jobs import polling, worker
from bot.model import Accepted, Finished, Pending, Refused, Terms
from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.houses import picture
from tests.loopback.telegram.model import Post


@pytest.fixture
async def rig(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Rig]:
    monkeypatch.setattr(worker, "REFRESH", 0.05)
    async with a_rig(tmp_path, large_clip, new_id) as made:
        yield made


async def asked(rig: Rig, words: str = "she smiles") -> Post:
    """The status line of a new order."""
    before = len(rig.api.sent(rig.private))
    photo = rig.api.photo(rig.ann, rig.private, picture(), words)
    status = (await rig.sent(rig.private, before + 1))[before]
    assert status.reply_to == photo.id
    return status


async def test_it_says_what_was_understood_what_it_costs_and_what_is_left(rig: Rig) -> None:
    rig.hold()
    status = await asked(rig, "she smiles --10s --no rain,  fog --cfg 0.7")
    first, second, third, note = status.words.splitlines()
    assert first == "“she smiles” · 10 s · without rain, fog · words followed at 0.7"
    assert second == "10 credits, 20 left today"
    assert third == "Next in line · ready in about 2 min"
    assert note == texts.jobs.STAND_IN


async def test_a_long_prompt_is_shortened_and_nothing_in_it_is_markup(rig: Rig) -> None:
    rig.hold()
    status = await asked(rig, "<b>she</b> _smiles_ & [waves](https://example.org) " + "on and on " * 20)
    first = status.words.splitlines()[0]
    assert first.startswith("“<b>she</b> _smiles_ & [waves](https://example.org) on and on")
    assert first.endswith("…” · 5 s")
    assert len(first) < 140
    assert "entities" not in status


async def test_two_frames_are_understood(rig: Rig) -> None:
    rig.hold()
    rig.api.album(rig.ann, rig.private, [picture()] * 2, "day turns to night")
    (status,) = await rig.sent(rig.private, 1)
    assert "“day turns to night” · 5 s · with an end picture" in status.words


async def test_the_place_in_line_is_kept_true(rig: Rig) -> None:
    rig.hold()
    bob = rig.api.user("Bob")
    private = rig.api.private(bob)
    first = await asked(rig)
    rig.api.photo(bob, private, picture(), "he frowns")
    await rig.told(private, "1 before you · ready in about 2 min")
    rig.api.press(rig.ann, first, "Cancel")
    second = await rig.told(private, "Next in line · ready in about 2 min")
    assert second.labels == ["Cancel"]
    assert len(rig.api.sent(private)) == 1


async def test_rendering_says_how_long_from_what_it_has_seen(rig: Rig) -> None:
    rig.house.provider.polls = [Pending()]
    status = await asked(rig)
    await rig.told(rig.private, "Rendering, about 2 min left")
    assert status.labels == []
    assert status.words.startswith("“she smiles” · 5 s\n5 credits, 25 left today\n")
    rig.house.provider.polls = [Finished("secret://clip")]
    video = await rig.clip(rig.private)
    await rig.api.until(lambda: status.deleted)
    assert not video.deleted


async def test_later_orders_are_told_the_time_that_earlier_ones_took(rig: Rig) -> None:
    for _ in range(3):
        rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    await rig.clips(rig.private, 3)
    rig.house.core.context.history._known.clear()
    rig.hold()
    status = await asked(rig)
    assert "ready in a few seconds" in status.words


async def test_a_render_that_outlasts_all_others_is_said_to_take_longer(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = rig.house.provider
    monkeypatch.setattr(polling, "PATIENCE", 0.0)
    monkeypatch.setattr(
        provider, "terms", lambda host=None, model=None: Terms(host or "local", True, True, blind=0.02, usual=0.05)
    )
    provider.polls = [Pending()]
    status = await asked(rig)
    await rig.told(rig.private, texts.jobs.LONGER)
    assert status.words.startswith("“she smiles” · 5 s\n5 credits, 25 left today\n")
    provider.polls = [Finished("secret://clip")]
    await rig.clip(rig.private)


async def test_a_service_without_room_is_waited_for(rig: Rig) -> None:
    rig.house.provider.creates = [NotSent("429", 0.05), Accepted("local", "remote")]
    rig.house.provider.polls = [Pending()]
    status = await asked(rig)
    await rig.told(rig.private, "Rendering")
    assert any(texts.jobs.WAITS["room"] in str(each.get("text")) for each in (*status.history, status))


async def test_a_failure_says_why_what_to_do_and_that_the_credits_are_back(rig: Rig) -> None:
    for reason, sentence in texts.jobs.FAILED.items():
        rig.house.provider.creates = [Refused(reason, "raw words of the provider, and a stack trace")]
        before = len(rig.api.sent(rig.private))
        first = await asked(rig)
        told = await rig.told(rig.private, sentence)
        assert told.reply_to == first.reply_to
        assert told.words == f"“she smiles” · 5 s\n{sentence} You were not charged: your 5 credits are back."
        assert told.labels == ["Again · 5 credits", "New words"]
        # Either may have been the quicker of the two.
        await rig.api.until(lambda at=before: any(one.deleted for one in rig.api.sent(rig.private)[at:]))
        assert not told.deleted
    rig.api.say(rig.ann, rig.private, "/quota")
    await rig.told(rig.private, "30 credits left today")


async def test_after_a_failure_the_order_can_be_tried_again_at_a_tap(rig: Rig) -> None:
    rig.house.provider.creates = [Refused("failed"), Accepted("local", "remote")]
    await asked(rig)
    told = await rig.told(rig.private, texts.jobs.FAILED["failed"])
    rig.api.press(rig.ann, told, "Again · 5 credits")
    await rig.clip(rig.private)


async def test_who_has_nothing_left_is_told_when_there_will_be_more(rig: Rig) -> None:
    rig.hold()
    for left in (20, 10, 0):
        assert f"10 credits, {left} left today" in (await asked(rig, "she smiles --10s")).words
    told = await asked(rig)
    assert told.words.startswith(
        "That clip costs 5 credits, and you have none left today. You get new ones at midnight UTC, in "
    )


async def test_every_wish_that_cannot_be_had_is_answered_and_costs_nothing(rig: Rig) -> None:
    for words, part in {
        "she smiles --duration 7": "--duration can be 5 or 10 seconds",
        "she smiles --happily": "“--happily” looks like an option",
        "she smiles --cfg 3": "--cfg takes a number from 0",
    }.items():
        assert part in (await asked(rig, words)).words
    rig.api.say(rig.ann, rig.private, "/quota")
    await rig.told(rig.private, "30 credits left today")
