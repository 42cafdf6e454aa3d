"""Read the schema of a SQLite database from its PRAGMAs and from the text of CREATE TABLE.

The text has what PRAGMAs do not return: names of constraints, CHECKs and rules of generated columns.
"""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from hangar_dal.migrations.schema import Check, Column, ForeignKey, Index, Other, Schema, Table, Unique
from hangar_dal.pending_migrations import YOYO_TABLES
from hangar_dal.sqlscan import Kind, Token, tokens_of

_TABLES: Final = f"""
SELECT l.name, l.strict, l.wr, m.sql
FROM pragma_table_list AS l
INNER JOIN sqlite_master AS m ON m.type = 'table' AND m.name = l.name
WHERE
    l.schema = 'main'
    AND l.type = 'table'
    AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    AND l.name NOT IN {YOYO_TABLES}
ORDER BY l.name
"""  # noqa: S608 - names of yoyo
# Shadow tables of a virtual table are not read, because the module of the virtual table creates them.
_OTHERS: Final = """
SELECT
    CASE WHEN type = 'table' THEN 'virtual table' ELSE type END AS kind,
    name,
    sql,
    CASE WHEN type = 'trigger' THEN tbl_name ELSE '' END
FROM sqlite_master
WHERE
    type IN ('view', 'trigger')
    OR type = 'table'
    AND name IN (SELECT l.name FROM pragma_table_list AS l WHERE l.schema = 'main' AND l.type = 'virtual')
ORDER BY kind, name
"""
_VISIBLE_OR_GENERATED: Final = (0, 2, 3)
_DEFERRED: Final = "deferrable initially deferred"
_CONFLICT: Final = re.compile(r"unique(?: \([^)]*\))? (on conflict \w+)")

_PLAIN: Final = re.compile("[a-z_][a-z0-9_]*")
_SQL: Final = """
abort action add after all alter always analyze and as asc attach autoincrement before begin between by cascade case
cast check collate column commit conflict constraint create cross current current_date current_time current_timestamp
database default deferrable deferred delete desc detach distinct do drop each else end escape except exclude exclusive
exists explain fail filter first following for foreign from full generated glob group groups having if ignore immediate
in index indexed initially inner insert instead intersect into is isnull join key last left like limit match
materialized natural no not nothing notnull null nulls of offset on or order others outer over partition plan pragma
preceding primary query raise range recursive references regexp reindex release rename replace restrict returning right
rollback row rowid rows savepoint select set strict table temp temporary then ties to transaction trigger unbounded
union unique update using vacuum values view virtual when where window with without
"""
_KEYWORDS: Final = frozenset(_SQL.split())

Words = tuple[str, ...]


def read_schema(connection: sqlite3.Connection) -> Schema:
    """Return the tables, virtual tables, views and triggers of the database file, without attached databases."""
    rows = connection.execute(_TABLES).fetchall()
    others = connection.execute(_OTHERS).fetchall()
    return Schema(
        tuple(_table(connection, name, strict, rowless, sql) for name, strict, rowless, sql in rows),
        tuple(Other(kind, name, " ".join(_words(sql)), table) for kind, name, sql, table in others),
    )


def _table(connection: sqlite3.Connection, name: str, strict: int, rowless: int, sql: str) -> Table:
    parts = tuple(_parts(_words(sql)))
    info = connection.execute("SELECT * FROM pragma_table_xinfo(?)", [name]).fetchall()
    columns = [
        Column(label, _type(kind, parts, label), not not_null, default, _generated(parts, label))
        for _, label, kind, not_null, default, _, hidden in info
        if hidden in _VISIBLE_OR_GENERATED
    ]
    key = sorted((place, label) for _, label, _, _, _, place, _ in info if place)
    counts = any("autoincrement" in part for part in parts)
    options = [
        word for word, is_on in (("strict", strict), ("without rowid", rowless), ("autoincrement", counts)) if is_on
    ]
    uniques, indexes = _indexes(connection, name, parts)
    return Table(
        name,
        tuple(sorted(columns, key=lambda column: column.name)),
        tuple(label for _, label in key),
        uniques,
        _foreign_keys(connection, name, parts),
        tuple(sorted(_checks(parts), key=lambda check: (check.name, check.rule))),
        indexes,
        " ".join(options),
        tuple(column.name for column in columns),
    )


def _indexes(
    connection: sqlite3.Connection, table: str, parts: Sequence[Words]
) -> tuple[tuple[Unique, ...], tuple[Index, ...]]:
    names = dict(_named(parts, "unique", "unique"))
    uniques: list[Unique] = []
    indexes: list[Index] = []
    for _, name, unique, origin, is_partial in connection.execute(
        "SELECT * FROM pragma_index_list(?)", [table]
    ).fetchall():
        keys = tuple(_keys(connection, name))
        if origin == "u":
            uniques.append(Unique(names.get(keys, ""), keys, _conflict(_written(parts, "unique", keys))))
        elif origin == "c":
            (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name]).fetchone()
            words = _words(sql)
            where = words[words.index("where") + 1 :] if is_partial else ()
            indexes.append(Index(name, keys, bool(unique), " ".join(words), where=" ".join(where)))
    return (
        tuple(sorted(uniques, key=lambda unique: (unique.name, unique.columns))),
        tuple(sorted(indexes, key=lambda index: index.name)),
    )


