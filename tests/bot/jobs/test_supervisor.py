"""Platforms side by side: each falls and rises for itself."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import pytest

from bot.errors import ChatError, Misconfigured
from bot.jobs.supervisor import FIRST_PAUSE, LONGEST_PAUSE, STEADY, Supervisor
from tests.clock import Clock


class Platform:
    """Runs until told to end in some way."""

    def __init__(self, name: str, *ends: BaseException | None, lasts: float = 0.0, clock: Clock | None = None) -> None:
        self.name = name
        self.ends = list(ends)
        self.lasts, self.clock = lasts, clock
        self.runs = 0
        self.running = False

    async def run(self) -> None:
        self.runs += 1
        if self.ends:
            if self.clock:
                self.clock.tick(self.lasts)
            end = self.ends.pop(0)
            if end:
                raise end
            return
        self.running = True
        try:
            await asyncio.Event().wait()
        finally:
            self.running = False

    def trouble(self) -> str:
        return ""

    def connections(self) -> Mapping[str, bool]:
        return {}

    async def hook(self, headers: Mapping[str, str], body: Callable[[], Awaitable[bytes]]) -> int:
        return 404


class Pauses(list[float]):
    async def sleep(self, seconds: float) -> None:
        self.append(seconds)
        await asyncio.sleep(0)


async def attended(*platforms: Platform, clock: Clock, pauses: Pauses) -> tuple[Supervisor, asyncio.Task[None]]:
    supervisor = Supervisor(platforms, clock=clock, sleep=pauses.sleep)
    task = asyncio.create_task(supervisor.run())
    for _ in range(100):
        await asyncio.sleep(0)
    return supervisor, task


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "end",
    [RuntimeError("boom"), ChatError("no connection"), asyncio.CancelledError(), None, ExceptionGroup("", [OSError()])],
)
async def test_one_that_breaks_comes_back_and_touches_nobody(end: BaseException | None, clock: Clock) -> None:
    well, ill, pauses = Platform("well"), Platform("ill", end), Pauses()
    supervisor, task = await attended(well, ill, clock=clock, pauses=pauses)
    assert (well.runs, ill.runs) == (1, 2)
    assert well.running
    assert ill.running
    assert pauses == [FIRST_PAUSE]
    assert not any(supervisor.troubles().values())
    await ended(task)
    assert not well.running
    assert not ill.running


async def test_one_that_cannot_be_used_stays_away(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    well, off = Platform("well"), Platform("off", Misconfigured("Set TELEGRAM_TOKEN."))
    supervisor, task = await attended(well, off, clock=clock, pauses=Pauses())
    assert off.runs == 1
    assert well.running
    assert supervisor.troubles() == {"well": "", "off": "it is off: Set TELEGRAM_TOKEN."}
    assert [record.getMessage() for record in caplog.records] == ["off: it is off: Set TELEGRAM_TOKEN."]
    await ended(task)


async def test_all_that_cannot_be_used(clock: Clock) -> None:
    supervisor, task = await attended(Platform("off", Misconfigured("no")), clock=clock, pauses=Pauses())
    await task
    assert supervisor.troubles() == {"off": "it is off: no"}


async def test_the_pause_grows_and_starts_anew_after_a_good_while(clock: Clock) -> None:
    pauses = Pauses()
    ill = Platform("ill", *[OSError()] * 9)
    _, task = await attended(ill, clock=clock, pauses=pauses)
    assert pauses == [5, 10, 20, 40, 80, 160, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    await ended(task)
    pauses.clear()
    steady = Platform("steady", *[OSError()] * 3, lasts=STEADY + 1, clock=clock)
    _, task = await attended(steady, clock=clock, pauses=pauses)
    assert pauses == [FIRST_PAUSE] * 3
    await ended(task)


async def test_trouble_shows_while_it_is_down(clock: Clock) -> None:
    waiting = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await waiting.wait()

    supervisor = Supervisor([Platform("ill", ChatError("no connection"))], clock=clock, sleep=sleep)
    task = asyncio.create_task(supervisor.run())
    await asyncio.sleep(0.01)
    assert supervisor.troubles() == {"ill": "no connection; it is started again soon"}
    waiting.set()
    await asyncio.sleep(0.01)
    assert supervisor.troubles() == {"ill": ""}
    await ended(task)


async def test_nobody_to_attend(clock: Clock) -> None:
    supervisor = Supervisor([], clock=clock)
    await supervisor.run()
    assert supervisor.troubles() == {}
