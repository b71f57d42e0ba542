"""`DATABASE_URL` in the spellings of hosters and other programs. Errors repeat no part of it."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlencode

from bot.errors import Misconfigured

TIMEOUT = 10.0
"""Connect timeout in seconds, unless the URL sets one."""
PROGRAM = "photoplay"
"""`application_name` on the server."""

SCHEME = "DATABASE_URL: it must start with postgresql://; without the setting, SQLite is used"
UNREADABLE = (
    "DATABASE_URL: it must look like postgresql://user:password@host:5432/database; in user and password write # as "
    "%23, / as %2F, ? as %3F and @ as %40"
)
PRISMA = (
    "DATABASE_URL: an address that begins with prisma is of Prisma's own service; take the database's own, which "
    "begins with postgresql://"
)
PLACEHOLDER = "DATABASE_URL: its password is still a placeholder; put the database's own in its place"
PORT = "DATABASE_URL: a port is a number up to 65535"
NUMBER = "DATABASE_URL: {} must be a number, 1 or more"
TLS = "DATABASE_URL: {} must be one of disable, allow, prefer, require, verify-ca and verify-full"

_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_OTHER_MODES = {
    **dict.fromkeys(("true", "1", "on", "yes", "no-verify"), "require"),
    **dict.fromkeys(("false", "0", "off", "no"), "disable"),
}
_PLACE = re.compile(r"(?P<hosts>[^/?#@\s]*)(?:/(?P<name>[^/?#@]*)/?)?(?:\?(?P<query>.*))?", re.DOTALL)
_HOST = re.compile(r"(?P<host>\[[\w:.%]+\]|[\w.%-]*)(?::(?P<port>\d*))?", re.ASCII)

_SCHEMES = ("postgresql", "postgres", "pgsql", "psql", "postgis")
_AROUND = "\"'`<>\u201c\u201d\u2018\u2019;, \t\r\n\ufeff\u200b\xa0"
_LINE = re.compile(
    r"(?:(?:export|set|\$env:)\s*)?(?:[A-Za-z]\w*\s*(?:=|:(?!//))\s*)?(?P<program>(?:psql|pg_dump|pgcli)\s(?:.*?\s)??)?"
    r"(?P<quote>[\"'`])?(?:[Jj][Dd][Bb][Cc]:)?(?=[A-Za-z][\w+.]*://)",
    re.DOTALL,
)

_PLACEHOLDER = re.compile(r"[\[<{(]+[\w .-]*pass(?:word|wd)?[\w .-]*[\]>})]+|(?:your|my|db)[-_]password", re.IGNORECASE)
_PROXYS = ("cluster", "endpoint", "project", "reference")
"""Connection options that hosters' proxies read, and servers do not know."""
_TLS = ("ssl", "sslmode")
_DRIVERS = (
    *("sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation"),
    *("ssl_min_protocol_version", "ssl_max_protocol_version", "target_session_attrs", "krbsrvname", "gsslib"),
    *("passfile", "service"),
)
"""Parameters that the driver reads itself."""
_TIMEOUTS = ("connect_timeout", "logintimeout")
_LIMITS = ("connection_limit", "pool_size", "max_pool_size", "pool_max_conns")
_NAMES = ("application_name", "applicationname")
_SCHEMAS = ("schema", "currentschema")
_SETTINGS = (
    *("search_path", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone", "role"),
)
"""Session settings by their own names."""
_POOLED: Mapping[str, Callable[[str], bool]] = {
    "pgbouncer": lambda value: value in ("true", "1", "on", "yes"),
    "pool_mode": lambda value: value == "transaction",
    "workaround": lambda value: value.startswith("supabase-pooler"),
    **dict.fromkeys(
        ("statement_cache_size", "prepared_statement_cache_size", "statement_cache_capacity", "preparethreshold"),
        lambda value: value == "0",
    ),
    **dict.fromkeys(("prepared_statements", "prepare"), lambda value: value in ("false", "0", "off", "no")),
    "default_query_exec_mode": lambda value: value not in ("", "cache_statement"),
    "preferquerymode": lambda value: value == "simple",
}
"""Other programs' parameters that turn prepared statements off."""
_PLACES = ("host", "hostaddr", "port", "user", "password", "dbname", "database", "options")
_KNOWN = {*_TLS, *_DRIVERS, *_TIMEOUTS, *_LIMITS, *_NAMES, *_SCHEMAS, *_SETTINGS, *_POOLED, *_PLACES}


@dataclass(frozen=True, slots=True)
class Target:
    """A server and its connection parameters. None and empty mean the driver's default (PGHOST, PGUSER, …)."""

    hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    database: str | None = None
    tls: str = ""
    """A query string for the driver: TLS, and other parameters that it reads itself."""
    public_tls: bool = False
    """The server's certificate must be signed by a CA of this machine (`sslrootcert=system`)."""
    options: str = ""
    """The startup packet's `options`."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Session settings."""
    name: str = PROGRAM
    timeout: float = TIMEOUT
    """Connect timeout in seconds."""
    connections: int | None = None
    """Upper limit of the pool."""
    pooled: bool = False
    """The URL says that no prepared statement outlives its transaction."""


def read(url: str) -> Target:
    """Parse the URL; unknown parameters are ignored. Raises `Misconfigured`."""
    credentials, place = _split(url)
    given = _parameters(place["query"] or "")
    user, _, password = credentials.partition(":")
    hosts, ports = _hosts(given.get("host") or given.get("hostaddr") or place["hosts"], given.get("port", ""))
    options, settings = _options(given.get("options", ""))
    settings |= {name: given[name] for name in _SETTINGS if given.get(name)}
    if schema := _first(given, _SCHEMAS):
        settings["search_path"] = ", ".join(map(_quoted, schema.split(",")))
    secret = given.get("password") or _decoded(password) or None
    if secret and _PLACEHOLDER.fullmatch(secret):
        raise Misconfigured(f"{PLACEHOLDER}.")
    return Target(
        hosts=hosts,
        ports=ports,
        user=given.get("user") or _decoded(user) or None,
        password=secret,
        database=given.get("dbname") or given.get("database") or _decoded(place["name"] or "") or None,
        tls=_tls(given),
        public_tls=_is_public(given),
        options=options,
        settings=settings,
        name=_first(given, _NAMES) or PROGRAM,
        timeout=_number(given, _TIMEOUTS, zero=True) or TIMEOUT,
        connections=_number(given, _LIMITS),
        pooled=any(means(given[name].lower()) for name, means in _POOLED.items() if name in given),
    )


def secrets(url: str) -> list[str]:
    """Parts of the URL that must not be shown, both as written and decoded."""
    try:
        target = read(url)
    except Misconfigured:
        return [url]
    written = _split(url)[0].partition(":")[2]
    return [url, *{secret for secret in (written, target.password) if secret}]


def _split(url: str) -> tuple[str, re.Match[str]]:
    """Split into user and password, and the rest.

    A password may hold `#/?@` unescaped: the split is at the last @ that is followed by something like a server. An
    @ inside a known parameter does not count.
    """
    text = _pasted(url)
    scheme, sep, rest = text.partition("://")
    if "\0" in text or "%00" in text:
        raise Misconfigured(f"{UNREADABLE}.")
    if scheme.lower() == "prisma" or scheme.lower().startswith("prisma+"):
        raise Misconfigured(f"{PRISMA}.")
    if not sep or scheme.lower().partition("+")[0] not in _SCHEMES:
        raise Misconfigured(f"{SCHEME}.")
    found = None
    for at in [match.start() for match in re.finditer("@", rest)]:
        place = _PLACE.fullmatch(rest, at + 1)
        if place and all(map(_HOST.fullmatch, place["hosts"].split(","))):
            found = rest[:at], place
            names = {part.partition("=")[0].lower() for part in (place["query"] or "").split("&")}
            if place["hosts"] and names <= _KNOWN:
                return found
    if found is None and (bare := _PLACE.fullmatch(rest)):
        found = "", bare
    if found is None:
        raise Misconfigured(f"{UNREADABLE}.")
    return found


def _pasted(text: str) -> str:
    """The URL within a pasted line: a setting, a shell command, quotes, another program's prefix."""
    text = text.strip(_AROUND)
    if line := _LINE.match(text):
        text = text[line.end() :].strip(_AROUND)
    if line and (line["quote"] or line["program"]):  # the rest belongs to the command
        text = text.partition(line["quote"])[0] if line["quote"] else text.split(maxsplit=1)[0]
    return text.strip(_AROUND)


def _hosts(text: str, ports: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Servers with their ports; a path is a socket's folder."""
    if text.startswith("/"):
        return tuple(text.split(",")), (_port(ports),) if ports else ()
    found = [_HOST.fullmatch(part) for part in text.split(",")] if text else []
    if any(match is None for match in found):
        raise Misconfigured(f"{UNREADABLE}.")
    pairs = [(unquote(match["host"]).strip("[]"), match["port"] or "") for match in found if match]
    given = ports.split(",") if ports else []
    several = given if len(given) == len(pairs) else [given[0] if given else ""] * len(pairs)
    numbers = tuple(_port(port or other or "5432") for (_, port), other in zip(pairs, several, strict=True))
    hosts = tuple(host for host, _ in pairs if host)
    return (hosts, numbers) if hosts else ((), numbers[:1] if pairs and (pairs[0][1] or given) else ())


def _port(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or not 0 < int(text) < 2**16:
        raise Misconfigured(f"{PORT}.")
    return int(text)


def _parameters(query: str) -> dict[str, str]:
    parts = (part.partition("=") for part in query.split("&"))
    return {_decoded(name).strip().lower(): _decoded(value).strip() for name, _, value in parts if name}


def _tls(given: Mapping[str, str]) -> str:
    if _is_public(given):
        return ""
    kept = {name: given[name] for name in _DRIVERS if given.get(name)}
    for name in _TLS:
        if value := given.get(name, "").lower():
            kept["sslmode"] = _OTHER_MODES.get(value, value)
            if kept["sslmode"] not in _MODES:
                raise Misconfigured(f"{TLS.format(name)}.")
    return urlencode(kept)


def _is_public(given: Mapping[str, str]) -> bool:
    return given.get("sslrootcert") == "system"


def _options(text: str) -> tuple[str, dict[str, str]]:
    """Connection options: settings (`-c name=value`), and the rest, for the server or its proxy."""
    try:
        words = shlex.split(text if " " in text else text.replace("+", " "))  # some write a blank as +
    except ValueError:
        return text, {}
    settings, rest = {}, []
    while words:
        word = words.pop(0)
        if word == "-c" and words:
            word += words.pop(0)
        name, sep, value = word.removeprefix("-c" if word.startswith("-c") else "--").partition("=")
        if sep and word.startswith("-") and name not in _PROXYS and re.fullmatch(r"[\w.]+", name, re.ASCII):
            settings[name.lower()] = value
        else:
            rest.append(word)
    return " ".join(rest), settings


def _number(given: Mapping[str, str], names: Sequence[str], *, zero: bool = False) -> int | None:
    for name in names:
        if value := given.get(name):
            if not re.fullmatch(r"\d{1,6}", value, re.ASCII) or (int(value) == 0 and not zero):
                raise Misconfigured(f"{NUMBER.format(name)}.")
            return int(value)
    return None


def _first(given: Mapping[str, str], names: Sequence[str]) -> str:
    return next((given[name] for name in names if given.get(name)), "")


def _quoted(name: str) -> str:
    bare = name.strip()
    return bare if bare.startswith('"') else '"' + bare.replace('"', '""') + '"'


def _decoded(text: str) -> str:
    """Percent-decoded, or unchanged where the escapes are invalid."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text
