"""Client of the paid API: choice of host, classification of answers.

A POST may cost money, so it is sent once per order. The next host is tried only after proof that nothing was taken.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, assert_never
from urllib.parse import quote, urlencode

from bot import catalogue
from bot.billing import Charge, PriceList
from bot.errors import Ambiguous, BrokenClip, NotSent, StoreDown
from bot.model import Accepted, Finished, Incident, Order, Pending, Refused, Terms
from bot.providers import books, price_list, wire
from bot.providers.download import Clips
from bot.providers.host_health import HostHealth
from bot.providers.hosts import Host
from bot.providers.request_log import RequestLogs
from bot.providers.transport import Answer, Silence, Transport, read

log = logging.getLogger(__name__)

ODDITIES = 200
"""Distinct oddities that are logged, so that a host with ever new ones cannot fill the disk."""

NO_WAY = "The host opens pictures by link only: set PUBLIC_URL to the https address of this server."


@dataclass(frozen=True, slots=True)
class Probe:
    """Result of one free request to a host, for `photoplay check`."""

    verdict: Literal["reachable", "refused", "unreachable"]
    """`refused`: reachable, but it rejects our key."""
    detail: str


async def unbilled(host: str, remote_id: str, usd: int) -> None:
    """Where no costs are kept."""


class Providers:
    """All hosts behind the `Provider` port. A photo's name is its file in `Media`.

    Orders go to the hosts in `buying`, in that order; the others are only polled for clips already bought.

    `link` gives a photo's public, signed URL (None without PUBLIC_URL), `data_uri` the photo itself, and `redrawn_uri`
    one for hosts with `redrawn`. `clock` returns Unix seconds. `report` stores an incident for the operator. `timeout`
    bounds every call, in seconds. `clip_hosts`: the names that clips may come from, with subdomains, besides a host's
    own; empty allows any public one. `asked` is told of each request to the API: host, method, and its HTTP status,
    `silence` or `unsent`. `bill` keeps what a finished generation cost: host, its id there, and millionths of a dollar.
    """

    def __init__(
        self,
        hosts: Sequence[Host],
        *,
        buying: Sequence[str] | None = None,
        link: Callable[[str], str] | None,
        data_uri: Callable[[str], Awaitable[str]],
        redrawn_uri: Callable[[str], Awaitable[str]] | None = None,
        clock: Callable[[], float],
        report: Callable[[Incident], Awaitable[None]],
        timeout: float = 60.0,
        clip_hosts: Sequence[str] = (),
        asked: Callable[[str, str, str], None] = lambda *_: None,
        bill: Callable[[str, str, int], Awaitable[None]] = unbilled,
    ) -> None:
        self._hosts = {host.name: host for host in hosts}
        self._shops = [self._hosts[name] for name in buying] if buying is not None else list(hosts)
        self._health = HostHealth(clock, report)
        self._link, self._data_uri, self._redrawn_uri = link, data_uri, redrawn_uri or data_uri
        self._clock, self._timeout = clock, timeout
        self._bill = bill
        self._medians_of: dict[str, Mapping[str, float]] = {}
        self._noticed: set[tuple[str, str]] = set()
        self._transport = Transport(timeout, asked)
        self._clips = Clips(self._transport.tls, clip_hosts)
        self._logs = RequestLogs(self._transport, hosts, self._shops, clock, self._notice)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    def able(self, order_has_masks: bool) -> bool:
        """Whether any configured host can be given the pictures of such an order."""
        return any(self._way(host, order_has_masks) for host in self._shops)

    def terms(self, host: str | None = None, model: str = "") -> Terms:
        """Expectations of `host`; of the preferred host if `host` is None or no longer configured.

        Of a model: by what the host tells, else its row. The stand-in takes its own time for all.
        """
        row = self._hosts.get(host or "") or self._shops[0]
        name = host or row.name
        if name == "local" or not model:
            return Terms(name, name == "local", self.able(True), row.first_polls, row.usual)
        kind = catalogue.row(model)
        usual = self._medians_of.get(row.name, {}).get(model) or kind.usual
        polls = kind.polls or row.first_polls
        return Terms(name, False, self.able(True), polls, usual or row.usual, told=usual is not None)

    def lists(self, name: str) -> bool:
        """Whether a host has a public list of prices."""
        return name in self._hosts and bool(self._hosts[name].models)

    def learn(self, prices: PriceList) -> None:
        """Expect what a host's list says of durations."""
        sold = {row.sold[prices.host].id: row.id for row in catalogue.rows() if prices.host in row.sold}
        self._medians_of[prices.host] = {sold[id]: s for id, s in prices.medians.items() if id in sold}

    def hosts(self) -> Sequence[str]:
        """Names of all configured hosts."""
        return tuple(self._hosts)

    async def create(self, order: Order, request_id: str) -> Accepted | Refused:
        """Buy one generation from the first host that takes it. Raises `NotSent` or `Ambiguous`."""
        masks = bool(order.static_mask or order.brushes)
        model = catalogue.row(order.model, order.version)
        sellers = [host for host in self._shops if host.sells(model)]
        fit = [host for host in sellers if self._way(host, masks)]
        if not fit:
            return Refused("rejected", NO_WAY if sellers else f"no configured host sells {model.title}")
        failures: list[NotSent] = []
        for host in fit:
            wait = self._health.wait(host)
            if wait > 0:
                failures.append(NotSent(f"{host.name} rests for {wait:.0f} s", wait, self._health.waits(host)))
                continue
            try:
                return await self._buy(host, order, masks, request_id)
            except NotSent as failure:
                failures.append(failure)
        said = "; ".join(map(str, failures))
        if all(map(self._health.unusable, fit)):
            return Refused("unavailable", said)
        soonest = min(failures, key=lambda failure: failure.retry_after)
        raise NotSent(said, soonest.retry_after, soonest.waits)

    def asked_for(self, host: str | None) -> float:
        """Seconds for which that host's log (None: any log) is asked about an order without an answer; 0: no log."""
        return self._logs.asked_for(host)

    async def look(self, host: str | None, request_id: str, since: float, until: float) -> Accepted | Refused | Pending:
        """Look for a create in the log of that host; None: of every host that keeps one (`RequestLogs.look`)."""
        return await self._logs.look(host, request_id, since, until)

    async def poll(
        self, host: str, remote_id: str, age: float, order: Order | None = None
    ) -> Pending | Finished | Refused:
        """Poll a generation accepted by `host` `age` seconds ago. Free; raises nothing but cancellation.

        `order`: what was ordered, whose model says where to ask; without it, where the first model is asked about.
        """
        row = self._hosts.get(host)
        if row is None:
            return self._notice(host, Pending("not configured any more", failed=True))
        match await self._transport.get(row, _look(_address(row, order), remote_id)):
            case Silence(why=why):
                return self._notice(host, Pending(f"no answer: {why}", failed=True))
            case Answer(status=status, body=body, headers=headers):
                seen = await read(lambda: wire.polled(status, body, age), body)
                if isinstance(seen, Finished):
                    spent = await read(lambda: books.spent(headers, body), body)
                    if spent is not None:
                        await self._bill(host, remote_id, spent)
                return self._notice(host, seen) if isinstance(seen, Pending) and seen.detail else seen
            case never:
                assert_never(never)

    def fetch(self, host: str, url: str) -> AsyncIterator[bytes]:
        """The bytes of a finished clip. Raises `BrokenClip`, at the latest during iteration."""
        row = self._hosts.get(host)
        if row is None:
            raise BrokenClip(f"{host} is not configured any more")
        return self._clips.fetch(row, url)

    async def probe(self, name: str) -> Probe:
        """Ask a host for a nonexistent job: free, and proves that the host is reachable and accepts our key."""
        host = self._hosts[name]
        match await self._transport.get(host, _look(_address(host), "photoplay-check")):
            case Silence(why=why):
                return Probe("unreachable", why)
            case Answer(status=status):
                return Probe("refused" if status in (401, 402, 403) else "reachable", f"HTTP {status}")
            case never:
                assert_never(never)

    async def prices(self, name: str, before: PriceList | None = None) -> PriceList | None:
        """A host's public list; None if it has none, or none can be had now. `before`: what it said last."""
        host = self._hosts[name]
        if not host.models:
            return None
        tag = before.etag if before else ""
        said = await self._transport.get(host, f"{host.base_url}{host.models}?{price_list.QUERY}", tag=tag)
        if isinstance(said, Silence):
            return None
        if said.status == 304 and before:
            return replace(before, medians=await self._medians(host))
        models = await asyncio.to_thread(price_list.listed, said.body, name) if said.status == 200 else None
        return PriceList(name, tuple(models), said.etag, await self._medians(host)) if models else None

    async def _medians(self, host: Host) -> Mapping[str, float]:
        """How long models take there, as far as it says so now; by our ids of them."""
        ids = [row.sold[host.name].id for row in catalogue.rows() if host.sells(row)]
        asked = urlencode([("aliases", id) for id in ids])
        said = await self._transport.get(host, f"{host.base_url}{host.metrics}?{asked}")
        if isinstance(said, Silence) or said.status != 200:
            return {}
        return await asyncio.to_thread(price_list.medians, said.body)

    async def balances(self) -> Mapping[str, float]:
        """Our balance by host, in dollars; hosts that report none are missing."""
        hosts = [host for host in self._hosts.values() if host.balances]
        said = await asyncio.gather(*map(self._balance, hosts))
        return {host.name: left for host, left in zip(hosts, said, strict=True) if left is not None}

    async def _balance(self, host: Host) -> float | None:
        for url in host.balances:
            said = await self._transport.get(host, url)
            if isinstance(said, Answer) and said.status == 200:
                left = await asyncio.to_thread(books.dollars, said.body)
                if left is not None:
                    return left
        return None

    async def charges(self, name: str, since: float, until: float) -> Sequence[Charge] | str:
        """All that a host took for generations between two times in Unix seconds; or why it cannot be had."""
        return await books.charges(self._transport, self._hosts[name], since, until)

    def keeps_books(self, name: str) -> bool:
        """Whether a host lists what it took."""
        return name in self._hosts and bool(self._hosts[name].books)

    async def logged(self, name: str, since: float, until: float) -> Mapping[str, str]:
        """Our ids of requests in a host's log, by the host's; as far as it can be read."""
        host = self._hosts[name]
        return await self._logs.named(host, since, until) if host.log else {}

    async def installation(self, base: str) -> str | None:
        """The installation mark of the Photoplay that answers at that address; None if none does."""
        said = await self._transport.json_at(f"{base}/livez")
        mark = said.get("installation") if isinstance(said, dict) else None
        return mark if isinstance(mark, str) else None

    def _way(self, host: Host, masks: bool) -> Literal["link", "inline"] | None:
        """How an order's pictures get to a host; None if they cannot."""
        inline = host.inline and (host.inline_masks or not masks)
        if self._link and not (inline and host.inline_first):
            return "link"
        return "inline" if inline else None

    async def _pictures(self, host: Host, order: Order, masks: bool) -> Mapping[str, str]:
        """Addresses of the order's pictures, by name. Raises `NotSent` for an unreadable one, `LookupError` for
        a missing one."""
        names = {photo.name for photo in order.photos}
        if self._link and self._way(host, masks) == "link":
            return {name: self._link(name) for name in names}
        try:
            uri = self._redrawn_uri if host.redrawn else self._data_uri
            return {name: await uri(name) for name in names}
        except (OSError, StoreDown) as exc:
            raise NotSent(f"a picture could not be read: {type(exc).__name__}", waits="disk") from exc

    async def _buy(self, host: Host, order: Order, masks: bool, request_id: str) -> Accepted | Refused:
        """The paid call, once, to one host."""
        try:
            return await self._post(host, order, masks, request_id)
        except Ambiguous as error:
            error.host = host.name
            raise

    async def _post(self, host: Host, order: Order, masks: bool, request_id: str) -> Accepted | Refused:
        self._health.attempt(host, self._timeout)
        try:
            urls = await self._pictures(host, order, masks)
        except LookupError:
            return Refused("failed", "a picture of the order is gone")
        match await self._transport.post(host, _address(host, order), _content(order, host, urls), request_id):
            case Silence(sent=False, why=why):
                self._health.rest(host, host.rest, "silence")
                raise NotSent(f"{host.name} could not be reached: {why}", host.rest, "silence")
            case Silence(why=why):
                self._health.stumble(host)
                raise Ambiguous(f"{host.name} gave no answer: {why}")
            case Answer(status=status, body=body, retry_after=retry_after, inference_id=named):
                pause = wire.pause(retry_after, self._clock())
        try:
            name = named if host.log else None
            result = await read(lambda: wire.created(host.name, status, body, pause, name), body)
        except wire.OutOfUse as out:
            await self._health.out(host, out)
            raise
        except NotSent:
            self._health.rest(host, pause or 0.0, "room")
            raise
        except Ambiguous:
            self._health.stumble(host)
            raise
        self._health.fine(host)
        return result

    def _notice(self, host: str, odd: Pending) -> Pending:
        """Log an oddity at its first occurrence."""
        key = (host, odd.detail)
        if key not in self._noticed and len(self._noticed) < ODDITIES:
            self._noticed.add(key)
            log.warning("%s: %s (from now on, this stays unlogged)", host, odd.detail)
        return odd


def _content(order: Order, host: Host, urls: Mapping[str, str]) -> bytes:
    """The body of a create, with the pictures' addresses by name.

    What stands in Base64 is put in afterwards: to look in it for what JSON would escape takes longer than all the rest.
    """
    inline = {name: secrets.token_hex(16) for name, url in urls.items() if url.startswith("data:")}
    known = {**urls, **inline}
    text = json.dumps(wire.body(order, host, lambda photo: known[photo.name]), allow_nan=False)
    for name, mark in inline.items():
        text = text.replace(mark, urls[name])
    return text.encode()


def _address(host: Host, order: Order | None = None) -> str:
    return host.address(catalogue.row(order.model, order.version) if order else catalogue.DEFAULT)


def _look(address: str, remote_id: str) -> str:
    return f"{address}?generation_id={quote(remote_id, safe='')}"
