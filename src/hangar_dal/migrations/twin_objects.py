"""The single objects of a schema: their names for `-- differs:` lines, and the properties that both databases share.

Columns, constraints, indexes and triggers are parts of their table, and partitions are parts of the partitioned table.
If only one database has a table, its parts are not reported as separate differences.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from hangar_dal.database.kinds import KINDS
from hangar_dal.database.stored import scale_of
from hangar_dal.migrations.schema import Column, Index, Other, Schema, Table, described, listed
from hangar_dal.sqlscan import Dialect, Kind, tokens_of

# The types in which SQLite stores the values of PostgreSQL's types.
_STORED_AS: Final = {column: kind.stored.type for kind in KINDS if kind.stored for column in kind.columns}
_STORED_AS_ARRAY: Final = {f"{column}[]": "text" for column in _STORED_AS}
_LENGTH: Final = re.compile(r"character varying\(\d+\)(\[\])?")
_POSTGRESQL_ALONE: Final = re.compile(r" ?(?:not valid|deferrable(?! initially deferred))")
_KINDS: Final = {"virtual table": "table", "foreign table": "table"} | dict.fromkeys(
    ("enum", "domain", "composite type", "range type"), "type"
)
_RELATIONS: Final = frozenset({"table", "view", "materialized view"})
_METHOD: Final = re.compile(r"^CREATE (?:UNIQUE )?INDEX .*? USING (\w+) ")
_EVENTS: Final = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE"})
_DEFERRED: Final = "DEFERRABLE INITIALLY DEFERRED"


class Key(NamedTuple):
    """The key by which an object of one database is compared with its twin, the same object of the other database.

    Tables and views have the same kind, because they share one namespace.
    """

    kind: str
    table: str
    name: str


class TwinObject(NamedTuple):
    """One object. `label` is its name in a declaration, and is empty if the object has no name.

    `text` is the definition in the words of the database. `alike` is a description that is equal on both databases if
    the objects do the same. `whole` is the key of the object that contains this one.
    """

    label: str
    alike: str
    text: str
    whole: Key | None = None


Objects = Mapping[Key, TwinObject]


def relation(name: str) -> Key:
    """Return the key of a table or a view."""
    return Key("relation", "", name)


def objects_of(schema: Schema, dialect: Dialect) -> Objects:
    """Return all objects of a schema by key, except functions that triggers call: they belong to their triggers."""
    enums = {
        name: "text" for other in schema.others if other.kind == "enum" for name in (other.name, f"{other.name}[]")
    }
    partitions = {table.name: table.partition_of for table in schema.tables if table.partition_of}
    found: dict[Key, TwinObject] = {}
    for table in schema.tables:
        whole = _partitions(table.name, partitions) if table.partition_of else None
        columns = listed(tuple(f"{column.name} {described(column)}" for column in table.ordered()))
        found[relation(table.name)] = TwinObject(
            f"table {table.name}", "table", f"{columns} {table.options}".rstrip(), whole
        )
        found.update(_parts(table, _STORED_AS | _STORED_AS_ARRAY | enums))
    called = " ".join(other.text.replace('"', "") for other in schema.others if other.kind == "trigger")
    for other in schema.others:
        is_called = f"EXECUTE FUNCTION {other.name.removesuffix(')')}" in called
        if not (is_called and other.text.startswith("returns trigger ")):
            key, one = _other(other, dialect)
            found[key] = one
    return found


def _parts(table: Table, stored_as: Mapping[str, str]) -> Iterator[tuple[Key, TwinObject]]:
    name, whole = table.name, relation(table.name)

    def part(kind: str, own: str, alike: str, text: str) -> tuple[Key, TwinObject]:
        return Key(kind, name, own), TwinObject(f"{kind} {own}", alike, text, whole)

    if table.options.startswith("partition by "):
        text = table.options.partition(" with (")[0].partition(" partition of ")[0]
        yield Key("partitions of", "", name), TwinObject(f"partitions of {name}", text, text, whole)
    if table.primary_key:
        columns = listed(table.primary_key)
        yield Key("primary key", name, ""), TwinObject(f"primary key {name}", columns, columns, whole)
    for column in table.columns:
        alike = described(_alike_column(column, stored_as))
        yield (
            Key("column", name, column.name),
            TwinObject(f"column {name}.{column.name}", alike, described(column), whole),
        )
    for kind, own, alike, text in _constraints(table):
        if own:
            yield part("constraint", own, f"{kind} {alike}".rstrip(), f"{kind} {text}")
        else:
            yield Key("constraint", name, f"{kind} {text}"), TwinObject("", alike, f"{kind} {text}", whole)
    for index in table.indexes:
        yield (
            Key("index", "", index.name),
            TwinObject(f"index {index.name}", _alike_index(index, table), index.text, whole),
        )


def _constraints(table: Table) -> Iterator[tuple[str, str, str, str]]:
    """Yield kind, name, `alike` and text of each constraint, except the primary key."""
    for unique in table.uniques:
        alike = f"{listed(unique.columns)} {_alike_options(unique.options)}".rstrip()
        yield "unique", unique.name, alike, unique.text
    for key in table.foreign_keys:
        yield "foreign key", key.name, _alike_options(key.text), key.text
    for check in table.checks:
        kind = "exclude" if check.rule.startswith("EXCLUDE ") else "check"
        yield kind, check.name, "", check.rule.removeprefix(f"{kind.upper()} ")


def _other(other: Other, dialect: Dialect) -> tuple[Key, TwinObject]:
    kind = _KINDS.get(other.kind, other.kind)
    label, text = f"{kind} {other.name}", other.text
    if kind in _RELATIONS:
        alike = "virtual table" if other.kind == "virtual table" else kind
        return relation(other.name), TwinObject(label, alike, text)
    whole = relation(other.table) if other.table else None
    if kind == "trigger":
        return Key(kind, other.table, other.name), TwinObject(label, _alike_trigger(other.text, dialect), text, whole)
    table = "" if kind == "index" else other.table
    return Key(kind, table, other.name), TwinObject(label, text, text, whole)


def _partitions(name: str, partitions: Mapping[str, str]) -> Key:
    """Return the key for the partitions of the topmost table: a partition may be partitioned too."""
    while name in partitions:
        name = partitions[name]
    return Key("partitions of", "", name)


def _alike_column(column: Column, stored_as: Mapping[str, str]) -> Column:
    plain = column.type.partition(" COLLATE ")[0]
    given, made = (None if text is None else "given" for text in (column.default, column.generated))
    return Column(column.name, stored_as.get(plain) or _stored(plain), column.nullable, given, made)


def _stored(type_: str) -> str:
    """Return the type in which SQLite stores a text of limited length or a number of limited digits."""
    if _LENGTH.fullmatch(type_):
        return "text"
    if scale_of(type_) is None:
        return type_
    return "text" if type_.endswith("[]") else "integer"


def _alike_options(options: str) -> str:
    """Return the options without NOT VALID and DEFERRABLE, which SQLite does not have and which change no result."""
    return _POSTGRESQL_ALONE.sub("", options).strip()


def _alike_index(index: Index, table: Table) -> str:
    """Return the definition of an index for the comparison, with all expressions and without the method btree.

    SQLite does not report the expressions of an index, and has one method only.
    """
    names = {column.name for column in table.columns}
    plain = ((key.removesuffix(" DESC").strip('"'), " DESC" if key.endswith(" DESC") else "") for key in index.columns)
    keys = (f"{name if name in names else '(expression)'}{order}" for name, order in plain)
    method = _METHOD.match(index.text)
    using = f"using {method[1]} " if method and method[1] != "btree" else ""
    options = " nulls not distinct" if index.nulls_not_distinct else ""
    return f"{'unique ' if index.unique else ''}{using}on {table.name} {listed(tuple(keys))}{options}"


def _alike_trigger(text: str, dialect: Dialect) -> str:
    """Return the events of a trigger, and "deferred" for a deferred trigger, which SQLite does not have."""
    tokens = list(tokens_of(text, dialect))
    named = next(at for at, token in enumerate(tokens) if token.text.upper() == "TRIGGER") + 1
    words = [token.text.upper() for token in tokens[named + 1 :] if token.kind is Kind.WORD]
    events = sorted(_EVENTS & set(words[: words.index("ON")]))
    return " ".join([*events, *(["deferred"] if _DEFERRED in text else [])])
