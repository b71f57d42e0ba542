"""Discord through the real library: how the adapter holds out against Discord, restarts and people."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from adapters.discord import looks
from adapters.discord.budget import Budget
from adapters.discord.files import Files
from adapters.discord.gateway import invite, shares
from adapters.discord.line import PUBLIC, Line
from bot import logs
from bot.config import Settings
from bot.errors import ChatError, Gone, Refusal, StoreDown, TooLarge
from bot.model import Address, Clip, Film, Pending, Reply
from tests.adapters.discord_room import Now, Room, a_room
from tests.discord_api import DiscordApi, broken, cut, error, hang, too_many
from tests.discord_world import (
    ATTACH_FILES,
    MANAGE_THREADS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
)
from tests.houses import picture

PHOTO = ("me.jpg", picture())
SMILES = {"image": PHOTO, "prompt": "she smiles"}
POST = "POST /channels/{channel}/messages"
CALLBACK = "POST /interactions/{interaction}/{token}/callback"


@pytest.fixture
async def room(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[Room]:
    async with a_room(tmp_path, large_clip, new_id) as made:
        yield made


def mine(room: Room) -> object:
    """The bot's own role in the guild."""
    return room.guild.members[room.api.me.id].roles[0]


# ── Acknowledgement and intake ───────────────────────────────────────────────────────────────────────────────────────


