"""What the commands about backups say."""

from bot.sentence import Number, Sentence, _, _n

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


WRITING = _("Backing up")
CHECKING = _("Checking")
STOPPED = _("Stopped; nothing was left behind.")
SAME_DISK = _(
    "It lies on the same disk as the data, so it does not help when that disk is lost. Copy it elsewhere as well."
)
