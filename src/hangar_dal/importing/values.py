"""How a column is annotated in Python, and how it is read and written in SQL."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from hangar_dal.importing.model import ImportedColumn
from hangar_dal.importing.naming import snake
from hangar_dal.sqlscan import Dialect

Imports = frozenset[tuple[str, str]]  # module and name


@dataclass(frozen=True, slots=True)
class FieldType:
    """The annotation of a field. `given` is the annotation of values that are written, which may be narrower.

    `read` and `write` are templates for the column and for the parameter. `note` says why a column is read as text.
    `literals` says which defaults can be written in Python.
    """

    annotation: str
    given: str
    imports: Imports = frozenset()
    read: str = "{}"
    write: str = "{}"
    note: str = ""
    literals: str = ""
    allowed: tuple[str, ...] = ()


_FIELD: Final = frozenset({("typing", "Annotated"), ("pydantic", "Field")})


def _plain(annotation: str, module: str = "", literals: str = "") -> FieldType:
    return FieldType(
        annotation, annotation, frozenset({(module, annotation)}) if module else frozenset(), literals=literals
    )


def _whole(limit: str) -> FieldType:
    """Return an integer with fewer than 64 bits. The module defines the limit."""
    return FieldType("int", limit, _FIELD, literals="int")


_TEXT: Final = _plain("str", literals="str")
_POSTGRESQL: Final[Mapping[str, FieldType]] = {
    "text": _TEXT,
    "character varying": _TEXT,
    "name": _TEXT,
    "citext": _TEXT,
    "smallint": _whole("SmallInteger"),
    "integer": _whole("Integer"),
    "bigint": _plain("int", literals="int"),
    "boolean": _plain("bool", literals="bool"),
    "double precision": _plain("float", literals="float"),
    "real": _plain("Float4", "hangar_dal.postgresql_types", literals="float"),
    "hstore": _plain("HStore", "hangar_dal.postgresql_types"),
    "bytea": _plain("bytes"),
    "uuid": _plain("UUID", "uuid"),
    "date": _plain("date", "datetime"),
    "timestamp with time zone": _plain("datetime", "datetime"),
    "timestamp without time zone": _plain("NaiveDatetime", "pydantic"),
    "time without time zone": _plain("time", "datetime"),
    "interval": _plain("timedelta", "datetime"),
    "numeric": _plain("Decimal", "decimal", literals="Decimal"),
    "inet": _plain("IPvAnyInterface", "pydantic"),
    "cidr": _plain("IPvAnyNetwork", "pydantic"),
    "jsonb": _plain("JsonValue", "pydantic"),
    "json": replace(_plain("JsonValue", "pydantic"), write="CAST({} AS json)"),
    # Fixed length: PostgreSQL adds spaces, and text has none of them.
    "character": FieldType(
        "str", "str", read="CAST({} AS text)", write="CAST(CAST({} AS text) AS bpchar)", literals="str"
    ),
}
_BOUNDS: Final[Mapping[str, tuple[str, ...]]] = {
    "int": ("int4", "int8"),
    "Decimal": ("num",),
    "date": ("date",),
    "datetime": ("tstz",),
    "NaiveDatetime": ("ts",),
}
_HOMES: Final = {"Decimal": "decimal", "date": "datetime", "datetime": "datetime", "NaiveDatetime": "pydantic"}
_RANGES: Final = {
    f"{name}{ending}": FieldType(
        f"{kind}[{bound}]",
        f"{kind}[{bound}]",
        frozenset({("hangar_dal", kind)}) | ({(_HOMES[bound], bound)} if bound in _HOMES else frozenset()),
    )
    for kind, ending in (("Range", "range"), ("Multirange", "multirange"))
    for bound, names in _BOUNDS.items()
    for name in names
}
# SQLite has no equal of these.
_ALONE: Final = frozenset({
    "hstore",
    *_RANGES,
    "timestamp without time zone",
    "time without time zone",
    "interval",
    "numeric",
    "inet",
    "cidr",
    "real",
    "character",
})  # fmt: skip
_PRECISION: Final = re.compile(r"numeric\((\d+),(\d+)\)")
_ROUNDED: Final = re.compile(r"(?:time|timestamp)\(\d\) .*|interval.+|name")
_LENGTH: Final = re.compile(r"character(?: varying)?\((\d+)\)")
_AS_TEXT: Final = "it is read and written as text: no Python type holds these values"
_SEVERAL: Final = "it is read as text: the first rows hold values of several kinds"
_UNKNOWN: Final = "it is read as text: no row shows what the column holds"


def field_type(column: ImportedColumn, dialect: Dialect, *, for_both: bool = False) -> FieldType:
    """Return how the column is read and written. `for_both` leaves out the types that PostgreSQL alone has."""
    if dialect == "sqlite":
        return _of_sqlite(column)
    base = column.base.removesuffix("[]")
    if for_both and (base in _ALONE or (column.base.endswith("[]") and column.allowed)):
        return _as_text(column)
    return _of_postgresql(column)


def _of_postgresql(column: ImportedColumn) -> FieldType:
    if column.base.endswith("[]"):
        return _list(column)
    found = _POSTGRESQL.get(column.base) or _RANGES.get(column.base)
    if found is None and column.allowed:
        return FieldType("", "", literals="str", allowed=column.allowed)
    if found is None:
        return _as_text(column)
    if digits := _PRECISION.fullmatch(column.limited):
        given = f"Annotated[Decimal, Field(max_digits={digits[1]}, decimal_places={digits[2]})]"
        return replace(found, given=given, imports=found.imports | _FIELD)
    if column.allowed:
        return _choice(found, column.allowed)
    if _ROUNDED.fullmatch(column.limited):  # the CAST says that this is meant
        return replace(found, write=f"CAST({{}} AS {column.limited})")
    if column.length and found.annotation == "str":
        return replace(found, given=f"Annotated[str, Field(max_length={column.length})]", imports=_FIELD)
    return found


def _as_text(column: ImportedColumn) -> FieldType:
    write = f"CAST(CAST({{}} AS text) AS {column.base})"
    return FieldType("str", "str", read="CAST({} AS text)", write=write, note=f"{column.type}: {_AS_TEXT}")


def _list(column: ImportedColumn) -> FieldType:
    base = column.base.removesuffix("[]")
    limited = column.limited.removesuffix("[]")
    of_item = _of_postgresql(replace(column, base=base, type=base, limited=limited, length=_length(limited)))
    if of_item.note or of_item.read != "{}" or of_item.annotation == "JsonValue":
        return _as_text(column)
    if of_item.allowed:
        return replace(of_item, annotation="list[{}]", given="list[{}]", literals="")
    # The limits of the items are part of the annotation, if there are any.
    return FieldType(f"list[{of_item.annotation}]", f"list[{of_item.given}]", of_item.imports)


def _length(limited: str) -> int | None:
    found = _LENGTH.fullmatch(limited)
    return int(found[1]) if found else None


def enum_name(column: ImportedColumn) -> str:
    """Return the name in snake case of the enum whose values a column holds; "" if its type is a text or a number."""
    base = column.base.removesuffix("[]")
    return "" if base in _POSTGRESQL else snake(base.rpartition(".")[2].strip('"'))


def _choice(found: FieldType, allowed: tuple[str, ...]) -> FieldType:
    """Return the type of a column whose CHECK lists its values."""
    if found.annotation == "str":
        return replace(found, annotation="", given="", imports=frozenset(), allowed=allowed)
    if found.annotation == "int":
        listed = f"Literal[{', '.join(allowed)}]"
        return replace(found, annotation=listed, given=listed, imports=frozenset({("typing", "Literal")}))
    return found


def affinity(declared: str) -> str:
    """Return the affinity that SQLite gives to a column: `integer`, `text`, `blob`, `real` or `numeric`."""
    name = declared.upper()
    if "INT" in name:
        return "integer"
    if any(part in name for part in ("CHAR", "CLOB", "TEXT")):
        return "text"
    if not name or "BLOB" in name:
        return "blob"
    return "real" if any(part in name for part in ("REAL", "FLOA", "DOUB")) else "numeric"


_OF_KIND: Final[Mapping[str, FieldType]] = {
    "integer": _plain("int", literals="int"),
    "real": _plain("float", literals="float"),
    "text": _TEXT,
    "blob": _plain("bytes"),
    "date": _plain("date", "datetime"),
}
_FLOAT: Final = {"integer", "real"}


def _of_sqlite(column: ImportedColumn) -> FieldType:
    found = _OF_KIND.get(_kind(column))
    if found is None:
        why = _SEVERAL if column.sampled else _UNKNOWN
        return FieldType("str", "str", read="CAST({} AS text)", note=f"{column.type or 'no type'}: {why}")
    if "BOOL" in column.base and found.annotation == "int":
        return _plain("bool", literals="int")
    return _choice(found, column.allowed) if column.allowed else found


def _kind(column: ImportedColumn) -> str:
    """Return the kind of the column's values: that of the type, unless the first rows have others.

    It is empty if the rows have several kinds.
    """
    of_type, sampled = affinity(column.base), column.sampled
    is_time = "DATE" in column.base or "TIME" in column.base
    if sampled == {"date"} and is_time:
        return "date"
    kinds = {"text" if kind == "date" else kind for kind in sampled}
    if of_type == "numeric":
        of_type = "text" if is_time else "integer" if "BOOL" in column.base else "real"
    elif of_type == "blob" and not column.base:
        of_type = next(iter(kinds)) if len(kinds) == 1 else "real" if kinds == _FLOAT else ""
    if kinds <= {of_type}:
        return of_type
    if of_type in _FLOAT and kinds <= _FLOAT:
        return "real"
    return next(iter(kinds)) if len(kinds) == 1 else ""
