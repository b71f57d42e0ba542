"""What changes while requests wait for their turn: a 429, a cancellation, the clock, the name of a group."""

import pytest

from tests.adapters.telegram.limited_world import World, kept, run


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
