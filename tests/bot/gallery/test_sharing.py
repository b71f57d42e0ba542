"""Sharing: the whole way through the one door, what people control, and what is tried against it."""

import asyncio

import pytest

from bot import texts
from bot.gallery import sharing
from bot.model import Address, Pending, Refused
from tests.bookkeeping import check
from tests.bot.gallery.gallery_house import OTHER, TOWN, Square, commands
from tests.houses import configure


@pytest.fixture
def square(unopened: Square) -> Square:
    return unopened


# ── The whole way ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.databases
async def test_from_a_finished_clip_to_the_gallery_and_back(square: Square) -> None:
    await square.open()
    job = await square.clip("she smiles at the lake")
    _, result = square.wall.sent[-1]
    assert commands(result)["Share"] == f"/share {job.id}"

    asked = await square.say(f"/share {job.id}")
    assert asked.text == texts.sharing.HOW_TO_SHARE
    assert await square.house.store.gallery.of_job(job.id) == []
    told = await square.say(commands(asked)["My name, my words"])
    assert told.text == "Shared in the community's gallery, with your name and with your words."
    assert commands(told) == {"Unshare": f"/unshare {job.id}", "How I share": "/sharing"}
    await square.work()
    (share,) = await square.house.store.gallery.of_job(job.id)
    (post,) = square.posts()
    assert post.text == "“she smiles at the lake”\nby User 7 · AI-generated"
    assert post.clip
    assert post.clip.copy == job.copy_id is not None
    assert commands(post) == {
        "♥ 0": f"/heart {share.id}",
        "Remix": f"/remix {share.id}",
        "Report": f"/report {share.id}",
    }
    assert (await square.share(share)).place == Address("telegram", "-1", "m2", "5")

    hearts = await asyncio.gather(*(square.say(f"/heart {share.id}", user=user) for user in ("8", "9")))
    assert {reply.text for reply in hearts} <= {"♥ 1", "♥ 2"}
    await square.work()
    assert "♥ 2" in commands(square.posts()[0])
    assert square.wall.edits[-1] == ("m2", post.text)

    for user in ("8", "9", "10"):
        assert not (await square.say(f"/report {share.id} spam", user=user)).refused
    assert (await square.share(share)).state == "hidden"
    await square.work()
    assert square.posts() == []
    assert (await square.say(f"/heart {share.id}", user="8")).text == texts.sharing.UNKNOWN_SHARE
    assert (await square.say(f"/keep {share.id}", user="1")).text == texts.sharing.LET_IN
    await square.work()
    (post,) = square.posts()
    assert "♥ 2" in commands(post)

    back = await square.say(f"/unshare {job.id}")
    assert back.text == texts.sharing.UNSHARED
    await square.work()
    assert square.posts() == []
    assert await square.house.store.gallery.of_job(job.id) == []
    for verb in ("heart", "remix", "report", "show"):
        assert (await square.say(f"/{verb} {share.id}", user="8")).text == texts.sharing.UNKNOWN_SHARE
    again = await square.say(commands(back)["Share again"])
    assert not again.refused  # not asked again
    await square.work()
    (post,) = square.posts()
    assert "♥ 0" in commands(post)
    await check(square.house.store)


@pytest.mark.parametrize(
    ("how", "caption", "told"),
    [
        ("name words", "“she smiles”\nby User 7 · AI-generated", "with your name and with your words"),
        ("name", "by User 7 · AI-generated", "with your name and without your words"),
        ("words", "“she smiles”\nAI-generated", "without your name and with your words"),
        ("plain", "AI-generated", "without your name and without your words"),
        ("Words Name", "“she smiles”\nby User 7 · AI-generated", "with your name and with your words"),
        ("PLAIN", "AI-generated", "without your name and without your words"),
    ],
)
async def test_nothing_is_shared_but_what_its_maker_said(square: Square, how: str, caption: str, told: str) -> None:
    await square.open()
    job = await square.clip()
    assert told in (await square.say(f"/share {job.id} {how}")).text
    await square.work()
    assert square.posts()[0].text == caption
    second = await square.clip()
    assert told in (await square.say(f"/share {second.id}")).text  # remembered


