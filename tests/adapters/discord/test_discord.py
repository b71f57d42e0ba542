"""Discord through the real library: what people do, and what they see."""

import pytest

from bot import texts
from tests.adapters.discord.discord_rig import Rig
from tests.houses import picture
from tests.loopback.discord.permissions import MANAGE_MESSAGES, USUAL_PERMISSIONS

PHOTO = ("me.jpg", picture())


@pytest.fixture
def rig(rig: Rig) -> Rig:
    """One whose films are looked at."""
    rig.api.keeps_files = True
    return rig


async def test_a_slash_command_becomes_a_clip(rig: Rig, large_clip: bytes) -> None:
    asked = rig.slash(options={"image": PHOTO, "prompt": "she puts on her glasses"})
    (video,) = await rig.clips()
    assert video.attachments[0].data == large_clip
    assert video.attachments[0].name == "photoplay.mp4"
    assert "she puts on her glasses" in video.content
    assert "AI-generated" in video.content
    assert video.labels == ["Again · 5 credits", "New words", "Continue"]
    assert video.nonce
    assert video.reply_to is None
    assert asked.original
    await rig.api.until(lambda: asked.original and asked.original.deleted)
    said = [asked.original.content, *(one.content for one in asked.original.history)]
    assert any("5 credits, 25 left today" in one and "Ready <t:" in one for one in said)
    assert asked.answered_after is not None
    assert asked.answered_after < 1


async def test_jobs_finds_clips_by_their_words(rig: Rig) -> None:
    rig.slash(options={"image": PHOTO, "prompt": "a boat on the lake"})
    await rig.clips()
    (found,) = await rig.whispers(rig.slash("jobs", {"words": "Lake"}))
    assert "a boat on the lake" in found
    (none,) = await rig.whispers(rig.slash("jobs", {"words": "zebra"}))
    assert none == texts.chat.no_jobs_with("zebra")


async def test_the_native_options_are_options(rig: Rig) -> None:
    rig.slash(
        options={
            "image": PHOTO,
            "prompt": "day turns to night",
            "duration": 5,
            "negative": "blur",
            "strength": 0.7,
            "end_image": ("end.png", picture(500, 400, "PNG")),
        }
    )
    await rig.clips()
    (order,) = rig.house.provider.orders
    assert (order.seconds, order.negative, order.cfg) == (5, "blur", 0.7)
    assert order.end


async def test_what_excludes_each_other_is_said_to_the_person_alone(rig: Rig) -> None:
    asked = rig.slash(options={"image": PHOTO, "prompt": "she goes", "duration": 10, "end_image": PHOTO})
    assert "5-second clips" in (await rig.whispers(asked))[0]
    assert not rig.posts()
    assert not rig.house.provider.orders


async def test_without_a_picture_a_form_asks_for_it(rig: Rig) -> None:
    asked = rig.slash(options={"prompt": "she smiles"})
    modal = await rig.api.until(lambda: asked.modal)
    assert [one["label"] for one in modal.fields] == ["Photo", "What should happen?"]
    rig.api.submit(modal, {"Photo": PHOTO, "What should happen?": "she smiles wide"})
    (video,) = await rig.clips()
    assert "she smiles wide" in video.content


async def test_without_words_a_form_asks_for_them(rig: Rig) -> None:
    asked = rig.slash(options={"image": PHOTO, "duration": 10})
    modal = await rig.api.until(lambda: asked.modal)
    assert [one["label"] for one in modal.fields] == ["What should happen?"]
    rig.api.submit(modal, {"What should happen?": "she smiles"})
    await rig.clips()
    assert rig.house.provider.orders[0].seconds == 10


