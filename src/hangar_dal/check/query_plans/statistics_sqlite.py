"""Write the statistics that ANALYZE would find in large tables. SQLite's planner reads only these."""

import sqlite3
from collections.abc import Iterator
from itertools import accumulate, groupby
from operator import mul
from typing import Final

from hangar_dal.check.query_plans.statistics import CHOICES, OWNERS, ROWS
from hangar_dal.check.sql.allowed_values import allowed_values
from hangar_dal.migrations.guard import changing_memory
from hangar_dal.migrations.schema import Table
from hangar_dal.migrations.schema_sqlite import read_schema

# A WITHOUT ROWID table stores its rows in its primary key. The statistics of this key have the name of the table.
_INDEXES: Final = """
SELECT CASE WHEN i.origin = 'pk' AND t.wr THEN t.name ELSE i.name END, i."unique", lower(x.name)
FROM pragma_table_list(?) AS t
INNER JOIN pragma_index_list(t.name) AS i
INNER JOIN pragma_index_xinfo(i.name) AS x
WHERE x.key
ORDER BY i.seq, x.seqno
"""


def pretend_large(connection: sqlite3.Connection) -> None:
    """Make this connection plan as if each table had many rows. It must be connected to a copy in memory."""
    change = changing_memory(connection)
    change.execute("ANALYZE")  # creates the table sqlite_stat1
    change.execute("DELETE FROM sqlite_stat1")
    for table in read_schema(connection).tables:
        indexes: dict[str | None, str] = dict(_of_indexes(connection, table))
        for index, numbers in (indexes or {None: str(ROWS)}).items():
            change.execute("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", [table.name, index, numbers])
    change.execute("ANALYZE sqlite_schema")  # loads the new statistics


def _of_indexes(connection: sqlite3.Connection, table: Table) -> Iterator[tuple[str, str]]:
    """Yield each index with its statistics, in the form of the column `stat` of sqlite_stat1.

    The first number is the number of rows. The others are the numbers of rows with the same first column, the same
    first two columns, and so on.
    """
    values = _values(table)
    rows = connection.execute(_INDEXES, [table.name]).fetchall()
    for (name, unique), columns in groupby(rows, key=lambda row: row[:2]):
        together = accumulate((values.get(column, ROWS) for *_, column in columns), mul)
        alike = [max(1, ROWS // count) for count in together]
        if unique:
            alike[-1] = 1
        yield name, " ".join(map(str, [ROWS, *alike]))


def _values(table: Table) -> dict[str, int]:
    """Return the number of different values of each column whose values repeat."""
    owners = (column.lower() for key in table.foreign_keys for column in key.columns)
    named = allowed_values((check.rule for check in table.checks), "sqlite")
    return dict.fromkeys(named, CHOICES) | dict.fromkeys(owners, OWNERS)
