"""Find `UPDATE ... FROM`, `MERGE` and `ON CONFLICT DO UPDATE` that may find several rows for one row of the table.

UPDATE then takes its new values from any of these rows. MERGE fails when it changes a row twice. So does ON CONFLICT DO
UPDATE on PostgreSQL.

Nothing is reported where this cannot be determined.
"""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, Attributes, closure
from hangar_dal.check.ordering.one_row import found_by, scope_of, with_queries
from hangar_dal.check.ordering.scopes import BoundRelation, OrderScope
from hangar_dal.check.ordering.values import determined_by
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.functions import steadiness
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import conjuncts, of_type
from hangar_dal.rules import Rule
from hangar_dal.sqlscan import Dialect

UPDATE_AMBIGUOUS: Final = Rule(
    "update-ambiguous",
    "error",
    "UPDATE ... FROM and MERGE find at most one row for each row that they change.",
    """\
If several rows are found, any of them gives the new values, and the databases choose different ones. Compare a unique
key, or join a query with GROUP BY that leaves one row for each changed row. Nothing is reported if the rows are read
from a function, such as `json_each(:rows)`.

`MERGE INTO items USING orders ON orders.item_id = items.id WHEN MATCHED THEN UPDATE ...` fails if an item has several
orders, even if all of them would write the same values. A MERGE that also has a `WHEN MATCHED AND ... THEN DO NOTHING`
is not reported: its condition may leave only one order of each item for the UPDATE.

`INSERT INTO totals (item_id, amount) SELECT item_id, amount FROM orders ON CONFLICT (item_id) DO UPDATE ...` fails on
PostgreSQL if two orders have the same item. Add `GROUP BY item_id`. SQLite updates the row twice. The arms of a UNION
and the rows of VALUES are read too. Whether rows of two arms have the same key, or a list that the caller gives repeats
one, is not known: remove duplicates in Python, or read the rows with GROUP BY.
""",
    bad="""\
--- items.py
@query
async def set_price_by_orders(db: Executor, item_id: UUID) -> RowCount: ...
--- items.sql
-- name: set_price_by_orders
UPDATE items SET price = orders.amount
FROM orders
WHERE orders.item_id = items.id AND items.id = :item_id;
""",
    good="""\
--- items.sql
-- name: set_price_by_orders
UPDATE items SET price = highest.amount
FROM (
    SELECT
        item_id,
        max(amount) AS amount
    FROM orders
    WHERE item_id = :item_id
    GROUP BY item_id
) AS highest
WHERE highest.item_id = items.id;
""",
)
_FIX: Final = "compare a unique key, or join a query with GROUP BY or LIMIT 1 that leaves one row"
_COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)


def ambiguous_updates(binding: Binding) -> Iterator[Remark]:
    for update in of_type(binding.nodes, exp.Update):
        if update.args.get("from_") is None or (rows := found_by(update)) is None:
            continue
        try:
            yield from _judged(update, rows, binding.dialect, binding.tables)
        except (NotUnderstood, RecursionError):
            continue
    for merge in of_type(binding.nodes, exp.Merge):
        if (rows := _matched(merge)) is None:
            continue
        try:
            yield from _judged_merge(merge, rows, binding.dialect, binding.tables)
        except (NotUnderstood, RecursionError):
            continue

    for insert in of_type(binding.nodes, exp.Insert) if binding.dialect == "postgresql" else ():
        try:
            yield from _judged_upsert(insert, binding.dialect, binding.tables)
        except (NotUnderstood, RecursionError):
            continue


def _judged_upsert(insert: exp.Insert, dialect: Dialect, tables: Tables) -> Iterator[Remark]:
    """Yield a remark if several of the inserted rows may have the same key, and ON CONFLICT updates a row."""
    conflict = insert.args.get("conflict")
    if conflict is None or not conflict.expressions or not isinstance(insert.this, exp.Schema):
        return
    columns = [column.name.lower() for column in insert.this.expressions]
    keys = [key.name.lower() for key in conflict.args.get("conflict_keys") or ()]
    if not keys or not set(keys) <= set(columns):
        return
    places = [columns.index(key) for key in keys]
    label = next(filter(None, (_repeats(arm, places, insert, dialect, tables) for arm in _arms(insert.expression))), "")
    if label or _are_given_twice(insert.expression, places):
        message = f"several rows of {label or 'the statement'} may have the same {', '.join(keys)}, "
        message += "and ON CONFLICT DO UPDATE fails on PostgreSQL when it meets a row twice"
        fix = f"insert one row for each key, with GROUP BY {', '.join(keys)}"
        yield Remark(UPDATE_AMBIGUOUS, insert.this.expressions[places[0]], message, fix)


def _arms(source: exp.Expr | None) -> Iterator[exp.Select]:
    """Yield copies of the SELECTs whose rows are inserted. UNION without ALL leaves no equal rows in its arms.

    Rows of two arms may have the same key too, but this is not certain: their conditions may exclude each other.
    """
    match source:
        case exp.Subquery():
            yield from _arms(source.this)
        case exp.Union():
            for arm in (*_arms(source.this), *_arms(source.expression)):
                if source.args.get("distinct"):
                    arm.set("distinct", exp.Distinct())
                yield arm
        case exp.Except() | exp.Intersect():
            yield from _arms(source.this)
        case exp.Select() if source.args.get("limit") is None:
            yield source.copy()


