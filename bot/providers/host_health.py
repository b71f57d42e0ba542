"""Availability of hosts, and reports of outages to the operator. All times are Unix seconds."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot import texts
from bot.errors import PhotoplayError
from bot.model import Incident, Wait
from bot.providers.hosts import Host
from bot.providers.wire import OutOfUse

log = logging.getLogger(__name__)

LONGEST_REST = 600.0


@dataclass(slots=True)
class _Record:
    until: float = 0.0
    told: bool = False
    stumbles: int = 0
    waits: Wait = "room"


class HostHealth:
    """State of each host, in memory: a restart gives every host a new chance."""

    def __init__(self, clock: Callable[[], float], report: Callable[[Incident], Awaitable[None]]) -> None:
        self._clock, self._report = clock, report
        self._records: dict[str, _Record] = {}

    def wait(self, host: Host) -> float:
        """Seconds until the host may be asked; ≤ 0 means now."""
        return self._record(host).until - self._clock()

    def waits(self, host: Host) -> Wait:
        """The reason why the host may not be asked now."""
        record = self._record(host)
        return "account" if record.told else record.waits

    def unusable(self, host: Host) -> bool:
        """Whether the host rejects everything until the operator acts; waiting does not help."""
        return self._record(host).told

    def attempt(self, host: Host, seconds: float) -> None:
        """Record that an order is being sent. If the host was out of use, other orders avoid it until this one ends."""
        if self._record(host).told:
            self.rest(host, seconds, "account")

    def rest(self, host: Host, seconds: float, waits: Wait) -> None:
        """Pause a host; an earlier, longer pause stays."""
        record = self._record(host)
        record.until, record.waits = max(record.until, self._clock() + seconds), waits

    def stumble(self, host: Host) -> None:
        """Record an ambiguous order. The pause grows with each in a row: each may cost money."""
        record = self._record(host)
        record.stumbles += 1
        seconds = min(host.rest * 2.0 ** (record.stumbles - 2), LONGEST_REST) if record.stumbles > 1 else 0.0
        self.rest(host, seconds, "silence")

    def fine(self, host: Host) -> None:
        """Record success."""
        if self._records.pop(host.name, _Record()).told:
            log.info("%s is in use again", host.title)

    async def out(self, host: Host, why: OutOfUse) -> None:
        """Pause an unusable host. The operator gets one report per outage, until an order succeeds."""
        self.rest(host, why.retry_after, "account")
        record = self._record(host)
        if record.told:
            return
        record.told = True
        what = texts.incidents.out_of_use(host.title, why.fault, round(why.retry_after / 60))
        log.error("%s (%s)", what, why)
        try:
            await self._report(Incident(self._clock(), what, str(why), host.name))
        except PhotoplayError as exc:  # logged already; the order must still find another host
            log.warning("that could not be noted: %s", exc)

    def _record(self, host: Host) -> _Record:
        return self._records.setdefault(host.name, _Record())
