"""Locations of state, link and error in the answer to a poll. Pure; no shape of JSON raises.

The documented shape is `{status, video: {url}, error}`. Hosts rename and wrap it; no paid clip may be lost to that.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from bot.model import Reason

RUNNING = frozenset(
    {
        *("queued", "generating", "waiting", "active", "submitted", "processing"),
        *("pending", "in_progress", "in_queue", "running", "started", "starting", "created", "scheduled", "preparing"),
        *("rendering", "not_started", "not_start", "initializing", "inprogress", "inqueue", "accepted", "enqueued"),
    }
)
DONE = frozenset(
    {
        *("completed", "succeeded", "succeed", "success", "done", "ready", "finished"),
        *("complete", "successful", "finish", "generated"),
    }
)
FAILED: Mapping[str, Reason] = {
    **dict.fromkeys(("error", "failed", "cancelled", "canceled", "timeout", "timed_out", "expired"), "failed"),
    **dict.fromkeys(("failure", "fail", "errored", "aborted", "terminated", "rejected", "refused", "denied"), "failed"),
    **dict.fromkeys(("internal_error", "server_error", "system_error", "exception", "crashed", "killed"), "failed"),
    **dict.fromkeys(("unsuccessful", "invalid", "stopped", "interrupted", "time_out", "timedout"), "failed"),
    **dict.fromkeys(
        ("nsfw", "moderated", "filtered", "blocked", "unsafe", "inappropriate", "prohibited"), "moderation"
    ),
    **dict.fromkeys(("sensitive", "flagged", "banned", "violation", "policy_violation", "censored"), "moderation"),
    **dict.fromkeys(("moderation_failed", "moderation_rejected", "moderation_blocked"), "moderation"),
    **dict.fromkeys(("failed_moderation", "safety_violation", "illegal"), "moderation"),
}
"""Statuses that end a job, with the cause that they imply."""
ABOUT = frozenset(("task", "job", "generation", "video", "request", "status", "state", "content", "detected", "render"))
"""Words beside a status that say of what it is: `JOB_STATE_SUCCEEDED`, `generation_failed`."""

STATES = ("status", "state", "task_status")
WRAPPERS = ("data", "task", "generation", "result", "output", "response")
CLIPS = ("video", "videos", "video_url", "video_urls")
PLACES = (
    *CLIPS,
    *("url", "urls", "uri", "src", "link", "output", "outputs", "output_url", "result", "results", "result_url"),
    *("task_result", "generation", "data", "task", "response", "files", "file", "download_url"),
)
"""Paths of a finished clip's link, best first. None matches our own input (`image_url`, `input`)."""
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""As in `inProgress`."""
LONGEST = 8000
"""Characters of a clip's URL."""
DEPTH = 5
IMAGES = (".jpg", ".jpeg", ".png", ".webp", ".gif")


def state(said: Mapping[str, Any]) -> str:
    """The job's status: the innermost, as outer ones may be about the request. Lower case, `_` between words."""
    found = ""
    for part in _parts(said):
        word = next((part[name] for name in STATES if isinstance(part.get(name), str) and part[name].strip()), "")
        word = _HUMP.sub(" ", word)
        words = word.lower().replace("-", " ").replace("_", " ").replace(".", " ").split()
        found = "_".join([word for word in words if word not in ABOUT] or words) or found
    return found


def error(said: Mapping[str, Any], codes: Collection[str]) -> object:
    """The first nonempty error; without one, the text beside one of these `codes`."""
    parts = list(_parts(said))
    plain = (part[name] for part in parts for name in ("error", "errors", "failure_reason") if part.get(name))
    return next(plain, None) or next((part for part in parts if code(part) in codes), None)


def code(said: Mapping[str, Any]) -> str:
    """The answer's error code; empty if it is a success code."""
    value = said.get("code")
    digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    fine = not digits.isascii() or not digits.isdigit() or int(digits[:9]) == 0 or 200 <= int(digits[:9]) < 300
    return "" if fine else digits[:9]


def link(said: Mapping[str, Any], *, sure: bool) -> str | None:
    """The clip's URL. Without `sure` (no status says that it is done) only from an unambiguous field."""
    for part in _parts(said):
        for name in CLIPS:
            if found := _link(part.get(name), 0):
                return found
    return _link(said, 0) if sure else None


def _parts(said: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """An answer and its nested answers, from the outside in."""
    for _ in range(DEPTH):
        yield said
        inner = next(filter(None, (_unwrapped(said.get(name)) for name in WRAPPERS)), None)
        if inner is None:
            return
        said = inner


def _unwrapped(value: object) -> Mapping[str, Any] | None:
    """A wrapped object: itself, or the single item of a list."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else None


def _link(value: object, depth: int) -> str | None:
    if depth > DEPTH:
        return None
    if isinstance(value, str):
        text = value.strip()
        text = f"https:{text}" if text.startswith("//") else text
        clip = text.lower().startswith(("https://", "http://")) and len("https://") < len(text) <= LONGEST
        return text if clip and not text.lower().partition("?")[0].endswith(IMAGES) else None
    if isinstance(value, list):
        return next(filter(None, (_link(item, depth + 1) for item in value[:10])), None)
    if isinstance(value, dict):
        return next(filter(None, (_link(value.get(name), depth + 1) for name in PLACES)), None)
    return None
