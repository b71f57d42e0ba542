"""Master keys, which wrap the data keys: from the settings, or from a file that is made beside the data."""

import hmac
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot.sealing.disk import erase, replace

SHORTEST = 32
"""Characters of a master key that somebody sets: 128 bits in hexadecimal digits."""
_LARGEST = 1024  # bytes of the file


Origin = Literal["setting", "before", "file"]
"""Where a master key is: in the setting, in the one for the key before, or in a file beside the data."""


@dataclass(frozen=True, slots=True)
class Master:
    """A master key, known by its id."""

    id: str
    key: bytes = field(repr=False)


def derived(text: str) -> Master:
    """The master key that a secret text encodes."""
    secret = text.encode()
    return Master(
        hmac.digest(secret, b"photoplay master id", "sha256")[:8].hex(),
        hmac.digest(secret, b"photoplay master key", "sha256"),
    )


class Masters:
    """The master keys that are known in `folder`: `given` ones, and those in files there.

    `first` is the one to begin with: the given one, or that of the file, made if it is missing.
    """

    def __init__(self, folder: Path, given: str | None = None, before: str | None = None) -> None:
        self.given = derived(given) if given else None
        self._before = derived(before) if before else None
        self.file, self.next_file = folder / "master.key", folder / "master.key.new"
        self._known = {master.id: master for master in self._all()}

    def origin(self, master_id: str) -> Origin | None:
        """Where the master key of that id is; None if it is missing."""
        if self.given and self.given.id == master_id:
            return "setting"
        if self._before and self._before.id == master_id:
            return "before"
        return "file" if self.find(master_id) else None

    def find(self, master_id: str) -> Master | None:
        """The master key of that id; files are read again, as another process may have rotated it."""
        if master_id not in self._known:
            self._known.update((master.id, master) for master in self._all())
        return self._known.get(master_id)

    def first(self) -> Master:
        """The master key of a folder without data keys. Raises `OSError`."""
        return self.given or _read(self.file) or _made(self.file)

    def next(self) -> Master:
        """The master key to rotate to: the given one, or a new one in a file, which stays the same when it is repeated.

        Raises `OSError`.
        """
        return self.given or _read(self.next_file) or _made(self.next_file)

    def settle(self) -> None:
        """All data keys are wrapped by the next master key: the file of the one before is deleted. Raises `OSError`."""
        if self.given:
            erase(self.file)
            erase(self.next_file)
        elif self.next_file.exists():
            replace(self.next_file, self.file)

    def _all(self) -> Iterator[Master]:
        # The next file first: once it is gone, it has replaced the other.
        for master in (self.given, self._before, _read(self.next_file), _read(self.file)):
            if master:
                yield master


def _read(path: Path) -> Master | None:
    """The master key in a file; None if there is none. Raises `OSError`."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    return derived(text) if len(text) >= SHORTEST else None


def _made(path: Path) -> Master:
    """A new master key in a file of our user's only. Another process may make it at the same time: one wins."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{secrets.token_urlsafe(32)}\n")
        file.flush()
        os.fsync(file.fileno())
    replace(draft, path)
    made = _read(path)
    assert made
    return made
