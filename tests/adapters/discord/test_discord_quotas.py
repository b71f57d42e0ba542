"""Credits and admins on Discord, through the real library: what is said, what is seen, and what is tried against it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from bot import texts
from bot.conversation import MENTION
from bot.operator_notices import to_operators
from bot.quotas.pricing import Policy
from tests.adapters.discord.discord_room import Now, Room, a_room, kept
from tests.eventually import eventually
from tests.houses import configure, picture
from tests.loopback.discord.guilds import Channel, Guild, Member, User
from tests.loopback.discord.messages import Interaction, Message, parts
from tests.loopback.discord.permissions import MANAGE_GUILD, USUAL_PERMISSIONS
from tests.loopback.discord.server import DiscordApi

PHOTO = ("me.jpg", picture())
SMILES = {"image": PHOTO, "prompt": "she smiles"}


@pytest.fixture
def room(room: Room) -> Room:
    """One whose films are looked at."""
    room.api.keeps_files = True
    return room


def boss(room: Room, guild: Guild | None = None, name: str = "boss") -> User:
    """Somebody with Manage Server."""
    guild = guild or room.guild
    user = room.api.user(name)
    room.api.member(user, guild, [room.api.role(guild, f"of {name}", USUAL_PERMISSIONS | MANAGE_GUILD)])
    return user


def shown_to_all(room: Room) -> None:
    """The server's settings give everybody the admins' commands: what Discord shows is only a hint."""
    for one in room.api.commands[None]:
        one["default_member_permissions"] = None


async def heard(room: Room, asked: Interaction) -> str:
    """What only the person was told."""
    return (await room.whispers(asked))[0]


async def has_left(room: Room, user: User, words: str, channel: Channel | None = None) -> None:
    asked = room.slash("quota", user=user, channel=channel or room.channel)
    assert words in await heard(room, asked)


async def reply(room: Room, said: Message) -> Message:
    """What the bot answered to a message, in its channel."""
    found = await room.api.until(lambda: [one for one in room.posts(said.channel) if one.reply_to is said])
    return found[0]


# ── The verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_admin_sets_allowances_and_a_member_has_the_best_of_their_roles(room: Room) -> None:
    admin, bob = boss(room), room.api.user("bob")
    artist = room.api.role(room.guild, "Artist", USUAL_PERMISSIONS)
    asked = room.slash("quota", {"set": "default 12 per week"}, user=admin)
    assert "everyone: 12 credits a week from now on." in await heard(room, asked)
    asked = room.slash("quota", {"who": artist, "set": "60 a day"}, user=admin)
    assert "@Artist: 60 credits a day from now on." in await heard(room, asked)
    asked = room.slash("quota", {"who": room.guild.everyone, "set": "20 a day"}, user=admin)
    assert "everyone: 20 credits a day" in await heard(room, asked)
    await has_left(room, bob, "20 credits left today")
    room.api.set_roles(room.api.member(bob, room.guild), artist)
    await has_left(room, bob, "60 credits left today")
    room.api.say(bob, room.channel, "she smiles", [PHOTO], mention_bot=True)
    await room.clips()
    asked = room.slash("quota", {"who": bob}, user=admin)
    assert "@Bob has 20 credits a day" in await heard(room, asked)
    assert not [one for one in room.posts() if "credits a day" in one.content]


async def test_a_role_named_like_a_tier_in_another_server_is_no_tier(room: Room) -> None:
    admin, eve = boss(room), room.api.user("eve")
    await heard(room, room.slash("quota", {"set": "default 10 a day"}, user=admin))
    artist = room.api.role(room.guild, "Artist", USUAL_PERMISSIONS)
    await heard(room, room.slash("quota", {"who": artist, "set": "60 a day"}, user=admin))
    far = room.api.guild("far")
    there = room.api.channel(far)
    for name in ("Artist", "admins", str(artist.id)):
        room.api.member(eve, far).roles.append(room.api.role(far, name, USUAL_PERMISSIONS))
    await has_left(room, eve, "30 credits left today", there)
    room.api.member(eve, room.guild, [room.api.role(room.guild, "Artist", USUAL_PERMISSIONS)])
    await has_left(room, eve, "10 credits left today")


async def test_grant_revoke_ban_unban_and_undo(room: Room) -> None:
    admin, bob = boss(room), room.api.user("bob")
    given = {"user": bob, "amount": "50", "until": "2 weeks", "because": "they won"}
    asked = room.slash("grant", given, user=admin)
    words = await heard(room, asked)
    assert "@Bob got 50 credits until" in words
    assert "The reason: they won" in words
    await has_left(room, bob, "50 credits that you were given")
    assert "50 credits from grants taken back" in await heard(room, room.slash("revoke", {"user": bob}, user=admin))
    asked = room.slash("ban", {"user": bob, "for": "2 days", "because": "spam"}, user=admin)
    assert "@Bob can't order clips here until" in await heard(room, asked)
    refused = room.slash(options=SMILES, user=bob)
    assert "The reason: spam" in await heard(room, refused)
    pressed = room.api.press(admin, asked.original, "Undo")
    assert "Undone." in await heard(room, pressed)
    assert "is not banned" in await heard(room, room.slash("unban", {"user": bob}, user=admin))
    await heard(room, room.slash("ban", {"user": bob}, user=admin))
    assert "can order clips here again" in await heard(room, room.slash("unban", {"user": bob}, user=admin))
    audit = await heard(room, room.slash("audit", user=admin))
    assert "Boss · ban @Bob" in audit
    assert not room.posts()


async def test_limits_lists_and_the_way_out(room: Room) -> None:
    admin, bob = boss(room), room.api.user("bob")
    other = room.api.channel(room.guild, "art")
    assert "Orders are taken in #art" in await heard(room, room.slash("limits", {"channel": other}, user=admin))
    assert "I don't take orders in this channel" in await heard(room, room.slash(options=SMILES, user=bob))
    assert "everywhere" in await heard(room, room.slash("limits", {"set": "channels everywhere"}, user=admin))
    assert "@Bob: 3 clips at once" in await heard(
        room, room.slash("limits", {"who": bob, "set": "flight 3"}, user=admin)
    )
    listed = room.slash("tier", {"name": "staff", "change": "add", "user": bob}, user=admin)
    assert "staff: 1 person" in await heard(room, listed)
    assert "Time zone: UTC" in await heard(room, room.slash("limits", user=admin))
    assert texts.credits.LINK_ALONE in await heard(room, room.slash("link", user=bob))
    code = await heard(room, room.slash("link", user=bob, channel=room.api.dm(bob)))
    assert "/link " in code
    same = room.slash("link", {"code": "AAAA-BBBB"}, user=bob, channel=room.api.dm(bob))
    assert texts.credits.LINK_FAILED["unknown"] in await heard(room, same)
    assert texts.credits.NOT_LINKED in await heard(room, room.slash("unlink", user=bob, channel=room.api.dm(bob)))


async def test_a_message_names_people_roles_and_whose_message_it_answers(room: Room) -> None:
    admin, bob = boss(room), room.api.user("bob")
    artist = room.api.role(room.guild, "Artist", USUAL_PERMISSIONS)
    said = room.api.say(admin, room.channel, f"/grant <@!{bob.id}> 50 because {MENTION}he asked", mention_bot=True)
    assert "@Bob got 50 credits, without end. The reason: he asked." in (await reply(room, said)).content
    said = room.api.say(admin, room.channel, f"/quota set <@&{artist.id}> 60 a day", mention_bot=True)
    assert "@Artist: 60 credits a day" in (await reply(room, said)).content
    said = room.api.say(admin, room.channel, f"/limits channels <#{room.channel.id}>", mention_bot=True)
    assert "Orders are taken in #films" in (await reply(room, said)).content
    spam = room.api.say(bob, room.channel, "look!", [PHOTO])
    said = room.api.say(admin, room.channel, "/ban for 2 days", reply_to=spam, mention_bot=True)
    banned = await reply(room, said)
    assert "@Bob can't order clips here until" in banned.content
    pressed = room.api.press(bob, banned, "Undo")
    assert texts.admin.NOT_ADMIN in await heard(room, pressed)
    for made_up in (f"{MENTION}", "<@123456789012345678>", "@Bob"):
        said = room.api.say(admin, room.channel, f"/grant {made_up} 50", mention_bot=True)
        assert "hom" in (await reply(room, said)).content
    # In a prompt, names are words.
    await heard(room, room.slash("unban", {"user": bob}, user=admin))
    room.api.say(bob, room.channel, f"he hugs <@{admin.id}>", [PHOTO], mention_bot=True)
    await room.clips()
    assert room.house.provider.orders[0].prompt == "he hugs @Boss"


# ── Who may not ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_members_admin_verbs_are_refused_however_they_come(room: Room) -> None:
    bob, eve = room.api.user("bob"), room.api.user("eve")
    shown_to_all(room)
    for command, options in (
        ("grant", {"user": bob, "amount": "50"}),
        ("quota", {"set": "default 99 a day"}),
        ("quota", {"who": eve}),
        ("ban", {"user": eve}),
        ("limits", {"set": "flight 9"}),
        ("export", {}),
        ("usage", {}),
    ):
        assert texts.admin.NOT_ADMIN in await heard(room, room.slash(command, options, user=bob)), command
    assert texts.admin.NOT_OPERATOR in await heard(room, room.slash("operator", {"do": "pause"}, user=bob))
    said = room.api.say(bob, room.channel, f"/grant <@{bob.id}> 50", mention_bot=True)
    assert texts.admin.NOT_ADMIN in (await reply(room, said)).content
    private = room.slash("grant", {"user": bob, "amount": "50"}, user=bob, channel=room.api.dm(bob))
    assert texts.admin.NOT_IN_PRIVATE in await heard(room, private)
    assert not await room.house.store.figures.audit(f"discord:{room.guild.id}", 9)


async def test_rights_that_were_taken_away_are_gone_at_once(room: Room) -> None:
    admin, bob = boss(room), room.api.user("bob")
    asked = room.slash("grant", {"user": bob, "amount": "50"}, user=admin)
    await heard(room, asked)
    shown_to_all(room)
    room.api.set_roles(room.api.member(admin, room.guild))
    assert texts.admin.NOT_ADMIN in await heard(room, room.api.press(admin, asked.original, "Undo"))
    assert texts.admin.NOT_ADMIN in await heard(room, room.slash("revoke", {"user": bob}, user=admin))
    said = room.api.say(admin, room.channel, f"/revoke <@{bob.id}>", mention_bot=True)
    assert texts.admin.NOT_ADMIN in (await reply(room, said)).content


async def test_an_admin_of_one_server_is_nobody_in_another(room: Room) -> None:
    far = room.api.guild("far")
    there = room.api.channel(far)
    mallory, bob = boss(room, far, "mallory"), room.api.user("bob")
    asked = room.slash("ban", {"user": bob}, user=boss(room))
    await heard(room, asked)
    shown_to_all(room)
    (act,) = await room.house.store.figures.audit(f"discord:{room.guild.id}", 9)
    assert texts.admin.NOT_ADMIN in await heard(room, room.slash("unban", {"user": bob}, user=mallory))
    own = room.slash("quota", {"set": "default 5 a day"}, user=mallory, channel=there)
    await heard(room, own)
    assert own.original
    (button,) = [one for one in parts(own.original.components) if one.get("label") == "Undo"]
    for forged, answer in (
        (f"/undo {act.id}", texts.admin.NOT_HERE),
        (f"/grant {MENTION} 50", "hom"),
        (f"/operator cap discord:{room.guild.id} 1", texts.admin.NOT_OPERATOR),
    ):
        button["custom_id"] = f"photoplay:{forged}"
        assert answer in await heard(room, room.api.press(mallory, own.original, "Undo"))
    await has_left(room, bob, "30 credits left today")
    assert "can't order clips here" in await heard(room, room.slash(options=SMILES, user=bob))
    far_installed = room.api.channel(room.api.guild("without", bot=False))
    eve = room.api.user("eve", installed=True)
    room.api.member(eve, far_installed.guild, [room.api.role(far_installed.guild, "all", MANAGE_GUILD)])
    asked = room.slash("quota", {"set": "default 99 a day"}, user=eve, channel=far_installed)
    assert texts.admin.NOT_OPERATOR in await heard(room, asked)


async def test_a_server_that_the_library_does_not_know_is_still_a_community_and_has_no_admins(room: Room) -> None:
    dark = room.api.guild("dark", bot=False)
    dark.members[room.api.me.id], dark.has_bot = Member(room.api.me, dark, []), True  # and no event told of it
    there = room.api.channel(room.guild, "lost")
    room.guild.channels.remove(there)
    there.guild = dark
    admin = boss(room, dark)
    room.api.dispatch("GUILD_DELETE", {"id": str(dark.id)}, room.guild.id)
    await asyncio.sleep(0.1)
    said = room.api.say(admin, there, "/quota set default 99 a day", mention_bot=True)
    assert texts.admin.NOT_ADMIN in (await reply(room, said)).content
    room.api.say(admin, there, "she smiles", [PHOTO], mention_bot=True)
    await room.clips(1, there)
    (job,) = await room.house.store.jobs(f"discord:{admin.id}")
    assert job.scope == f"discord:{dark.id}"


# ── What is shown ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_usage_is_a_picture_and_the_export_two_tables_for_the_admin_alone(room: Room) -> None:
    admin = boss(room)
    room.slash(options=SMILES)
    await room.clips()
    asked = room.slash("usage", {"span": "month"}, user=admin)
    assert "1 clip, 5 credits" in await heard(room, asked)
    asked_export = room.slash("export", user=admin)
    assert texts.reports.EXPORTED in await heard(room, asked_export)
    for one, names in ((asked, ["usage.png"]), (asked_export, ["ledger.csv", "audit.csv"])):
        assert one.original
        assert one.original.ephemeral
        assert [file.name for file in one.original.attachments] == names
        assert all(file.data for file in one.original.attachments)
    said = room.api.say(admin, room.channel, "/export", mention_bot=True)
    (sent,) = await room.api.until(lambda: room.posts(room.api.dm(admin)))
    assert [file.name for file in sent.attachments] == ["ledger.csv", "audit.csv"]
    assert not [one for one in room.posts() if one.reply_to is said]


async def test_above_the_threshold_a_tap_confirms(room: Room) -> None:
    bob = room.api.user("bob")
    await heard(room, room.slash("limits", {"set": "confirm 5"}, user=boss(room)))
    for said in ("No", "Yes, 10 credits"):
        asked = room.slash(options={**SMILES, "duration": 10})
        await room.api.until(lambda asked=asked: asked.original and asked.original.labels)
        assert asked.original
        assert asked.original.labels == ["Yes, 10 credits", "No"]
        assert not room.house.provider.orders
        assert texts.chat.NOT_YOURS in await heard(room, room.api.press(bob, asked.original, said))
        pressed = room.api.press(room.ann, asked.original, said)
        if said == "No":
            assert texts.credits.DROPPED in await heard(room, pressed)
        await room.api.until(lambda asked=asked: asked.original and asked.original.deleted)  # nothing is left to press
    await room.clips()
    assert len(room.house.provider.orders) == 1
    await has_left(room, room.ann, "20 credits left today")


async def test_the_question_about_consent_has_one_button_and_gives_way(room: Room) -> None:
    configure(room.house.core, ask_consent=True)
    room.house.provider.stand_in = False
    bob = room.api.user("bob")
    asked = room.slash(options=SMILES)
    await room.api.until(lambda: asked.original and asked.original.labels)
    assert asked.original
    assert asked.original.content == texts.consent.ASK
    assert asked.original.labels == [texts.consent.AGREE]
    assert texts.chat.NOT_YOURS in await heard(room, room.api.press(bob, asked.original, texts.consent.AGREE))
    assert not asked.original.deleted
    room.api.press(room.ann, asked.original, texts.consent.AGREE)
    await room.clips()
    await room.api.until(lambda: asked.original and asked.original.deleted)
    room.slash(options=SMILES)
    await room.clips(2)  # asked once


async def test_a_question_behind_a_question_answers_the_photo_as_well(room: Room) -> None:
    await heard(room, room.slash("limits", {"set": "confirm 5"}, user=boss(room)))
    configure(room.house.core, ask_consent=True)
    room.house.provider.stand_in = False
    said = room.api.say(room.ann, room.channel, "she smiles --10s", [PHOTO], mention_bot=True)
    consent = await reply(room, said)
    assert consent.content == texts.consent.ASK
    room.api.press(room.ann, consent, texts.consent.AGREE)
    await room.api.until(lambda: consent.deleted)
    price = await reply(room, said)
    assert price.labels == ["Yes, 10 credits", "No"]
    room.api.press(room.ann, price, "Yes, 10 credits")
    await room.api.until(lambda: price.deleted)
    (clip,) = await room.clips()
    assert clip.reply_to is said


@pytest.mark.parametrize("how", ["reply", "called"])
async def test_a_written_yes_answers_like_a_press(room: Room, how: str) -> None:
    await heard(room, room.slash("limits", {"set": "confirm 5"}, user=boss(room)))
    configure(room.house.core, ask_consent=True)
    room.house.provider.stand_in = False
    said = room.api.say(room.ann, room.channel, "she smiles --10s", [PHOTO], mention_bot=True)
    consent, bob = await reply(room, said), room.api.user("bob")
    await room.discord._intake.idle()
    room.api.say(bob, room.channel, "yes", reply_to=consent)  # talk

    def says(words: str, question: Message) -> None:
        if how == "reply":
            room.api.say(room.ann, room.channel, words, reply_to=question)
        else:
            room.api.say(room.ann, room.channel, words, mention_bot=True)

    says("Yes", consent)
    await room.api.until(lambda: consent.deleted)
    price = await reply(room, said)
    assert price.labels == ["Yes, 10 credits", "No"]
    await room.discord._intake.idle()
    says("ok", price)
    await room.api.until(lambda: price.deleted)
    (clip,) = await room.clips()
    assert clip.reply_to is said
    room.api.say(room.ann, room.channel, "ok", reply_to=clip)  # talk about the clip
    await has_left(room, room.ann, "20 credits left today")
    assert len(room.house.provider.orders) == 1


async def test_in_private_yes_is_enough_and_no_as_well(room: Room) -> None:
    configure(room.house.core, ask_consent=True)
    room.house.provider.stand_in = False
    here = room.api.dm(room.ann)
    first = await reply(room, room.api.say(room.ann, here, "one", [PHOTO]))
    second = await reply(room, room.api.say(room.ann, here, "two", [PHOTO]))
    assert (first.content, second.content) == (texts.consent.ASK, texts.consent.ASK_TOO)
    await room.discord._intake.idle()
    dropped = await reply(room, room.api.say(room.ann, here, "no"))
    assert dropped.content == texts.credits.DROPPED
    room.api.say(room.ann, here, "yes", reply_to=first)
    await room.clips(1, here)
    assert texts.chat.NO_PHOTO in (await reply(room, room.api.say(room.ann, here, "yes"))).content
    assert [order.prompt for order in room.house.provider.orders] == ["one"]


async def test_a_panorama_has_a_button_that_takes_its_middle(room: Room) -> None:
    asked = room.slash(options={**SMILES, "image": ("wide.jpg", picture(2000, 400))})
    await room.api.until(lambda: asked.original and asked.original.labels)
    assert asked.original
    assert (asked.original.content, asked.original.labels) == (
        texts.pictures.TOO_LONG,
        [texts.pictures.CROP, texts.credits.NO],
    )
    room.api.press(room.ann, asked.original, texts.pictures.CROP)
    await room.clips()
    (order,) = room.house.provider.orders
    assert (order.photo.width, order.photo.height) == (1000, 400)


async def test_the_same_no_is_told_once_a_minute(room: Room) -> None:
    await heard(room, room.slash("quota", {"set": "default 1 a day"}, user=boss(room)))
    assert "you have 1 left" in await heard(room, room.slash(options=SMILES))
    assert await heard(room, room.slash(options=SMILES)) == texts.chat.TOLD
    room.api.say(room.ann, room.channel, "she smiles", [PHOTO], mention_bot=True)
    room.api.say(room.ann, room.channel, "/jobs", mention_bot=True)  # the next in line, and it is answered
    await room.api.until(room.posts)
    assert [texts.chat.NO_JOBS_HERE in one.content for one in room.posts()] == [True]
    room.now.later += 61
    said = room.api.say(room.ann, room.channel, "she smiles", [PHOTO], mention_bot=True)
    assert "you have 1 left" in (await reply(room, said)).content


async def test_the_operator_hears_of_a_ceiling_in_a_private_message(room: Room) -> None:
    owner, deaf = room.api.user("owner"), room.api.user("deaf")
    owners = (f"discord:{deaf.id + 1}", f"discord:{owner.id}", f"discord:{room.channel.id}")
    configure(room.house.core, tell=to_operators(owners, {"discord": room.chat}))
    configure(room.house.core, policy=Policy(30, day=7))
    room.slash(options=SMILES)
    await room.clips()
    assert "everybody's limit" in await heard(room, room.slash(options=SMILES))
    (alarm,) = await room.api.until(lambda: room.posts(room.api.dm(owner)))
    assert "Buying has stopped for everybody" in alarm.content
    assert not [one for one in room.posts() if "Buying" in one.content]


async def test_what_a_crash_cut_off_is_not_done_with_the_rights_of_then(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = DiscordApi(clock=Now())
    async with api.serve() as base:
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            admin, bob = boss(room), api.user("bob")
            await heard(room, room.slash("quota", {"who": room.guild.everyone, "set": "20 a day"}, user=admin))
            with patch.object(type(room.discord._front._intake), "begin"):  # it dies before it begins
                asked = room.slash("grant", {"user": bob, "amount": "50"}, user=admin)
                mine = room.slash("quota", user=bob)
                api.say(admin, room.channel, "/hide k7m2p9q4xw", mention_bot=True)
                await api.until(lambda: asked.callbacks and mine.callbacks)
                waiting = await eventually(lambda: kept(room, 3))
                assert all('"administers": false' in body for _, body in waiting)
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            assert await heard(room, asked) == texts.chat.CUT_OFF
            (hiding,) = await api.until(lambda: room.posts(api.dm(admin)))
            assert hiding.content == texts.chat.CUT_OFF
            assert "20 credits left today" in await heard(room, mine)
            assert len(await room.house.store.figures.audit(f"discord:{room.guild.id}", 9)) == 1
