"""Telegram's limits under any traffic, in a time that only passes when everybody waits."""

import asyncio
import heapq
import itertools
import logging
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from random import Random
from unittest.mock import AsyncMock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.shared.edit_queue import EditQueue, Place
from adapters.telegram.rate_limit import KEPT, Kind, RateLimiter
from bot.errors import Flood, Gone


@dataclass(frozen=True)
class Sent:
    at: float
    chat: str
    what: str


class World:
    """A clock, sleeps that end when it says so, and all that was sent."""

    def __init__(self, *, off: bool = False) -> None:
        self.now = 1_000.0
        self.sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self.numbers = itertools.count()
        self.sent: list[Sent] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.limiter = RateLimiter(lambda: self.now, sleep=self.sleep, off=off)

    async def sleep(self, seconds: float) -> None:
        end = asyncio.get_running_loop().create_future()
        heapq.heappush(self.sleepers, (self.now + seconds, next(self.numbers), end))
        await end

    async def calm(self) -> None:
        """Until everybody waits."""
        for _ in range(8):
            await asyncio.sleep(0)

    async def passes(self, seconds: float) -> None:
        end = self.now + seconds
        await self.calm()
        while self.sleepers and self.sleepers[0][0] <= end:
            at, _, sleeper = heapq.heappop(self.sleepers)
            if not sleeper.done():
                self.now = max(self.now, at)
                sleeper.set_result(None)
                await self.calm()
        self.now = max(self.now, end)

    def leaps(self, seconds: float) -> None:
        """The clock moves, and no sleep ends."""
        self.now += seconds

    def start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        self.tasks.append(asyncio.create_task(work))
        return self.tasks[-1]

    def say(self, chat: str, kind: Kind, what: str = "") -> asyncio.Task[None]:
        async def speak() -> None:
            await self.limiter.turn(chat, is_group(chat), kind)
            self.sent.append(Sent(self.now, chat, what or kind))

        return self.start(speak())

    def deliver(self, chat: str, key: str, late: float = 0.0) -> asyncio.Task[None]:
        async def job() -> None:
            while wait := self.limiter.book(chat, is_group(chat), key):
                await self.sleep(wait + late)
            self.sent.append(Sent(self.now, chat, key))

        return self.start(job())

    @property
    def what(self) -> list[str]:
        return [sent.what for sent in self.sent]

    def times(self, what: str) -> list[float]:
        return [sent.at - 1_000 for sent in self.sent if sent.what == what]


def is_group(chat: str) -> bool:
    return chat.startswith("-")


def run(story: Callable[[World], Awaitable[None]], *, off: bool = False) -> World:
    async def whole() -> World:
        world = World(off=off)
        await story(world)
        for task in world.tasks:
            task.cancel()
        await asyncio.gather(*world.tasks, return_exceptions=True)
        return world

    return asyncio.run(whole())


def kept(sent: Sequence[Sent]) -> bool:
    """Whether Telegram has nothing to complain of."""

    def at_most(most: int, span: float, times: Sequence[float]) -> bool:
        return all(late >= early + span for early, late in zip(times, times[most:], strict=False))

    chats = {one.chat: [other.at for other in sent if other.chat == one.chat] for one in sent}
    return (
        at_most(30, 1, [one.at for one in sent])
        and all(at_most(1, 1, times) for times in chats.values())
        and all(at_most(20, 60, times) for chat, times in chats.items() if is_group(chat))
    )


chats = st.sampled_from(["-1", "-2", "3", "4"])
many = st.integers(0, 60).map(str)
spendings = st.one_of(
    st.tuples(st.just("reply"), chats | many, st.integers(1, 8)),
    st.tuples(st.just("edit"), chats | many, st.integers(1, 8)),
    st.tuples(st.just("deliver"), chats | many, st.sampled_from([0.0, 0.3, 2.0, 9.0])),
    st.tuples(st.just("crowd"), st.just(""), st.integers(10, 70)),
    st.tuples(st.just("pass"), st.just(""), st.floats(0, 20)),
    st.tuples(st.just("leap"), st.just(""), st.sampled_from([0.5, 61.0, 1e6])),
    st.tuples(st.just("hush"), chats, st.floats(0, 40)),
    st.tuples(st.just("hush all"), st.just(""), st.floats(0, 5)),
    st.tuples(st.just("cancel"), st.just(""), st.integers(0, 1_000)),
)


