"""Print a schema as aligned text: each table with its columns, keys, rules and indexes.

A line that does not begin with a space is a heading, such as the name of a table.
"""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from hangar_dal.migrations.formatting import readable
from hangar_dal.migrations.schema import Column, Schema, Table, listed
from hangar_dal.migrations.views.labels import definition, key_marks

_NARROWEST: Final = 30


def as_text(schema: Schema, width: int | None = None) -> Iterator[str]:
    """Yield the lines, without line ends. Lines that are longer than `width` are wrapped and indented."""
    for number, table in enumerate(schema.tables):
        if number:
            yield ""
        yield f"{table.name}  ({table.options})" if table.options else table.name
        yield from _aligned([_column(table, column) for column in table.ordered()], width)
        yield from _aligned(list(_rules(table)), width)
    if schema.others:
        yield ""
        yield "besides tables"
        rows = [(other.kind, other.name, other.table and f"on {other.table}") for other in schema.others]
        yield from _aligned(rows, width)


def _column(table: Table, column: Column) -> tuple[str, ...]:
    more = " ".join(key_marks(table, column))
    if column.default is not None:
        more += f" default {column.default}"
    if column.generated is not None:
        more += f" generated {readable(column.generated)}"
    return column.name, column.type, "null" if column.nullable else "not null", more.strip()


def _rules(table: Table) -> Iterator[tuple[str, ...]]:
    if table.primary_key:
        yield "primary key", "", listed(table.primary_key)
    for key in table.foreign_keys:
        action = "" if key.on_delete == "no action" else f" on delete {key.on_delete}"
        target = f"{key.table} {listed(key.referred)}{action} {key.options}"
        yield "foreign key", key.name, f"{listed(key.columns)} to {target}".rstrip()
    for unique in table.uniques:
        yield "unique", unique.name, unique.text
    for check in table.checks:
        yield "check", check.name, readable(check.rule).removeprefix("CHECK ")
    for index in table.indexes:
        yield "unique index" if index.unique else "index", index.name, definition(index)


def _aligned(rows: Sequence[tuple[str, ...]], width: int | None) -> Iterator[str]:
    if not rows:
        return
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)][:-1]
    indent = 2 + sum(widths) + 2 * len(widths)
    for row in rows:
        first = "  " + "".join(f"{cell:<{room}}  " for cell, room in zip(row, widths, strict=False))
        room = max((width or 0) - indent, _NARROWEST)
        lines = wrap(row[-1], room, break_long_words=False, break_on_hyphens=False) if width else [row[-1]]
        yield (first + (lines or [""])[0]).rstrip()
        for line in lines[1:]:
            yield " " * indent + line
