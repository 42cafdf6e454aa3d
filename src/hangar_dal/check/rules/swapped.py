"""Find parameters that are swapped between columns: `(a, b) VALUES (:b, :a)`, `SET a = :b, b = :a`.

Compares names only, and reports only circles of names; `updated_at = :now` is no circle.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlglot import exp

from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.column_uses import assignments
from hangar_dal.check.sql.parse import leaves, of_type, parameter_name
from hangar_dal.rules import Rule

VALUES_SWAPPED: Final = Rule(
    "values-swapped",
    "error",
    "No two columns are given or compared with each other's parameters.",
    """\
This applies to parameters in an INSERT, in SET, in MERGE or in a comparison of rows. Write them in the order of the
columns. Both directions of a pair, `VALUES (:a, :b), (:b, :a)`, are fine. A parameter is followed through subqueries
and queries of WITH: `WITH new AS (SELECT :name AS a, :note AS b) INSERT INTO items (name, note) SELECT b, a FROM new`
is found as well, and so is `SET name = excluded.note, note = excluded.name`. Columns of a UNION
are not checked, because each of its queries may use another parameter.
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


def swapped(binding: Binding) -> Iterator[Remark]:
    written = {id(pair) for pair, _ in assignments(binding.nodes)}
    lists = [
        _lists(insert.this.expressions, insert.expression, binding)
        for insert in of_type(binding.nodes, exp.Insert)
        if insert.this is not None  # MERGE may insert values without a list of columns
    ]
    for node in of_type(binding.nodes, *_ORDERED, exp.In):
        if id(node) not in written and isinstance(node.this, exp.Tuple):
            others = [*node.expressions, node.args.get("query") or node.args.get("expression")]
            given = [_lists(node.this.expressions, other, binding) for other in others if other is not None]
            lists.append([row for rows in given for row in rows])
    for rows in lists:
        named = [_pairs(row, binding) for row in rows]
        for row in named:
            for circle in _circles(row):
                # Two rows with a pair in both directions, as in a table of friends, are intended.
                if not any(_is_straight(other, circle) for other in named):
                    yield _remark(row, circle)
    for found in _set(binding):
        for circle in _circles(found):
            yield _remark(found, circle)


def _set(binding: Binding) -> Iterator[Pairs]:
    """Yield the pairs of columns and values of each SET."""
    lists: dict[int, list[Pair]] = {}
    for pair, _ in assignments(binding.nodes):
        if isinstance(pair, exp.EQ):
            left, right = pair.this, pair.expression
            rows = _lists(left.expressions, right, binding) if isinstance(left, exp.Tuple) else [[(left, right)]]
            lists.setdefault(id(pair.parent), []).extend(each for row in rows for each in row)
    yield from (_pairs(each, binding) for each in lists.values())


def _lists(columns: Sequence[exp.Expr], source: exp.Expr | None, binding: Binding) -> list[list[Pair]]:
    """Return the pairs of columns and values for each row that is written or compared."""
    match source:
        case exp.Values():
            return [pairs for row in source.expressions for pairs in _lists(columns, row, binding)]
        case exp.Tuple():
            return [list(zip(columns, source.expressions, strict=False))]
        case exp.Subquery() | exp.Paren():
            return _lists(columns, source.this, binding)
        case exp.SetOperation():
            return [*_lists(columns, source.this, binding), *_lists(columns, source.expression, binding)]
        case exp.Select():
            values = [each.value for each in binding.outputs(source) or () if each.value is not None]
            return [list(zip(columns, values, strict=False))]
    return []


def _pairs(row: Sequence[Pair], binding: Binding) -> Pairs:
    named = (
        (column, _given(value, binding)) for column, value in row if isinstance(column, exp.Column | exp.Identifier)
    )
    return {column.name.lower(): (column, name.lower()) for column, name in named if name}


def _given(value: exp.Expr, binding: Binding) -> str:
    """Return the name of the only parameter, or the only field of a JSON row, in this value; "" for anything else."""
    while isinstance(value, (*_TIDYING, exp.Subquery)):
        value = value.this
    if isinstance(value, exp.Select):
        return _given(value.expressions[0], binding) if len(value.expressions) == 1 else ""
    found = [leaf for leaf, _ in leaves(value, is_exact=True)]
    names = {parameter_name(leaf) for leaf in found if isinstance(leaf, exp.Placeholder)}
    inner = [ref.column for leaf in found if (ref := binding.column(leaf)) is not None and ref.column.is_whole]
    names |= {_given(column.value, binding) for column in inner if column.value is not None}
    if len(found) == 1:
        names.add(_field(found[0], binding))
    names.discard("")
    return names.pop() if len(names) == 1 else ""


def _field(value: exp.Expr, binding: Binding) -> str:
    if isinstance(value, exp.JSONExtract | exp.JSONExtractScalar) and isinstance(value.expression, exp.JSONPath):
        keys = [part for part in value.expression.expressions if not isinstance(part, exp.JSONPathRoot)]
        return str(keys[0].this) if len(keys) == 1 and isinstance(keys[0], exp.JSONPathKey) else ""
    found = binding.column(value) if isinstance(value, exp.Column) and value.table else None
    if found is None or not (found.source.alias == "excluded" or isinstance(found.source.node.this, exp.Func)):
        return ""
    return value.name


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
