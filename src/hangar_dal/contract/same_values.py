"""Find out whether two expressions of a statement have the same value. Builds on `bind`."""

from sqlglot import exp

from hangar_dal.contract.bind import Binding
from hangar_dal.contract.orders_functions import steadiness


def sort_key(ordered: exp.Expr, query: exp.Expr | None) -> exp.Expr:
    """Return the expression of a sort key. A number or a name in ORDER BY may mean a column of the result."""
    key: exp.Expr = ordered.this if isinstance(ordered, exp.Ordered) else ordered
    if not isinstance(query, exp.Select):
        return key
    if isinstance(key, exp.Literal) and key.is_int and 0 < int(key.name) <= len(query.expressions):
        place: exp.Expr = query.expressions[int(key.name) - 1]
        return place.unalias()
    if isinstance(key, exp.Column) and not key.table:
        named = [each for each in query.expressions if isinstance(each, exp.Alias) and each.alias == key.name]
        return named[0].this if named else key
    return key


def same_value(one: exp.Expr, other: exp.Expr, binding: Binding) -> bool:
    """Return whether two expressions certainly have the same value in each row; False for constants."""
    one, other = one.unnest(), other.unnest()
    if isinstance(one, exp.Column) or isinstance(other, exp.Column):
        found = binding.column(one)
        return found is not None and found == binding.column(other)
    if type(one) is not type(other) or steadiness(one) is not True or one.find(exp.Query) is not None:
        return False
    columns, others = list(one.find_all(exp.Column)), list(other.find_all(exp.Column))
    if not columns or len(columns) != len(others):
        return False
    both = zip(columns, others, strict=True)
    return all(same_value(left, right, binding) for left, right in both) and _form(one) == _form(other)


def _form(value: exp.Expr) -> str:
    copy = value.copy()
    for column in list(copy.find_all(exp.Column)):
        column.replace(exp.to_identifier("column"))
    return copy.sql(comments=False)