async def test_the_acknowledgement_does_not_wait_for_a_slow_database(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.front.SWIFT", 0.05)
    inbox, take, going = room.house.store.inbox, room.house.store.inbox.take, asyncio.Event()

    async def slowly(*args: object) -> bool:
        await going.wait()
        return await take(*args)  # type: ignore[arg-type]

    with patch.object(type(inbox), "take", side_effect=slowly):
        asked = room.slash(options=SMILES)
        await room.api.until(lambda: asked.callbacks)
        assert asked.answered_after is not None
        assert asked.answered_after < 1
        going.set()
        await room.clips()


async def test_what_cannot_be_kept_is_not_promised(room: Room) -> None:
    with patch.object(type(room.house.store.inbox), "take", side_effect=StoreDown("full")):
        asked = room.slash(options=SMILES)
        assert "can't take orders" in (await room.whispers(asked))[0]
    assert "kept" in room.discord.trouble()
    assert not room.house.provider.orders
    room.slash(options=SMILES)
    await room.clips()
    assert not room.discord.trouble()


async def test_many_at_once_are_all_acknowledged(room: Room) -> None:
    people = [room.api.user(f"person{number}") for number in range(20)]
    asked = [room.slash(options=SMILES, user=one) for one in people]
    await room.api.until(lambda: all(one.callbacks for one in asked))
    assert max(one.answered_after or 9 for one in asked) < 2
    await room.clips(20, within=30)


async def test_what_was_acknowledged_outlives_a_crash(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    now = Now()
    api = DiscordApi(clock=now)
    async with api.serve() as base:
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            with patch.object(type(room.discord._front._intake), "begin"):  # it dies before it begins
                asked = room.slash(options=SMILES)
                await api.until(lambda: asked.callbacks)
                said = api.say(room.ann, room.channel, "he waves", [PHOTO], mention_bot=True)
                inbox = room.house.store.inbox
                for _ in range(100):
                    if len(await inbox.waiting("discord")) == 2:
                        break
                    await asyncio.sleep(0.01)
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            videos = await room.clips(2)
            assert {one.reply_to for one in videos} == {None, said}
            assert len(room.house.provider.orders) == 2
            await api.until(lambda: asked.original and asked.original.deleted)
            assert not await room.house.store.inbox.waiting("discord")


async def test_after_a_long_outage_the_answer_stands_in_the_channel(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    now = Now()
    api = DiscordApi(clock=now)
    async with api.serve() as base:
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            with patch.object(type(room.discord._front._intake), "begin"):
                asked = room.slash(options=SMILES)
                await api.until(lambda: asked.callbacks)
        now.later += 3600
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            (video,) = await room.clips()
            assert "she smiles" in video.content


async def test_buttons_and_forms_outlive_a_restart(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = DiscordApi(clock=Now())
    async with api.serve() as base:
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            room.slash(options=SMILES)
            (video,) = await room.clips()
            asked = room.slash(options={"image": PHOTO})
            modal = await api.until(lambda: asked.modal)
            await room.discord._forms.settle()
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            api.submit(modal, {"What should happen?": "she laughs"})
            room.api.press(room.ann, video, "Again · 5 credits")
            await room.clips(3)
            assert len(api.synced) == 1  # the commands are as they were


async def test_every_event_is_handled_once(room: Room) -> None:
    asked = room.slash(options=SMILES)
    said = room.api.say(room.ann, room.channel, "he waves", [PHOTO], mention_bot=True)
    await room.clips(2)
    room.api.again(asked)
    room.api.again(said)
    room.api.drop()
    await room.api.until(lambda: room.api.resumes and room.api.connected)
    late = room.api.say(room.ann, room.channel, "they dance", [PHOTO], mention_bot=True)
    await room.api.until(lambda: any(one.reply_to is late and one.attachments for one in room.posts()))
    assert len(room.house.provider.orders) == 3


async def test_what_happens_while_the_socket_is_down_is_not_lost(room: Room) -> None:
    room.api.drop()
    room.api.say(room.ann, room.channel, "she smiles", [PHOTO], mention_bot=True)
    await room.clips()
    room.api.invalidate()
    await room.api.until(lambda: len(room.api.identifies) == 2 and room.api.connected)
    room.slash(options=SMILES)
    await room.clips(2)


# ── Permissions ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("denied", "name"),
    [(ATTACH_FILES, "Attach Files"), (SEND_MESSAGES, "Send Messages"), (VIEW_CHANNEL, "View Channel")],
)
async def test_a_missing_permission_is_named_and_costs_nothing(room: Room, denied: int, name: str) -> None:
    room.api.overwrite(room.channel, mine(room), deny=denied)  # type: ignore[arg-type]
    asked = room.slash(options=SMILES)
    told = (await room.whispers(asked))[0]
    assert f"“{name}”" in told
    assert "nothing was started or spent" in told
    assert not room.house.provider.orders
    room.api.overwrite(room.channel, mine(room))  # type: ignore[arg-type]
    room.slash(options=SMILES)
    await room.clips()


async def test_in_a_thread_it_is_another_permission(room: Room) -> None:
    thread = room.api.thread(room.ann, room.channel)
    room.api.overwrite(room.channel, mine(room), deny=SEND_MESSAGES_IN_THREADS)  # type: ignore[arg-type]
    asked = room.slash(options=SMILES, channel=thread)
    assert "“Send Messages in Threads”" in (await room.whispers(asked))[0]


async def test_a_mention_where_no_file_may_be_posted(room: Room) -> None:
    room.api.overwrite(room.channel, mine(room), deny=ATTACH_FILES)  # type: ignore[arg-type]
    await asyncio.sleep(0.05)
    room.api.say(room.ann, room.channel, "she smiles", [PHOTO], mention_bot=True)
    (told,) = await room.api.until(room.posts)
    assert "“Attach Files”" in told.content
    assert not room.house.provider.orders


async def test_without_history_it_is_no_reply_but_it_comes(room: Room) -> None:
    room.api.overwrite(room.channel, mine(room), deny=READ_MESSAGE_HISTORY)  # type: ignore[arg-type]
    room.api.say(room.ann, room.channel, "she smiles", [PHOTO], mention_bot=True)
    (video,) = await room.clips()
    assert video.reply_to is None


# ── Delivery ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_lost_answers_post_nothing_twice(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.acts._backoff", lambda tries: 0.05)
    room.api.script(POST, cut("after"), broken(502, done=True))
    room.slash(options=SMILES)
    await room.api.until(lambda: len(room.api.called(POST)) >= 3, 20)
    await room.clips()
    assert {len(one.body["nonce"]) for one in room.api.called(POST)} == {8}
    await asyncio.sleep(0.1)
    assert len(room.posts()) == 1


async def test_a_refusal_for_haste_is_waited_out(room: Room) -> None:
    room.api.script(POST, too_many(0.05), too_many(1, "cloudflare"))
    room.slash(options=SMILES)
    await room.clips()


async def test_too_large_is_made_smaller_and_then_a_link(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(1000))
    clip = Clip("film.mp4", 64, 48, 1.0, 12 * 2**20)
    where = Address("discord", str(room.channel.id))
    room.api.script(POST, error(413, 40005, "Request entity too large"))
    with pytest.raises(TooLarge) as large:
        await room.chat.send(where, Reply("x", film=Film(path, clip)), nonce="a")
    assert large.value.limit == int(10 * 2**20 * 0.95)
    with pytest.raises(TooLarge) as large:
        await room.chat.send(where, Reply("x", film=Film(path, clip, limit=9_000_000)), nonce="b")
    assert large.value.limit == 9_000_000
    assert len(room.api.called(POST)) == 1


async def test_the_limit_of_the_interaction_goes_with_the_job(room: Room) -> None:
    room.ann.upload_limit = 50 * 2**20
    room.slash(options=SMILES)
    await room.clips()
    (job,) = await room.house.store.jobs(f"discord:{room.ann.id}")
    assert job.limit == int(50 * 2**20 * 0.95)


async def test_a_channel_that_is_gone_is_asked_once(room: Room) -> None:
    provider = room.house.provider
    provider.polls[0:0] = [Pending()] * 5
    asked = room.slash(options=SMILES)
    await room.api.until(lambda: asked.original and asked.original.content)
    room.api.delete_channel(room.channel)
    for _ in range(300):
        (job,) = await room.house.store.jobs(f"discord:{room.ann.id}")
        if job.state == "done":
            break
        await asyncio.sleep(0.02)
    assert job.state == "done"
    assert len(room.api.called(POST)) <= 1
    with pytest.raises(Gone):
        await room.chat.send(Address("discord", str(room.channel.id)), Reply("x"), nonce="n")
    assert len(room.api.called(POST)) <= 1


async def test_a_deleted_request_gets_its_clip_all_the_same(room: Room) -> None:
    room.house.provider.polls[0:0] = [Pending()] * 5
    said = room.api.say(room.ann, room.channel, "she smiles", [PHOTO], mention_bot=True)
    await room.api.until(room.posts)
    room.api.delete(said)
    (video,) = await room.clips()
    assert video.reply_to is None


async def test_a_locked_thread_ends_the_job_and_keeps_the_clip(room: Room) -> None:
    thread = room.api.thread(room.ann, room.channel)
    room.house.provider.polls[0:0] = [Pending()] * 5
    asked = room.slash(options=SMILES, channel=thread)
    await room.api.until(lambda: asked.original and asked.original.content)
    assert not room.api.permissions(room.api.me, thread) & MANAGE_THREADS
    room.api.archive(thread, locked=True)
    for _ in range(300):
        (job,) = await room.house.store.jobs(f"discord:{room.ann.id}")
        if job.state == "done":
            break
        await asyncio.sleep(0.02)
    assert (job.state, job.outcome) == ("done", "clip")


async def test_a_clip_of_an_age_restricted_channel_stays_there(room: Room) -> None:
    adult = room.api.channel(room.guild, "late", nsfw=True)
    await asyncio.sleep(0.05)
    room.slash(options=SMILES, channel=adult)
    await room.clips(1, adult)
    (job,) = await room.house.store.jobs(f"discord:{room.ann.id}")
    for command in ("clip", "again"):
        asked = room.slash(command, {"clip": job.id})
        assert "age-restricted" in (await room.whispers(asked))[0]
    assert not room.posts()
    private = room.api.dm(room.ann)
    room.slash("clip", {"clip": job.id}, channel=private)
    await room.clips(1, private)


async def test_being_thrown_out_gives_back_what_is_in_line(room: Room) -> None:
    with patch.object(type(room.house.worker), "round", return_value=0):
        asked = room.slash(options=SMILES)
        await room.api.until(lambda: asked.original and asked.original.content)
        room.api.leave(room.guild)
        for _ in range(200):
            (job,) = await room.house.store.jobs(f"discord:{room.ann.id}")
            if job.reason == "cancelled":
                break
            await asyncio.sleep(0.02)
        assert job.reason == "cancelled"
    assert not room.house.provider.orders


async def test_a_refused_token_is_not_offered_again(room: Room) -> None:
    room.api.script(POST, error(401, 0, "401: Unauthorized"))
    for _ in range(3):
        with pytest.raises(ChatError, match="DISCORD_TOKEN"):
            await room.chat.send(Address("discord", str(room.channel.id)), Reply("x"), nonce="n")
    assert len(room.api.called(POST)) == 1


async def test_a_status_line_is_edited_when_its_state_changes(room: Room) -> None:
    room.house.provider.polls[0:0] = [Pending()] * 20
    asked = room.slash(options=SMILES)
    await room.clips()
    assert asked.original
    told = [one.content for one in asked.original.history if one.content] + [asked.original.content]
    assert len(told) <= 4, told
    assert len(set(told)) == len(told)


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_prompts_call_nobody_and_format_nothing(room: Room) -> None:
    room.slash(options=SMILES | {"prompt": f"@everyone <@{room.ann.id}> **loud** `code` </x:1>"})
    (video,) = await room.clips()
    assert "@everyone" not in video.content
    assert f"<@{room.ann.id}>" not in video.content.replace("\\<", "")
    assert "\\*\\*loud\\*\\*" in video.content
    assert room.api.mentioned(video) == []
    assert {str(one.body.get("allowed_mentions")) for one in room.api.called(POST)} == {"{'parse': []}"}


def test_long_text_is_cut_after_it_was_escaped() -> None:
    shown = looks.content(Reply("*" * 1999))
    assert len(shown) <= 2000
    assert not shown.rstrip("…").endswith("\\")
    counted = looks.content(Reply("later", ready_at=1_000_000.5, undated="_" * 3000))
    assert len(counted) <= 2000
    assert counted.endswith("Ready <t:1000000:R>")


# ── Attachments ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_attachments_come_from_discord_or_from_the_configured_host() -> None:
    files = Files(Line("token", PUBLIC))
    assert files.allowed("https://cdn.discordapp.com/attachments/1/2/a.png?ex=1")
    assert files.allowed("https://media.discordapp.net/attachments/1/2/a.png")
    for bad in (
        "http://cdn.discordapp.com/a.png",
        "https://cdn.discordapp.com:8443/a.png",
        "https://cdn.discordapp.com.example.com/a.png",
        "https://u:p@cdn.discordapp.com/a.png",
        "https://discord.com/a.png",
        "https://127.0.0.1/a.png",
        "file:///etc/passwd",
    ):
        assert not files.allowed(bad), bad
    own = Files(Line("token", "http://127.0.0.1:9999/api/v10"))
    assert own.allowed("http://127.0.0.1:9999/attachments/1/2/a.png")
    assert not own.allowed("http://127.0.0.1:9998/attachments/1/2/a.png")
    Line("token", PUBLIC)


async def test_an_address_that_is_over_is_renewed(room: Room) -> None:
    room.api.cdn_lifetime = -10
    with patch.object(type(room.api), "_refresh", autospec=True) as refresh:
        file = room.api.upload(room.channel, *PHOTO)
        old = room.api.attachment_url(file)
        room.api.cdn_lifetime = 1000
        refresh.return_value = {"refreshed_urls": [{"original": old, "refreshed": room.api.attachment_url(file)}]}
        room.api._table = room.api._routes()
        assert await room.discord._files._fetched(old) == PHOTO[1]


async def test_no_redirect_is_followed(room: Room) -> None:
    room.api.script("CDN", *[error(302, 0)] * 4)
    with pytest.raises(Refusal):
        await room.discord._files._fetched(room.api.attachment_url(room.api.upload(room.channel, *PHOTO)))


async def test_a_hiccup_of_the_cdn_is_not_the_persons_to_see(room: Room) -> None:
    room.api.script("CDN", broken(502), cut("before"))
    room.slash(options=SMILES)
    await room.clips()


# ── Connections ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_bad_token_is_said_once(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> None:
    async with a_room(tmp_path, large_clip, new_id, token="wrong", start=False) as room:
        await asyncio.wait_for(room.supervisor.run(), 5)
        assert "DISCORD_TOKEN" in room.supervisor.troubles()["discord"]
        assert room.api.served["GET /users/@me"] == 1
        assert not room.api.identifies


async def test_a_token_that_is_taken_away_ends_it(room: Room) -> None:
    room.api.drop(code=4004)
    await room.api.until(lambda: "DISCORD_TOKEN" in room.supervisor.troubles()["discord"])


async def test_discord_that_is_away_comes_back(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> None:
    api = DiscordApi(clock=Now())
    api.script("GET /users/@me", error(403, 0))
    async with a_room(tmp_path, large_clip, new_id, api=api) as room:
        room.slash(options=SMILES)
        await room.clips()


async def test_a_crash_loop_stays_below_a_thousand(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    async with a_room(tmp_path, large_clip, new_id, start=False) as room:
        room.discord._budget = Budget(room.house.store.inbox, room.now, most=3)
        room.tasks = [asyncio.create_task(room.supervisor.run())]
        for count in range(1, 4):
            await room.api.until(lambda count=count: len(room.api.identifies) == count and room.api.connected)
            room.api.invalidate()
        await room.api.until(lambda: "too often" in room.discord.trouble())
        await asyncio.sleep(0.1)
        assert len(room.api.identifies) == 3
        room.now.later += 86_400
        await room.api.until(lambda: len(room.api.identifies) == 4)


def test_shares() -> None:
    assert shares("auto") == (None, None)
    assert shares("4") == (4, None)
    assert shares("0-3/16") == (16, [0, 1, 2, 3])
    assert Settings(discord_shards="AUTO").discord_shards == "auto"
    for bad in ("0", "x", "3-1/4", "0-4/4", "1/2"):
        with pytest.raises(ValueError, match="auto, a number, or a range"):
            Settings(discord_shards=bad)
    with pytest.raises(ValueError, match="/api/v10"):
        Settings(discord_api_url="https://discord.com")


async def test_a_process_may_have_a_part_of_the_shards(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = DiscordApi(shards=4, clock=Now())
    guild = api.guild(shard=3)
    async with a_room(tmp_path, large_clip, new_id, api=api, shards="2-3/4") as room:
        assert [one["shard"] for one in api.identifies] == [[2, 4], [3, 4]]
        assert room.guild is guild
        room.slash(options=SMILES)
        await room.clips()


def test_the_invitation_asks_for_what_is_needed() -> None:
    address = invite(42)
    assert "client_id=42" in address
    needed = VIEW_CHANNEL | SEND_MESSAGES | SEND_MESSAGES_IN_THREADS | ATTACH_FILES | READ_MESSAGE_HISTORY
    assert f"permissions={needed}" in address
    assert "applications.commands" in address


async def test_commands_are_told_when_they_changed(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = DiscordApi(clock=Now())
    async with api.serve() as base:
        for known in (1, 1, 2):
            if known == 2:
                with patch.dict("bot.texts.COMMANDS", {"jobs": "your clips"}):
                    async with a_room(tmp_path, large_clip, new_id, api=api, base=base):
                        assert len(api.synced) == 2
                break
            async with a_room(tmp_path, large_clip, new_id, api=api, base=base):
                assert len(api.synced) == 1
    animate = next(one for one in api.commands[None] if one["name"] == "animate")
    assert animate["integration_types"] == [0, 1]
    assert animate["contexts"] == [0, 1, 2]
    assert [one["name"] for one in animate["options"]] == [
        "image",
        "prompt",
        "duration",
        "negative",
        "strength",
        "end_image",
    ]


# ── Where the bot is no member ───────────────────────────────────────────────────────────────────────────────────────


async def test_installed_by_a_person_alone(room: Room) -> None:
    room.api.keeps_files = True
    eve = room.api.user("eve", installed=True)
    far = room.api.channel(room.api.guild("far", bot=False))
    asked = room.slash(options=SMILES, user=eve, channel=far)
    await room.api.until(lambda: asked.original and asked.original.attachments)
    assert asked.original
    assert "AI-generated" in asked.original.content
    assert asked.original.labels == ["Again · 5 credits", "New words", "Continue"]
    again = room.api.press(eve, asked.original, "Again · 5 credits")
    await room.api.until(lambda: again.original and again.original.attachments)
    group = room.api.group(eve, room.ann)
    private = room.slash(options=SMILES, user=eve, channel=group)
    await room.api.until(lambda: private.original and private.original.attachments)
    assert not room.api.called(POST)


async def test_after_a_quarter_of_an_hour_a_button_gets_the_clip(room: Room) -> None:
    eve = room.api.user("eve", installed=True)
    far = room.api.channel(room.api.guild("far", bot=False))
    provider = room.house.provider
    slow, provider.polls = provider.polls, [Pending()]
    asked = room.slash(options=SMILES, user=eve, channel=far)
    await room.api.until(lambda: asked.original and asked.original.content)
    assert asked.original
    room.now.later += 15 * 60 - 60
    await room.api.until(lambda: asked.original and "Get the clip" in asked.original.labels)
    room.now.later += 120
    pressed = room.api.press(eve, asked.original, "Get the clip")
    await room.api.until(lambda: asked.original and "Get the clip" not in asked.original.labels)
    room.now.later += 15 * 60 - 60
    await room.api.until(lambda: asked.original and "Get the clip" in asked.original.labels)
    room.now.later += 120
    provider.polls = slow
    for _ in range(300):
        (job,) = await room.house.store.jobs(f"discord:{eve.id}")
        if job.state == "done":
            break
        await asyncio.sleep(0.02)
    assert job.state == "done"
    assert not asked.original.attachments
    room.api.press(eve, asked.original, "Get the clip")
    await room.api.until(lambda: asked.original and asked.original.attachments)
    assert "AI-generated" in asked.original.content
    assert pressed.user is eve
    assert not room.api.called(POST)
    assert room.api.served["POST /users/@me/channels"] == 0


async def test_the_button_comes_after_a_restart_too(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    now = Now()
    api = DiscordApi(clock=now)
    eve = api.user("eve", installed=True)
    async with api.serve() as base:
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            far = api.channel(api.guild("far", bot=False))
            room.house.provider.polls = [Pending()]
            asked = room.slash(options=SMILES, user=eve, channel=far)
            await api.until(lambda: asked.original and asked.original.content)
            await asyncio.sleep(0.05)
        now.later += 15 * 60 - 60
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base, start=False) as room:
            room.house.provider.polls = [Pending()]
            await room.open()
            await api.until(lambda: asked.original and "Get the clip" in asked.original.labels)


# ── kill -9 in the middle ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_crash_around_the_acknowledgement(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> None:
    api = DiscordApi(clock=Now())
    async with api.serve() as base:
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            api.script(CALLBACK, hang("after"))
            asked = room.slash(options=SMILES)
            await asyncio.wait_for(api.reached.get(), 5)
            assert [key for key, _ in await room.house.store.inbox.waiting("discord")] == [f"discord:{asked.id}"]
        api.let_go()
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            await room.clips()
            assert len(room.house.provider.orders) == 1


async def test_nothing_of_a_token_is_logged(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    for name in logs.QUIET:
        caplog.set_level("WARNING", name)
    began = time.monotonic()
    asked = room.slash(options=SMILES)
    await room.clips()
    assert asked.token not in caplog.text
    assert room.api.token not in caplog.text
    assert time.monotonic() - began < 10
