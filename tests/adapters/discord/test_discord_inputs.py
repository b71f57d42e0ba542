"""What people really send, as others have reported it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.discord import parse, people
from adapters.discord.client import RestClient
from adapters.discord.files import Files
from bot import texts
from bot.conversation import Inbound, Reply
from tests.adapters.discord.discord_rig import Now, Rig, a_rig
from tests.houses import picture
from tests.loopback.discord.messages import Message
from tests.loopback.discord.server import DiscordApi

PHOTO = ("me.jpg", picture())


def prompts(rig: Rig) -> list[str]:
    return [order.prompt for order in rig.house.provider.orders]


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


async def test_words_with_names_channels_and_emoji(rig: Rig) -> None:
    artist = rig.api.role(rig.guild, "Artist", 0)
    typed = f"{rig.api.me.mention} hugs <@803000000000000000> in <#{rig.channel.id}> for <@&{artist.id}> <:blob:417>"
    rig.slash(options={"image": PHOTO, "prompt": typed})
    await rig.clips()
    (prompt,) = prompts(rig)
    assert "<" not in prompt
    assert "hugs @someone in" in prompt
    assert f"#{rig.channel.name}" in prompt
    assert "@Artist :blob:" in prompt


async def test_the_role_that_discord_made_for_the_bot_is_its_name(rig: Rig) -> None:
    role = rig.api.role(rig.guild, "Photoplay", 0)
    role.bot = rig.api.me.id
    rig.api.set_permissions(role, rig.guild, 0)
    rig.api.say(rig.ann, rig.channel, f"<@&{role.id}> <@{rig.api.me.id}> she smiles", [PHOTO])
    await rig.clips()
    assert prompts(rig) == ["she smiles"]
    rig.api.say(rig.ann, rig.channel, f"<@&{role.id}> she waves", [PHOTO])  # of which we are shown no words
    await rig.api.until(lambda: any(texts.discord.DISCORD_WHICH[:20] in one.content for one in rig.posts()))
    other = rig.api.role(rig.guild, "Others", 0)
    rig.api.say(rig.ann, rig.channel, f"<@&{other.id}> she jumps", [PHOTO])
    rig.api.say(rig.ann, rig.channel, f"<@{rig.api.me.id}> he waves", [PHOTO])
    await rig.clips(2)
    assert prompts(rig) == ["she smiles", "he waves"]


@pytest.mark.parametrize("words", ["", "/animate", "/animate she smiles"])
async def test_how_to_send_a_picture_is_discords_own_advice(rig: Rig, words: str) -> None:
    rig.api.say(rig.ann, rig.channel, f"<@{rig.api.me.id}> {words}")
    await rig.api.until(lambda: any(one.content == str(texts.discord.DISCORD_WHICH) for one in rig.posts()))


@pytest.mark.parametrize("name", ["photo.jfif", "DSC0001.HIF", "scan.jpe", "image"])
@pytest.mark.parametrize("way", ["slash", "mention"])
async def test_a_picture_by_any_name_is_tried(rig: Rig, name: str, way: str) -> None:
    if way == "slash":
        rig.slash(options={"image": (name, picture()), "prompt": "she smiles"})
    else:
        rig.api.say(rig.ann, rig.channel, "she smiles", [(name, picture())], mention_bot=True)
    await rig.clips()


async def test_what_may_be_a_picture_does_not_stand_beside_one(rig: Rig) -> None:
    rig.api.say(rig.ann, rig.channel, "she smiles", [("notes", b"words"), PHOTO], mention_bot=True)
    await rig.clips()
    rig.api.say(rig.ann, rig.channel, "she waves", [("notes", b"words")], mention_bot=True)
    await rig.api.until(lambda: any(texts.pictures.NOT_A_PICTURE in one.content for one in rig.posts()))


@pytest.mark.parametrize("way", ["gallery", "section", "container", "embed", "thumbnail"])
async def test_a_picture_that_stands_in_a_layout_or_an_embed_can_be_animated(rig: Rig, way: str) -> None:
    file = rig.api.upload(rig.channel, *PHOTO)
    message = Message(rig.api.snowflake(), rig.channel, rig.ann, "", at=rig.api.clock())
    url = rig.api.attachment_url(file)
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
    rig.api.put(message)
    asked = rig.api.menu(rig.ann, message, "Animate this")
    await rig.api.until(lambda: asked.modal)
    rig.api.submit(asked.modal, {"words": "she smiles"})
    await rig.clips()
    assert prompts(rig) == ["she smiles"]


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
    async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
        assert isinstance(rig.now, Now)
        rig.now.later = 16 * 60.0
        asked = rig.slash("quota")
        await api.until(lambda: any("credits left" in one.content for one in asked.responses))


@pytest.mark.parametrize("how", ["message", "reply"])
async def test_a_question_in_private_is_answered_by_just_writing(rig: Rig, how: str) -> None:
    private = rig.api.dm(rig.ann)
    photo = rig.api.say(rig.ann, private, "", [PHOTO])
    asked = (
        await rig.api.until(lambda: [one for one in rig.posts(private) if texts.chat.NO_WORDS[:30] in one.content])
    )[0]
    rig.api.say(rig.ann, private, "she smiles", reply_to=asked if how == "reply" else None)
    (video,) = await rig.clips(channel=private)
    assert prompts(rig) == ["she smiles"]
    assert video.reply_to == photo
    rig.api.say(rig.ann, private, "thank you")
    await rig.api.until(lambda: any(texts.chat.NO_PHOTO in one.content for one in rig.posts(private)))
    assert len(rig.house.provider.orders) == 1


async def test_in_a_server_a_reply_that_calls_the_bot_answers_its_question(rig: Rig) -> None:
    rig.api.say(rig.ann, rig.channel, "", [PHOTO], mention_bot=True)
    asked = (await rig.api.until(lambda: [one for one in rig.posts() if texts.chat.NO_WORDS[:30] in one.content]))[0]
    await rig.discord._intake.idle()  # the question is noted once Discord has said which message it is
    bob = rig.api.user("bob")
    rig.api.say(bob, rig.channel, "not mine", reply_to=asked, mention_bot=True)
    rig.api.say(rig.ann, rig.channel, "she smiles", reply_to=asked, mention_bot=True)
    await rig.clips()
    assert prompts(rig) == ["she smiles"]


@pytest.mark.parametrize("where", ["channel", "private"])
async def test_a_changed_request_starts_nothing_and_says_once_how_to_change_it(rig: Rig, where: str) -> None:
    rig.house.worker.only = "nobody"  # it stays in line
    here = rig.api.dm(rig.ann) if where == "private" else rig.channel
    said = rig.api.say(rig.ann, here, "she smiels", [("me.jpg", picture())], mention_bot=where == "channel")
    await rig.api.until(lambda: rig.posts(here))
    await rig.discord._intake.idle()
    rig.api.edit(said, said.content.replace("smiels", "smiles"))
    told = await rig.api.until(lambda: [one for one in rig.posts(here) if one.content == texts.chat.NOT_EDITED])
    assert told[0].labels == ["Cancel"]
    assert told[0].reply_to is said
    rig.api.edit(said, said.content + "!")
    rig.api.press(rig.ann, told[0], "Cancel")
    await rig.api.until(lambda: any("your 5 credits are back" in one.content for one in rig.posts(here)))
    assert sum(one.content == texts.chat.NOT_EDITED for one in rig.posts(here)) == 1
    assert not rig.house.provider.orders


async def test_other_changes_are_not_looked_at(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    real = rig.house.core.handle

    async def handle(inbound: Inbound) -> Reply:
        seen.append(inbound.key if inbound.edited else "")
        return await real(inbound)

    monkeypatch.setattr(rig.house.core, "handle", handle)
    rig.api.edit(rig.api.say(rig.ann, rig.channel, "nice"), "nice weather")
    rig.slash(options={"image": ("me.jpg", picture()), "prompt": "she smiles"})
    await rig.clips()
    mine = rig.api.say(rig.ann, rig.channel, "hello", mention_bot=True)
    rig.api.edit(mine, mine.content + "!")
    await rig.api.until(lambda: any(seen))
    assert set(seen) == {"", f"discord:{mine.id}"}
