"""What the commands about backups say."""

from bot.sentence import EMPTY, Listing, Moment, Number, Sentence, _, _n, sentences
from bot.texts.phrases import credits_

_MEGABYTE = 1e6


def made(path: str, jobs: int, files: int, size: int) -> Sentence:
    """A finished backup: its folder, orders and files in it, bytes."""
    return _(
        "{path}: {orders}, {files}, {size} MB.",
        path=path,
        orders=orders(jobs),
        files=_n("{count} file", "{count} files", files),
        size=Number(size / _MEGABYTE, places=1),
    )


def orders(count: int) -> Sentence:
    """A number of orders, of any age."""
    return _n("{count} order", "{count} orders", count)


def dropped(count: int) -> Sentence:
    """Old backups that were deleted, as BACKUP_KEEP says."""
    return _n("{count} older backup was removed.", "{count} older backups were removed.", count)


def whole(orders_: int, files: int, missing: int) -> Sentence:
    """Result of a check; `missing`: files that rows name and the backup lacks."""
    return sentences(
        _(
            "The backup is whole, and can be put back: {orders}, {files}.",
            orders=orders(orders_),
            files=_n("{count} file", "{count} files", files),
        ),
        _n("{count} file had expired while it was made.", "{count} files had expired while it was made.", missing)
        if missing
        else EMPTY,
    )


def restored(at: float, count: int) -> Sentence:
    """A backup, made at `at` (Unix seconds), that was put back."""
    return _("The backup of {time} UTC is back: {orders}.", time=Moment(at, "stamp"), orders=orders(count))


def aside(folder: str, schema: str) -> Sentence:
    """Where that is which was there before; `schema`: of PostgreSQL, or empty."""
    if schema:
        return _(
            "What was there is in {folder} and in the schema {schema} of the database. Delete both once all is well; "
            "until then, photoplay restore {folder} brings it back.",
            folder=folder,
            schema=schema,
        )
    return _(
        "What was there is in {folder}. Delete it once all is well; until then, photoplay restore {folder} brings it "
        "back.",
        folder=folder,
    )


def removed_again(people: int, clips: int, shares: int, galleries: int) -> Sentence:
    """What people had removed since the backup; not all of it is 0."""
    parts = [
        _n("{count} person", "{count} people", people) if people else None,
        _n("{count} clip", "{count} clips", clips) if clips else None,
        _n("{count} shared clip", "{count} shared clips", shares) if shares else None,
        _n("{count} address of a gallery", "{count} addresses of galleries", galleries) if galleries else None,
    ]
    return _("Removed again, as since the backup: {parts}.", parts=Listing(tuple(part for part in parts if part)))


def in_line(job_id: str, at: float, platform: str, price: int) -> Sentence:
    """An order that was in line when the backup was made."""
    return _("{order} of {time} UTC, {platform}: {credits}", order=job_id, time=Moment(at, "stamp"), platform=platform,
        credits=credits_(price))  # fmt: skip


def more_in_line(count: int) -> Sentence:
    """Orders in line that are not listed."""
    return _n("… and {count} more", "… and {count} more", count)


UNDONE = _("What a restore had moved aside is back.")
NEXT = _("Next: photoplay run, and {/operator resume} when all is well.")
NOTHING_IN_LINE = _("Nothing was in line.")
LOCKED = _(
    "The master key that opens its photos, clips and words is not known here: set MASTER_KEY (or MASTER_KEY_BEFORE) "
    "to the one that was in use when it was made."
)
"""Of a backup that is whole."""
WRITING = _("Backing up")
CHECKING = _("Checking")
STOPPED = _("Stopped; nothing was left behind.")
SAME_DISK = _(
    "It lies on the same disk as the data, so it does not help when that disk is lost. Copy it elsewhere as well."
)
