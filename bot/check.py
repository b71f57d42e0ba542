"""`photoplay check`: what is configured, reachable and missing, in plain words."""

import asyncio
import errno
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

from bot import catalogue, texts
from bot.app import App, open_app
from bot.backup import report
from bot.config import UNHEARD, Settings
from bot.connections import CONNECTIONS, Finding
from bot.errors import Misconfigured, StoreDown
from bot.media import library
from bot.model import Pending
from bot.prices import compared
from bot.quotas import pricing
from bot.quotas.rules import HOUSE, Rule
from bot.sealing.masters import Origin
from bot.shell import as_here
from bot.watch import findings as watch

INCIDENTS = 5
LOOKED_AT = 60.0
"""Seconds of a host's log that are looked at, to see whether it can be read."""
PASSWORD = 12
"""Minimum characters of a password, at eight tries per minute from each address of an attacker."""
"""Bytes of free disk below which only a few clips fit."""

_GIVEN_UP = {
    "files": "all other files (Landlock)",
    "calls": "sockets and programs (seccomp)",
    "memory": "the sight of the bot's memory",
    "privileges": "new privileges",
    "limits": "unlimited memory and time",
    "user": "the bot's own user",
}
"""Restrictions of a decoder (`bot.media.sandbox.confine.Held`), in plain words."""


async def examine(settings: Settings, *, missing: bool = False) -> AsyncIterator[Finding]:
    """Check everything that is free to check. `missing`: the data folder is temporary."""
    try:
        if not missing:
            yield _disk_space(settings.data_dir)
        for finding in _seen_by_others(settings):
            yield finding
        async with open_app(settings, idle=True) as app:
            yield Finding(
                "good", f"Database: {'PostgreSQL' if settings.database_url else 'SQLite in the data folder'}."
            )
            yield await _decoders(app)
            async for finding in _encryption(app):
                yield finding
            async for finding in _providers(app):
                yield finding
            async for finding in _web(app):
                yield finding
            for row in CONNECTIONS.values():
                async for finding in row.check(app.settings):
                    yield finding
            if any(row.token(app.settings) for row in CONNECTIONS.values()) and not app.settings.owners:
                yield Finding(
                    "hint", "OWNERS is not set: nobody in a chat is told of trouble, or may use /operator there."
                )
            async for finding in watch.findings(app.settings):
                yield finding
            async for finding in report.findings(settings, time.time()):
                yield finding
            async for finding in _jobs(app):
                yield finding
    except Misconfigured as error:
        yield Finding("bad", str(error))
    except StoreDown as error:
        yield Finding("bad", f"Database: {error}.")


