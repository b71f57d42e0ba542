"""The job machine: its table, its money, and nothing else."""

import typing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Illegal
from bot.jobs import machine
from bot.model import Accepted, Clip, Job, Refused, State
from tests.samples import a_job

EVENTS: list[machine.Event] = [
    machine.Started(),
    machine.PutBack(),
    Accepted("local", "r1"),
    machine.Waiting(),
    machine.Rendered(Clip("c.mp4", 1280, 720, 5.0, 1000)),
    Refused("moderation"),
    machine.Lost(),
    machine.Expired(),
    machine.Cancelled(),
    machine.Sent(),
    machine.Undeliverable(),
    machine.Deferred(1),
    machine.Sending(),
    machine.Returned(),
]
STATES: tuple[State, ...] = typing.get_args(State)


def in_state(state: State) -> Job:
    """A job that came to `state` the usual way."""
    job = a_job()
    for event, reached in zip(
        (EVENTS[0], EVENTS[2], EVENTS[4], EVENTS[9]), ("submitting", "running", "delivering", "done"), strict=True
    ):
        if job.state == state:
            break
        job, _ = machine.apply(job, event, 1.0)
        assert job.state == reached
    return job


def test_every_event_is_in_the_table() -> None:
    assert {type(e) for e in EVENTS} == set(typing.get_args(machine.Event)) == {event for _, event in machine.TABLE}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_what_the_table_does_not_hold_cannot_happen(state: State, event: machine.Event) -> None:
    job = in_state(state)
    if machine.allows(job, type(event)):
        assert machine.apply(job, event, 2.0)[0].state == machine.TABLE[state, type(event)]
    else:
        with pytest.raises(Illegal):
            machine.apply(job, event, 2.0)


def test_a_clip_is_paid_for() -> None:
    job, entry = machine.apply(in_state("running"), machine.Rendered(Clip("c.mp4", 1, 1, 5.0, 1)), 9.0)
    assert (job.outcome, job.reason, job.settled_at) == ("clip", None, 9.0)
    assert entry is not None
    assert (entry.kind, entry.held, entry.spent) == ("capture", -5, 5)


@pytest.mark.parametrize(
    ("state", "event", "reason"),
    [
        ("queued", machine.Cancelled(), "cancelled"),
        ("queued", machine.Expired(), "expired"),
        ("submitting", Refused("moderation"), "moderation"),
        ("submitting", machine.Lost(), "lost"),
        ("running", Refused("failed"), "failed"),
        ("running", machine.Expired(), "expired"),
    ],
)
def test_anything_else_is_given_back(state: State, event: machine.Event, reason: str) -> None:
    job, entry = machine.apply(in_state(state), event, 9.0)
    assert (job.state, job.outcome, job.reason) == ("delivering", "failed", reason)
    assert entry is not None
    assert (entry.kind, entry.held, entry.spent) == ("refund", -5, 0)


def test_a_job_that_finds_no_room_is_given_back_in_the_end() -> None:
    job = in_state("submitting")
    for _ in range(machine.PUT_BACK_LIMIT - 1):
        job, entry = machine.apply(job, machine.PutBack(), 2.0, 32.0)
        assert (job.state, job.due_at, entry) == ("queued", 32.0, None)
        job, _ = machine.apply(job, machine.Started(), 32.0)
    job, entry = machine.apply(job, machine.PutBack(), 2.0)
    assert (job.state, job.reason) == ("delivering", "busy")
    assert entry is not None
    assert entry.kind == "refund"


@given(st.lists(st.sampled_from(EVENTS), max_size=60))
def test_money_settles_once_whatever_happens(events: list[machine.Event]) -> None:
    job = a_job()
    entries = [machine.hold(job)]
    for number, event in enumerate(events):
        try:
            job, entry = machine.apply(job, event, float(number))
        except Illegal:
            continue
        if entry:
            entries.append(entry)
        assert (job.outcome is None) == (job.state not in ("delivering", "done"))
    settled = [e for e in entries if e.kind != "hold"]
    assert len(settled) == (job.outcome is not None)
    assert sum(e.held for e in entries) == (0 if job.outcome else job.price)
    assert sum(e.spent for e in entries) == (job.price if job.outcome == "clip" else 0)


def test_an_illegal_event_changes_nothing() -> None:
    job = in_state("done")
    before = replace(job)
    with pytest.raises(Illegal):
        machine.apply(job, machine.Started(), 3.0)
    assert job == before
