"""Which hosts may be asked now, and what the operator was told about the others. All times are Unix seconds."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

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


class Standing:
    """How each host stands with us. It lives as long as the process: after a restart every host gets its chance."""

    def __init__(self, clock: Callable[[], float], report: Callable[[Incident], Awaitable[None]]) -> None:
        self._clock, self._report = clock, report
        self._records: dict[str, _Record] = {}

    def wait(self, host: Host) -> float:
        """Seconds until the host may be asked; 0 or less means now."""
        return self._record(host).until - self._clock()

    def waits(self, host: Host) -> Wait:
        """Why the host may not be asked now."""
        record = self._record(host)
        return "account" if record.told else record.waits

    def unusable(self, host: Host) -> bool:
        """Whether the host refuses us altogether; waiting alone does not help then."""
        return self._record(host).told

    def attempt(self, host: Host, seconds: float) -> None:
        """An order is on its way. If the host was out of use, the others pass it by until this one knows more."""
        if self._record(host).told:
            self.rest(host, seconds, "account")

    def rest(self, host: Host, seconds: float, waits: Wait) -> None:
        """Leave the host alone for a while; what was known before may make it longer."""
        record = self._record(host)
        record.until, record.waits = max(record.until, self._clock() + seconds), waits

    def stumble(self, host: Host) -> None:
        """An order may have been taken and nobody can tell. The more in a row, the longer the host is left alone:
        each of them may cost money."""
        record = self._record(host)
        record.stumbles += 1
        seconds = min(host.rest * 2.0 ** (record.stumbles - 2), LONGEST_REST) if record.stumbles > 1 else 0.0
        self.rest(host, seconds, "silence")

    def fine(self, host: Host) -> None:
        """The host works."""
        if self._records.pop(host.name, _Record()).told:
            log.info("%s is in use again", host.title)

    async def out(self, host: Host, why: OutOfUse) -> None:
        """The host is out of use for a while. The operator hears of it once, until an order gets through again."""
        self.rest(host, why.retry_after, "account")
        record = self._record(host)
        if record.told:
            return
        record.told = True
        what = f"{host.title} {why.fault}. It is out of use, and tried again every {why.retry_after / 60:.0f} minutes."
        log.error("%s (%s)", what, why)
        try:
            await self._report(Incident(self._clock(), what, str(why), host.name))
        except PhotoplayError as exc:  # the log has it, and the order must still find another host
            log.warning("that could not be noted: %s", exc)

    def _record(self, host: Host) -> _Record:
        return self._records.setdefault(host.name, _Record())
