"""What people and servers really send, as others have reported it."""

import asyncio
from pathlib import Path

import pytest

from bot import texts
from tests.adapters.telegram.telegram_rig import Rig
from tests.houses import picture
from tests.loopback.telegram.faults import Refuse

AWAY = Refuse(400, "Bad Request: wrong file_id or the file is temporarily unavailable")


def prompts(rig: Rig) -> list[str]:
    return [order.prompt for order in rig.house.provider.orders]


@pytest.mark.parametrize("reason", ["file is temporarily unavailable", "RPC_CALL_FAIL", "Timeout, please try again"])
async def test_a_file_that_is_temporarily_unavailable_is_asked_for_again(rig: Rig, reason: str) -> None:
    rig.api.trouble["getFile"] += [AWAY, Refuse(400, f"Bad Request: {reason}")]
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    await rig.clip(rig.private)


async def test_one_that_stays_so_is_said(rig: Rig) -> None:
    rig.api.trouble["getFile"] += [AWAY] * 9
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    await rig.told(rig.private, texts.pictures.PICTURE_UNREACHABLE)
    assert not rig.house.provider.orders


@pytest.mark.parametrize("where", ["here", "behind a web server", "nowhere"])
async def test_a_server_of_ones_own_that_says_where_its_files_lie(
    rig: Rig, tmp_path: Path, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    post = rig.api._draw_up(rig.ann, rig.private, {"photo": rig.api.keep_photo(picture()), "caption": "she smiles"})
    for size in post["photo"]:
        stored = rig.api.files[size["file_id"]]
        served = stored.path
        if where == "here":
            own = tmp_path / rig.api.token / served
            own.parent.mkdir(parents=True, exist_ok=True)
            own.write_bytes(stored.data or b"")
            stored.path = str(own)
        else:
            stored.path = f"/var/lib/telegram-bot-api/{rig.api.token}/{served}"
        if where != "behind a web server":
            rig.api.paths.pop(served, None)
    rig.api._tell("message", post)
    if where == "nowhere":
        await rig.told(rig.private, texts.pictures.PICTURE_UNREACHABLE)
        assert "--local" in caplog.text
        assert rig.api.token not in caplog.text
        assert "TELEGRAM_TOKEN" not in caplog.text
    else:
        await rig.clip(rig.private)
    assert not rig.telegram.trouble()


async def test_a_caption_under_each_picture_of_an_album_counts(rig: Rig) -> None:
    rig.api.album(rig.ann, rig.private, [picture(), picture(500, 400)], captions=["day turns", "to night"])
    await rig.clip(rig.private)
    assert prompts(rig) == ["day turns to night"]


@pytest.mark.parametrize("first", ["", "day turns to night"])
async def test_in_a_group_the_command_may_stand_under_any_picture(rig: Rig, first: str) -> None:
    group = rig.api.group(rig.ann)
    rig.api.set_member(rig.api.me, group, "administrator")  # it sees both
    words = f"/animate@{rig.api.me.username} she smiles"
    rig.api.album(rig.ann, group, [picture(), picture(500, 400)], captions=[first, words])
    await rig.clip(group)
    assert prompts(rig) == [f"she smiles {first}".strip()]


@pytest.mark.parametrize("forward", [True, False])
async def test_a_comment_on_a_picture_that_is_passed_on_is_what_shall_happen(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, forward: bool
) -> None:
    over = asyncio.Event()
    monkeypatch.setattr(rig.telegram._messages._comments, "_sleep", lambda _: over.wait())
    rig.api.say(rig.ann, rig.private, "make her smile")
    rig.api.photo(rig.ann, rig.private, picture(), "BUY NOW!!!" if forward else "", forward=forward)
    await rig.clip(rig.private)
    assert prompts(rig) == ["make her smile"]
    rig.api.photo(rig.ann, rig.private, picture(), "the boat drifts", forward=True)
    await rig.clips(rig.private, 2)
    assert prompts(rig)[1] == "the boat drifts", "a comment counts once"
    over.set()
    rig.api.say(rig.ann, rig.private, "and then?")
    await rig.told(rig.private, texts.chat.NO_PHOTO)
    asked = [post for post in rig.api.sent(rig.private) if post.words == texts.chat.NO_PHOTO]
    assert len(asked) == 1, "no photo was asked for while it followed"


async def test_a_hint_that_was_sent_before_the_picture_came_is_taken_back(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rig.telegram._messages._comments, "_sleep", lambda _: asyncio.sleep(0))
    rig.api.say(rig.ann, rig.private, "make her smile")
    hint = await rig.told(rig.private, texts.chat.NO_PHOTO)
    await rig.settled()
    rig.api.photo(rig.ann, rig.private, picture(), "", forward=True)
    await rig.clip(rig.private)
    await rig.api.until(lambda: hint.deleted)
    assert prompts(rig) == ["make her smile"]


async def test_what_was_said_long_before_is_no_comment(rig: Rig) -> None:
    post = rig.api._draw_up(rig.ann, rig.private, {"text": "good morning"})
    post["date"] -= 60
    rig.api._tell("message", post)
    await rig.told(rig.private, texts.chat.NO_PHOTO[:20])
    rig.api.photo(rig.ann, rig.private, picture(), "the boat drifts", forward=True)
    await rig.clip(rig.private)
    assert prompts(rig) == ["the boat drifts"]


async def test_a_group_without_videos_is_told_before_anything_is_bought(rig: Rig) -> None:
    group, bob = rig.api.group(rig.ann), rig.api.user("Bob")
    rig.api.set_member(bob, group, "member")
    words = f"/animate@{rig.api.me.username} she smiles"
    rig.api.photo(rig.ann, group, picture(500, 400), words)
    video = await rig.clip(group)
    group.films = False
    rig.telegram._messages._members._shut.clear()  # a minute later
    rig.api.photo(rig.ann, group, picture(500, 400), words)
    said = await rig.told(group, "I may not send videos in this group")
    assert f"https://t.me/{rig.api.me.username}" in said.words
    rig.api.press(rig.ann, video, "Again · 5 credits")
    await rig.api.until(lambda: len([p for p in rig.api.sent(group) if "may not send videos" in p.words]) == 2)
    assert prompts(rig) == ["she smiles"]
    rig.api.set_member(rig.api.me, group, "administrator")  # who may send what they like
    rig.api.photo(rig.ann, group, picture(500, 400), words)
    await rig.clips(group, 2)
    rig.api.set_member(rig.api.me, group, "member")
    group.films = True
    rig.api.photo(rig.ann, group, picture(500, 400), words)
    await rig.clips(group, 3)


async def test_in_a_group_a_reply_to_ones_clip_goes_on_with_it(rig: Rig) -> None:
    group, bob = rig.api.group(rig.ann), rig.api.user("Bob")
    rig.api.set_member(bob, group, "member")
    rig.api.photo(rig.ann, group, picture(500, 400), f"/animate@{rig.api.me.username} she smiles")
    video = await rig.clip(group)
    before = len(rig.api.sent(group))
    rig.api.say(bob, group, "so nice", reply_to=video)
    await rig.told(group, "Which photo?")
    rig.api.say(bob, group, "really nice", reply_to=video)  # a hint is enough
    rig.api.say(bob, group, "hello everybody")
    await rig.settled()
    assert len(rig.api.sent(group)) == before + 1
    rig.api.say(rig.ann, group, "then she waves", reply_to=video)
    await rig.clips(group, 2)
    assert prompts(rig) == ["she smiles", "then she waves"]
