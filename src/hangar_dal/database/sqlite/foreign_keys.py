"""Which foreign key a statement broke: SQLite names none. Below `errors`."""

import re
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Final, NamedTuple

_REPLACES: Final = re.compile(r"\bREPLACE\b|\bDO\s+UPDATE\b", re.IGNORECASE)

_WORD: Final = re.compile(r"\w+")


class ForeignKey(NamedTuple):
    """`columns` of `table` refer to a row of `parent`, all three as the schema writes them."""

    table: str
    columns: tuple[str, ...]
    parent: str
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
    if verb != "INSERT" or _REPLACES.search(text):
        possible |= _referring(table, every, verb, set())
    return possible.pop() if len(possible) == 1 else None


def _writes_elsewhere(table: str, others: set[str], raw: sqlite3.Connection) -> bool:
    """Whether a trigger of the table names another one that has foreign keys."""
    triggers = raw.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)).fetchall()
    return any((others - {table.lower()}) & set(_WORD.findall(sql.lower())) for (sql,) in triggers)


def _every(raw: sqlite3.Connection) -> Iterator[ForeignKey]:
    tables = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        rows = raw.execute(
            'SELECT id, "table", "from", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY id, seq',
            (table,),
        ).fetchall()
        for _, group in groupby(rows, key=lambda row: row[0]):
            parts = list(group)
            yield ForeignKey(table, tuple(part[2] for part in parts), parts[0][1], parts[0][3], parts[0][4])


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
