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
from tests.adapters.discord.discord_rig import Now, Rig, a_rig, kept
from tests.adapters.discord.discord_steps import PHOTO, SMILES, boss, has_left, heard, reply
from tests.eventually import eventually
from tests.houses import configure
from tests.loopback.discord.guilds import Member
from tests.loopback.discord.messages import parts
from tests.loopback.discord.permissions import MANAGE_GUILD, USUAL_PERMISSIONS
from tests.loopback.discord.server import DiscordApi


@pytest.fixture
def rig(rig: Rig) -> Rig:
    """One whose films are looked at."""
    rig.api.keeps_files = True
    return rig


def shown_to_all(rig: Rig) -> None:
    """The server's settings give everybody the admins' commands: what Discord shows is only a hint."""
    for one in rig.api.commands[None]:
        one["default_member_permissions"] = None


# ── The verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_admin_sets_allowances_and_a_member_has_the_best_of_their_roles(rig: Rig) -> None:
    admin, bob = boss(rig), rig.api.user("bob")
    artist = rig.api.role(rig.guild, "Artist", USUAL_PERMISSIONS)
    asked = rig.slash("quota", {"set": "default 12 per week"}, user=admin)
    assert "everyone: 12 credits a week from now on." in await heard(rig, asked)
    asked = rig.slash("quota", {"who": artist, "set": "60 a day"}, user=admin)
    assert "@Artist: 60 credits a day from now on." in await heard(rig, asked)
    asked = rig.slash("quota", {"who": rig.guild.everyone, "set": "20 a day"}, user=admin)
    assert "everyone: 20 credits a day" in await heard(rig, asked)
    await has_left(rig, bob, "20 credits left today")
    rig.api.set_roles(rig.api.member(bob, rig.guild), artist)
    await has_left(rig, bob, "60 credits left today")
    rig.api.say(bob, rig.channel, "she smiles", [PHOTO], mention_bot=True)
    await rig.clips()
    asked = rig.slash("quota", {"who": bob}, user=admin)
    assert "@Bob has 20 credits a day" in await heard(rig, asked)
    assert not [one for one in rig.posts() if "credits a day" in one.content]


async def test_a_role_named_like_a_tier_in_another_server_is_no_tier(rig: Rig) -> None:
    admin, eve = boss(rig), rig.api.user("eve")
    await heard(rig, rig.slash("quota", {"set": "default 10 a day"}, user=admin))
    artist = rig.api.role(rig.guild, "Artist", USUAL_PERMISSIONS)
    await heard(rig, rig.slash("quota", {"who": artist, "set": "60 a day"}, user=admin))
    far = rig.api.guild("far")
    there = rig.api.channel(far)
    for name in ("Artist", "admins", str(artist.id)):
        rig.api.member(eve, far).roles.append(rig.api.role(far, name, USUAL_PERMISSIONS))
    await has_left(rig, eve, "30 credits left today", there)
    rig.api.member(eve, rig.guild, [rig.api.role(rig.guild, "Artist", USUAL_PERMISSIONS)])
    await has_left(rig, eve, "10 credits left today")


async def test_grant_revoke_ban_unban_and_undo(rig: Rig) -> None:
    admin, bob = boss(rig), rig.api.user("bob")
    given = {"user": bob, "amount": "50", "until": "2 weeks", "because": "they won"}
    asked = rig.slash("grant", given, user=admin)
    words = await heard(rig, asked)
    assert "@Bob got 50 credits until" in words
    assert "The reason: they won" in words
    await has_left(rig, bob, "50 credits that you were given")
    assert "50 credits from grants taken back" in await heard(rig, rig.slash("revoke", {"user": bob}, user=admin))
    asked = rig.slash("ban", {"user": bob, "for": "2 days", "because": "spam"}, user=admin)
    assert "@Bob can't order clips here until" in await heard(rig, asked)
    refused = rig.slash(options=SMILES, user=bob)
    assert "The reason: spam" in await heard(rig, refused)
    pressed = rig.api.press(admin, asked.original, "Undo")
    assert "Undone." in await heard(rig, pressed)
    assert "is not banned" in await heard(rig, rig.slash("unban", {"user": bob}, user=admin))
    await heard(rig, rig.slash("ban", {"user": bob}, user=admin))
    assert "can order clips here again" in await heard(rig, rig.slash("unban", {"user": bob}, user=admin))
    audit = await heard(rig, rig.slash("audit", user=admin))
    assert "Boss · ban @Bob" in audit
    assert not rig.posts()


