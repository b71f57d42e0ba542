"""What holds on every platform after an order: clips, crashes, delivery, commands, hearts."""

import asyncio
import threading
from io import BufferedReader
from pathlib import Path
from unittest.mock import patch

import pytest

from bot import platforms, texts
from bot.commands import table
from bot.connections import CONNECTIONS
from bot.conversation import Inbound, Reply
from bot.core import Core
from bot.media.vault import Vault
from tests.adapters.driving import ChatDriver, Driver, Shown, sees, until
from tests.adapters.every.drivers import PLATFORMS
from tests.adapters.every.orders import AGAIN, a_clip, admin, bought, go_on, hold, quiet, settled
from tests.houses import picture


def test_every_platform_is_among_them() -> None:
    """One that can be connected to, and one that the core knows; the shell has no buttons, and tests of its own."""
    chats = {name for name, traits in platforms.PLATFORMS.items() if traits.kind != "operator"}
    assert CONNECTIONS.keys() <= chats <= PLATFORMS.keys()


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


@pytest.mark.parametrize(("said", "prompt"), [("again", "she smiles"), ("Again, but slower", "she smiles, slower")])
async def test_again_in_reply_to_a_clip_is_made_of_its_photo(chat: ChatDriver, said: str, prompt: str) -> None:
    first = await a_clip(chat)
    await chat.say(said, to=first)
    await until(lambda: bought(chat) == 2)
    await settled(chat)
    assert chat.house.provider.orders[1].prompt == prompt
    await chat.say("delete it", to=first)
    await sees(chat, texts.chat.DELETE_WHAT)


@pytest.mark.parametrize("said", ["ok", "No, thanks!", "👍", "lol", "so cool 😍", "42"])
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


async def test_no_file_is_opened_in_the_event_loop(chat: ChatDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip is decrypted when it is opened, and nobody is answered meanwhile."""
    real, threads = Vault.open, list[threading.Thread]()

    def watched(vault: Vault, path: Path) -> BufferedReader:
        threads.append(threading.current_thread())
        return real(vault, path)

    monkeypatch.setattr(Vault, "open", watched)
    await chat.say("she smiles", picture())
    await sees(chat, "she smiles", clip=True)
    assert threads
    assert threading.current_thread() not in threads


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
