"""The rate limits."""

import time
import zlib
from collections.abc import Callable
from typing import Any

from tests.loopback.discord.answering import Answering
from tests.loopback.discord.faults import Call, Fault, too_many

Handler = Callable[..., Any]

LIMITS: dict[str, tuple[int, float]] = {
    "POST /channels/{channel}/messages": (5, 5.0),
    "PATCH /channels/{channel}/messages/{message}": (5, 5.0),
    "DELETE /channels/{channel}/messages/{message}": (5, 1.0),
    "POST /channels/{channel}/typing": (5, 5.0),
    "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": (1, 0.25),
    "POST /webhooks/{application}/{token}": (5, 2.0),
    "PATCH /webhooks/{application}/{token}/messages/{message}": (5, 2.0),
}
"""Calls and seconds per channel or webhook; other routes have `USUAL_LIMIT`."""
USUAL_LIMIT = (50, 1.0)
GLOBAL_LIMIT = (50, 1.0)
UNLIMITED = (1000, 1.0)


class Limits(Answering):
    """Windows of routes."""

    def _limit(self, call: Call, found: "tuple[str, Handler, list[str]]") -> tuple[Fault | None, dict[str, str]]:
        """The refusal above a limit, and the rate limit headers."""
        route, _, ids = found
        major = ":".join(ids[:2]) if "/webhooks/" in route else ids[0] if ids and "{channel}" in route else ""
        count, per = LIMITS.get(route, USUAL_LIMIT) if self.limits_calls else UNLIMITED
        bucket = f"{zlib.crc32(route.encode()):08x}"
        left, ends = self._spend(f"{bucket}:{major}", count, per) if self.limits_calls else (count - 1, 0.0)
        after = max(0.001, ends - time.monotonic()) if self.limits_calls else per
        headers = {
            "X-RateLimit-Limit": str(count),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": f"{time.time() + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": bucket,
        }
        if left < 0:
            return too_many(round(after, 3)), headers
        if self.limits_calls and "/interactions/" not in route:
            left, ends = self._spend("everything", *GLOBAL_LIMIT)
            if left < 0:
                return too_many(round(ends - time.monotonic(), 3), "global"), {}
        return None, headers

    def _spend(self, key: str, count: int, per: float) -> tuple[int, float]:
        """Count a call: the rest of the window (negative above the limit), and its end."""
        now = time.monotonic()
        used, ends = self._windows.get(key, (0, 0.0))
        if ends <= now:
            used, ends = 0, now + per
        self._windows[key] = (used + 1, ends)
        return count - used - 1, ends
