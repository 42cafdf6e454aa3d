"""Write a schema as a Mermaid erDiagram. GitHub and most other forges show it as a picture in a README."""

import re
from collections.abc import Iterator
from typing import Final

from hangar_dal.migrations.schema import ForeignKey, Schema, Table
from hangar_dal.migrations.views.labels import is_unique, key_marks, short_type, special_keys

_NO_WORD: Final = re.compile(r"[^\w()\[\]-]+")


def as_mermaid(schema: Schema) -> Iterator[str]:
    """Yield the lines of the diagram, without line ends. Relations come first: their order decides the layout."""
    yield "erDiagram"
    for table in schema.tables:
        for key in table.foreign_keys:
            yield f"    {_name(key.table)} {_ends(table, key)} {_name(table.name)} : {_quoted(', '.join(key.columns))}"
    for table in schema.tables:
        yield f"    {_name(table.name)} {{"
        for column in table.ordered():
            words = [_NO_WORD.sub("_", short_type(column)), _NO_WORD.sub("_", column.name)]
            if marks := key_marks(table, column):
                words.append(", ".join(marks))
            if comments := [*(["null"] if column.nullable else []), *special_keys(table, column)]:
                words.append(_quoted(", ".join(comments)))
            yield f"        {' '.join(words)}"
        yield "    }"


def _ends(table: Table, key: ForeignKey) -> str:
    """Return the Mermaid notation of both ends of a relation, such as `||--o{`.

    The left end is the table that the key refers to, and the right end the table that has the key.
    """
    may_be_null = any(column.nullable for column in table.columns if column.name in key.columns)
    return f"{'|o' if may_be_null else '||'}--{'o|' if is_unique(table, key.columns) else 'o{'}"


def _name(name: str) -> str:
    return name if name.isidentifier() else _quoted(name)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "'") + '"'
