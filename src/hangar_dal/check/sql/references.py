"""The classes for sources and columns that `bind` returns."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sqlglot import exp

from hangar_dal.check.sql.names import name_of
from hangar_dal.sqlscan import Dialect

TableAndColumn = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Output:
    """A column of a source or of a query.

    `name` is None if the database invents one. `origin` is the table and column, spelled as in the schema, whose values
    these are. `value` is the expression that `query` selects; None for a column of a table or of a function.
    `is_whole` is False if other queries of a UNION, or other rows of VALUES, give other values. `*` omits columns whose
    `is_hidden` is True.
    """

    name: str | None
    origin: TableAndColumn | None = None
    value: exp.Expr | None = field(default=None, compare=False)
    query: exp.Expr | None = field(default=None, compare=False)
    is_whole: bool = True
    is_hidden: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An item of FROM, the target of a write, or `excluded`; two are equal only if they are the same item.

    `alias` is the name by which its columns are called; None if it has none. `table` is the stored name of a table or
    view, and `query` the query of a subquery or of WITH. Both are None for a function and for an unknown table.
    """

    alias: str | None
    node: exp.Expr
    table: str | None = None
    query: exp.Expr | None = None
    cte: exp.CTE | None = None


class Columns(NamedTuple):
    """The columns of a source.

    If `is_open` is True, the source may have columns that are not listed. If `is_complete` is True, `listed` has all
    columns of `*`.
    """

    listed: tuple[Output, ...]
    is_open: bool
    is_complete: bool

    def named(self, name: str) -> list[Output]:
        """Return the listed columns with this name."""
        return [column for column in self.listed if column.name == name]


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column that a name means. `statement` is the SELECT, INSERT, UPDATE, DELETE or MERGE that has the source."""

    statement: exp.Expr = field(compare=False)
    source: Source
    column: Output


def renamed(columns: tuple[Output, ...] | None, alias: exp.Expr | None, dialect: Dialect) -> tuple[Output, ...] | None:
    """Return the columns with the names that an alias such as `AS t (a, b)` gives to the first of them.

    Returns None if `columns` is None or the alias has more names than columns.
    """
    given = alias.args.get("columns") or () if alias is not None else ()
    names = [name_of(each, dialect) for each in given]
    if columns is None or len(names) > len(columns):
        return None
    return (*(replace(each, name=name) for each, name in zip(columns, names, strict=False)), *columns[len(names) :])
