"""Check the names in commands, which PostgreSQL only looks up when it runs them. No command is executed.

The server prepares a command, and so reports errors of syntax. For CALL it also finds the procedure and the types of
its arguments. This module looks up the relations that the other commands name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hangar_dal.check.statement_info import PrepareError
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Kind, Token

if TYPE_CHECKING:
    from psycopg import Connection

# The keywords before the names of relations, and the kinds of relations that the command takes.
_BEFORE: Final = frozenset({"TABLE", "MATERIALIZED", "VIEW", "CONCURRENTLY", "VERBOSE"})
_TAKES: Final = {"ANALYZE": "rpmf", "LOCK": "rpv", "REFRESH": "m", "TRUNCATE": "rpf"}
_KINDS: Final = {
    "r": "a table",
    "p": "a table",
    "f": "a foreign table",
    "m": "a materialized view",
    "v": "a view",
    "i": "an index",
    "I": "an index",
    "S": "a sequence",
    "c": "a type",
}
_FIND: Final = "SELECT oid, relkind::text FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(%s)"
_COLUMNS: Final = """
SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped
"""
# Truncating a table truncates the tables that inherit from it.
_REFERRING: Final = """
WITH RECURSIVE emptied (oid) AS (
    SELECT unnest(%s::oid[])
    UNION
    SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i INNER JOIN emptied AS e ON i.inhparent = e.oid
)

SELECT c.conrelid::regclass::text
FROM pg_catalog.pg_constraint AS c
WHERE
    c.contype = 'f'
    AND c.confrelid IN (SELECT e.oid FROM emptied AS e)
    AND c.conrelid NOT IN (SELECT e.oid FROM emptied AS e)
ORDER BY 1
LIMIT 1
"""
_WHOLE_KEYS: Final = """
SELECT count(*)
FROM pg_catalog.pg_index
WHERE indrelid = %s AND indisunique AND indisvalid AND indimmediate AND indpred IS NULL AND indexprs IS NULL
"""


@dataclass
class _Relation:
    """A relation that a command names: its name as it is written, its offset, and the columns in parentheses."""

    name: str
    at: int
    columns: list[Token] = field(default_factory=list)


def wrong_names(connection: "Connection[Any]", variant: Variant) -> PrepareError | None:
    """Return the first error that the names of a command would cause. Assumes that its syntax is right."""
    command = variant.command
    if command not in _TAKES:
        return None
    words = {token.text.upper() for token in variant.tokens if token.kind is Kind.WORD}
    found: list[int] = []
    named = list(_relations(variant))
    for relation in named:
        row = connection.execute(_FIND, [relation.name]).fetchone()
        if row is None:
            return PrepareError(f'relation "{relation.name}" does not exist', relation.at)
        oid, kind = row
        if kind not in _TAKES[command]:
            return PrepareError(
                f'"{relation.name}" is {_KINDS.get(kind, "no table")}, not {_taken(command)}', relation.at
            )
        columns = {name for (name,) in connection.execute(_COLUMNS, [oid])}
        for column in relation.columns:
            if _folded(column) not in columns:
                return PrepareError(f'column "{_folded(column)}" of {relation.name} does not exist', column.start)
        found.append(oid)
    if command == "TRUNCATE" and "CASCADE" not in words:
        return _referred(connection, found, named)
    if command == "REFRESH" and "CONCURRENTLY" in words:
        return _without_key(connection, found[0], named[0])
    return None


def _referred(connection: "Connection[Any]", oids: Sequence[int], named: Sequence[_Relation]) -> PrepareError | None:
    other = connection.execute(_REFERRING, [list(oids)]).fetchone()
    if other is None:
        return None
    reason = f"a foreign key of {other[0]} refers to a table that is truncated; list {other[0]} too, or add CASCADE"
    return PrepareError(reason, named[0].at)


def _without_key(connection: "Connection[Any]", oid: int, named: _Relation) -> PrepareError | None:
    row = connection.execute(_WHOLE_KEYS, [oid]).fetchone()
    if row is not None and row[0]:
        return None
    return PrepareError(f"CONCURRENTLY needs a unique index of columns, without WHERE, on {named.name}", named.at)


def _taken(command: str) -> str:
    return " or ".join(dict.fromkeys(_KINDS[kind] for kind in _TAKES[command]))


def _folded(name: Token) -> str:
    return name.text[1:-1].replace('""', '"') if name.kind is Kind.NAME else name.text.lower()


def _relations(variant: Variant) -> Iterator[_Relation]:
    """Yield the relations that the command names."""
    tokens = [token for token in variant.tokens if token.kind not in (Kind.COMMENT, Kind.SEMICOLON)]
    at = 1
    while at < len(tokens) and (tokens[at].text.upper() in _BEFORE or tokens[at].text == "("):  # (VERBOSE)
        at = _closed(tokens, at) if tokens[at].text == "(" else at + 1
    while at < len(tokens):
        at += tokens[at].text.upper() == "ONLY" and tokens[at].kind is Kind.WORD
        at += tokens[at].text == "("  # ONLY (name)
        start = at
        while at + 2 < len(tokens) and tokens[at + 1].text == ".":
            at += 2
        relation = _Relation("".join(token.text for token in tokens[start : at + 1]), tokens[start].start)
        at += 1
        while at < len(tokens) and tokens[at].text in (")", "*"):
            at += 1
        if at < len(tokens) and tokens[at].text == "(":
            end = _closed(tokens, at)
            relation.columns = [token for token in tokens[at:end] if token.kind in (Kind.WORD, Kind.NAME)]
            at = end
        yield relation
        if at >= len(tokens) or tokens[at].text != ",":
            return
        at += 1


def _closed(tokens: Sequence[Token], at: int) -> int:
    """Return the index after the parenthesis that closes the one at this index."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place].text == "(") - (tokens[place].text == ")")
        if depth == 0:
            return place + 1
    return len(tokens)
