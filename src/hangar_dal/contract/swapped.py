"""Parameters that are given to each other's columns: `(a, b) VALUES (:b, :a)`, `SET a = :b, b = :a`.

Builds on `meetings`. Only names are compared, and only a circle of names is reported: `updated_at = :now` is none.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlglot import exp

from hangar_dal.contract.facts import Tables
from hangar_dal.contract.meetings import assignments, sides
from hangar_dal.contract.remarks import Remark
from hangar_dal.contract.syntax import leaves, of_type, parameter_name
from hangar_dal.sqlscan import Dialect

RULE: Final = "values-swapped"
_ORDERED: Final = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.EQ)
_TIDYING: Final = (exp.Trim, exp.Lower, exp.Upper, exp.Nullif)  # what is written is the value itself in another form

Pairs = Mapping[str, tuple[exp.Expr, str]]  # by column: its place, and the name of the value that it is given


def swapped(nodes: Sequence[exp.Expr], dialect: Dialect, tables: Tables) -> Iterator[Remark]:
    for insert in of_type(nodes, exp.Insert):
        rows = [_pairs(row) for row in _rows(insert)]
        for row in rows:
            for circle in _circles(row):
                # Both directions of a pair, as in a table of friends, are two rows.
                if not any(_is_straight(other, circle) for other in rows):
                    yield _remark(row, circle)
    lists: dict[int, list[tuple[exp.Expr, exp.Expr]]] = {}
    written: set[int] = set()
    for pair, _ in assignments(nodes):
        written.add(id(pair))
        if isinstance(pair, exp.EQ):
            lists.setdefault(id(pair.parent), []).extend(sides(pair))
    compared = [
        list(sides(node))
        for node in of_type(nodes, *_ORDERED)
        if id(node) not in written and isinstance(node.this, exp.Tuple)
    ]
    for each in [*lists.values(), *compared]:
        found = _pairs(each)
        for circle in _circles(found):
            yield _remark(found, circle)


def _rows(insert: exp.Insert) -> Iterator[list[tuple[exp.Expr, exp.Expr]]]:
    if not isinstance(insert.this, exp.Schema):
        return
    columns, source = insert.this.expressions, insert.expression
    if isinstance(source, exp.Values):
        for row in source.expressions:
            if isinstance(row, exp.Tuple):
                yield list(zip(columns, row.expressions, strict=False))
    elif isinstance(source, exp.Select) and not any(value.is_star for value in source.expressions):
        yield list(zip(columns, source.expressions, strict=False))


def _pairs(row: list[tuple[exp.Expr, exp.Expr]]) -> Pairs:
    named = ((column, _given(value)) for column, value in row if isinstance(column, exp.Column | exp.Identifier))
    return {column.name.lower(): (column, name.lower()) for column, name in named if name}


def _given(value: exp.Expr) -> str:
    """The one parameter, or the one field of a row in a list, that is passed on; empty for anything else."""
    while isinstance(value, _TIDYING):
        value = value.this
    found = [leaf for leaf, _ in leaves(value, bare=True)]
    names = {parameter_name(leaf) for leaf in found if isinstance(leaf, exp.Placeholder)}
    if len(found) == 1:
        names |= {_field(found[0])} - {""}
    return names.pop() if len(names) == 1 else ""


def _field(value: exp.Expr) -> str:
    if isinstance(value, exp.JSONExtract | exp.JSONExtractScalar) and isinstance(value.expression, exp.JSONPath):
        keys = [part for part in value.expression.expressions if not isinstance(part, exp.JSONPathRoot)]
        return str(keys[0].this) if len(keys) == 1 and isinstance(keys[0], exp.JSONPathKey) else ""
    if isinstance(value, exp.Column) and value.table and isinstance(value.parent_select, exp.Select):
        from_ = value.parent_select.args.get("from_")
        source = from_.this if from_ is not None else None
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Func):
            return value.name if source.alias_or_name.lower() == value.table.lower() else ""
    return ""


def _circles(pairs: Pairs) -> Iterator[tuple[str, ...]]:
    """Columns of which each is given what is named after the next, and the last what is named after the first."""
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
    return Remark(RULE, pairs[circle[0]][0], message, "give each column the parameter of its own name")
