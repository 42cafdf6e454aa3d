"""The sources and columns that names of a statement mean, as `bind` finds them."""

from dataclasses import dataclass, field
from typing import NamedTuple

from sqlglot import exp

TableAndColumn = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Output:
    """A column of a source or of a query.

    `name` is None if the database invents one. `origin` is the table and its column, in the spelling of the schema, if
    each value is that of a column of a table. `is_hidden`: `*` leaves it out.
    """

    name: str | None
    origin: TableAndColumn | None = None
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
    """The columns of a source. `is_open`: it may have columns that are not listed."""

    listed: tuple[Output, ...]
    is_open: bool

    def named(self, name: str) -> list[Output]:
        return [column for column in self.listed if column.name == name]


@dataclass(frozen=True, slots=True)
class ColumnRef:
    """A column of a source of `statement`, which is a SELECT, INSERT, UPDATE, DELETE or MERGE of the tree."""

    statement: exp.Expr = field(compare=False)
    source: Source
    column: Output
