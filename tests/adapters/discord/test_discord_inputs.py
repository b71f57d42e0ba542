"""What people really send, as others have reported it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.discord import parse, people
from adapters.discord.client import RestClient
from adapters.discord.files import Files
from bot import texts
from bot.conversation import Inbound, Reply
from tests.adapters.discord.discord_room import Now, Room, a_room
from tests.houses import picture
from tests.loopback.discord.messages import Message
from tests.loopback.discord.server import DiscordApi

PHOTO = ("me.jpg", picture())


def prompts(room: Room) -> list[str]:
    return [order.prompt for order in room.house.provider.orders]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("<:blob:417000000000000000> waves", ":blob: waves"),
        ("<a:dance:417000000000000000> on", ":dance: on"),
        ("as </animate:417000000000000000> does", "as /animate does"),
        ("<3 and 1<2>0", "<3 and 1<2>0"),
    ],
)
def test_signs_of_discords_own_are_what_people_see(typed: str, read: str) -> None:
    assert people.readable(typed) == read


async def test_words_with_names_channels_and_emoji(room: Room) -> None:
    artist = room.api.role(room.guild, "Artist", 0)
    typed = f"{room.api.me.mention} hugs <@803000000000000000> in <#{room.channel.id}> for <@&{artist.id}> <:blob:417>"
    room.slash(options={"image": PHOTO, "prompt": typed})
    await room.clips()
    (prompt,) = prompts(room)
    assert "<" not in prompt
    assert "hugs @someone in" in prompt
    assert f"#{room.channel.name}" in prompt
    assert "@Artist :blob:" in prompt


async def test_the_role_that_discord_made_for_the_bot_is_its_name(room: Room) -> None:
    role = room.api.role(room.guild, "Photoplay", 0)
    role.bot = room.api.me.id
    room.api.set_permissions(role, room.guild, 0)
    room.api.say(room.ann, room.channel, f"<@&{role.id}> <@{room.api.me.id}> she smiles", [PHOTO])
    await room.clips()
    assert prompts(room) == ["she smiles"]
    room.api.say(room.ann, room.channel, f"<@&{role.id}> she waves", [PHOTO])  # of which we are shown no words
    await room.api.until(lambda: any(texts.discord.DISCORD_WHICH[:20] in one.content for one in room.posts()))
    other = room.api.role(room.guild, "Others", 0)
    room.api.say(room.ann, room.channel, f"<@&{other.id}> she jumps", [PHOTO])
    room.api.say(room.ann, room.channel, f"<@{room.api.me.id}> he waves", [PHOTO])
    await room.clips(2)
    assert prompts(room) == ["she smiles", "he waves"]


@pytest.mark.parametrize("words", ["", "/animate", "/animate she smiles"])
async def test_how_to_send_a_picture_is_discords_own_advice(room: Room, words: str) -> None:
    room.api.say(room.ann, room.channel, f"<@{room.api.me.id}> {words}")
    await room.api.until(lambda: any(one.content == str(texts.discord.DISCORD_WHICH) for one in room.posts()))


@pytest.mark.parametrize("name", ["photo.jfif", "DSC0001.HIF", "scan.jpe", "image"])
@pytest.mark.parametrize("way", ["slash", "mention"])
async def test_a_picture_by_any_name_is_tried(room: Room, name: str, way: str) -> None:
    if way == "slash":
        room.slash(options={"image": (name, picture()), "prompt": "she smiles"})
    else:
        room.api.say(room.ann, room.channel, "she smiles", [(name, picture())], mention_bot=True)
    await room.clips()


async def test_what_may_be_a_picture_does_not_stand_beside_one(room: Room) -> None:
    room.api.say(room.ann, room.channel, "she smiles", [("notes", b"words"), PHOTO], mention_bot=True)
    await room.clips()
    room.api.say(room.ann, room.channel, "she waves", [("notes", b"words")], mention_bot=True)
    await room.api.until(lambda: any(texts.pictures.NOT_A_PICTURE in one.content for one in room.posts()))


@pytest.mark.parametrize("way", ["gallery", "section", "container", "embed", "thumbnail"])
async def test_a_picture_that_stands_in_a_layout_or_an_embed_can_be_animated(room: Room, way: str) -> None:
    file = room.api.upload(room.channel, *PHOTO)
    message = Message(room.api.snowflake(), room.channel, room.ann, "", at=room.api.clock())
    url = room.api.attachment_url(file)
    media = {"url": url, "proxy_url": url, "content_type": "image/jpeg", "width": 4, "height": 3}
    gallery = {"type": 12, "id": 1, "items": [{"media": media, "description": None, "spoiler": False}]}
    text = {"type": 10, "id": 2, "content": "hello"}
    section = {"type": 9, "id": 3, "components": [text], "accessory": {"type": 11, "id": 4, "media": media}}
    if way == "embed":
        message.embeds = [{"type": "rich", "image": media}]
    elif way == "thumbnail":
        message.embeds = [{"type": "link", "url": "https://example.com", "thumbnail": media}]
    else:
        parts = {"gallery": gallery, "section": section, "container": {"type": 17, "id": 5, "components": [gallery]}}
        message.components, message.flags = [parts[way]], 1 << 15
    room.api.put(message)
    asked = room.api.menu(room.ann, message, "Animate this")
    await room.api.until(lambda: asked.modal)
    room.api.submit(asked.modal, {"words": "she smiles"})
    await room.clips()
    assert prompts(room) == ["she smiles"]


def test_what_stands_elsewhere_is_fetched_by_way_of_discord_alone() -> None:
    files = Files(RestClient("token"))
    assert files.allowed("https://images-ext-1.discordapp.net/external/x/https/example.com/a.png")
    assert not files.allowed("https://example.com/a.png")
    assert not files.allowed("https://images-ext-1.discordapp.net.example.com/a.png")
    assert not files.allowed("http://images-ext-1.discordapp.net/a.png")
    proxied = "https://images-ext-1.discordapp.net/external/x"
    assert parse._served("https://example.com/a.png", proxied) == proxied


async def test_a_clock_that_is_wrong_by_a_quarter_of_an_hour_leaves_nobody_waiting(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    """Tokens count from when they came; Discord's own time of them is another clock's."""
    api = DiscordApi()
    async with a_room(tmp_path, large_clip, new_id, api=api) as room:
        assert isinstance(room.now, Now)
        room.now.later = 16 * 60.0
        asked = room.slash("quota")
        await api.until(lambda: any("credits left" in one.content for one in asked.responses))


@pytest.mark.parametrize("how", ["message", "reply"])
async def test_a_question_in_private_is_answered_by_just_writing(room: Room, how: str) -> None:
    private = room.api.dm(room.ann)
    photo = room.api.say(room.ann, private, "", [PHOTO])
    asked = (
        await room.api.until(lambda: [one for one in room.posts(private) if texts.chat.NO_WORDS[:30] in one.content])
    )[0]
    room.api.say(room.ann, private, "she smiles", reply_to=asked if how == "reply" else None)
    (video,) = await room.clips(channel=private)
    assert prompts(room) == ["she smiles"]
    assert video.reply_to == photo
    room.api.say(room.ann, private, "thank you")
    await room.api.until(lambda: any(texts.chat.NO_PHOTO in one.content for one in room.posts(private)))
    assert len(room.house.provider.orders) == 1


async def test_in_a_server_a_reply_that_calls_the_bot_answers_its_question(room: Room) -> None:
    room.api.say(room.ann, room.channel, "", [PHOTO], mention_bot=True)
    asked = (await room.api.until(lambda: [one for one in room.posts() if texts.chat.NO_WORDS[:30] in one.content]))[0]
    await room.discord._intake.idle()  # the question is noted once Discord has said which message it is
    bob = room.api.user("bob")
    room.api.say(bob, room.channel, "not mine", reply_to=asked, mention_bot=True)
    room.api.say(room.ann, room.channel, "she smiles", reply_to=asked, mention_bot=True)
    await room.clips()
    assert prompts(room) == ["she smiles"]


@pytest.mark.parametrize("where", ["channel", "private"])
async def test_a_changed_request_starts_nothing_and_says_once_how_to_change_it(room: Room, where: str) -> None:
    room.house.worker.only = "nobody"  # it stays in line
    here = room.api.dm(room.ann) if where == "private" else room.channel
    said = room.api.say(room.ann, here, "she smiels", [("me.jpg", picture())], mention_bot=where == "channel")
    await room.api.until(lambda: room.posts(here))
    await room.discord._intake.idle()
    room.api.edit(said, said.content.replace("smiels", "smiles"))
    told = await room.api.until(lambda: [one for one in room.posts(here) if one.content == texts.chat.NOT_EDITED])
    assert told[0].labels == ["Cancel"]
    assert told[0].reply_to is said
    room.api.edit(said, said.content + "!")
    room.api.press(room.ann, told[0], "Cancel")
    await room.api.until(lambda: any("your 5 credits are back" in one.content for one in room.posts(here)))
    assert sum(one.content == texts.chat.NOT_EDITED for one in room.posts(here)) == 1
    assert not room.house.provider.orders


async def test_other_changes_are_not_looked_at(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    real = room.house.core.handle

    async def handle(inbound: Inbound) -> Reply:
        seen.append(inbound.key if inbound.edited else "")
        return await real(inbound)

    monkeypatch.setattr(room.house.core, "handle", handle)
    room.api.edit(room.api.say(room.ann, room.channel, "nice"), "nice weather")
    room.slash(options={"image": ("me.jpg", picture()), "prompt": "she smiles"})
    await room.clips()
    mine = room.api.say(room.ann, room.channel, "hello", mention_bot=True)
    room.api.edit(mine, mine.content + "!")
    await room.api.until(lambda: any(seen))
    assert set(seen) == {"", f"discord:{mine.id}"}
