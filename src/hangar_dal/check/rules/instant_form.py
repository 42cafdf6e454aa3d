"""Find texts that SQLite calculates from an instant in another form than that of instants. Reads tokens."""

from collections.abc import Iterator
from typing import Final

from hangar_dal.check.statements.locations import finding_at
from hangar_dal.check.statements.sending import sources
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.database.types import kind_of
from hangar_dal.query.clauses import ClauseScope, flat, scopes
from hangar_dal.rules import Finding, Rule

_FORM: Final = "'%Y-%m-%dT%H:%M:%f000Z'"
INSTANT_FORM: Final = Rule(
    "instant-form",
    "error",
    "A text that SQLite calculates from an instant has the form of instants.",
    f"""\
SQLite stores and compares instants as texts: `2026-01-02T03:04:05.000000Z`. `datetime(:now, '+1 hour')` returns
`2026-01-02 04:04:05`, which sorts before every instant of the same day. So a comparison finds the wrong rows, and a
column gets a text that no `datetime` field can read. Write `strftime({_FORM}, :now, '+1 hour')`, which cuts
to milliseconds, or calculate the instant in Python. Reported for arguments that are a `datetime`.
""",
    bad="""\
--- items.py
@query
async def count_older_items(db: Executor, owner_id: UUID, at: datetime) -> int: ...
--- sqlite/items.sql
-- name: count_older_items
-- differs: each database has its own functions for dates.
SELECT count(*) FROM items
WHERE owner_id = :owner_id AND created_at < datetime(:at, '-1 day');
--- postgresql/items.sql
-- name: count_older_items
-- differs: each database has its own functions for dates.
SELECT count(*) FROM items
WHERE owner_id = :owner_id AND created_at < :at - interval '1 day';
""",
    good="""\
--- sqlite/items.sql
-- name: count_older_items
-- differs: each database has its own functions for dates.
SELECT count(*) FROM items
WHERE owner_id = :owner_id
AND created_at < strftime('%Y-%m-%dT%H:%M:%f000Z', :at, '-1 day');
""",
)
_OPERATORS: Final = frozenset({"<", ">", "=", "BETWEEN", "IS", "IN"})


def compare_instant_forms(checked: CheckedVariant) -> Iterator[Finding]:
    """Yield a finding for each such text that is compared, or written by SET."""
    if checked.block.dialect != "sqlite":
        return
    given = sources(checked)
    instants = {
        f":{name}" for name, source in given.items() if source.value is not None and kind_of(source.value) == "instant"
    }
    for scope in scopes(checked.variant):
        for at, inner in scope.nested:
            name = inner.before.lower()
            if name not in ("datetime", "strftime") or not (_is_operator(scope, at - 2) or _is_operator(scope, at + 1)):
                continue
            has_form = name == "strftime" and not _has_other_form(inner.text(0))
            if not has_form and instants.intersection(token.text for token in flat(inner.items)):
                message = f"{name}() returns another form than that of instants, so texts of one day compare wrongly"
                fix = f"write strftime({_FORM}, ...), which cuts to milliseconds, or calculate the instant in Python"
                yield finding_at(checked, INSTANT_FORM, message, fix, at=scope.offset(at - 1))


def _has_other_form(given: str) -> bool:
    """Return whether a format has a time of day, but not the form of instants."""
    return any(part in given for part in ("%H", "%T", "%R")) and not given.endswith("Z'")


def _is_operator(scope: ClauseScope, at: int) -> bool:
    return scope.text(at).upper() in _OPERATORS
