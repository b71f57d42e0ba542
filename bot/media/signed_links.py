"""Signed, expiring tokens for links. A namespace per purpose keeps tokens from being valid elsewhere."""

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
    """A token that is forged, expired, or of another namespace."""


class Links:
    """Signs and verifies names with `secret`; `clock` returns Unix seconds."""

    def __init__(self, secret: bytes, clock: Callable[[], float]) -> None:
        self._secret = secret
        self._clock = clock

    def sign(self, namespace: str, name: str, lifetime: float) -> str:
        """A URL-safe token for `name`, valid for `lifetime` seconds. `name` is readable in it."""
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
        """A secret of this installation for a purpose: 64 characters."""
        return hmac.new(self._secret, f"secret:{purpose}".encode(), hashlib.sha256).hexdigest()

    def mark(self, purpose: str) -> str:
        """A public identifier of this installation for a purpose: eight characters."""
        return hmac.new(self._secret, purpose.encode(), hashlib.sha256).hexdigest()[:8]

    def _seal(self, namespace: str) -> URLSafeSerializer:
        how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeSerializer(self._secret, salt=namespace, signer_kwargs=how)


def secret_of(folder: Path) -> bytes:
    """The secret in the data folder, generated at the first call. Raises `Misconfigured` if it is unusable."""
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
    """Write it atomically, unless another process did: a hard link, unlike a rename, replaces nothing."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        _write(draft, secret)
        with suppress(FileExistsError):
            try:
                os.link(draft, path)
            except FileExistsError:
                raise
            except OSError:  # a volume without hard links
                _write(path, secret)
    finally:
        draft.unlink(missing_ok=True)


def _write(path: Path, secret: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> bytes:
    """Read it. Without hard links, another process may still be writing it."""
    for _ in range(10):
        if len(secret := path.read_bytes()) >= _SECRET_BYTES:
            break
        time.sleep(0.02)  # at startup only
    return secret
