"""Find the foreign key that a statement violated, because SQLite does not report it. Below `errors`."""

import re
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Final, NamedTuple

from hangar_dal.sqlscan import Kind, tokens_of

_REPLACES: Final = re.compile(r"\bREPLACE\b", re.IGNORECASE)
# Whether column names follow the word, as after SET in `SET a = 1, (b, c) = (2, 3) WHERE`.
_AROUND_SET: Final = {"SET": True, "=": False, "WHERE": False, "FROM": False, "RETURNING": False}
_WORD: Final = re.compile(r"\w+")


class ForeignKey(NamedTuple):
    """A foreign key: `columns` of `table` refer to the columns `key` of `parent`. Names are as in the schema."""

    table: str
    columns: tuple[str, ...]
    parent: str
    key: tuple[str, ...]
    on_update: str
    on_delete: str


def broken(verb: str, table: str, text: str, raw: sqlite3.Connection) -> ForeignKey | None:
    """Return the foreign key that the statement violated; None if several are possible, or a trigger may be the cause.

    A written row can violate the foreign keys of its table. A row that is deleted or gets a new key can violate the
    foreign keys that refer to its table.
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
    """Return the columns, in lower case, that SET assigns in an UPDATE or in ON CONFLICT."""
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
    """Whether a trigger of the table names another table that has foreign keys."""
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
    """Return the columns that a foreign key refers to. The default is the primary key of the parent."""
    if None not in written:
        return tuple(filter(None, written))
    found = raw.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", (parent,)).fetchall()
    return tuple(name for (name,) in found)


def _referring(table: str, every: list[ForeignKey], verb: str, seen: set[str]) -> set[ForeignKey]:
    """Return the foreign keys that can prevent the change of a row of the table, also through a CASCADE."""
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
