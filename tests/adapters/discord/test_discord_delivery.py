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
from tests.adapters.discord.discord_rig import Rig, ended
from tests.elsewhere import Elsewhere
from tests.eventually import eventually
from tests.houses import picture
from tests.loopback.discord.faults import FILES, Fault, broken, cut, error, too_many
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


def mine(rig: Rig) -> object:
    """The bot's own role in the guild."""
    return rig.guild.members[rig.api.me.id].roles[0]


@pytest.mark.parametrize(
    ("denied", "name"),
    [(ATTACH_FILES, "Attach Files"), (SEND_MESSAGES, "Send Messages"), (VIEW_CHANNEL, "View Channel")],
)
async def test_a_missing_permission_is_named_and_costs_nothing(rig: Rig, denied: int, name: str) -> None:
    rig.api.overwrite(rig.channel, mine(rig), deny=denied)
    asked = rig.slash(options=SMILES)
    told = (await rig.whispers(asked))[0]
    assert f"“{name}”" in told
    assert "nothing was started or spent" in told
    assert not rig.house.provider.orders
    rig.api.overwrite(rig.channel, mine(rig))
    rig.slash(options=SMILES)
    await rig.clips()


async def test_in_a_thread_it_is_another_permission(rig: Rig) -> None:
    thread = rig.api.thread(rig.ann, rig.channel)
    rig.api.overwrite(rig.channel, mine(rig), deny=SEND_MESSAGES_IN_THREADS)
    asked = rig.slash(options=SMILES, channel=thread)
    assert "“Send Messages in Threads”" in (await rig.whispers(asked))[0]


async def test_a_mention_where_no_file_may_be_posted(rig: Rig) -> None:
    rig.api.overwrite(rig.channel, mine(rig), deny=ATTACH_FILES)
    await asyncio.sleep(0.05)
    rig.api.say(rig.ann, rig.channel, "she smiles", [PHOTO], mention_bot=True)
    (told,) = await rig.api.until(rig.posts)
    assert "“Attach Files”" in told.content
    assert not rig.house.provider.orders


async def test_without_history_it_is_no_reply_but_it_comes(rig: Rig) -> None:
    rig.api.overwrite(rig.channel, mine(rig), deny=READ_MESSAGE_HISTORY)
    rig.api.say(rig.ann, rig.channel, "she smiles", [PHOTO], mention_bot=True)
    (video,) = await rig.clips()
    assert video.reply_to is None


@pytest.mark.parametrize(("denied", "posts"), [(0, 1), (READ_MESSAGE_HISTORY, 3)])
async def test_lost_answers_post_nothing_twice(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, denied: int, posts: int
) -> None:
    monkeypatch.setattr("bot.jobs.delivery.backoff", lambda tries: 0.05)
    rig.api.overwrite(rig.channel, mine(rig), deny=denied)  # who cannot look for the message has its nonce
    rig.api.script(POST, cut("after"), broken(502, done=True))
    rig.slash(options=SMILES)
    await rig.api.until(lambda: len(rig.api.called(POST)) >= posts, 20)
    await rig.clips()
    assert {len(one.body["nonce"]) for one in rig.api.called(POST)} == {8}
    await rig.api.until(lambda: len(rig.posts()) == 1)


async def test_a_refusal_for_haste_is_waited_out(rig: Rig) -> None:
    rig.api.script(POST, too_many(0.05), too_many(1, "cloudflare"))
    rig.slash(options=SMILES)
    await rig.clips()


REFUSED = [
    error(400, 50035, "Invalid Form Body"),
    error(403, 50013, "Missing Permissions"),
    error(400, 200000, "Message was blocked by automatic moderation"),
]


@pytest.mark.parametrize("refusal", REFUSED, ids=lambda fault: fault.body["code"])
@pytest.mark.parametrize("way", ["slash", "mention"])
async def test_a_clip_that_is_refused_is_told_in_words(rig: Rig, refusal: Fault, way: str) -> None:
    if way == "slash":
        rig.slash(options=SMILES)
        rig.api.script(POST, refusal)
    else:  # once more without the reference, in case that was the trouble
        rig.api.script(POST + FILES, refusal, *([refusal] if refusal.body["code"] == 50035 else []))
        rig.api.say(rig.ann, rig.channel, "she smiles", [PHOTO], mention_bot=True)
    await rig.api.until(lambda: [post for post in rig.posts() if "this chat didn't take it" in post.content])
    (told,) = await rig.api.until(lambda: rig.posts() if len(rig.posts()) == 1 else None)
    assert told.labels[:2] == ["Send it again", "Again · 5 credits"]
    rig.api._faults.clear()
    rig.api.press(rig.ann, told, "Send it again")
    await rig.clips()