async def test_the_latest_clip_needs_no_name(square: Square) -> None:
    await square.open()
    assert (await square.say("/share")).text == texts.sharing.NOTHING_TO_SHARE
    await square.clip()
    latest = await square.clip("she waves")
    await square.say("she runs", photo=True)  # not finished
    await square.say("/sharing name on")
    await square.say("/sharing words on")
    assert (await square.say("/share")).text.startswith("Shared")
    assert [share.job for share in await square.house.store.gallery.mine("telegram:7")] == [latest.id]
    assert (await square.say("/share", scope=OTHER)).text == texts.sharing.NOTHING_TO_SHARE
    assert (await square.say("/share", scope="", user="9")).text == texts.sharing.SHARE_WHERE


async def test_a_clip_of_a_community_is_shared_there_from_private_too(square: Square) -> None:
    await square.open()
    job = await square.clip()
    assert (await square.say(f"/share {job.id} plain", scope="")).text.startswith("Shared")
    await square.work()
    assert len(square.posts()) == 1
    own = await square.clip(scope="")
    assert (await square.say(f"/share {own.id}", scope="")).text == texts.sharing.SHARE_WHERE
    assert (await square.say(f"/share {own.id}")).text.startswith("Shared")  # said in the community


async def test_the_answer_says_where_it_went(square: Square) -> None:
    await square.open("web on")
    slug = (await square.house.store.quotas.rules(TOWN))[""].web
    job = await square.clip()
    said = await square.say(f"/share {job.id} plain", where=Address("telegram", "-1", "s", "5"))
    (share,) = await square.house.store.gallery.of_job(job.id)
    assert said.text == (
        f"Shared here, without your name and without your words.\nOn the web: https://clips.example/g/{slug}/{share.id}"
    )
    await square.say("/gallery off", user="1")
    job = await square.clip()
    said = await square.say(f"/share {job.id}")
    assert said.text.startswith("Shared in the gallery on the web, without")
    assert f"/g/{slug}/" in said.text
    configure(square.house.core, web=None)
    job = await square.clip()
    assert "http" not in (await square.say(f"/share {job.id}")).text
    await square.work()
    assert len(square.posts()) == 1


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("/share nosuchclip", texts.chat.UNKNOWN_JOB),
        ("/share ../../etc", texts.chat.UNKNOWN_JOB),
        ("/share {job} loudly", texts.sharing.SHARE_HOW),
        ("/share {job} words plain", texts.sharing.SHARE_HOW),
        ("/unshare nosuchclip", texts.sharing.NOT_SHARED),
        ("/unshare a b", texts.sharing.NOT_SHARED),
        ("/unshare {job}", texts.sharing.NOT_SHARED),
        ("/unshare", texts.sharing.NOTHING_SHARED),
        ("/sharing loudly", texts.sharing.SHARING_HOW),
        ("/sharing name", texts.sharing.SHARING_HOW),
        ("/sharing name perhaps", texts.sharing.SHARING_HOW),
        ("/heart", texts.sharing.HEART_HOW),
        ("/heart nosuchclip", texts.sharing.UNKNOWN_SHARE),
        ("/heart {job}", texts.sharing.UNKNOWN_SHARE),
        ("/show", texts.sharing.SHOW_HOW),
        ("/show nosuchclip", texts.sharing.UNKNOWN_SHARE),
        ("/show 'OR 1=1--", texts.sharing.UNKNOWN_SHARE),
    ],
)
async def test_what_is_not_understood_is_said(square: Square, said: str, heard: str) -> None:
    await square.open()
    job = await square.clip()
    reply = await square.say(said.format(job=job.id))
    assert (reply.text, reply.refused) == (heard, True)


async def test_what_cannot_be_shared_is_said(square: Square) -> None:
    job = await square.clip()
    assert (await square.say(f"/share {job.id}")).text == texts.sharing.NO_GALLERY
    assert "Share" not in commands(square.wall.sent[-1][1])
    await square.open()
    square.house.provider.polls = [Pending()]
    waiting = (await square.say("she runs", photo=True)).job
    assert (await square.say(f"/share {waiting}")).text == texts.chat.NO_CLIP_YET
    square.house.provider.polls = [Refused("moderation")]
    failed = await square.house.finish(await square.house.job(waiting or ""))
    assert (await square.say(f"/share {failed.id}")).text == texts.jobs.failed("moderation", 5)