async def test_limits_lists_and_the_way_out(rig: Rig) -> None:
    admin, bob = boss(rig), rig.api.user("bob")
    other = rig.api.channel(rig.guild, "art")
    assert "Orders are taken in #art" in await heard(rig, rig.slash("limits", {"channel": other}, user=admin))
    assert "I don't take orders in this channel" in await heard(rig, rig.slash(options=SMILES, user=bob))
    assert "everywhere" in await heard(rig, rig.slash("limits", {"set": "channels everywhere"}, user=admin))
    assert "@Bob: 3 clips at once" in await heard(rig, rig.slash("limits", {"who": bob, "set": "flight 3"}, user=admin))
    listed = rig.slash("tier", {"name": "staff", "change": "add", "user": bob}, user=admin)
    assert "staff: 1 person" in await heard(rig, listed)
    assert "Time zone: UTC" in await heard(rig, rig.slash("limits", user=admin))
    assert texts.credits.LINK_ALONE in await heard(rig, rig.slash("link", user=bob))
    code = await heard(rig, rig.slash("link", user=bob, channel=rig.api.dm(bob)))
    assert "/link " in code
    same = rig.slash("link", {"code": "AAAA-BBBB"}, user=bob, channel=rig.api.dm(bob))
    assert texts.credits.LINK_FAILED["unknown"] in await heard(rig, same)
    assert texts.credits.NOT_LINKED in await heard(rig, rig.slash("unlink", user=bob, channel=rig.api.dm(bob)))


async def test_a_message_names_people_roles_and_whose_message_it_answers(rig: Rig) -> None:
    admin, bob = boss(rig), rig.api.user("bob")
    artist = rig.api.role(rig.guild, "Artist", USUAL_PERMISSIONS)
    said = rig.api.say(admin, rig.channel, f"/grant <@!{bob.id}> 50 because {MENTION}he asked", mention_bot=True)
    assert "@Bob got 50 credits, without end. The reason: he asked." in (await reply(rig, said)).content
    said = rig.api.say(admin, rig.channel, f"/quota set <@&{artist.id}> 60 a day", mention_bot=True)
    assert "@Artist: 60 credits a day" in (await reply(rig, said)).content
    said = rig.api.say(admin, rig.channel, f"/limits channels <#{rig.channel.id}>", mention_bot=True)
    assert "Orders are taken in #films" in (await reply(rig, said)).content
    spam = rig.api.say(bob, rig.channel, "look!", [PHOTO])
    said = rig.api.say(admin, rig.channel, "/ban for 2 days", reply_to=spam, mention_bot=True)
    banned = await reply(rig, said)
    assert "@Bob can't order clips here until" in banned.content
    pressed = rig.api.press(bob, banned, "Undo")
    assert texts.admin.NOT_ADMIN in await heard(rig, pressed)
    for made_up in (f"{MENTION}", "<@123456789012345678>", "@Bob"):
        said = rig.api.say(admin, rig.channel, f"/grant {made_up} 50", mention_bot=True)
        assert "hom" in (await reply(rig, said)).content
    # In a prompt, names are words.
    await heard(rig, rig.slash("unban", {"user": bob}, user=admin))
    rig.api.say(bob, rig.channel, f"he hugs <@{admin.id}>", [PHOTO], mention_bot=True)
    await rig.clips()
    assert rig.house.provider.orders[0].prompt == "he hugs @Boss"


