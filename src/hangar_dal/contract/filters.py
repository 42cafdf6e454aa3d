"""What must hold of each row of a query: by its WHERE, by the ON of inner joins, and in the queries that it reads.

Builds on `passed_on`.
"""

from collections.abc import Iterator

from sqlglot import exp

from hangar_dal.contract.passed_on import cte_of, items, query_of
from hangar_dal.contract.syntax import conjuncts


def filters(select: exp.Select) -> Iterator[exp.Expr]:
    """Nothing of a query that has a LIMIT, which leaves out rows for which the same conditions hold."""
    yield from conjuncts(select.args.get("where"))
    joins, from_ = select.args.get("joins") or (), select.args.get("from_")
    if from_ is None or any(join.side in ("RIGHT", "FULL") for join in joins):
        return
    inner = [join for join in joins if join.side == ""]
    for join in inner:
        yield from (test for test in conjuncts(join.args.get("on")) if not _joins_columns(test))
    read = [from_.this, *(join.this for join in inner)]
    named = [cte for item in items(select) if (cte := cte_of(item)) is not None]
    for item in read:
        query, cte = query_of(item), cte_of(item)
        is_read_twice = sum(each is cte for each in named) > 1
        if isinstance(query, exp.Select) and not is_read_twice and query.args.get("limit") is None:
            yield from filters(query)


def _joins_columns(test: exp.Expr) -> bool:
    """`a.id = b.a_id` fixes neither side."""
    return isinstance(test, exp.EQ) and all(side.find(exp.Column) is not None for side in (test.this, test.expression))
