"""Links that open one thing for a while, for whoever holds them. A namespace per purpose: no token opens two doors."""

import hashlib
import hmac
import math
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from itsdangerous import BadData, URLSafeSerializer

from bot.errors import Misconfigured

_SECRET_BYTES = 32


class BadLink(ValueError):
    """A token that we did not sign, that we signed for something else, or that is too old."""


class Links:
    """Signs names and reads them back. Whoever knows `secret` can sign; `clock` gives Unix seconds."""

    def __init__(self, secret: bytes, clock: Callable[[], float]) -> None:
        self._secret = secret
        self._clock = clock

    def sign(self, namespace: str, name: str, lifetime: float) -> str:
        """A token for `name`, good for `lifetime` seconds; URL-safe. Whoever has it can read `name` in it."""
        token = self._seal(namespace).dumps([name, math.ceil(self._clock() + lifetime)])
        return token if isinstance(token, str) else token.decode()

    def open(self, namespace: str, token: str) -> str:
        """The name that was signed. Raises `BadLink`."""
        try:
            name, end = self._seal(namespace).loads(token)
        except (BadData, UnicodeError):
            raise BadLink("this link is not one of ours") from None
        if self._clock() >= end:
            raise BadLink("this link is too old")
        return str(name)

    def secret(self, purpose: str) -> str:
        """64 characters that only this installation knows."""
        return hmac.new(self._secret, f"secret:{purpose}".encode(), hashlib.sha256).hexdigest()

    def mark(self, purpose: str) -> str:
        """Eight characters that differ from one installation to another, and tell nothing."""
        return hmac.new(self._secret, purpose.encode(), hashlib.sha256).hexdigest()[:8]

    def _seal(self, namespace: str) -> URLSafeSerializer:
        how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeSerializer(self._secret, salt=namespace, signer_kwargs=how)


def secret_of(folder: Path) -> bytes:
    """The secret kept in the data folder, made at the first call. Raises `Misconfigured` when it cannot be used."""
    path = folder / "secret"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _create(path, secrets.token_bytes(_SECRET_BYTES))
        secret = _read(path)
    except OSError as error:
        raise Misconfigured(f"The secret {path} cannot be read or written: {error.strerror}.") from error
    if len(secret) != _SECRET_BYTES:
        raise Misconfigured(f"The secret {path} is damaged. Delete it and start again; links sent before stop working.")
    return secret


def _create(path: Path, secret: bytes) -> None:
    """Write it whole, or leave what another process wrote meanwhile: a link, unlike a rename, replaces nothing."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        _write(draft, secret)
        with suppress(FileExistsError):
            try:
                os.link(draft, path)
            except FileExistsError:
                raise
            except OSError:  # a volume without links
                _write(path, secret)
    finally:
        draft.unlink(missing_ok=True)


def _write(path: Path, secret: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    """Where there are no links, another process may be writing it right now."""
    for _ in range(10):
        if len(secret := path.read_bytes()) >= _SECRET_BYTES:
            break
        time.sleep(0.02)  # at the start, before anybody is served
    return secret
