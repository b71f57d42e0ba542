"""Generations as files, so that a restart loses nothing and several processes can serve one folder.

    generations/<name>/request.json   the body as it was accepted, until there is an outcome
    generations/<name>/started        a process has begun (empty; stays after a restart, so a status never goes back)
    generations/<name>/clip.mp4       } the outcome: one of the two
    generations/<name>/error.json     }
    open/<name>                       the ticket of an unfinished generation; locked by the process that renders it
    receipts.sqlite                   what was asked for and charged; longer than the files

The kernel releases a lock when its holder dies, for whatever reason, and another process can claim the ticket.
Files are written under a temporary name and renamed, so that each appears complete.
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from generator.errors import Failed
from generator.models import DEFAULT
from generator.receipts import Asked, Receipts

Status = Literal["queued", "generating", "completed", "error"]
NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SUFFIX = ":" + DEFAULT


@dataclass(frozen=True, slots=True)
class State:
    """State of a generation for clients. `clip` is set with "completed", `error` with "error"."""

    name: str
    status: Status
    clip: Path | None = None
    error: Failed | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to render one generation, held until `release`."""

    name: str
    lock: IO[bytes]

    def release(self) -> None:
        self.lock.close()


def new_id() -> str:
    """The public id of a new generation."""
    return id_of(str(uuid.uuid4()))


def id_of(name: str) -> str:
    """The public id, with ':' and '/', as in the real service."""
    return name + SUFFIX


def name_of(generation_id: str) -> str | None:
    """The name inside an id; None for an invalid id. Only validated names become paths."""
    name = generation_id.removesuffix(SUFFIX)
    return name if generation_id.endswith(SUFFIX) and NAME.fullmatch(name) else None


class Folder:
    """The generations under `root`. Methods access the disk and are short, unless stated otherwise."""

    def __init__(self, root: Path) -> None:
        self._generations = root / "generations"
        self._open = root / "open"
        self._generations.mkdir(parents=True, exist_ok=True)
        self._open.mkdir(exist_ok=True)
        self.receipts = Receipts(root / "receipts.sqlite")

    def accept(self, body: bytes, asked: Asked, credits: int) -> None:
        """Store a validated request body, which holds `credits`. Waits for the disk."""
        name = name_of(asked.inference)
        assert name
        home = self._generations / name
        home.mkdir()
        try:
            self._write(name, "request.json", body)
            self.receipts.begin(asked, credits)
            (self._open / name).touch()  # last: from here on it will be rendered, even after a crash
        except OSError:
            shutil.rmtree(home, ignore_errors=True)
            raise

    def state(self, name: str) -> State | None:
        """The state of a generation, accepted by any process; None if there is none of that name."""
        home = self._generations / name
        if (clip := home / "clip.mp4").exists():
            return State(name, "completed", clip=clip)
        if (home / "error.json").exists():
            return State(name, "error", error=Failed(**json.loads((home / "error.json").read_bytes())))
        if (home / "started").exists():
            return State(name, "generating")
        return State(name, "queued") if (home / "request.json").exists() else None

    def unfinished(self) -> int:
        return len(os.listdir(self._open))

    def claim(self) -> Ticket | None:
        """Claim the oldest unfinished generation that no process renders; None if there is none."""
        for path in self._tickets():
            try:
                lock = path.open("rb")
            except FileNotFoundError:  # finished meanwhile by another process
                continue
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            # The previous holder may have finished between our listing and our lock.
            if (state := self.state(path.name)) and state.status in ("queued", "generating"):
                (self._generations / path.name / "started").touch()
                return Ticket(path.name, lock)
            self._close(path.name, succeeded=state is not None and state.clip is not None)
            lock.close()
        return None

    def body(self, name: str) -> bytes:
        """The accepted request body, perhaps many megabytes."""
        return (self._generations / name / "request.json").read_bytes()

    def age(self, name: str) -> float:
        """Seconds since an unfinished generation was accepted."""
        return time.time() - (self._generations / name / "request.json").stat().st_mtime

    def draft(self, name: str) -> Path:
        """A fresh path to render into, for `complete`."""
        return self._generations / name / f"{uuid.uuid4()}.part"

    def drop(self, draft: Path) -> None:
        """Delete a draft, unless it has become a clip."""
        draft.unlink(missing_ok=True)

    def complete(self, name: str, draft: Path) -> None:
        os.replace(draft, self._generations / name / "clip.mp4")
        self._close(name, succeeded=True)

    def fail(self, name: str, error: Failed) -> None:
        self._write(name, "error.json", json.dumps({"name": error.name, "message": error.message}).encode())
        self._close(name, succeeded=False)

    def forget(self, before: float) -> int:
        """Delete generations unchanged since that Unix time; returns the count. May take long."""
        old = []
        for home in self._generations.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process deletes the same ones
                if NAME.fullmatch(home.name) and home.stat().st_mtime < before:
                    old.append(home)
        for home in old:
            self._close(home.name, succeeded=(home / "clip.mp4").exists())
            shutil.rmtree(home, ignore_errors=True)
        self.receipts.forget()
        return len(old)

    def _close(self, name: str, *, succeeded: bool) -> None:
        """Delete the ticket of a finished generation, and its request with photo and words. Its price is charged, or
        no longer held."""
        self.receipts.settle(id_of(name), succeeded=succeeded)
        (self._open / name).unlink(missing_ok=True)
        (self._generations / name / "request.json").unlink(missing_ok=True)

    def _tickets(self) -> list[Path]:
        dated = []
        for entry in os.scandir(self._open):
            try:
                dated.append((entry.stat().st_mtime_ns, entry.path))
            except FileNotFoundError:
                continue
        return [Path(path) for _, path in sorted(dated)]

    def _write(self, name: str, file: str, content: bytes) -> None:
        draft = self.draft(name)
        try:
            with draft.open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            os.replace(draft, self._generations / name / file)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
