"""Find pages by key whose comparison does not fit the ORDER BY, so that rows are skipped or returned twice.

Reads both forms: `(a, b) < (:a, :b)` and `a < :a OR (a = :a AND b < :b)`. Only queries with LIMIT are checked. A
comparison that shares no column with the ORDER BY is a filter. The comparison may be in a subquery of the query that
has the ORDER BY.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sqlglot import exp

from hangar_dal.check.rules.page_bounds import (
    Bound,
    Key,
    compared,
    decides,
    fixed_by,
    is_nullable,
    may_repeat,
    name_of,
    sorted_by,
)
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.filters import filters
from hangar_dal.check.sql.parse import conjuncts, disjuncts, of_type
from hangar_dal.rules import Rule

KEYSET_ORDER: Final = Rule(
    "keyset-order",
    "error",
    "A page begins after a key that its ORDER BY sorts by: same columns, same direction, no ties.",
    """\
If the comparison does not fit the ORDER BY, rows are skipped or come twice. Both need the same columns in the same
order. `<` goes with DESC and `>` with ASC; `<=` and `>=` would return the last row of the previous page again. A
comparison of rows cannot follow an ORDER BY of two directions; write `a < :a OR (a = :a AND b > :b)`, which is
checked as well. Only statements with LIMIT are pages. The comparison may be in a subquery, in a query of WITH or in
the ON of an inner join. A comparison outside of the subquery that has `ORDER BY ... LIMIT :limit` comes too late:
later pages are empty.

`created_at < :after` before `ORDER BY created_at DESC, id DESC` skips the rows that are equal to the last one in
`created_at`. This may also be a filter, so the name of the parameter decides: it is a page for `:after`, `:before`,
`:cursor`, `:last`, `:previous`, and for these words before the column's name (`:last_created_at`). Two bounds of one
column are a range, LIMIT 1 and OFFSET are other ways to find rows, and nothing is reported for them. `created_at >
:after` beside `(created_at, id) > (:created_at, :id)` is a filter too, because the comparison of rows begins the
page. `created_at < :at AND id < :id` is always a page. `id > :last_id` begins a page too if the ORDER BY has other
columns before `id`. `:cursor`, `:last` and `:previous` also begin a page if the sign does not fit the direction.

A comparison finds no row that has NULL in a compared column, so these rows come on no page but the first.
""",
    bad="""\