# ── Who may not ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_members_admin_verbs_are_refused_however_they_come(rig: Rig) -> None:
    bob, eve = rig.api.user("bob"), rig.api.user("eve")
    shown_to_all(rig)
    for command, options in (
        ("grant", {"user": bob, "amount": "50"}),
        ("quota", {"set": "default 99 a day"}),
        ("quota", {"who": eve}),
        ("ban", {"user": eve}),
        ("limits", {"set": "flight 9"}),
        ("export", {}),
        ("usage", {}),
    ):
        assert texts.admin.NOT_ADMIN in await heard(rig, rig.slash(command, options, user=bob)), command
    assert texts.admin.NOT_OPERATOR in await heard(rig, rig.slash("operator", {"do": "pause"}, user=bob))
    said = rig.api.say(bob, rig.channel, f"/grant <@{bob.id}> 50", mention_bot=True)
    assert texts.admin.NOT_ADMIN in (await reply(rig, said)).content
    private = rig.slash("grant", {"user": bob, "amount": "50"}, user=bob, channel=rig.api.dm(bob))
    assert texts.admin.NOT_IN_PRIVATE in await heard(rig, private)
    assert not await rig.house.store.figures.audit(f"discord:{rig.guild.id}", 9)


async def test_rights_that_were_taken_away_are_gone_at_once(rig: Rig) -> None:
    admin, bob = boss(rig), rig.api.user("bob")
    asked = rig.slash("grant", {"user": bob, "amount": "50"}, user=admin)
    await heard(rig, asked)
    shown_to_all(rig)
    rig.api.set_roles(rig.api.member(admin, rig.guild))
    assert texts.admin.NOT_ADMIN in await heard(rig, rig.api.press(admin, asked.original, "Undo"))
    assert texts.admin.NOT_ADMIN in await heard(rig, rig.slash("revoke", {"user": bob}, user=admin))
    said = rig.api.say(admin, rig.channel, f"/revoke <@{bob.id}>", mention_bot=True)
    assert texts.admin.NOT_ADMIN in (await reply(rig, said)).content


async def test_an_admin_of_one_server_is_nobody_in_another(rig: Rig) -> None:
    far = rig.api.guild("far")
    there = rig.api.channel(far)
    mallory, bob = boss(rig, far, "mallory"), rig.api.user("bob")
    asked = rig.slash("ban", {"user": bob}, user=boss(rig))
    await heard(rig, asked)
    shown_to_all(rig)
    (act,) = await rig.house.store.figures.audit(f"discord:{rig.guild.id}", 9)
    assert texts.admin.NOT_ADMIN in await heard(rig, rig.slash("unban", {"user": bob}, user=mallory))
    own = rig.slash("quota", {"set": "default 5 a day"}, user=mallory, channel=there)
    await heard(rig, own)
    assert own.original
    (button,) = [one for one in parts(own.original.components) if one.get("label") == "Undo"]
    for forged, answer in (
        (f"/undo {act.id}", texts.admin.NOT_HERE),
        (f"/grant {MENTION} 50", "hom"),
        (f"/operator cap discord:{rig.guild.id} 1", texts.admin.NOT_OPERATOR),
    ):
        button["custom_id"] = f"photoplay:{forged}"
        assert answer in await heard(rig, rig.api.press(mallory, own.original, "Undo"))
    await has_left(rig, bob, "30 credits left today")
    assert "can't order clips here" in await heard(rig, rig.slash(options=SMILES, user=bob))
    far_installed = rig.api.channel(rig.api.guild("without", bot=False))
    eve = rig.api.user("eve", installed=True)
    rig.api.member(eve, far_installed.guild, [rig.api.role(far_installed.guild, "all", MANAGE_GUILD)])
    asked = rig.slash("quota", {"set": "default 99 a day"}, user=eve, channel=far_installed)
    assert texts.admin.NOT_OPERATOR in await heard(rig, asked)


async def test_a_server_that_the_library_does_not_know_is_still_a_community_and_has_no_admins(rig: Rig) -> None:
    dark = rig.api.guild("dark", bot=False)
    dark.members[rig.api.me.id], dark.has_bot = Member(rig.api.me, dark, []), True  # and no event told of it
    there = rig.api.channel(rig.guild, "lost")
    rig.guild.channels.remove(there)
    there.guild = dark
    admin = boss(rig, dark)
    rig.api.dispatch("GUILD_DELETE", {"id": str(dark.id)}, rig.guild.id)
    await asyncio.sleep(0.1)
    said = rig.api.say(admin, there, "/quota set default 99 a day", mention_bot=True)
    assert texts.admin.NOT_ADMIN in (await reply(rig, said)).content
    rig.api.say(admin, there, "she smiles", [PHOTO], mention_bot=True)
    await rig.clips(1, there)
    (job,) = await rig.house.store.jobs(f"discord:{admin.id}")
    assert job.scope == f"discord:{dark.id}"