async def test_the_menu_of_anybodys_message(rig: Rig) -> None:
    bob = rig.api.user("bob")
    said = rig.api.say(bob, rig.channel, "look", [("cat.png", picture(kind="PNG"), True)])
    asked = rig.api.menu(rig.ann, said, "Animate this")
    modal = await rig.api.until(lambda: asked.modal)
    rig.api.submit(modal, {"What should happen?": "it jumps"})
    (video,) = await rig.clips()
    assert video.reply_to is said
    assert video.attachments[0].spoiler
    assert rig.api.mentioned(video) == []


async def test_the_menu_of_a_clip_takes_its_last_frame(rig: Rig, large_clip: bytes) -> None:
    bob = rig.api.user("bob")
    said = rig.api.say(bob, rig.channel, "", [("film.mp4", large_clip)])
    asked = rig.api.menu(rig.ann, said, "Animate this")
    modal = await rig.api.until(lambda: asked.modal)
    rig.api.submit(modal, {"What should happen?": "it goes on"})
    await rig.clips()
    words = rig.api.say(bob, rig.channel, "nothing")
    empty = rig.api.menu(rig.ann, words, "Animate this")
    assert "Which picture?" in (await rig.whispers(empty))[0]


async def test_a_mention_with_a_picture(rig: Rig) -> None:
    said = rig.api.say(rig.ann, rig.channel, "she smiles --10s", [PHOTO], mention_bot=True)
    (video,) = await rig.clips()
    assert video.reply_to is said
    assert rig.house.provider.orders[0].seconds == 10


async def test_what_stands_between_a_mention_and_the_words_is_no_part_of_them(rig: Rig) -> None:
    me = f"<@{rig.api.me.id}>"
    said = [f"{me}: she smiles", f"{me}, she smiles", f"{me}\u3000— she smiles", f"\u200f/animate{me} she smiles"]
    said += [f"{me} /animate: she smiles", f"{me} ／animate\u00a0she smiles"]
    for words in said:
        rig.api.say(rig.ann, rig.channel, words, [PHOTO], mention_bot=True)
    await rig.clips(len(said))
    assert [order.prompt for order in rig.house.provider.orders] == ["she smiles"] * len(said)


async def test_a_mention_in_reply_to_a_picture_and_to_a_clip_of_ones_own(rig: Rig) -> None:
    bob = rig.api.user("bob")
    cat = rig.api.say(bob, rig.channel, "my cat", [PHOTO])
    rig.api.say(rig.ann, rig.channel, "it purrs", reply_to=cat, mention_bot=True)
    (video,) = await rig.clips()
    rig.api.say(rig.ann, rig.channel, "then it sleeps", reply_to=video, mention_bot=True)
    second = (await rig.clips(2))[1]
    assert "Join" in second.labels


async def test_what_is_not_said_to_the_bot_is_not_answered(rig: Rig) -> None:
    rig.api.say(rig.ann, rig.channel, "nice", [PHOTO])
    rig.api.say(rig.ann, rig.channel, "hello", mention_bot=True)
    await rig.api.until(rig.posts)
    (only,) = rig.posts()
    assert "Which picture?" in only.content


async def test_in_private(rig: Rig) -> None:
    private = rig.api.dm(rig.ann)
    said = rig.api.say(rig.ann, private, "she smiles", [PHOTO])
    (video,) = await rig.clips(1, private)
    assert video.reply_to is said
    rig.api.say(rig.ann, private, "/quota")
    await rig.api.until(lambda: any("left today" in one.content for one in rig.posts(private)[1:]))


async def test_in_private_a_picture_without_words_gets_a_button(rig: Rig) -> None:
    private = rig.api.dm(rig.ann)
    said = rig.api.say(rig.ann, private, "", [PHOTO])
    question = (await rig.api.until(lambda: rig.posts(private)))[0]
    pressed = rig.api.press(rig.ann, question, "Add words")
    modal = await rig.api.until(lambda: pressed.modal)
    rig.api.submit(modal, {"What should happen?": "she smiles"})
    (video,) = await rig.clips(1, private)
    assert video.reply_to is said


