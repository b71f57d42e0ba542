"""What people and servers really send, as others have reported it."""

import asyncio
from pathlib import Path

import pytest

from bot import texts
from tests.adapters.telegram.telegram_room import Room
from tests.houses import picture
from tests.loopback.telegram.faults import Refuse

AWAY = Refuse(400, "Bad Request: wrong file_id or the file is temporarily unavailable")


def prompts(room: Room) -> list[str]:
    return [order.prompt for order in room.house.provider.orders]


@pytest.mark.parametrize("reason", ["file is temporarily unavailable", "RPC_CALL_FAIL", "Timeout, please try again"])
async def test_a_file_that_is_temporarily_unavailable_is_asked_for_again(room: Room, reason: str) -> None:
    room.api.trouble["getFile"] += [AWAY, Refuse(400, f"Bad Request: {reason}")]
    room.api.photo(room.ann, room.private, picture(), "she smiles")
    await room.clip(room.private)


async def test_one_that_stays_so_is_said(room: Room) -> None:
    room.api.trouble["getFile"] += [AWAY] * 9
    room.api.photo(room.ann, room.private, picture(), "she smiles")
    await room.told(room.private, texts.pictures.PICTURE_UNREACHABLE)
    assert not room.house.provider.orders


@pytest.mark.parametrize("where", ["here", "behind a web server", "nowhere"])
async def test_a_server_of_ones_own_that_says_where_its_files_lie(
    room: Room, tmp_path: Path, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    post = room.api._draw_up(room.ann, room.private, {"photo": room.api.keep_photo(picture()), "caption": "she smiles"})
    for size in post["photo"]:
        stored = room.api.files[size["file_id"]]
        served = stored.path
        if where == "here":
            own = tmp_path / room.api.token / served
            own.parent.mkdir(parents=True, exist_ok=True)
            own.write_bytes(stored.data or b"")
            stored.path = str(own)
        else:
            stored.path = f"/var/lib/telegram-bot-api/{room.api.token}/{served}"
        if where != "behind a web server":
            room.api.paths.pop(served, None)
    room.api._tell("message", post)
    if where == "nowhere":
        await room.told(room.private, texts.pictures.PICTURE_UNREACHABLE)
        assert "--local" in caplog.text
        assert room.api.token not in caplog.text
        assert "TELEGRAM_TOKEN" not in caplog.text
    else:
        await room.clip(room.private)
    assert not room.telegram.trouble()


async def test_a_caption_under_each_picture_of_an_album_counts(room: Room) -> None:
    room.api.album(room.ann, room.private, [picture(), picture(500, 400)], captions=["day turns", "to night"])
    await room.clip(room.private)
    assert prompts(room) == ["day turns to night"]


@pytest.mark.parametrize("first", ["", "day turns to night"])
async def test_in_a_group_the_command_may_stand_under_any_picture(room: Room, first: str) -> None:
    group = room.api.group(room.ann)
    room.api.set_member(room.api.me, group, "administrator")  # it sees both
    words = f"/animate@{room.api.me.username} she smiles"
    room.api.album(room.ann, group, [picture(), picture(500, 400)], captions=[first, words])
    await room.clip(group)
    assert prompts(room) == [f"she smiles {first}".strip()]


@pytest.mark.parametrize("forward", [True, False])
async def test_a_comment_on_a_picture_that_is_passed_on_is_what_shall_happen(
    room: Room, monkeypatch: pytest.MonkeyPatch, forward: bool
) -> None:
    over = asyncio.Event()
    monkeypatch.setattr(room.telegram._messages._comments, "_sleep", lambda _: over.wait())
    room.api.say(room.ann, room.private, "make her smile")
    room.api.photo(room.ann, room.private, picture(), "BUY NOW!!!" if forward else "", forward=forward)
    await room.clip(room.private)
    assert prompts(room) == ["make her smile"]
    room.api.photo(room.ann, room.private, picture(), "the boat drifts", forward=True)
    await room.clips(room.private, 2)
    assert prompts(room)[1] == "the boat drifts", "a comment counts once"
    over.set()
    room.api.say(room.ann, room.private, "and then?")
    await room.told(room.private, texts.chat.NO_PHOTO)
    asked = [post for post in room.api.sent(room.private) if post.words == texts.chat.NO_PHOTO]
    assert len(asked) == 1, "no photo was asked for while it followed"


async def test_a_hint_that_was_sent_before_the_picture_came_is_taken_back(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room.telegram._messages._comments, "_sleep", lambda _: asyncio.sleep(0))
    room.api.say(room.ann, room.private, "make her smile")
    hint = await room.told(room.private, texts.chat.NO_PHOTO)
    await room.settled()
    room.api.photo(room.ann, room.private, picture(), "", forward=True)
    await room.clip(room.private)
    await room.api.until(lambda: hint.deleted)
    assert prompts(room) == ["make her smile"]


async def test_what_was_said_long_before_is_no_comment(room: Room) -> None:
    post = room.api._draw_up(room.ann, room.private, {"text": "good morning"})
    post["date"] -= 60
    room.api._tell("message", post)
    await room.told(room.private, texts.chat.NO_PHOTO[:20])
    room.api.photo(room.ann, room.private, picture(), "the boat drifts", forward=True)
    await room.clip(room.private)
    assert prompts(room) == ["the boat drifts"]


async def test_a_group_without_videos_is_told_before_anything_is_bought(room: Room) -> None:
    group, bob = room.api.group(room.ann), room.api.user("Bob")
    room.api.set_member(bob, group, "member")
    words = f"/animate@{room.api.me.username} she smiles"
    room.api.photo(room.ann, group, picture(500, 400), words)
    video = await room.clip(group)
    group.films = False
    room.telegram._messages._members._shut.clear()  # a minute later
    room.api.photo(room.ann, group, picture(500, 400), words)
    said = await room.told(group, "I may not send videos in this group")
    assert f"https://t.me/{room.api.me.username}" in said.words
    room.api.press(room.ann, video, "Again · 5 credits")
    await room.api.until(lambda: len([p for p in room.api.sent(group) if "may not send videos" in p.words]) == 2)
    assert prompts(room) == ["she smiles"]
    room.api.set_member(room.api.me, group, "administrator")  # who may send what they like
    room.api.photo(room.ann, group, picture(500, 400), words)
    await room.clips(group, 2)
    room.api.set_member(room.api.me, group, "member")
    group.films = True
    room.api.photo(room.ann, group, picture(500, 400), words)
    await room.clips(group, 3)


async def test_in_a_group_a_reply_to_ones_clip_goes_on_with_it(room: Room) -> None:
    group, bob = room.api.group(room.ann), room.api.user("Bob")
    room.api.set_member(bob, group, "member")
    room.api.photo(room.ann, group, picture(500, 400), f"/animate@{room.api.me.username} she smiles")
    video = await room.clip(group)
    before = len(room.api.sent(group))
    room.api.say(bob, group, "so nice", reply_to=video)
    await room.told(group, "Which photo?")
    room.api.say(bob, group, "really nice", reply_to=video)  # a hint is enough
    room.api.say(bob, group, "hello everybody")
    await room.settled()
    assert len(room.api.sent(group)) == before + 1
    room.api.say(room.ann, group, "then she waves", reply_to=video)
    await room.clips(group, 2)
    assert prompts(room) == ["she smiles", "then she waves"]