def _keys(connection: sqlite3.Connection, index: str) -> Iterator[str]:
    for _, _, name, descending, _, is_key in connection.execute("SELECT * FROM pragma_index_xinfo(?)", [index]):
        if is_key:
            yield f"{name or '(expression)'}{' DESC' if descending else ''}"


def _foreign_keys(connection: sqlite3.Connection, table: str, parts: Sequence[Words]) -> tuple[ForeignKey, ...]:
    names = dict(_named(parts, "foreign", "references"))
    found: dict[int, list[tuple[str, str, str | None, str, str]]] = defaultdict(list)
    rows = connection.execute(
        'SELECT id, "table", "from", "to", on_delete, on_update FROM pragma_foreign_key_list(?) ORDER BY seq', [table]
    )
    for number, target, column, referred, on_delete, on_update in rows:
        found[number].append((target, column, referred, on_delete, on_update))
    keys: list[ForeignKey] = []
    for group in found.values():
        columns = tuple(column for _, column, _, _, _ in group)
        referred = tuple(column or "" for _, _, column, _, _ in group)
        target, _, _, on_delete, on_update = group[0]
        changes = "" if on_update == "NO ACTION" else f"on update {on_update.lower()}"
        deferred = _DEFERRED if _DEFERRED in _written(parts, "references", columns) else ""
        options = " ".join(filter(None, (changes, deferred)))
        keys.append(ForeignKey(names.get(columns, ""), columns, target, referred, on_delete.lower(), options))
    return tuple(sorted(keys, key=lambda key: (key.name, key.columns)))


@lru_cache(maxsize=1024)  # a schema is read after each migration, and most tables do not change
def _words(sql: str) -> Words:
    """Return the words of a statement without comments, in lower case and without unnecessary quotes.

    So two spellings of the same rule are equal. SQLite itself adds quotes when it renames a table.
    """
    return tuple(_word(token) for token in tokens_of(sql, "sqlite") if token.kind is not Kind.COMMENT)


def _word(token: Token) -> str:
    if token.kind is Kind.NAME and _PLAIN.fullmatch(token.text[1:-1]) and token.text[1:-1] not in _KEYWORDS:
        return token.text[1:-1]
    return token.text.lower() if token.kind is Kind.WORD else token.text


def _parts(words: Words) -> Iterator[Words]:
    """Yield the items in the parentheses of CREATE TABLE. Each item is a column or a constraint."""
    depth = 0
    part: list[str] = []
    for word in words:
        depth -= word == ")"
        if depth and not (depth == 1 and word == ","):
            part.append(word)
        elif part:
            yield tuple(part)
            part = []
        depth += word == "("


def _named(parts: Sequence[Words], of_table: str, of_column: str) -> Iterator[tuple[Words, str]]:
    """Yield the columns and the name of each constraint that has a name, of the table or of one column.

    The words begin it: `CONSTRAINT name FOREIGN KEY (user_id)`, and `user_id text CONSTRAINT name REFERENCES users`.
    """
    for part in parts:
        if part[0] == "constraint":
            if part[2] == of_table:
                start = part.index("(")
                columns = tuple(word.strip('"') for word in part[start + 1 : part.index(")")] if word != ",")
                yield columns, part[1].strip('"')
            continue
        at = _outermost(part, "constraint")
        while at is not None:
            if part[at + 2 : at + 3] == (of_column,):
                yield (part[0].strip('"'),), part[at + 1].strip('"')
            following = _outermost(part[at + 1 :], "constraint")
            at = None if following is None else at + 1 + following


def _written(parts: Sequence[Words], kind: str, columns: Words) -> str:
    """Return the text of the constraint with these columns, from the word `kind` to its end; "" if there is none."""
    for part in parts:
        is_own = part[0] in ("constraint", "foreign", "unique")
        named = part[part.index("(") + 1 : part.index(")")] if is_own and "(" in part else part[:1]
        if kind in part and columns == tuple(word.strip('"') for word in named if word != ","):
            return " ".join(part[part.index(kind) :])
    return ""


def _conflict(unique: str) -> str:
    found = _CONFLICT.match(unique)
    return found[1] if found else ""


def _checks(parts: Sequence[Words]) -> Iterator[Check]:
    for part in parts:
        for at in (at for at, word in enumerate(part) if word == "check"):
            name = part[at - 1] if at >= 2 and part[at - 2] == "constraint" else ""
            yield Check(name, " ".join(_balanced(part[at + 1 :])))


def _generated(parts: Sequence[Words], column: str) -> str | None:
    for part in parts:
        at = _outermost(part, "as") if part[0].strip('"') == column else None
        if at is not None:
            rule = tuple(_balanced(part[at + 1 :]))
            kept = "stored" if "stored" in part[at + len(rule) :] else "virtual"
            return f"{' '.join(rule)} {kept}"
    return None


def _type(kind: str, parts: Sequence[Words], column: str) -> str:
    for part in parts:
        at = _outermost(part, "collate") if part[0].strip('"') == column else None
        if at is not None:
            return f"{kind.lower()} COLLATE {part[at + 1]}"
    return kind.lower()


def _outermost(part: Words, word: str) -> int | None:
    """Return the position of a word outside of parentheses; None if it is not there."""
    depth = 0
    for at, each in enumerate(part):
        depth += (each == "(") - (each == ")")
        if depth == 0 and each == word:
            return at
    return None


def _balanced(words: Words) -> Iterator[str]:
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        yield word
        if depth == 0:
            return
