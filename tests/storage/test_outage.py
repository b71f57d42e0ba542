"""What the log says of a database that fails and comes back: the real file, locked by another process."""

import logging
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import Illegal, StoreDown
from storage.database import Transaction
from storage.outage import QUIET, Outage
from storage.sqlite import Sqlite
from tests.clock import Clock


@pytest.fixture
async def database(tmp_path: Path, clock: Clock) -> AsyncIterator[Outage]:
    outage = Outage(await Sqlite.open(tmp_path / "x.db", patience=0.05), clock)
    await outage.write(lambda tx: tx.all("CREATE TABLE t (n BIGINT)"))
    yield outage
    await outage.close()


async def add(tx: Transaction) -> None:
    await tx.all("INSERT INTO t VALUES (1)")


async def count(tx: Transaction) -> int:
    return len(await tx.all("SELECT n FROM t"))


async def test_one_line_when_it_goes_and_one_when_it_is_back(
    database: Outage, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    for _ in range(2):
        caplog.clear()
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            with pytest.raises(StoreDown) as raised:
                await database.write(add)
            assert raised.value.told
            assert await database.read(count) is not None, "it can be read all the while"
            clock.tick(10)
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        assert "the database is away: database is locked" in caplog.text
        other.execute("ROLLBACK")
        await database.write(add)
        await database.write(add)
        assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
        assert "the database is back, after 30 s" in caplog.text
        clock.tick(QUIET)
    other.close()


async def test_one_that_comes_and_goes_is_no_flood_of_lines(
    database: Outage, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """As a full disk does. One that begins soon after another and lasts is told all the same."""
    caplog.set_level(logging.INFO)
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    for _ in range(10):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreDown):
            await database.write(add)
        other.execute("ROLLBACK")
        await database.write(add)
        clock.tick(2)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    other.execute("BEGIN IMMEDIATE")
    for _ in range(5):
        clock.tick(QUIET / 5)
        with pytest.raises(StoreDown):
            await database.write(add)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING", "ERROR"]
    other.close()


async def test_a_refusal_of_ours_and_a_closed_database_are_no_outage(
    database: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    async def refuse(_: Transaction) -> None:
        raise Illegal("no")

    with pytest.raises(Illegal):
        await database.write(refuse)
    await database.close()
    with pytest.raises(StoreDown):
        await database.read(count)
    assert not caplog.records
