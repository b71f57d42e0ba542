"""The paid API's wire format: order to JSON, answer to a value. Pure: no I/O.

`created` permits another attempt only after an answer which proves that nothing was taken. Sources: the vendors'
schemas and error pages; nothing here has been confirmed by a live call.
"""

import re
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from bot import catalogue, texts
from bot.errors import Ambiguous, NotSent
from bot.model import Accepted, Brush, Finished, Order, Pending, Photo, Refused
from bot.providers import results
from bot.providers.error_words import CODES, parse, reason, redact, words
from bot.providers.hosts import Dialect, Host
from bot.sentence import Sentence

PAUSE = 30.0
"""Seconds to wait after a 429 or 503 without Retry-After."""
LONGEST_PAUSE = 600.0
OUT_OF_USE = 600.0
"""Seconds for which a host stays out of use."""
NO_LINK = "done, but without a link"
FRESH_JOB = 600.0
"""Age of a job, in seconds, up to which "no such job" is ignored."""
LONGEST_ID, LONGEST_NUMBER = 1000, 40
"""Characters of a text id, and digits of a numeric one."""

NOT_NOW = frozenset({420, 425, 429, 503})
"""Statuses of a create that by definition took nothing: too many, too early, no capacity."""
REFUSALS = frozenset({*CODES, "1200", "1201", "1202", "1203"})
"""Kling's codes for "not taken", also with HTTP 200."""
POLL_CODES = frozenset({"1302", "5000", "5001", "5002", "1000", "1001", "1002", "1003", "1004", "1100", "1101", "1102"})
"""Kling's codes that may concern the poll itself or our account, and so do not end the polled job."""

"""Statuses of a create that only the operator can resolve."""


class OutOfUse(NotSent):
    """The host takes nothing until the operator acts; `fault` is a sentence about the `{host}`."""

    def __init__(self, fault: Sentence, detail: str) -> None:
        super().__init__(detail, OUT_OF_USE, "account")
        self.fault = fault


def body(order: Order, host: Host, url_of: Callable[[Photo], str]) -> dict[str, Any]:
    """The JSON of a create. `url_of` gives a picture's address for the host: https or a data URI.

    Built from the row that the order was placed with, and the dialect in which the host sells it. What costs unless it
    is declined (sound, a rewritten prompt) is always sent. An aspect ratio is sent if the model would crop otherwise.
    """
    model = catalogue.row(order.model, order.version)
    dialect = host.dialect(model)
    said: dict[str, Any] = {
        "model": model.sold[host.name].id,
        "image_url": url_of(order.photo),
        "prompt": order.prompt,
        "duration": order.seconds if dialect.duration == "integer" else str(order.seconds),
    }
    if order.negative:
        said["negative_prompt"] = order.negative
    if order.cfg is not None:
        said["cfg_scale"] = order.cfg
    if order.end:
        said[model.end] = url_of(order.end)
    if order.static_mask:
        said[dialect.static_mask] = url_of(order.static_mask)
    if order.brushes:
        said["dynamic_masks"] = [_mask(b, dialect, url_of, order.photo.height) for b in order.brushes]
    if model.sound:
        said[model.sound] = order.sound
    if model.enhance:
        said[model.enhance] = False
    if model.resolution:
        said["resolution"] = model.resolution
    if ratio := model.ratio(order.photo.width, order.photo.height):
        said["aspect_ratio"] = f"{ratio[0]}:{ratio[1]}"
    return said


def _mask(brush: Brush, dialect: Dialect, url_of: Callable[[Photo], str], height: int) -> dict[str, Any]:
    # Our origin is the top left pixel, theirs the bottom left one.
    path = [{"x": x, "y": height - 1 - y} for x, y in brush.path]
    return {dialect.dynamic_mask: url_of(brush.mask), "trajectories": path}


