"""Outer joins that a later condition turns into inner ones: a comparison drops the rows without a partner again.

Builds on `bound`. `IS NOT NULL` says openly that these rows are unwanted, so it is left alone.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import exp

from hangar_dal.contract.bound import bound
from hangar_dal.contract.facts import Tables
from hangar_dal.contract.remarks import Remark
from hangar_dal.contract.syntax import conjuncts, of_type
from hangar_dal.sqlscan import Dialect

RULE: Final = "outer-join-undone"
_COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Like, exp.ILike)
# NULL where their first argument is NULL.
_STRICT: Final = (
    exp.Paren, exp.Cast, exp.Lower, exp.Upper, exp.Neg, exp.Collate, exp.Length, exp.Substring, exp.Trim, exp.Abs,
)  # fmt: skip
# NULL where one of their two sides is NULL.
_CALCULATED: Final = (exp.Add, exp.Sub, exp.Mul, exp.Div)


def outer_joins(nodes: Sequence[exp.Expr], dialect: Dialect, tables: Tables) -> Iterator[Remark]:
    for select in of_type(nodes, exp.Select):
        where = select.args.get("where")
        outer = {alias: kind for alias, (kind, _) in _places(select)}
        for column in _compared(where):
            yield from _undone(column, select, outer, "WHERE", tables)
        for at, join in enumerate(select.args.get("joins") or ()):
            if join.side == "" and join.args.get("on") is not None:
                before = {alias: kind for alias, (kind, place) in _places(select) if place < at}
                for column in _compared(join.args["on"]):
                    yield from _undone(column, select, before, f"the ON of {join.this.alias_or_name}", tables)


def _undone(
    column: exp.Column, select: exp.Select, outer: dict[str, str], clause: str, tables: Tables
) -> Iterator[Remark]:
    found = bound(column, tables)
    if found is None or found.query != id(select) or found.alias not in outer:
        return
    kind = outer[found.alias]
    message = f"{clause} compares {column.sql(comments=False)}, which is NULL in the rows that the {kind} JOIN adds"
    message += ", so none of these rows is left"
    fix = "move the comparison into the ON of that join, or write INNER JOIN"
    yield Remark(RULE, column, message, fix, always=True)


def _places(select: exp.Select) -> Iterator[tuple[str, tuple[str, int]]]:
    """Each source that an outer join fills with NULLs: the kind of the join, and its place among the joins."""
    from_ = select.args.get("from_")
    before = list(_aliases(from_.this)) if from_ is not None else []
    for at, join in enumerate(select.args.get("joins") or ()):
        behind = list(_aliases(join.this))
        filled = {"LEFT": behind, "RIGHT": before, "FULL": [*before, *behind]}.get(join.side, [])
        yield from ((alias, (join.side, at)) for alias in filled)
        before = [*before, *behind]


def _aliases(source: exp.Expr) -> Iterator[str]:
    """The names by which its columns are called; those of joins within parentheses too."""
    if isinstance(source, exp.Subquery) and not source.alias and not isinstance(source.this, exp.Query):
        yield from _aliases(source.this)
    elif source.alias_or_name:
        yield source.alias_or_name.lower()
    for join in source.args.get("joins") or ():
        yield from _aliases(join.this)


def _compared(condition: exp.Expr | None) -> Iterator[exp.Column]:
    """The columns of which NULL does not pass: by a comparison that must hold."""
    for held in conjuncts(condition):
        test = held.unnest()
        test = test.this.unnest() if isinstance(test, exp.Not) else test
        sides = [test.this, test.expression] if isinstance(test, _COMPARISONS) else []
        if isinstance(test, exp.In | exp.Between):
            sides = [test.this]
        for side in sides:
            yield from _strict(side)


def _strict(value: exp.Expr) -> Iterator[exp.Column]:
    while isinstance(value, _STRICT):
        value = value.this
    if isinstance(value, _CALCULATED):
        yield from _strict(value.this)
        yield from _strict(value.expression)
    if isinstance(value, exp.Column) and not isinstance(value.this, exp.Star):
        yield value