def _disk_space(folder: Path) -> Finding:
    """Write to the data folder. Raises `Misconfigured`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise Misconfigured(f"DATA_DIR {folder} cannot be used: {error.strerror}.") from None
    where = f"Data folder: {folder.resolve()}, {free / 2**20:,.0f} MB free"
    if free < library.LEAST_FREE:
        return Finding("bad", f"{where}: too little for clips.")
    return Finding("good", f"{where}.")


async def _decoders(app: App) -> Finding:
    """The restrictions of the processes that open untrusted files, tried in one of them."""
    held = await app.media.held()
    kept = ", ".join(words for name, words in _GIVEN_UP.items() if name in held)
    missing = ", ".join(words for name, words in _GIVEN_UP.items() if name not in held)
    given_up = f"Decoders: before they open a stranger's file they give up {kept or 'nothing'}."
    if not missing:
        return Finding("good", given_up)
    if held >= _GIVEN_UP.keys() - {"user"}:
        return Finding("good", f"{given_up} As root they would become another user, too.")
    return Finding("hint", f"{given_up} Not on this machine: {missing}.")


async def _encryption(app: App) -> AsyncIterator[Finding]:
    """Whether files are encrypted, and what that protects from."""
    keys = app.media.vault.keys
    if not app.media.vault.seals or keys is None:
        yield Finding("hint", "Encryption: off. Whoever gets the disk or a backup sees all photos, clips and words.")
        return
    yield _protected(app, *await asyncio.to_thread(keys.state))
    backlog = app.store.unsealed()
    files, rows = len(await app.media.plain()), await backlog.count() if backlog else 0
    if files or rows:
        yield Finding(
            "hint",
            f"Encryption: from before, {files} photos and clips and the words of {rows} messages and orders are still "
            "plain; that goes on while Photoplay runs.",
        )


def _protected(app: App, place: Origin | None, rotate: bool) -> Finding:
    on = "Encryption: photos, clips, exports and words, with a key for each person."
    if rotate:
        return Finding("hint", f"{on} MASTER_KEY is not in use yet. Run: photoplay rekey")
    if place == "file":
        return Finding(
            "hint",
            f"{on} The master key is the file master.key in DATA_DIR: what was removed, or a part of the folder, "
            "cannot be read by others, but the whole folder or a backup can. To keep it apart, set MASTER_KEY and run: "
            "photoplay rekey",
        )
    if app.settings.master_key_before:
        return Finding("hint", f"{on} MASTER_KEY is in use; MASTER_KEY_BEFORE can be removed.")
    return Finding("good", f"{on} Nobody can read them without MASTER_KEY: keep it where no backup of the folder is.")


def _seen_by_others(settings: Settings) -> Iterator[Finding]:
    """Files that other accounts of this machine can read, and should not."""
    file = Path(str(settings.model_config.get("env_file", ".env")))
    for path, what, mode in ((file, "keys and tokens", "600"), (settings.data_dir, "photos and the secret", "700")):
        with suppress(OSError):
            if path.stat().st_mode & 0o077:
                yield Finding(
                    "hint", f"Other accounts of this machine can look into {path}: {what}. Run: chmod {mode} {path}"
                )


async def _providers(app: App) -> AsyncIterator[Finding]:
    names = app.settings.order_of_providers
    if "local" in names:
        yield Finding(
            "good", "Video service: the stand-in on this machine. It costs nothing and is not the real model."
        )
    if names == ("local",):
        yield Finding("hint", "To make real clips, set AIMLAPI_KEY or APILAPLAS_KEY.")
    model = app.core.context.offers().default.model
    if model.id != catalogue.DEFAULT.id:
        yield Finding(
            "hint",
            f"Model: {model.title}, {pricing.price(model.preset, model)} credits for {model.preset} seconds. It was "
            "never tried, only written by its documentation: compare what the first clip costs with the host's bill.",
        )
    for finding in await asyncio.gather(*(provider(app, name) for name in names if name != "local")):
        yield finding
    for name in names:
        if name != "local" and app.providers.asked_for(name):
            yield await _receipts(app, name)
    for name in names:
        if app.providers.lists(name):
            async for finding in _prices(app, name):
                yield finding
    if names == ("apilaplas",) and not app.settings.public_url:
        yield Finding(
            "hint",
            "Apilaplas gets photos inside the request, which it does not document. If it refuses them, set PUBLIC_URL.",
        )
    elif not app.providers.able(order_has_masks=True):
        yield Finding(
            "hint", "Masks and brushes need PUBLIC_URL with this video service; everything else works without."
        )


async def _receipts(app: App, name: str) -> Finding:
    """Whether a host's log of our requests can be read: a look for an order that never was."""
    now, called = time.time(), texts.phrases.host(name)
    found = await app.providers.look(name, "photoplay-check.0", now - LOOKED_AT, now)
    if isinstance(found, Pending) and found.failed:
        minutes = round(app.providers.asked_for(name) / 60)
        return Finding(
            "hint",
            f"Receipts: the log that {called} keeps of our requests cannot be read now ({found.detail}). While that is "
            f"so, an order whose answer never comes is given back after {minutes} minutes, and may have been charged.",
        )
    return Finding(
        "good", f"Receipts: {called} keeps a log of our requests, where an order without an answer is found."
    )


async def _prices(app: App, name: str) -> AsyncIterator[Finding]:
    """What a host's public list says against our rows and prices; and what its keys can be limited to."""
    known, called = app.prices.known(), texts.phrases.host(name)
    prices = await app.providers.prices(name)
    if prices is None:
        yield Finding("hint", f"Prices: {called} tells none now. Those it told last, or Photoplay's own, apply.")
    else:
        quoted = [row.title for row in catalogue.rows() if prices.price(row) is not None]
        yield Finding(
            "good", f"Prices: {called} lists {len(quoted)} of the {len(catalogue.rows())} models of Photoplay."
        )
        for one in compared(app.settings, known, prices):
            yield Finding("hint", str(texts.prices.changed(one.what, one.model.title, name, one.was, one.now)))
    yield Finding(
        "hint",
        f"{name.upper()}_KEY: take one that the host limits to video (model:video) and to a sum a day. It can buy "
        "nothing else then, and stops by itself.",
    )


