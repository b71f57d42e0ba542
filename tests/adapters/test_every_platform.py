"""What holds on every platform, through the door that its people use. A new platform adds its driver to `PLATFORMS`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from adapters.shared import lanes
from adapters.web import event_stream
from bot import platforms, texts
from bot.catalogue import DEFAULT
from bot.commands import table
from bot.connections import CONNECTIONS
from bot.conversation import Inbound, Reply
from bot.core import Core
from bot.model import Address
from bot.quotas.pricing import Policy
from tests.adapters.discord.discord_driver import discord
from tests.adapters.driving import ChatDriver, Driver, Shown, sees, until
from tests.adapters.lines.lines_driver import lines
from tests.adapters.telegram.telegram_driver import telegram
from tests.adapters.web.web_driver import web
from tests.houses import configure, picture
from tests.samples import BEST, LOUD, OFFERS

PLATFORMS: dict[str, Callable[..., Any]] = {"telegram": telegram, "discord": discord, "web": web, "lines": lines}
AGAIN = texts.chat.again(5)


def test_every_platform_is_among_them() -> None:
    """One that can be connected to, and one that the core knows; the shell has no buttons, and tests of its own."""
    chats = {name for name, traits in platforms.PLATFORMS.items() if traits.kind != "operator"}
    assert CONNECTIONS.keys() <= chats <= PLATFORMS.keys()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are short."""
    monkeypatch.setattr(event_stream, "BUSY", 0.02)
    monkeypatch.setattr(event_stream, "CALM", 0.02)
    monkeypatch.setattr(event_stream, "TICK", 0.05)
    monkeypatch.setattr(lanes, "GRACE", 0.05)


