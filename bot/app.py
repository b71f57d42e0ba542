"""The composition root: builds the parts from the settings and connects them."""

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from adapters.web.chat_page import ChatPage
from adapters.web.gallery_routes import GalleryRoutes
from adapters.web.job_json import MEDIA, JobJson
from adapters.web.operator.routes import OperatorRoutes
from adapters.web.operator.session import OperatorSessions
from adapters.web.proxies import Proxies, is_loopback
from adapters.web.server import INSTALLATION, make_app, serve
from adapters.web.session import Sessions
from bot import connections, logs, stand_in
from bot.backup import upgrade
from bot.backup.finishing import usable
from bot.backup.schedule import Scheduled
from bot.backup.source import source_of, tombstones_of
from bot.config import Settings
from bot.context import Addresses, Context, Ids, Kept, Wake
from bot.core import Core
from bot.encryption import first_keys, keys_of
from bot.errors import Misconfigured, StoreDown
from bot.gallery import best
from bot.gallery.outbox import Runner
from bot.ids import new_id
from bot.jobs.history import History
from bot.jobs.periodic import Chore, Periodic
from bot.jobs.shelf import Shelf
from bot.jobs.steps import Steps
from bot.jobs.supervisor import Supervisor
from bot.jobs.worker import Worker
from bot.media.backlog import Backlog
from bot.media.fit import Fitting
from bot.media.library import Media
from bot.media.signed_links import Links, secret_of
from bot.media.vault import Vault
from bot.model import Incident
from bot.operator_notices import to_operators
from bot.ports import Chat, Platform
from bot.prices import Prices
from bot.privacy.retention import Retention
from bot.privacy.words import WordsBacklog
from bot.providers import hosts
from bot.providers.client import Providers
from bot.quotas.rules import HOUSE, Rule
from bot.reconciliation import Reconciliation
from bot.sealing.words import TextCipher
from bot.watch.disk_space import DiskSpace
from bot.watch.meters import MeteredChat, MeteredProvider, Meters
from storage import Store, database_url, open_store

PHOTO_LINK = 24 * 3600.0
"""Validity of a photo's link in seconds: a provider may queue an order before it downloads the photo."""
CLIP_LINK = 30 * 86_400.0
"""Validity of a clip's link in seconds, for clips that a chat could not take."""
LATE = 30.0
"""Seconds without a round, or of lateness of a due job, after which `/healthz` fails."""