@settings(max_examples=80)
@given(st.lists(spendings, max_size=40))
def test_no_traffic_breaks_a_rule_and_all_of_it_arrives(plot: list[tuple[str, str, float]]) -> None:
    async def story(world: World) -> None:
        for number, (entry, chat, amount) in enumerate(plot):
            match entry:
                case "reply" | "edit":
                    for _ in range(int(amount)):
                        world.say(chat, "reply" if entry == "reply" else "edit")
                case "deliver":
                    world.deliver(chat, f"clip {number}", late=amount)
                case "crowd":
                    for one in range(int(amount)):
                        world.say(f"crowd {one}", "reply")
                case "pass":
                    await world.passes(amount)
                case "leap":
                    world.leaps(amount)
                case "hush":
                    world.limiter.hush(chat, amount)
                case "hush all":
                    world.limiter.hush(None, amount)
                case "cancel" if world.tasks:
                    world.tasks[int(amount) % len(world.tasks)].cancel()
        await world.passes(3_000)
        assert all(task.done() for task in world.tasks)
        await world.passes(120)
        world.limiter.book("somebody", False, "who looks after the rest")
        assert list(world.limiter._chats) == ["somebody"]  # idle chats are forgotten
        assert not world.limiter._waiting
        assert not world.limiter._soon

    assert kept(run(story).sent)


def test_who_has_waited_for_the_chat_goes_in_order_and_replies_before_edits() -> None:
    async def story(world: World) -> None:
        world.say("3", "reply", "first")
        await world.calm()
        for what in ("edit 1", "edit 2", "reply 1", "reply 2"):
            world.say("3", "edit" if what.startswith("edit") else "reply", what)
        await world.passes(10)

    assert run(story).what == ["first", "reply 1", "reply 2", "edit 1", "edit 2"]


def test_when_all_is_full_deliveries_go_before_replies_before_edits() -> None:
    async def story(world: World) -> None:
        for kind in ("edit", "reply"):
            for one in range(100):
                world.say(f"{kind} {one}", "edit" if kind == "edit" else "reply")
            await world.calm()
        for one in range(100):
            world.deliver(f"clip {one}", "clip")
        await world.passes(20)

    world = run(story)
    assert Counter(world.what) == {"edit": 100, "reply": 100, "clip": 100}
    assert world.what[:30] == ["edit"] * 15 + ["reply"] * 15  # half of the second was spared for who came later
    assert max(world.times("clip")) <= 5
    assert max(world.times("reply")) < min(time for time in world.times("edit") if time)
    assert kept(world.sent)


def test_replies_come_without_end_and_a_delivery_comes_through() -> None:
    async def story(world: World) -> None:
        for second in range(200):
            for _ in range(2):
                world.say("-1", "reply")
            if second in (30, 31, 32):
                world.deliver("-1", f"clip {second}")
            await world.passes(1)

    world = run(story)
    assert [world.times(f"clip {second}") for second in (30, 31, 32)] == [
        [pytest.approx(60, abs=0.1)],
        [pytest.approx(61, abs=0.1)],
        [pytest.approx(62, abs=0.1)],
    ]
    assert kept(world.sent)


def test_a_delivery_waits_for_its_chat_only() -> None:
    async def story(world: World) -> None:
        for _ in range(20):
            world.say("-1", "reply")
        await world.passes(30)
        assert world.limiter.book("-1", True, "clip") == pytest.approx(30, abs=0.01)
        assert world.limiter.book("-2", True, "clip") == 0.0
        assert world.limiter.book("-2", True, "another") == pytest.approx(1, abs=0.01)

    run(story)