def created(
    host: str, status: int, answer: bytes, pause: float | None = None, inference_id: str | None = None
) -> Accepted | Refused:
    """Classify the answer to a create. `pause` is the Retry-After header, in seconds; `inference_id` a header that
    names the generation, which counts if the body of a 2xx does not.

    Raises `OutOfUse` or another `NotSent` when nothing was taken, `Ambiguous` when it may have been.
    """
    said = parse(answer)
    if 200 <= status < 300:
        if (remote_id := _remote_id(said)) is not None:
            return Accepted(host, remote_id)
        # Kling refuses with HTTP 200 and a known code. Any other answer without an id may have been paid.
        if not isinstance(said, dict) or results.code(said) not in REFUSALS:
            if named := usable_id(inference_id):
                return Accepted(host, named)
            raise Ambiguous(f"{host} said HTTP {status} without an id")
    text, detail = _complaint(status, said, answer)
    if isinstance(said, dict) and 200 <= status < 300:
        return _refused(host, 429 if CODES.get(results.code(said)) == "busy" else 400, text, detail, pause)
    if status in texts.incidents.FAULTS:
        raise OutOfUse(texts.incidents.FAULTS[status], detail)
    if 300 <= status < 400:
        raise OutOfUse(texts.incidents.SENDS_ELSEWHERE, detail)
    if status == 408 or not (400 <= status < 500 or status == 503):
        raise Ambiguous(f"{host} said {detail}")
    return _refused(host, status, text, detail, pause)


def _refused(host: str, status: int, text: str, detail: str, pause: float | None) -> Refused:
    """A refusal. Raises `NotSent` for a temporary one, `OutOfUse` for one of the host's account."""
    why = reason(text, "rejected")
    if why == "unavailable":  # the host's own upstream account; Kling sends 429, where waiting does not help
        raise OutOfUse(texts.incidents.USED_UP, detail)
    if status in NOT_NOW:
        raise NotSent(f"{host} said {detail}", PAUSE if pause is None else pause)
    return Refused("image" if status == 413 else why, detail)


def polled(status: int, answer: bytes, age: float) -> Pending | Finished | Refused:
    """Classify the answer to a poll of a job accepted `age` seconds ago.

    A job ends only on an unambiguous answer. Others are `Pending` with a detail, until the deadline.
    """
    if status in (404, 410):
        return unknown(status, age)
    if not 200 <= status < 300:
        return Pending(f"HTTP {status}", failed=True)
    said = parse(answer)
    if isinstance(said, list) and len(said) == 1:
        said = said[0]
    if not isinstance(said, dict):
        return Pending(f"HTTP {status} without a JSON object", failed=True)
    state, error = results.state(said), results.error(said, REFUSALS | POLL_CODES)
    if state in results.RUNNING:
        return Pending()
    done = state in results.DONE
    if link := results.link(said, sure=done) if done or not (error or state in results.FAILED) else None:
        return Finished(link)
    if done and not error:
        return Pending(NO_LINK, failed=True, waits="link")
    if not state and isinstance(error, dict) and results.code(error) in POLL_CODES:
        return Pending(f"code {results.code(error)}", failed=True)
    if error or state in results.FAILED:
        # A failed job may have been charged: it is never resubmitted, only refunded.
        text = words(error)
        return Refused(reason(text, results.FAILED.get(state, "failed")), redact(f"{state}: {text}"))
    return Pending(f"unknown status {redact(state)[:40]!r}" if state else "no status")


def unknown(status: int, age: float) -> Pending | Refused:
    """The host does not know the job. Answers for fresh and expired jobs are unverified, so fresh ones get time."""
    return Pending(f"HTTP {status}", failed=True) if age < FRESH_JOB else Refused("unknown_job", f"HTTP {status}")


def pause(retry_after: str | None, now: float) -> float | None:
    """A Retry-After header (seconds, or an HTTP date) as seconds from `now`; None if missing or invalid."""
    value = (retry_after or "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        wait = float(value)
    else:
        try:
            when = parsedate_to_datetime(value)
            wait = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return min(max(wait, 1.0), LONGEST_PAUSE)


def _remote_id(said: object) -> str | None:
    """`id`, else `generation_id`: opaque, but printable and bounded, as it goes into URLs and the database."""
    if not isinstance(said, dict):
        return None
    return next(filter(None, (usable_id(said.get(name)) for name in ("id", "generation_id"))), None)


def usable_id(value: object) -> str | None:
    """An opaque id as text; None for what can be none."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**LONGEST_NUMBER:
        return str(value)
    if isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= LONGEST_ID:
        return value
    return None


def _complaint(status: int, said: object, answer: bytes) -> tuple[str, str]:
    """A refusal's text, raw for `reason` and redacted for everything else."""
    text = words(said) if isinstance(said, dict | list | str) else answer[:4000].decode("utf-8", "replace")
    return text, f"HTTP {status}: {redact(text)}" if text else f"HTTP {status}"
