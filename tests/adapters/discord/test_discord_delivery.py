"""Discord through the real library: where clips go, and where they cannot."""

import asyncio
import random
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from adapters.discord.render import SMALL
from bot import texts
from bot.conversation import Reply, ShownClip
from bot.errors import ChatError, Gone, TooLarge
from bot.media.stored import StoredFile
from bot.model import Address, Clip, Pending
from tests.adapters.discord.discord_room import Room, ended
from tests.elsewhere import Elsewhere
from tests.eventually import eventually
from tests.houses import picture
from tests.loopback.discord.faults import FINE, Fault, broken, cut, error, too_many
from tests.loopback.discord.permissions import (
    ATTACH_FILES,
    MANAGE_THREADS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
)

PHOTO = ("me.jpg", picture())
SMILES = {"image": PHOTO, "prompt": "she smiles"}
POST = "POST /channels/{channel}/messages"
LINE = "PATCH /webhooks/{application}/{token}/messages/{message}"


def mine(room: Room) -> object:
    """The bot's own role in the guild."""
    return room.guild.members[room.api.me.id].roles[0]


@pytest.mark.parametrize(
    ("denied", "name"),
    [(ATTACH_FILES, "Attach Files"), (SEND_MESSAGES, "Send Messages"), (VIEW_CHANNEL, "View Channel")],
)
async def test_a_missing_permission_is_named_and_costs_nothing(room: Room, denied: int, name: str) -> None:
    room.api.overwrite(room.channel, mine(room), deny=denied)
    asked = room.slash(options=SMILES)
    told = (await room.whispers(asked))[0]
    assert f"“{name}”" in told
    assert "nothing was started or spent" in told
    assert not room.house.provider.orders
    room.api.overwrite(room.channel, mine(room))
    room.slash(options=SMILES)
    await room.clips()


async def test_in_a_thread_it_is_another_permission(room: Room) -> None:
    thread = room.api.thread(room.ann, room.channel)
    room.api.overwrite(room.channel, mine(room), deny=SEND_MESSAGES_IN_THREADS)
    asked = room.slash(options=SMILES, channel=thread)
    assert "“Send Messages in Threads”" in (await room.whispers(asked))[0]


async def test_a_mention_where_no_file_may_be_posted(room: Room) -> None:
    room.api.overwrite(room.channel, mine(room), deny=ATTACH_FILES)
    await asyncio.sleep(0.05)
    room.api.say(room.ann, room.channel, "she smiles", [PHOTO], mention_bot=True)
    (told,) = await room.api.until(room.posts)
    assert "“Attach Files”" in told.content
    assert not room.house.provider.orders


async def test_without_history_it_is_no_reply_but_it_comes(room: Room) -> None:
    room.api.overwrite(room.channel, mine(room), deny=READ_MESSAGE_HISTORY)
    room.api.say(room.ann, room.channel, "she smiles", [PHOTO], mention_bot=True)
    (video,) = await room.clips()
    assert video.reply_to is None


@pytest.mark.parametrize(("denied", "posts"), [(0, 1), (READ_MESSAGE_HISTORY, 3)])
async def test_lost_answers_post_nothing_twice(
    room: Room, monkeypatch: pytest.MonkeyPatch, denied: int, posts: int
) -> None:
    monkeypatch.setattr("bot.jobs.delivery.backoff", lambda tries: 0.05)
    room.api.overwrite(room.channel, mine(room), deny=denied)  # who cannot look for the message has its nonce
    room.api.script(POST, cut("after"), broken(502, done=True))
    room.slash(options=SMILES)
    await room.api.until(lambda: len(room.api.called(POST)) >= posts, 20)
    await room.clips()
    assert {len(one.body["nonce"]) for one in room.api.called(POST)} == {8}
    await room.api.until(lambda: len(room.posts()) == 1)


async def test_a_refusal_for_haste_is_waited_out(room: Room) -> None:
    room.api.script(POST, too_many(0.05), too_many(1, "cloudflare"))
    room.slash(options=SMILES)
    await room.clips()


REFUSED = [
    error(400, 50035, "Invalid Form Body"),
    error(403, 50013, "Missing Permissions"),
    error(400, 200000, "Message was blocked by automatic moderation"),
]


@pytest.mark.parametrize("refusal", REFUSED, ids=lambda fault: fault.body["code"])
@pytest.mark.parametrize("way", ["slash", "mention"])
async def test_a_clip_that_is_refused_is_told_in_words(room: Room, refusal: Fault, way: str) -> None:
    if way == "slash":
        room.slash(options=SMILES)
        room.api.script(POST, refusal)
    else:  # once more without the reference, in case that was the trouble
        room.api.script(POST, FINE, refusal, *([refusal] if refusal.body["code"] == 50035 else []))
        room.api.say(room.ann, room.channel, "she smiles", [PHOTO], mention_bot=True)
    await room.api.until(lambda: [post for post in room.posts() if "this chat didn't take it" in post.content])
    (told,) = await room.api.until(lambda: room.posts() if len(room.posts()) == 1 else None)
    assert told.labels[:2] == ["Send it again", "Again · 5 credits"]
    room.api._faults.clear()
    room.api.press(room.ann, told, "Send it again")
    await room.clips()


