"""Compare the kinds of Python types with the types of the databases."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final

from hangar_dal.database.kinds import BY_NAME, DECIMAL, DECIMAL_KIND, KINDS, OPEN, spelled
from hangar_dal.database.types import MARKED, Dialects, ValueType
from hangar_dal.sqlscan import Dialect

# The kinds that both databases have.
_KNOWN: Final = frozenset(kind.name for kind in KINDS if not kind.refused)
# The types that SQLite stores, and the kinds that are stored with each of them.
_HOLDS: Final[Mapping[str, frozenset[str]]] = {
    type_: frozenset(
        {kind.name.partition(":")[0] for kind in KINDS if kind.stored and kind.stored.type == type_} | also
    )
    for type_, also in (("text", {"list", "model", "models"}), ("integer", set()), ("real", set()), ("blob", set()))
}
ADVICE: Final[Mapping[str, str]] = {
    "real": "make the column double precision in a migration: SQLite keeps more digits than real has",
    "character": "make the column text in a migration: PostgreSQL pads character with spaces",
    "numeric": "convert it by CAST, as for a sum() of integers, or make the column numeric(18, 2) in a migration, and "
    f"annotate it as {DECIMAL}",
    "money": "make the column bigint in a migration, for minor units beside a currency",
    "timestamp without time zone": "make the column timestamptz in a migration",
}
# The same for a catalog of PostgreSQL alone. Other types that have a kind are annotated with it.
_ADVICE_ALONE: Final[Mapping[str, str]] = {
    "money": "make the column numeric in a migration, or write CAST(... AS numeric)",
    "time with time zone": "make the column time or timestamptz in a migration, or write CAST(... AS time)",
    "real": "annotate it as Float4, or convert it by CAST",
    "hstore": "annotate it as HStore, or convert it by CAST",
}
_MARK: Final = "annotate it as Annotated[str, PostgresType({!r})], or with a type of your own, or convert it by CAST"
# Types whose values the driver reads and sends like those of another type.
_ALSO: Final = {
    f"{prefix}{small}": f"{prefix}{large}"
    for prefix in ("", "list:")
    for small, large in (("int4range", "int8range"), ("int4multirange", "int8multirange"))
}
# psycopg sends the type of each number, and PostgreSQL has operators for these types with an int8.
_TAKES_AN_INT: Final = frozenset({"float", "numeric"})
_NUMBERS: Final = frozenset({"int", "float", "integer", "real", "numeric"})
# The form in which SQLite stores a value, for kinds that PostgreSQL reads from other forms as well.
_FORMS: Final = {
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "instant": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "time without time zone": re.compile(r"\d\d:\d\d:\d\d\.\d{6}"),
    "interval": re.compile(r"(?!)"),
    "bool": re.compile(r"[01]"),
    "bytes": re.compile(r"(?!)"),
    "list": re.compile(r"(?!)"),
}
_DECIMAL: Final = re.compile(rf"{DECIMAL_KIND}(\d+)")
_MOST_LISTED: Final = 5


def _on_postgresql(kind: str) -> str:
    """Return the kind that the columns of PostgreSQL have for values of this kind."""
    return _DECIMAL.sub("numeric", kind.replace(MARKED, "", 1))


def places_of(kind: str) -> int | None:
    """Return the digits after the point of a Decimal that both databases store; None for any other kind."""
    found = _DECIMAL.search(kind)
    return int(found[1]) if found else None


def is_known(kind: str) -> bool:
    """Return whether this is a kind of this package, or a list of one, and not another type of PostgreSQL."""
    return kind.removeprefix("list:") in _KNOWN


def advice(database: str, dialects: Dialects) -> str:
    """Return the fix for a column of a PostgreSQL type that fits no annotation; "" for any known kind."""
    if database in _KNOWN or database.startswith(("list:", "enum:")):
        return ""
    if "sqlite" not in dialects:
        if database in BY_NAME:
            names = [spelled(annotation) for annotation in BY_NAME[database].annotations]
            return f"annotate it as {' or '.join(names)}, or convert it by CAST"
        return _ADVICE_ALONE.get(database) or _MARK.format(database)
    return ADVICE.get(database, "make the column text in a migration, or convert the value by CAST")


def conversion(name: str, sent_as: str, expected: str) -> str:
    """Return the fix for `:name`, which is sent as one PostgreSQL type where another one is expected.

    PostgreSQL has no cast between an array and a type that is no array, except from and to text.
    """
    is_text = sent_as == OPEN or expected in ("text", "character varying", "varchar")
    if is_text or sent_as.endswith("[]") == expected.endswith("[]"):
        return f"change the annotation, or write CAST(:{name} AS {expected}) if it can be converted"
    if (sent_as, expected) == ("jsonb", "jsonb[]"):
        instead = f"make the column jsonb in a migration, or read the items with jsonb_array_elements(:{name})"
    else:
        instead = "change the annotation"
    return f"{instead}, because PostgreSQL cannot convert {sent_as} to {expected}"


def enum_of(kind: str) -> str | None:
    """Return the name of the PostgreSQL enum; None if the kind is no enum."""
    return kind.removeprefix("enum:") if kind.startswith("enum:") else None


def takes(database: str, value: str) -> bool:
    """Return whether PostgreSQL accepts a value of the kind `value` where it expects the kind `database`."""
    value = "text" if value == "label" else _on_postgresql(value)
    database = _ALSO.get(database, database)
    if value == "text" and enum_of(database):
        return True  # text is sent without a type, like a quoted literal
    if value == "list:label":
        return database == "list:text" or database.startswith("list:enum:")
    return database == value or (value == "int" and database in _TAKES_AN_INT)


def open_type(kind: str) -> str:
    """Return the PostgreSQL type to write for a value of this kind, which is sent without a type."""
    item = _on_postgresql(kind.removeprefix("list:")).replace("label", "text")
    return f"{item}[]" if kind.startswith("list:") else item


def writes(to: str, of: str) -> bool:
    """Return whether a column of kind `of` may be written to one of kind `to`; True if either kind is not known."""
    return to == of or to not in _KNOWN or of not in _KNOWN or takes(to, of)


def fits(dialect: Dialect, database: str | None, value: str) -> bool:
    """Return whether a column of the kind `database` can be read as the kind `value`; True if the former is None."""
    if database is None:
        return True
    if dialect == "sqlite" and database not in _KNOWN - {"text"}:
        return value.partition(":")[0] in _HOLDS.get(database, ())
    return _ALSO.get(database, database) == _on_postgresql(value) or (
        value in ("text", "list:label") and takes(database, value)
    )


def has_other_form(kind: str, text: str) -> bool:
    """Return whether a quoted text means a value of this kind to PostgreSQL, but has not the form of SQLite."""
    form = _FORMS.get(kind.partition(":")[0])
    return form is not None and form.fullmatch(text) is None


def labelled(value: ValueType | None) -> ValueType | None:
    """Return the item of a list of an Enum or a Literal that may be an array of an enum; else the value itself."""
    return value.item if value is not None and value.item is not None and value.item.kind == "label" else value


def values_of(value: ValueType | None) -> tuple[str, ...]:
    """Return all values of a Literal or an Enum as texts; () for any other type."""
    if value is None:
        return ()
    if value.kind == "list" and value.item is not None:
        return ()
    if value.python is not None and issubclass(value.python, Enum):
        return tuple(str(member.value) for member in value.python)
    return tuple(str(each) for each in value.allowed)


def number_in(text: str) -> Decimal | None:
    """Return the number that a text means; None if it means none."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def without(values: Sequence[str], others: Sequence[str], kind: str) -> list[str]:
    """Return the values of a column of this kind that are not among the others. Compares numbers as numbers."""

    def compared(value: str) -> Decimal | str:
        number = number_in(value) if kind in _NUMBERS else None
        return value if number is None else number

    known = {compared(other) for other in others}
    return [value for value in values if compared(value) not in known]


def some(values: Sequence[str]) -> str:
    """Return the values for a message: the first ones, and how many more there are."""
    more = len(values) - _MOST_LISTED
    return ", ".join(values) if more < 2 else f"{', '.join(values[:_MOST_LISTED])} and {more} more"


def spoken(kind: str) -> str:
    """Return the name of a kind for messages."""
    if kind.startswith("list:"):
        return f"a list of {spoken(kind.removeprefix('list:'))}"
    if (places := places_of(kind)) is not None:
        return f"a Decimal with decimal_places={places}"
    return f"the enum {enum_of(kind)}" if enum_of(kind) else kind.replace("label", "text").removeprefix(MARKED)
