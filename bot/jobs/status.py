"""What a job looks like to the person who asked: its status line, its result, its line in a list."""

from collections.abc import Sequence

from bot import texts
from bot.jobs.machine import Cancelled, allows
from bot.jobs.polling import Rhythm
from bot.model import Button, Film, Job, Order, Reply
from bot.quotas.rules import span_of


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
    """The status line of a job that is not done; `ahead` are before it in the queue, `slots` are made at once.

    `paused`: nothing is bought until the operator says so.
    """
    head = f"{understood(job.order)}\n{price(job)}"
    note = f"\n{texts.chat.STAND_IN}" if stand_in else ""
    buttons = (Button(texts.chat.CANCEL, f"/cancel {job.id}"),) if allows(job, Cancelled) else ()
    wait = None if paused and job.state == "queued" else _wait(job, rhythm, now, ahead // slots)
    ready_at = None if wait is None else now + wait
    undated = f"{head}\n{texts.chat.place(ahead) if job.state == 'queued' else texts.chat.RENDERING}{note}"
    text = f"{head}\n{state(job, rhythm, now, ahead=ahead, slots=slots, paused=paused)}{note}"
    return Reply(text, buttons, job=job.id, ready_at=ready_at, undated=undated if ready_at else "")


def price(job: Job) -> str:
    """What it cost and what was left then."""
    return texts.chat.price(job.price, job.credits_left, span_of(job.window), job.credits_extra)


def _wait(job: Job, rhythm: Rhythm, now: float, rounds: int = 0) -> float | None:
    """Seconds until the clip should be ready, `rounds` of others' clips included; None while nobody can say."""
    if job.state == "queued" and not job.waits and not job.halted:
        return rounds * rhythm.usual + (rhythm.left(0) or rhythm.usual)
    if job.state == "running" and not _stuck(job):
        return rhythm.left(now - (job.accepted_at or now))
    return None


def _stuck(job: Job) -> bool:
    """Whether its polls go wrong. A single one that did is nothing to trouble anybody with."""
    return job.state == "running" and job.waits is not None and job.tries > 1


def state(job: Job, rhythm: Rhythm, now: float, *, ahead: int = 0, slots: int = 1, paused: bool = False) -> str:
    """Where the job is, in a few words."""
    wait = _wait(job, rhythm, now, ahead // slots)
    match job.state:
        case "queued" | "submitting" if job.halted:
            return texts.chat.HALTED
        case "queued" if paused:
            return texts.chat.PAUSED
        case "queued":
            if job.waits:
                return texts.chat.waiting_again(job.waits, texts.chat.about(max(job.due_at - now, 0.0)))
            return texts.chat.queued(ahead, texts.chat.about(wait or 0.0))
        case "submitting":
            return texts.chat.SENDING
        case "running":
            if job.waits and _stuck(job):
                return texts.chat.looking_again(job.waits)
            return texts.chat.LONGER if wait is None else texts.chat.rendering(texts.chat.about(wait))
        case "delivering" | "done":
            if job.reason:
                return texts.chat.failed(job.reason, job.price)
            return texts.chat.RENDERED if job.state == "delivering" else texts.chat.DONE


def result(job: Job, film: Film | None, *, stand_in: bool = False, share: bool = False) -> Reply:
    """What ends a job: the clip, or why there is none and that it cost nothing.

    `stand_in`: it is said that the stand-in made it; `share`: there is a gallery for it.
    """
    again = Button(texts.chat.again(job.price), f"/again {job.id}")
    words = Button(texts.chat.NEW_WORDS, f"/words {job.id}")
    if film is None:
        text = f"{understood(job.order)}\n{texts.chat.failed(job.reason or 'failed', job.price)}"
        return Reply(text, (again, words), job=job.id)
    made_by = f"{texts.chat.MADE_BY_AI} · {texts.chat.STAND_IN}" if stand_in else texts.chat.MADE_BY_AI
    buttons = [again, words, Button(texts.chat.CONTINUE, f"/next {job.id}")]
    if job.follows:
        buttons.append(Button(texts.chat.JOIN, f"/join {job.id}"))
    if share:
        buttons.append(Button(texts.sharing.SHARE, f"/share {job.id}"))
    # Without the name of the maker, who may take it back: this message stays with the remixer.
    after = f"\n{texts.sharing.remix_of('')}" if job.remix_of else ""
    return Reply(f"{understood(job.order)}{after}\n{made_by}", tuple(buttons), film=film, job=job.id)


def unsure(job: Job) -> Reply:
    """The clip went out, and the platform did not say that it arrived."""
    return Reply(
        f"{understood(job.order)}\n{texts.chat.UNSURE}", (Button(texts.chat.SEND_AGAIN, f"/clip {job.id}"),), job=job.id
    )


def elsewhere(job: Job) -> Reply:
    """The clip is there, and its chat is closed to us. Without the words: nobody notes where this stands."""
    return Reply(texts.chat.CLIP_ELSEWHERE, (Button(texts.chat.SEND_AGAIN, f"/clip {job.id}"),))


def listing(jobs: Sequence[Job], now: float) -> Reply:
    """A person's jobs, a line each, with a button for each clip to have it sent again."""
    lines = [
        texts.chat.job_line(
            number,
            job.id,
            "cancelled" if job.reason == "cancelled" else job.outcome or job.state,
            job.order.prompt,
            job.order.seconds,
            job.price,
            now - job.created_at,
        )
        + (f" · {texts.sharing.remix_of(job.remix_after)}" if job.remix_of else "")
        for number, job in enumerate(jobs, 1)
    ]
    buttons = [Button(texts.chat.clip_number(n), f"/clip {job.id}") for n, job in enumerate(jobs, 1) if job.clip]
    if any(job.state == "done" for job in jobs):
        buttons.append(Button(texts.chat.DELETE_ONE, "/delete"))
    return Reply("\n".join(lines), tuple(buttons), repeats=tuple(job.id for job in jobs))


def stays(order: Order, *, alike: bool = False) -> str:
    """What the next order takes over from this one, as a line after a question; `alike`: its other pictures, too."""
    chosen = options(order) if alike else texts.chat.options(order.seconds, order.negative, order.cfg, [])
    if chosen == texts.chat.options(5, "", None, []):
        return ""
    others = {"--duration 5": order.seconds != 5, "--no nothing": order.negative, "--cfg 0.5": order.cfg is not None}
    return f"\n{texts.chat.stays(chosen, [option for option, is_set in others.items() if is_set])}"


def options(order: Order) -> list[str]:
    """What was chosen besides the words."""
    extras = [
        *([texts.chat.END] if order.end else []),
        *([texts.chat.HELD] if order.static_mask else []),
        *([texts.chat.moving(len(order.brushes))] if order.brushes else []),
    ]
    return texts.chat.options(order.seconds, order.negative, order.cfg, extras)


def understood(order: Order) -> str:
    """The order in one line."""
    return texts.chat.understood(order.prompt, options(order))
