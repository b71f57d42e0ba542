"""A picture that is too long: its middle is kept, the person is asked, and nothing is spent before."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from bot import texts
from bot.conversation import Inbound, Reply
from bot.media import uploads
from bot.media.sandbox import images
from bot.model import Address
from bot.ordering.waiting import WAIT, WAITING
from bot.privacy.retention import WAITS, Retention
from bot.quotas.records import Act
from bot.quotas.rules import Rule
from tests.houses import House, attached, configure, picture

LONG = picture(2000, 400)


async def asked(house: House, user: str = "7", data: bytes = LONG) -> str:
    """Order of a panorama; returns what the button says."""
    reply = await house.say("slow pan right", attached(data), user=user)
    assert (reply.text, reply.refused, reply.job) == (texts.pictures.TOO_LONG, False, None)
    button, no = reply.buttons
    assert (button.label, no.label, no.command) == (texts.pictures.CROP, texts.credits.NO, f"/no {reply.parked}")
    assert len(button.command.encode()) <= 64
    assert reply.parked == button.command.split()[1]
    return button.command


def test_the_shape_is_the_same_everywhere() -> None:
    assert uploads.LONGEST_TO_SHORTEST == images.LONGEST_TO_SHORTEST


async def test_one_tap_orders_the_middle(house: House) -> None:
    command = await asked(house)
    assert await house.used() == 0
    assert len(await house.kept()) == 1
    placed = await house.say(command)
    assert placed.job
    job = await house.finish(await house.job(placed.job))
    assert (job.outcome, await house.used()) == ("clip", 5)
    assert job.address.message == "message-1", "the clip answers the photo"
    kept = Image.open(io.BytesIO(house.media.path(job.order.photo.name).read_bytes()))
    assert kept.size == (job.order.photo.width, job.order.photo.height) == (1000, 400)
    again = await house.say(f"/again {job.id}")
    assert again.job, "it is not asked a second time"


async def test_a_no_takes_the_photo_along(house: House) -> None:
    command = await asked(house)
    assert (await house.say(command.replace("/crop", "/no"))).text == texts.credits.DROPPED
    assert (await house.kept(), await house.used()) == ([], 0)
    assert (await house.say(command)).text == texts.credits.PARKED_GONE


async def test_the_same_photo_and_the_same_tap_again(house: House) -> None:
    first = await house.say("she smiles", attached(LONG), key="telegram:1")
    second = await house.say("she smiles", attached(LONG), key="telegram:1")
    assert second == first
    assert len(await house.kept()) == 1
    command = first.buttons[0].command
    taps = [await house.say(command) for _ in range(2)]
    assert taps[0].job == taps[1].job == first.parked
    assert await house.used() == 5


async def test_an_end_picture_may_be_the_one_that_is_too_long(house: House) -> None:
    reply = await house.say("day turns to night", attached(), attached(picture(400, 1200)))
    assert reply.text == texts.pictures.TOO_LONG
    assert len(await house.kept()) == 2
    placed = await house.say(reply.buttons[0].command)
    job = await house.job(placed.job or "")
    assert job.order.end
    assert (job.order.end.width, job.order.end.height) == (400, 1000)


async def test_with_masks_it_is_refused_as_they_would_not_fit_any_more(house: House) -> None:
    white = io.BytesIO()
    Image.new("L", (2000, 400), "white").save(white, "PNG")
    reply = await house.say("she smiles", attached(LONG), attached(white.getvalue(), "static_mask"))
    assert (reply.text, reply.refused) == (texts.pictures.too_long(2000, 400), True)
    assert await house.kept() == []


async def test_too_small_stays_too_small(house: House) -> None:
    reply = await house.say("she smiles", attached(picture(2000, 200)))
    assert (reply.text, reply.refused) == (texts.pictures.too_small(2000, 200, images.LEAST), True)


async def test_what_else_must_be_asked_comes_after(house: House) -> None:
    configure(house.core, ask_consent=True)
    house.provider.stand_in = False
    await house.store.quotas.amend(Act(id="act", at=house.clock(), actor="x", scope="", verb="limits confirm"),
                                  lambda rule: Rule(confirm=4))  # fmt: skip
    consent = await house.say(await asked(house))
    assert consent.text == texts.consent.ASK
    dear = await house.say(consent.buttons[0].command)
    assert dear.buttons[0].label == texts.credits.yes(5)
    assert await house.used() == 0
    assert (await house.say(dear.buttons[0].command)).job
    assert await house.used() == 5


async def test_it_is_the_askers_and_lapses(house: House) -> None:
    command = await asked(house)
    assert (await house.say(command, user="8")).text == texts.chat.NOT_YOURS
    house.clock.tick(WAIT + 1)
    assert (await house.say(command)).text == texts.credits.PARKED_GONE
    house.clock.tick(WAITS)
    keeping = Retention(house.store, house.media, clock=house.clock, photos=1e9, clips=1e9, platforms=("telegram",))
    await keeping.round()
    assert await house.kept() == []


async def test_only_so_many_wait(house: House) -> None:
    for _ in range(WAITING):
        await asked(house)
    reply = await house.say("one more", attached(LONG))
    assert (reply.text, reply.refused) == (texts.credits.MANY_WAIT, True)
    assert len(await house.kept()) == WAITING


@pytest.mark.parametrize("crop", [False, True])
async def test_a_shell_has_an_option_for_it(house: House, crop: bool) -> None:
    said = Inbound(Address("console", "shell"), "0", "console:1", "pan left", (attached(LONG),))
    reply: Reply = await house.core.handle(replace(said, crop=crop))
    if crop:
        assert reply.job
    else:
        assert (reply.text, reply.refused) == (texts.pictures.TOO_LONG_SHELL, True)
    assert len(await house.kept()) == crop


@pytest.mark.databases
async def test_an_answered_crop_is_not_asked_again_by_a_list(house: House) -> None:
    """The page's list may be read between two of its questions; consent that came with another order starts it, too."""
    house.provider.stand_in = False
    configure(house.core, ask_consent=True)
    command = await asked(house)
    name = command.split()[1]
    here = Inbound(Address("telegram", "chat", "m"), "7", "telegram:list", "")

    async def listed() -> dict[str, str]:
        return {job.id: question.buttons[0].command for job, question in await house.core.waiting(here)}

    assert await listed() == {name: command}
    assert (await house.say(command)).buttons[0].command == f"/agree {name}"
    assert await listed() == {name: f"/agree {name}"}
    stranger = await house.say(command, user="8")
    assert stranger.text == texts.chat.NOT_YOURS
    placed = await house.say(f"/agree {name}")
    assert placed.job == name
    assert await listed() == {}
    assert (await house.finish(await house.job(name))).outcome == "clip"
