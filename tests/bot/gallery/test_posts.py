"""What the outbox does in a chat: posts, notices and edits, where it refuses, floods, is gone or takes no such film."""

from dataclasses import replace

import pytest

from bot import texts
from bot.conversation import Posted, Reply
from bot.errors import ChatError, Flood, Gone, TooLarge, Unconfirmed
from bot.gallery import outbox
from bot.gallery.model import OutboxEntry
from bot.model import Address, Clip
from tests.bot.gallery.gallery_house import OFFICE, TOWN, WEB, Square, commands, later, tell

# ── What the chat says ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_flood_is_waited_for(square: Square) -> None:
    await square.shared(posted=False)
    square.wall.trouble = [Flood(40)]
    await square.work()
    assert await later(square, 39) == 0
    assert await later(square, 2) == 1
    assert len(square.posts()) == 1


async def test_a_chat_that_floods_for_ever_comes_to_an_end_after_a_day_too(square: Square) -> None:
    await square.house.store.outbox.put(tell(square))
    square.wall.trouble = [Flood(1)] * 1000
    begun, due_at = square.house.clock(), await square.house.store.outbox.next_due(["telegram"])
    while due_at is not None:
        square.house.clock.now = max(square.house.clock(), due_at)
        await square.work()
        due_at = await square.house.store.outbox.next_due(["telegram"])
    assert square.house.clock() - begun > 18 * 3600


async def test_a_chat_that_fails_is_asked_again_and_less_and_less_often(square: Square) -> None:
    await square.shared(posted=False)
    square.wall.trouble = [ChatError("not now")] * 3
    waits = []
    for _ in range(4):
        await square.work()
        due_at = await square.house.store.outbox.next_due(["telegram"])
        if due_at is None:
            break
        waits.append(due_at - square.house.clock())
        square.house.clock.now = due_at
    assert waits == [5.0, 10.0, 20.0]
    assert len(square.posts()) == 1


async def test_an_adapters_own_mistake_is_no_end(square: Square, monkeypatch: pytest.MonkeyPatch) -> None:
    await square.shared(posted=False)

    async def broken(address: Address, reply: Reply, *, nonce: str) -> Posted:
        raise KeyError("oops")

    with monkeypatch.context() as patch:
        patch.setattr(square.wall, "send", broken)
        await square.work()
    await later(square, 6)
    assert len(square.posts()) == 1


async def test_an_entry_is_given_up_after_a_day(square: Square) -> None:
    await square.house.store.outbox.put(tell(square))
    square.wall.trouble = [ChatError("never")] * 1000
    begun = square.house.clock()
    for _ in range(outbox.MOST_TRIES + 1):
        await square.work()
        due_at = await square.house.store.outbox.next_due(["telegram"])
        if due_at is None:
            break
        square.house.clock.now = due_at
    assert due_at is None
    assert 23 * 3600 < square.house.clock() - begun < 25 * 3600
    assert 1000 - len(square.wall.trouble) == outbox.MOST_TRIES


