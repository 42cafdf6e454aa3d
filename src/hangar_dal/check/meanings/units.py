"""Find uses of values that SQLite stores in another unit or form: a Decimal, an interval and a time of day.

SQLite stores a Decimal as an integer of its smallest unit, and an interval as microseconds. Both can be compared,
added, subtracted and summed with values of the same unit.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from sqlglot import exp

from hangar_dal.check.sql.column_uses import sides, writes_in
from hangar_dal.check.sql.parse import arms_of, parameter_name
from hangar_dal.check.sql.value_kinds import ANY, Kinds, ValueKind, cast_places, is_nothing, values_together

Side = tuple[ValueKind, exp.Expr | None]  # the kind of a value, and the value, or None for a column that is written

_INTERVAL: Final = "interval"
_CLOCK: Final = "time without time zone"
_DAYS: Final = frozenset({"instant", "date"})
_COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_PRODUCTS: Final = (exp.Mul, exp.Div, exp.Mod, exp.IntDiv)
# Functions whose result has the unit of their argument, or does not depend on it.
_KEEP_UNITS: Final = (
    *(exp.Sum, exp.Min, exp.Max, exp.Count, exp.Coalesce, exp.Case, exp.If, exp.Nullif, exp.Abs, exp.Cast, exp.Exists),
    *(exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue, exp.RowNumber, exp.Rank, exp.DenseRank),
    *(exp.JSONObject, exp.JSONObjectAgg, exp.JSONArray, exp.JSONArrayAgg, exp.ArrayAgg, exp.Ntile, exp.PercentRank),
    *(exp.CumeDist, exp.And, exp.Or, exp.Concat, exp.ConcatWs, exp.Format, exp.Any, exp.JSONExtract),
)
_OF_JSON: Final = "json"


def in_units(node: exp.Expr, kinds: Kinds) -> Iterator[str]:
    """Yield the names of the differences in a comparison, a calculation or a function of such values."""
    for one, other in _pairs_of(node, kinds):
        yield from _unequal(one, other)
    if isinstance(node, exp.Add | exp.Sub):
        names = {kinds.of(node.this).name, kinds.of(node.expression).name}
        if _CLOCK in names and not _DAYS & names:
            yield "time_arithmetic"
    elif isinstance(node, exp.Cast):
        kind, places = kinds.of(node.this), cast_places(node)
        if kind.places is not None and kind.places not in (ANY, places) and not _is_text(node):
            yield "unit_arithmetic"
    elif isinstance(node, _PRODUCTS):
        if any(_has_unit(kinds.of(side)) for side in (node.this, node.expression)):
            yield "unit_arithmetic"
    elif isinstance(node, exp.Func) and not isinstance(node, _KEEP_UNITS) and not _builds_json(node):
        of = [kinds.of(each) for each in node.iter_expressions()]
        if any(_has_unit(kind) for kind in of):
            yield "unit_arithmetic"
    if isinstance(node, exp.Sum | exp.Avg) and kinds.of(node.this).name == _CLOCK:
        yield "time_arithmetic"


def in_writes(kinds: Kinds) -> Iterator[tuple[str, exp.Expr]]:
    """Yield the differences in values that are written to columns, each with the value."""
    for one, other in _written(kinds):
        for meaning in _unequal(one, other):
            yield meaning, other[1] or kinds.binding.nodes[0]


def scales(kinds: Kinds) -> dict[str, tuple[int, ...]]:
    """Return the digits after the point that the statement gives to each parameter that is a Decimal."""
    found: dict[str, set[int]] = {}
    pairs = [pair for node in kinds.binding.nodes for pair in _pairs_of(node, kinds)]
    for one, other in [*pairs, *_written(kinds)]:
        for (known, _), (kind, value) in ((one, other), (other, one)):
            if known.places in (None, ANY) or kind.places != ANY or value is None:
                continue
            for each in value.find_all(exp.Placeholder):
                if kinds.of(each).places == ANY:
                    found.setdefault(parameter_name(each), set()).add(known.places or 0)
    return {name: tuple(sorted(places)) for name, places in sorted(found.items())}


def result_scales(kinds: Kinds) -> tuple[int | None, ...]:
    """Return the digits after the point of each result column; None if it is no Decimal, or if they are unknown."""
    root = kinds.binding.nodes[0]
    returning = root.args.get("returning")
    selected = returning.expressions if returning is not None else root.selects if isinstance(root, exp.Query) else []
    places = [kinds.of(each.unalias()).places for each in selected]
    return tuple(None if each == ANY else each for each in places)


def _pairs_of(node: exp.Expr, kinds: Kinds) -> Iterator[tuple[Side, Side]]:
    """Yield the values that the node compares, adds, or has beside each other."""
    pairs: Sequence[tuple[exp.Expr, exp.Expr]] = []
    if isinstance(node, _COMPARISONS) and not isinstance(node.parent, exp.Update | exp.OnConflict):
        pairs = list(sides(node))
    elif isinstance(node, exp.Add | exp.Sub | exp.Nullif):
        pairs = [(node.this, node.expression)]
    elif isinstance(node, exp.In):
        query = node.args.get("query")
        pairs = [(node.this, each) for each in (*node.expressions, *([query] if query is not None else []))]
    elif isinstance(node, exp.Between):
        pairs = [(node.this, node.args["low"]), (node.this, node.args["high"])]
    elif isinstance(node, exp.Coalesce):
        pairs = list(pairwise(each for each in values_together(node) if not is_nothing(each)))
    elif isinstance(node, exp.Case):
        pairs = list(pairwise(each for each in values_together(node) if not is_nothing(each)))
        if node.this is not None:
            pairs += [(node.this, each.this) for each in node.args["ifs"]]
    elif isinstance(node, exp.SetOperation):
        arms = [list(arm.expressions) for arm in arms_of(node) if isinstance(arm, exp.Select)]
        pairs = [pair for one, other in pairwise(arms) for pair in zip(one, other, strict=False)]
    for one, other in pairs:
        values = one.unalias(), other.unalias()
        if not any(map(is_nothing, values)):
            yield (kinds.of(values[0]), values[0]), (kinds.of(values[1]), values[1])


def _written(kinds: Kinds) -> Iterator[tuple[Side, Side]]:
    """Yield each column that is written, beside the value."""
    for column, value in writes_in(kinds.binding):
        if not is_nothing(value):
            yield (kinds.of_column(column), None), (kinds.of(value), value)


def _unequal(one: Side, other: Side) -> Iterator[str]:
    """Yield the difference if two values that are used together do not have the same unit."""
    kinds, values = (one[0], other[0]), (one[1], other[1])
    names, places = {kind.name for kind in kinds}, [kind.places for kind in kinds]
    if "" in names or (places == [None, None] and not names & {_INTERVAL, _CLOCK}):
        return
    if places != [None, None]:
        if None in places:
            yield "unit_number"
        elif ANY not in places and places[0] != places[1]:
            yield "unit_scale"
    elif len(names) > 1 and not any(isinstance(value, exp.Literal) for value in values):
        yield "clock_and_interval"


def _has_unit(kind: ValueKind) -> bool:
    return kind.places is not None or kind.name == _INTERVAL


def _is_text(cast: exp.Cast) -> bool:
    return cast.to.this in (exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.CHAR)  # `as_text` reports it


def _builds_json(node: exp.Func) -> bool:
    return isinstance(node, exp.Anonymous) and _OF_JSON in node.name.lower()
