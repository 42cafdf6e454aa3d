"""Texts that a statement itself gives for its result columns: `SELECT 'loan' AS kind`. Stands above `syntax`."""

from sqlglot import exp

from hangar_dal.contract.syntax import leaves, parsed
from hangar_dal.sqlscan import Dialect


def given_texts(text: str, dialect: Dialect) -> tuple[tuple[str, ...], ...]:
    """Of each column, in every arm of a UNION; nothing where there are none."""
    tree = parsed(text, dialect)
    arms = _arms(tree) if tree is not None else []
    columns = [tuple(dict.fromkeys(name for part in of_one for name in part)) for of_one in zip(*arms, strict=False)]
    return tuple(columns) if any(columns) else ()


def _arms(query: exp.Expr) -> list[list[list[str]]]:
    if isinstance(query, exp.Subquery):
        return _arms(query.this)
    if isinstance(query, exp.SetOperation):
        return [*_arms(query.this), *_arms(query.expression)]
    if not isinstance(query, exp.Select) or any(each.is_star for each in query.expressions):
        return []
    return [[_texts(each) for each in query.expressions]]


def _texts(value: exp.Expr) -> list[str]:
    return [leaf.name for leaf, _ in leaves(value, bare=True) if isinstance(leaf, exp.Literal) and leaf.is_string]