async def test_buttons_of_a_clip(rig: Rig) -> None:
    rig.slash(options={"image": PHOTO, "prompt": "she smiles"})
    (video,) = await rig.clips()
    pressed = rig.api.press(rig.ann, video, "New words")
    modal = await rig.api.until(lambda: pressed.modal)
    assert modal.title == "New words"
    rig.api.submit(modal, {"What should happen?": "she laughs"})
    second = (await rig.clips(2))[1]
    assert second.reply_to is video
    assert "she laughs" in second.content
    pressed = rig.api.press(rig.ann, second, "Continue")
    modal = await rig.api.until(lambda: pressed.modal)
    rig.api.submit(modal, {"What should happen?": "then she waves"})
    third = (await rig.clips(3))[2]
    rig.api.press(rig.ann, third, "Again · 5 credits")
    await rig.clips(4)
    rig.api.press(rig.ann, third, "Join")
    assert "as one film" in (await rig.clips(5))[-1].content


async def test_the_same_press_twice_is_one(rig: Rig) -> None:
    rig.slash(options={"image": PHOTO, "prompt": "she smiles"})
    (video,) = await rig.clips()
    presses = [rig.api.press(rig.ann, video, "Again · 5 credits") for _ in range(2)]
    await rig.clips(2)
    await rig.api.until(lambda: all(one.callbacks for one in presses))
    assert len(rig.house.provider.orders) == 2


async def test_only_who_asked_or_moderates_may_press(rig: Rig) -> None:
    bob, eve = rig.api.user("bob"), rig.api.user("eve")
    rig.api.member(eve, rig.guild, [rig.api.role(rig.guild, "mods", USUAL_PERMISSIONS | MANAGE_MESSAGES)])
    rig.slash(options={"image": PHOTO, "prompt": "she smiles"})
    (video,) = await rig.clips()
    for button in ("Again · 5 credits", "New words", "Continue"):
        pressed = rig.api.press(bob, video, button)
        assert "Only the person who asked" in (await rig.whispers(pressed))[0]
        assert pressed.modal is None
    rig.api.press(eve, video, "Again · 5 credits")
    await rig.clips(2)


async def test_commands_about_oneself_are_for_oneself(rig: Rig) -> None:
    for command, words in (
        ("jobs", texts.chat.NO_JOBS_HERE),
        ("quota", "left today"),
        ("help", "/animate"),
        ("privacy", "photo"),
    ):
        asked = rig.slash(command)
        assert words in (await rig.whispers(asked))[0]
    assert not rig.posts()
    asked = rig.slash("cancel")
    assert "nothing to cancel" in (await rig.whispers(asked))[0]
    rig.slash(options={"image": PHOTO, "prompt": "she smiles"})
    await rig.clips()
    asked = rig.slash("jobs")
    (listing,) = await rig.api.until(lambda: [one for one in asked.responses if one.content])
    assert listing.labels == ["▶ 1", "Delete one"]
    again = rig.api.press(rig.ann, listing, "▶ 1")
    (copy,) = await rig.api.until(lambda: [one for one in again.responses if rig.api.plays(one)])
    assert copy.ephemeral
    assert not copy.attachments  # the film is on Discord already
    assert len(await rig.clips()) == 1


async def test_in_threads_and_forum_posts_archived_or_not(rig: Rig) -> None:
    post = rig.api.post(rig.ann, rig.api.forum(rig.guild), "My cat", "look", [PHOTO])
    thread = post.channel
    asked = rig.api.menu(rig.ann, post, "Animate this")
    modal = await rig.api.until(lambda: asked.modal)
    rig.house.provider.polls[0:0] = [rig.house.provider.polls[0]] * 5
    sent = rig.api.submit(modal, {"What should happen?": "it jumps"})
    await rig.api.until(lambda: sent.original)
    rig.api.archive(thread)
    (video,) = await rig.clips(1, thread)
    assert video.reply_to is post
