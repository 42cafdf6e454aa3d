"""Find the conditions that hold for each row of a query: in its WHERE, its inner joins and its subqueries."""

from collections.abc import Iterator

from sqlglot import exp

from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.parse import conjuncts


def filters(select: exp.Select, binding: Binding) -> Iterator[exp.Expr]:
    """Yield the conditions. Omits those of a subquery with LIMIT, which may drop rows that meet them."""
    yield from conjuncts(select.args.get("where"))
    joins, from_ = select.args.get("joins") or (), select.args.get("from_")
    if from_ is None or any(join.side in ("RIGHT", "FULL") for join in joins):
        return
    inner = [join for join in joins if join.side == ""]
    for join in inner:
        yield from (test for test in conjuncts(join.args.get("on")) if not _joins_columns(test))
    read = {id(from_.this), *(id(join.this) for join in inner)}
    sources = binding.sources(select)
    for source in sources:
        is_read_twice = source.cte is not None and sum(each.cte is source.cte for each in sources) > 1
        query = source.query if id(source.node) in read and not is_read_twice else None
        if isinstance(query, exp.Select) and query.args.get("limit") is None:
            yield from filters(query, binding)


def _joins_columns(test: exp.Expr) -> bool:
    """Return whether both sides of an equation have columns, as in `a.id = b.a_id`, so that it fixes neither."""
    return isinstance(test, exp.EQ) and all(side.find(exp.Column) is not None for side in (test.this, test.expression))
