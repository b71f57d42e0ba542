"""Discord through the real library: what people do, and what they see."""

import pytest

from bot import texts
from tests.adapters.discord.discord_room import Room
from tests.houses import picture
from tests.loopback.discord.permissions import MANAGE_MESSAGES, USUAL_PERMISSIONS

PHOTO = ("me.jpg", picture())


@pytest.fixture
def room(room: Room) -> Room:
    """One whose films are looked at."""
    room.api.keeps_files = True
    return room


async def test_a_slash_command_becomes_a_clip(room: Room, large_clip: bytes) -> None:
    asked = room.slash(options={"image": PHOTO, "prompt": "she puts on her glasses"})
    (video,) = await room.clips()
    assert video.attachments[0].data == large_clip
    assert video.attachments[0].name == "photoplay.mp4"
    assert "she puts on her glasses" in video.content
    assert "AI-generated" in video.content
    assert video.labels == ["Again · 5 credits", "New words", "Continue"]
    assert video.nonce
    assert video.reply_to is None
    assert asked.original
    await room.api.until(lambda: asked.original and asked.original.deleted)
    said = [asked.original.content, *(one.content for one in asked.original.history)]
    assert any("5 credits, 25 left today" in one and "Ready <t:" in one for one in said)
    assert asked.answered_after is not None
    assert asked.answered_after < 1


async def test_jobs_finds_clips_by_their_words(room: Room) -> None:
    room.slash(options={"image": PHOTO, "prompt": "a boat on the lake"})
    await room.clips()
    (found,) = await room.whispers(room.slash("jobs", {"words": "Lake"}))
    assert "a boat on the lake" in found
    (none,) = await room.whispers(room.slash("jobs", {"words": "zebra"}))
    assert none == texts.chat.no_jobs_with("zebra")


async def test_the_native_options_are_options(room: Room) -> None:
    room.slash(
        options={
            "image": PHOTO,
            "prompt": "day turns to night",
            "duration": 5,
            "negative": "blur",
            "strength": 0.7,
            "end_image": ("end.png", picture(500, 400, "PNG")),
        }
    )
    await room.clips()
    (order,) = room.house.provider.orders
    assert (order.seconds, order.negative, order.cfg) == (5, "blur", 0.7)
    assert order.end


async def test_what_excludes_each_other_is_said_to_the_person_alone(room: Room) -> None:
    asked = room.slash(options={"image": PHOTO, "prompt": "she goes", "duration": 10, "end_image": PHOTO})
    assert "5-second clips" in (await room.whispers(asked))[0]
    assert not room.posts()
    assert not room.house.provider.orders


async def test_without_a_picture_a_form_asks_for_it(room: Room) -> None:
    asked = room.slash(options={"prompt": "she smiles"})
    modal = await room.api.until(lambda: asked.modal)
    assert [one["label"] for one in modal.fields] == ["Photo", "What should happen?"]
    room.api.submit(modal, {"Photo": PHOTO, "What should happen?": "she smiles wide"})
    (video,) = await room.clips()
    assert "she smiles wide" in video.content


async def test_without_words_a_form_asks_for_them(room: Room) -> None:
    asked = room.slash(options={"image": PHOTO, "duration": 10})
    modal = await room.api.until(lambda: asked.modal)
    assert [one["label"] for one in modal.fields] == ["What should happen?"]
    room.api.submit(modal, {"What should happen?": "she smiles"})
    await room.clips()
    assert room.house.provider.orders[0].seconds == 10


async def test_the_menu_of_anybodys_message(room: Room) -> None:
    bob = room.api.user("bob")
    said = room.api.say(bob, room.channel, "look", [("cat.png", picture(kind="PNG"), True)])
    asked = room.api.menu(room.ann, said, "Animate this")
    modal = await room.api.until(lambda: asked.modal)
    room.api.submit(modal, {"What should happen?": "it jumps"})
    (video,) = await room.clips()
    assert video.reply_to is said
    assert video.attachments[0].spoiler
    assert room.api.mentioned(video) == []


async def test_the_menu_of_a_clip_takes_its_last_frame(room: Room, large_clip: bytes) -> None:
    bob = room.api.user("bob")
    said = room.api.say(bob, room.channel, "", [("film.mp4", large_clip)])
    asked = room.api.menu(room.ann, said, "Animate this")
    modal = await room.api.until(lambda: asked.modal)
    room.api.submit(modal, {"What should happen?": "it goes on"})
    await room.clips()
    words = room.api.say(bob, room.channel, "nothing")
    empty = room.api.menu(room.ann, words, "Animate this")
    assert "Which picture?" in (await room.whispers(empty))[0]


async def test_a_mention_with_a_picture(room: Room) -> None:
    said = room.api.say(room.ann, room.channel, "she smiles --10s", [PHOTO], mention_bot=True)
    (video,) = await room.clips()
    assert video.reply_to is said
    assert room.house.provider.orders[0].seconds == 10


async def test_what_stands_between_a_mention_and_the_words_is_no_part_of_them(room: Room) -> None:
    me = f"<@{room.api.me.id}>"
    said = [f"{me}: she smiles", f"{me}, she smiles", f"{me}\u3000— she smiles", f"\u200f/animate{me} she smiles"]
    said += [f"{me} /animate: she smiles", f"{me} ／animate\u00a0she smiles"]
    for words in said:
        room.api.say(room.ann, room.channel, words, [PHOTO], mention_bot=True)
    await room.clips(len(said))
    assert [order.prompt for order in room.house.provider.orders] == ["she smiles"] * len(said)


