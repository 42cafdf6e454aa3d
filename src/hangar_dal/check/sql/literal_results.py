"""Find string literals that a statement returns in its result columns: `SELECT 'loan' AS kind`."""

from collections.abc import Iterator, Sequence

from sqlglot import exp

from hangar_dal.check.sql.parse import leaves, parsed, place_in
from hangar_dal.check.statement_info import LiteralResult
from hangar_dal.sqlscan import Dialect


def literal_results(text: str, dialect: Dialect) -> tuple[tuple[LiteralResult, ...], ...]:
    """Return the string literals that each column may return, from all arms of a UNION; () if no column has any."""
    tree = parsed(text, dialect)
    arms = _arms(tree) if tree is not None else []
    columns = [[literal for part in of_one for literal in part] for of_one in zip(*arms, strict=False)]
    return tuple(tuple(_literals(column, text, dialect)) for column in columns) if any(columns) else ()


def _literals(literals: Sequence[exp.Expr], text: str, dialect: Dialect) -> Iterator[LiteralResult]:
    """Yield each text once, with its first offset."""
    for name, literal in {each.name: each for each in reversed(literals)}.items():
        yield LiteralResult(name, place_in(literal, text, dialect))


def _arms(query: exp.Expr) -> list[list[list[exp.Expr]]]:
    if isinstance(query, exp.Subquery):
        return _arms(query.this)
    if isinstance(query, exp.SetOperation):
        return [*_arms(query.this), *_arms(query.expression)]
    if not isinstance(query, exp.Select) or any(each.is_star for each in query.expressions):
        return []
    return [[_texts(each) for each in query.expressions]]


def _texts(value: exp.Expr) -> list[exp.Expr]:
    return [leaf for leaf, _ in leaves(value, is_exact=True) if isinstance(leaf, exp.Literal) and leaf.is_string]
