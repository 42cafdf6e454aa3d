"""Find values that SQLite stores but a narrower column of PostgreSQL refuses: `smallint`, `varchar(5)`."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError

from hangar_dal.check.statements.locations import finding_at, parameter_at
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.check.storage_types import places_of, values_of
from hangar_dal.database.number_rules import decimal_rules
from hangar_dal.database.types import Dialects, ValueType, kind_of
from hangar_dal.query.sources import ParameterSource
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import DIALECTS

RANGES: Final = {"smallint": (-(2**15), 2**15 - 1), "integer": (-(2**31), 2**31 - 1)}
_INT: Final = ("int",)
_TEXT: Final = ("text", "label")
_FRACTION: Final = re.compile(r"(timestamp|time)\(([0-5])\) (with|without) time zone(\[\])?")
_INTERVAL: Final = re.compile(r"interval( [a-z][a-z ]+)?(\([0-5]\))?(\[\])?")
_NUMERIC: Final = re.compile(r"numeric\(([0-9]+),(-?[0-9]+)\)")
_LENGTH: Final = re.compile(r"character varying\(([0-9]+)\)")


VALUE_TOO_LARGE: Final = Rule(
    "value-too-large",
    "error",
    "A column holds each value that its argument may have, on both databases.",
    """\
An `int` holds 64 bits, and the column is `smallint` or `integer` on PostgreSQL; a `str` has any length, and the
column is `varchar(5)`. SQLite stores what PostgreSQL refuses. Limit the value, as by
`Annotated[int, Field(ge=0, le=32767)]` or `Annotated[str, Field(max_length=5)]`, or make the column `bigint` or
`text` in a migration.
""",
    bad="""\
--- items.py
@query
async def set_stock(db: Executor, id: UUID, stock: int) -> RowCount: ...
--- items.sql
-- name: set_stock
UPDATE items SET stock = :stock WHERE id = :id;
""",
    good="""\
--- items.py
@query
async def set_stock(
    db: Executor, id: UUID, stock: Annotated[int, Field(ge=0, le=32767)]
) -> RowCount: ...
""",
)


def compare_width(checked: CheckedVariant, source: ParameterSource, type_: str, where: str) -> Iterator[Finding]:
    """Yield a finding if the parameter may have a value that does not fit the PostgreSQL column it is written to."""
    for reason, fix in too_wide(None if source.derived else source.value, type_):
        message = f":{source.name} {reason} {where}, which is {type_} on PostgreSQL"
        yield finding_at(checked, VALUE_TOO_LARGE, message, fix, at=parameter_at(checked, source.name))


def is_narrow(type_: str) -> bool:
    """Return whether the PostgreSQL type, or that of an array's items, holds fewer values than its kind."""
    bare = type_.removesuffix("[]")
    patterns = (_LENGTH, _NUMERIC)
    return bare in RANGES or any(each.fullmatch(bare) for each in patterns) or lossy(type_, ("postgresql",)) is not None


def lossy(type_: str, dialects: Dialects) -> tuple[str, str] | None:
    """Return how PostgreSQL changes values, `{}`, of this type, and the fix; None if it keeps them all.

    Types that only a catalog for PostgreSQL alone takes change values there only.
    """
    is_alone = "sqlite" not in dialects
    fraction = _FRACTION.fullmatch(type_)
    if fraction and (is_alone or (fraction[1], fraction[3]) in (("timestamp", "with"), ("time", "without"))):
        plain = f"{fraction[1]}{'tz' if fraction[3] == 'with' else ''}{fraction[4] or ''}"
        return f"rounds {{}} to {fraction[2]} digits of a second", f"make the column {plain} in a migration"
    if (interval := _INTERVAL.fullmatch(type_)) and (interval[1] or interval[2]):
        return "cuts {}", f"make the column interval{interval[3] or ''} in a migration"
    if type_ in ("name", "name[]"):
        return "cuts {} to 63 bytes", f"make the column {type_.replace('name', 'text')} in a migration"
    return None


