"""Which foreign key a statement broke: SQLite names none. Below `errors`."""

import re
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Final, NamedTuple

from hangar_dal.sqlscan import Kind, tokens_of

_REPLACES: Final = re.compile(r"\bREPLACE\b", re.IGNORECASE)
# Whether the names of columns begin behind it: in `SET a = 1, (b, c) = (2, 3) WHERE`, before each `=`.
_AROUND_SET: Final = {"SET": True, "=": False, "WHERE": False, "FROM": False, "RETURNING": False}
_WORD: Final = re.compile(r"\w+")


class ForeignKey(NamedTuple):
    """`columns` of `table` refer to the `key` of a row of `parent`, all as the schema writes them."""

    table: str
    columns: tuple[str, ...]
    parent: str
    key: tuple[str, ...]
    on_update: str
    on_delete: str


def broken(verb: str, table: str, text: str, raw: sqlite3.Connection) -> ForeignKey | None:
    """The one key that the statement can have broken; None if there are several, or if a trigger may have done it.

    A row that is written refers to others, and others refer to a row that is deleted or gets another key.
    """
    every = list(_every(raw))
    if _writes_elsewhere(table, {key.table.lower() for key in every}, raw):
        return None
    possible = set[ForeignKey]()
    if verb != "DELETE":
        possible |= {key for key in every if key.table.lower() == table.lower()}
    referred = {column.lower() for key in every if key.parent.lower() == table.lower() for column in key.key}
    if verb == "DELETE" or _REPLACES.search(text) or _assigned(text) & referred:
        possible |= _referring(table, every, verb, set())
    return possible.pop() if len(possible) == 1 else None


def _assigned(text: str) -> set[str]:
    """The columns, in lower case, that SET gives a value, in an UPDATE or behind ON CONFLICT."""
    names, depth, is_name = set[str](), 0, False
    for token in tokens_of(text, "sqlite"):
        word = token.text.upper()
        depth += (word == "(") - (word == ")")
        if depth == 0 and word in _AROUND_SET:
            is_name = _AROUND_SET[word]
        elif depth == 0 and word == ",":
            is_name = True
        elif is_name and token.kind in (Kind.WORD, Kind.NAME):
            names.add(token.text.strip('"`[]').lower())
    return names


def _writes_elsewhere(table: str, others: set[str], raw: sqlite3.Connection) -> bool:
    """Whether a trigger of the table names another one that has foreign keys."""
    triggers = raw.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)).fetchall()
    return any((others - {table.lower()}) & set(_WORD.findall(sql.lower())) for (sql,) in triggers)


def _every(raw: sqlite3.Connection) -> Iterator[ForeignKey]:
    tables = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        rows = raw.execute(
            'SELECT id, "table", on_update, on_delete, "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq',
            (table,),
        ).fetchall()
        for (_, parent, on_update, on_delete), group in groupby(rows, key=lambda row: row[:4]):
            columns, key = zip(*(row[4:] for row in group), strict=True)
            yield ForeignKey(table, columns, parent, _key(parent, key, raw), on_update, on_delete)


def _key(parent: str, written: tuple[str | None, ...], raw: sqlite3.Connection) -> tuple[str, ...]:
    """The columns that are referred to: those of the primary key, if none are written."""
    if None not in written:
        return tuple(filter(None, written))
    found = raw.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", (parent,)).fetchall()
    return tuple(name for (name,) in found)


def _referring(table: str, every: list[ForeignKey], verb: str, seen: set[str]) -> set[ForeignKey]:
    """The keys that keep a row of the table, those behind a CASCADE among them."""
    if table.lower() in seen:
        return set()
    seen.add(table.lower())
    found = set[ForeignKey]()
    for key in every:
        actions = {key.on_delete} if verb == "DELETE" else {key.on_update, key.on_delete}
        if key.parent.lower() != table.lower():
            continue
        if actions & {"NO ACTION", "RESTRICT", "SET DEFAULT"}:
            found.add(key)
        if "CASCADE" in actions:
            found |= _referring(key.table, every, verb, seen)
    return found