@pytest.mark.parametrize("refusal", REFUSED, ids=lambda fault: fault.body["code"])
async def test_a_guests_clip_that_is_refused_is_told_in_words(rig: Rig, refusal: Fault) -> None:
    eve = rig.api.user("eve", installed=True)
    far = rig.api.channel(rig.api.guild("far", bot=False))
    rig.api.script(LINE + FILES, refusal)
    asked = rig.slash(options=SMILES, user=eve, channel=far)
    await rig.api.until(lambda: asked.original and "this chat didn't take it" in asked.original.content)
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
async def test_what_the_edge_says_is_not_final(rig: Rig, hiccup: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.jobs.delivery.backoff", lambda tries: 0.05)
    monkeypatch.setattr("adapters.discord.client.PAUSE", 0.05)
    rig.api.script(POST, hiccup, hiccup)
    rig.slash(options=SMILES)
    await rig.clips()
    await rig.api.until(lambda: len(rig.posts()) == 1)


@pytest.mark.parametrize("code", [50001, 50007, 10003])
async def test_a_channel_that_is_closed_is_not_asked_twice_and_the_person_is_told(rig: Rig, code: int) -> None:
    private = rig.api.dm(rig.ann)
    rig.api.script(POST, error(403, code))
    rig.slash(options=SMILES)
    (told,) = await rig.api.until(lambda: rig.posts(private))
    assert told.content == texts.chat.CLIP_ELSEWHERE
    await rig.api.until(lambda: not rig.posts())  # the status line goes as well
    assert len(rig.api.called(POST)) == 2
    rig.api.press(rig.ann, told, texts.chat.SEND_AGAIN)
    await rig.clips(channel=private)


async def test_too_large_is_made_smaller_and_then_a_link(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(1000))
    clip = Clip("film.mp4", 64, 48, 1.0, 12 * 2**20)
    where = Address("discord", str(rig.channel.id))
    rig.api.script(POST, error(413, 40005, "Request entity too large"))
    with pytest.raises(TooLarge) as large:
        await rig.chat.send(where, Reply("x", clip=ShownClip(StoredFile(path), clip)), nonce="a")
    assert large.value.limit == int(10 * 2**20 * 0.95)
    with pytest.raises(TooLarge) as large:
        await rig.chat.send(where, Reply("x", clip=ShownClip(StoredFile(path), clip, limit=9_000_000)), nonce="b")
    assert large.value.limit == 9_000_000
    assert len(rig.api.called(POST)) == 1


@pytest.mark.parametrize("size", [SMALL, SMALL + 1])
async def test_a_clip_is_sent_from_wherever_it_stands(rig: Rig, size: int) -> None:
    data, rig.api.keeps_files = random.Random(0).randbytes(size), True
    film = ShownClip(Elsewhere(data), Clip("clip.mp4", 64, 48, 1.0, size))
    posted = await rig.chat.send(Address("discord", str(rig.channel.id)), Reply("x", clip=film), nonce="a")
    (post,) = [one for one in rig.posts() if str(one.id) == posted.message]
    assert post.attachments[0].data == data


async def test_the_limit_of_the_interaction_goes_with_the_job(rig: Rig) -> None:
    rig.ann.upload_limit = 50 * 2**20
    rig.slash(options=SMILES)
    await rig.clips()
    (job,) = await rig.house.store.jobs(f"discord:{rig.ann.id}")
    assert job.upload_limit == int(50 * 2**20 * 0.95)


async def test_a_channel_that_is_gone_is_asked_once(rig: Rig) -> None:
    provider = rig.house.provider
    provider.polls[0:0] = [Pending()] * 5
    asked = rig.slash(options=SMILES)
    await rig.api.until(lambda: asked.original and asked.original.content)
    rig.api.delete_channel(rig.channel)
    await eventually(lambda: ended(rig))
    assert len(rig.api.called(POST)) <= 1
    with pytest.raises(Gone):
        await rig.chat.send(Address("discord", str(rig.channel.id)), Reply("x"), nonce="n")
    assert len(rig.api.called(POST)) <= 1


async def test_a_deleted_request_gets_its_clip_all_the_same(rig: Rig) -> None:
    rig.house.provider.polls[0:0] = [Pending()] * 5
    said = rig.api.say(rig.ann, rig.channel, "she smiles", [PHOTO], mention_bot=True)
    await rig.api.until(rig.posts)
    rig.api.delete(said)
    (video,) = await rig.clips()
    assert video.reply_to is None


async def test_a_locked_thread_ends_the_job_and_keeps_the_clip(rig: Rig) -> None:
    thread = rig.api.thread(rig.ann, rig.channel)
    rig.house.provider.polls[0:0] = [Pending()] * 5
    asked = rig.slash(options=SMILES, channel=thread)
    await rig.api.until(lambda: asked.original and asked.original.content)
    assert not rig.api.permissions(rig.api.me, thread) & MANAGE_THREADS
    rig.api.archive(thread, locked=True)
    job = await eventually(lambda: ended(rig))
    assert job
    assert job.outcome == "clip"


async def test_a_clip_of_an_age_restricted_channel_stays_there(rig: Rig) -> None:
    adult = rig.api.channel(rig.guild, "late", nsfw=True)
    await asyncio.sleep(0.05)
    rig.slash(options=SMILES, channel=adult)
    await rig.clips(1, adult)
    (job,) = await rig.house.store.jobs(f"discord:{rig.ann.id}")
    for command in ("clip", "again"):
        asked = rig.slash(command, {"clip": job.id})
        assert "age-restricted" in (await rig.whispers(asked))[0]
    assert not rig.posts()
    private = rig.api.dm(rig.ann)
    rig.slash("clip", {"clip": job.id}, channel=private)
    await rig.clips(1, private)


async def test_being_thrown_out_gives_back_what_is_in_line(rig: Rig) -> None:
    with patch.object(type(rig.house.worker), "round", return_value=0):
        asked = rig.slash(options=SMILES)
        await rig.api.until(lambda: asked.original and asked.original.content)
        rig.api.leave(rig.guild)

        async def cancelled() -> bool:
            (job,) = await rig.house.store.jobs(f"discord:{rig.ann.id}")
            return job.reason == "cancelled"

        await eventually(cancelled)
    assert not rig.house.provider.orders


async def test_a_refused_token_is_not_offered_again(rig: Rig) -> None:
    rig.api.script(POST, error(401, 0, "401: Unauthorized"))
    for _ in range(3):
        with pytest.raises(ChatError, match="DISCORD_TOKEN"):
            await rig.chat.send(Address("discord", str(rig.channel.id)), Reply("x"), nonce="n")
    assert len(rig.api.called(POST)) == 1


async def test_a_status_line_is_edited_when_its_state_changes(rig: Rig) -> None:
    rig.house.provider.polls[0:0] = [Pending()] * 20
    asked = rig.slash(options=SMILES)
    await rig.clips()
    assert asked.original
    told = [one.content for one in asked.original.history if one.content] + [asked.original.content]
    assert len(told) <= 4, told
    assert len(set(told)) == len(told)


async def test_what_discord_finds_too_large_comes_smaller(rig: Rig, large_clip: bytes) -> None:
    rig.api.script(POST, error(413, 40005, "Request entity too large"))
    asked = list[int]()

    async def fitted(clip: Clip, limit: int) -> Clip:
        asked.append(limit)
        rig.house.media.path("small.mp4").write_bytes(large_clip[:-1])
        return replace(clip, name="small.mp4", size=clip.size - 1)

    with patch.object(rig.house.media, "fit", fitted):
        rig.slash(options=SMILES)
        (video,) = await rig.clips()
    assert asked == [len(large_clip) // 2]
    assert video.attachments[0].size == len(large_clip) - 1


async def test_what_does_not_get_smaller_comes_as_a_link(rig: Rig) -> None:
    rig.api.script(POST, error(413, 40005, "Request entity too large"))
    rig.house.worker._steps._delivery._fitting._link = lambda name: f"https://films.example/media/{name}"
    rig.slash(options=SMILES)
    (told,) = await rig.api.until(lambda: [one for one in rig.posts() if "https://films.example/" in one.content])
    assert "Again · 5 credits" in told.labels
    assert not told.attachments
    (job,) = await rig.house.store.jobs(f"discord:{rig.ann.id}")
    assert job.outcome == "clip"


async def test_those_behind_others_see_their_place_and_a_countdown(rig: Rig) -> None:
    rig.house.worker.only = "nobody"
    first = rig.slash(options=SMILES)
    await rig.api.until(lambda: first.original and "Next in line" in first.original.content)
    second = rig.slash(options=SMILES, user=rig.api.user("bob"))
    await rig.api.until(lambda: second.original and "1 before you" in second.original.content)
    assert second.original
    assert "\nReady <t:" in second.original.content
