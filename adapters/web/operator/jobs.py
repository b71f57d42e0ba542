"""The section “Orders”: lists of jobs, and a job with its timeline. People's words are not shown."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from adapters.web.operator import charts
from adapters.web.operator.session import PATH
from bot import catalogue, platforms, texts
from bot.model import Job
from bot.overview import Jobs, Show, Story
from bot.sentence import Sentence

JOBS = f"{PATH}/jobs"
TABS: dict[Show, str] = {"unfinished": "unfinished_tab", "clip": "clip_tab", "failed": "failed_tab"}


def line(job: Job, now: float) -> dict[str, Any]:
    """A job in a list."""
    return {
        "id": job.id,
        "path": f"{JOBS}/{job.id}",
        "kind": job.outcome or job.state,
        "state": texts.overview.state(job.outcome or job.state),
        "facts": texts.overview.facts(
            platforms.of(job.address.platform).label,
            texts.phrases.host(job.host or ""),
            catalogue.row(job.order.model).title,
            job.price,
            now - job.created_at,
        ),
    }


def values(found: Jobs, show: Show | None, find: str, now: float) -> dict[str, Any]:
    """What the template of lists shows."""
    return {
        "tabs": [(texts.overview.LABELS[name], f"{JOBS}?show={tab}", tab == show) for tab, name in TABS.items()],
        "find": find,
        "rows": [line(job, now) for job in found.jobs],
        "more": f"{JOBS}?{urlencode({'show': show or '', 'before': repr(found.more)})}" if found.more else "",
    }


def story(found: Story, now: float) -> dict[str, Any]:
    """What the template of a job shows."""
    job, overview = found.job, texts.overview
    parts = list(_parts(job, now))
    return {
        "job": job,
        "state": overview.state(job.outcome or job.state),
        "kind": job.outcome or job.state,
        "why": texts.jobs.FAILED[job.reason] if job.reason else "",
        "steps": list(_steps(job)),
        "due": overview.moment(job.due_at) if job.state != "done" else "",
        "parts": charts.row([(kind, seconds) for kind, _, seconds in parts]),
        "told_parts": [(kind, overview.part_of_time(name, seconds)) for kind, name, seconds in parts],
        "facts": [(name, said, _path(name, job)) for name, said in _facts(job)],
        "moves": [
            (overview.moment(one.at), overview.move(one.kind, _amount(one.held, one.spent), one.book))
            for one in found.moves
        ],
        "incidents": [(overview.moment(one.at), one.what, one.detail) for one in found.incidents],
        "refundable": job.outcome == "clip",
    }


def _steps(job: Job) -> Iterator[tuple[str, str, str]]:
    """Each step with its time, and how long after the one before it came."""
    said = texts.overview.LABELS
    sent = said["delivered" if job.sent_id is not None else "undelivered"]
    before = job.created_at
    for name, at in (
        (said["ordered"], job.created_at),
        (said["started"], job.started_at),
        (said["accepted"], job.accepted_at),
        (said["made" if job.outcome == "clip" else "given_up"], job.settled_at),
        (sent, job.done_at),
    ):
        if at is not None:
            yield name, texts.overview.moment(at), texts.overview.after(at - before) if at > before else ""
            before = at


def _parts(job: Job, now: float) -> Iterator[tuple[str, Sentence, float]]:
    said = texts.overview.LABELS
    for kind, name, begin, end in (
        ("queue", said["queue_part"], job.created_at, job.started_at or job.settled_at),
        ("render", said["render_part"], job.started_at, job.settled_at),
        ("delivery", said["delivery_part"], job.settled_at, job.done_at),
    ):
        if begin is not None and (end or now) > begin:
            yield kind, name, (end or now) - begin


def _path(name: str, job: Job) -> str:
    """The page about a fact; empty if there is none."""
    said = texts.overview.LABELS
    if name == said["person"]:
        return f"{PATH}/people/{quote(job.person, safe=':')}"
    return f"{PATH}/communities/{quote(job.scope, safe=':')}" if name == said["community"] and job.scope else ""


def _facts(job: Job) -> Iterator[tuple[str, str]]:
    said = texts.overview.LABELS
    yield said["person"], texts.overview.called(job.label, job.person)
    yield said["community"], job.scope or said["private"]
    yield said["platform"], platforms.of(job.address.platform).label
    yield said["model"], catalogue.row(job.order.model).title
    yield said["seconds"], texts.overview.seconds(job.order.seconds)
    yield said["price"], texts.phrases.credits_(job.price)
    if job.host:
        yield said["host"], texts.phrases.host(job.host)
        if job.remote_id:
            yield said["remote"], job.remote_id
    if job.posted:
        yield said["request"], job.request_id
    if job.ask_until:
        yield said["asked_until"], texts.overview.moment(job.ask_until)
    yield said["polls"], texts.overview.number(job.polls)
    if job.tries:
        yield said["tries"], texts.overview.number(job.tries)
    if job.halted:
        yield said["halted"], said["yes"]


def _amount(held: int, spent: int) -> int:
    return abs(held) or abs(spent)