# ── What is shown ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_usage_is_a_picture_and_the_export_two_tables_for_the_admin_alone(rig: Rig) -> None:
    admin = boss(rig)
    rig.slash(options=SMILES)
    await rig.clips()
    asked = rig.slash("usage", {"span": "month"}, user=admin)
    assert "1 clip, 5 credits" in await heard(rig, asked)
    asked_export = rig.slash("export", user=admin)
    assert texts.reports.EXPORTED in await heard(rig, asked_export)
    for one, names in ((asked, ["usage.png"]), (asked_export, ["ledger.csv", "audit.csv"])):
        assert one.original
        assert one.original.ephemeral
        assert [file.name for file in one.original.attachments] == names
        assert all(file.data for file in one.original.attachments)
    said = rig.api.say(admin, rig.channel, "/export", mention_bot=True)
    (sent,) = await rig.api.until(lambda: rig.posts(rig.api.dm(admin)))
    assert [file.name for file in sent.attachments] == ["ledger.csv", "audit.csv"]
    assert not [one for one in rig.posts() if one.reply_to is said]


async def test_the_same_no_is_told_once_a_minute(rig: Rig) -> None:
    await heard(rig, rig.slash("quota", {"set": "default 1 a day"}, user=boss(rig)))
    assert "you have 1 left" in await heard(rig, rig.slash(options=SMILES))
    assert await heard(rig, rig.slash(options=SMILES)) == texts.chat.TOLD
    rig.api.say(rig.ann, rig.channel, "she smiles", [PHOTO], mention_bot=True)
    rig.api.say(rig.ann, rig.channel, "/jobs", mention_bot=True)  # the next in line, and it is answered
    await rig.api.until(rig.posts)
    assert [texts.chat.NO_JOBS_HERE in one.content for one in rig.posts()] == [True]
    rig.now.later += 61
    said = rig.api.say(rig.ann, rig.channel, "she smiles", [PHOTO], mention_bot=True)
    assert "you have 1 left" in (await reply(rig, said)).content


async def test_the_operator_hears_of_a_ceiling_in_a_private_message(rig: Rig) -> None:
    owner, deaf = rig.api.user("owner"), rig.api.user("deaf")
    owners = (f"discord:{deaf.id + 1}", f"discord:{owner.id}", f"discord:{rig.channel.id}")
    configure(rig.house.core, tell=to_operators(owners, {"discord": rig.chat}))
    configure(rig.house.core, policy=Policy(30, day=7))
    rig.slash(options=SMILES)
    await rig.clips()
    assert "everybody's limit" in await heard(rig, rig.slash(options=SMILES))
    (alarm,) = await rig.api.until(lambda: rig.posts(rig.api.dm(owner)))
    assert "Buying has stopped for everybody" in alarm.content
    assert not [one for one in rig.posts() if "Buying" in one.content]


async def test_what_a_crash_cut_off_is_not_done_with_the_rights_of_then(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = DiscordApi(clock=Now())
    async with api.serve() as base:
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
            admin, bob = boss(rig), api.user("bob")
            await heard(rig, rig.slash("quota", {"who": rig.guild.everyone, "set": "20 a day"}, user=admin))
            with patch.object(type(rig.discord._front._intake), "begin"):  # it dies before it begins
                asked = rig.slash("grant", {"user": bob, "amount": "50"}, user=admin)
                mine = rig.slash("quota", user=bob)
                api.say(admin, rig.channel, "/hide k7m2p9q4xw", mention_bot=True)
                await api.until(lambda: asked.callbacks and mine.callbacks)
                waiting = await eventually(lambda: kept(rig, 3))
                assert all('"administers": false' in body for _, body in waiting)
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
            assert await heard(rig, asked) == texts.chat.CUT_OFF
            (hiding,) = await api.until(lambda: rig.posts(api.dm(admin)))
            assert hiding.content == texts.chat.CUT_OFF
            assert "20 credits left today" in await heard(rig, mine)
            assert len(await rig.house.store.figures.audit(f"discord:{rig.guild.id}", 9)) == 1