@pytest.mark.parametrize("refusal", REFUSED, ids=lambda fault: fault.body["code"])
async def test_a_guests_clip_that_is_refused_is_told_in_words(room: Room, refusal: Fault) -> None:
    eve = room.api.user("eve", installed=True)
    far = room.api.channel(room.api.guild("far", bot=False))
    room.api.script(LINE, FINE, FINE, refusal)
    asked = room.slash(options=SMILES, user=eve, channel=far)
    await room.api.until(lambda: asked.original and "this chat didn't take it" in asked.original.content)
    assert asked.original
    assert asked.original.labels[0] == "Send it again"


@pytest.mark.parametrize(
    "hiccup",
    [
        error(403, 40333, "internal network error"),
        error(403, 40004, "Send messages has been temporarily disabled"),
        error(400, 130000, "API resource is currently overloaded. Try again a little later"),
        Fault("answer", status=403, body="<html>Attention Required! | Cloudflare</html>"),
        Fault("answer", status=404, body="<html>404 Not Found</html>"),
        Fault("answer", status=409, body=""),
        error(400, 20016, "This action cannot be performed due to slowmode rate limit"),
    ],
)
async def test_what_the_edge_says_is_not_final(room: Room, hiccup: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.jobs.delivery.backoff", lambda tries: 0.05)
    monkeypatch.setattr("adapters.discord.client.PAUSE", 0.05)
    room.api.script(POST, hiccup, hiccup)
    room.slash(options=SMILES)
    await room.clips()
    await room.api.until(lambda: len(room.posts()) == 1)


@pytest.mark.parametrize("code", [50001, 50007, 10003])
async def test_a_channel_that_is_closed_is_not_asked_twice_and_the_person_is_told(room: Room, code: int) -> None:
    private = room.api.dm(room.ann)
    room.api.script(POST, error(403, code))
    room.slash(options=SMILES)
    (told,) = await room.api.until(lambda: room.posts(private))
    assert told.content == texts.chat.CLIP_ELSEWHERE
    await room.api.until(lambda: not room.posts())  # the status line goes as well
    assert len(room.api.called(POST)) == 2
    room.api.press(room.ann, told, texts.chat.SEND_AGAIN)
    await room.clips(channel=private)


async def test_too_large_is_made_smaller_and_then_a_link(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(1000))
    clip = Clip("film.mp4", 64, 48, 1.0, 12 * 2**20)
    where = Address("discord", str(room.channel.id))
    room.api.script(POST, error(413, 40005, "Request entity too large"))
    with pytest.raises(TooLarge) as large:
        await room.chat.send(where, Reply("x", clip=ShownClip(StoredFile(path), clip)), nonce="a")
    assert large.value.limit == int(10 * 2**20 * 0.95)
    with pytest.raises(TooLarge) as large:
        await room.chat.send(where, Reply("x", clip=ShownClip(StoredFile(path), clip, limit=9_000_000)), nonce="b")
    assert large.value.limit == 9_000_000
    assert len(room.api.called(POST)) == 1


@pytest.mark.parametrize("size", [SMALL, SMALL + 1])
async def test_a_clip_is_sent_from_wherever_it_stands(room: Room, size: int) -> None:
    data, room.api.keeps_files = random.Random(0).randbytes(size), True
    film = ShownClip(Elsewhere(data), Clip("clip.mp4", 64, 48, 1.0, size))
    posted = await room.chat.send(Address("discord", str(room.channel.id)), Reply("x", clip=film), nonce="a")
    (post,) = [one for one in room.posts() if str(one.id) == posted.message]
    assert post.attachments[0].data == data


async def test_the_limit_of_the_interaction_goes_with_the_job(room: Room) -> None:
    room.ann.upload_limit = 50 * 2**20
    room.slash(options=SMILES)
    await room.clips()
    (job,) = await room.house.store.jobs(f"discord:{room.ann.id}")
    assert job.upload_limit == int(50 * 2**20 * 0.95)


async def test_a_channel_that_is_gone_is_asked_once(room: Room) -> None:
    provider = room.house.provider
    provider.polls[0:0] = [Pending()] * 5
    asked = room.slash(options=SMILES)
    await room.api.until(lambda: asked.original and asked.original.content)
    room.api.delete_channel(room.channel)
    await eventually(lambda: ended(room))
    assert len(room.api.called(POST)) <= 1
    with pytest.raises(Gone):
        await room.chat.send(Address("discord", str(room.channel.id)), Reply("x"), nonce="n")
    assert len(room.api.called(POST)) <= 1


async def test_a_deleted_request_gets_its_clip_all_the_same(room: Room) -> None:
    room.house.provider.polls[0:0] = [Pending()] * 5
    said = room.api.say(room.ann, room.channel, "she smiles", [PHOTO], mention_bot=True)
    await room.api.until(room.posts)
    room.api.delete(said)
    (video,) = await room.clips()
    assert video.reply_to is None


async def test_a_locked_thread_ends_the_job_and_keeps_the_clip(room: Room) -> None:
    thread = room.api.thread(room.ann, room.channel)
    room.house.provider.polls[0:0] = [Pending()] * 5
    asked = room.slash(options=SMILES, channel=thread)
    await room.api.until(lambda: asked.original and asked.original.content)
    assert not room.api.permissions(room.api.me, thread) & MANAGE_THREADS
    room.api.archive(thread, locked=True)
    job = await eventually(lambda: ended(room))
    assert job
    assert job.outcome == "clip"


async def test_a_clip_of_an_age_restricted_channel_stays_there(room: Room) -> None:
    adult = room.api.channel(room.guild, "late", nsfw=True)
    await asyncio.sleep(0.05)
    room.slash(options=SMILES, channel=adult)
    await room.clips(1, adult)
    (job,) = await room.house.store.jobs(f"discord:{room.ann.id}")
    for command in ("clip", "again"):
        asked = room.slash(command, {"clip": job.id})
        assert "age-restricted" in (await room.whispers(asked))[0]
    assert not room.posts()
    private = room.api.dm(room.ann)
    room.slash("clip", {"clip": job.id}, channel=private)
    await room.clips(1, private)


async def test_being_thrown_out_gives_back_what_is_in_line(room: Room) -> None:
    with patch.object(type(room.house.worker), "round", return_value=0):
        asked = room.slash(options=SMILES)
        await room.api.until(lambda: asked.original and asked.original.content)
        room.api.leave(room.guild)

        async def cancelled() -> bool:
            (job,) = await room.house.store.jobs(f"discord:{room.ann.id}")
            return job.reason == "cancelled"

        await eventually(cancelled)
    assert not room.house.provider.orders


async def test_a_refused_token_is_not_offered_again(room: Room) -> None:
    room.api.script(POST, error(401, 0, "401: Unauthorized"))
    for _ in range(3):
        with pytest.raises(ChatError, match="DISCORD_TOKEN"):
            await room.chat.send(Address("discord", str(room.channel.id)), Reply("x"), nonce="n")
    assert len(room.api.called(POST)) == 1


async def test_a_status_line_is_edited_when_its_state_changes(room: Room) -> None:
    room.house.provider.polls[0:0] = [Pending()] * 20
    asked = room.slash(options=SMILES)
    await room.clips()
    assert asked.original
    told = [one.content for one in asked.original.history if one.content] + [asked.original.content]
    assert len(told) <= 4, told
    assert len(set(told)) == len(told)


async def test_what_discord_finds_too_large_comes_smaller(room: Room, large_clip: bytes) -> None:
    room.api.script(POST, error(413, 40005, "Request entity too large"))
    asked = list[int]()

    async def fitted(clip: Clip, limit: int) -> Clip:
        asked.append(limit)
        room.house.media.path("small.mp4").write_bytes(large_clip[:-1])
        return replace(clip, name="small.mp4", size=clip.size - 1)

    with patch.object(room.house.media, "fit", fitted):
        room.slash(options=SMILES)
        (video,) = await room.clips()
    assert asked == [len(large_clip) // 2]
    assert video.attachments[0].size == len(large_clip) - 1


async def test_what_does_not_get_smaller_comes_as_a_link(room: Room) -> None:
    room.api.script(POST, error(413, 40005, "Request entity too large"))
    room.house.worker._steps._delivery._fitting._link = lambda name: f"https://films.example/media/{name}"
    room.slash(options=SMILES)
    (told,) = await room.api.until(lambda: [one for one in room.posts() if "https://films.example/" in one.content])
    assert "Again · 5 credits" in told.labels
    assert not told.attachments
    (job,) = await room.house.store.jobs(f"discord:{room.ann.id}")
    assert job.outcome == "clip"


async def test_those_behind_others_see_their_place_and_a_countdown(room: Room) -> None:
    room.house.worker.only = "nobody"
    first = room.slash(options=SMILES)
    await room.api.until(lambda: first.original and "Next in line" in first.original.content)
    second = room.slash(options=SMILES, user=room.api.user("bob"))
    await room.api.until(lambda: second.original and "1 before you" in second.original.content)
    assert second.original
    assert "\nReady <t:" in second.original.content
