"""The schema of a database as comparable values."""

import re

from storage.database import Database, Row, Transaction

Schema = dict[str, list[tuple[object, ...]]]
"""By kind: columns, constraints, indexes, triggers."""

_POSTGRESQL = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
        WHERE table_schema = current_schema()""",
    "constraints": """
        SELECT CAST(conrelid::regclass AS TEXT), CAST(contype AS TEXT), pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = current_schema()::regnamespace""",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()",
    "triggers": """
        SELECT CAST(tgrelid::regclass AS TEXT), pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal""",
}
_TABLES = "FROM sqlite_master AS t JOIN"
_SQLITE = {
    "columns": f"""
        SELECT t.name, c.name AS own, c.type, c."notnull", c.dflt_value, c.pk {_TABLES} pragma_table_xinfo(t.name) AS c
        WHERE t.type = 'table'""",
    "constraints": f"""
        SELECT t.name, f.id, f."table", f."from", f."to", f.on_update, f.on_delete
        {_TABLES} pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table'""",
    "indexes": f"""
        SELECT t.name, i."unique", i.origin, group_concat(c.name || ' ' || c.desc)
        {_TABLES} pragma_index_list(t.name) AS i JOIN pragma_index_xinfo(i.name) AS c
        WHERE t.type = 'table' AND c.key = 1 GROUP BY t.name, i.name""",
    "triggers": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
}


async def schema_of(database: Database) -> Schema:
    """The schema without the order of columns, on which no statement relies."""
    asked = _SQLITE if database.dialect == "sqlite" else _POSTGRESQL

    async def work(tx: Transaction) -> Schema:
        found = {kind: [_plain(row) for row in await tx.all(sql)] for kind, sql in asked.items()}
        if database.dialect == "sqlite":  # its pragmas omit CHECKs and the conditions of indexes
            for row in await tx.all("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL"):
                if row["type"] == "table":
                    found["constraints"] += [(row["name"], check) for check in _checks(row["sql"])]
                elif row["type"] == "index":
                    found["indexes"].append((row["name"], _spaced(row["sql"])))
        return {kind: sorted(rows, key=repr) for kind, rows in found.items()}

    return await database.read(work)


def _plain(row: Row) -> tuple[object, ...]:
    return tuple(row[key] for key in row.keys())  # noqa: SIM118  # a row of SQLite iterates over its values


def _checks(sql: str) -> list[str]:
    """The CHECKs of a CREATE TABLE, each up to its closing parenthesis."""
    bare, found = _spaced(sql), []
    for start in (match.end() for match in re.finditer(r"CHECK \(", bare)):
        end, depth = start, 1
        while depth:
            depth += {"(": 1, ")": -1}.get(bare[end], 0)
            end += 1
        found.append(bare[start : end - 1])
    return found


def _spaced(sql: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"--[^\n]*", "", sql))
