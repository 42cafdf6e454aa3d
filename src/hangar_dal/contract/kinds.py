"""Which kind of the databases a Python type goes with. Stands above the query floor and `facts`."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from hangar_dal.database.types import ValueType
from hangar_dal.sqlscan import Dialect

_KNOWN: Final = frozenset({"text", "int", "bool", "float", "bytes", "uuid", "instant", "date", "json"})
_OF_POSTGRESQL: Final[Mapping[str, str]] = {
    "text": "text",
    "character varying": "text",
    "character": "text",
    "smallint": "int",
    "integer": "int",
    "bigint": "int",
    "boolean": "bool",
    "real": "float",
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
# psycopg says of each number what it is, and PostgreSQL has operators for these with an int8.
_TAKES_AN_INT: Final = frozenset({"float", "numeric"})


def postgresql_kind(name: str, item: str | None = None) -> str:
    """The kind of a type that PostgreSQL calls so; `item` is the type of an array's items."""
    if name.endswith("[]"):
        item = name.removesuffix("[]")
    return f"list:{_OF_POSTGRESQL.get(item, item)}" if item else _OF_POSTGRESQL.get(name, name)


def takes(database: str, value: str) -> bool:
    """Whether a parameter that PostgreSQL takes for one kind may be sent as the other."""
    if value == "text" and database not in _KNOWN and not database.startswith("list:"):
        return True  # an enum, a domain, a type of an extension: text is sent as a literal would be
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
    if value == "text" and database not in _KNOWN and not database.startswith("list:"):
        return database not in ("numeric", "interval", "time without time zone", "timestamp without time zone")
    return database == value


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
    return f"a list of {kind.partition(':')[2]}" if kind.startswith("list:") else kind
