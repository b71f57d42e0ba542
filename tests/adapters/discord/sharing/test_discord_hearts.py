"""Hearts on Discord: by button and by reaction."""

import asyncio
from typing import Any
from unittest.mock import patch

import pytest

from bot.conversation import Reply
from bot.gallery import sharing
from bot.sentence import verbatim
from tests.adapters.discord.discord_rig import Rig
from tests.adapters.discord.sharing.club import (
    Club,
    answers,
    heard,
    settled,
)
from tests.fakes import breaks


async def test_a_heart_is_acknowledged_and_answered_aside(rig: Rig, club: Club) -> None:
    post = await club.shared(await club.clip())
    asked = rig.api.press(club.bob, post, "♥ 0")
    told = (await answers(rig, asked))[0]
    assert told.ephemeral
    assert "♥ 1" in told.content
    assert asked.callbacks[0]["type"] == 6
    await club.says(post, "♥ 1")
    assert len(rig.posts(club.gallery)) == 1
    rig.now.later += 10  # the same finger, later
    rig.api.press(club.bob, post, "♥ 1")
    await club.says(post, "♥ 0")


async def test_only_hearts_of_people_under_our_posts_count(rig: Rig, club: Club) -> None:
    video = await club.clip()
    post = await club.shared(video)
    robot = rig.api.user("robot", bot=True)
    with patch.object(sharing, "reacted", wraps=sharing.reacted) as reacted:
        rig.api.react(robot, post, "❤️")
        rig.api.react(rig.api.me, post, "❤️")
        rig.api.react(club.bob, post, "💔")
        rig.api.react(club.bob, rig.api.say(rig.ann, club.gallery, "hello"), "❤️")  # not under ours
        assert not reacted.call_count
        rig.api.react(club.bob, video, "❤️")  # under ours, but not shared
        rig.api.react(club.cat, post, "❤️\u200d🔥")
        await club.says(post, "♥ 1")
        assert reacted.call_count == 2


async def test_a_heart_put_and_taken_at_once_is_gone(rig: Rig, club: Club) -> None:
    post = await club.shared(await club.clip())
    slow, done, real = asyncio.Event(), [], sharing.reacted

    async def reacted(ctx: Any, inbound: Any, on: bool) -> None:
        if on:
            await slow.wait()
        await real(ctx, inbound, on)
        done.append((inbound.user, on))

    with patch.object(sharing, "reacted", reacted):
        rig.api.react(club.bob, post, "❤️")
        rig.api.unreact(club.bob, post, "❤️")
        rig.api.unreact(club.cat, post, rig.api.react(club.cat, post, "🧡") or "🧡")
        await asyncio.sleep(0.1)
        slow.set()
        await rig.api.until(lambda: len(done) == 4)
    assert [on for user, on in done if user == str(club.bob.id)] == [True, False]
    await settled(rig)
    assert "♥ 0" in post.labels


async def test_what_is_for_one_person_is_not_said_aloud_by_a_button(rig: Rig, club: Club) -> None:
    post = await club.shared(await club.clip())
    secret = Reply(verbatim("Between us."), ask="/report x other", private=True)
    with patch.object(type(rig.house.core), "handle", return_value=secret):
        asked = rig.api.press(club.bob, post, "Report")
        assert await heard(rig, asked) == "Between us."
    assert rig.posts(club.gallery) == [post]


async def test_a_reaction_while_the_database_is_down_is_logged(
    rig: Rig, club: Club, caplog: pytest.LogCaptureFixture
) -> None:
    post = await club.shared(await club.clip())
    breaks(rig.house.store.gallery, "at")
    rig.api.react(club.bob, post, "❤️")
    await rig.api.until(lambda: "was not counted" in caplog.text or "could not be counted" in caplog.text)
    rig.api.react(club.cat, post, "❤️")
    await club.says(post, "♥ 1")


async def test_reactions_are_heard_with_the_intent_only(rig: Rig) -> None:
    (session,) = rig.api.connected
    guild = rig.guild.id
    assert session.wants("MESSAGE_REACTION_ADD", guild)
    assert session.wants("MESSAGE_REACTION_REMOVE", guild)
    blind = replace_intents(session.intents & ~(1 << 10), session)
    assert not blind.wants("MESSAGE_REACTION_ADD", guild)
    assert not rig.api.identifies[0]["intents"] & (1 << 1 | 1 << 8 | 1 << 15)  # none of the privileged


def replace_intents(intents: int, session: Any) -> Any:
    return type(session)("other", session.shard, session.shards, intents)
