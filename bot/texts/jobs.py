"""A job in words: status line, result, line of a list."""

from collections.abc import Sequence

from bot.model import Wait
from bot.sentence import EMPTY, Sentence, _, _n, join, sentences
from bot.texts.phrases import ago, credits_, shorten

STAND_IN = _("Local preview: the stand-in on this machine makes it, not the real model.")
MADE_BY_AI = _("AI-generated")
CANCEL = _("Cancel")
SENDING = _("Asking the video service …")
HALTED = _(
    "On hold: Photoplay was restored from a backup, and I don't want to buy this one twice. The operator will decide; "
    "if you cancel it, you have your credits back at once."
)
PAUSED = _("In line. Whoever runs this bot has paused it; your place is kept, and it goes on by itself after that.")
RENDERED = _("Ready, on its way to you.")
LONGER = _("This takes longer than usual. Still waiting; nothing is lost.")
DONE = _("Done.")
TOO_LATE = _("That clip is being made already, so it can't be cancelled any more.")
ASKED = _(
    "I'm just asking the video service whether it took that order, so it can't be cancelled now. If it didn't, your "
    "credits come back by themselves."
)
OVER = _("That one is over already.")
CANCELLED = _("Taken out of the line.")

FAILED = {
    "cancelled": _("Cancelled."),
    "expired": _("This clip took too long, and I gave it up. If you still want it, please ask again."),
    "lost": _(
        "The connection broke just as your order went out, and nobody can say whether it arrived. "
        "It is not sent twice; if you still want the clip, please ask again."
    ),
    "unknown_job": _("The video service lost this clip. Please ask again."),
    "moderation": _(
        "The video service's content filter stopped this one; it can be touchy. Other words or another photo may pass."
    ),
    "image": _("The video service can't work with this photo. Please try another one, or a different crop."),
    "rejected": _("The video service didn't accept this order. Other words, fewer options or another photo may help."),
    "busy": _("The video service has no room at the moment. Please try again in a little while."),
    "unavailable": _("The video service can't be used right now; the operator has been told. Please try again later."),
    "failed": _("The video service tried, but couldn't make this clip. Trying again often helps."),
    "restored": _(
        "Photoplay was restored from a backup while this one was in line, and it was not bought again. "
        "If you still want the clip, please ask again."
    ),
    "unreadable": _(
        "The words of this order can't be decrypted any more, so it was not bought; the operator has been told. "
        "Please send your photo and your words again."
    ),
    "broken_clip": _("The video service says the clip is ready, but it can't be fetched. Please ask again."),
}


def options(seconds: int, negative: str, cfg: float | None, extras: Sequence[Sentence]) -> list[Sentence]:
    """An order's options, a part each; length in seconds."""
    parts = [_("{seconds} s", seconds=seconds), *extras]
    if negative:
        parts.append(_("without {what}", what=shorten(negative, 40)))
    if cfg is not None:
        parts.append(_("words followed at {value}", value=cfg))
    return parts


def understood(prompt: str, options: Sequence[Sentence]) -> Sentence:
    """The order in one line: words and options."""
    return join(" · ", [_("“{words}”", words=shorten(prompt, 120)), *options])


END = _("with an end picture")
HELD = _("parts held still")


def moving(count: int) -> Sentence:
    """Number of brushes."""
    return _n("{count} moving part", "{count} moving parts", count)


_PRICE = {
    "day": _("{price}, {left} left today"),
    "week": _("{price}, {left} left this week"),
    "month": _("{price}, {left} left this month"),
}
_PRICE_MORE = {
    "day": _("{price}, {left} left today and {extra} given to you"),
    "week": _("{price}, {left} left this week and {extra} given to you"),
    "month": _("{price}, {left} left this month and {extra} given to you"),
}


def price(amount: int, left: int | None, span: str = "day", extra: int = 0) -> Sentence:
    """Price and remaining allowance, both in credits. `left=None`: no limit; `extra`: left in grants."""
    if left is None:
        return credits_(amount)
    found = _PRICE_MORE[span].fill(extra=extra) if extra else _PRICE[span]
    return found.fill(price=credits_(amount), left=left)


def queued(ahead: int, wait: Sentence) -> Sentence:
    """Status line of a queued job: position, expected time."""
    return join(" · ", [place(ahead), _("ready in {wait}", wait=wait)])


def place(ahead: int) -> Sentence:
    """Position in the queue."""
    return _n("{count} before you", "{count} before you", ahead) if ahead else NEXT


NEXT = _("Next in line")
RENDERING = _("Rendering")


WAITS: dict[Wait, Sentence] = {
    "room": _("The video service has no room just now."),
    "account": _("The video service takes no orders from us until the operator has seen to it; they have been told."),
    "silence": _("The video service doesn't answer just now."),
    "link": _("The video service says your clip is ready, but not yet where it is."),
    "clip": _("Your clip is ready, but it can't be fetched just now."),
    "disk": _("My own storage has trouble just now."),
}


def waiting_again(waits: Wait, wait: Sentence) -> Sentence:
    """Status line of a queued job that no provider took; `wait`: time until the next attempt."""
    return sentences(WAITS[waits], _("Your place is kept, and I try again in {wait}.", wait=wait))


def looking_again(waits: Wait) -> Sentence:
    """Status line of a running job whose polls fail."""
    return sentences(WAITS[waits], _("I keep trying; nothing is lost."))


def asking(left: Sentence) -> Sentence:
    """Status line of an order whose answer never came; `left`: time until it is given up."""
    return _(
        "The video service's answer got lost on its way, so I'm asking whether it took your order. It is not sent "
        "twice. If it wasn't taken, you have your credits back in {left} at the latest.",
        left=left,
    )


def rendering(left: Sentence) -> Sentence:
    """Status line of a running job."""
    return _("Rendering, {left} left", left=left)


def failed(reason: str, price: int) -> Sentence:
    """Result without a clip; the price in credits was refunded."""
    return sentences(
        FAILED[reason],
        _n("You were not charged: your credit is back.", "You were not charged: your {count} credits are back.", price),
    )


STATES = {
    "queued": _("in line"),
    "submitting": _("being ordered"),
    "asking": _("being asked after"),
    "running": _("rendering"),
    "delivering": _("on its way"),
    "clip": _("ready"),
    "failed": _("not made, not charged"),
    "cancelled": _("cancelled, not charged"),
}


def job_line(
    number: int,
    job_id: str,
    state: str,
    prompt: str,
    seconds: int,
    price: int,
    age: float,
    after: Sentence = EMPTY,
    by: Sequence[Sentence] = (),
) -> Sentence:
    """Line of /jobs; `age` in seconds, `by`: its model and sound, if unusual."""
    return join(
        " · ",
        [
            _("{number}. {state}", number=number, state=STATES[state]),
            _("“{words}”", words=shorten(prompt, 60)),
            _("{seconds} s", seconds=seconds),
            *by,
            EMPTY if state in ("failed", "cancelled") else credits_(price),
            ago(age),
            job_id,
            after,
        ],
    )


def apart(labels: Sequence[Sentence], ages: Sequence[float]) -> list[Sentence]:
    """Labels of buttons; equal ones get the age (seconds) of their clip appended."""
    return [
        join(" · ", [label, ago(age)]) if labels.count(label) > 1 else label
        for label, age in zip(labels, ages, strict=True)
    ]


def clip_number(number: int) -> Sentence:
    """Label of the button that sends the clip of a line of /jobs."""
    return _("▶ {number}", number=number)
