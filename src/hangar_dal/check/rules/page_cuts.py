"""Find pages by key with LIMIT in a subquery and the comparison outside, so that LIMIT takes the first rows too early.

All pages except the first are then empty. Reports only a LIMIT with a parameter: a filter on the first 100 rows may be
intended.
"""

from collections.abc import Iterator, Sequence

from sqlglot import exp

from hangar_dal.check.rules.keysets import KEYSET_ORDER, keysets_of
from hangar_dal.check.rules.page_bounds import Bound, compared, name_of, sorted_by
from hangar_dal.check.rules.page_columns import begins_a_page, parameter_of
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.parse import conjuncts, of_type


def page_cuts(binding: Binding) -> Iterator[Remark]:
    for select in of_type(binding.nodes, exp.Select):
        from_ = select.args.get("from_")
        sources = binding.sources(select) if from_ is not None and select.args.get("limit") is None else ()
        query = sources[0].query if sources else None
        if not isinstance(query, exp.Select) or not _is_cut(query):
            continue
        keys = [sorted_by(each, binding) for each in query.args["order"].expressions]
        for columns in _begun(list(conjuncts(select.args.get("where"))), binding):
            if [(name_of(each.column, binding), each.is_down) for each in columns] == keys[: len(columns)]:
                message = (
                    "the LIMIT of the subquery takes the first rows before they are compared, so that later pages "
                )
                message += "are empty"
                yield Remark(
                    KEYSET_ORDER, columns[0].column, message, "move the comparison into the query that has the LIMIT"
                )


def _is_cut(query: exp.Select) -> bool:
    limit, order = query.args.get("limit"), query.args.get("order")
    count = limit.args.get("expression") or limit.args.get("count") if limit is not None else None
    return isinstance(count, exp.Placeholder) and order is not None and query.args.get("offset") is None


def _begun(held: Sequence[exp.Expr], binding: Binding) -> Iterator[Sequence[Bound]]:
    """Yield the comparisons at which a page begins.

    They compare several columns, or one column with a parameter whose name refers to the previous page.
    """
    yield from (found.columns for found in keysets_of(held, binding))
    for test in held:
        found = compared(test.unnest(), binding)
        column = found.column if found is not None else None
        if found and isinstance(column, exp.Column) and begins_a_page(parameter_of(found.value), column.name.lower()):
            yield [found]
