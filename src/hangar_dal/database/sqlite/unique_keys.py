"""Find the unique key that a row broke first: the oldest one, as PostgreSQL does. Below `errors`.

SQLite checks the primary key first if it is an integer, and then the newest key before the older ones.
"""

import sqlite3
from contextlib import suppress
from typing import Final, NamedTuple

from hangar_dal.database.sqlite.constraint_names import constraint_names, key_of
from hangar_dal.database.sqlite.inserted_row import inserted_row
from hangar_dal.database.sqlite.replay import DRIVER_ERRORS, Failed, Watch, all_of, exists, quoted, replayed, row_of
from hangar_dal.sqlscan import Kind, Token, tokens_of

_KEYS: Final = """
    SELECT keys.name, keys.origin, keys.partial, entries.sql
    FROM pragma_index_list(?) AS keys JOIN sqlite_master AS entries ON entries.name = keys.name
    WHERE keys."unique" AND entries.type = 'index'
    ORDER BY keys.origin <> 'pk', keys.seq DESC
"""
_COLUMNS: Final = "SELECT name FROM pragma_table_xinfo(?)"
_PRIMARY: Final = "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk"
_TERMS: Final = "SELECT name, coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno"
_BEGIN_ROW: Final = -1


class UniqueKey(NamedTuple):
    """A unique key. `columns` is empty for an index on expressions. `terms` and `where` are SQL."""

    constraint: str
    columns: tuple[str, ...]
    terms: tuple[str, ...]
    where: str
    made_as: str  # the name of its index; empty for an INTEGER PRIMARY KEY


def broken_key(code: int, subject: str, failed: Failed) -> tuple[str | None, str | None, tuple[str, ...]]:
    """Return constraint, table and columns of the oldest key that the row broke.

    `subject` is from SQLite's message: `users.email_fold`, `a.x, a.y`, or `index 'name'` for an index on expressions.
    """
    index, table, columns = _reported(subject, failed.raw)
    if table is None:
        return index, None, ()
    keys = _keys(table, failed.raw)
    is_primary = code != sqlite3.SQLITE_CONSTRAINT_UNIQUE
    reported = keys[:1] if is_primary else [key for key in keys if index in (key.made_as, None) and _is(key, columns)]
    found = reported[0] if len(reported) == 1 else None
    if reported[:1] != keys[:1] or found is None:
        found = _oldest(table, keys[: keys.index(reported[-1]) + 1], failed) or found if reported else None
    columns = found.columns if found else columns
    return found and found.constraint, table, tuple(column.removesuffix("_fold") for column in columns)


def _reported(subject: str, raw: sqlite3.Connection) -> tuple[str | None, str | None, tuple[str, ...]]:
    """Return the index, the table and the columns that SQLite's message names."""
    if subject.startswith("index '"):
        index = subject[7:].rstrip("'")
        row = raw.execute("SELECT tbl_name FROM sqlite_master WHERE type = 'index' AND name = ?", (index,)).fetchone()
        return index, row[0] if row else None, ()
    pairs = [part.rpartition(".") for part in subject.split(", ")]
    return None, pairs[0][0], tuple(pair[2] for pair in pairs)


def _is(key: UniqueKey, columns: tuple[str, ...]) -> bool:
    return not columns or key.columns == columns


def _keys(table: str, raw: sqlite3.Connection) -> list[UniqueKey]:
    """Return the unique keys of a table: the primary key, then the others from the oldest to the newest.

    If a table declares its constraints in the reverse order of its columns and the primary key last, its author wrote
    them for SQLite's own order. Then the constraints are returned from the newest to the oldest.
    """
    primary = tuple(name for (name,) in raw.execute(_PRIMARY, (table,)).fetchall())
    names = constraint_names(table, raw)
    found, has_primary = [], False
    for index, origin, is_partial, text in raw.execute(_KEYS, (table,)).fetchall():
        entries = raw.execute(_TERMS, (index,)).fetchall()
        columns = tuple(name for name, _ in entries)
        terms = tuple(f"{quoted(name)} COLLATE {collation}" for name, collation in entries if name is not None)
        expressions, where = _parts(text) if is_partial or None in columns else ((), "")
        if None in columns:
            columns, terms = (), expressions
        is_primary = origin == "pk"
        has_primary = has_primary or is_primary
        default = f"{table}_pkey" if is_primary else f"{table}_{'_'.join(columns)}_key"
        key = key_of("PRIMARY" if is_primary else "UNIQUE", columns)
        name = index if origin == "c" else names.get(key, default)
        found.append(UniqueKey(name, columns, terms, where, index))
    declared = [key for key in found if key.made_as.startswith("sqlite_autoindex_")]
    if _are_reversed(table, declared, raw):
        found[1 : len(declared)] = found[len(declared) - 1 : 0 : -1]
    if primary and not has_primary:
        name = names.get(key_of("PRIMARY", primary), f"{table}_pkey")
        found.insert(0, UniqueKey(name, primary, tuple(map(quoted, primary)), "", ""))
    return found