def test_a_booking_is_kept_for_its_key() -> None:
    async def story(world: World) -> None:
        limiter = world.limiter
        assert limiter.book("3", False, "a") == 0.0
        wait = limiter.book("3", False, "b")
        assert limiter.book("3", False, "c") == pytest.approx(wait + 1, abs=0.01)
        world.say("3", "reply")
        await world.passes(wait)
        assert limiter.book("3", False, "d") == pytest.approx(2, abs=0.01)
        assert limiter.book("3", False, "b") == 0.0
        assert not world.sent

    run(story)


def test_nobody_jumps_a_delivery_that_is_a_little_late() -> None:
    async def story(world: World) -> None:
        world.limiter.book("3", False, "a")
        world.limiter.book("3", False, "late")
        await world.passes(3)
        assert world.limiter.book("3", False, "newcomer") == pytest.approx(1, abs=0.01)
        assert world.limiter.book("3", False, "late") == 0.0

    run(story)


def test_a_booking_that_nobody_takes_up_lapses() -> None:
    async def story(world: World) -> None:
        world.limiter.book("3", False, "a")
        world.limiter.book("3", False, "b")
        world.say("3", "reply")
        await world.passes(1 + KEPT - 0.1)
        assert not world.sent
        await world.passes(0.2)
        assert world.what == ["reply"]
        assert world.limiter.book("3", False, "b") == pytest.approx(1, abs=0.2)

    run(story)


def test_a_reply_that_is_in_nobodys_way_goes_before_a_booking() -> None:
    async def story(world: World) -> None:
        world.limiter.hush("-1", 10)
        assert world.limiter.book("-1", True, "clip") == pytest.approx(10, abs=0.01)
        world.limiter._chats["-1"].quiet = 0  # the same, without the silence
        world.say("-1", "reply")
        await world.passes(5)
        assert world.times("reply") == [0]

    run(story)


def test_a_burst_of_deliveries_comes_back_one_by_one() -> None:
    calls = Counter[str]()

    async def story(world: World) -> None:
        book = world.limiter.book

        def counted(chat: str, group: bool, key: str) -> float:
            calls[key] += 1
            return book(chat, group, key)

        world.limiter.book = counted
        random = Random(1)
        for one in range(900):
            world.deliver(str(one), f"clip {one}", late=random.uniform(0, 0.2))
        await world.passes(40)

    world = run(story)
    assert len(world.sent) == 900
    assert world.sent[-1].at - 1_000 < 34
    assert calls.total() < 2.1 * 900
    assert max(calls.values()) <= 4
    assert kept(world.sent)


def test_a_burst_of_replies_drains_at_full_speed() -> None:
    async def story(world: World) -> None:
        for one in range(1_000):
            world.say(str(one % 200), "reply")
        await world.passes(40)

    world = run(story)
    assert len(world.sent) == 1_000
    assert 32 <= world.sent[-1].at - 1_000 <= 34
    assert kept(world.sent)


def test_a_busy_group_is_in_nobodys_way() -> None:
    async def story(world: World) -> None:
        for _ in range(500):
            world.say("-1", "reply")
        await world.passes(5)
        world.say("3", "edit", "here")
        await world.calm()

    assert run(story).times("here") == [5]


def test_edits_leave_a_quarter_of_the_minute_to_replies() -> None:
    async def story(world: World) -> None:
        for _ in range(100):
            world.say("-1", "edit")
        await world.passes(30)
        assert len(world.sent) == 15
        world.say("-1", "reply", "answer")
        await world.calm()
        await world.passes(30)

    assert run(story).times("answer") == [30]


