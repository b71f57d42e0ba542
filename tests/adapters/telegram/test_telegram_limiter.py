"""Telegram's limits under any traffic: nothing breaks a rule, everything arrives, in a fair order."""

import sys
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.telegram.rate_limit import KEPT
from tests.adapters.telegram.limited_world import World, kept, run

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

    many = steps(10_000)
    assert many < 120
    assert many < 1.3 * steps(1_000)


def test_ten_thousand_turns_drain_with_few_awakenings() -> None:
    async def story(world: World) -> None:
        for n in range(10_000):
            world.say(str(n), "reply")
        await world.passes(340)
        assert next(world.numbers) < 1_000

    world = run(story)
    assert len(world.sent) == 10_000
    assert 332 <= world.sent[-1].at - 1_000 <= 336
