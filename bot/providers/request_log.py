"""The log that a host keeps of our requests: whether it took an order whose answer never came.

No live call has confirmed the documented shape. All that is assumed of it is in `page_of`.
"""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from bot.model import Accepted, Pending, Refused
from bot.providers.error_words import parse
from bot.providers.hosts import Host
from bot.providers.transport import Silence, Transport
from bot.providers.wire import pause, usable_id

ROWS = 100
"""Rows of a page, the host's maximum."""
PAGES = 60
"""Pages of one look, at most."""
LONGEST = 90 * 86_400.0
"""Seconds that a look covers, at most; the host allows 92 days."""
LAST = 2.0**32
"""The end of times that can be told in any zone, in Unix seconds: the year 2106."""
REST = 60.0
"""Seconds without a request after a 429 that names no time."""


@dataclass(frozen=True, slots=True)
class Row:
    """One request of ours."""

    request_id: str
    """As we sent it; empty if we sent none."""
    inference_id: str
    """Empty if it cannot be used as an id."""
    failed: bool
    """It was not taken, or taken and not charged."""
    at: float | None
    """Time of the request by the host's clock, Unix seconds; None if it cannot be read."""


@dataclass(frozen=True, slots=True)
class Page:
    """`count`: rows of the page, also those that cannot be read; `more`: another page follows."""

    rows: Sequence[Row]
    count: int
    more: bool


def page_of(answer: bytes) -> Page | None:
    """Read a page of the log; None for an answer that is none."""
    said = parse(answer)
    rows = said.get("data") if isinstance(said, dict) else None
    paging = said.get("pagination") if isinstance(said, dict) else None
    if not isinstance(rows, list) or not isinstance(paging, dict) or not isinstance(paging.get("has_more"), bool):
        return None
    found = [
        Row(
            row["client_request_id"] if isinstance(row.get("client_request_id"), str) else "",
            usable_id(row.get("inference_id")) or "",
            row.get("status") == "failed",
            moment(row.get("created")),
        )
        for row in rows
        if isinstance(row, dict)
    ]
    return Page(found, len(rows), paging["has_more"])


class RequestLogs:
    """The logs of all `hosts` that keep one; orders are sent to `shops`. `clock` returns Unix seconds.

    `notice` logs what is odd about a host. This process sends no more than one request per `Host.log_pause` to a host.
    """

    def __init__(
        self,
        transport: Transport,
        hosts: Sequence[Host],
        shops: Sequence[Host],
        clock: Callable[[], float],
        notice: Callable[[str, Pending], object],
    ) -> None:
        self._transport, self._clock, self._notice = transport, clock, notice
        self._hosts = [host for host in hosts if host.log]
        self._shops = shops
        self._next: dict[str, float] = {}
        """Time of the event loop at which a host may be asked again."""
        self._rests: dict[str, float] = {}

    def asked_for(self, host: str | None) -> float:
        """Seconds for which that host's log (None: any log) is asked about an order without an answer; 0: no log."""
        return max((row.asked_for for row in self._of(host)), default=0.0)

    async def look(self, host: str | None, request_id: str, since: float, until: float) -> Accepted | Refused | Pending:
        """Whether that host (None: any) took the order that a request with this id was about, between two times.

        An id is `job.number`, times are Unix seconds. Any request for the job that did not fail is `Accepted`;
        `Refused` means that requests of this very id are in the log, and all failed. `Pending` is `failed` unless every
        log was read to its end.
        """
        rows = self._of(host)
        if not rows:
            return Pending("no log is kept there", failed=True)
        said = await asyncio.gather(*(self._look(row, request_id, since, until) for row in rows))
        found = {row.name: answer for row, answer in zip(rows, said, strict=True)}
        for name, answer in found.items():
            if isinstance(answer, Accepted):
                return answer
            if isinstance(answer, Pending) and answer.failed:
                self._notice(name, replace(answer, detail=f"its log: {answer.detail}"))
        # A host that was asked after another one had refused has no row yet, and one without a log never has.
        where = [row.name for row in self._shops] if host is None else [host]
        if all(isinstance(found.get(name), Refused) for name in where):
            return found[where[0]]
        return next((one for one in said if isinstance(one, Pending) and one.failed), Pending())

    def _of(self, host: str | None) -> Sequence[Host]:
        return [row for row in self._hosts if host in (None, row.name)]

    async def _look(self, host: Host, request_id: str, since: float, until: float) -> Accepted | Refused | Pending:
        job, number = request_id.rpartition(".")[0], 0
        refused = False
        for _ in range(PAGES):
            page = await self._page(host, max(since, until - LONGEST), until, number)
            if isinstance(page, str):
                return Pending(page, failed=True)
            ours = [row for row in page.rows if row.request_id.rpartition(".")[0] == job]
            taken = [row for row in ours if row.inference_id and not row.failed]
            if taken:
                first = min(taken, key=lambda row: math.inf if row.at is None else row.at)
                return Accepted(host.name, first.inference_id, since if first.at is None else first.at)
            if any(not row.failed for row in ours):
                return Pending("a row of ours has no id", failed=True)
            refused = refused or any(row.request_id == request_id for row in ours)
            if not page.more:
                return Refused("failed", f"{host.name} logged it as failed") if refused else Pending()
            if not page.count:
                return Pending("an empty page, and more to come", failed=True)
            number += page.count
        return Pending(f"more than {number} rows", failed=True)

    async def named(self, host: Host, since: float, until: float) -> Mapping[str, str]:
        """Our ids of the requests between two times, by the host's ids; what of them can be read."""
        found: dict[str, str] = {}
        number = 0
        for _ in range(PAGES):
            page = await self._page(host, max(since, until - LONGEST), until, number)
            if isinstance(page, str):
                break
            found |= {row.inference_id: row.request_id for row in page.rows if row.inference_id and row.request_id}
            number += page.count
            if not page.more or not page.count:
                break
        return found

    async def _page(self, host: Host, since: float, until: float, offset: int) -> Page | str:
        """A page of the log; or why there is none."""
        rest = self._rests.get(host.name, 0.0) - self._clock()
        if rest > 0:
            return f"its log rests for {rest:.0f} s"
        time = asyncio.get_running_loop().time
        turn = max(time(), self._next.get(host.name, 0.0))
        self._next[host.name] = turn + host.log_pause
        await asyncio.sleep(turn - time())
        asked = {"start": _stamp(math.floor(since)), "end": _stamp(math.ceil(until)), "limit": ROWS, "offset": offset}
        said = await self._transport.get(host, f"{host.base_url}{host.log}?{urlencode(asked)}")
        if isinstance(said, Silence):
            return f"no answer: {said.why}"
        if said.status == 429:
            self._rests[host.name] = self._clock() + (pause(said.retry_after, self._clock()) or REST)
        if said.status != 200:
            return f"HTTP {said.status}"
        return await asyncio.to_thread(page_of, said.body) or "no log"


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(value: object) -> float | None:
    """A time in ISO 8601, UTC without an offset, as Unix seconds; None for anything else, also one far from ours."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() if at else -1.0
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < LAST else None
