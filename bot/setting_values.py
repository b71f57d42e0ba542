"""What values of settings must look like. Each function returns the value as it is used; `ValueError` says what is odd.

No message repeats the value: it might be a secret.
"""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationInfo

from bot.sealing.masters import SHORTEST


def hosts(value: str) -> str:
    """One address or host name, or several with commas."""
    if not listed(value) or not all(map(_is_host, listed(value))):
        raise ValueError("it must be an address alone, as in 127.0.0.1, or several, as in 0.0.0.0,::")
    return value


def outside_of_data(value: Path | None, others: ValidationInfo) -> Path | None:
    """A folder for copies of the data, which are not to be lost with it."""
    data = others.data.get("data_dir")
    if value and data and is_inside(value, data):
        raise ValueError("it must lie outside of DATA_DIR, best on another disk")
    return value


def is_inside(folder: Path, data: Path) -> bool:
    """Whether a folder is the data folder, or in it."""
    return folder.resolve().is_relative_to(data.resolve())


def key(value: SecretStr | None) -> SecretStr | None:
    """A key or token that an HTTP header can carry."""
    if value and not all("!" <= character <= "~" for character in value.get_secret_value()):
        raise ValueError("it has a space or a character in it that no key has; please copy it again")
    return value


def address_to_fetch(value: SecretStr | None) -> SecretStr | None:
    """A URL that is fetched; secret, as it permits reports in our name."""
    try:
        parts = urlsplit(value.get_secret_value()) if value else None
        good = parts is None or (parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.fragment)
        good = good and (parts is None or parts.port != 0)  # reading it validates it
    except ValueError:
        good = False
    if not good:
        raise ValueError("it must be an address such as https://hc-ping.com/and-so-on; please copy it again")
    return value


def master_key(value: SecretStr | None) -> SecretStr | None:
    """A secret of some length."""
    if value and len(value.get_secret_value()) < SHORTEST:
        raise ValueError(f"it must have {SHORTEST} characters or more, as `openssl rand -base64 32` prints them")
    return value


def people(value: tuple[str, ...]) -> tuple[str, ...]:
    """People, as `platform:id`."""
    if not all(re.fullmatch(r"[a-z]+:[\w-]+", owner, re.ASCII) for owner in value):
        raise ValueError("it must name people as in telegram:123,discord:456")
    return value


def networks(value: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses, or networks of them."""
    try:
        known = all(ip_network(proxy, strict=False).prefixlen for proxy in value)
    except ValueError:
        known = False
    if not known:
        raise ValueError("it must list addresses or networks, as in 172.17.0.1,10.0.0.0/8; a name will not do")
    return value


def telegram_token(value: SecretStr | None) -> SecretStr | None:
    """A token of BotFather's."""
    if value and not re.fullmatch(r"\d+:[\w-]+", value.get_secret_value(), re.ASCII):
        raise ValueError("it must look like 123456789:AbC…, as BotFather writes it; please copy it again")
    return value


def discord_token(value: SecretStr | None) -> SecretStr | None:
    """A bot's token."""
    if value and not re.fullmatch(r"[\w.-]+", value.get_secret_value(), re.ASCII):
        raise ValueError("it must be the bot's token alone, without “Bot” before it; please copy it again")
    return value


def shards(value: str) -> str:
    """How many gateway connections, or which of how many; in lower case."""
    match = re.fullmatch(r"auto|([1-9]\d{0,4})|(\d{1,5})-(\d{1,5})/(\d{1,5})", value.lower(), re.ASCII)
    if not match or (match[2] and not int(match[2]) <= int(match[3]) < int(match[4])):
        raise ValueError("it must be auto, a number, or a range such as 0-3/16")
    return value.lower()


def chat(value: str | None) -> str | None:
    """The id of a Telegram chat, or its public name."""
    if value and not re.fullmatch(r"-?\d+|@\w+", value, re.ASCII):
        raise ValueError("it must be the id of a chat, such as -1001234567890")
    return value


def address(value: str | None) -> str | None:
    """The URL of a server, with a path or without; without a slash at its end."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        _ = parts.port  # reading it validates it
    except ValueError:  # its message would repeat the value
        parts = urlsplit("")
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or (_ends_in_number(host) and not _is_host(host)):
        raise ValueError("it must be an address such as https://photoplay.example.com")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("it must be a bare address: no user, no ? and no #")
    return value.rstrip("/")


def root(value: str | None) -> str | None:
    """The URL of a server without a path."""
    if value and urlsplit(value).path:
        raise ValueError(
            "it must have no path: page, galleries and links are at the root of a host of their own, such as "
            "https://photoplay.example.com"
        )
    return value


def version(value: str) -> str:
    """The URL of an API of the version that we speak."""
    if not value.endswith("/api/v10"):
        raise ValueError("it must end in /api/v10")
    return value


def listed(host: str) -> tuple[str, ...]:
    """Its parts, each once, without the brackets of IPv6."""
    return tuple(dict.fromkeys(part.strip().strip("[]") for part in host.split(",") if part.strip()))


def _is_host(host: str) -> bool:
    """Whether the text is a plain address or host name."""
    try:
        return bool(ip_address(host.partition("%")[0]))
    except ValueError:
        return re.fullmatch(r"[A-Za-z0-9]([\w.-]*\w)?", host, re.ASCII) is not None and not _ends_in_number(host)


def _ends_in_number(host: str) -> bool:
    """Whether the text could only be an IPv4 address, as 999.1.1.1."""
    return host.rpartition(".")[2].isdecimal()