async def test_a_mention_in_reply_to_a_picture_and_to_a_clip_of_ones_own(room: Room) -> None:
    bob = room.api.user("bob")
    cat = room.api.say(bob, room.channel, "my cat", [PHOTO])
    room.api.say(room.ann, room.channel, "it purrs", reply_to=cat, mention_bot=True)
    (video,) = await room.clips()
    room.api.say(room.ann, room.channel, "then it sleeps", reply_to=video, mention_bot=True)
    second = (await room.clips(2))[1]
    assert "Join" in second.labels


async def test_what_is_not_said_to_the_bot_is_not_answered(room: Room) -> None:
    room.api.say(room.ann, room.channel, "nice", [PHOTO])
    room.api.say(room.ann, room.channel, "hello", mention_bot=True)
    await room.api.until(room.posts)
    (only,) = room.posts()
    assert "Which picture?" in only.content


async def test_in_private(room: Room) -> None:
    private = room.api.dm(room.ann)
    said = room.api.say(room.ann, private, "she smiles", [PHOTO])
    (video,) = await room.clips(1, private)
    assert video.reply_to is said
    room.api.say(room.ann, private, "/quota")
    await room.api.until(lambda: any("left today" in one.content for one in room.posts(private)[1:]))


async def test_in_private_a_picture_without_words_gets_a_button(room: Room) -> None:
    private = room.api.dm(room.ann)
    said = room.api.say(room.ann, private, "", [PHOTO])
    question = (await room.api.until(lambda: room.posts(private)))[0]
    pressed = room.api.press(room.ann, question, "Add words")
    modal = await room.api.until(lambda: pressed.modal)
    room.api.submit(modal, {"What should happen?": "she smiles"})
    (video,) = await room.clips(1, private)
    assert video.reply_to is said


async def test_buttons_of_a_clip(room: Room) -> None:
    room.slash(options={"image": PHOTO, "prompt": "she smiles"})
    (video,) = await room.clips()
    pressed = room.api.press(room.ann, video, "New words")
    modal = await room.api.until(lambda: pressed.modal)
    assert modal.title == "New words"
    room.api.submit(modal, {"What should happen?": "she laughs"})
    second = (await room.clips(2))[1]
    assert second.reply_to is video
    assert "she laughs" in second.content
    pressed = room.api.press(room.ann, second, "Continue")
    modal = await room.api.until(lambda: pressed.modal)
    room.api.submit(modal, {"What should happen?": "then she waves"})
    third = (await room.clips(3))[2]
    room.api.press(room.ann, third, "Again · 5 credits")
    await room.clips(4)
    room.api.press(room.ann, third, "Join")
    assert "as one film" in (await room.clips(5))[-1].content


async def test_the_same_press_twice_is_one(room: Room) -> None:
    room.slash(options={"image": PHOTO, "prompt": "she smiles"})
    (video,) = await room.clips()
    presses = [room.api.press(room.ann, video, "Again · 5 credits") for _ in range(2)]
    await room.clips(2)
    await room.api.until(lambda: all(one.callbacks for one in presses))
    assert len(room.house.provider.orders) == 2


async def test_only_who_asked_or_moderates_may_press(room: Room) -> None:
    bob, eve = room.api.user("bob"), room.api.user("eve")
    room.api.member(eve, room.guild, [room.api.role(room.guild, "mods", USUAL_PERMISSIONS | MANAGE_MESSAGES)])
    room.slash(options={"image": PHOTO, "prompt": "she smiles"})
    (video,) = await room.clips()
    for button in ("Again · 5 credits", "New words", "Continue"):
        pressed = room.api.press(bob, video, button)
        assert "Only the person who asked" in (await room.whispers(pressed))[0]
        assert pressed.modal is None
    room.api.press(eve, video, "Again · 5 credits")
    await room.clips(2)


async def test_commands_about_oneself_are_for_oneself(room: Room) -> None:
    for command, words in (
        ("jobs", texts.chat.NO_JOBS_HERE),
        ("quota", "left today"),
        ("help", "/animate"),
        ("privacy", "photo"),
    ):
        asked = room.slash(command)
        assert words in (await room.whispers(asked))[0]
    assert not room.posts()
    asked = room.slash("cancel")
    assert "nothing to cancel" in (await room.whispers(asked))[0]
    room.slash(options={"image": PHOTO, "prompt": "she smiles"})
    await room.clips()
    asked = room.slash("jobs")
    (listing,) = await room.api.until(lambda: [one for one in asked.responses if one.content])
    assert listing.labels == ["▶ 1", "Delete one"]
    again = room.api.press(room.ann, listing, "▶ 1")
    (copy,) = await room.api.until(lambda: [one for one in again.responses if room.api.plays(one)])
    assert copy.ephemeral
    assert not copy.attachments  # the film is on Discord already
    assert len(await room.clips()) == 1


async def test_in_threads_and_forum_posts_archived_or_not(room: Room) -> None:
    post = room.api.post(room.ann, room.api.forum(room.guild), "My cat", "look", [PHOTO])
    thread = post.channel
    asked = room.api.menu(room.ann, post, "Animate this")
    modal = await room.api.until(lambda: asked.modal)
    room.house.provider.polls[0:0] = [room.house.provider.polls[0]] * 5
    sent = room.api.submit(modal, {"What should happen?": "it jumps"})
    await room.api.until(lambda: sent.original)
    room.api.archive(thread)
    (video,) = await room.clips(1, thread)
    assert video.reply_to is post
