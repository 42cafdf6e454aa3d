"""Draw a schema as an SVG picture: a box for each table, and a line with crow's feet for each foreign key.

A line is dashed if the foreign key is nullable. The picture has colours for light and dark pages, and loads no other
files.
"""

from collections.abc import Iterator
from html import escape
from textwrap import dedent
from typing import Final

from hangar_dal.migrations.schema import Column, Schema, Table
from hangar_dal.migrations.views.labels import is_unique, key_marks, special_keys
from hangar_dal.migrations.views.layout import HEADER, MARKS, PAD, ROW, Box, Connector, arrange, type_words

_STYLE: Final = dedent("""\
    text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2933 }
    .page { fill: #ffffff }
    .box { fill: #ffffff; stroke: #9aa5b1 }
    .head { fill: #2f4858 }
    .name { fill: #ffffff; font-size: 13px; font-weight: bold }
    .type { fill: #7b8794; text-anchor: end }
    .key { fill: #b44d12; font-size: 9px; font-weight: bold }
    .rule { stroke: #e4e7eb }
    .line, .end { fill: none; stroke: #52606d; stroke-width: 1.4 }
    .loose { stroke-dasharray: 5 3 }
    .ring { fill: #ffffff; stroke: #52606d; stroke-width: 1.4 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e4e7eb }
      .page, .ring { fill: #0d1117 }
      .box { fill: #161b22; stroke: #52606d }
      .head { fill: #3e5c76 }
      .type { fill: #9aa5b1 }
      .key { fill: #f0a868 }
      .rule { stroke: #2d333b }
      .line, .end, .ring { stroke: #9aa5b1 }
    }""")


def as_svg(schema: Schema) -> str:
    """Return the SVG document."""
    return "\n".join(_document(schema)) + "\n"


def _document(schema: Schema) -> Iterator[str]:
    picture = arrange(schema)
    width, height = round(picture.width), round(picture.height)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img">'
    )
    yield f"<title>{escape('Tables: ' + ', '.join(table.name for table in schema.tables))}</title>"
    yield f"<style>\n{_STYLE}\n</style>"
    yield f'<rect class="page" width="{width}" height="{height}" rx="8"/>'
    for line in picture.lines:
        yield from _line(line)
    for box in picture.boxes:
        if box.table:
            yield from _box(box, box.table)
    yield "</svg>"


def _box(box: Box, table: Table) -> Iterator[str]:
    x, y, width = round(box.x), round(box.y, 1), round(box.width)
    yield f'<g transform="translate({x} {y:g})">'
    yield f'<rect class="box" width="{width}" height="{box.height:g}" rx="6"/>'
    corner = 6
    yield (
        f'<path class="head" d="M0 {HEADER}V{corner}a{corner} {corner} 0 0 1 {corner} -{corner}'
        f'H{width - corner}a{corner} {corner} 0 0 1 {corner} {corner}V{HEADER}z"/>'
    )
    yield f'<text class="name" x="{PAD}" y="20">{escape(table.name)}</text>'
    for number, column in enumerate(table.ordered()):
        top = HEADER + ROW * number
        if number:
            yield f'<path class="rule" d="M1 {top}H{width - 1}"/>'
        yield from _marks(table, column, top + 14)
        yield f'<text x="{MARKS}" y="{top + 14}">{escape(column.name)}</text>'
        yield f'<text class="type" x="{width - PAD}" y="{top + 14}">{escape(type_words(table, column.name))}</text>'
    yield "</g>"


def _marks(table: Table, column: Column, height: int) -> Iterator[str]:
    """Yield the marks of a column's keys. `UK*` is a key that only its definition describes, which is the tooltip."""
    special = special_keys(table, column)
    marks = [*(mark for mark in key_marks(table, column) if not (special and mark == "UK")), *(["UK*"] * bool(special))]
    if marks:
        title = f"<title>{escape('; '.join(special))}</title>" if special else ""
        yield f'<text class="key" x="{PAD}" y="{height}">{title}{" ".join(marks)}</text>'


def _line(line: Connector) -> Iterator[str]:
    way = "M" + "L".join(f"{x:g} {y:g}" for x, y in line.points)
    columns = f"({', '.join(line.key.columns)})"
    yield f"<g><title>{escape(f'{line.table.name} {columns} to {line.key.table}')}</title>"
    may_be_null = any(column.nullable for column in line.table.columns if column.name in line.key.columns)
    yield f'<path class="line{" loose" if may_be_null else ""}" d="{way}"/>'
    (left_x, left_y), (right_x, right_y) = line.points[0], line.points[-1]
    is_loop = left_x == right_x
    one, many = (left_x, left_y, 1), (right_x, right_y, 1 if is_loop else -1)  # third: direction away from the box
    if line.is_turned:
        one, many = (right_x, right_y, -1), (left_x, left_y, 1)
    yield from _one(*one)
    yield from (_one if is_unique(line.table, line.key.columns) else _many)(*many)
    yield f'<circle class="ring" cx="{many[0] + 14 * many[2]:g}" cy="{many[1]:g}" r="4"/>'  # the ring means "or none"
    yield "</g>"


def _one(x: float, y: float, away: int) -> Iterator[str]:
    yield f'<path class="end" d="M{x + 7 * away:g} {y - 6:g}V{y + 6:g}"/>'


def _many(x: float, y: float, away: int) -> Iterator[str]:
    yield f'<path class="end" d="M{x:g} {y - 6:g}L{x + 10 * away:g} {y:g}L{x:g} {y + 6:g}"/>'
