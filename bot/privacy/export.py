"""All that is kept of a person, as one ZIP. Files go in one after the other, never as a whole in memory."""

import csv
import io
import json
import os
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.admin.usage import cell
from bot.gallery.model import Share
from bot.media.library import Media
from bot.model import Job
from bot.quotas.rules import Movement
from storage import Store

MOST = 2 * 1024**3
"""Bytes of files; what is older is left out."""
PAGE = 500
"""Jobs that are read together."""
MOVEMENTS = 100_000


@dataclass(frozen=True, slots=True)
class Bundle:
    """What goes into the file. `files`: names in it, and where they are; `size` is what they weigh."""

    clips: list[dict[str, Any]]
    credits: str
    shared: dict[str, Any]
    files: list[tuple[str, Path]]
    size: int
    left_out: int

    @property
    def empty(self) -> bool:
        """Nothing is kept."""
        return not (self.clips or self.credits.count("\n") > 1 or any(self.shared.values()))


async def gather(store: Store, media: Media, person: str, people: Sequence[str], most: int = MOST) -> Bundle:
    """Find everything of the linked `people`; `person` is one of them."""
    shares = await store.gallery.mine(person)
    jobs: list[Job] = []
    last = (0.0, "")
    while page := await store.retention.history(people, last, PAGE):
        jobs += page
        last = page[-1].created_at, page[-1].id
    for one in people:
        waiting = [parked for parked, taken in await store.retention.parked(one) if not taken]
        jobs += [await store.books.read(parked.body) for parked in waiting]
    found: list[tuple[str, Path, int]] = []
    for job in reversed(jobs):
        for name, path in _files(media, job):
            with suppress(OSError):
                found.append((name, path, path.stat().st_size))
    files, size = [], 0
    for name, path, weight in found:
        if size + weight <= most:
            files.append((name, path))
            size += weight
    kept = {name for name, _ in files}
    by_job: dict[str, list[Share]] = {}
    for share in shares:
        by_job.setdefault(share.job, []).append(share)
    hearts, reports = await store.retention.opinions(people)
    return Bundle(
        [_job(media, job, by_job.get(job.id, []), kept) for job in jobs],
        _credits(await store.retention.ledger(people, MOVEMENTS)),
        {"shared": [_share(share) for share in shares], "hearts": hearts, "reports": reports},
        files,
        size,
        len(found) - len(files),
    )


def write(bundle: Bundle, about: str, target: Path) -> int:
    """Write the file; its size in bytes. Blocks. Raises `OSError`."""
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        with zipfile.ZipFile(file, "w", strict_timestamps=False) as made:
            made.writestr("about.txt", about)
            made.writestr("clips.json", _json(bundle.clips), zipfile.ZIP_DEFLATED)
            made.writestr("credits.csv", bundle.credits.encode("utf-8-sig"), zipfile.ZIP_DEFLATED)
            made.writestr("shared.json", _json(bundle.shared), zipfile.ZIP_DEFLATED)
            for name, path in bundle.files:
                with suppress(FileNotFoundError):  # its time ended while we were writing
                    made.write(path, name)  # already compressed
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _files(media: Media, job: Job) -> list[tuple[str, Path]]:
    """What a job's files are called in the bundle, and where they are."""
    photos = [(f"photos/{job.id}-{n}{Path(p.name).suffix}", p.name) for n, p in enumerate(job.order.photos, 1)]
    clips = [(f"clips/{job.id}.mp4", job.clip.name)] if job.clip else []
    return [(name, media.path(kept)) for name, kept in (*clips, *photos)]


def _job(media: Media, job: Job, shares: Sequence[Share], kept: set[str]) -> dict[str, Any]:
    order = job.order
    return {
        "id": job.id,
        "asked_at": _utc(job.created_at),
        "done_at": _utc(job.done_at),
        "platform": job.address.platform,
        "community": job.scope,
        "your_name": job.label,
        "prompt": order.prompt,
        "without": order.negative,
        "seconds": order.seconds,
        "cfg": order.cfg,
        "model": order.model,
        "price": job.price,
        "state": job.outcome or job.state,
        "why_not": job.reason,
        "favourite": job.favourite,
        "continues": job.follows,
        "remix_of": job.remix_of,
        "shared_in": [share.scope for share in shares],
        "files": [name for name, _ in _files(media, job) if name in kept],
    }


def _share(share: Share) -> dict[str, Any]:
    return {
        "id": share.id,
        "clip": share.job,
        "community": share.scope,
        "at": _utc(share.at),
        "state": share.state,
        "name": share.name,
        "prompt": share.prompt,
        "remixes": share.remixes,
        "hearts": share.hearts,
    }


def _credits(moves: Sequence[Movement]) -> str:
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(("at_utc", "kind", "clip", "community", "span", "held", "spent", "given", "because"))
    for m in moves:
        row = (_utc(m.at), m.kind, m.job, m.scope, m.span, m.held, m.spent, m.given, m.because)
        table.writerow([cell(value) for value in row])
    return file.getvalue()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def _utc(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