def test_a_429_silences_its_chat_alone() -> None:
    async def story(world: World) -> None:
        world.limiter.hush("3", 7)
        world.limiter.hush("3", 2)  # the longer one stands
        world.say("3", "reply", "hushed")
        world.say("4", "reply", "other")
        assert world.limiter.book("3", False, "clip") == pytest.approx(7, abs=0.01)
        assert world.limiter.book("5", False, "clip") == 0.0
        await world.passes(6.9)
        assert world.limiter.book("3", False, "clip") > 0
        await world.passes(0.11)
        assert world.limiter.book("3", False, "clip") == 0.0
        await world.passes(1)

    world = run(story)
    assert world.times("other") == [0]
    assert world.times("hushed") == [pytest.approx(8, abs=0.1)]


def test_a_429_for_all_silences_all() -> None:
    async def story(world: World) -> None:
        world.limiter.hush(None, 3)
        world.say("3", "reply")
        world.say("4", "reply")
        assert world.limiter.book("5", False, "clip") == pytest.approx(3, abs=0.05)
        await world.passes(5)

    assert run(story).times("reply") == [3, 3]


def test_a_429_counts_even_if_nothing_is_limited() -> None:
    async def story(world: World) -> None:
        for _ in range(100):
            world.say("-1", "reply")
        assert not any(world.limiter.book("-1", True, str(key)) for key in range(100))
        await world.calm()
        assert len(world.sent) == 100
        world.limiter.hush("-1", 5)
        world.say("-1", "reply", "hushed")
        await world.passes(6)

    assert run(story, off=True).times("hushed") == [5]


def test_who_is_cancelled_frees_the_place() -> None:
    async def story(world: World) -> None:
        world.limiter.book("3", False, "clip")
        tasks = [world.say("3", "reply", f"reply {n}") for n in range(3)]
        await world.calm()
        tasks[0].cancel()
        await world.passes(1)
        assert world.what == ["reply 1"]
        # Cancelled in the moment in which its turn comes: nothing is sent, and nothing counts.
        await world.passes(0.999)
        world.leaps(0.001)
        world.limiter.hush("4", 0)
        world.limiter._settle()
        tasks[2].cancel()
        await world.calm()
        world.say("3", "reply", "next")
        await world.calm()

    world = run(story)
    assert world.what == ["reply 1", "next"]
    assert world.times("next") == [2]


def test_a_leap_of_the_clock_is_noticed() -> None:
    async def story(world: World) -> None:
        for _ in range(41):
            world.say("-1", "reply")
        await world.passes(20)
        world.leaps(10_000)
        for sleeper in [sleeper for _, _, sleeper in world.sleepers]:
            if not sleeper.done():
                sleeper.set_result(None)  # at most a few seconds later
        world.sleepers.clear()
        await world.calm()
        assert len(world.sent) == 21
        await world.passes(30)

    world = run(story)
    assert len(world.sent) == 40
    assert kept(world.sent)


@pytest.mark.parametrize("known", [False, True])
def test_a_group_takes_all_it_has_to_its_new_name(known: bool) -> None:
    async def story(world: World) -> None:
        for n in range(22):
            world.say("-1", "reply", f"reply {n}")
        await world.passes(30)
        if known:
            world.say("-100", "edit")
            world.say("-100", "reply", "new")
            await world.calm()
        assert world.limiter.book("-1", True, "clip") > 29
        world.limiter.move("-1", "-100")
        world.limiter.move("-7", "-8")  # nobody knows that one
        assert world.limiter.book("-100", True, "clip") > 29
        await world.passes(200)
        assert not world.limiter._waiting

    world = run(story)
    assert [what for what in world.what if what.startswith("reply")] == [f"reply {n}" for n in range(22)]
    assert len(world.sent) == (24 if known else 22)


def test_who_waited_in_a_group_that_moved_can_be_cancelled() -> None:
    async def story(world: World) -> None:
        world.limiter.hush("-1", 10)
        world.limiter.hush("-100", 10)
        task, stays = world.say("-1", "reply", "gone"), world.say("-1", "reply", "stays")
        await world.calm()
        world.limiter.move("-1", "-100")
        task.cancel()
        await world.passes(30)
        assert stays.done()
        assert not world.limiter._waiting

    assert run(story).what == ["stays"]