async def provider(app: App, name: str) -> Finding:
    """Whether a paid host can be reached, and takes our key."""
    probe, called = await app.providers.probe(name), texts.phrases.host(name)
    if probe.verdict == "reachable":
        return Finding("good", f"Video service: {called} is reachable and takes the key.")
    if probe.verdict == "refused":
        return Finding("bad", f"Video service: {called} does not accept {name.upper()}_KEY ({probe.detail}).")
    return Finding("bad", f"Video service: {called} cannot be reached ({probe.detail}). Check {name.upper()}_URL.")


async def _web(app: App) -> AsyncIterator[Finding]:
    settings = app.settings
    try:
        async with app.listening() as address:
            yield Finding("good", f"Web server: {address} is free.")
            if settings.public_url:
                yield await public(app, settings.public_url)
    except Misconfigured as error:
        taken = getattr(error.__cause__, "errno", None) == errno.EADDRINUSE  # else nothing of this machine is there
        found = await app.providers.installation(settings.own_address) if taken else None
        if found and found == app.mark:
            yield Finding("good", f"Web server: running at {settings.own_address}.")
            if settings.public_url:
                yield await public(app, settings.public_url)
        elif found:
            yield Finding(
                "bad",
                f"Web server: another Photoplay, with another DATA_DIR, answers at {settings.own_address}. Set PORT.",
            )
        else:
            yield Finding("bad", f"Web server: {error}")
    if settings.unheard:
        yield Finding("hint", UNHEARD)
    if settings.playground_password:
        yield Finding("good", "Chat page: asks for PLAYGROUND_PASSWORD.")
        length = len(settings.playground_password.get_secret_value())
        if not app.private and length < PASSWORD:
            yield Finding(
                "hint",
                f"PLAYGROUND_PASSWORD has {length} {'character' if length == 1 else 'characters'}, and the page can be "
                f"reached from elsewhere. Take at least {PASSWORD}: whoever guesses it spends your money.",
            )
    elif app.private:
        yield Finding("good", "Chat page: open to whoever sits at this machine.")
    else:
        yield Finding("hint", "Chat page: off. Set PLAYGROUND_PASSWORD to turn it on.")
    if (settings.public_url or "").startswith("http:"):
        yield Finding(
            "hint",
            "PUBLIC_URL begins with http:// – the password, photos and words travel in the open, and Telegram posts to "
            "https only. Put a proxy with https in front.",
        )
    if not settings.public_url:
        yield Finding("hint", "PUBLIC_URL is not set: fine on one machine; photos travel inside the request.")


async def public(app: App, url: str) -> Finding:
    """Whether that address leads to this installation, whose web server runs."""
    found = await app.providers.installation(url)
    if found == app.mark:
        return Finding("good", f"Public address: {url} leads here.")
    if found:
        return Finding("bad", f"Public address: {url} leads to another Photoplay. Check PUBLIC_URL and your proxy.")
    return Finding("bad", f"Public address: {url} does not lead to this server. Check PUBLIC_URL and your proxy.")


async def _jobs(app: App) -> AsyncIterator[Finding]:
    health = await app.store.health(time.time())
    waiting = ", ".join(f"{count} {state}" for state, count in sorted(health.states.items()))
    yield Finding("good", f"Clips under way: {waiting or 'none'}.")
    if (await app.store.quotas.rules(HOUSE)).get("", Rule()).paused:
        yield Finding("hint", as_here(texts.operator.PAUSED))
    if halted := await app.store.restored.halted():
        yield Finding("bad", as_here(texts.operator.halted(len(halted))))
    for incident in await app.store.incidents(INCIDENTS):
        when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(incident.at))
        about = " ".join(part for part in (texts.phrases.host(incident.host), incident.job) if part)
        yield Finding("hint", f"{when} UTC: {incident.what}{f' ({about})' if about else ''}: {incident.detail or '–'}")
