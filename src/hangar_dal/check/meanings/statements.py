"""Find clauses and subqueries that the databases evaluate in different ways."""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.meanings.scalar_subqueries import may_return_several_rows
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.value_kinds import Kinds
from hangar_dal.check.sql.visible import target_of
from hangar_dal.query.clauses import scopes_of_text
from hangar_dal.sqlscan import Dialect

_LITERALS: Final = (exp.Literal, exp.Neg, exp.Null)


def in_statement(node: exp.Expr, kinds: Kinds) -> Iterator[str]:
    """Yield the names of the differences in LIMIT, in a scalar subquery, and in a write that reads its own table."""
    match node:
        case exp.Limit() | exp.Offset() if _is_no_count(node.expression):
            yield "limit"
        case exp.Subquery() if may_return_several_rows(node, kinds.binding):
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
