"""Compare the values in defaults, CHECKs and partial indexes of both databases.

The databases write the same rule differently. If both texts contain the same names and functions, their numbers and
texts must be equal: `length(name) BETWEEN 1 AND 100` differs from `length(name) <= 99`. Other rules are not compared.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, NamedTuple

from hangar_dal.migrations.schema import Schema, Table
from hangar_dal.migrations.twin_objects import Key, relation
from hangar_dal.sqlscan import Dialect, Kind, Token, tokens_of

_SAME_WORD: Final = {
    "char_length": "length",
    "character_length": "length",
    "position": "instr",
    "strpos": "instr",
    "substring": "substr",
}
_FLAGS: Final = {"true": "1", "false": "0", "t": "1", "f": "0"}
# Words that the databases add, remove or replace when they print a rule.
_NO_WORDS: Final = frozenset(
    {"check", "and", "or", "not", "between", "in", "any", "array", "is", "null", "cast", "true", "false"}
)
# The databases write values of other types differently.
_PLAIN_TYPES: Final = frozenset({"text", "smallint", "integer", "bigint", "double precision", "numeric", "boolean"})
_OTHER_TYPES: Final = frozenset({"date", "time", "timestamp", "timestamptz", "interval", "uuid", "json", "jsonb"})
_QUOTE: Final = "'"
_GOES_ON: Final = frozenset({"precision", "varying", "with", "without", "time", "zone"})


class _Rule(NamedTuple):
    """The words of a rule in any order, and its numbers and texts. `plain` is True if all words are columns."""

    words: frozenset[str]
    values: frozenset[str]
    plain: bool


def unequal_values(sqlite: Schema, postgresql: Schema) -> Mapping[Key, tuple[str, str]]:
    """Return the objects whose values differ, each with the values in SQLite and in PostgreSQL.

    Compares defaults, CHECKs and partial indexes that both databases have.
    """
    tables = {table.name: table for table in postgresql.tables}
    return {
        key: (here, there)
        for table in sqlite.tables
        if table.name in tables
        for key, here, there in _unequal_in(table, tables[table.name])
    }


def undecided(sqlite: Schema, postgresql: Schema) -> frozenset[Key]:
    """Return the objects that both databases have but whose rules cannot be compared."""
    triggers = {Key("trigger", each.table, each.name) for each in sqlite.others if each.kind == "trigger"}
    views = {relation(each.name) for each in sqlite.others if each.kind == "view"}
    tables = {table.name: table for table in postgresql.tables}
    pairs = [(table, tables[table.name]) for table in sqlite.tables if table.name in tables]
    return frozenset([*triggers, *views, *(key for pair in pairs for key in _undecided_in(*pair))])


@lru_cache(maxsize=1024)  # most tables are the same after the next migration
def _undecided_in(sqlite: Table, postgresql: Table) -> Sequence[Key]:
    return tuple(_incomparable(sqlite, postgresql))


def _incomparable(sqlite: Table, postgresql: Table) -> Iterator[Key]:
    types = _types(postgresql)
    columns = {column.name: column for column in postgresql.columns}
    for column in sqlite.columns:
        if column.name in columns and (
            column.generated
            or (column.default is not None and _constant(column.default, "sqlite", types[column.name]) is None)
        ):
            yield Key("column", sqlite.name, column.name)
    rules = {check.name: check.rule for check in postgresql.checks}
    for check in sqlite.checks:
        if check.name in rules and not _is_comparable(check.rule, rules[check.name], types):
            yield Key("constraint", sqlite.name, check.name)
    indexes = {index.name: index for index in postgresql.indexes}
    for index in sqlite.indexes:
        if index.name in indexes:
            some, others = index.where, indexes[index.name].where
            if "(expression)" in " ".join(index.columns) or (
                (some or others) and not _is_comparable(some, others, types)
            ):
                yield Key("index", "", index.name)


def _is_comparable(sqlite: str, postgresql: str, types: Mapping[str, str]) -> bool:
    one, other = _rule(sqlite, "sqlite", types), _rule(postgresql, "postgresql", types)
    return one is not None and other is not None and one.words == other.words


def _types(table: Table) -> Mapping[str, str]:
    return {column.name: column.type.partition(" COLLATE ")[0] for column in table.columns}


@lru_cache(maxsize=1024)
def _unequal_in(sqlite: Table, postgresql: Table) -> Sequence[tuple[Key, str, str]]:
    return tuple(_unequal(sqlite, postgresql))


def _unequal(sqlite: Table, postgresql: Table) -> Iterator[tuple[Key, str, str]]:
    types = _types(postgresql)
    columns = {column.name: column for column in postgresql.columns}
    for column in sqlite.columns:
        if column.name in columns:
            kind = types[column.name]
            here = _constant(column.default, "sqlite", kind)
            there = _constant(columns[column.name].default, "postgresql", kind)
            if here is not None and there is not None and here != there:
                yield Key("column", sqlite.name, column.name), f"default {here}", f"default {there}"
    rules = {check.name: check.rule for check in postgresql.checks if check.name}
    for check in sqlite.checks:
        if check.name in rules and check.name not in sqlite.type_checks:
            both = _rule(check.rule, "sqlite", types), _rule(rules[check.name], "postgresql", types)
            yield from _apart(Key("constraint", sqlite.name, check.name), *both)
    indexes = {index.name: index for index in postgresql.indexes}
    for index in sqlite.indexes:
        if index.name in indexes:
            key = Key("index", "", index.name)
            some, others = index.where, indexes[index.name].where
            if bool(some) is not bool(others):
                kept = ("all rows", "some rows")
                if index.unique:
                    yield key, kept[bool(some)], kept[bool(others)]
            else:
                yield from _apart(key, _rule(some, "sqlite", types), _rule(others, "postgresql", types))


def _apart(key: Key, sqlite: _Rule | None, postgresql: _Rule | None) -> Iterator[tuple[Key, str, str]]:
    if sqlite is None or postgresql is None:
        return
    if sqlite.words != postgresql.words:
        if sqlite.plain and postgresql.plain:
            yield key, ", ".join(sorted(sqlite.words)), ", ".join(sorted(postgresql.words))
    elif sqlite.values != postgresql.values:
        yield key, ", ".join(sorted(sqlite.values)), ", ".join(sorted(postgresql.values))


def _rule(text: str, dialect: Dialect, types: Mapping[str, str]) -> _Rule | None:
    """Return the words and values of a rule; None if it has types whose values the databases write differently."""
    tokens = list(_without_types(text, dialect))
    words = {token.text.strip('"').lower() for token in tokens if token.kind in (Kind.WORD, Kind.NAME)}
    kinds = {types[word] for word in words if word in types}
    values = set(_values(tokens))
    is_cast = any(token.text.lower() in _OTHER_TYPES for token in tokens_of(text, dialect))
    if is_cast or (values and not kinds <= _PLAIN_TYPES):
        return None
    if "boolean" in kinds:  # `is_private`, `is_private = 1`
        values -= {"0", "1"}
    words -= _NO_WORDS
    plain = bool(words) and words <= types.keys()
    return _Rule(frozenset(_SAME_WORD.get(word, word) for word in words), frozenset(values), plain)


def _without_types(text: str, dialect: Dialect) -> Iterator[Token]:
    """Yield the tokens without casts and collations, as in `'a'::varchar(9)`, `CAST(a AS text)`, `a COLLATE "C"`."""
    tokens = iter(tokens_of(text, dialect))
    for token in tokens:
        if token.text != "::" and token.text.lower() not in ("as", "collate"):
            yield token
            continue
        next(tokens, None)
        for after in tokens:
            if after.text == "(":
                next((token for token in tokens if token.text == ")"), None)
            elif after.text.lower() not in _GOES_ON and after.text not in ("[", "]"):
                yield after
                break


def _values(tokens: Sequence[Token]) -> Iterator[str]:
    for at, token in enumerate(tokens):
        if token.kind in (Kind.NUMBER, Kind.STRING):
            before = tokens[at - 2] if at > 1 and tokens[at - 1].text == "-" else None
            is_negative = before is not None and before.kind is Kind.OPERATOR and before.text != ")"
            yield _plain(f"-{token.text}" if is_negative else token.text)


def _plain(value: str) -> str:
    """Return a number in one spelling: `1`, `'1'` and `1.0` are equal. A text such as `'1x'` does not change."""
    with suppress(InvalidOperation):
        return f"{Decimal(value.strip(_QUOTE)).normalize():f}"
    return value


def _constant(default: str | None, dialect: Dialect, kind: str) -> str | None:
    """Return a default that is a number or a text, in one spelling; None if the default is an expression."""
    tokens = [token for token in _without_types(default or "", dialect) if token.text not in ("(", ")")]
    text = "".join(token.text for token in tokens)
    if kind == "boolean":
        return _FLAGS.get(text.strip(_QUOTE).lower(), text)
    is_value = [token.kind for token in tokens[-1:]] in ([Kind.NUMBER], [Kind.STRING])
    if not is_value or text.removesuffix(tokens[-1].text) not in ("", "-"):
        return None
    if kind == "jsonb":
        with suppress(ValueError):
            return json.dumps(json.loads(text[1:-1].replace("''", "'")), sort_keys=True)
    return _plain(text) if kind in _PLAIN_TYPES else None