@dataclass(frozen=True)
class App:
    """All parts of a running Photoplay."""

    settings: Settings
    store: Store
    media: Media
    providers: Providers
    history: History
    core: Core
    worker: Worker
    runner: Runner
    periodic: Periodic
    prices: Prices
    reconciliation: Reconciliation
    links: Links
    platforms: Sequence[Platform]
    supervisor: Supervisor
    meters: Meters
    floods: Mapping[str, Callable[[], int]]
    """How often each platform told us to slow down."""

    @property
    def private(self) -> bool:
        """Whether the web server is reachable from this machine only."""
        return _is_private(self.settings)

    @property
    def mark(self) -> str:
        """Identity of this installation, as returned by `/livez`."""
        return self.links.mark(INSTALLATION)

    async def health(self) -> tuple[bool, Mapping[str, Any]]:
        """Whether Photoplay works, with figures; a platform's trouble is among them, but is no reason for a restart."""
        now = time.time()
        since = now - self.worker.last_round
        platforms = {name: trouble or "up" for name, trouble in self.supervisor.troubles().items()}
        try:
            health = await self.store.health(now)
            outbox = await self.runner.overdue()
            paused = (await self.store.quotas.rules(HOUSE)).get("", Rule()).paused
        except StoreDown:
            return False, {"worker_last_round_s": round(since, 1), "database": "down", "platforms": platforms}
        figures = {
            "worker_last_round_s": round(since, 1),
            "oldest_overdue_s": round(health.overdue, 1),
            "outbox_overdue_s": round(outbox, 1),  # no alarm: a busy gallery may lag
            "database": "up",
            "buying": "paused" if paused else "on",
            "jobs": health.states,
            "platforms": platforms,
        }
        return since < LATE and health.overdue < LATE, figures

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Serve the web; yields the URL."""
        settings = self.settings
        password = settings.playground_password
        secure = (settings.public_url or "").startswith("https:")
        sessions = Sessions(
            self.links,
            time.time,
            private=self.private,
            password=password.get_secret_value() if password else None,
            secure=secure,
            proxies=Proxies(settings.trusted_proxies),
        )
        page = ChatPage(self.core, sessions, JobJson(self.core, self.links))
        hooks = {platform.name: platform.hook for platform in self.platforms}
        galleries = GalleryRoutes(self.core, sessions, time.time)
        operator_sessions = OperatorSessions(self.core, self.links, sessions.address, secure=secure)
        operators = OperatorRoutes(self.core, operator_sessions, self.health)
        app = make_app(self.links, self.media.stored, self.health, page, hooks, galleries, operators)
        async with serve(app, self.settings.hosts, self.settings.port) as address:
            yield address


@asynccontextmanager
async def open_app(
    settings: Settings, chats: Mapping[str, Chat] | None = None, *, idle: bool = False, social: bool = False
) -> AsyncIterator[App]:
    """Build everything, with these platforms or the configured ones; closes it at the end.

    `idle`: read-only, starts no stand-in, so nothing may be bought or polled. `social`: also the platforms with a
    token. Raises `Misconfigured` or `StoreDown` with messages for the operator.
    """
    clock = time.time
    order = settings.order_of_providers
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"DATA_DIR {settings.data_dir} cannot be used: {error.strerror}.") from None
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(usable(settings))
        seed = secret_of(settings.data_dir)
        links = Links(seed, clock)
        logs.hide([links.secret(connections.HOOK)])
        url = settings.database_url.get_secret_value() if settings.database_url else None
        meters = _meters(settings)
        stones = tombstones_of(settings, seed)
        before = partial(upgrade.back_up, settings)
        keys = keys_of(settings, make=False)
        cipher = TextCipher(keys, seals=settings.encryption)
        store = await open_store(settings.data_dir, url, settings.mark_dir, meters.database, stones, before, cipher)
        stack.push_async_callback(store.close)
        if keys is None:
            keys = await first_keys(settings, store)
            cipher.use(keys, seals=settings.encryption)
        media = Media(settings.data_dir, new_id=new_id, vault=Vault(keys, seal=settings.encryption))
        stack.push_async_callback(media.close)

        async def report(incident: Incident) -> None:
            await store.note(incident)

        async def bill(host: str, remote_id: str, usd: int) -> None:
            with suppress(StoreDown):  # the nightly comparison brings it
                await store.bills.cost(host, remote_id, usd, clock())

        rows = {}
        if "local" in order:
            from generator.server import Generator  # a megabyte that a bot with a key does not need

            generator = Generator(settings.data_dir / "generator", models=stand_in.models())
            rows["local"] = hosts.local(
                "http://localhost" if idle else await stack.enter_async_context(generator.serve())
            )
        if settings.aimlapi_key:
            rows["aimlapi"] = hosts.aimlapi(settings.aimlapi_key, settings.aimlapi_url)
        if settings.apilaplas_key:
            rows["apilaplas"] = hosts.apilaplas(
                settings.apilaplas_key, settings.apilaplas_url, inline=settings.apilaplas_inline
            )

        def address(name: str, lifetime: float) -> str:
            return f"{settings.public_url}/media/{links.sign(MEDIA, name, lifetime)}"

        def link(name: str) -> str:
            if not media.has(name):
                raise LookupError(name)  # do not pay for a missing photo
            return address(name, PHOTO_LINK)

        def clip_link(name: str) -> str:
            return address(name, CLIP_LINK)

        reachable = clip_link if settings.public_url else None

        providers = Providers(
            list(rows.values()),  # hosts no longer bought from may still have clips for us
            buying=order,
            link=link if settings.public_url else None,
            data_uri=media.data_uri,
            redrawn_uri=media.redrawn_uri,
            clock=clock,
            report=report,
            timeout=settings.lease / 2,
            clip_hosts=settings.clip_hosts,
            bill=bill,
            asked=meters.asked,
        )
        stack.push_async_callback(providers.close)
        if not providers.able(order_has_masks=False):
            raise Misconfigured(
                "The provider opens photos by link only. Set PUBLIC_URL to the https address under which it can reach "
                "this server."
            )
        prices = Prices(settings, store, providers, clock)
        await prices.open()
        reconciliation = Reconciliation(store, providers, providers.hosts(), clock)
        chats = dict(chats or {"console": Shelf(), "web": Shelf()})
        parts = connections.Parts(settings, store, links, reachable)
        joined = {
            name: await stack.enter_async_context(row.connect(parts))
            for name, row in connections.CONNECTIONS.items()
            if social and row.token(settings)
        }
        chats.update((name, connection.chat) for name, connection in joined.items())
        chats = {name: MeteredChat(name, chat, meters) for name, chat in chats.items()}
        history = History(store, providers, clock, settings.provider_slots)
        acts = Steps(
            store,
            media,
            MeteredProvider(providers, meters),
            chats,
            history,
            clock=clock,
            deadline=settings.job_deadline,
            lease=settings.lease,
            link=reachable,
            ended=meters.ended,
            others=lambda: prices.offers().several,
        )
        worker = Worker(store, acts, tuple(chats), clock=clock, slots=settings.provider_slots)
        runner = Runner(store, media, chats, clock=clock, web=settings.public_url)
        kept = Kept(settings.photo_hours * 3600, settings.clip_days * 86_400)
        tell = to_operators(settings.owners, chats)
        prices.tell = reconciliation.tell = tell
        context = Context(
            store=store,
            media=media,
            fit=Fitting(media, reachable),
            provider=providers,
            history=history,
            clock=clock,
            ids=Ids(new_id, seed),
            offers=prices.offers,
            reprice=prices.reload,
            policy=settings.policy,
            wake=Wake(worker.poke, runner.poke),
            owners=frozenset(settings.owners),
            links=Addresses(settings.public_url, reachable, settings.own_address),
            tell=tell,
            ask_consent=settings.ask_consent,
            kept=kept,
            platforms=_platforms(settings),
        )
        core = Core(context)
        platforms = [connection.listen(core) for connection in joined.values()]
        supervisor = Supervisor(platforms, clock=time.monotonic)
        retention = Retention(store, media, clock=clock, photos=kept.photos, clips=kept.clips, platforms=tuple(chats))
        chores: list[Chore] = [retention.round, partial(best.post_best, context), prices.round, reconciliation.round]
        chores.append(lambda: upgrade.drop_old(settings.data_dir, clock()))
        if settings.backup_dir:
            scheduled = Scheduled(source_of(settings), settings.backup_dir, settings.backup_keep, store, clock)
            chores.append(scheduled.round)
        chores += [Backlog(store, media).round, WordsBacklog(store).round, DiskSpace(media, store, clock, tell).round]
        periodic = Periodic(chores)
        yield App(
            settings,
            store,
            media,
            providers,
            history,
            core,
            worker,
            runner,
            periodic,
            prices,
            reconciliation,
            links,
            platforms,
            supervisor,
            meters,
            {name: connection.floods for name, connection in joined.items()},
        )


def _meters(settings: Settings) -> Meters:
    if settings.metrics_port is None:
        return Meters()
    from bot.watch.metrics import Metrics  # the library is loaded where it is used

    return Metrics()


def _is_private(settings: Settings) -> bool:
    return all(map(is_loopback, settings.hosts)) and not settings.public_url


def _platforms(settings: Settings) -> frozenset[str]:
    """The configured platforms, also those that this process does not connect to."""
    tokens = {name for name, row in connections.CONNECTIONS.items() if row.token(settings)}
    return frozenset({*tokens, "web"} if settings.playground_password or _is_private(settings) else tokens)


def secrets_of(settings: Settings) -> list[str]:
    """Values that must never be logged."""
    values = (getattr(settings, name) for name in type(settings).model_fields)
    found = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
    url = settings.database_url
    paths = [urlsplit(each.get_secret_value()).path for each in (settings.ping_url, settings.alert_url) if each]
    return (
        found
        + (database_url.secrets(url.get_secret_value()) if url else [])
        + [path for path in paths if len(path) > 5]
    )
