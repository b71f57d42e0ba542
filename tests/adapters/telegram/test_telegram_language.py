"""Whatever Telegram's people are answered is in their language, the adapter's own sentences among it."""

import pytest

from adapters.telegram import parse
from bot.conversation import Inbound, Reply
from tests.adapters.telegram.telegram_rig import Rig
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


async def test_in_private(rig: Rig) -> None:
    rig.hold()
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    (status,) = await rig.sent(rig.private, 1)
    assert "she smiles" in status.words
    said = ["she smiles", "/help", "/nosuch", "/quota", "/words", "/forgetme", "/start"]
    for number, text in enumerate(said, 2):
        rig.api.say(rig.ann, rig.private, text)
        await rig.sent(rig.private, number)
    rig.api.photo(rig.ann, rig.private, b"garbage", "she smiles")
    posts = await rig.sent(rig.private, len(said) + 2)
    assert left(*posts) == []
    popup = await rig.answer(rig.api.press(rig.ann, status, status.labels[0]))
    assert popup["text"]
    assert english(popup["text"]) == []


async def test_in_a_group_where_a_part_of_it_is_for_the_asker_alone(rig: Rig) -> None:
    group = rig.api.group(rig.ann)
    before = len(rig.api.sent(group))
    rig.api.say(rig.ann, group, f"/animate@{ME}")
    rig.api.say(rig.ann, group, f"/help@{ME}")
    rig.api.say(rig.ann, group, f"/mydata@{ME}")
    assert left(*(await rig.sent(group, before + 3))[before:]) == []


async def test_where_the_bot_is_no_member(rig: Rig) -> None:
    asked = rig.api.guest(rig.ann, f"@{ME} she smiles")
    name = f"inline-{asked['guest_query_id']}"
    await rig.api.until(lambda: name in rig.api.inline and rig.api.inline[name].history)
    post = rig.api.inline[name]
    assert left(post) == english(str(post.history[0].get("text"))) == []


@pytest.mark.parametrize("where", ["private", "inline", "tap"])
async def test_a_mistake_of_ours(rig: Rig, where: str) -> None:
    rig.hold()
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    (status,) = await rig.sent(rig.private, 1)

    async def broken(inbound: Inbound) -> Reply:
        raise AttributeError("handle")

    rig.house.core.handle = broken  # type: ignore[method-assign]  # it fails for this test
    if where == "private":
        rig.api.say(rig.ann, rig.private, "/jobs")
        said = (await rig.sent(rig.private, 2))[-1].words
    elif where == "tap":
        said = (await rig.answer(rig.api.press(rig.ann, status, status.labels[0])))["text"]
    else:
        name = f"inline-{rig.api.guest(rig.ann, f'@{ME} she smiles')['guest_query_id']}"
        await rig.api.until(lambda: name in rig.api.inline and rig.api.inline[name].history)
        said = rig.api.inline[name].words
    assert said
    assert english(said) == []
