"""The data keys of people, wrapped by a master key, in files under `keys`: one per person, named by a keyed hash.

A person has one current key; `retire` makes room for a new one, and `drop` deletes the retired ones, after which
nothing that was encrypted under them can be read. Methods block, and raise `OSError`.
"""

import base64
import errno
import hashlib
import hmac
import json
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bot.errors import Misconfigured
from bot.sealing import disk
from bot.sealing.masters import Master, Masters, Origin
from bot.sealing.model import DataKey, Unreadable

_CACHED = 4096  # unwrapped keys in memory
_NONCE = 12  # bytes
_HOLDER = re.compile("[0-9a-f]{32}")


class KeyMissing(Unreadable):
    """A data key, or the master key that wraps it, is not there."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.ENOKEY if hasattr(errno, "ENOKEY") else errno.EACCES, why)


class MasterMissing(KeyMissing):
    """The key is there, and this process does not know the master key that wraps it."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A wrapped key as stored. `master`: id of what wraps it; `wrapped`: nonce and ciphertext in base64."""

    id: str
    master: str
    wrapped: str
    retired: bool = False


class Keys:
    """The data keys under `folder`, which must be there."""

    def __init__(self, folder: Path, masters: Masters) -> None:
        self._folder, self._masters = folder, masters
        self._lock, self._rotation = folder / "lock", folder / "rotation"
        self._salt, self._master = folder / "salt", folder / "master"
        self._salted = b""
        self._open: OrderedDict[tuple[bytes, bytes], DataKey] = OrderedDict()

    @property
    def recorded(self) -> str:
        """Id of the master key that wraps new data keys. Raises `FileNotFoundError`."""
        return self._master.read_text("ascii").strip()

    def state(self) -> tuple[Origin | None, bool]:
        """Where the master key of new data keys is, and whether there is another one to rotate to."""
        origin = self._masters.origin(self.recorded)
        return origin, origin != "setting" and self._masters.given is not None

    def begin(self) -> None:
        """Make what is missing in a new folder. Raises `Misconfigured` if the master key is not known."""
        with self._held():
            if not self._salt.exists():
                disk.write(self._salt, secrets.token_bytes(32))
            if not self._master.exists():
                disk.write(self._master, self._masters.first().id.encode())
            known = self._masters.find(self.recorded)
        if known is None:
            raise Misconfigured(MISSING.format(file=self._masters.file))

    def current(self, person: str) -> DataKey:
        """The key under which a person's new files are encrypted, made at the first call."""
        holder = self._holder(person)
        if entry := self._current(holder):
            return self.find(holder, bytes.fromhex(entry.id))
        with self._held():
            entry = self._current(holder)
            if entry is None:
                entry = self._wrapped(holder, secrets.token_bytes(8), secrets.token_bytes(32))
                self._save(holder, [*self._entries(holder), entry])
            return self._unwrapped(holder, entry)

    def find(self, holder: bytes, key_id: bytes) -> DataKey:
        """The key that a header names. Raises `KeyMissing`."""
        if found := self._open.get((holder, key_id)):
            self._open.move_to_end((holder, key_id))
            return found
        try:
            return self._found(holder, key_id)
        except KeyMissing:  # a rotation may have ended between the two files that were read
            with self._held():
                return self._found(holder, key_id)

    def is_current(self, key: DataKey) -> bool:
        """Whether it is neither retired nor dropped."""
        entry = self._current(key.holder)
        return entry is not None and entry.id == key.id.hex()

    def is_of(self, person: str, holder: bytes) -> bool:
        """Whether a header names this person."""
        return self._holder(person) == holder

    def retire(self, person: str) -> None:
        """What is encrypted from now on gets a new key; the ones until now can still be read, until `drop`."""
        holder = self._holder(person)
        with self._held():
            entries = self._entries(holder)
            if not all(entry.retired for entry in entries):
                self._save(holder, [replace(entry, retired=True) for entry in entries])

    def drop(self, person: str) -> int:
        """Delete the retired keys of a person; returns their number."""
        holder = self._holder(person)
        with self._held():
            entries = self._entries(holder)
            left = [entry for entry in entries if not entry.retired]
            if len(left) < len(entries):
                if left:
                    self._save(holder, left)
                else:
                    disk.erase(self._path(holder))
        for entry in set(entries) - set(left):
            self._open.pop((holder, bytes.fromhex(entry.id)), None)
        return len(entries) - len(left)

    def rewrap(self, told: Callable[[int], None] = lambda done: None) -> int:
        """Wrap all data keys by the next master key; returns the number of people whose keys were changed.

        May be broken off and repeated at any moment: until its end the master keys before and after are both kept.
        `told` gets the number of people done so far.
        """
        with disk.locked(self._rotation):
            return self._rewrap(told)

    def _rewrap(self, told: Callable[[int], None]) -> int:
        with self._held():
            target = self._masters.next()
            disk.write(self._master, target.id.encode())  # from here on no new key is wrapped by the former one
        done = 0
        for path in self._files():
            holder = bytes.fromhex(path.name)
            with self._held():
                entries = self._entries(holder)
                if all(entry.master == target.id for entry in entries):
                    continue
                self._save(holder, [self._rewrapped(holder, entry, target) for entry in entries])
            done += 1
            told(done)
        with self._held():
            self._masters.settle()
        return done

    def there(self) -> bool:
        """Whether the folder is there, with the file that it is begun with."""
        return self._master.exists()

    def people(self) -> int:
        """The number of people with keys."""
        return sum(1 for _ in self._files())

    def wrapped_by(self) -> dict[str, int]:
        """The number of data keys by the id of their master key."""
        found: dict[str, int] = {}
        for path in self._files():
            for entry in self._entries(bytes.fromhex(path.name)):
                found[entry.master] = found.get(entry.master, 0) + 1
        return found

    @contextmanager
    def _held(self) -> Iterator[None]:
        """The lock of all changes. Without the folder no key is made: what it held may come back."""
        with ExitStack() as stack:
            try:
                stack.enter_context(disk.locked(self._lock))
            except FileNotFoundError:
                raise KeyMissing("the folder of people's keys is missing") from None
            yield

    def _current(self, holder: bytes) -> _Entry | None:
        return next((entry for entry in self._entries(holder) if not entry.retired), None)

    def _entries(self, holder: bytes) -> list[_Entry]:
        try:
            stored = self._path(holder).read_bytes()
        except FileNotFoundError:
            return []
        try:
            return [_Entry(**entry) for entry in json.loads(stored)]
        except (ValueError, TypeError):
            raise KeyMissing("the file of a person's keys is damaged") from None

    def _save(self, holder: bytes, entries: list[_Entry]) -> None:
        disk.write(self._path(holder), json.dumps([asdict(entry) for entry in entries]).encode())

    def _files(self) -> Iterator[Path]:
        yield from sorted(path for path in self._folder.iterdir() if _HOLDER.fullmatch(path.name))

    def _path(self, holder: bytes) -> Path:
        return self._folder / holder.hex()

    def _holder(self, person: str) -> bytes:
        if not self._salted:
            self._salted = self._salt.read_bytes()
        return hmac.digest(self._salted, person.encode(), hashlib.sha256)[:16]

    def _found(self, holder: bytes, key_id: bytes) -> DataKey:
        for entry in self._entries(holder):
            if entry.id == key_id.hex():
                return self._unwrapped(holder, entry)
        raise KeyMissing("the key of an encrypted file is missing")

    def _unwrapped(self, holder: bytes, entry: _Entry) -> DataKey:
        key_id = bytes.fromhex(entry.id)
        key = self._open.get((holder, key_id))
        if key is None:
            key = self._open[holder, key_id] = DataKey(holder, key_id, self._secret(holder, entry))
            if len(self._open) > _CACHED:
                self._open.popitem(last=False)
        return key

    def _secret(self, holder: bytes, entry: _Entry) -> bytes:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        master = self._masters.find(entry.master)
        if master is None:
            raise MasterMissing("the master key of an encrypted file is missing")
        try:
            stored = base64.b64decode(entry.wrapped)
            return AESGCM(master.key).decrypt(stored[:_NONCE], stored[_NONCE:], holder + bytes.fromhex(entry.id))
        except (InvalidTag, ValueError):
            raise KeyMissing("the file of a person's keys is damaged") from None

    def _wrapped(self, holder: bytes, key_id: bytes, secret: bytes) -> _Entry:
        """A new key, wrapped by the recorded master key."""
        master = self._masters.find(self.recorded)
        if master is None:
            raise KeyMissing("the master key was changed since the start of this process; it must be started again")
        return _wrap(master, holder, key_id, secret)

    def _rewrapped(self, holder: bytes, entry: _Entry, target: Master) -> _Entry:
        secret = self._secret(holder, entry)
        return replace(_wrap(target, holder, bytes.fromhex(entry.id), secret), retired=entry.retired)


