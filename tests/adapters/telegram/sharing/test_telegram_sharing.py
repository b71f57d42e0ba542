"""From a clip to a gallery on Telegram, through the real library: what is posted, and how often."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.conversation import Reply, ShownClip
from bot.errors import Gone
from bot.model import Address
from tests.adapters.telegram.sharing.club import ME, Club, gathered, jobs
from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.houses import configure, picture
from tests.loopback.telegram.faults import Cut, Refuse
from tests.loopback.telegram.model import JSON
from tests.loopback.telegram.server import BotApi


async def test_a_clip_is_shared_with_one_question_and_no_upload(club: Club) -> None:
    video = await club.clip()
    assert texts.sharing.SHARE in video.labels
    assert club.uploads() == 1
    count = len(club.api.sent(club.forum))
    club.api.press(club.bob, video, texts.sharing.SHARE)
    question = await club.rig.told(club.forum, texts.sharing.HOW_TO_SHARE)
    assert await club.taps(club.cem, question, "My name, my words") == texts.chat.NOT_YOURS
    club.api.press(club.bob, question, "My name, my words")
    await club.api.until(lambda: club.posts)
    (post,) = club.posts
    assert post.thread == club.gallery
    assert post.words == "“she smiles”\nby Bob · AI-generated"
    assert post.labels == ["♥ 0", "Remix", "Report"]
    assert (club.uploads(), post.clip) == (1, video.clip)
    assert post["video"]["file_id"] == video["video"]["file_id"]
    # The question became the answer: one message more for everybody, not two.
    await club.api.until(lambda: question.words.startswith("Shared in the community's gallery"))
    assert question.labels == [texts.sharing.UNSHARE, texts.sharing.HOW_I_SHARE]
    assert len(club.api.sent(club.forum)) == count + 2
    # A second clip is shared without a question, as the first was.
    second = await club.shared(await club.clip(words="she waves"))
    assert "by Bob" in second.words
    assert [one.words for one in club.api.sent(club.forum)].count(texts.sharing.HOW_TO_SHARE) == 0
    share = await club.share(second)
    assert share
    assert share.place == Address("telegram", str(club.forum.id), str(second.id), str(club.gallery))
    rule = (await club.rig.house.store.quotas.rules(f"telegram:{club.forum.id}"))[""]
    assert rule.title == "Lake Town"


async def test_a_stranger_shares_nothing_of_anothers(club: Club) -> None:
    video = await club.clip()
    assert await club.taps(club.cem, video, texts.sharing.SHARE) == texts.chat.NOT_YOURS
    assert await club.rig.house.store.gallery.of_job((await jobs(club, club.bob))[0].id) == []


async def test_a_copy_that_telegram_lost_is_uploaded_anew(club: Club) -> None:
    video = await club.clip()
    del club.api.files[video["video"]["file_id"]]
    post = await club.shared(video)
    assert [call.code for call in club.api.called("sendVideo")] == [200, 400, 200]
    assert (club.uploads(), post.clip, post.thread) == (2, video.clip, club.gallery)
    share = await club.share(post)
    assert share
    assert share.copy_id == post["video"]["file_id"]


@pytest.mark.parametrize(
    "refusal",
    [
        "wrong remote file identifier specified: wrong padding in the string",
        "wrong file_id or the file is temporarily unavailable",
        "FILE_REFERENCE_EXPIRED",
        "can't use file of type Document as Video",
    ],
)
async def test_whatever_telegram_says_of_a_bad_copy(club: Club, refusal: str) -> None:
    video = await club.clip()
    club.api.trouble["sendVideo"] += [Refuse(400, f"Bad Request: {refusal}")]
    assert (await club.shared(video)).clip == video.clip


async def test_where_neither_copy_nor_film_is_left_nothing_is_posted(club: Club) -> None:
    film = ShownClip(club.rig.house.media.stored("none.mp4"), (await jobs_clip(club)), copy="gone")
    place = Address("telegram", str(club.forum.id), thread=str(club.gallery))
    count = len(club.api.sent(club.forum))
    with pytest.raises(Gone):
        await club.rig.chat.send(place, Reply("x", clip=film), nonce="n1")
    assert len(club.api.sent(club.forum)) == count


async def jobs_clip(club: Club) -> Any:
    await club.clip()
    return (await jobs(club, club.bob))[0].clip


@pytest.mark.parametrize("closed", [True, False])
async def test_a_gallery_whose_topic_is_no_more_does_not_spill_into_another(club: Club, closed: bool) -> None:
    video = await club.clip()
    club.forum.members[club.api.me.id] = "member"
    if closed:
        club.api.close_topic(club.ann, club.forum, club.gallery)
    else:
        club.api.delete_topic(club.forum, club.gallery)
    club.api.press(club.bob, video, texts.sharing.SHARE)
    question = await club.rig.told(club.forum, texts.sharing.HOW_TO_SHARE)
    club.api.press(club.bob, question, "My name, my words")
    await club.until(club.rig.house.store.incidents)
    told = await club.rig.told(club.forum, texts.sharing.CANNOT_POST)
    assert told.thread == club.office
    refused = [call for call in club.api.called("sendVideo") if call.code == 400]
    assert len(refused) == 1, "it is tried again later"
    assert club.standing() == [video]


async def test_a_post_that_was_begun_before_a_crash_stands_once(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = BotApi()
    async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
        club = gathered(rig)
        await club.open()
        video = await club.clip()
        rig.runner.stop()
        await asyncio.wait(rig.tasks[-1:])
        club.api.press(club.bob, video, texts.sharing.SHARE)
        question = await rig.told(club.forum, texts.sharing.HOW_TO_SHARE)
        club.api.press(club.bob, question, "My name, my words")
        (job,) = await jobs(club, club.bob)
        await club.until(lambda: rig.house.store.gallery.of_job(job.id))
        # Somebody took the entry and died before the post went out.
        (entry,) = await rig.house.store.outbox.claim(api.now(), 1.0, 9, ["telegram"])
        assert entry.kind == "post"
        assert club.posts == []
    api.later = 2.0
    async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
        club = replace(club, rig=rig)
        await api.until(lambda: len(club.posts) == 1)
        await club.until(lambda: club.share(club.posts[0]))
        await club.settled()
        # One that nobody confirmed may stand there: it is not sent again.
        second = await club.clip(words="she waves")
        api.trouble["sendVideo"] += [Cut("unanswered")]
        before = len(api.called("sendVideo"))
        api.press(club.bob, second, texts.sharing.SHARE)
        await api.until(lambda: len(club.posts) == 2)
        await club.settled()
        assert len(api.called("sendVideo")) == before + 1


async def test_the_gallery_goes_along_when_a_group_moves(rig: Rig) -> None:
    club = gathered(rig)
    club.forum = rig.api.group(club.ann, club.bob, club.cem, title="Lake Town", creator=club.ann)
    club.gallery = club.office = 0
    await club.says(club.ann, "/gallery here", "posted here")
    first = await club.clip()
    old = club.forum
    club.forum = rig.api.migrate(old)
    await rig.api.until(lambda: not rig.api.pending)
    await rig.settled()
    video = await club.clip(words="she waves")
    rig.api.press(club.bob, video, texts.sharing.SHARE)
    question = await rig.told(club.forum, texts.sharing.HOW_TO_SHARE)
    rig.api.press(club.bob, question, "My name, my words")
    *_, post = await rig.clips(club.forum, 2)
    await club.until(lambda: club.share(post))
    assert await club.taps(club.cem, post, "♥ 0") == "♥ 1"
    await rig.api.until(lambda: "♥ 1" in post.labels)
    assert not first.deleted


async def test_buttons_of_a_post_that_telegram_no_longer_shows_us_keep_to_its_topic(club: Club) -> None:
    post = await club.shared(await club.clip())
    command = next(each["callback_data"] for row in post.buttons for each in row if each["text"] == "Remix")
    gone = {"chat": club.forum.json(), "message_id": post.id, "date": 0}
    query: JSON = {"id": "5", "from": club.cem.json(), "chat_instance": "1", "data": command, "message": gone}
    club.api.queries["5"] = query
    club.api.queue("callback_query", query)
    question = await club.rig.told(club.forum, "your way")
    assert question.thread == club.gallery


async def test_before_the_first_clip_the_person_says_once_that_all_agreed(club: Club) -> None:
    configure(club.rig.house.core, ask_consent=True)
    club.rig.house.provider.stand_in = False
    club.api.photo(club.bob, club.forum, picture(), f"/animate@{ME} she smiles")
    question = await club.rig.told(club.forum, texts.consent.ASK)
    assert await club.taps(club.cem, question, texts.consent.AGREE) == texts.chat.NOT_YOURS
    assert club.rig.house.provider.orders == []
    club.api.press(club.bob, question, texts.consent.AGREE)
    await club.rig.clip(club.forum)
    await club.clip(words="she waves")
    asked = [post for post in club.api.sent(club.forum) if post.words == texts.consent.ASK]
    assert len(asked) == 1


async def test_what_others_must_not_read_is_listed_in_private(club: Club) -> None:
    await club.open()
    private = club.rig.api.private(club.bob)
    post = await club.shared(await club.clip(words="my diary burns"), "words")
    assert "Bob" not in post.words
    await club.says(club.bob, f"/unshare@{ME}", texts.chat.SENT_ALONE)
    asked = await club.rig.told(private, texts.sharing.UNSHARE_WHICH)
    club.api.press(club.bob, asked, texts.sharing.unshare_this("my diary burns", 1))
    await club.api.until(lambda: post.deleted)
    club.api.private(club.ann)
    await club.says(club.ann, f"/wordlist@{ME} add casino", "that word")
    await club.says(club.ann, f"/wordlist@{ME}", texts.chat.SENT_ALONE)
    assert "casino" in (await club.rig.told(club.rig.private, "No prompt here may have")).words
    said = [one for one in club.api.sent(club.forum) if "casino" in one.words or "diary" in str(one.labels)]
    assert said == []
