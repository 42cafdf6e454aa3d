"""Find the foreign key that a statement violated, because SQLite does not report it. Below `errors`."""

import re
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final, NamedTuple

from hangar_dal.database.sqlite.inserted_row import inserted_row
from hangar_dal.database.sqlite.replay import DRIVER_ERRORS, Failed, Watch, all_of, exists, quoted, replayed

_WORD: Final = re.compile(r"\w+")
_REPLACES: Final = re.compile(r"\bREPLACE\b", re.IGNORECASE)
_KEYS: Final = (  # the oldest first: within a table, SQLite lists the newest first
    'SELECT id, "table", on_update, on_delete, "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq'
)

_NOTED_ROWS: Final = 10_000


class ForeignKey(NamedTuple):
    """A foreign key: `columns` of `table` refer to the columns `key` of `parent`. Names are as in the schema."""

    table: str
    columns: tuple[str, ...]
    parent: str
    key: tuple[str, ...]
    on_update: str
    on_delete: str


class Broken(NamedTuple):
    """A violated foreign key. `is_written` is true if its own row was written, false if the row it refers to was."""

    key: ForeignKey
    is_written: bool


def broken(table: str, failed: Failed) -> Broken | None:
    """Return the foreign key that the statement violated; None if that is not known.

    If there are several, it is that of the first row; of this row, the oldest one.
    """
    if failed.parameters is None:
        return None
    raw = failed.raw
    keys = list(_every(raw))
    if own := _broken_by_row(table, keys, failed):
        return own
    noted = list[tuple[int, bool, tuple[Any, ...]]]()

    def note(number: int, is_written: int, *values: Any) -> None:
        if len(noted) < _NOTED_ROWS:
            noted.append((number, bool(is_written), values))

    recursive = raw.execute("PRAGMA recursive_triggers").fetchone()[0]
    try:
        # Without recursive triggers, no trigger sees the rows that REPLACE deletes.
        raw.execute(f"PRAGMA recursive_triggers = {int(recursive or bool(_REPLACES.search(failed.text)))}")
        watches = list(_watches(keys, _written(table, keys, raw)))
        with replayed(failed, watches, note, defers_keys=True):
            for number, is_written, values in noted:
                if _is_broken(keys[number], values, raw):
                    return Broken(keys[number], is_written)
    except DRIVER_ERRORS:  # another process holds the lock, or the time is up
        return None
    finally:
        raw.execute(f"PRAGMA recursive_triggers = {recursive}")
    return None


def _broken_by_row(table: str, keys: list[ForeignKey], failed: Failed) -> Broken | None:
    """Return the first key that the row of an INSERT breaks; None if that is not known."""
    row = inserted_row(failed, table) or {}
    for key in keys:
        values = tuple(row.get(name) for name in key.columns) if key.table.lower() == table.lower() else (None,)
        if None in values:
            continue
        if key.parent.lower() == table.lower():  # the row may refer to itself
            return None
        if not failed.raw.execute(f"SELECT {_parent(key, _marks(values))}", values).fetchone()[0]:
            return Broken(key, is_written=True)
    return None


def _watches(keys: list[ForeignKey], tables: set[str]) -> Iterator[Watch]:
    """Yield triggers that note the keys of each written row which lack their other row at that moment."""
    for table in tables:
        written = [_note_child(number, key) for number, key in enumerate(keys) if key.table.lower() == table]
        parents = [(number, key) for number, key in enumerate(keys) if key.parent.lower() == table]
        changed = [
            _note_parent(number, key, f"({' OR '.join(f'OLD.{n} IS NOT NEW.{n}' for n in map(quoted, key.key))})")
            for number, key in parents
        ]
        yield Watch("AFTER INSERT", table, written or ["SELECT 1"])
        yield Watch("AFTER UPDATE", table, [*changed, *written] or ["SELECT 1"])
        yield Watch("AFTER DELETE", table, [_note_parent(*each, "TRUE") for each in parents] or ["SELECT 1"])


def _note_child(number: int, key: ForeignKey) -> str:
    values = [f"NEW.{quoted(name)}" for name in key.columns]
    present = all_of(f"{value} IS NOT NULL" for value in values)
    return f"SELECT hangar_note({number}, 1, {', '.join(values)}) WHERE {present} AND NOT {_parent(key, values)}"


def _note_parent(number: int, key: ForeignKey, changes: str) -> str:
    values = [f"OLD.{quoted(name)}" for name in key.key]
    return f"SELECT hangar_note({number}, 0, {', '.join(values)}) WHERE {changes} AND {_child(key, values)}"


def _is_broken(key: ForeignKey, values: tuple[Any, ...], raw: sqlite3.Connection) -> bool:
    """Whether a row refers to these values, and there is no row with them at the end of the statement."""
    marks = _marks(values)
    return bool(raw.execute(f"SELECT {_child(key, marks)} AND NOT {_parent(key, marks)}", values).fetchone()[0])


def _marks(values: tuple[Any, ...]) -> list[str]:
    return [f"?{number + 1}" for number in range(len(values))]


def _child(key: ForeignKey, values: list[str]) -> str:
    """Return the condition that a row refers to these values."""
    return exists(key.table, _are(key.columns, values))


def _parent(key: ForeignKey, values: list[str]) -> str:
    """Return the condition that there is a row with these values, to which others may refer."""
    return exists(key.parent, _are(key.key, values))


def _are(columns: tuple[str, ...], values: list[str]) -> str:
    return all_of(f"{quoted(name)} = {value}" for name, value in zip(columns, values, strict=True))


def _written(table: str, keys: list[ForeignKey], raw: sqlite3.Connection) -> set[str]:
    """Return the tables, in lower case, that a statement on this table may write: through actions and triggers too."""
    triggers = raw.execute("SELECT lower(tbl_name), lower(sql) FROM sqlite_master WHERE type = 'trigger'").fetchall()
    known = {name.lower() for key in keys for name in (key.table, key.parent)}
    found, unread = set[str](), {table.lower()}
    while unread:
        one = unread.pop()
        found.add(one)
        unread |= {key.table.lower() for key in keys if key.parent.lower() == one and _acts(key)} - found
        unread |= {word for of, sql in triggers if of == one for word in known & set(_WORD.findall(sql))} - found
    return found


def _acts(key: ForeignKey) -> bool:
    return bool({key.on_update, key.on_delete} - {"NO ACTION", "RESTRICT"})


def _every(raw: sqlite3.Connection) -> Iterator[ForeignKey]:
    """Yield all foreign keys, those of the oldest table first."""
    tables = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
    for (table,) in tables:
        rows = raw.execute(_KEYS, (table,)).fetchall()
        for (_, parent, on_update, on_delete), group in groupby(rows, key=lambda row: row[:4]):
            columns, key = zip(*(row[4:] for row in group), strict=True)
            yield ForeignKey(table, columns, parent, _key(parent, key, raw), on_update, on_delete)


def _key(parent: str, written: tuple[str | None, ...], raw: sqlite3.Connection) -> tuple[str, ...]:
    """Return the columns that a foreign key refers to. The default is the primary key of the parent."""
    if None not in written:
        return tuple(filter(None, written))
    found = raw.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", (parent,)).fetchall()
    return tuple(name for (name,) in found)