@pytest.mark.parametrize("spread", [1, 50, 10_000])
def test_ten_thousand_turns_cost_little(spread: int) -> None:
    def steps(turns: int) -> float:
        """Calls per turn, of whatever function."""
        count = 0

        def counted(*args: object) -> None:
            nonlocal count
            count += 1

        async def story(world: World) -> None:
            for n in range(turns):
                world.say(str(n % spread), "reply" if n % 3 else "edit")
            sys.setprofile(counted)
            try:
                await world.calm()  # everybody gets in line
            finally:
                sys.setprofile(None)

        run(story)
        return count / turns

    assert steps(10_000) < 120
    assert steps(10_000) < 1.3 * steps(1_000)


def test_ten_thousand_turns_drain_with_few_awakenings() -> None:
    async def story(world: World) -> None:
        for n in range(10_000):
            world.say(str(n), "reply")
        await world.passes(340)
        assert next(world.numbers) < 1_000

    world = run(story)
    assert len(world.sent) == 10_000
    assert 332 <= world.sent[-1].at - 1_000 <= 336


class Lines:
    """Status lines, and what was sent of them."""

    def __init__(self, world: World, **settings: int) -> None:
        self.world = world
        self.edits: EditQueue[Callable[[], Awaitable[None]]] = EditQueue(self.turn, self.send, **settings)
        self.done: list[str] = []

    async def turn(self, message: Place) -> None:
        await self.world.limiter.turn(message[0], is_group(message[0]), "edit")

    async def send(self, _: Place, edit: Callable[[], Awaitable[None]]) -> bool:
        try:
            await edit()
        except Flood:
            return False
        return True

    def put(self, text: str, message: str = "7", chat: str = "3", takes: float = 0.0) -> None:
        async def edit() -> None:
            if takes:
                await self.world.sleep(takes)
            if text == "refused":
                raise ValueError(text)
            self.done.append(text)

        self.edits.put((chat, message), edit)


def test_only_the_newest_edit_of_a_message_is_sent() -> None:
    async def story(world: World) -> None:
        lines = Lines(world)
        world.limiter.hush("3", 5)
        for n in range(10):
            lines.put(f"a {n}", "7")
            lines.put(f"b {n}", "8")
        await world.passes(10)
        assert lines.done == ["a 9", "b 9"]
        lines.put("later")
        await world.passes(1)
        assert lines.done == ["a 9", "b 9", "later"]
        assert not lines.edits._tasks

    run(story)


def test_an_edit_that_comes_while_one_is_sent_takes_another_turn() -> None:
    async def story(world: World) -> None:
        lines = Lines(world)
        lines.put("one", takes=3)
        await world.passes(1)
        lines.put("two")
        lines.put("three")
        await world.passes(1)
        assert lines.done == []
        await world.passes(2)
        assert lines.done == ["one", "three"]

    run(story)


def test_whoever_must_know_waits_until_an_edit_is_through() -> None:
    async def story(world: World) -> None:
        lines, heard = Lines(world), list[str]()

        async def wait(text: str, error: Exception | None = None, message: str = "7") -> None:
            async def edit() -> None:
                if error:
                    raise errors.pop(0) if errors else error
                lines.done.append(text)

            errors = [Flood(2)] if isinstance(error, Gone) else []
            try:
                await lines.edits.done(("3", message), edit)
                heard.append(text)
            except Gone:
                heard.append(f"{text} is gone")

        world.limiter.hush("3", 5)
        tasks = [asyncio.create_task(wait("one")), asyncio.create_task(wait("two"))]
        tasks.append(asyncio.create_task(wait("three", Gone("x"), "8")))
        await world.passes(4)
        assert heard == []
        await world.passes(8)
        assert lines.done == ["two"], "the newest alone"
        assert heard == ["one", "two", "three is gone"], "a flood is sat out"
        world.limiter.hush("3", 5)
        tasks.append(asyncio.create_task(wait("four")))
        await world.calm()
        await lines.edits.drop(("3", "7"))
        await asyncio.gather(*tasks)
        assert (lines.done, heard[-1]) == (["two"], "four"), "its message goes"

    run(story)


