"""Texts in the database, encrypted with a person's data key: AES-256-GCM, bound to their column and person.

`sealed:1:`, then base64 of holder, key id, nonce and ciphertext. What encrypts texts is derived from the data key, and
encrypts nothing else. Nonces are random: 96 bits are enough for 2^32 texts of a person.
"""

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import TYPE_CHECKING

from bot.sealing.keys import KeyMissing, Keys, MasterMissing
from bot.sealing.model import TAG, DataKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = "sealed:1:"
"""The beginning of an encrypted text, with the format's version."""
NOBODY = ""
"""Whose key texts have that belong to no person."""
_HOLDER, _ID, _NONCE = 16, 8, 12  # bytes
_SHORTEST = _HOLDER + _ID + _NONCE + TAG
_CACHED = 4096  # ciphers in memory
_Name = tuple[bytes, bytes]


class UnreadableText(LookupError):
    """An encrypted text cannot be read: its key is missing, or it was changed or moved."""


class TextCipher:
    """`keys` of people, None where nothing was ever encrypted; `seals`: encrypt what is written from now on.

    `seal` reads a small file, as `open` and `digest` do while `knows` is False: they block, and raise `OSError`.
    """

    def __init__(self, keys: Keys | None = None, *, seals: bool = True) -> None:
        self.use(keys, seals=seals)
        self._ciphers: OrderedDict[_Name, AESGCM] = OrderedDict()
        self._nobodys: DataKey | None = None  # is never retired, so it is looked up once
        self._digests = b""

    def use(self, keys: Keys | None, *, seals: bool = True) -> None:
        """Use these keys from now on; nothing was encrypted with others."""
        self._keys = keys
        self.seals = seals and keys is not None
        """Whether new texts are encrypted."""

    def seal(self, text: str, column: str, owner: str) -> str:
        """The text encrypted for that column and person; itself, if nothing is to be encrypted."""
        if self._keys is None or not self.seals:
            return text
        key = self._keys.current(owner) if owner else self._own()
        nonce = secrets.token_bytes(_NONCE)
        body = self._cipher(key).encrypt(nonce, text.encode(), _bound_to(column, owner))
        return MARK + base64.b64encode(key.holder + key.id + nonce + body).decode()

    def open(self, sealed: str, column: str, owner: str) -> str:
        """The text. Raises `UnreadableText`; `OSError` if the keys cannot be read now."""
        from cryptography.exceptions import InvalidTag

        if self._keys is None:
            raise UnreadableText("there are no keys")
        try:
            if len(raw := _raw(sealed)) < _SHORTEST:
                raise ValueError
            name, rest = _name(raw), raw[_HOLDER + _ID :]
            cipher = self._ciphers.get(name) or self._cipher(self._keys.find(*name))
            return cipher.decrypt(rest[:_NONCE], rest[_NONCE:], _bound_to(column, owner)).decode()
        except KeyMissing as error:
            if isinstance(error, MasterMissing) or not self._keys.there():
                raise  # it comes back, with a volume that is mounted or a process that is started again
            raise UnreadableText(error.strerror) from None
        except (InvalidTag, ValueError):
            raise UnreadableText("it was changed, or is another person's") from None

    def knows(self, sealed: str) -> bool:
        """Whether the key of this text is in memory; of an empty one, that of `digest`."""
        try:
            return _name(_raw(sealed[: len(MARK) + 32])) in self._ciphers if sealed else self._is_ready
        except ValueError:
            return True

    def digest(self, text: str) -> str:
        """A keyed hash by which two texts can be compared; 32 characters."""
        if not self.seals:
            return hashlib.sha256(text.encode()).hexdigest()[:32]
        if not self._digests:
            self._digests = hmac.digest(self._own().secret, b"photoplay digest", "sha256")
        return hmac.digest(self._digests, text.encode(), "sha256").hex()[:32]

    @property
    def _is_ready(self) -> bool:
        return bool(self._digests) or not self.seals

    def _own(self) -> DataKey:
        assert self._keys
        if self._nobodys is None:
            self._nobodys = self._keys.current(NOBODY)
        return self._nobodys

    def _cipher(self, key: DataKey) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 8 MB, which an idle bot does not need

        name = key.holder, key.id
        if (cipher := self._ciphers.get(name)) is None:
            cipher = self._ciphers[name] = AESGCM(hmac.digest(key.secret, b"photoplay words", "sha256"))
            if len(self._ciphers) > _CACHED:
                self._ciphers.popitem(last=False)
        return cipher


def is_sealed(value: object) -> bool:
    """Whether a value is an encrypted text."""
    return isinstance(value, str) and value.startswith(MARK)


def _raw(sealed: str) -> bytes:
    """Raises `ValueError`."""
    return base64.b64decode(sealed[len(MARK) :], validate=True)


def _name(raw: bytes) -> _Name:
    return raw[:_HOLDER], raw[_HOLDER : _HOLDER + _ID]


def _bound_to(column: str, owner: str) -> bytes:
    return f"{column}\0{owner}".encode()
