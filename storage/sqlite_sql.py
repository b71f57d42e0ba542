"""Translation of our SQL to SQLite: the only place where the two dialects differ (see `storage.database`)."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache

_LOCK = re.compile(r"\s+FOR UPDATE(?: SKIP LOCKED)?\b")
_LIST = re.compile(r"(= ANY|<> ALL)\(\$(\d+)\)")
_RECORDS = re.compile(r"json_to_recordset\(\$(\d+)\) AS (\w+)\(([^)]*)\)")


@cache  # of constants; the identical text is also the key of the driver's statement cache
def for_sqlite(sql: str) -> str:
    """A statement in SQLite's dialect."""
    sql = _RECORDS.sub(_records, _LOCK.sub("", sql))
    return _LIST.sub(lambda found: f"{_WORDS[found[1]]} (SELECT value FROM json_each(${found[2]}))", sql)


def named(values: Sequence[object]) -> Mapping[str, object]:
    """Parameters for `$1`, `$2`, …; lists as JSON."""
    return {name: json.dumps(v) if isinstance(v, (list, tuple)) else v for name, v in zip(_NAMES, values, strict=False)}


_NAMES = tuple(map(str, range(1, 1000)))
"""Of as many parameters as a statement may have."""

_WORDS = {"= ANY": "IN", "<> ALL": "NOT IN"}


def _records(found: re.Match[str]) -> str:
    names = [column.split()[0] for column in found[3].split(",")]
    columns = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in names)
    return f"(SELECT {columns} FROM json_each(${found[1]})) AS {found[2]}"
