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
    machine.Unanswered(1800.0),
]
STATES: tuple[State, ...] = typing.get_args(State)


def in_state(state: State) -> Job:
    """A job that came to `state` the usual way."""
    job = a_job()
    usual = {"submitting": EVENTS[0], "running": EVENTS[2], "delivering": EVENTS[4], "done": EVENTS[9]}
    for reached, event in ({"submitting": EVENTS[0], "asking": EVENTS[-1]} if state == "asking" else usual).items():
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
        ("asking", Refused("failed"), "failed"),
        ("asking", machine.Lost(), "lost"),
        ("running", Refused("failed"), "failed"),
        ("running", machine.Expired(), "expired"),
    ],
)
def test_anything_else_is_given_back(state: State, event: machine.Event, reason: str) -> None:
    job, entry = machine.apply(in_state(state), event, 9.0)
    assert (job.state, job.outcome, job.reason) == ("delivering", "failed", reason)
    assert entry is not None
    assert (entry.kind, entry.held, entry.spent) == ("refund", -5, 0)


def test_an_order_without_an_answer_is_never_sent_again() -> None:
    """From `asking` nothing leads back to where orders are sent from."""
    reached, found = {"asking"}, set[str]()
    while reached != found:
        found = set(reached)
        reached |= {after for (before, _), after in machine.TABLE.items() if before in found}
    assert reached == {"asking", "running", "delivering", "done"}
    assert not machine.allows(in_state("asking"), machine.Cancelled)


def test_an_order_is_rendering_since_the_log_says_so() -> None:
    asking, _ = machine.apply(in_state("submitting"), machine.Unanswered(1800.0, "local"), 60.0)
    assert (asking.host, asking.remote_id, asking.ask_until) == ("local", None, 1800.0)
    asking, entry = machine.apply(asking, machine.Waiting(0, None, True), 70.0, 90.0)
    assert (asking.state, asking.unlogged, entry) == ("asking", True, None)
    job, entry = machine.apply(asking, Accepted("local", "r1", 12.0), 90.0)
    assert (job.state, job.host, job.remote_id, job.accepted_at) == ("running", "local", "r1", 12.0)
    assert (job.unlogged, entry) == (False, None)


@pytest.mark.parametrize("event", [machine.Lost(), Refused("failed")])
def test_where_a_lost_order_was_sent_is_forgotten(event: machine.Event) -> None:
    asking, _ = machine.apply(in_state("submitting"), machine.Unanswered(1800.0, "local"), 60.0)
    job, _ = machine.apply(asking, event, 90.0)
    assert (job.host, job.remote_id) == (None, None)


def test_each_create_has_an_id_of_its_own() -> None:
    job, ids = a_job(), []
    for claim in (1, 2, 3):
        job, _ = machine.apply(replace(job, claims=claim), machine.Started(), 1.0)
        ids.append(job.request_id)
        job, _ = machine.apply(job, machine.PutBack(), 2.0)
    assert ids == ["job1.1", "job1.2", "job1.3"]


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
