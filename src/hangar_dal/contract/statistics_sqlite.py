"""What ANALYZE would have found in large tables, written by hand: SQLite's planner reads nothing else.

Builds on `statistics`.
"""

import sqlite3
from collections.abc import Iterator
from itertools import accumulate, groupby
from operator import mul
from typing import Final

from hangar_dal.contract.allowed import allowed_values
from hangar_dal.contract.statistics import CHOICES, OWNERS, ROWS
from hangar_dal.migrations.guard import changing_memory
from hangar_dal.migrations.schema import Table
from hangar_dal.migrations.schema_sqlite import read_schema

# A table without rowid keeps its rows in its key, whose statistics stand under the table's name.
_INDEXES: Final = """
SELECT CASE WHEN i.origin = 'pk' AND t.wr THEN t.name ELSE i.name END, i."unique", lower(x.name)
FROM pragma_table_list(?) AS t
INNER JOIN pragma_index_list(t.name) AS i
INNER JOIN pragma_index_xinfo(i.name) AS x
WHERE x.key
ORDER BY i.seq, x.seqno
"""


def pretend_large(connection: sqlite3.Connection) -> None:
    """From now on this connection, to a copy in memory, plans as if each table had many rows."""
    change = changing_memory(connection)
    change.execute("ANALYZE")  # makes the table of statistics
    change.execute("DELETE FROM sqlite_stat1")
    for table in read_schema(connection).tables:
        indexes: dict[str | None, str] = dict(_of_indexes(connection, table))
        for index, numbers in (indexes or {None: str(ROWS)}).items():
            change.execute("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", [table.name, index, numbers])
    change.execute("ANALYZE sqlite_schema")  # reads what was written


def _of_indexes(connection: sqlite3.Connection, table: Table) -> Iterator[tuple[str, str]]:
    """How many rows there are, then how many have the same first column, first two columns and so on."""
    values = _values(table)
    rows = connection.execute(_INDEXES, [table.name]).fetchall()
    for (name, unique), columns in groupby(rows, key=lambda row: row[:2]):
        together = accumulate((values.get(column, ROWS) for *_, column in columns), mul)
        alike = [max(1, ROWS // count) for count in together]
        if unique:
            alike[-1] = 1
        yield name, " ".join(map(str, [ROWS, *alike]))


def _values(table: Table) -> dict[str, int]:
    """How many different values those columns have that repeat them."""
    owners = (column.lower() for key in table.foreign_keys for column in key.columns)
    named = (column for check in table.checks for column in allowed_values(check.rule, "sqlite"))
    return dict.fromkeys(named, CHOICES) | dict.fromkeys(owners, OWNERS)
