"""Export of a person's data as one ZIP. Files are streamed, never wholly in memory."""

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.admin.usage import cell
from bot.gallery.model import Share
from bot.media.library import Media
from bot.media.stored import StoredFile
from bot.model import Job
from bot.quotas.records import Movement
from bot.sealing.files import Sink
from storage import Store

MOST = 2 * 1024**3
"""Bytes of files; older files beyond that are left out."""
PAGE = 500
"""Jobs per page."""
MOVEMENTS = 100_000


@dataclass(frozen=True, slots=True)
class Bundle:
    """Contents of the ZIP. `files`: names in it, and their sources; `size` in bytes."""

    clips: list[dict[str, Any]]
    credits: str
    shared: dict[str, Any]
    files: list[tuple[str, StoredFile]]
    size: int
    left_out: int

    @property
    def empty(self) -> bool:
        """No data stored."""
        return not (self.clips or self.credits.count("\n") > 1 or any(self.shared.values()))


async def gather(store: Store, media: Media, person: str, people: Sequence[str], most: int = MOST) -> Bundle:
    """Collect the data of the linked `people`; `person` is one of them."""
    shares = await store.gallery.mine(person)
    jobs: list[Job] = []
    last = (0.0, "")
    while page := await store.retention.history(people, last, PAGE):
        jobs += page
        last = page[-1].created_at, page[-1].id
    for one in people:
        waiting = [parked for parked, taken in await store.retention.parked(one) if not taken]
        jobs += [await store.quotas.read(parked.body) for parked in waiting]
    found: list[tuple[str, StoredFile, int]] = []
    for job in reversed(jobs):
        for name, file in _files(media, job):
            with suppress(OSError):
                found.append((name, file, file.size()))
    files, size = [], 0
    for name, file, weight in found:
        if size + weight <= most:
            files.append((name, file))
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


def write(bundle: Bundle, about: str, target: Sink) -> None:
    """Write the ZIP. Blocks. Raises `OSError`."""
    with zipfile.ZipFile(target, "w") as made:  # type: ignore[call-overload]  # written only, a ZIP needs no `seek`
        made.writestr("about.txt", about)
        made.writestr("clips.json", _json(bundle.clips), zipfile.ZIP_DEFLATED)
        made.writestr("credits.csv", bundle.credits.encode("utf-8-sig"), zipfile.ZIP_DEFLATED)
        made.writestr("shared.json", _json(bundle.shared), zipfile.ZIP_DEFLATED)
        for name, file in bundle.files:
            with (
                suppress(FileNotFoundError),  # expired meanwhile
                file.open() as source,
                made.open(file.zip_info(name), "w") as copy,
            ):
                shutil.copyfileobj(source, copy)


def _files(media: Media, job: Job) -> list[tuple[str, StoredFile]]:
    """A job's files with their names in the ZIP."""
    clips = [(f"clips/{job.id}.mp4", media.stored(job.clip.name))] if job.clip else []
    photos = [media.stored(photo.name) for photo in job.order.photos]
    return [*clips, *((f"photos/{job.id}-{n}{photo.suffix}", photo) for n, photo in enumerate(photos, 1))]


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
