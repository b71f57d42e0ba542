"""A clip on its way to a chat: what is sent, in what size, and what happens when there is no clean answer."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from PIL import Image

from adapters.telegram import client as lines
from adapters.telegram import request as requests
from bot import texts
from bot.conversation import Reply, ShownClip
from bot.media.fit import Fitting
from bot.model import Accepted, Address, Clip, Refused
from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.elsewhere import Elsewhere
from tests.houses import picture
from tests.loopback.telegram.faults import Cut, Flood, Hold, Refuse, Trouble
from tests.loopback.telegram.model import Post
from tests.loopback.telegram.server import BotApi

pytestmark = pytest.mark.usefixtures("quick_tries")

Rigs = Callable[..., AbstractAsyncContextManager[Rig]]


def order(rig: Rig, words: str = "she smiles", **how: object) -> Post:
    return rig.api.photo(rig.ann, rig.private, picture(), words, **how)


async def test_what_comes_with_the_clip(rig: Rig, large_clip: bytes) -> None:
    photo = order(rig, spoiler=True)
    video = await rig.clip(rig.private)
    (call,) = rig.api.called("sendVideo")
    said = call.params
    assert (said["width"], said["height"], said["duration"]) == (400, 320, 1)
    assert str(said["supports_streaming"]).lower() == "true"
    assert str(said["has_spoiler"]).lower() == "true"
    assert "AI-generated" in said["caption"]
    assert "parse_mode" not in said
    assert video.reply_to == photo.id
    assert video.clip == large_clip
    assert video.thumbnail
    (rig.house.media.path("x.jpg").parent / "thumb").write_bytes(video.thumbnail)
    with Image.open(rig.house.media.path("x.jpg").parent / "thumb") as thumbnail:
        assert thumbnail.format == "JPEG"
        assert max(thumbnail.size) <= 320
    assert "has_spoiler" not in {key for key in said if str(said[key]).lower() == "false"}


async def test_a_clip_is_sent_from_wherever_it_stands(rig: Rig, large_clip: bytes) -> None:
    film = ShownClip(Elsewhere(large_clip), Clip("clip.mp4", 400, 320, 1.0, len(large_clip)), poster=Elsewhere(b"jpeg"))
    posted = await rig.chat.send(Address("telegram", str(rig.private.id)), Reply("x", clip=film), nonce="a")
    (post,) = [one for one in rig.api.sent(rig.private) if str(one.id) == posted.message]
    assert (post.clip, post.thumbnail) == (large_clip, b"jpeg")


async def test_the_longest_order_still_says_that_it_is_made_by_a_machine(rig: Rig) -> None:
    order(rig, f"{'👩‍👩‍👧' * 60} --no {'é' * 300} --cfg 0.7")
    video = await rig.clip(rig.private)
    assert "AI-generated" in video.words


@pytest.mark.parametrize("at_server", [False, True])
async def test_a_clip_over_the_limit_is_made_to_fit(
    tmp_path: Path, new_id: Callable[[], str], at_server: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether we know the limit, or the server says so."""
    clip = await asyncio.to_thread(a_noisy_clip, tmp_path / "noise.mp4")
    api, limit = BotApi(), len(clip) // 2
    api.upload_limit = limit
    monkeypatch.setattr(lines, "UPLOAD", limit)
    async with a_rig(tmp_path, clip, new_id, api=api, upload=10**9 if at_server else limit) as rig:
        order(rig)
        video = await rig.clip(rig.private, 30)
        assert video.clip
        assert len(video.clip) <= limit
        assert [call.code for call in api.called("sendVideo")] == [413, 200][1 - at_server :]


@pytest.mark.parametrize("link", [None, lambda name: f"https://photoplay.example/media/{name}"])
async def test_a_clip_that_cannot_fit_is_told_of(rigs: Rigs, link: Callable[[str], str] | None) -> None:
    async with rigs(upload=100, start=False) as rig:
        rig.house.worker._steps._delivery._fitting = Fitting(rig.house.media, link)
        await rig.open()
        order(rig)
        (job,) = await rig.done()
        assert job.clip
        told = rig.api.sent(rig.private)[-1]
        assert (f"https://photoplay.example/media/{job.clip.name}" if link else texts.chat.CLIP_TOO_LARGE) in told.words
        assert not rig.api.called("sendVideo")


async def test_a_clip_is_sent_again_without_an_upload(rig: Rig) -> None:
    order(rig)
    video = await rig.clip(rig.private)
    (job,) = await rig.done()
    assert job.copy_id == video["video"]["file_id"]
    rig.api.say(rig.ann, rig.private, f"/clip {job.id}")
    await rig.api.until(lambda: len(rig.videos(rig.private)) == 2)
    assert not rig.api.called("sendVideo")[-1].files
    assert rig.api.called("sendVideo")[-1].params["video"] == job.copy_id