async def test_a_clip_whose_file_is_gone_is_shared_by_the_platforms_copy_or_not_at_all(square: Square) -> None:
    await square.open("web on")
    job = await square.clip()
    assert job.clip
    await square.house.media.discard([job.clip.name])
    await square.say("/gallery off", user="1")
    assert (await square.say(f"/share {job.id} plain")).text == texts.chat.CLIP_GONE  # the web has no copy
    await square.open()
    assert (await square.say(f"/share {job.id} plain")).text.startswith("Shared")
    await square.work()
    assert square.posts()[0].clip


async def test_whoever_is_banned_shares_nothing(square: Square) -> None:
    await square.open()
    share = await square.shared()
    later = await square.clip()
    await square.say(f"/banish {share.id}", user="1")
    for scope in (TOWN, ""):
        assert (await square.say(f"/share {later.id}", scope=scope)).text == texts.sharing.MAY_NOT_SHARE


# ── Others' clips ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_nobody_shares_anothers_clip(square: Square) -> None:
    await square.open()
    job = await square.clip()
    for user in ("8", "1"):  # 1 is an admin, and moderates
        for how in ("", " plain"):
            assert (await square.say(f"/share {job.id}{how}", user=user)).text == texts.chat.NOT_YOURS
    assert await square.house.store.gallery.of_job(job.id) == []
    assert await square.work() == 0


async def test_nobody_takes_anothers_clip_back(square: Square) -> None:
    await square.open()
    share = await square.shared()
    for user, scope, heard in (
        ("8", TOWN, texts.sharing.NOT_YOUR_SHARE),
        ("1", TOWN, texts.sharing.NOT_YOUR_SHARE),
        ("8", OTHER, texts.sharing.NOT_SHARED),
        ("8", "", texts.sharing.NOT_SHARED),
    ):
        for name in (share.id, share.job):
            assert (await square.say(f"/unshare {name}", user=user, scope=scope)).text == heard
    assert (await square.share(share)).state == "up"
    assert (await square.say("/unshare", user="8")).text == texts.sharing.NOTHING_SHARED


async def test_a_share_of_another_community_is_not_known_there(square: Square) -> None:
    await square.open()
    share = await square.shared()
    for scope, user in ((OTHER, "8"), (OTHER, "2"), ("", "8"), ("", "7")):
        for said in ("heart", "show", "remix", "report"):
            assert (await square.say(f"/{said} {share.id}", user=user, scope=scope)).text == texts.sharing.UNKNOWN_SHARE
    assert (await square.share(share)).hearts == 0


@pytest.mark.databases
async def test_sharing_twice_at_once_posts_once(square: Square) -> None:
    await square.open()
    job = await square.clip()
    told = await asyncio.gather(*(square.say(f"/share {job.id} plain") for _ in range(4)))
    assert sum(reply.text.startswith("Shared") for reply in told) == 1
    assert {reply.text for reply in told} >= {texts.sharing.SHARED_ALREADY["up"]}
    await square.work()
    assert len(square.posts()) == 1


# ── Taking back ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_one_shares_is_listed_and_goes_everywhere_at_once(square: Square) -> None:
    await square.open()
    first, second = await square.shared(text="she smiles"), await square.shared("plain", text="she waves")
    where = Address("telegram", "-2", "set")
    assert not (await square.say("/gallery here", user="2", scope=OTHER, where=where)).refused
    assert (await square.say(f"/share {first.job}", scope=OTHER)).text.startswith("Shared")
    await square.work()
    assert len(square.posts()) == 2
    assert len(square.wall.at("-2/")) == 1
    listed = await square.say("/unshare")
    assert commands(listed) == {
        "Take back “she smiles”": f"/unshare {first.job}",
        "Take back 2": f"/unshare {second.job}",
    }
    assert (await square.say(f"/unshare {first.id}", scope="")).text == texts.sharing.UNSHARED  # by its own name
    await square.work()
    assert square.wall.at("-2/") == []
    assert [post.text for post in square.posts()] == ["AI-generated"]


