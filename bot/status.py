"""What a job looks like to the person who asked: its status line, its result, its line in a list."""

from collections.abc import Sequence

from bot import texts, texts_sharing
from bot.machine import Cancelled, allows
from bot.model import Button, Film, Job, Order, Reply
from bot.money import span_of
from bot.schedule import Rhythm


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
    note = f"\n{texts.STAND_IN}" if stand_in else ""
    buttons = (Button(texts.CANCEL, f"/cancel {job.id}"),) if allows(job, Cancelled) else ()
    wait = None if paused and job.state == "queued" else _wait(job, rhythm, now, ahead // slots)
    ready_at = None if wait is None else now + wait
    undated = f"{head}\n{texts.place(ahead) if job.state == 'queued' else texts.RENDERING}{note}"
    text = f"{head}\n{state(job, rhythm, now, ahead=ahead, slots=slots, paused=paused)}{note}"
    return Reply(text, buttons, job=job.id, ready_at=ready_at, undated=undated if ready_at else "")


def price(job: Job) -> str:
    """What it cost and what was left then."""
    return texts.price(job.price, job.left, span_of(job.window), job.extra)


def _wait(job: Job, rhythm: Rhythm, now: float, rounds: int = 0) -> float | None:
    """Seconds until the clip should be ready, `rounds` of others' clips included; None while nobody can say."""
    if job.state == "queued" and not job.waits and not job.halted:
        return rounds * rhythm.usual + (rhythm.left(0) or rhythm.usual)
    if job.state == "running" and not _stuck(job):
        return rhythm.left(now - (job.accepted_at or now))
    return None


def _stuck(job: Job) -> bool:
    """Whether its looks go wrong. A single one that did is nothing to trouble anybody with."""
    return job.state == "running" and job.waits is not None and job.tries > 1


def state(job: Job, rhythm: Rhythm, now: float, *, ahead: int = 0, slots: int = 1, paused: bool = False) -> str:
    """Where the job is, in a few words."""
    wait = _wait(job, rhythm, now, ahead // slots)
    match job.state:
        case "queued" | "submitting" if job.halted:
            return texts.HALTED
        case "queued" if paused:
            return texts.PAUSED
        case "queued":
            if job.waits:
                return texts.waiting_again(job.waits, texts.about(max(job.due_at - now, 0.0)))
            return texts.queued(ahead, texts.about(wait or 0.0))
        case "submitting":
            return texts.SENDING
        case "running":
            if job.waits and _stuck(job):
                return texts.looking_again(job.waits)
            return texts.LONGER if wait is None else texts.rendering(texts.about(wait))
        case "delivering" | "done":
            if job.reason:
                return texts.failed(job.reason, job.price)
            return texts.RENDERED if job.state == "delivering" else texts.DONE


def result(job: Job, film: Film | None, *, stand_in: bool = False, share: bool = False) -> Reply:
    """What ends a job: the clip, or why there is none and that it cost nothing.

    `stand_in`: it is said that the stand-in made it; `share`: there is a gallery for it.
    """
    again = Button(texts.again(job.price), f"/again {job.id}")
    words = Button(texts.NEW_WORDS, f"/words {job.id}")
    if film is None:
        text = f"{understood(job.order)}\n{texts.failed(job.reason or 'failed', job.price)}"
        return Reply(text, (again, words), job=job.id)
    made_by = f"{texts.MADE_BY_AI} · {texts.STAND_IN}" if stand_in else texts.MADE_BY_AI
    buttons = [again, words, Button(texts.CONTINUE, f"/next {job.id}")]
    if job.follows:
        buttons.append(Button(texts.JOIN, f"/join {job.id}"))
    if share:
        buttons.append(Button(texts_sharing.SHARE, f"/share {job.id}"))
    # Without the name of the maker, who may take it back: this message stays with the remixer.
    after = f"\n{texts_sharing.remix_of('')}" if job.remix_of else ""
    return Reply(f"{understood(job.order)}{after}\n{made_by}", tuple(buttons), film=film, job=job.id)


def unsure(job: Job) -> Reply:
    """The clip went out, and the platform did not say that it arrived."""
    return Reply(f"{understood(job.order)}\n{texts.UNSURE}", (Button(texts.SEND_AGAIN, f"/clip {job.id}"),), job=job.id)


def elsewhere(job: Job) -> Reply:
    """The clip is there, and its chat is closed to us. Without the words: nobody notes where this stands."""
    return Reply(texts.CLIP_ELSEWHERE, (Button(texts.SEND_AGAIN, f"/clip {job.id}"),))


def listing(jobs: Sequence[Job], now: float) -> Reply:
    """A person's jobs, a line each, with a button for each clip to have it sent again."""
    lines = [
        texts.job_line(
            number,
            job.id,
            job.outcome or job.state,
            job.order.prompt,
            job.order.seconds,
            job.price,
            texts.about(now - job.created_at).removeprefix("about "),
        )
        + (f" · {texts_sharing.remix_of(job.after)}" if job.remix_of else "")
        for number, job in enumerate(jobs, 1)
    ]
    buttons = [Button(texts.clip_number(n), f"/clip {job.id}") for n, job in enumerate(jobs, 1) if job.clip]
    if any(job.state == "done" for job in jobs):
        buttons.append(Button(texts.DELETE_ONE, "/delete"))
    return Reply("\n".join(lines), tuple(buttons), repeats=tuple(job.id for job in jobs))


def stays(order: Order, *, alike: bool = False) -> str:
    """What the next order takes over from this one, as a line after a question; `alike`: its other pictures, too."""
    chosen = options(order) if alike else texts.options(order.seconds, order.negative, order.cfg, [])
    if chosen == texts.options(5, "", None, []):
        return ""
    others = {"--duration 5": order.seconds != 5, "--no nothing": order.negative, "--cfg 0.5": order.cfg is not None}
    return f"\n{texts.stays(chosen, [option for option, is_set in others.items() if is_set])}"


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
