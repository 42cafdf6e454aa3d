"""The limits of numbers that an annotation gives to Pydantic."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from hangar_dal.database.kinds import DECIMAL, decimal_kind
from hangar_dal.database.refused_types import UnsupportedType, without_sqlite
from hangar_dal.database.stored import MAX_DIGITS
from hangar_dal.rules import Problem


def decimal_rules(annotation: Any) -> dict[str, Any]:
    """Return the constraints of a Decimal: `max_digits`, `decimal_places`, `ge`, `gt`, `le` and `lt`."""
    schema: Any = TypeAdapter(annotation).core_schema
    while schema.get("type") != "decimal" and "schema" in schema:
        schema = schema["schema"]
    return dict(schema) if schema.get("type") == "decimal" else {}


def decimal_of(annotation: Any, dialects: Sequence[str]) -> str:
    """Return the kind of a Decimal that both databases store. Raises `UnsupportedType` if its digits have no limit."""
    rules = decimal_rules(annotation)
    digits, places = rules.get("max_digits"), rules.get("decimal_places")
    if digits is None or places is None or not 0 <= places <= digits <= MAX_DIGITS:
        message = "SQLite stores a Decimal as an integer, which has a limited number of digits"
        problem = Problem(message, f"write {DECIMAL}, with at most {MAX_DIGITS} digits")
        raise UnsupportedType(*without_sqlite(problem, dialects))
    return decimal_kind(places)