async def test_a_clip_that_waits_or_is_hidden_can_be_taken_back(square: Square) -> None:
    await square.open("approve on")
    await square.reviewed()
    share = await square.shared()
    assert square.posts() == []
    assert len(square.notices()) == 1
    assert (await square.say(f"/share {share.job}")).text == texts.sharing.SHARED_ALREADY["waiting"]
    await square.say(f"/unshare {share.job}")
    await square.work()
    assert (square.posts(), square.notices()) == ([], [])
    assert (await square.say(f"/keep {share.id}", user="1")).text == texts.sharing.UNKNOWN_SHARE


# ── How people share ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_how_one_shares_is_said_and_changed(square: Square) -> None:
    first = await square.say("/sharing")
    assert first.text.startswith("You have not said yet how you share")
    assert {"Share with my name", "Share without my name", "Forbid remixes", "What I share"} <= set(commands(first))
    assert "Allow remixes" not in commands(first)
    half = await square.say("/sharing name off")
    assert half.text.startswith("You share without your name, and are asked about your words")
    told = await square.say("/sharing words on")
    assert told.text.startswith("You share without your name and with your words. Others may remix")
    assert commands(told)["Share with my name"] == "/sharing name on"
    assert "Share without my name" not in commands(told)
    assert "Nobody may remix" in (await square.say("/sharing remixes off")).text


async def test_forbidding_remixes_holds_for_what_is_shared_already(square: Square) -> None:
    await square.open()
    share = await square.shared()
    await square.say("/sharing remixes off")
    await square.work()
    assert "Remix" not in commands(square.posts()[0])
    assert (await square.say(f"/remix {share.id} she waves", user="8")).text == texts.sharing.NO_REMIX


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("Ann", "Ann"),
        ("  Ann \n of\tGreen  ", "Ann of Green"),
        ("A\x00\x1b[31mB\x7f", "A[31mB"),
        ("\u202egnorW\u2066 \u200f", "gnorW"),
        ("\ufffc<b>&</b>", "<b>&</b>"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("x" * 100, "x" * 63 + "…"),
        ("\u2028\u202e", ""),
    ],
)
def test_a_name_is_one_plain_line(label: str, shown: str) -> None:
    assert texts.sharing.name(label) == shown


async def test_a_name_and_words_are_shown_as_they_are_and_no_more(square: Square) -> None:
    await square.open()
    words = "<script>alert(1)</script> " + "very " * 300 + "long"
    await square.shared(text=words, label="Eve\n<img src=x>\u202e")
    (post,) = square.posts()
    first, second = post.text.split("\n")
    assert first.startswith("“<script>alert(1)</script> very")
    assert len(first) <= texts.sharing.CAPTION + 2
    assert second == "by Eve <img src=x> · AI-generated"


# ── Once more ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_shared_clip_is_shown_again_by_the_platforms_copy(square: Square) -> None:
    await square.open()
    share = await square.share(await square.shared())
    shown = await square.show(share)
    assert shown.clip
    assert shown.clip.copy == share.copy_id == "copy-m2"
    assert shown.text == square.posts()[0].text
    assert "Remix" in commands(shown)
    await square.house.media.discard([share.clip.name])
    square.house.clock.tick(2 * sharing.SHOWN)
    assert (await square.show(share)).clip
    await square.say(f"/hide {share.id}", user="1")
    await square.work()
    assert not square.here()  # what was shown again went as well
    assert (await square.say(f"/show {share.id}", user="8")).text == texts.sharing.UNKNOWN_SHARE
    looked = await square.say(f"/show {share.id}", user="1")
    assert looked.clip
    assert looked.private
    await square.say(f"/unshare {share.job}")
    await square.work()
    assert not square.here()
    assert (await square.say(f"/show {share.id}", user="2", scope=OTHER)).text == texts.sharing.UNKNOWN_SHARE