def test_a_dropped_edit_is_not_sent_and_frees_its_turn() -> None:
    async def story(world: World) -> None:
        lines = Lines(world)
        world.limiter.book("3", False, "clip")
        lines.put("old")
        await world.calm()
        await lines.edits.drop(("3", "7"))
        await lines.edits.drop(("3", "8"))
        world.say("3", "reply")
        await world.passes(1)
        assert world.times("reply") == [1]
        assert lines.done == []
        lines.put("not even started")
        await lines.edits.drop(("3", "7"))
        lines.put("a new life")
        await world.passes(1)
        assert lines.done == ["a new life"]

    run(story)


def test_a_removal_comes_after_the_edit_that_is_under_way() -> None:
    async def story(world: World) -> None:
        lines = Lines(world)
        lines.put("under way", takes=3)
        await world.calm()
        lines.put("waits behind it")
        drop = world.start(lines.edits.drop(("3", "7")))
        await world.passes(2)
        assert not drop.done()
        lines.put("too late")
        await world.passes(2)
        assert drop.done()
        await world.passes(10)
        assert lines.done == ["under way"]

    run(story)


def test_a_message_at_its_end_takes_no_edit_until_it_is_reopened() -> None:
    async def story(world: World) -> None:
        lines = Lines(world)
        lines.put("waits")
        await lines.edits.end(("3", "7"))
        lines.put("too late")
        await lines.edits.done(("3", "7"), AsyncMock(side_effect=AssertionError))
        await world.passes(5)
        assert lines.done == []
        lines.edits.reopen(("3", "7"))
        lines.put("again")
        await world.passes(1)
        assert lines.done == ["again"]

    run(story)


@given(st.lists(st.tuples(st.sampled_from(["put", "slow", "drop", "pass"]), st.sampled_from("ab")), max_size=30))
def test_nothing_is_sent_of_a_message_once_it_is_dropped(plot: list[tuple[str, str]]) -> None:
    async def story(world: World) -> None:
        lines, newest = Lines(world), dict[str, str]()
        for n, (entry, message) in enumerate(plot):
            if entry == "drop":
                drop = world.start(lines.edits.drop(("3", message)))
                while not drop.done():
                    await world.passes(1)
                newest.pop(message, None)
                done = len(lines.done)
                await world.passes(9)
                assert not [text for text in lines.done[done:] if text.startswith(message)]
            elif entry == "pass":
                await world.passes(0.7)
            else:
                newest[message] = f"{message} {n}"
                lines.put(newest[message], message, takes=2 if entry == "slow" else 0)
        await world.passes(60)
        for message, text in newest.items():
            assert [line for line in lines.done if line.startswith(message)][-1] == text
        assert not lines.edits._tasks

    run(story)


def test_an_edit_that_fails_is_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story(world: World) -> None:
        lines = Lines(world)
        lines.put("refused")
        await world.passes(1)
        lines.put("fine")
        await world.passes(1)
        assert lines.done == ["fine"]

    run(story)
    assert [record.getMessage() for record in caplog.records] == ["an edit failed: ValueError"]


def test_edits_on_their_way_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story(world: World) -> None:
        lines = Lines(world, most=2)
        for message in ("7", "8", "9", "7"):
            lines.put(f"of {message}", message)
        await world.passes(5)
        assert lines.done == ["of 7", "of 8"]

    run(story)
    assert "an edit was dropped: 2 wait already" in caplog.text


def test_after_close_nothing_is_sent() -> None:
    async def story(world: World) -> None:
        lines = Lines(world)
        lines.put("under way", takes=3)
        lines.put("waits", "8")
        await world.calm()
        await lines.edits.close()
        lines.put("late", "9")
        await world.passes(10)
        await lines.edits.close()
        assert lines.done == []
        assert len(asyncio.all_tasks()) == 1
        assert not world.limiter._waiting

    run(story)
