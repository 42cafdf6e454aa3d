"""Recognize conditions that compare a column with a parameter or a literal."""

from collections.abc import Sequence

from sqlglot import exp

from hangar_dal.check.sql.parse import parameter_name


def is_equation(test: exp.Expr) -> bool:
    """Return whether the condition is `column = :parameter` or `column = literal`."""
    sides: Sequence[exp.Expr] = [test.this.unnest(), test.expression.unnest()] if isinstance(test, exp.EQ) else []
    return {type(side) for side in sides} in ({exp.Column, exp.Placeholder}, {exp.Column, exp.Literal})


def names_in(test: exp.Expr) -> set[str]:
    """Return the names of the parameters in a condition."""
    return {parameter_name(each) for each in test.find_all(exp.Placeholder)}
