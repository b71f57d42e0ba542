"""`photoplay rekey`: the master key is changed."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bot import texts
from bot.backup.finishing import usable
from bot.backup.making import Stopped, in_thread
from bot.config import Settings
from bot.encryption import masters_of
from bot.errors import Misconfigured
from bot.sealing.keys import open_keys
from bot.sealing.masters import Masters
from bot.shell import err, go, out, settings, stoppable

if TYPE_CHECKING:
    from rich.progress import Progress


def rekey() -> None:
    """Change the master key: to MASTER_KEY, or to a new one in the data folder.

    People's keys are encrypted with it anew, their files stay as they are. Photoplay may run meanwhile: with the new
    MASTER_KEY, and the one before in MASTER_KEY_BEFORE. To be run again after it was interrupted.

    For example:

    photoplay rekey
    """
    go(stoppable(_rekey(), texts.shell.REKEY_STOPPED))


async def _rekey() -> None:
    found = settings()
    if not found.data_dir.is_dir():
        raise _nothing(found)
    async with usable(found):  # a restore would move the keys aside meanwhile
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # only this command shows any

        masters = masters_of(found)
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
        with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
            count = await in_thread(partial(_rewrap, found, masters, bar))
    where = texts.shell.REKEYED_BY_SETTING if masters.given else texts.shell.rekeyed_in(str(masters.file))
    out.print(texts.shell.rekeyed(count), where, soft_wrap=True)


def _rewrap(found: Settings, masters: Masters, bar: "Progress", stopped: Callable[[], bool]) -> int:
    """Change all keys; the number of people they belong to. Blocks. Raises `Misconfigured`, `Stopped`."""
    keys = open_keys(found.data_dir, masters, make=False)
    if keys is None:
        raise _nothing(found)
    task = bar.add_task(texts.shell.REKEYING, total=keys.people())

    def told(done: int) -> None:
        bar.update(task, completed=done)
        if stopped():
            raise Stopped

    return keys.rewrap(told)


def _nothing(found: Settings) -> Misconfigured:
    return Misconfigured(f"There are no keys in {found.data_dir.absolute()}: nothing to change.")
