"""Whatever Telegram's people are answered is in their language, the adapter's own sentences among it."""

import pytest

from adapters.telegram import parse
from bot.conversation import Inbound, Reply
from tests.adapters.telegram.telegram_room import Room
from tests.houses import picture
from tests.loopback.telegram.model import Post
from tests.strange import english

ME = "photoplay_bot"


@pytest.fixture(autouse=True)
def spoken(strange: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "language", lambda user: strange)


def left(*posts: Post) -> list[str]:
    """English in messages and their buttons."""
    return english("\n".join("\n".join([post.words, *post.labels]) for post in posts).replace(ME, ""))


async def test_in_private(room: Room) -> None:
    room.hold()
    room.api.photo(room.ann, room.private, picture(), "she smiles")
    (status,) = await room.sent(room.private, 1)
    assert "she smiles" in status.words
    said = ["she smiles", "/help", "/nosuch", "/quota", "/words", "/forgetme", "/start"]
    for number, text in enumerate(said, 2):
        room.api.say(room.ann, room.private, text)
        await room.sent(room.private, number)
    room.api.photo(room.ann, room.private, b"garbage", "she smiles")
    posts = await room.sent(room.private, len(said) + 2)
    assert left(*posts) == []
    popup = await room.answer(room.api.press(room.ann, status, status.labels[0]))
    assert popup["text"]
    assert english(popup["text"]) == []


async def test_in_a_group_where_a_part_of_it_is_for_the_asker_alone(room: Room) -> None:
    group = room.api.group(room.ann)
    before = len(room.api.sent(group))
    room.api.say(room.ann, group, f"/animate@{ME}")
    room.api.say(room.ann, group, f"/help@{ME}")
    room.api.say(room.ann, group, f"/mydata@{ME}")
    assert left(*(await room.sent(group, before + 3))[before:]) == []


async def test_where_the_bot_is_no_member(room: Room) -> None:
    asked = room.api.guest(room.ann, f"@{ME} she smiles")
    name = f"inline-{asked['guest_query_id']}"
    await room.api.until(lambda: name in room.api.inline and room.api.inline[name].history)
    post = room.api.inline[name]
    assert left(post) == english(str(post.history[0].get("text"))) == []


@pytest.mark.parametrize("where", ["private", "inline", "tap"])
async def test_a_mistake_of_ours(room: Room, where: str) -> None:
    room.hold()
    room.api.photo(room.ann, room.private, picture(), "she smiles")
    (status,) = await room.sent(room.private, 1)

    async def broken(inbound: Inbound) -> Reply:
        raise AttributeError("handle")

    room.house.core.handle = broken  # type: ignore[method-assign]
    if where == "private":
        room.api.say(room.ann, room.private, "/jobs")
        said = (await room.sent(room.private, 2))[-1].words
    elif where == "tap":
        said = (await room.answer(room.api.press(room.ann, status, status.labels[0])))["text"]
    else:
        name = f"inline-{room.api.guest(room.ann, f'@{ME} she smiles')['guest_query_id']}"
        await room.api.until(lambda: name in room.api.inline and room.api.inline[name].history)
        said = room.api.inline[name].words
    assert said
    assert english(said) == []
