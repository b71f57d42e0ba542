"""A webhook that gets incidents as JSON, each until it was taken or is a day old.

They are read from the database, so none is missed that another process noted or that came while we were away; which
were told is a note there. Those of the last minute are looked through again, as they may be saved late; who
hears one twice after a crash knows it by its `id`.
"""

import asyncio
import hashlib
import json
import logging
import math
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.errors import StoreDown
from bot.model import Incident
from bot.watch.outside import Outside
from storage import Store

log = logging.getLogger(__name__)

EVERY = 10.0
"""Seconds between looks for new incidents."""
LONGEST = 300.0
"""Maximum seconds between two tries."""
MOST = 50
"""Incidents of one request."""
LATE = 60.0
"""Seconds by which an incident may be saved after its time, or clocks differ."""
DAY = 86_400.0
_NOTE = ("operator", "", "alerted")
_FOREVER = 4e9
_CALLS = re.compile("[@<]")


class Alerts:
    """Posts to `url`. `clock` returns Unix seconds; `installation` says whose incidents they are."""

    def __init__(self, url: str, outside: Outside, store: Store, installation: str, clock: Callable[[], float]) -> None:
        self._url = url
        self._outside = outside
        self._store = store
        self._installation = installation
        self._clock = clock
        self._after: float | None = None
        self._told: list[str] = []
        """Ids of the latest incidents that were told, oldest first."""
        self._tries = 0

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Post until cancelled."""
        while True:
            try:
                pause = await self.round()
            except StoreDown:
                pause = EVERY
            except Exception:  # an odd row must not end the alerts
                log.exception("no incident could be told")
                pause = LONGEST
            await sleep(pause)

    async def round(self) -> float:
        """Post what is new; returns the seconds until the next look. Raises `StoreDown`."""
        now = self._clock()
        after = max(await self._begin(now), now - DAY)
        found = await self._store.incidents_since(after, MOST)
        new = [incident for incident in found if _id(incident) not in self._told]
        if new and (trouble := await self._outside.ask("POST", self._url, self._body(new))):
            if not self._tries:
                log.warning("ALERT_URL does not take our incidents (%s); they are kept for a day", trouble)
            self._tries += 1
            return min(LONGEST, EVERY * 2.0 ** min(self._tries - 1, 10))
        if new and self._tries:
            log.info("ALERT_URL takes our incidents again")
            self._tries = 0
        if len(found) == MOST:  # a page: the next one begins with the last of this one
            after = max(found[-1].at, math.nextafter(after, math.inf))
        elif found:
            after = max(after, found[-1].at - LATE)
        if new or after != self._after:
            await self._remember(after, [*self._told, *map(_id, new)][-2 * MOST :])
        return EVERY

    async def _begin(self, now: float) -> float:
        """The time from which incidents are looked for. Those from before there was an ALERT_URL do not count."""
        if self._after is None:
            note = await self._store.inbox.recall(*_NOTE, now)
            said: dict[str, Any] = json.loads(note) if note else {"after": now, "told": []}
            if not note:
                await self._remember(now, [])
            self._after, self._told = float(said["after"]), list(said["told"])
        return self._after

    async def _remember(self, after: float, told: list[str]) -> None:
        said = json.dumps({"after": after, "told": told})
        self._after, self._told = after, told  # first: what was told is not told again, also if it cannot be saved now
        await self._store.inbox.remember(*_NOTE, said, self._clock() + _FOREVER)

    def _body(self, incidents: Sequence[Incident]) -> dict[str, Any]:
        """`text` and `content` are what Slack, Mattermost and Discord show of a webhook; mentions have no effect."""
        words = "\n".join(f"Photoplay: {one.what}{f' ({one.detail})' if one.detail else ''}" for one in incidents)
        words = _CALLS.sub("\\g<0>\u200b", words[:2000])  # a host's words may be “@everyone” or “<!channel>”
        words = words if len(words) <= 1900 else f"{words[:1900]}…"  # Discord takes 2,000 characters
        return {
            "installation": self._installation,
            "text": words,
            "content": words,
            "allowed_mentions": {"parse": []},
            "incidents": [
                {
                    "id": _id(one),
                    "at": datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds"),
                    "what": str(one.what),
                    "detail": one.detail,
                    "host": one.host,
                    "job": one.job,
                }
                for one in incidents
            ],
        }


def _id(incident: Incident) -> str:
    said = [incident.at, str(incident.what), str(incident.detail), incident.host, incident.job]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
