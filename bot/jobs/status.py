"""A job in words: its status line, its result, its line in a list."""

from bisect import bisect
from collections.abc import Sequence
from itertools import pairwise

from bot import catalogue, texts
from bot.conversation import Button, Reply, ShownClip
from bot.jobs.machine import Cancelled, allows
from bot.jobs.polling import Rhythm
from bot.model import Job, Order
from bot.quotas.rules import span_of
from bot.sentence import EMPTY, Sentence, join, lines, verbatim

STEPS = (5.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1200.0, 1800.0, 2700.0, 3600.0, 5400.0)
"""Seconds that a status line says are left; more are said as they are."""
_BETWEEN = tuple((low + high) / 2 for low, high in pairwise(STEPS))


def line(
    job: Job,
    rhythm: Rhythm,
    now: float,
    *,
    ahead: int = 0,
    slots: int = 1,
    paused: bool = False,
    stand_in: bool = False,
) -> Reply:
    """The status line of an unfinished job; `ahead`: jobs before it in the queue, `slots`: renders at once.

    `paused`: the operator has paused purchases.
    """
    head = lines(understood(job.order), price(job))
    note = texts.jobs.STAND_IN if stand_in else EMPTY
    buttons = (Button(texts.jobs.CANCEL, f"/cancel {job.id}"),) if allows(job, Cancelled) else ()
    wait = None if paused and job.state == "queued" else _wait(job, rhythm, now, ahead // slots)
    ready_at = None if wait is None else now + wait
    undated = lines(head, texts.jobs.place(ahead) if job.state == "queued" else texts.jobs.RENDERING, note)
    text = lines(head, state(job, rhythm, now, ahead=ahead, slots=slots, paused=paused), note)
    return Reply(text, buttons, job=job.id, ready_at=ready_at, undated=undated if ready_at else EMPTY)


def price(job: Job) -> Sentence:
    """The price, and the balance after it."""
    return texts.jobs.price(job.price, job.credits_left, span_of(job.spent_from), job.credits_extra)


def _wait(job: Job, rhythm: Rhythm, now: float, rounds: int = 0) -> float | None:
    """Estimated seconds until the clip is ready, after `rounds` of other clips; None if unknown."""
    if job.state == "queued" and not job.waits and not job.halted:
        return rounds * rhythm.usual + (rhythm.left(0) or rhythm.usual)
    if job.state == "running" and not _stuck(job):
        return rhythm.left(now - (job.accepted_at or now))
    return None


def _stuck(job: Job) -> bool:
    """Whether polls keep failing; a single failure is not shown."""
    return job.state == "running" and job.waits is not None and job.tries > 1


def stage(job: Job, rhythm: Rhythm, now: float) -> tuple[str | None, float | None]:
    """What the line of a running job depends on: while this is the same, so is the line."""
    wait = _wait(job, rhythm, now)
    return job.waits if _stuck(job) else None, None if wait is None else _rounded(wait)


def _rounded(wait: float) -> float:
    """Seconds left, in few steps: each is an edit, and only the last minutes are watched."""
    return STEPS[bisect(_BETWEEN, wait)] if wait < STEPS[-1] else wait


def state(job: Job, rhythm: Rhythm, now: float, *, ahead: int = 0, slots: int = 1, paused: bool = False) -> Sentence:
    """The job's state in a few words."""
    wait = _wait(job, rhythm, now, ahead // slots)
    match job.state:
        case "queued" | "submitting" if job.halted:
            return texts.jobs.HALTED
        case "queued" if paused:
            return texts.jobs.PAUSED
        case "queued":
            if job.waits:
                return texts.jobs.waiting_again(job.waits, texts.phrases.about(max(job.due_at - now, 0.0)))
            return texts.jobs.queued(ahead, texts.phrases.about(wait or 0.0))
        case "submitting":
            return texts.jobs.SENDING
        case "asking":
            return texts.jobs.asking(texts.phrases.about(_rounded(max((job.ask_until or now) - now, 0.0))))
        case "running":
            if job.waits and _stuck(job):
                return texts.jobs.looking_again(job.waits)
            return texts.jobs.LONGER if wait is None else texts.jobs.rendering(texts.phrases.about(_rounded(wait)))
        case "delivering" | "done":
            if job.reason:
                return texts.jobs.failed(job.reason, job.price)
            return texts.jobs.RENDERED if job.state == "delivering" else texts.jobs.DONE


def result(
    job: Job, shown: ShownClip | None, *, stand_in: bool = False, share: bool = False, others: bool = False
) -> Reply:
    """The result of a job: the clip, or the reason for the failure, which was free.

    `stand_in`: mention that the stand-in made it; `share`: offer a gallery; `others`: offer other models.
    """
    again = Button(texts.chat.again(job.price), f"/again {job.id}")
    words = Button(texts.chat.NEW_WORDS, f"/words {job.id}")
    other = [Button(texts.models.AGAIN_WITH, f"/with {job.id}")] if others else []
    if shown is None:
        text = lines(understood(job.order), texts.jobs.failed(job.reason or "failed", job.price))
        return Reply(text, (again, words, *other), job=job.id)
    made_by = join(" · ", [texts.jobs.MADE_BY_AI, texts.jobs.STAND_IN if stand_in else EMPTY])
    buttons = [again, words, *other, Button(texts.chat.CONTINUE, f"/next {job.id}")]
    if job.follows:
        buttons.append(Button(texts.chat.JOIN, f"/join {job.id}"))
    if share:
        buttons.append(Button(texts.sharing.SHARE, f"/share {job.id}"))
    # Without the maker's name: this message stays with the remixer, and the maker may unshare.
    after = texts.sharing.remix_of("") if job.remix_of else EMPTY
    return Reply(lines(understood(job.order), after, made_by), tuple(buttons), clip=shown, job=job.id)


def unsure(job: Job) -> Reply:
    """Sent when an upload was not confirmed by the platform."""
    again = Button(texts.chat.SEND_AGAIN, f"/clip {job.id}")
    return Reply(lines(understood(job.order), texts.chat.UNSURE), (again,), job=job.id)


def elsewhere(job: Job) -> Reply:
    """Sent elsewhere when the job's own chat is closed. Without the prompt: this message is not recorded."""
    return Reply(texts.chat.CLIP_ELSEWHERE, (Button(texts.chat.SEND_AGAIN, f"/clip {job.id}"),))


def listing(jobs: Sequence[Job], now: float) -> Reply:
    """A person's jobs, one per line, with buttons to resend clips."""
    said = [
        texts.jobs.job_line(
            number,
            job.id,
            "cancelled" if job.reason == "cancelled" else job.outcome or job.state,
            job.order.prompt,
            job.order.seconds,
            job.price,
            now - job.created_at,
            texts.sharing.remix_of(job.remix_after) if job.remix_of else EMPTY,
            _by(job.order),
        )
        for number, job in enumerate(jobs, 1)
    ]
    numbered = [Button(texts.jobs.clip_number(n), f"/clip {job.id}") for n, job in enumerate(jobs, 1)]
    buttons = [button for button, job in zip(numbered, jobs, strict=True) if job.clip]
    if any(job.state == "done" for job in jobs):
        buttons.append(Button(texts.chat.DELETE_ONE, "/delete"))
    return Reply(lines(*said), tuple(buttons), repeats=tuple(job.id for job in jobs), lines=tuple(numbered))


def stays(order: Order, *, alike: bool = False) -> Sentence:
    """The options inherited from this order, to be said below a question; `alike`: its other pictures, too."""
    chosen = options(order) if alike else texts.jobs.options(order.seconds, order.negative, order.cfg, _by(order))
    preset = catalogue.row(order.model, order.version).preset
    if chosen == texts.jobs.options(preset, "", None, []):
        return EMPTY
    others = {
        f"--duration {preset}": order.seconds != preset,
        "--no nothing": order.negative,
        "--cfg 0.5": order.cfg is not None,
        "--sound off": order.sound,
    }
    return texts.chat.stays(chosen, [option for option, is_set in others.items() if is_set])


def options(order: Order) -> list[Sentence]:
    """Options other than the words."""
    extras = [
        *_by(order),
        *([texts.jobs.END] if order.end else []),
        *([texts.jobs.HELD] if order.static_mask else []),
        *([texts.jobs.moving(len(order.brushes))] if order.brushes else []),
    ]
    return texts.jobs.options(order.seconds, order.negative, order.cfg, extras)


def _by(order: Order) -> list[Sentence]:
    """The model, unless it is the first one, and whether there is sound."""
    model = catalogue.named(order.model)
    other = model is not None and model.id != catalogue.DEFAULT.id
    return [
        *([verbatim(model.title)] if model and other else []),
        *([texts.models.WITH_SOUND] if order.sound else []),
    ]


def understood(order: Order) -> Sentence:
    """The order in one line."""
    return texts.jobs.understood(order.prompt, options(order))
