"""Find parameters that are swapped between columns: `(a, b) VALUES (:b, :a)`, `SET a = :b, b = :a`.

Compares names only, and reports only circles of names; `updated_at = :now` is no circle. Builds on `meetings`, and on
`passed_on`, which follows a value through subqueries and WITH queries.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlglot import exp

from hangar_dal.contract.meetings import assignments
from hangar_dal.contract.model import Tables
from hangar_dal.contract.passed_on import meant, outputs, passed
from hangar_dal.contract.remarks import Remark
from hangar_dal.contract.syntax import leaves, of_type, parameter_name
from hangar_dal.rules import Rule
from hangar_dal.sqlscan import Dialect

VALUES_SWAPPED: Final = Rule(
    "values-swapped",
    "error",
    "No two columns are given or compared with each other's parameters.",
    """\
This applies to parameters in an INSERT, in SET, in MERGE or in a comparison of rows. Write them in the order of the
columns. Both directions of a pair, `VALUES (:a, :b), (:b, :a)`, are fine. A parameter is followed through subqueries
and queries of WITH: `WITH new AS (SELECT :name AS a, :note AS b) INSERT INTO items (name, note) SELECT b, a FROM new`
is found as well, and so is `SET name = excluded.note, note = excluded.name`. Values of which a UNION gives several
are left alone.
""",
    bad="""\
--- users.py
@query
async def insert_user(db: Executor, id: UUID, email: str, nick: str) -> RowCount: ...
--- users.sql
-- name: insert_user
INSERT INTO users (id, email, nick) VALUES (:id, :nick, :email);
""",
    good="""\
--- users.sql
-- name: insert_user
INSERT INTO users (id, email, nick) VALUES (:id, :email, :nick);
""",
)
_ORDERED: Final = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.EQ)
_TIDYING: Final = (exp.Trim, exp.Lower, exp.Upper, exp.Nullif)  # functions that return their argument in another form

Pair = tuple[exp.Expr, exp.Expr]
Pairs = Mapping[str, tuple[exp.Expr, str]]  # for each column, its node and the name of its value


def swapped(nodes: Sequence[exp.Expr], dialect: Dialect, tables: Tables) -> Iterator[Remark]:
    written = {id(pair) for pair, _ in assignments(nodes)}
    lists = [_lists(insert.this.expressions, insert.expression, tables) for insert in of_type(nodes, exp.Insert)]
    for node in of_type(nodes, *_ORDERED, exp.In):
        if id(node) not in written and isinstance(node.this, exp.Tuple):
            others = [*node.expressions, node.args.get("query") or node.args.get("expression")]
            given = [_lists(node.this.expressions, other, tables) for other in others if other is not None]
            lists.append([row for rows in given for row in rows])
    for rows in lists:
        named = [_pairs(row, tables) for row in rows]
        for row in named:
            for circle in _circles(row):
                # Two rows with a pair in both directions, as in a table of friends, are intended.
                if not any(_is_straight(other, circle) for other in named):
                    yield _remark(row, circle)
    for found in _set(nodes, tables):
        for circle in _circles(found):
            yield _remark(found, circle)


def _set(nodes: Sequence[exp.Expr], tables: Tables) -> Iterator[Pairs]:
    """Yield the pairs of columns and values of each SET."""
    lists: dict[int, list[Pair]] = {}
    for pair, _ in assignments(nodes):
        if isinstance(pair, exp.EQ):
            left, right = pair.this, pair.expression
            rows = _lists(left.expressions, right, tables) if isinstance(left, exp.Tuple) else [[(left, right)]]
            lists.setdefault(id(pair.parent), []).extend(each for row in rows for each in row)
    yield from (_pairs(each, tables) for each in lists.values())


def _lists(columns: Sequence[exp.Expr], source: exp.Expr | None, tables: Tables) -> list[list[Pair]]:
    """Return the pairs of columns and values for each row that is written or compared."""
    match source:
        case exp.Values():
            return [pairs for row in source.expressions for pairs in _lists(columns, row, tables)]
        case exp.Tuple():
            return [list(zip(columns, source.expressions, strict=False))]
        case exp.Subquery() | exp.Paren():
            return _lists(columns, source.this, tables)
        case exp.SetOperation():
            return [*_lists(columns, source.this, tables), *_lists(columns, source.expression, tables)]
        case exp.Select():
            values = [each.value for each in outputs(source, tables) or ()]
            return [list(zip(columns, values, strict=False))]
    return []


def _pairs(row: Sequence[Pair], tables: Tables) -> Pairs:
    named = (
        (column, _given(value, tables)) for column, value in row if isinstance(column, exp.Column | exp.Identifier)
    )
    return {column.name.lower(): (column, name.lower()) for column, name in named if name}


def _given(value: exp.Expr, tables: Tables) -> str:
    """Return the name of the only parameter, or the only field of a JSON row, in this value; "" for anything else."""
    while isinstance(value, (*_TIDYING, exp.Subquery)):
        value = value.this
    if isinstance(value, exp.Select):
        return _given(value.expressions[0], tables) if len(value.expressions) == 1 else ""
    found = [leaf for leaf, _ in leaves(value, bare=True)]
    names = {parameter_name(leaf) for leaf in found if isinstance(leaf, exp.Placeholder)}
    names |= {_given(inner.value, tables) for leaf in found if (inner := passed(leaf, tables)) and inner.is_whole}
    if len(found) == 1:
        names.add(_field(found[0]))
    names.discard("")
    return names.pop() if len(names) == 1 else ""


def _field(value: exp.Expr) -> str:
    if isinstance(value, exp.JSONExtract | exp.JSONExtractScalar) and isinstance(value.expression, exp.JSONPath):
        keys = [part for part in value.expression.expressions if not isinstance(part, exp.JSONPathRoot)]
        return str(keys[0].this) if len(keys) == 1 and isinstance(keys[0], exp.JSONPathKey) else ""
    if isinstance(value, exp.Column) and value.table.lower() == "excluded":
        return value.name
    if isinstance(value, exp.Column) and value.table:
        return value.name if any(isinstance(item.this, exp.Func) for item in meant(value)) else ""
    return ""


def _circles(pairs: Pairs) -> Iterator[tuple[str, ...]]:
    """Yield the circles: each column gets the value named after the next column, the last one that of the first."""
    seen: set[str] = set()
    for start in pairs:
        path: list[str] = []
        at = start
        while at in pairs and at not in seen:
            seen.add(at)
            path.append(at)
            at = pairs[at][1]
        if at in path and len(path) - path.index(at) > 1:
            yield tuple(path[path.index(at) :])


def _is_straight(pairs: Pairs, circle: tuple[str, ...]) -> bool:
    return all(pairs[column][1] == column for column in circle if column in pairs)


def _remark(pairs: Pairs, circle: tuple[str, ...]) -> Remark:
    given = [f"{column} is given {pairs[column][1]}" for column in circle]
    message = f"{', '.join(given[:-1])} and {given[-1]}"
    return Remark(VALUES_SWAPPED, pairs[circle[0]][0], message, "give each column the parameter of its own name")
