"""SQLite's plans, on two copies in memory: one with the statistics of large tables, and one without statistics.

Without statistics, SQLite uses an index wherever it can, so the plan shows what an index could serve.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from hangar_dal.check.model import Tables
from hangar_dal.check.query_plans.model import QueryPlan, Step
from hangar_dal.check.query_plans.statistics_sqlite import pretend_large
from hangar_dal.check.query_plans.table_access import TableRead, reads, stops_early
from hangar_dal.check.statement_info import SentAs
from hangar_dal.migrations.schema_sqlite import read_schema
from hangar_dal.sqlblock import Variant

_STEP: Final = re.compile(
    r"(?P<verb>SCAN|SEARCH) (?P<name>\S+)"
    r"(?: USING (?P<automatic>AUTOMATIC )?(?:PARTIAL )?(?:COVERING )?INDEX (?P<index>\S+))?(?P<rest>.*)"
)
# Sorting for ORDER BY or GROUP BY reads all rows first. A sort of the last terms only is done group by group.
_SORT: Final = re.compile(r"USE TEMP B-TREE FOR (ORDER|GROUP) BY")
_VIEWS: Final = "SELECT lower(name), sql FROM sqlite_master WHERE type = 'view'"
_AUTOMATIC: Final = """
SELECT i.name, t.name, i.origin, (SELECT group_concat(k.name) FROM pragma_index_info(i.name) AS k)
FROM sqlite_master AS t
INNER JOIN pragma_index_list(t.name) AS i
WHERE t.type = 'table' AND i.origin <> 'c'
"""
_PARTIAL: Final = """
SELECT i.name
FROM sqlite_master AS t
INNER JOIN pragma_index_list(t.name) AS i
WHERE t.type = 'table' AND i.partial
"""

Row = tuple[int, int, int, str]  # the number of the step, the number of its parent, an unused value, the text


class SqlitePlanner:
    """Makes plans on copies of a file, which it does not change. Call `close` at the end."""

    def __init__(self, path: Path, tables: Tables) -> None:
        self._path = path
        self._tables = {name.lower(): name for name in tables.columns}

    def close(self) -> None:
        for name in ("_large", "_bare"):
            if name in vars(self):
                vars(self)[name].close()

    def explain(self, variant: Variant, sent: Sequence[SentAs] = (), *, by_index: bool = False) -> QueryPlan | None:
        connection = self._bare if by_index else self._large
        values = dict.fromkeys(parameter.name for parameter in variant.parameters)
        try:
            rows: list[Row] = connection.execute(f"EXPLAIN QUERY PLAN {variant.text}", values).fetchall()
        except sqlite3.Error:
            return None
        return QueryPlan(tuple(self._steps(rows, self._read(variant.text))))

    def _steps(self, rows: list[Row], read: Mapping[str, tuple[TableRead, ...]]) -> Iterator[Step]:
        depths = {0: -1}
        sorting = {parent for _, parent, _, text in rows if _SORT.match(text)}
        begun: set[int] = set()
        for number, parent, _, text in rows:
            depths[number] = depths.get(parent, -1) + 1
            found = _STEP.match(text)
            if found is None:
                yield Step(text, depths[number])
                continue
            name = found["name"].lower()
            of_name = read.get(name, ())
            table = of_name[0].table if of_name else name
            table = self._tables.get(table)
            outermost = parent not in begun
            begun.add(parent)
            # A SEARCH without a condition reads one end of an index for `min()` or `max()`.
            is_end = found["verb"] == "SEARCH" and "(" not in found["rest"]
            stops = not any(each.picks for each in of_name) if is_end else stops_early(of_name)
            whole = table is not None and (is_end or self._reads_all(found))
            if whole and outermost and parent not in sorting and stops:
                whole = False
            yield Step(text, depths[number], table, self._called(found["index"]) if table else None, whole)

    def _reads_all(self, found: re.Match[str]) -> bool:
        """Return whether the step reads all rows of its table or index.

        An automatic index is built from the whole table. `ANY(column)` skips the first column of an index.
        """
        if found["automatic"]:
            return True
        if found["verb"] == "SEARCH":
            return "(ANY(" in found["rest"]
        return found["index"] not in self._partial and "VIRTUAL TABLE" not in found["rest"]

    @cached_property
    def _large(self) -> sqlite3.Connection:
        connection = self._copy()
        pretend_large(connection)
        return connection

    @cached_property
    def _bare(self) -> sqlite3.Connection:
        return self._copy()

    def _copy(self) -> sqlite3.Connection:
        copy = sqlite3.connect(":memory:", isolation_level=None)
        with sqlite3.connect(self._path) as original:
            original.backup(copy)
        original.close()
        return copy

    def _called(self, index: str | None) -> str | None:
        """Return the name of the constraint that made the index, as on PostgreSQL; else the name of the index."""
        return self._constraints.get(index, index) if index else None

    @cached_property
    def _constraints(self) -> dict[str, str]:
        tables = {table.name: table for table in read_schema(self._bare).tables}
        found: dict[str, str] = {}
        for index, table, origin, columns in self._bare.execute(_AUTOMATIC):
            names = {",".join(each.columns): each.name for each in tables[table].uniques} if table in tables else {}
            name = f"{table}_pkey" if origin == "pk" else names.get(columns)
            if name:
                found[index] = name
        return found

    @cached_property
    def _partial(self) -> frozenset[str]:
        return frozenset(name for (name,) in self._bare.execute(_PARTIAL))

    @cached_property
    def _views(self) -> dict[str, dict[str, tuple[TableRead, ...]]]:
        return {name: reads(sql, "sqlite") for name, sql in self._bare.execute(_VIEWS)}

    def _read(self, text: str) -> dict[str, tuple[TableRead, ...]]:
        """Return the reads of the statement by the names in the plan, which shows the tables of views.

        Each table of a view is read with the conditions of the view and those of the statement.
        """
        found = dict(reads(text, "sqlite"))
        for view in [each for of_name in found.values() for each in of_name]:
            for name, inner in self._views.get(view.table, {}).items():
                through = (TableRead(each.table, each.ends or view.ends, each.picks or view.picks) for each in inner)
                found[name] = (*found.get(name, ()), *through)
        return found