def _repeats(arm: exp.Select, places: list[int], insert: exp.Insert, dialect: Dialect, tables: Tables) -> str:
    """Return the label of a source of which several rows may be equal in the columns at these places; "" if none."""
    relation, scope = scope_of(with_queries(insert, arm), dialect, tables)
    if scope is None or len(relation.columns) != len(insert.this.expressions):
        return ""
    known = closure({relation.columns[place] for place in places}, scope.all_rules())
    labels = (each.label for each in scope.sources if each.relation.row not in known)
    return next(labels, "") if relation.row not in known else ""


def _are_given_twice(source: exp.Expr | None, places: list[int]) -> bool:
    """Return whether two rows that the statement gives have the same literals or parameters at these places."""
    match source:
        case exp.Values():
            rows = [row.expressions for row in source.expressions]
        case exp.Union():
            rows = [arm.expressions for arm in _arms(source) if arm.args.get("from_") is None]
        case _:
            rows = []
    keys = [tuple(row[place].unalias() for place in places) for row in rows if len(row) > max(places)]
    known = [key for key in keys if all(isinstance(each, exp.Literal | exp.Placeholder) for each in key)]
    return len(set(known)) < len(known)


def _judged(update: exp.Update, rows: exp.Select, dialect: Dialect, tables: Tables) -> Iterator[Remark]:
    _, scope = scope_of(rows, dialect, tables)
    if scope is None:
        return
    pairs = [each for each in update.expressions if isinstance(each, exp.EQ)]
    given = [(each.expression, _read_columns(_within(each.expression, rows), scope)) for each in pairs]
    changed, known = _found_once(rows, scope)
    for value, columns in given:
        if columns <= known:
            continue
        source = next((each for each in scope.sources if each.relation.row not in known), None)
        if source is not None:
            message = (
                f"a row of {changed.label} may find several rows of {source.label}, and any of them gives the value"
            )
            yield Remark(UPDATE_AMBIGUOUS, value, message, _FIX)
            return


def _read_columns(value: exp.Expr, scope: OrderScope) -> Attributes:
    """Return the columns that determine the value; none if it is not certain that nothing else does."""
    named = (column for column in value.find_all(exp.Column) if not isinstance(column.this, exp.Star))
    is_certain = steadiness(value) is True and all(scope.context.binding.column(each) is not None for each in named)
    return (determined_by(value, scope) if is_certain else None) or NOTHING


def _within(value: exp.Expr, rows: exp.Select) -> exp.Expr:
    """Return a copy of the value whose names mean columns of these rows."""
    copy = value.copy()
    copy.parent, copy.arg_key = rows, "expressions"
    return copy


def _judged_merge(merge: exp.Merge, rows: exp.Select, dialect: Dialect, tables: Tables) -> Iterator[Remark]:
    _, scope = scope_of(rows, dialect, tables)
    if scope is None:
        return
    changed, known = _found_once(rows, scope)
    source = next((each for each in scope.sources if each.relation.row not in known), None)
    if source is not None:
        message = f"a row of {changed.label} may match several rows of {source.label}, "
        message += "and MERGE fails when it changes a row twice"
        yield Remark(UPDATE_AMBIGUOUS, merge.args["on"], message, _FIX)


def _found_once(rows: exp.Select, scope: OrderScope) -> tuple[BoundRelation, set[Attribute]]:
    """Return the changed table, and the attributes that have a single value for each row of it.

    A query that also reads the changed table and groups its rows may find the same row again. Comparisons of columns
    do not prevent this, so only keys count as proof then.
    """
    changed = scope.sources[0]
    scope.may_repeat &= not all(_is_comparison(held.unnest()) for held in conjuncts(rows.args.get("where")))
    return changed, closure({changed.relation.row}, scope.all_rules())


def _is_comparison(test: exp.Expr) -> bool:
    sides = (test.this, test.expression) if isinstance(test, _COMPARISONS) else ()
    return bool(sides) and all(isinstance(side.unnest(), exp.Column | exp.Placeholder | exp.Literal) for side in sides)


def _matched(merge: exp.Merge) -> exp.Select | None:
    """Return a SELECT of the rows that a MERGE changes; None if it changes none, or if these are unknown."""
    whens = [when for when in merge.args["whens"].expressions if when.args.get("matched")]
    changing = [when for when in whens if isinstance(when.args["then"], exp.Update) or _name(when) == "DELETE"]
    conditions = [when.args.get("condition") for when in changing]
    if len(changing) < len(whens) or not changing or (None not in conditions and len(conditions) > 1):
        return None
    tests = [merge.args["on"], *([] if None in conditions else conditions)]
    made = exp.Select(
        expressions=[exp.Literal.number(1)],
        from_=exp.From(this=merge.this.copy()),
        joins=[exp.Join(this=merge.args["using"].copy())],
        where=exp.Where(this=exp.and_(*tests)),
    )
    return with_queries(merge, made)


def _name(when: exp.Expr) -> str:
    return str(when.args["then"].name).upper()
