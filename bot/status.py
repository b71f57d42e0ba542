"""What a job looks like to the person who asked: its status line, its result, its line in a list."""

from collections.abc import Sequence

from bot import texts
from bot.machine import Cancelled, allows
from bot.model import Button, Film, Job, Order, Reply
from bot.schedule import Rhythm


def line(job: Job, rhythm: Rhythm, now: float, *, ahead: int = 0, stand_in: bool = False) -> Reply:
    """The status line of a job that is not done."""
    head = f"{understood(job.order)}\n{texts.price(job.price, job.left)}"
    note = f"\n{texts.STAND_IN}" if stand_in else ""
    buttons = (Button(texts.CANCEL, f"/cancel {job.id}"),) if allows(job, Cancelled) else ()
    return Reply(f"{head}\n{state(job, rhythm, now, ahead=ahead)}{note}", buttons, job=job.id)


def state(job: Job, rhythm: Rhythm, now: float, *, ahead: int = 0) -> str:
    """Where the job is, in a few words."""
    match job.state:
        case "queued":
            if job.tries:
                return texts.waiting_again()
            return texts.queued(ahead, texts.about(rhythm.left(0) or rhythm.usual))
        case "submitting":
            return texts.SENDING
        case "running":
            left = rhythm.left(now - (job.accepted_at or now))
            return texts.LONGER if left is None else texts.rendering(texts.about(left))
        case "delivering" | "done":
            if job.reason:
                return texts.failed(job.reason, job.price)
            return texts.RENDERED if job.state == "delivering" else texts.DONE


def result(job: Job, film: Film | None, *, stand_in: bool = False) -> Reply:
    """What ends a job: the clip, or why there is none and that it cost nothing."""
    if film is None:
        return Reply(f"{understood(job.order)}\n{texts.failed(job.reason or 'failed', job.price)}", job=job.id)
    made_by = texts.STAND_IN if stand_in else texts.MADE_BY_AI
    return Reply(f"{understood(job.order)}\n{made_by}", film=film, job=job.id)


def listing(jobs: Sequence[Job], now: float) -> str:
    """A person's jobs, a line each."""
    return "\n".join(
        texts.job_line(
            job.id,
            job.outcome or job.state,
            job.order.prompt,
            job.order.seconds,
            job.price,
            texts.about(now - job.created_at).removeprefix("about "),
        )
        for job in jobs
    )


def options(order: Order) -> list[str]:
    """What was chosen besides the words."""
    extras = [
        *([texts.END] if order.end else []),
        *([texts.HELD] if order.static_mask else []),
        *([texts.moving(len(order.brushes))] if order.brushes else []),
    ]
    return texts.options(order.seconds, order.negative, order.cfg, extras)


def understood(order: Order) -> str:
    """The order in one line."""
    return texts.understood(order.prompt, options(order))