async def test_a_name_that_telegram_forgot(rig: Rig) -> None:
    order(rig)
    await rig.clip(rig.private)
    (job,) = await rig.done()
    rig.api.files.clear()
    rig.api.say(rig.ann, rig.private, f"/clip {job.id}")
    await rig.api.until(lambda: len(rig.videos(rig.private)) == 2)
    assert rig.api.called("sendVideo")[-1].files
    assert job.clip
    rig.api.files.clear()
    rig.house.media.path(job.clip.name).unlink()
    rig.api.say(rig.ann, rig.private, f"/clip {job.id}")
    await rig.told(rig.private, texts.chat.CLIP_GONE)


@pytest.mark.parametrize(
    "refusal",
    [
        Refuse(400, "Bad Request: failed to get HTTP URL content"),
        Refuse(400, "Bad Request: not enough rights to send videos to the chat"),
        Refuse(403, "Forbidden: CHAT_SEND_VIDEOS_FORBIDDEN"),
        Refuse(400, "Bad Request: CHAT_SEND_MEDIA_FORBIDDEN"),
        Refuse(400, "Bad Request: VOICE_MESSAGES_FORBIDDEN"),
        Refuse(403, "Forbidden: VOICE_MESSAGES_FORBIDDEN"),
    ],
    ids=lambda refusal: refusal.description,
)
async def test_a_clip_that_is_refused_is_told_in_words(rig: Rig, refusal: Refuse) -> None:
    rig.api.trouble["sendVideo"] += [refusal]
    order(rig)
    told = await rig.told(rig.private, "this chat didn't take it")
    (job,) = await rig.done()
    assert f"/clip {job.id}" in told.words
    assert told.labels[0] == "Send it again"
    await rig.api.until(lambda: [post for post in rig.api.sent(rig.private) if not post.deleted] == [told])


async def test_what_is_refused_again_is_told_again(rig: Rig) -> None:
    rig.api.trouble["sendVideo"] += [Refuse(400, "Bad Request: not enough rights to send videos to the chat")] * 2
    order(rig)
    told = await rig.told(rig.private, "this chat didn't take it")
    rig.api.press(rig.ann, told, "Send it again")
    await rig.api.until(lambda: len([p for p in rig.api.sent(rig.private) if "didn't take it" in p.words]) == 2)
    rig.api.press(rig.ann, rig.api.sent(rig.private)[-1], "Send it again")
    await rig.clip(rig.private)


@pytest.mark.parametrize("words", ["CHAT_WRITE_FORBIDDEN", "not enough rights to send text messages to the chat"])
async def test_a_chat_that_takes_nothing_ends_it(rig: Rig, words: str) -> None:
    rig.api.trouble["sendVideo"] += [Refuse(400, f"Bad Request: {words}")]
    order(rig)
    await rig.api.until(lambda: rig.api.called("sendVideo"))
    rig.api.trouble["sendMessage"] += [Refuse(400, f"Bad Request: {words}")]
    (job,) = await rig.done()
    assert (job.outcome, job.sent_id) == ("clip", None)
    await rig.api.until(lambda: all(post.deleted for post in rig.api.sent(rig.private)))


@pytest.mark.parametrize(
    "hiccup", [Refuse(400, "Bad Request: SLOWMODE_WAIT_1"), Refuse(400, "Bad Request: slow mode is enabled, wait 1 s")]
)
async def test_slow_mode_is_waited_out(rig: Rig, hiccup: Refuse) -> None:
    rig.api.trouble["sendVideo"] += [hiccup]
    order(rig)
    await rig.clip(rig.private)
    assert len(rig.api.called("sendVideo")) == 2


