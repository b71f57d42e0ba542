"""Prices as they apply now: the operator's, else a host's list, else the rows; and what the lists say against ours.

Lists are read at start and every night, by one process for all, and kept in the database.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot import catalogue, texts
from bot.billing import Changed, PriceList, changes
from bot.chosen_models import Known, offers, price_of
from bot.config import Settings
from bot.errors import Misconfigured
from bot.model import Incident
from bot.offers import Offers
from bot.providers.client import Providers
from bot.quotas.rules import HOUSE, Rule
from bot.sentence import Sentence, lines
from storage import Store

log = logging.getLogger(__name__)

DAY = 86_400.0
NIGHT = 3 * 3600.0
"""Time of day, in seconds UTC, of what is done every night."""
FRESH = 3600.0
"""Age in seconds of a list that is not read again at a start."""
AGAIN = 3600.0
"""Seconds until another try after a failure."""


def tonight(now: float) -> float:
    """The next time of what is done every night."""
    return now - (now - NIGHT) % DAY + DAY


class Prices:
    """`offers` is what can be ordered; `round` is a chore. `tell`, set later, writes to the operators."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        providers: Providers,
        clock: Callable[[], float],
    ) -> None:
        self._settings, self._store, self._providers = settings, store, providers
        self._clock = clock
        self.tell: Callable[[Sentence], Awaitable[None]] = nobody
        self._hosts = [name for name in settings.order_of_providers if providers.lists(name)]
        self._known = Known()
        self._offers: Offers | None = None
        self._started = False

    async def open(self) -> None:
        """Load the prices. Raises `Misconfigured` if `MODEL` has none, even after a look at the hosts' lists."""
        await self._load()
        try:
            self._offers = offers(self._settings, self._known)
        except Misconfigured:
            if not self._hosts:
                raise
            for host in self._hosts:
                await self._read(host)
            await self._load()
            self._offers = offers(self._settings, self._known)

    def offers(self) -> Offers:
        assert self._offers
        return self._offers

    def known(self) -> Known:
        """What there is besides the settings and the rows."""
        return self._known

    async def reload(self) -> None:
        """Apply what the operator or another process changed."""
        await self._load()
        try:
            self._offers = offers(self._settings, self._known)
        except Misconfigured as error:  # somebody took back the price of MODEL: it stays until the next start
            log.warning("prices stay as they were: %s", error)

    async def round(self) -> None:
        """Reload, and read the lists that are due."""
        for host in self._hosts:
            now = self._clock()
            task, stale = f"prices:{host}", 0.0 if self._started else now - FRESH
            if await self._store.bills.begin(task, now, tonight(now), stale) and not await self._read(host):
                await self._store.bills.again(task, now + AGAIN)
        self._started = True
        await self.reload()

    async def _load(self) -> None:
        rule = (await self._store.quotas.rules(HOUSE)).get("", Rule())
        lists = [one for one in await self._store.bills.lists() if one.host in self._hosts]
        self._known = Known.of(rule.prices or (), lists)
        for prices in lists:
            self._providers.learn(prices)

    async def _read(self, host: str) -> bool:
        """Read a host's list, keep it, and tell the operators of what is new in it; False if it cannot be had."""
        before = next((one for one in self._known.lists if one.host == host), None)
        prices = await self._providers.prices(host, before)
        if prices is None:
            log.info("%s tells no prices now", host)
            return False
        found = compared(self._settings, self._known, prices)
        told = before.told if before else ()
        prices = replace(prices, told=tuple(one.key for one in found))
        await self._store.bills.keep_list(prices, self._clock())
        new = [
            texts.prices.changed(one.what, one.model.title, host, one.was, one.now)
            for one in found
            if one.key not in told
        ]
        for words in new:
            await self._store.note(Incident(self._clock(), words, host=host))
        if new:
            await self.tell(lines(*new))
        return True


async def nobody(words: Sentence) -> None:
    """Before anybody can be written to."""


def compared(settings: Settings, known: Known, prices: PriceList) -> Sequence[Changed]:
    """What a list says against our rows, and against the prices that apply here."""
    rows = [replace(row, price=price_of(row, settings, known)) for row in catalogue.rows()]
    before = next((one for one in known.lists if one.host == prices.host), None)
    others = [one for one in known.lists if one.host != prices.host]
    now = replace(known, lists=(*others, prices))
    fixed = {row.id for row in rows if price_of(row, settings, now) == row.price}
    return changes(rows, prices, before, fixed)
