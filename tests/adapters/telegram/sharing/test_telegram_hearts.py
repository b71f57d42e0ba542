"""Hearts on Telegram: by button and by reaction, and the edits that show them."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.shared.double_taps import DOUBLE
from adapters.telegram.render import length
from bot import texts
from bot.conversation import Button, Reply, ShownClip
from bot.gallery.model import ENOUGH
from tests.adapters.telegram.sharing.club import ME, Club, gathered
from tests.adapters.telegram.telegram_rig import a_rig
from tests.bookkeeping import rows
from tests.loopback.telegram.faults import Flood, Hold
from tests.loopback.telegram.server import BotApi
from tests.loopback.telegram.world import _marked


@pytest.mark.databases
async def test_two_at_once_and_one_person_twice(anywhere: Club) -> None:
    club = anywhere
    post = await club.shared(await club.clip())
    query = club.api.press(club.cem, post, "♥ 0")
    club.api.react(club.dora, post, "❤", "👍")
    assert (await club.rig.answer(query))["text"].startswith("♥ ")
    await club.api.until(lambda: "♥ 2" in post.labels)
    assert post.words == "“she smiles”\nby Bob · AI-generated"
    assert "video" in post
    # The same people, the other way round: nothing is added.
    club.api.react(club.cem, post, "❤\u200d🔥")
    await club.rig.settled()
    await club.settled()
    assert "♥ 2" in post.labels
    # What a tap gave, a reaction does not take back; what a reaction gave, it does.
    club.api.react(club.cem, post)
    club.api.react(club.dora, post, "👍")
    await club.api.until(lambda: "♥ 1" in post.labels)
    club.api.later += 2 * DOUBLE
    assert await club.taps(club.cem, post, "♥ 1") == "Taken back. ♥ 0"
    await club.api.until(lambda: "♥ 0" in post.labels)


async def test_hearts_come_only_from_people_who_show_themselves_and_from_hearts(club: Club) -> None:
    post = await club.shared(await club.clip())
    video = club.rig.videos(club.forum)[0]
    robot = club.api.user("Robot", "robot_bot")
    robot.is_bot = True
    club.forum.members[robot.id] = "member"
    club.forum.anonymous.add(club.ann.id)
    for user, message, reaction in (
        (club.ann, post, "❤"),
        (robot, post, "❤"),
        (club.cem, post, "🔥"),
        (club.cem, post, "💔"),
        (club.cem, video, "❤"),  # which is shared, but this is another message
    ):
        club.api.react(user, message, reaction)
    club.api.react(club.dora, post, {"type": "custom_emoji", "custom_emoji_id": "❤"})
    club.api.react(club.dora, post, {"type": "paid"})
    club.api.react(club.bob, post, "💘")
    await club.api.until(lambda: "♥ 1" in post.labels)
    await club.rig.settled()
    await club.settled()
    share = await club.share(post)
    assert share
    assert share.hearts == 1
    given = await rows(club.rig.house.store, "SELECT account FROM hearts")
    assert given == [{"account": f"telegram:{club.bob.id}"}]


async def test_channels_that_somebody_speaks_for_have_no_hearts_no_reports_and_no_credits(club: Club) -> None:
    """One person may have many, would hide alone what three have to agree on, and order for all of them."""
    share = await club.share(await club.shared(await club.clip()))
    assert share
    robot = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
    for number in range(ENOUGH):
        voice = {"id": -1009990000 - number, "type": "channel", "title": "Cem's"}
        for words in (f"/heart@{ME} {share.id}", f"/report@{ME} {share.id} spam", f"/again@{ME} {share.job}"):
            club.api._act(
                club.cem, club.forum, {"text": words, **_marked("entities", words), "sender_chat": voice, "from": robot}
            )
    told = texts.chat.AS_A_PERSON
    await club.api.until(lambda: sum(one.words == told for one in club.api.sent(club.forum)) == 3 * ENOUGH)
    assert await club.rig.house.store.gallery.share(share.id) == share
    assert club.notices == []


async def test_a_reaction_that_telegram_tells_twice_and_one_that_a_crash_cut_off(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = BotApi()
    async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
        club = gathered(rig)
        await club.open()
        post = await club.shared(await club.clip())
        api.react(club.cem, post, "❤")
        api.again()
        await api.until(lambda: "♥ 1" in post.labels)
        await rig.settled()
    api.react(club.dora, post, "❤")
    async with a_rig(tmp_path, large_clip, new_id, api=api, start=False) as rig:
        await rig.taken()
    async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
        await api.until(lambda: "♥ 2" in post.labels)


async def test_many_hearts_are_few_edits(club: Club) -> None:
    post = await club.shared(await club.clip())
    club.api.trouble["editMessageCaption"] += [Hold("unread"), Flood(1)]
    people = [club.api.user(f"P{number}") for number in range(12)]
    for user in people:
        club.forum.members[user.id] = "member"
        club.api.react(user, post, "❤")
    assert await club.api.reached.get() == "editMessageCaption"
    await club.rig.settled()
    await asyncio.sleep(0.1)
    club.api.let_go()
    await club.api.until(lambda: "♥ 12" in post.labels)
    assert len(club.api.called("editMessageCaption")) <= 6


async def test_an_edit_counts_as_done_once_telegram_has_answered(club: Club) -> None:
    """Until then a kill would lose it, also one that takes a name away."""
    post = await club.shared(await club.clip())
    club.api.trouble["editMessageCaption"] += [Hold("unread")]
    club.forum.members[club.ann.id] = "member"
    club.api.react(club.ann, post, "❤")
    assert await club.api.reached.get() == "editMessageCaption"
    entries = club.rig.house.store.outbox
    assert await entries.next_due(["telegram"]) is not None
    club.api.let_go()
    await club.api.until(lambda: "♥ 1" in post.labels)
    await club.settled()
    assert await entries.next_due(["telegram"]) is None


async def test_an_edit_of_what_is_not_there_or_the_same_harms_nothing(club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    assert share
    film = ShownClip(club.rig.house.media.stored(share.clip.name), share.clip)
    chat, place = club.rig.chat, club.place(post)
    long = "é" * 500 + "👍" * 600
    for message, text in ((post.id, post.words), (999, "x"), (post.id, long)):
        await chat.edit(place, str(message), Reply(text, (Button("♥ 5", "/heart x"),), clip=film))
        await club.settled()
    assert length(post.words) <= 1024
    assert post.words.endswith("…")
    assert post.labels == ["♥ 5"]


async def test_where_the_film_did_not_fit_the_buttons_change_alone(club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    assert share
    film = ShownClip(club.rig.house.media.stored(share.clip.name), share.clip)
    said = await club.rig.chat.send(replace(club.place(post), message=""), Reply("it plays elsewhere"), nonce="n")
    await club.rig.chat.edit(club.place(post), said.message, Reply("x", (Button("♥ 5", "/heart x"),), clip=film))
    await club.settled()
    words = club.forum.posts[int(said.message)]
    assert (words.words, words.labels) == ("it plays elsewhere", ["♥ 5"])