MISSING = (
    "The master key that opens people's files is missing. Nothing is lost: put the file {file} back, or set MASTER_KEY "
    "(or MASTER_KEY_BEFORE) to the one that was used until now."
)


def _wrap(master: Master, holder: bytes, key_id: bytes, secret: bytes) -> _Entry:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 8 MB, which an idle bot does not need

    nonce = secrets.token_bytes(_NONCE)
    sealed = nonce + AESGCM(master.key).encrypt(nonce, secret, holder + key_id)
    return _Entry(key_id.hex(), master.id, base64.b64encode(sealed).decode())


@contextmanager
def still(folder: Path) -> Iterator[None]:
    """Keep the keys of a data folder from being rotated, so that they are copied with the master key they belong to.

    Blocks while they are. Raises `OSError`.
    """
    path = folder / "keys"
    if not path.exists():
        yield
        return
    with disk.locked(path / "rotation"):
        yield


def open_keys(folder: Path, masters: Masters, *, make: bool) -> Keys | None:
    """The data keys in a data folder; None if there are none and `make` is False.

    Raises `Misconfigured` if the master key is missing.
    """
    path = folder / "keys"
    try:
        if not make and not (path / "master").exists():
            return None
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = Keys(path, masters)
        keys.begin()
    except OSError as error:
        raise Misconfigured(f"The keys in {path} cannot be used: {error.strerror}.") from None
    return keys