--- items.py
@query
async def list_items(
    db: Executor, owner_id: UUID, created_at: datetime, id: UUID
) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id AND (created_at, id) > (:created_at, :id)
ORDER BY created_at DESC, id DESC
LIMIT 50;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id AND (created_at, id) < (:created_at, :id)
ORDER BY created_at DESC, id DESC
LIMIT 50;
""",
)


class Keyset(NamedTuple):
    columns: Sequence[Bound]
    is_row: bool


def keysets(binding: Binding) -> Iterator[Remark]:
    for select in of_type(binding.nodes, exp.Select):
        order, limit = select.args.get("order"), select.args.get("limit")
        if order is None or limit is None or select.args.get("group") is not None:
            continue
        keys = [sorted_by(ordered, binding) for ordered in order.expressions]
        held = list(filters(select, binding))
        found = list(keysets_of(held, binding))
        if len(found) == 1:  # two comparisons are the ends of a range
            yield from _judged(found[0], keys, fixed_by(held, binding), select, binding)
            yield from _never_found(found[0], held, binding)


def _never_found(keyset: Keyset, held: Sequence[exp.Expr], binding: Binding) -> Iterator[Remark]:
    """Yield a remark if the comparison leaves out the rows that have NULL in a compared column."""
    nullable = next((each.column for each in keyset.columns if is_nullable(each.column, held, binding)), None)
    if nullable is not None:
        message = f"{nullable.name} may be NULL, and rows with NULL come on no page but the first"
        yield Remark(KEYSET_ORDER, nullable, message, "sort by columns that are NOT NULL, or leave out NULL in WHERE")


def _judged(
    keyset: Keyset, keys: Sequence[Key], fixed: set[str], select: exp.Select, binding: Binding
) -> Iterator[Remark]:
    pairs = [(each, name) for each in keyset.columns if (name := name_of(each.column, binding)) not in fixed]
    names, downs = [name for _, name in pairs], {name: down for name, down in keys if name not in fixed}
    sorts, first = list(downs), keyset.columns[0].column
    if not set(names) & set(sorts) or names[: len(sorts)] == sorts[: len(names)] != names:
        return  # a filter, or an ORDER BY that leaves ties, which another rule reports
    later = [binding.sort_key(each) for each in select.args["order"].expressions[len(names) :]]
    is_one = decides([*names, *fixed], first, binding) and not may_repeat(first, later, select, binding)
    is_whole = len(names) == len(sorts) or is_one
    wrong = next((each for each, name in pairs if name in downs and downs[name] != each.is_down), None)
    loose = next((each for each in keyset.columns if not each.is_strict), None)
    if names != sorts[: len(names)] or not is_whole:
        message = f"the page begins after {_listed(names)}, but the rows are sorted by {_listed(sorts)}"
        yield Remark(KEYSET_ORDER, first, message, "compare the columns of the ORDER BY, all of them, in its order")
    elif keyset.is_row and len(set(downs.values())) > 1:
        message = "a comparison of rows has one direction, and the ORDER BY has two"
        fix = "sort all columns in one direction, or write a < :a OR (a = :a AND b > :b)"
        yield Remark(KEYSET_ORDER, first, message, fix)
    elif wrong is not None:
        sign, way = ("<", "ascending") if wrong.is_down else (">", "descending")
        message = f"{sign} is the wrong direction for the ORDER BY, which is {way}"
        yield Remark(KEYSET_ORDER, wrong.column, message, f"write {'>' if wrong.is_down else '<'}")
    elif loose is not None:
        sign = "<" if loose.is_down else ">"
        message = f"{sign}= returns the last row of the page before again"
        yield Remark(KEYSET_ORDER, loose.column, message, f"write {sign}")


def keysets_of(held: Sequence[exp.Expr], binding: Binding) -> Iterator[Keyset]:
    """Yield the comparisons of several columns at which a page may begin, among the conditions `held` of each row."""
    return (found for test in held if (found := _keyset(test.unnest(), held, binding)) is not None)


def _keyset(test: exp.Expr, held: Sequence[exp.Expr], binding: Binding) -> Keyset | None:
    if isinstance(test, exp.Or):
        return _expanded(test, held, binding)
    found = compared(test, binding)
    if found is None or not isinstance(found.column, exp.Tuple) or not isinstance(found.value, exp.Tuple | exp.Select):
        return None
    columns, values = found.column.expressions, found.value.expressions
    if len(columns) != len(values) or len(columns) < 2:
        return None
    return Keyset([found._replace(column=one, value=other) for one, other in zip(columns, values, strict=True)], True)


def _expanded(either: exp.Or, held: Sequence[exp.Expr], binding: Binding) -> Keyset | None:
    """Read `a < :a OR (a = :a AND b < :b)`, or `a < :a OR b < :b` if the query also has `a <= :a`."""
    found: list[Bound] = []
    for arm in disjuncts(either):
        tests = [each.unnest() for each in conjuncts(arm)]
        equal = [each for each in tests if isinstance(each, exp.EQ)]
        bounds = [each for test in tests if (each := compared(test, binding)) is not None]
        if len(bounds) != 1 or len(equal) + 1 != len(tests) or isinstance(bounds[0].column, exp.Tuple):
            return None
        before = [(each.column, each.value) for each in found]
        is_short = not equal and len(before) == 1 and _is_beside(before[0], held, binding)
        if not _are(equal, before) and not is_short:
            return None
        found.append(bounds[0])
    return Keyset(found, False) if len(found) > 1 else None


def _are(equal: Sequence[exp.EQ], pairs: Sequence[tuple[exp.Expr, exp.Expr]]) -> bool:
    """Return whether these equations compare exactly these pairs of columns and values."""
    given = {frozenset((each.this.sql(), each.expression.sql())) for each in equal}
    return len(equal) == len(pairs) and given == {frozenset((one.sql(), other.sql())) for one, other in pairs}


def _is_beside(pair: tuple[exp.Expr, exp.Expr], held: Sequence[exp.Expr], binding: Binding) -> bool:
    found = (compared(each.unnest(), binding) for each in held)
    return any(each is not None and not each.is_strict and (each.column, each.value) == pair for each in found)


def _listed(names: Sequence[str]) -> str:
    return f"({', '.join(name.rpartition('.')[2] for name in names)})"
