"""Determine the columns of joins with USING or NATURAL, which merge columns of the same name."""

from sqlglot import exp

from hangar_dal.check.sql.names import NotUnderstood, name_of
from hangar_dal.check.sql.references import Output
from hangar_dal.check.sql.visible import is_statement
from hangar_dal.sqlscan import Dialect


def merges(node: exp.Expr, name: str, dialect: Dialect) -> bool:
    """Return whether the join of an item merges its column of this name with that of an item before it."""
    join = node.parent
    if not isinstance(join, exp.Join):
        return False
    return join.method == "NATURAL" or name in [name_of(each, dialect) for each in join.args.get("using") or ()]


def side_of(node: exp.Expr) -> str:
    """Return the side of the join (LEFT, RIGHT, FULL) whose right item this is; "" for an inner join or no join."""
    return node.parent.side if isinstance(node.parent, exp.Join) else ""


def joined(left: list[Output], right: list[Output], node: exp.Expr, dialect: Dialect) -> list[Output]:
    """Return the columns of `SELECT *` over a join. Merged columns appear once; PostgreSQL lists them first.

    Raises `NotUnderstood` if the order or the origin of the columns is not certain.
    """
    theirs = [each.name for each in right]
    names = [each.name for each in left if each.name in theirs and each.name and merges(node, each.name, dialect)]
    if not names:
        return [*left, *right]
    join = node.parent
    using = join.args.get("using") if join is not None else None
    given = [name_of(each, dialect) for each in using] if using else names
    if join is None or join.parent is None or not is_statement(join.parent):
        raise NotUnderstood  # a join within parentheses
    if len(set(names)) != len(names) or len(set(theirs)) != len(theirs) or not set(given) <= set(names):
        raise NotUnderstood
    merged: dict[str | None, Output] = {}
    for name in given:
        first, second = (next(each for each in side if each.name == name) for side in (left, right))
        merged[name] = second if side_of(node) == "RIGHT" else first
        if side_of(node) == "FULL":
            merged[name] = Output(name)  # coalesce() of both sides
    rest = [each for each in right if each.name not in merged]
    if dialect == "postgresql":
        return [*merged.values(), *(each for each in left if each.name not in merged), *rest]
    return [*(merged.get(each.name, each) for each in left), *rest]
