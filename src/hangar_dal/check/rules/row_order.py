"""Report results whose order, or whose only row, is not certain. `ordering` finds them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final

from hangar_dal.check.statement_info import StatementInfo
from hangar_dal.check.statements.locations import finding_at, parameter_at
from hangar_dal.check.statements.sending import may_be_none, sources
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.query.clauses import scopes
from hangar_dal.query.row_order import LIST_UNORDERED, ROW_ORDERED
from hangar_dal.rules import Finding, Rule

ROW_UNKEYED: Final = Rule(
    "row-unkeyed",
    "error",
    "A statement that returns one row fixes a unique key of each table that it reads.",
    """\
The function is declared with `-> Item` or `-> Item | None`, and the statement may find several rows: it compares no
unique key, or it has a join with several rows for each row. The second row raises `TooManyRows`. Compare every column
of a unique key, create the key in a migration, write `ORDER BY ... LIMIT 1` in a query, or declare a list.

`WHERE id = :id OR email = :email` is reported too: both columns are keys, and each parameter may find another row. It
is not reported if one argument gives both parameters, or if an argument may be None, so that callers pass only one.
The same applies to the arms of a UNION. `WHERE size = (SELECT max(size) FROM items)` finds every item of that size.
`email IS NOT DISTINCT FROM :email`, on SQLite `email IS :email`, finds every row with NULL if `:email` may be None.

Keys are primary keys and unique constraints and indexes. A partial index counts only if the statement implies its
condition, for example by the same `removed_at IS NULL`. A comparison with a parameter implies only IS NOT NULL. Where
conditions cannot be compared, the index counts: `size > 5` may imply `size > 0`. On SQLite,
`name = :name COLLATE NOCASE` fixes no key of `name`, unless the column or a unique index has this collation.

An aggregate without GROUP BY is one row, as is an INSERT of one row. VALUES with several rows, `WITH RECURSIVE`, and
functions such as `json_each` and `generate_series` have several rows: `UPDATE ... FROM json_to_recordset(:rows) AS
entry (...) WHERE items.id = entry.id` finds several. Nothing is reported where one of their columns is compared,
because it may be unique, nor for views and other functions, whose rows are not known.
""",
    bad="""\
--- items.py
@query
async def find_item(db: Executor, owner_id: UUID, name: str) -> Item | None: ...
--- items.sql
-- name: find_item
SELECT id, name
FROM items
WHERE owner_id = :owner_id AND name = :name;
""",
    good="""\
--- items.sql
-- name: find_item
SELECT id, name
FROM items
WHERE owner_id = :owner_id AND name = :name
ORDER BY created_at DESC, id DESC
LIMIT 1;
""",
)


NULLS_UNPLACED: Final = Rule(
    "nulls-unplaced",
    "error",
    "A sort key that may be NULL says where NULL goes: SQLite puts it first, PostgreSQL last.",
    """\
SQLite sorts NULL before all values and PostgreSQL after them, so equal statements return their rows in different
orders. Write `NULLS FIRST` or `NULLS LAST`, which both databases know. This includes the ORDER BY of a window, of an
aggregate such as `array_agg(id ORDER BY note)`, and of a subquery with LIMIT.
""",
    bad="""\
--- items.py
@query
async def list_items_by_note(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_items_by_note
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY note, id;
""",
    good="""\
--- items.sql
-- name: list_items_by_note
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY note NULLS LAST, id;
""",
)


def compare_order(checked: CheckedVariant, info: StatementInfo) -> Iterator[Finding]:
    """Yield findings for a function of one row that may find several, for ties, and for NULLs without a fixed place."""
    words = [token.text.upper() for token in checked.variant.tokens]
    is_many = checked.query.signature.result.shape in ("list", "stream")
    is_one = checked.query.signature.result.shape in ("one", "optional")
    at = _outermost(checked, "ORDER", "BY")
    first = "" if _returns_written_rows(checked) else "add ORDER BY and LIMIT 1, "
    if info.unkeyed and is_one:
        tables = " and ".join(info.unkeyed)
        message = f"the function returns one row, and the statement fixes no unique key of {tables}"
        fix = f"compare every column of a unique key, {first}or declare a list"
        yield finding_at(checked, ROW_UNKEYED, message, fix, at=_outermost(checked, "WHERE"))
    for name, lacking in info.null_rows.items() if is_one else ():
        if (source := sources(checked).get(name)) is not None and may_be_none(checked, source):
            tables = " and ".join(lacking)
            message = f"the function returns one row, and :{name} may be None, which may find several rows of {tables}"
            fix = (
                f"remove `| None` from the annotation, write = :{name}, which finds no row for None, or declare a list"
            )
            yield finding_at(checked, ROW_UNKEYED, message, fix, at=parameter_at(checked, name))
    if (names := _of_two_rows(checked, info)) and is_one:
        message = "the function returns one row, and :{} and :{} may find a row each".format(*names)
        fix = f"write a function for each key, {first}or declare a list"
        yield finding_at(checked, ROW_UNKEYED, message, fix, at=_outermost(checked, "WHERE"))
    if info.ties:
        rule = LIST_UNORDERED if is_many else ROW_ORDERED
        message = f"the ORDER BY leaves ties: it holds no unique NOT NULL key of {' and '.join(info.ties)}"
        yield finding_at(checked, rule, message, "end it with the primary key", at=at)
    if not checked.block.is_alone and (is_many or "LIMIT" in words or "FETCH" in words):
        for key in info.unplaced_nulls:
            places = ("last", "first") if key.upper().endswith(" DESC") else ("first", "last")
            message = "NULL comes {} on SQLite and {} on PostgreSQL".format(*places)
            yield finding_at(checked, NULLS_UNPLACED, f"{key}: {message}", "write NULLS FIRST or NULLS LAST", at=at)


def _returns_written_rows(checked: CheckedVariant) -> bool:
    """Return whether the statement writes rows and returns them, which allows no ORDER BY and no LIMIT."""
    root = scopes(checked.variant)[0]
    return root.verb is not None and root.word(root.verb) in ("INSERT", "UPDATE", "DELETE")


def _of_two_rows(checked: CheckedVariant, info: StatementInfo) -> tuple[str, str] | None:
    """Return two parameters that may find one row each; None if there are none.

    Omits arguments that may be None, because callers may pass only one of them.
    """
    free = {
        name: (each.argument, each.field) for name, each in sources(checked).items() if not may_be_none(checked, each)
    }
    for one, other in combinations(info.either_rows, 2):
        if {*one, *other} <= free.keys():
            first, second = _own(one, other, free), _own(other, one, free)
            if first and second:
                return first, second
    return None


def _own(arm: Sequence[str], other: Sequence[str], givers: Mapping[str, object]) -> str:
    """Return a parameter of `arm` whose argument `other` does not use; "" if there is none."""
    shared = {givers[name] for name in other}
    return next((name for name in arm if givers[name] not in shared), "")


def _outermost(checked: CheckedVariant, *words: str) -> int | None:
    """Return the offset of a clause of the whole statement, not of a subquery or a window; None if it has none."""
    root = scopes(checked.variant)[0]
    at = root.find(*words)
    return root.items[at].start if at is not None else None