@pytest.mark.parametrize("status", [400, 403])
async def test_what_a_proxy_says_in_html_is_not_final(rig: Rig, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr("bot.jobs.delivery.backoff", lambda tries: 0.05)
    rig.api.trouble["sendVideo"] += [Refuse(status)]
    order(rig)
    await rig.clip(rig.private)


@pytest.mark.parametrize(
    "shape", [Refuse(413), Refuse(413, "Request Entity Too Large"), Refuse(400, "Bad Request: file is too big")]
)
async def test_whatever_calls_a_clip_too_large_gets_words(rig: Rig, shape: Refuse) -> None:
    rig.api.trouble["sendVideo"] += [shape] * 4
    order(rig)
    await rig.told(rig.private, texts.chat.CLIP_TOO_LARGE)
    await rig.done()


@pytest.mark.parametrize("trouble", [Cut("unanswered"), Cut("answering"), Refuse(504)])
async def test_an_upload_without_an_answer_is_not_repeated(rig: Rig, trouble: Trouble) -> None:
    rig.api.trouble["sendVideo"] += [trouble]
    order(rig)
    unsure = await rig.told(rig.private, "didn't confirm that it arrived")
    assert unsure.labels == ["Send it again"]
    (job,) = await rig.done()
    assert job.clip
    assert len(rig.api.called("sendVideo")) == 1
    rig.api.press(rig.ann, unsure, "Send it again")
    await rig.api.until(
        lambda: len([c for c in rig.api.called("sendVideo") if c.code == 200]) >= 1 + (trouble != Refuse(504))
    )
    assert rig.house.provider.orders
    assert len(rig.house.provider.orders) == 1


async def test_an_upload_that_is_never_answered(rigs: Rigs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "READ", 0.3)
    async with rigs() as rig:
        rig.api.trouble["sendVideo"] += [Hold("unanswered", 2.0)]
        order(rig)
        await rig.told(rig.private, "didn't confirm that it arrived")
        assert len(rig.videos(rig.private)) == 1


async def test_a_slow_upload_is_given_its_time(rigs: Rigs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence counts only once all of it is sent."""
    monkeypatch.setattr(requests, "READ", 0.3)
    read = BotApi._read

    async def slowly(self: BotApi, request: object) -> object:
        if "multipart" in request.headers.get("Content-Type", ""):
            await asyncio.sleep(0.8)
        return await read(self, request)

    monkeypatch.setattr(BotApi, "_read", slowly)
    async with rigs() as rig:
        rig.house.provider.clips[:] = [rig.house.provider.clips[0] + b"\0" * 20_000_000]
        order(rig)
        await rig.done()
        assert len(rig.videos(rig.private)) == 1
        assert len(rig.api.called("sendVideo")) == 1


async def test_a_stalled_upload_is_begun_anew(rigs: Rigs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "WHOLE", 0.4)
    async with rigs() as rig:
        rig.house.provider.clips[:] = [rig.house.provider.clips[0] + b"\0" * 20_000_000]
        rig.api.trouble["sendVideo"] += [Hold("unread", 2.0)]
        order(rig)
        await rig.done()
        assert len(rig.videos(rig.private)) == 1


@pytest.mark.parametrize("trouble", [Cut("reading"), Refuse(502), Refuse(500, "Internal Server Error")])
async def test_an_upload_that_broke_off_is_begun_anew(rigs: Rigs, trouble: Trouble) -> None:
    async with rigs() as rig:
        rig.house.provider.clips[:] = [rig.house.provider.clips[0] + b"\0" * 20_000_000]
        rig.api.trouble["sendVideo"] += [trouble]
        order(rig)
        await rig.done()
        assert len(rig.videos(rig.private)) == 1
        assert "didn't confirm" not in "".join(post.words for post in rig.api.sent(rig.private))


async def test_a_failure_that_is_never_confirmed_is_not_told_for_ever(rig: Rig) -> None:
    rig.house.provider.polls[:] = [Refused("failed")]
    sends = [None] + [Cut("unanswered")] * 20
    rig.api.trouble["sendMessage"] += sends
    order(rig)
    (job,) = await rig.done()
    assert job.outcome == "failed"
    assert len(rig.api.called("sendMessage")) <= 7


async def test_a_status_line_goes_even_if_telegram_hiccups(rig: Rig) -> None:
    rig.api.trouble["deleteMessage"] += [Refuse(502), Cut("unread")]
    order(rig)
    await rig.clip(rig.private)
    await rig.api.until(lambda: rig.api.sent(rig.private)[0].deleted)


async def test_a_status_line_too_old_to_delete_says_done(rig: Rig) -> None:
    rig.api.trouble["deleteMessage"] += [Refuse(400, "Bad Request: message can't be deleted for everyone")]
    order(rig)
    await rig.clip(rig.private)
    await rig.api.until(lambda: rig.api.sent(rig.private)[0].words == texts.jobs.DONE)
    edits = len(rig.api.called("editMessageText"))
    await asyncio.sleep(0.1)
    assert len(rig.api.called("editMessageText")) == edits
    assert not rig.api.sent(rig.private)[0].labels


async def test_a_flood_delays_and_loses_nothing(rig: Rig) -> None:
    rig.house.provider.creates[:] = [Accepted("local", "remote")]
    rig.api.trouble["sendVideo"] += [Flood(1)]
    order(rig)
    (job,) = await rig.done()
    assert [call.code for call in rig.api.called("sendVideo")] == [429, 200]
    assert job.sent_id == str(rig.videos(rig.private)[0].id)


def a_noisy_clip(path: Path) -> bytes:
    """One that does not get small by itself."""
    import av
    import numpy as np

    noise = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 400, 320, "yuv420p"
        for _ in range(30):
            frame = av.VideoFrame.from_ndarray(noise.integers(0, 255, (320, 400, 3), np.uint8), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path.read_bytes()