def _are_reversed(table: str, keys: list[UniqueKey], raw: sqlite3.Connection) -> bool:
    """Whether the constraints are declared in the reverse order of their columns, and the primary key after them."""
    numbers = [int(key.made_as.rpartition("_")[2]) for key in keys]  # SQLite numbers them in this order
    columns = [name for (name,) in raw.execute(_COLUMNS, (table,)).fetchall()]
    places = [[columns.index(name) for name in key.columns] for key in keys]
    return len(keys) > 2 and numbers[0] == max(numbers) and places[1:] == sorted(places[1:], reverse=True)


def _parts(text: str) -> tuple[tuple[str, ...], str]:
    """Return the terms and the condition of CREATE INDEX."""
    terms, begins, depth = list[str](), 0, 0
    tokens = [token for token in tokens_of(text, "sqlite") if token.kind is not Kind.COMMENT]
    for number, token in enumerate(tokens):
        depth += token.text == "("
        if token.text == "(" and depth == 1:
            begins = number + 1
        if depth == 1 and token.text in (",", ")"):
            terms.append(_term(text, tokens[begins:number]))
            begins = number + 1
        depth -= token.text == ")"
        if depth == 0 and terms:
            rest = tokens[number + 1 :]
            return tuple(terms), text[rest[0].end :] if rest else ""
    return tuple(terms), ""


def _term(text: str, tokens: list[Token]) -> str:
    kept = tokens[:-1] if tokens[-1].text.upper() in ("ASC", "DESC") else tokens
    return text[kept[0].start : kept[-1].end]


def _oldest(table: str, keys: list[UniqueKey], failed: Failed) -> UniqueKey | None:
    """Return the first of the keys that the row broke at which the statement failed; None if that is not known."""
    if failed.parameters is None:
        return None
    raw, broken = failed.raw, list[int]()
    if row := inserted_row(failed, table):
        new = f"(SELECT {', '.join(f'?{number + 1} AS {quoted(name)}' for number, name in enumerate(row))})"
        with suppress(sqlite3.OperationalError):  # a key has a generated column
            values = [*row.values()]
            if found := next((key for key in keys if raw.execute(_asked(table, key, new), values).fetchone()), None):
                return found
    columns = [name for (name,) in raw.execute(_COLUMNS, (table,)).fetchall()]
    new = row_of("NEW", columns)

    def note(number: int) -> None:
        broken.clear() if number == _BEGIN_ROW else broken.append(number)

    watches = []
    for event, is_other in (("BEFORE INSERT", "TRUE"), ("BEFORE UPDATE", _is_other_row(table, raw))):
        asked = [_asked(table, key, new, f"hangar_note({n})", is_other) for n, key in enumerate(keys)]
        watches.append(Watch(event, table, [f"SELECT hangar_note({_BEGIN_ROW})", *asked]))
    try:
        with replayed(failed, watches, note, defers_keys=False):
            return keys[min(broken)] if broken else None
    except DRIVER_ERRORS:  # another process holds the lock, or the time is up
        return None


def _asked(table: str, key: UniqueKey, new: str, shown: str = "1", is_other: str = "TRUE") -> str:
    """Return a query that has a row if the row of the subquery `new` breaks the key."""
    where = f"({key.where or 'TRUE'})"
    same = all_of(f"{term} = (SELECT {term} FROM {new})" for term in key.terms)  # noqa: S608 - of the schema
    held = exists(table, f"{where} AND {same} AND {is_other}")
    return f"SELECT {shown} FROM {new} WHERE {where} AND {held}"  # noqa: S608 - as above


def _is_other_row(table: str, raw: sqlite3.Connection) -> str:
    """Return the condition that a row is not the one that the trigger is about."""
    try:
        raw.execute(f"SELECT rowid FROM main.{quoted(table)} LIMIT 0")  # noqa: S608 - a quoted name
    except sqlite3.OperationalError:  # WITHOUT ROWID
        names = [quoted(name) for (name,) in raw.execute(_PRIMARY, (table,)).fetchall()]
        return f"NOT ({all_of(f'{name} IS OLD.{name}' for name in names)})"
    return "rowid <> OLD.rowid"
