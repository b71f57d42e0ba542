"""Hearts of shared clips: one a person, by tap or reaction."""

import asyncio
from dataclasses import replace

import pytest

from bot import texts
from bot.gallery import sharing
from bot.model import Address
from tests.bot.gallery.gallery_house import TOWN, Square


@pytest.fixture
def square(unopened: Square) -> Square:
    return unopened


@pytest.mark.databases
async def test_a_heart_counts_once_and_a_second_tap_takes_it_back(square: Square) -> None:
    await square.open()
    share = await square.shared()
    assert (await square.say(f"/heart {share.id}", user="8")).text == "♥ 1"
    assert (await square.say(f"/heart {share.id}", user="8")).text == "Taken back. ♥ 0"
    told = await asyncio.gather(*(square.say(f"/heart {share.id}", user="8") for _ in range(3)))
    assert len(told) == 3
    assert (await square.share(share)).hearts == 1  # odd


async def test_linked_persons_have_one_heart_and_share_as_one(square: Square) -> None:
    await square.open()
    share = await square.shared()
    store = square.house.store
    for one, other in (("telegram:8", "discord:80"), ("telegram:7", "discord:70")):
        await store.accounts.offer(one, f"code{one}", square.house.clock() + 60)
        await store.accounts.join(other, f"code{one}", square.house.clock(), 5)
    await square.say(f"/heart {share.id}", user="8")
    away = {"platform": "discord", "scope": TOWN}
    assert (await square.say(f"/heart {share.id}", user="80", **away)).text == "Taken back. ♥ 0"
    assert (await square.say(f"/unshare {share.job}", user="80", **away)).text == texts.sharing.NOT_YOUR_SHARE
    assert (await square.say(f"/unshare {share.job}", user="70", **away)).text == texts.sharing.UNSHARED


async def test_a_reaction_counts_as_a_heart_and_takes_back_only_its_own(square: Square) -> None:
    await square.open()
    share = await square.share(await square.shared())

    async def reacted(user: str, on: bool, where: Address = share.place) -> int:
        await sharing.reacted(square.house.core.context, square.inbound("", user=user, where=where), on)
        return (await square.share(share)).hearts

    assert await reacted("8", True) == 1
    assert await reacted("8", True) == 1
    assert await reacted("8", False) == 0
    await square.say(f"/heart {share.id}", user="9")
    assert await reacted("9", True) == 1
    assert await reacted("9", False) == 1  # the tap stays
    for elsewhere in (replace(share.place, message="m99"), replace(share.place, chat="-2")):
        assert await reacted("8", True, elsewhere) == 1
    await square.say(f"/hide {share.id}", user="1")
    assert await reacted("8", True) == 1


async def test_a_post_that_a_crash_left_behind_goes_at_the_first_tap(square: Square) -> None:
    await square.open()
    share = await square.share(await square.shared())
    left = Address("telegram", "-1", "m99", "5")
    square.wall.stands["m99"] = left, square.posts()[0]
    await square.say(f"/heart {share.id}", user="8", where=left, pressed=True)
    await square.work()
    assert "m99" in square.wall.stands  # it may be a second post of a clip that is shared
    await square.say(f"/unshare {share.job}")
    await square.say(f"/heart {share.id}", user="8", where=replace(left, message="m98"))
    await square.work()
    assert "m99" in square.wall.stands
    reply = await square.say(f"/heart {share.id}", user="8", where=left, pressed=True)
    assert reply.text == texts.sharing.UNKNOWN_SHARE
    await square.work()
    assert "m99" not in square.wall.stands
