"""`photoplay rekey`: the master key is changed."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot import texts
from bot.encryption import masters_of
from bot.errors import Misconfigured, Refusal
from bot.sealing.keys import open_keys
from bot.shell import err, out, plainly, settings


def rekey() -> None:
    """Change the master key: to MASTER_KEY, or to a new one in the data folder.

    People's keys are encrypted with it anew, their files stay as they are. Photoplay may run meanwhile: with the new
    MASTER_KEY, and the one before in MASTER_KEY_BEFORE. To be run again after it was interrupted.

    For example:

    photoplay rekey
    """
    with plainly():
        found = settings()
        masters = masters_of(found)
        keys = open_keys(found.data_dir, masters, make=False)
        if keys is None:
            raise Misconfigured(f"There are no keys in {found.data_dir.absolute()}: nothing to change.")
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
        try:
            with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
                task = bar.add_task(texts.shell.REKEYING, total=keys.people())
                count = keys.rewrap(lambda done: bar.update(task, completed=done))
        except KeyboardInterrupt:
            raise Refusal(texts.shell.REKEY_STOPPED) from None
        where = texts.shell.REKEYED_BY_SETTING if masters.given else texts.shell.rekeyed_in(str(masters.file))
        out.print(texts.shell.rekeyed(count), where, soft_wrap=True)
