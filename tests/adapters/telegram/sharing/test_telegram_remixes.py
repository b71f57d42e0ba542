"""Remixes on Telegram: the question, and whose photo and words answer it."""

from adapters.shared.double_taps import DOUBLE
from adapters.telegram.prompts import Question
from bot import texts
from tests.adapters.telegram.sharing.club import ME, Club, asked, jobs
from tests.adapters.telegram.telegram_rig import Rig
from tests.houses import picture


async def test_remix_with_own_words_and_with_an_own_photo(club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    assert share
    question = await asked(club, club.cem, post)
    before = len(club.rig.videos(club.forum))
    club.api.say(club.cem, club.forum, "she frowns", reply_to=question, thread=club.gallery)
    *_, words = await club.rig.clips(club.forum, before + 1)
    assert "“she frowns”" in words.words
    assert "Remix of a shared clip" in words.words
    # The frame of the clip, not Bob's photo.
    first, second = club.rig.house.provider.orders
    assert (second.photo.width, second.photo.height) == (400, 320) != (first.photo.width, first.photo.height)
    question = await asked(club, club.dora, post)
    own = club.api.photo(club.dora, club.forum, picture(640, 480), reply_to=question, thread=club.gallery)
    *_, same = await club.rig.clips(club.forum, before + 2)
    assert same.reply_to == own.id
    assert "“she smiles”" in same.words
    assert "Remix of a shared clip" in same.words
    third = club.rig.house.provider.orders[2]
    assert (third.photo.width, third.photo.height) == (640, 480)
    club.api.later += 2 * DOUBLE
    question = await asked(club, club.dora, post)
    club.api.photo(club.dora, club.forum, picture(480, 480), "she jumps", reply_to=question, thread=club.gallery)
    *_, both = await club.rig.clips(club.forum, before + 3)
    assert "“she jumps”" in both.words
    for user, count in ((club.cem, 1), (club.dora, 2)):
        assert [job.remix_of for job in await jobs(club, user)] == [share.id] * count
    # A remix can be shared as well, and says after whom it is made.
    again = await club.shared(words, "plain", club.cem)
    assert again.words == "Remix of a clip by Bob · AI-generated"


async def test_in_a_topic_that_is_the_gallery_a_remix_is_asked_about_in_private(club: Club) -> None:
    post = await club.shared(await club.clip())
    share, private = await club.share(post), club.api.private(club.cem)
    assert share
    club.api.close_topic(club.ann, club.forum, club.gallery)
    club.api.press(club.cem, post, texts.sharing.REMIX)
    question = await club.rig.told(private, texts.sharing.ask_remix("she smiles"))
    club.api.say(club.cem, private, "she frowns", reply_to=question)
    video = await club.rig.clip(private)
    (job,) = await jobs(club, club.cem)
    assert (job.scope, job.remix_of) == (share.scope, share.id)
    club.api.press(club.cem, video, texts.sharing.SHARE)
    how = await club.rig.told(private, texts.sharing.HOW_TO_SHARE)
    club.api.press(club.cem, how, texts.sharing.PREFERENCES["words"])
    await club.api.until(lambda: len(club.posts) == 2)
    there = [one for one in club.api.sent(club.forum) if one.thread == club.gallery]
    assert there[1:] == club.posts, "behind Ann's setting it nothing but clips stands there"


async def test_an_album_answers_a_remix_with_both_frames(club: Club) -> None:
    post = await club.shared(await club.clip())
    question = await asked(club, club.cem, post)
    before = len(club.rig.videos(club.forum))
    pictures = [picture(640, 480)] * 2
    club.api.album(club.cem, club.forum, pictures, shuffled=True, reply_to=question, thread=club.gallery)
    await club.rig.clips(club.forum, before + 1)
    order = club.rig.house.provider.orders[-1]
    assert (order.prompt, order.end is not None) == ("she smiles", True)


async def test_only_the_asker_answers_a_remix(club: Club) -> None:
    post = await club.shared(await club.clip())
    question = await asked(club, club.cem, post)
    club.api.photo(club.dora, club.forum, picture(), reply_to=question, thread=club.gallery)
    await club.says(club.dora, f"/quota@{ME}", "credits left today")
    assert len(club.rig.house.provider.orders) == 1


async def test_words_not_shared_are_asked_for_and_the_photo_is_kept_meanwhile(club: Club) -> None:
    post = await club.shared(await club.clip(), "name")
    club.api.press(club.cem, post, texts.sharing.REMIX)
    question = await club.rig.told(club.forum, "with your words")
    club.api.photo(club.cem, club.forum, picture(640, 480), reply_to=question, thread=club.gallery)
    second = await club.rig.told(club.forum, texts.sharing.REMIX_WORDS)
    before = len(club.rig.videos(club.forum))
    club.api.say(club.cem, club.forum, "she nods", reply_to=second, thread=club.gallery)
    await club.rig.clips(club.forum, before + 1)
    order = club.rig.house.provider.orders[-1]
    assert (order.prompt, order.photo.width) == ("she nods", 640)


async def test_a_typed_remix_takes_the_photo_that_it_captions(club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    assert share
    before = len(club.rig.videos(club.forum))
    club.api.photo(club.cem, club.forum, picture(640, 480), f"/remix@{ME} {share.id} she nods")
    await club.rig.clips(club.forum, before + 1)
    assert club.rig.house.provider.orders[-1].photo.width == 640


async def test_in_private_the_next_photo_is_the_answer_and_of_other_questions_none(rig: Rig) -> None:
    prompts = rig.telegram._messages._prompts
    place = str(rig.ann.id)
    await prompts.put(place, "1", Question(place, "/remix nothing", (), ""))
    rig.api.photo(rig.ann, rig.private, picture())
    await rig.told(rig.private, texts.sharing.UNKNOWN_SHARE)
    await prompts.put(place, "1", Question(place, "/remix nothing", (), ""))
    rig.api.sticker(rig.ann, rig.private)
    await rig.told(rig.private, texts.chat.WHAT_WORKS)
    await prompts.put(place, "2", Question(place, "/again nothing", (), ""))
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    assert "“she smiles”" in (await rig.clip(rig.private)).words
