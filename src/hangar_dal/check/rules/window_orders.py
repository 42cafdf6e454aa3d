"""Find window functions that number rows, or read rows before and after, and whose ORDER BY leaves ties.

`row_number() OVER (ORDER BY made_at)` may number two rows of the same instant either way, and the two databases differ.
`ordering.ties` checks the same query with the keys of the window as its ORDER BY.
"""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.ordering.one_row import selecting
from hangar_dal.check.ordering.ties import ties_of_tree
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.functions import call_of, definition_of
from hangar_dal.check.sql.parse import of_type
from hangar_dal.rules import Rule

WINDOW_UNORDERED: Final = Rule(
    "window-unordered",
    "error",
    "A window function that depends on the order of rows has an ORDER BY that leaves no ties.",
    """\
Rows with the same `created_at` are numbered in any order, and the databases choose different ones. The same is true
of `ntile`, `lag`, `lead`, `first_value`, `last_value`, `nth_value`, and of sums over `ROWS ...`. End the ORDER BY of
the window with the primary key. `rank()`, `dense_rank()` and sums over a whole partition or a `RANGE` give tied rows
the same result, and are not reported.
""",
    bad="""\
--- items.py
class NumberedItem(Row):
    id: UUID
    number: int

@query
async def list_numbered_items(db: Executor, owner_id: UUID) -> list[NumberedItem]: ...
--- items.sql
-- name: list_numbered_items
SELECT
    id,
    row_number() OVER (ORDER BY created_at) AS number
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_numbered_items
SELECT
    id,
    row_number() OVER (ORDER BY created_at, id) AS number
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
)
_OF_ONE_ROW: Final = (exp.FirstValue, exp.LastValue, exp.NthValue)
_NUMBERED: Final = (exp.RowNumber, exp.Ntile, exp.Lag, exp.Lead)
_CLAUSES: Final = ("order", "limit", "offset", "distinct", "locks")


def window_orders(binding: Binding) -> Iterator[Remark]:
    for window in of_type(binding.nodes, exp.Window):
        select, over = window.parent_select, definition_of(window)
        call = call_of(window)
        if not isinstance(select, exp.Select) or over is None or not _counts_rows(call, over):
            continue
        order = over.args.get("order")
        keys = [*(over.args.get("partition_by") or ()), *(order.expressions if order is not None else ())]
        asked = selecting(_shown(call, select), select, binding.tree, without=_CLAUSES)
        asked.set("order", exp.Order(expressions=[key.copy() for key in keys]))
        lacking = ties_of_tree(asked, binding.dialect, binding.tables)
        if lacking:
            message = f"{call.sql(comments=False)} depends on the order of rows that are equal in the ORDER BY of its "
            message += f"window, which holds no unique NOT NULL key of {' and '.join(lacking)}"
            yield Remark(WINDOW_UNORDERED, window, message, "end the ORDER BY of the window with the primary key")


def _counts_rows(call: exp.Expr, over: exp.Expr) -> bool:
    """Return whether the result depends on the order of tied rows.

    Functions such as row_number() and lag() depend on it, and aggregates with a frame that counts ROWS. Tied rows have
    the same rank(), and are in the same frame otherwise.
    """
    frame = over.args.get("spec")
    counts = frame is not None and str(frame.args.get("kind")).upper() == "ROWS"
    is_whole = frame is not None and all(str(frame.args.get(end)) == "UNBOUNDED" for end in ("start", "end"))
    is_sum = isinstance(call, exp.AggFunc) and not isinstance(call, (*_NUMBERED, *_OF_ONE_ROW))
    return isinstance(call, (*_NUMBERED, *_OF_ONE_ROW)) or (is_sum and counts and not is_whole)


def _shown(call: exp.Expr, select: exp.Select) -> list[exp.Expr]:
    """Return the values of the result in which tied rows may differ. The order matters only if they do."""
    arguments = [call.this] if isinstance(call.this, exp.Expr) and not isinstance(call.this, exp.Star) else []
    if isinstance(call, _OF_ONE_ROW):
        return arguments
    return [*arguments, *(each for each in select.expressions if each.find(exp.Window) is None)] or [
        exp.Literal.number(1)
    ]
