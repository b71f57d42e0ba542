"""SQLite databases with the newest schema, to be copied: making one takes longer than most tests."""

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from storage import Store, open_store

Prepare = Callable[[Store], Awaitable[None]]
_made: dict[Prepare, bytes] = {}


async def new(store: Store) -> None:
    """Let copies of a database count as new ones."""
    await store._db.write(lambda tx: tx.all("UPDATE gate SET name = '', place = ''"))


async def put(folder: Path, prepare: Prepare = new) -> None:
    """Lay a database into `folder`, where there is none: empty, or with what `prepare` writes into it."""
    path = folder / "photoplay.db"
    if path.exists():
        return
    if prepare not in _made:
        with tempfile.TemporaryDirectory() as place:
            store = await open_store(Path(place))
            await prepare(store)
            await new(store)
            await store.close()
            _made[prepare] = (Path(place) / path.name).read_bytes()
    folder.mkdir(0o700, parents=True, exist_ok=True)
    path.touch(0o600)
    path.write_bytes(_made[prepare])


async def new_store(folder: Path, url: str | None = None) -> Store:
    """The store in `folder`, an empty one if there is none; or that behind `url`."""
    if url is None:
        await put(folder)
    return await open_store(folder, url)