def too_wide(value: ValueType | None, type_: str) -> Iterator[tuple[str, str]]:
    """Yield the reason why a value of this annotation may not fit the type, and the fix; nothing if all values fit."""
    if value and value.kind == "list" and value.item and "sqlite" not in value.dialects and type_.endswith("[]"):
        value, type_ = value.item, type_.removesuffix("[]")
    if value and (numeric := _NUMERIC.fullmatch(type_)) and ("sqlite" not in value.dialects or _is_decimal(value)):
        yield from _beyond_numeric(value, int(numeric[1]), int(numeric[2]))
        return
    if lossy(type_, DIALECTS) is not None or (value and kind_of(value) not in (_INT if type_ in RANGES else _TEXT)):
        return  # another rule reports these types, and kinds that do not fit
    rules = _rules(value) if value is not None else {}
    known = values_of(value)
    if type_ in RANGES:
        low, high = RANGES[type_]
        least, most = _range(rules, known)
        if least < low or most > high:
            limit = f"Annotated[int, Field(ge={low}, le={high})]"
            yield "may be larger than", f"limit it by {limit}, or make the column bigint in a migration"
    elif length := _LENGTH.fullmatch(type_):
        longest = max(map(len, known)) if known else rules.get("maxLength")
        if longest is None or longest > int(length[1]):
            limit = f"Annotated[str, Field(max_length={length[1]})]"
            yield "may be longer than", f"limit it by {limit}, or make the column text with a CHECK in a migration"


def _is_decimal(value: ValueType) -> bool:
    return places_of(kind_of(value)) is not None


def _beyond_numeric(value: ValueType, digits: int, places: int) -> Iterator[tuple[str, str]]:
    """Yield the reason why a number may not fit `numeric(digits, places)`, and the fix."""
    most = 10 ** Decimal(digits - places)
    if kind_of(value) == "int":
        low, high = _range(_rules(value), values_of(value))
        if max(-low, high) >= most:
            limit = f"Annotated[int, Field(gt={-most}, lt={most})]"
            yield "may be larger than", f"limit it by {limit}, or make the column numeric in a migration"
    elif kind_of(value) == "numeric" or _is_decimal(value):
        rules = decimal_rules(value.constrained) if value.constrained is not None else {}
        is_bounded = all(
            (inner in rules and abs(rules[inner]) < most) or (outer in rules and abs(rules[outer]) <= most)
            for inner, outer in (("ge", "gt"), ("le", "lt"))
        )
        kept = rules.get("decimal_places")
        is_short = kept is not None and rules.get("max_digits", digits + 1) - kept <= digits - places
        if kept is None or kept > places or not (is_bounded or is_short):
            limit = f"Annotated[Decimal, Field(max_digits={digits}, decimal_places={places})]"
            plain = "numeric" if kept is None or "sqlite" not in value.dialects else f"numeric(18, {kept})"
            yield "may have more digits than", f"limit it by {limit}, or make the column {plain} in a migration"


def may_be_zero(value: ValueType) -> bool:
    """Return whether the annotation of a number allows 0."""
    least, most = _range(_rules(value), values_of(value))
    known = values_of(value)
    return any(float(each) == 0 for each in known) if known else least <= 0 <= most


def may_be_negative(value: ValueType) -> bool:
    """Return whether the annotation of a number allows negative ones."""
    least, _ = _range(_rules(value), values_of(value))
    return least < 0


def _range(rules: dict[str, Any], known: tuple[str, ...]) -> tuple[float, float]:
    if known:
        numbers = [int(each) for each in known]
        return min(numbers), max(numbers)
    least = rules.get("minimum", rules.get("exclusiveMinimum", -(2**63)) + ("exclusiveMinimum" in rules))
    most = rules.get("maximum", rules.get("exclusiveMaximum", 2**63) - ("exclusiveMaximum" in rules))
    return least, most


def _rules(value: ValueType) -> dict[str, Any]:
    """Return the constraints that Pydantic enforces on the values, as JSON Schema; {} if there are none."""
    if value.constrained is None:
        return {}
    try:
        schema: dict[str, Any] = TypeAdapter(value.constrained).json_schema()
    except (PydanticUserError, ValueError, TypeError):
        return {}
    arms = [arm for arm in schema.get("anyOf", [schema]) if arm.get("type") != "null"]
    return arms[0] if len(arms) == 1 else {}