@pytest.fixture(params=PLATFORMS)
async def driver(
    request: pytest.FixtureRequest, quick: None, tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> AsyncIterator[Driver]:
    async with PLATFORMS[request.param](tmp_path, large_clip, new_id) as made:
        yield made


@pytest.fixture(params=[name for name in PLATFORMS if name != "web"])
async def chat(
    request: pytest.FixtureRequest, quick: None, tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> AsyncIterator[ChatDriver]:
    """Only where the bot writes to people."""
    async with PLATFORMS[request.param](tmp_path, large_clip, new_id) as made:
        yield made


def hold(driver: Driver) -> None:
    """Nothing leaves the queue."""
    driver.house.worker.only = "nobody"


def go_on(driver: Driver) -> None:
    driver.house.worker.only = None
    driver.house.worker.poke()


def bought(driver: Driver) -> int:
    return len(driver.house.provider.orders)


async def a_clip(driver: Driver, words: str = "she smiles") -> Shown:
    """The clip of an order, once all of it is done."""
    await driver.say(words, picture())
    shown = await sees(driver, words, clip=True)
    await settled(driver)
    return shown


async def settled(driver: Driver) -> None:
    """Until no job is under way."""

    async def idle() -> bool:
        states = (await driver.house.store.health(0.0)).states
        return not sum(count for state, count in states.items() if state != "done")

    await until(idle)


async def quiet(driver: Driver) -> None:
    """Until all that the person said is worked off: what is said now is answered last."""
    before = sum("credits left today" in shown.words for shown in driver.shown())
    await driver.say("/quota")
    await until(lambda: sum("credits left today" in shown.words for shown in driver.shown()) > before)


# ── Orders ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_photo_with_words_is_confirmed_and_becomes_a_clip_in_its_place(driver: Driver) -> None:
    hold(driver)
    said = await driver.say("she smiles", picture())
    status = await sees(driver, "she smiles", label=texts.jobs.CANCEL)
    assert not status.clip
    go_on(driver)
    clip = await sees(driver, "she smiles", clip=True)
    assert driver.is_reply(clip, said)
    assert AGAIN in clip.buttons
    await settled(driver)
    assert bought(driver) == 1
    # The status line goes.
    await until(lambda: sum("she smiles" in shown.words for shown in driver.shown()) == 1)


async def test_words_alone_are_answered_with_how_to_send_a_photo(driver: Driver) -> None:
    await driver.say("she smiles")
    await sees(driver, "photo")
    assert not bought(driver)


async def test_a_photo_alone_is_asked_about(driver: Driver) -> None:
    await driver.say("", picture())
    await sees(driver, texts.chat.NO_WORDS)
    assert not bought(driver)
    if driver.chats:  # the page keeps the photo in the form
        await driver.say("she smiles")
        await sees(driver, "she smiles", clip=True)


@pytest.mark.parametrize("said", ["yes", "thanks!"])
async def test_a_photo_with_a_mere_yes_or_thanks_is_asked_about(driver: Driver, said: str) -> None:
    await driver.say(said, picture())
    await sees(driver, texts.chat.NO_WORDS)
    if driver.chats:  # as above
        await driver.say("she smiles")
    else:
        await driver.say("she smiles", picture())
    await sees(driver, "she smiles", clip=True)
    await settled(driver)
    assert [order.prompt for order in driver.house.provider.orders] == ["she smiles"]


async def test_an_unknown_option_is_refused(driver: Driver) -> None:
    await driver.say("she smiles --lighting 3", picture())
    await sees(driver, "--lighting")
    assert not await driver.house.kept()
    assert not bought(driver)
    if driver.chats:  # as above
        await driver.say("she smiles --10s")
        await sees(driver, "she smiles", clip=True)
        assert driver.house.provider.orders[-1].seconds == 10


async def test_the_same_message_twice_buys_once(driver: Driver) -> None:
    hold(driver)
    said = await driver.say("she smiles", picture())
    await sees(driver, "she smiles", label=texts.jobs.CANCEL)
    await driver.again(said)
    await quiet(driver)
    go_on(driver)
    await sees(driver, "she smiles", clip=True)
    await settled(driver)
    assert bought(driver) == 1
    assert sum(shown.clip for shown in driver.shown()) == 1


# ── Models ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def choosing(driver: Driver) -> Driver:
    """There are models to choose from."""
    configure(driver.house.core, offers=OFFERS, policy=Policy(1000))
    return driver


def label(shown: Shown, part: str) -> str:
    return next(one for one in shown.buttons if part in one)


async def test_a_caption_names_another_model(choosing: Driver) -> None:
    await choosing.say("she sings --model with sound", picture())
    await sees(choosing, "she sings", clip=True)
    await settled(choosing)
    (order,) = choosing.house.provider.orders
    assert (order.model, order.sound, order.prompt) == (LOUD.id, True, "she sings")


async def test_what_a_model_cannot_is_refused_and_costs_nothing(choosing: Driver) -> None:
    await choosing.say("she sings --model veo 3.1 --10s", picture())
    await sees(choosing, "Clips of Veo 3.1 have 4, 6 or 8 seconds, not 10.")
    await choosing.say("she sings --model quick --sound on", picture())
    await sees(
        choosing,
        "Kling 1 Standard makes clips without sound. Please order one without. "
        "Kling 2.6 Pro can do all you asked for: --model sound",
    )
    assert not await choosing.house.kept()
    assert not bought(choosing)


async def test_with_sound_is_picked_with_its_price_by_a_tap(choosing: Driver) -> None:
    driver = choosing
    await driver.say("/model")
    shown = await sees(driver, "With sound (Kling 2.6 Pro) · 13 credits for 5 s")
    await driver.tap(shown, label(shown, "With sound · 13 credits"))
    await sees(driver, "From now on your clips are made by With sound (Kling 2.6 Pro) · 13 credits for 5 s")
    await driver.say("she sings", picture())
    await sees(driver, "she sings", clip=True)
    await settled(driver)
    (order,) = driver.house.provider.orders
    assert (order.model, order.sound) == (LOUD.id, True)


async def test_a_clip_is_made_again_with_another_model(choosing: Driver) -> None:
    driver = choosing
    clip = await a_clip(driver)
    await driver.tap(clip, texts.models.AGAIN_WITH)
    shown = await sees(driver, "made by another model:")
    assert "Best (Kling 3.0 Pro) · 20 credits for 5 s" in shown.words
    await driver.tap(shown, label(shown, "Best · 20 credits"))
    await until(lambda: bought(driver) == 2)
    await settled(driver)
    assert [(order.model, order.prompt) for order in driver.house.provider.orders] == [
        (DEFAULT.id, "she smiles"),
        (BEST.id, "she smiles"),
    ]
    await until(lambda: sum(shown.clip for shown in driver.shown()) == 2)


async def test_a_community_has_the_models_that_its_admins_allow(chat: ChatDriver) -> None:
    configure(chat.house.core, offers=OFFERS, policy=Policy(1000), owners=frozenset({"lines:ann"}))  # no admins there
    await chat.gather()
    await chat.say("/limits models quick, with sound")
    await sees(chat, "Clips may be made by Quick and With sound.")
    await chat.say("she smiles --model best", picture())
    best = texts.models.title("best", BEST.title)
    await sees(chat, texts.models.forbidden(best, [texts.models.WORDS["quick"], texts.models.WORDS["sound"]]))
    await chat.say("she sings --model sound", picture())
    await sees(chat, "she sings", clip=True)
    await settled(chat)
    assert [order.model for order in chat.house.provider.orders] == [LOUD.id]


# ── Questions ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def asking(driver: Driver) -> Driver:
    """Photos leave this machine, so people are asked first."""
    driver.house.provider.stand_in = False
    configure(driver.house.core, ask_consent=True)
    return driver


@pytest.mark.parametrize("written", [False, True], ids=["tapped", "written"])
async def test_a_question_is_answered_by_a_tap_or_in_writing(asking: Driver, written: bool) -> None:
    driver = asking
    said = await driver.say("she smiles", picture())
    question = await sees(driver, texts.consent.ASK, label=texts.consent.AGREE)
    assert not bought(driver)
    if written:
        await driver.say("Yes!")
    else:
        await driver.tap(question, texts.consent.AGREE)
    clip = await sees(driver, "she smiles", clip=True)
    assert not driver.chats or driver.is_reply(clip, said), "it answers the photo, not the question"
    await settled(driver)
    assert bought(driver) == 1
    await until(lambda: not any(texts.consent.AGREE in shown.buttons for shown in driver.shown()))


@pytest.mark.parametrize("written", [False, True], ids=["tapped", "written"])
async def test_one_yes_starts_all_that_wait_for_it(asking: Driver, written: bool) -> None:
    driver = asking
    said = [await driver.say(words, picture()) for words in ("she smiles", "he waves")]
    await sees(driver, texts.consent.ASK_TOO, label=texts.consent.AGREE)
    if written:
        await driver.say("yes")
    else:
        await driver.tap(await sees(driver, texts.consent.ASK), texts.consent.AGREE)
    for words, one in zip(("she smiles", "he waves"), said, strict=True):
        clip = await sees(driver, words, clip=True)
        assert not driver.chats or driver.is_reply(clip, one)
    await settled(driver)
    assert bought(driver) == 2
    if driver.chats:
        await until(lambda: all(shown.clip or not shown.words for shown in driver.shown()))  # a toast has none


async def test_a_written_no_takes_back_the_latest(asking: Driver) -> None:
    driver = asking
    await driver.say("she smiles", picture())
    await sees(driver, texts.consent.ASK, label=texts.consent.AGREE)
    await driver.say("he waves", picture())
    await sees(driver, texts.consent.ASK_TOO, label=texts.consent.AGREE)
    await driver.say("No, thanks.")
    await sees(driver, texts.credits.DROPPED)
    await driver.say("yes")
    await sees(driver, "she smiles", clip=True)
    await settled(driver)
    assert [order.prompt for order in driver.house.provider.orders] == ["she smiles"]


async def test_a_question_in_a_community_is_answered_by_writing_to_the_bot(chat: ChatDriver) -> None:
    await chat.gather()
    await chat.say("", picture())
    await sees(chat, texts.chat.NO_WORDS)
    await chat.say("she smiles")
    await sees(chat, "she smiles", clip=True)
    await settled(chat)
    await chat.say("he frowns")  # one question has one answer
    await until(lambda: len([one for one in chat.shown() if "photo" in one.words or "picture" in one.words]) > 1)
    assert [order.prompt for order in chat.house.provider.orders] == ["she smiles"]


async def test_nobody_else_answers_a_question(chat: ChatDriver) -> None:
    """Their words would be an order of theirs, with somebody's photo that they have only seen asked about."""
    await chat.gather()
    await chat.say("", picture())
    question = await sees(chat, texts.chat.NO_WORDS)
    hold(chat)
    chat.interject("he frowns", question)
    await chat.say("she smiles", to=question)
    await sees(chat, "she smiles", label=texts.jobs.CANCEL)
    go_on(chat)
    await settled(chat)
    assert [order.prompt for order in chat.house.provider.orders] == ["she smiles"]


async def test_an_answer_tapped_twice_buys_once(asking: Driver) -> None:
    driver = asking
    await driver.say("she smiles", picture())
    question = await sees(driver, label=texts.consent.AGREE)
    await driver.tap(question, texts.consent.AGREE)
    await driver.tap(question, texts.consent.AGREE)
    await sees(driver, "she smiles", clip=True)
    await quiet(driver)
    await settled(driver)
    assert bought(driver) == 1
    assert sum(shown.clip for shown in driver.shown()) == 1


@pytest.mark.parametrize("written", [False, True], ids=["tapped", "written"])
async def test_a_panorama_is_asked_about(driver: Driver, written: bool) -> None:
    async def answer(label: str) -> None:
        question = await sees(driver, texts.pictures.TOO_LONG, label=texts.pictures.CROP)
        assert not bought(driver)
        await (driver.say(label) if written else driver.tap(question, label))

    await driver.say("she smiles", picture(1600, 400))
    await answer(texts.credits.NO)
    await sees(driver, texts.credits.DROPPED)
    await until(lambda: not any(texts.pictures.CROP in shown.buttons for shown in driver.shown()))
    await driver.say("she turns", picture(1600, 400))
    await answer(texts.pictures.CROP)
    await sees(driver, "she turns", clip=True)
    await settled(driver)
    assert bought(driver) == 1


@pytest.mark.parametrize("written", [False, True], ids=["tapped", "written"])
async def test_a_price_above_the_communitys_limit_is_asked_about(chat: ChatDriver, written: bool) -> None:
    town = await chat.gather()
    assert not (await admin(chat, town, "/limits confirm 3")).refused
    await chat.say("she smiles", picture())
    question = await sees(chat, label=texts.credits.yes(5))
    assert not bought(chat)
    await (chat.say(texts.credits.yes(5)) if written else chat.tap(question, texts.credits.yes(5)))
    await sees(chat, "she smiles", clip=True)
    await settled(chat)
    assert bought(chat) == 1


# ── After the order ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("written", [False, True], ids=["tapped", "written"])
async def test_what_waits_in_the_queue_is_cancelled_and_costs_nothing(driver: Driver, written: bool) -> None:
    hold(driver)
    await driver.say("she smiles", picture())
    status = await sees(driver, "she smiles", label=texts.jobs.CANCEL)
    if written:
        await driver.say("/cancel")
    else:
        await driver.tap(status, texts.jobs.CANCEL)
    await sees(driver, texts.jobs.CANCELLED)
    go_on(driver)
    await settled(driver)
    await driver.say("/quota")
    await sees(driver, "You have 30 credits left today")
    assert not bought(driver)


async def test_again_makes_another_clip_of_the_same_photo(driver: Driver) -> None:
    first = await a_clip(driver)
    await driver.tap(first, AGAIN)
    await until(lambda: sum(shown.clip for shown in driver.shown()) == 2)
    await settled(driver)
    one, other = driver.house.provider.orders
    assert (one.prompt, one.seconds) == (other.prompt, other.seconds)


async def test_a_slip_of_the_finger_buys_once(chat: ChatDriver) -> None:
    """The page locks its form instead while a command is under way."""
    first = await a_clip(chat)
    hold(chat)
    await chat.tap(first, AGAIN)
    await chat.tap(first, AGAIN)
    await sees(chat, "she smiles", label=texts.jobs.CANCEL)
    await quiet(chat)
    go_on(chat)
    await until(lambda: sum(shown.clip for shown in chat.shown()) == 2)
    await settled(chat)
    assert bought(chat) == 2


@pytest.mark.parametrize("together", [False, True], ids=["in private", "in a community"])
async def test_words_in_reply_to_ones_own_clip_continue_it(chat: ChatDriver, together: bool) -> None:
    if together:
        await chat.gather()
    first = await a_clip(chat)
    job = first.buttons[AGAIN].split()[1]
    await chat.say("and turns", to=first)
    await sees(chat, "and turns", clip=True)
    await settled(chat)
    person = (await chat.house.job(job)).person
    assert [one.follows for one in await chat.house.store.jobs(person, 10)] == [job, None]


@pytest.mark.parametrize("said", ["ok", "No, thanks!", "👍", "lol", "so cool 😍"])
async def test_a_yes_thanks_or_praise_to_a_clip_is_no_order(driver: Driver, said: str) -> None:
    first = await a_clip(driver)
    job = first.buttons[AGAIN].split()[1]
    ways: list[tuple[str, Shown | None]] = [(f"/continue {job} {said}", None), (f"/again {job} {said}", None)]
    if driver.chats:
        ways.append((said, first))
    for told, (words, to) in enumerate(ways, 1):
        await driver.say(words, to=to)
        await until(lambda told=told: sum(texts.chat.ONLY_TALK in one.words for one in driver.shown()) == told)
    await settled(driver)
    assert bought(driver) == 1


# ── Crashes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("done", [False, True], ids=["before it was done", "before it was told"])
async def test_what_a_crash_cut_off_is_done_once_all_the_same(driver: Driver, done: bool) -> None:
    real, reached = Core.handle, asyncio.Event()

    async def killed(core: Core, inbound: Inbound) -> Reply:
        if done:
            await real(core, inbound)
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    hold(driver)
    with patch.object(Core, "handle", killed):
        await driver.say("she smiles", picture())
        await asyncio.wait_for(reached.wait(), 60)
        await driver.kill()
    await driver.start()
    await sees(driver, "she smiles", label=texts.jobs.CANCEL)
    go_on(driver)
    await sees(driver, "she smiles", clip=True)
    await settled(driver)
    assert bought(driver) == 1
    assert sum(shown.clip for shown in driver.shown()) == 1


async def test_a_mistake_of_ours_is_told_and_ends_nothing(chat: ChatDriver) -> None:
    async def breaks(core: Core, inbound: Inbound) -> Reply:
        raise RuntimeError("a bug")

    with patch.object(Core, "handle", breaks):
        await chat.say("she smiles", picture())
        await sees(chat, texts.chat.BROKE)
    await a_clip(chat)


# ── Delivery ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_flood_puts_a_clip_off(chat: ChatDriver) -> None:
    hold(chat)
    await chat.say("she smiles", picture())
    await sees(chat, label=texts.jobs.CANCEL)
    chat.flood()
    go_on(chat)
    await sees(chat, "she smiles", clip=True)
    await settled(chat)
    assert bought(chat) == 1
    assert sum(shown.clip for shown in chat.shown()) == 1


async def test_a_chat_that_is_gone_ends_the_delivery_and_the_clip_is_kept(chat: ChatDriver) -> None:
    hold(chat)
    await chat.say("she smiles", picture())
    status = await sees(chat, label=texts.jobs.CANCEL)
    job_id = status.buttons[texts.jobs.CANCEL].split()[1]
    chat.gone()
    go_on(chat)
    await settled(chat)
    job = await chat.house.job(job_id)
    assert (job.outcome, job.sent_id) == ("clip", None)
    assert bought(chat) == 1
    await chat.say(f"/clip {job_id}")  # the person is back
    await sees(chat, clip=True)
    assert bought(chat) == 1


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_help_privacy_quota_and_jobs_answer(driver: Driver) -> None:
    await driver.say("/help")
    said = await sees(driver, table.TABLE["quota"].help)
    assert ("/jobs" in said.words) == driver.chats, "the page has a menu"
    await driver.say("/privacy")
    await sees(driver, "What is kept: your photos")
    await driver.say("/quota")
    await sees(driver, "You have 30 credits left today")
    await driver.say("/jobs")
    await sees(driver, texts.chat.NO_JOBS)
    await a_clip(driver)
    await driver.say("/jobs")
    await sees(driver, "she smiles")


async def test_an_unknown_command_is_named(driver: Driver) -> None:
    await driver.say("/waltzing")
    await sees(driver, "I don't know /waltzing.")


@pytest.mark.parametrize("written", [False, True], ids=["tapped", "written"])
async def test_forgetme_asks_first_and_then_removes_all(driver: Driver, written: bool) -> None:
    clip = await a_clip(driver)
    job = clip.buttons[AGAIN].split()[1]
    await driver.say("/forgetme")
    question = await sees(driver, label=texts.privacy.FORGET)
    assert await driver.house.kept()
    if written:
        await driver.say("no")
        await sees(driver, texts.privacy.KEPT)
        assert await driver.house.kept()
        await driver.say("/forgetme")
        await sees(driver, label=texts.privacy.FORGET)
        await driver.say("Yes, please")
    else:
        await driver.tap(question, texts.privacy.FORGET)

    async def gone() -> bool:
        found = await driver.house.store.job(job)
        return not await driver.house.kept() and (found is None or not found.order.prompt)

    await until(gone)


async def test_a_clip_is_deleted_by_a_written_yes(driver: Driver) -> None:
    clip = await a_clip(driver)
    job = clip.buttons[AGAIN].split()[1]
    await driver.say(f"/delete {job}")
    await sees(driver, label=texts.chat.DELETE)
    await driver.say("No!")
    await sees(driver, texts.chat.KEPT)
    assert await driver.house.kept()
    await driver.say(f"/delete {job}")
    await sees(driver, label=texts.chat.DELETE)
    await driver.say("yes")
    await sees(driver, texts.chat.DELETED)
    assert not await driver.house.kept()


async def test_a_yes_after_another_clip_removes_nothing(chat: ChatDriver) -> None:
    """What is written then is about that clip. The page knows what its person sees."""
    await a_clip(chat)
    await chat.say("/forgetme")
    await sees(chat, label=texts.privacy.FORGET)
    await a_clip(chat, "she turns")
    await chat.say("ok")
    await quiet(chat)
    assert await chat.house.kept()


# ── Hearts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_heart_under_a_shared_clip_counts_until_it_is_taken_back(chat: ChatDriver) -> None:
    town = await chat.gather()
    assert not (await admin(chat, town, "/gallery here")).refused
    clip = await a_clip(chat)
    job = await chat.house.job(clip.buttons[AGAIN].split()[1])
    reply = await chat.house.core.handle(
        Inbound(town[0], job.person.partition(":")[2], "share", f"/share {job.id} name words", scope=job.scope)
    )
    assert not reply.refused, reply.text
    store = chat.house.store.gallery

    async def posted() -> bool:
        return bool((await store.of_job(job.id))[0].place.message)

    await until(posted)
    (share,) = await store.of_job(job.id)

    async def hearts() -> int:
        found = await store.share(share.id)
        assert found
        return found.hearts

    async def none() -> bool:
        return await hearts() == 0

    async def one() -> bool:
        return await hearts() == 1

    await chat.react(share.place.message, "💔")
    await chat.react(share.place.message, "💔", "❤")
    await until(one)
    await sees(chat, label=texts.sharing.heart(1))
    await chat.react(share.place.message)
    await until(none)
    await sees(chat, label=texts.sharing.heart(0))


async def admin(driver: Driver, town: tuple[Address, str], text: str) -> Reply:
    """An admin of the community says something there."""

    async def yes() -> bool:
        return True

    place, scope = town
    return await driver.house.core.handle(Inbound(place, "1", f"admin:{text}", text, scope=scope, administers=yes))
