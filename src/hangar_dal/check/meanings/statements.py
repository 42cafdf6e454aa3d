"""Find clauses and subqueries that the databases evaluate in different ways."""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.nullability.aggregates import is_aggregate
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.parse import conjuncts
from hangar_dal.check.sql.value_kinds import Kinds
from hangar_dal.check.sql.visible import target_of
from hangar_dal.query.clauses import scopes_of_text
from hangar_dal.sqlscan import Dialect

_ROWS: Final = (exp.From, exp.Join, exp.In, exp.Exists, exp.Any, exp.All, exp.CTE, exp.SetOperation, exp.Insert)
_LITERALS: Final = (exp.Literal, exp.Neg, exp.Null)


def in_statement(node: exp.Expr, kinds: Kinds) -> Iterator[str]:
    """Yield the names of the differences in LIMIT, in a scalar subquery, and in a write that reads its own table."""
    match node:
        case exp.Limit() | exp.Offset() if _is_no_count(node.expression):
            yield "limit"
        case exp.Subquery() if _may_return_several_rows(node, kinds.binding):
            yield "many_as_one"
        case exp.Update() | exp.Delete() | exp.Insert() if _reads_its_own_table(node, kinds.binding):
            yield "own_table"


def in_words(text: str, dialect: Dialect) -> Iterator[tuple[str, int]]:
    """Yield each INTERSECT after UNION or EXCEPT, with its offset.

    Reads tokens, because the parser always groups set operations as PostgreSQL does.
    """
    for scope in scopes_of_text(text, dialect):
        before = [at for at in (scope.find("UNION"), scope.find("EXCEPT")) if at is not None]
        at = scope.find("INTERSECT", after=min(before)) if before else None
        if at is not None:
            yield "set_operations", scope.items[at].start


def _is_no_count(count: exp.Expr | None) -> bool:
    if isinstance(count, exp.Literal):
        return not count.is_string and not count.is_int
    return isinstance(count, exp.Null | exp.Neg)


def _may_return_several_rows(subquery: exp.Subquery, binding: Binding) -> bool:
    """Return whether a scalar subquery reads one table and does not fix a unique key of it."""
    select = subquery.this
    if not isinstance(select, exp.Select) or isinstance(subquery.parent, _ROWS) or subquery.alias:
        return False
    from_ = select.args.get("from_")
    limit = select.args.get("limit")
    is_one = limit is not None or any(is_aggregate(each) for each in _calls(select))
    if from_ is None or (is_one and select.args.get("group") is None) or limit is not None:
        return False
    if not isinstance(from_.this, exp.Table) or select.args.get("joins") or select.args.get("laterals"):
        return False
    table = binding.sources(select)[0].table  # None for a query of WITH
    keys = binding.tables.keys.get(table) if table is not None else None
    if table is None or keys is None or select.args.get("distinct") or select.args.get("group"):
        return False
    where = select.args.get("where")
    fixed = {column for each in conjuncts(where) for column in _fixed(each, table, binding)}
    # Accept partial indexes, whatever their condition.
    conditional = [key.columns for key in binding.tables.loose.get(table, ())]
    return not any(set(key) <= fixed for key in (*keys, *conditional)) and not _only_one_row(where)


def _calls(select: exp.Select) -> Iterator[exp.Expr]:
    for selected in select.expressions:
        for node in selected.walk(prune=lambda each: isinstance(each, exp.Query | exp.Window)):
            if not isinstance(node, exp.Window):
                yield node


def _fixed(condition: exp.Expr, table: str, binding: Binding) -> Iterator[str]:
    """Yield the columns of the table that are compared for equality in this condition."""
    if isinstance(condition, exp.EQ):
        for side in (condition.this, condition.expression):
            for part in side.expressions if isinstance(side, exp.Tuple) else [side]:
                found = binding.origin(part)
                if found is not None and found[0] == table:
                    yield found[1]


def _only_one_row(where: exp.Expr | None) -> bool:
    """Return whether WHERE has a subquery or an OR, so that it may select a single row without fixing a key."""
    return where is not None and any(where.find_all(exp.Query, exp.Or))


def _reads_its_own_table(node: exp.Expr, binding: Binding) -> bool:
    """Return whether RETURNING reads the changed table, or a correlated subquery in SET does."""
    table = binding.table(target_of(node))
    if table is None:
        return False
    returning = node.args.get("returning")
    read = list(returning.expressions) if returning is not None else []
    if any(table in _tables_in(each, binding) for each in read):
        return True
    if not isinstance(node, exp.Update):
        return False
    return any(
        table in _tables_in(query, binding) and _is_correlated(query, node, binding)
        for each in node.expressions
        for query in each.find_all(exp.Subquery)
    )


def _tables_in(value: exp.Expr, binding: Binding) -> set[str | None]:
    return {source.table for select in value.find_all(exp.Select) for source in binding.sources(select)}


def _is_correlated(query: exp.Expr, update: exp.Update, binding: Binding) -> bool:
    found = (binding.column(column) for column in query.find_all(exp.Column))
    return any(each is not None and each.source is binding.sources(update)[0] for each in found)
