"""Whether many rows come in one order only, as `orders` and `null_order` decide.

Builds on `reading` and `locations`.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from hangar_dal.contract.locations import finding_at
from hangar_dal.contract.reading import Reading
from hangar_dal.contract.sending import may_be_none, sources
from hangar_dal.contract.variants import CheckedVariant
from hangar_dal.query.clauses import scopes
from hangar_dal.rules import Finding


def compare_order(checked: CheckedVariant, reading: Reading) -> Iterator[Finding]:
    """Rows that may come in another order the next time, or on the other database, or of which another one is first."""
    words = [token.text.upper() for token in checked.variant.tokens]
    is_many = checked.query.signature.result.shape in ("list", "stream")
    at = _outermost(checked, "ORDER", "BY")
    if reading.unkeyed and checked.query.signature.result.shape in ("one", "optional"):
        tables = " and ".join(reading.unkeyed)
        message = f"the function returns one row, and the statement fixes no unique key of {tables}"
        fix = "compare every column of a unique key, add ORDER BY and LIMIT 1, or declare a list"
        yield finding_at(checked, "row-unkeyed", message, fix, at=_outermost(checked, "WHERE"))
    if (names := _of_two_rows(checked, reading)) and checked.query.signature.result.shape in ("one", "optional"):
        message = "the function returns one row, and :{} and :{} may find a row each".format(*names)
        fix = "write a function for each key, add ORDER BY and LIMIT 1, or declare a list"
        yield finding_at(checked, "row-unkeyed", message, fix, at=_outermost(checked, "WHERE"))
    if reading.ties is not None:
        rule = "list-unordered" if is_many else "row-ordered"
        message = f"the ORDER BY leaves ties: it holds no unique NOT NULL key of {' and '.join(reading.ties)}"
        yield finding_at(checked, rule, message, "end it with the primary key", at=at)
    if is_many or "LIMIT" in words or "FETCH" in words:
        for key in reading.unplaced_nulls:
            places = ("last", "first") if key.upper().endswith(" DESC") else ("first", "last")
            message = "NULL comes {} on SQLite and {} on PostgreSQL".format(*places)
            yield finding_at(checked, "nulls-unplaced", f"{key}: {message}", "write NULLS FIRST or NULLS LAST", at=at)


def _of_two_rows(checked: CheckedVariant, reading: Reading) -> tuple[str, str] | None:
    """Parameters that find a row each. Of arguments that may be None, callers may mean to give one alone."""
    free = {
        name: (each.argument, each.field) for name, each in sources(checked).items() if not may_be_none(checked, each)
    }
    for one, other in combinations(reading.either, 2):
        if {*one, *other} <= free.keys():
            first, second = _own(one, other, free), _own(other, one, free)
            if first and second:
                return first, second
    return None


def _own(arm: Sequence[str], other: Sequence[str], givers: Mapping[str, object]) -> str:
    """A parameter of the arm whose argument gives none of the other arm; empty if there is none."""
    shared = {givers[name] for name in other}
    return next((name for name in arm if givers[name] not in shared), "")


def _outermost(checked: CheckedVariant, *words: str) -> int | None:
    """Where the statement's own clause begins, and not one of a query or a window within it."""
    root = scopes(checked.variant.text, checked.block.dialect)[0]
    at = root.find(*words)
    return root.items[at].start if at is not None else None
