"""Determine which sources each part of a statement can name: items of FROM, and the target of a write.

Implements the rules of both dialects. Does not know the columns, which `bind` finds.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import exp

from hangar_dal.check.sql.names import NotUnderstood, name_of
from hangar_dal.sqlscan import Dialect

_GROUPS: Final = (exp.Paren, exp.Tuple, exp.Rollup, exp.Cube, exp.GroupingSets)
# Functions that PostgreSQL and the parser call by one name, which is also the name of a result column.
_SAME_NAME: Final = (
    exp.Avg, exp.Coalesce, exp.Count, exp.DenseRank, exp.Lower, exp.Max, exp.Min, exp.Rank, exp.RowNumber, exp.Sum,
    exp.Upper,
)  # fmt: skip
_WRITES: Final = (exp.Update, exp.Delete, exp.Insert, exp.Merge)


def is_statement(node: exp.Expr) -> bool:
    """Return whether the node has its own sources. False for the UPDATE and INSERT within a MERGE."""
    return isinstance(node, (exp.Select, *_WRITES)) and not isinstance(node.parent, exp.When)


def target_of(statement: exp.Expr) -> exp.Expr | None:
    """Return the table that a statement changes; None for a SELECT."""
    if not isinstance(statement, _WRITES):
        return None
    target: exp.Expr = statement.this
    return target.this if isinstance(target, exp.Schema) else target


def items_of(statement: exp.Expr) -> Iterator[exp.Expr]:
    """Yield each table, query and function that a statement reads, also those of joins in parentheses."""
    used = statement.args.get("using") or []
    for each in used if isinstance(used, list) else [used]:
        yield from _items(each)
    if (from_ := statement.args.get("from_")) is not None:
        yield from _items(from_.this)
    for join in statement.args.get("joins") or ():
        yield from _items(join.this)


def alias_of(node: exp.Expr, dialect: Dialect) -> str | None:
    """Return the name that the statement gives to an item, or the name of the table; None if it has neither."""
    alias = node.args.get("alias")
    if alias is not None and alias.this is not None:
        return name_of(alias.this, dialect)
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        return name_of(node.this, dialect)
    return None


def cte_of(node: exp.Expr, dialect: Dialect) -> exp.CTE | None:
    """Return the query of WITH that a name in FROM means; None if it means none.

    Without RECURSIVE, a query of WITH can name only earlier ones on PostgreSQL. On SQLite, it can name all.
    """
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier) or node.args.get("db"):
        return None
    name = name_of(node.this, dialect)
    below: exp.Expr = node
    while below.parent is not None:
        at = below.parent
        with_ = at if isinstance(at, exp.With) else at.args.get("with_")
        if with_ is not None and below is not with_:
            listed: list[exp.CTE] = with_.expressions
            if with_ is at and dialect == "postgresql" and not with_.args.get("recursive"):
                listed = listed[: [each is below for each in listed].index(True)]
            for cte in listed:
                if name_of(cte.args["alias"].this, dialect) == name:
                    return cte
        below = at
    return None


def visible(statement: exp.Expr, below: exp.Expr, sources: Sequence[exp.Expr], dialect: Dialect) -> list[int] | None:
    """Return the positions of the sources that `below`, a part of the statement, can name.

    `sources` are the nodes of the statement's sources in order: the target of a write, the same for `excluded`, and
    the items. Returns None if `below` can name nothing of this statement, not even a column of its result. Raises
    `NotUnderstood` for ON of a join in parentheses that have a name.
    """
    every = list(range(len(sources)))
    at = below
    while at.parent is not None and at is not statement:
        if isinstance(at.parent, exp.Join) and at.arg_key == "on":
            if _has_name(at.parent, statement):
                raise NotUnderstood
            return every if dialect == "sqlite" else _of_join(at.parent, sources)
        place = next((place for place in every if sources[place] is at), None)
        if place is not None and target_of(statement) is not at:
            if isinstance(at, exp.Subquery | exp.Values):
                return None  # cannot name other items of the same FROM
            return every if dialect == "sqlite" else every[:place]
        if at.parent is statement:
            return _of_clause(statement, at, below, every, dialect)
        at = at.parent
    return every


def output_name(value: exp.Expr, dialect: Dialect) -> str | None:
    """Return the name of a value in the target list; None if the database invents a name that is not known."""
    if isinstance(value, exp.Alias):
        return name_of(value.args["alias"], dialect)
    value = value.unnest()
    if isinstance(value, exp.Column):
        return name_of(value.this, dialect)
    if dialect == "sqlite":
        return None
    if isinstance(value, exp.Cast | exp.Window | exp.Filter | exp.Collate):
        return output_name(value.this, dialect)
    if isinstance(value, exp.Anonymous):
        return str(value.this).lower()
    return value.sql_name().lower() if isinstance(value, _SAME_NAME) else None


def is_sort_key(column: exp.Expr, clause: exp.Expr, dialect: Dialect) -> bool:
    """Return whether a name is a whole key of ORDER BY or DISTINCT ON, where it first means a column of the result."""
    at = column.parent
    while isinstance(at, exp.Paren) or (isinstance(at, exp.Collate) and dialect == "sqlite"):
        at = at.parent
    if clause.arg_key == "order":
        return isinstance(at, exp.Ordered) and at.parent is clause
    return clause.arg_key == "distinct" and isinstance(at, exp.Tuple) and at.parent is clause


def may_name_outputs(column: exp.Expr, clause: exp.Expr, dialect: Dialect) -> bool:
    """Return whether a name in this clause may mean a result column if no source has such a column."""
    if dialect == "sqlite":
        return clause.arg_key != "expressions"
    at = column.parent
    while isinstance(at, _GROUPS) and at is not clause:
        at = at.parent
    return clause.arg_key == "group" and at is clause


def _items(node: exp.Expr, *, joined: bool = True) -> Iterator[exp.Expr]:
    """Yield an item of FROM, and with `joined` also the items joined to it in the same parentheses."""
    is_query = isinstance(node, exp.Subquery) and isinstance(node.unnest(), exp.Query)
    if isinstance(node, exp.Subquery) and not node.args.get("alias") and not is_query:
        yield from _items(node.this)
    else:
        yield node
    for join in node.args.get("joins") or () if joined else ():
        yield from _items(join.this)


def groups_of(items: Sequence[exp.Expr], dialect: Dialect) -> list[int]:
    """Return the group number of each item of FROM. Commas separate groups on PostgreSQL. SQLite has a single group."""
    found: list[int] = []
    for item in items:
        is_first = dialect == "postgresql" and not (isinstance(item.parent, exp.Join) and _settings(item.parent))
        found.append((found[-1] if found else 0) + is_first)
    return found


def _has_name(join: exp.Join, statement: exp.Expr) -> bool:
    """Return whether a join is in parentheses that have a name: `FROM (a JOIN b ON ...) AS j`."""
    at = join.parent
    while at is not None and at is not statement:
        if isinstance(at, exp.Subquery) and at.args.get("alias"):
            return True
        at = at.parent
    return False


def _of_join(join: exp.Join, sources: Sequence[exp.Expr]) -> list[int]:
    """Return the positions of the sources that ON can name on PostgreSQL: its two sides, and nothing before a comma."""
    owner = join.parent
    if owner is None:
        return []
    is_top = is_statement(owner)
    seen = list(_items(owner.args["from_"].this) if is_top else _items(owner, joined=False))
    for each in owner.args["joins"]:
        seen = [] if is_top and not _settings(each) else seen
        seen += _items(each.this)
        if each is join:
            break
    known = {id(each) for each in seen}
    return [place for place, source in enumerate(sources) if id(source) in known]


def _settings(join: exp.Join) -> list[str]:
    """Return the arguments of a join other than its item; [] for a comma."""
    return [key for key, value in join.args.items() if value and key != "this"]


def _of_clause(
    statement: exp.Expr, clause: exp.Expr, below: exp.Expr, every: list[int], dialect: Dialect
) -> list[int] | None:
    """Return the positions of the sources that a clause can name; None for WITH. The clause must not be FROM."""
    name = clause.arg_key
    if name == "with_":
        return None
    match statement:
        case exp.Insert() if name == "conflict":
            sees_both = _part(below, clause) in {"expressions", "where"} and not _is_assigned(below, clause)
            return every if sees_both else every[:1]
        case exp.Insert():
            return every[:1] if name == "returning" else []
        case exp.Update() | exp.Delete() if name == "returning" and dialect == "sqlite":
            return every[:1]
        case exp.Update() if name == "expressions" and _is_assigned(below, statement):
            return every[:1]
        case exp.Merge() if name == "whens":
            return _of_when(below, every)
    return every


def _of_when(below: exp.Expr, every: list[int]) -> list[int]:
    """Return the positions of the sources that a WHEN of a MERGE can name."""
    when = below.find_ancestor(exp.When)
    if when is None:
        return []
    action = when.args["then"]
    if isinstance(action, exp.Update | exp.Insert) and _is_assigned(below, action):
        return every[:1]
    if when.args.get("matched"):
        return every
    return every[:1] if when.args.get("source") else every[1:]


def _part(below: exp.Expr, clause: exp.Expr) -> str | None:
    """Return the name of the clause's argument that contains `below`."""
    at = below
    while at.parent is not None and at.parent is not clause:
        at = at.parent
    return at.arg_key


def _is_assigned(below: exp.Expr, clause: exp.Expr) -> bool:
    """Return whether a name is a target of SET, or a target column of the INSERT of a MERGE."""
    at = below.parent if isinstance(below.parent, exp.Tuple) else below
    if isinstance(clause, exp.Insert):
        return clause.this is at
    return isinstance(at.parent, exp.EQ) and at.arg_key == "this" and at.parent.parent is clause