async def test_a_message_that_nobody_can_take_away_is_the_operators_to_know(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST_TRIES", 2)
    place = Address("telegram", "-1", "m9", "5")
    await square.house.store.outbox.put(OutboxEntry("x", "remove", place, square.house.clock()))
    square.wall.trouble = [ChatError("never")] * 2
    await square.work()
    await later(square, 60)
    assert await square.house.store.outbox.next_due(["telegram"]) is None
    (incident,) = await square.house.store.incidents()
    assert incident.what == "a message could not be taken away"
    assert "m9" in incident.detail


async def test_where_the_chat_is_gone_the_share_stays_for_the_web(square: Square) -> None:
    share = await square.shared(posted=False)
    square.wall.trouble = [Gone("closed")] * outbox.MOST_TRIES
    await square.work()
    assert (await square.share(share)).state == "up"
    assert "♥ 1" in (await square.say(f"/heart {share.id}", user="8")).text
    while square.wall.trouble:
        assert await later(square, outbox.LONGEST_PAUSE) == 1
    assert await square.house.store.outbox.next_due(["telegram"]) is None, "tried for a day, then given up"
    assert square.posts() == []
    told = [one.detail for one in await square.house.store.incidents()]
    assert set(told) == {"telegram:-1/5: closed"}
    assert len(told) == 2, "once a day"


async def test_admins_are_told_that_a_clip_cannot_be_posted_and_it_comes_once_it_can(square: Square) -> None:
    await square.reviewed()
    found = [await square.shared(posted=False) for _ in range(2)]
    square.wall.trouble = [Gone("closed")] * 2
    await square.work()
    assert [reply.text for reply in square.wall.at(OFFICE)] == [texts.sharing.CANNOT_POST]
    assert square.posts() == []
    await later(square, outbox.LONGEST_PAUSE)
    assert len(square.posts()) == 2
    assert all([(await square.share(share)).place.message for share in found])


async def test_what_is_gone_needs_no_removal_and_no_refresh(square: Square) -> None:
    share = await square.shared()
    await square.say(f"/heart {share.id}", user="8")
    square.wall.trouble = [Gone("no such message")]
    await square.work()
    await square.say(f"/unshare {share.job}")
    square.wall.trouble = [Gone("no such message")]
    await square.work()
    assert await later(square, 86_400) == 0


async def test_a_post_that_may_have_arrived_is_not_repeated_where_that_would_be_seen(square: Square) -> None:
    square.wall.once = False
    share = await square.shared(posted=False)
    square.wall.after = [Unconfirmed("no answer")]
    await square.work()
    assert await later(square, 86_400) == 0
    assert len(square.posts()) == 1
    assert (await square.share(share)).state == "up"


async def test_where_the_nonce_is_known_it_is_repeated_and_stands_there_once(square: Square) -> None:
    share = await square.shared(posted=False)
    square.wall.after = [Unconfirmed("no answer")]
    await square.work()
    await later(square, 10)
    assert len(square.posts()) == 1
    assert (await square.share(share)).place.message


async def test_a_notice_that_may_have_been_lost_is_said_again(square: Square) -> None:
    square.wall.once = False
    await square.house.store.outbox.put(tell(square))
    square.wall.after = [Unconfirmed("no answer")]
    await square.work()
    await later(square, 10)
    assert [reply.text for reply in square.wall.at(OFFICE)] == ["Hello", "Hello"]


# ── Films that are too large ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_film_is_made_smaller_until_it_fits(square: Square, monkeypatch: pytest.MonkeyPatch) -> None:
    share = await square.shared(posted=False)
    fits: list[int] = []

    async def fit(clip: Clip, limit: int) -> Clip:
        fits.append(limit)
        return replace(clip, size=clip.size - 1)

    monkeypatch.setattr(square.house.media, "fit", fit)
    square.wall.trouble = [TooLarge(5000), TooLarge(4000)]
    await square.work()
    (post,) = square.posts()
    assert fits == [5000, 4000]
    assert post.clip
    assert post.clip.clip.size == share.clip.size - 2
    assert (await square.share(share)).place.message


async def test_one_that_cannot_be_shown_has_a_link_to_its_page_which_ends_with_the_sharing(square: Square) -> None:
    await square.open("web on")
    slug = (await square.house.store.quotas.rules(TOWN))[""].web
    share = await square.shared(posted=False)
    square.wall.trouble = [TooLarge(1)]  # less than any film
    await square.work()
    (post,) = square.posts()
    assert post.clip is None
    assert post.text.endswith(f"plays at {WEB}/g/{slug}/{share.id}")
    assert "/media/" not in post.text
    assert "Report" in commands(post)
    await square.say(f"/heart {share.id}", user="8")
    await square.work()
    (again,) = square.posts()
    assert (again.clip, again.text) == (None, post.text)
    assert texts.sharing.heart(1) in commands(again)


async def test_without_a_web_gallery_there_is_no_link(square: Square) -> None:
    await square.shared(posted=False)
    square.wall.trouble = [TooLarge(1)]
    await square.work()
    assert square.posts()[0].text.endswith(texts.sharing.at_page(""))


async def test_a_clip_whose_file_is_gone_is_posted_by_the_platforms_copy(square: Square) -> None:
    share = await square.shared(posted=False)
    await square.house.media.discard([share.clip.name])
    await square.work()
    (post,) = square.posts()
    assert post.clip
    assert post.clip.copy == share.copy_id is not None


async def test_without_file_and_copy_there_is_nothing_to_post(square: Square) -> None:
    job = await square.clip()
    assert job.clip
    share = replace(
        await square.shared("plain"), id="lonely", copy_id=None, place=Address("telegram", "-1", thread="5")
    )
    other = await square.clip()
    await square.house.store.gallery.add(replace(share, job=other.id, clip=replace(job.clip, name="gone.mp4")))
    await square.work()
    assert len(square.posts()) == 1
    assert (await square.share(share)).place.message == ""


async def test_a_hearts_refresh_has_the_film_so_that_it_is_a_captions(square: Square) -> None:
    share = await square.shared()
    await square.house.media.discard([share.clip.name])
    await square.say(f"/heart {share.id}", user="8")
    await square.work()
    (post,) = square.posts()
    assert post.clip
    assert "♥ 1" in commands(post)


@pytest.mark.databases
async def test_a_remix_says_after_whom_and_forgets_the_name_when_that_is_taken_back(square: Square) -> None:
    first = await square.shared()
    job = await square.clip("she waves", user="8")
    store = square.house.store
    await store._db.write(
        lambda tx: tx.all("UPDATE jobs SET remix_of = $1, remix_after = $2 WHERE id = $3", first.id, first.name, job.id)
    )
    await square.say(f"/share {job.id} name", user="8")
    await square.work()
    assert [post.text for post in square.posts()][1] == "by User 8 · Remix of a clip by User 7 · AI-generated"
    second = (await store.gallery.of_job(job.id))[0]
    await square.say(f"/unshare {first.job}")
    shown = await square.show(second, user="9")
    assert shown.text == "by User 8 · Remix of a shared clip · AI-generated"
