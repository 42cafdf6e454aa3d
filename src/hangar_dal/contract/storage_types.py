"""Which kind of the databases a Python type goes with. Builds on the query layer and `model`."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from hangar_dal.database.types import ValueType
from hangar_dal.sqlscan import Dialect

_KNOWN: Final = frozenset({"text", "int", "bool", "float", "bytes", "uuid", "instant", "date", "json"})
_OF_POSTGRESQL: Final[Mapping[str, str]] = {
    "text": "text",
    "character varying": "text",
    "name": "text",
    "smallint": "int",
    "integer": "int",
    "bigint": "int",
    "boolean": "bool",
    "double precision": "float",
    "bytea": "bytes",
    "uuid": "uuid",
    "timestamp with time zone": "instant",
    "date": "date",
    "json": "json",
    "jsonb": "json",
}
# What SQLite stores, and which kinds of PostgreSQL are kept as that.
_HOLDS: Final[Mapping[str, frozenset[str]]] = {
    "text": frozenset({"text", "uuid", "instant", "date", "json", "list", "model", "models"}),
    "integer": frozenset({"int", "bool"}),
    "real": frozenset({"float"}),
    "blob": frozenset({"bytes"}),
}
ADVICE: Final[Mapping[str, str]] = {
    "real": "make the column double precision in a migration: SQLite keeps more digits than real has",
    "character": "make the column text in a migration: PostgreSQL pads character with spaces",
    "numeric": "make the column bigint or double precision in a migration, or convert it by CAST",
    "money": "make the column bigint in a migration, for minor units beside a currency",
    "timestamp without time zone": "make the column timestamptz in a migration",
    "time without time zone": "make the column bigint in a migration, for seconds since midnight",
    "interval": "make the column bigint in a migration, for seconds or microseconds",
}
# psycopg says of each number what it is, and PostgreSQL has operators for these with an int8.
_TAKES_AN_INT: Final = frozenset({"float", "numeric"})


def postgresql_kind(name: str) -> str:
    """The kind of a type that PostgreSQL calls so; one that is none of ours keeps its name."""
    if name.endswith("[]"):
        return f"list:{postgresql_kind(name.removesuffix('[]'))}"
    return _OF_POSTGRESQL.get(name, name)


def is_known(kind: str) -> bool:
    """Whether it is a kind of ours, and no other type of PostgreSQL."""
    return kind.removeprefix("list:") in _KNOWN


def advice(database: str) -> str:
    """What to do about a column of a PostgreSQL type that no annotation goes with; empty for a kind of ours."""
    if database in _KNOWN or database.startswith(("list:", "enum:")):
        return ""
    return ADVICE.get(database, "make the column text in a migration, or convert the value by CAST")


def enum_of(kind: str) -> str | None:
    """The name of a PostgreSQL enum."""
    return kind.removeprefix("enum:") if kind.startswith("enum:") else None


def takes(database: str, value: str) -> bool:
    """Whether a parameter that PostgreSQL takes for one kind may be sent as the other."""
    if value == "text" and enum_of(database):
        return True  # text is sent without a type, as a literal would be
    return database == value or (value == "int" and database in _TAKES_AN_INT)


def writes(to: str, of: str) -> bool:
    """Whether a column may be written to one of the other kind; yes, where one of them is not known here."""
    return to == of or to not in _KNOWN or of not in _KNOWN or takes(to, of)


def fits(dialect: Dialect, database: str | None, value: str) -> bool:
    """Whether a column of the one kind can be read as the other; what has no kind could be anything."""
    if database is None:
        return True
    if dialect == "sqlite" and database not in _KNOWN - {"text"}:
        return value.partition(":")[0] in _HOLDS.get(database, ())
    return database == value or (value == "text" and enum_of(database) is not None)


def values_of(value: ValueType | None) -> tuple[str, ...]:
    """Every value that a Literal or an Enum has, as text; none where there is no end of them."""
    if value is None:
        return ()
    if value.kind == "list" and value.item is not None:
        return ()
    if value.python is not None and issubclass(value.python, Enum):
        return tuple(str(member.value) for member in value.python)
    return tuple(str(each) for each in value.allowed)


def spoken(kind: str) -> str:
    """How a kind is called in a message."""
    if kind.startswith("list:"):
        return f"a list of {spoken(kind.removeprefix('list:'))}"
    return f"the enum {enum_of(kind)}" if enum_of(kind) else kind
