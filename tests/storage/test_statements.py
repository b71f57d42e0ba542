"""The SQL: constants only, and each of them is understood by both databases."""

import ast
import re
from importlib import import_module
from pathlib import Path

import asyncpg
import pytest

from storage import postgres, sqlite
from storage.jobs import Store
from storage.sqlite_sql import for_sqlite, named

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "storage").glob("*.py"))
SEAM = {"database", "sealed", "sqlite", "sqlite_sql", "postgres"}
RUN = {"all", "one", "many", "_all", "_one", "_change", "_change_along"}
PRIVATE = {"_job", "_jobs", "_share", "_shares"}
"""Methods that pass a constant on, in their only parameter that is called `sql`."""
EARLIER = {"backfill.TOLD", "backfill.OF_REPORT", "backfill.SHOWS", "backfill.WORDS"}
"""Statements on tables as a migration finds them, which a later one renames; `test_facts` runs them."""
VERB = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE)\b")


def statements() -> dict[str, str]:
    """Every constant that is a whole statement, by module and name."""
    found = {}
    for path in FILES:
        if path.stem in ("__init__", "migrate"):
            continue
        for name, value in vars(import_module(f"storage.{path.stem}")).items():
            several = value.items() if isinstance(value, dict) else [("", value)]
            for key, sql in several:
                if name.isupper() and not name.startswith("_") and isinstance(sql, str) and VERB.match(sql):
                    found[f"{path.stem}.{name}{key}"] = sql
    return found


def is_constant(node: ast.expr) -> bool:
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.Subscript(value=table):
            return is_constant(table)
        case ast.IfExp(body=one, orelse=other):
            return is_constant(one) and is_constant(other)
    return False


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_sql_is_made_when_it_is_called(path: Path) -> None:
    if path.stem in SEAM:
        return
    passed_on = "statement" if path.stem == "migrate" else "sql"
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=[sql, *_]) if name in RUN | PRIVATE:
                passed = isinstance(sql, ast.Name) and sql.id == passed_on
                assert passed or is_constant(sql), f"{path.name}:{node.lineno} {ast.unparse(node)}"
            case ast.FunctionDef(name=name, args=parameters) | ast.AsyncFunctionDef(name=name, args=parameters):
                assert name in PRIVATE or "sql" not in {one.arg for one in parameters.args}, f"{path.name} {name}"
            case ast.Name(id="sql", ctx=ast.Store()):
                raise AssertionError(f"{path.name}:{node.lineno} makes SQL")


async def test_both_databases_understand_every_statement(store: Store, database_url: str | None) -> None:
    known = {name: sql for name, sql in statements().items() if name not in EARLIER}
    assert len(known) > 150
    if database_url is None:
        for name, sql in known.items():
            if not name.startswith(("postgres.", "pg_dumps.")):
                count = len(set(re.findall(r"\$\d+", sql)))
                text = for_sqlite(sql)
                values = named([None] * count)
                await store._db.write(lambda tx, text=text, values=values: tx.all(f"EXPLAIN {text}", *values.values()))
    else:
        connection = await asyncpg.connect(database_url)
        for name, sql in known.items():
            try:
                await connection.prepare(sql)
            except asyncpg.PostgresError as error:
                raise AssertionError(f"{name}: {error}") from error
        await connection.close()


async def test_lists_and_several_rows_are_one_value(store: Store) -> None:
    numbers = "json_to_recordset($1) AS number(name TEXT, n BIGINT)"
    several = f"SELECT name, n FROM {numbers} WHERE name = ANY($2) AND name <> ALL($3) ORDER BY n"
    text = '[{"name": "one", "n": 1}, {"name": "two", "n": 9007199254740993}, {"name": "three", "n": null}]'

    async def found(those: list[str], but: tuple[str, ...]) -> list[tuple[str, int]]:
        rows = await store._db.read(lambda tx: tx.all(several, text, those, but))
        return [(row["name"], row["n"]) for row in rows]

    assert await found(["one", "two"], ()) == [("one", 1), ("two", 9007199254740993)]
    assert await found(["one", "two"], ("one",)) == [("two", 9007199254740993)]
    assert await found([], ()) == []


def test_every_statement_stays_prepared() -> None:
    assert len(statements()) < min(postgres.STATEMENTS, sqlite.STATEMENTS)
