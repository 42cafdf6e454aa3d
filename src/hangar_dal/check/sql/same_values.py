"""Determine whether two expressions of a statement always have the same value."""

from sqlglot import exp

from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.functions import steadiness


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
    """Return the SQL of an expression in which all columns have the same name."""
    copy = value.copy()
    for column in list(copy.find_all(exp.Column)):
        column.replace(exp.to_identifier("column"))
    return copy.sql(comments=False)
