"""Find the values that a statement builds into JSON, as by `json_agg(price)`, or into arrays, as by `array_agg(price)`.

Follows columns into subqueries, because sorted lists are built from subqueries.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.sql.bind import Binding, ColumnRef, bind
from hangar_dal.check.sql.padded_rows import droppings
from hangar_dal.check.sql.parse import of_type, place_in
from hangar_dal.check.sql.rejected_nulls import strict
from hangar_dal.check.sql.value_kinds import Kinds, values_together
from hangar_dal.check.statement_info import BuiltValue
from hangar_dal.sqlscan import Dialect

ITEM: Final = "[]"
_ANY_KEY: Final = "?"
_OBJECTS: Final = frozenset({"json_object", "json_build_object", "jsonb_build_object"})
_ARRAYS: Final = frozenset({"json_array", "json_build_array", "jsonb_build_array"})
_LISTS: Final = frozenset({"json_agg", "jsonb_agg", "json_group_array", "jsonb_group_array"})
_SQL_ARRAYS: Final = (exp.ArrayAgg, exp.Array)
_AROUND: Final = (exp.Alias, exp.Paren, exp.Order, exp.Distinct)
_KEEPING: Final = (exp.DType.JSON, exp.DType.JSONB, exp.DType.ARRAY)  # a CAST to them keeps what is NULL inside
_WITHOUT_KIND: Final = (exp.Literal, exp.Null, exp.Placeholder, exp.Boolean, exp.Cast, exp.Round)

Path = tuple[str, ...]


def built_json(text: str, dialect: Dialect, tables: Tables) -> tuple[BuiltValue, ...]:
    """Return the values in JSON and in arrays that the statement builds, those of the result columns first."""
    binding = bind(text, dialect, tables)
    if binding is None:
        return ()
    walk = _Walk(binding, Kinds(binding), text)
    found: list[BuiltValue] = []
    for place, output in enumerate(binding.outputs(binding.tree) or ()):
        if output.value is not None and output.is_whole:
            found += walk.values(output.value, _Spot(place))
    # JSON elsewhere, such as in SET: no field says what it should hold.
    for node in of_type(binding.nodes, exp.JSONObject, exp.JSONArrayAgg, exp.JSONObjectAgg, exp.Anonymous):
        if id(node) not in walk.seen:
            found += walk.values(node, _Spot(-1))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Spot:
    """The place of a value in what a result column builds.

    `is_inside` is True for a value in JSON or in an array, `in_array` for an item of an array outside of JSON, and
    `is_json` for an argument of json(). `guards` are the conditions without which the value is not built. `is_guarded`
    is True if there are any, or if the value is an argument of coalesce(). `is_replaced` is True for the latter.
    """

    place: int
    path: Path = ()
    is_inside: bool = False
    in_array: bool = False
    is_json: bool = False
    guards: tuple[exp.Expr, ...] = ()
    is_guarded: bool = False
    is_replaced: bool = False


@dataclass
class _Walk:
    binding: Binding
    kinds: Kinds
    text: str
    seen: set[int] = field(default_factory=set)

    def values(self, value: exp.Expr, spot: _Spot) -> Iterator[BuiltValue]:
        """Yield the values in the JSON or in the array that this expression builds."""
        while isinstance(value, _AROUND):
            value = value.expressions[0] if isinstance(value, exp.Distinct) else value.this
        parts = list(self._parts(value))
        if parts:
            self.seen.add(id(value))
            in_array = isinstance(value, _SQL_ARRAYS) and (spot.in_array or not spot.is_inside)
            within = replace(spot, is_inside=True, in_array=in_array, is_json=False, is_replaced=False)
            for step, part in parts:
                yield from self.values(part, replace(within, path=(*spot.path, *step)))
            return
        arms = [] if spot.is_json else _arms(value)
        inner = _inner(value, in_json=spot.is_inside and not spot.in_array)
        if arms:
            yield from self._missing(value, spot)
            is_replaced = spot.is_replaced or isinstance(value, exp.Coalesce)
            guards = (*spot.guards, *_tests(value))
            for arm in arms:
                yield from self.values(arm, replace(spot, guards=guards, is_guarded=True, is_replaced=is_replaced))
        elif inner is not None:
            guards = (*spot.guards, value.expression) if isinstance(value, exp.Filter) else spot.guards
            is_guarded = spot.is_guarded or isinstance(value, exp.Filter)
            yield from self.values(inner, replace(spot, is_json=False, guards=guards, is_guarded=is_guarded))
        elif isinstance(value, exp.Anonymous) and value.name.lower() == "json" and value.expressions:
            self.seen.add(id(value))
            yield from self.values(value.expressions[0], replace(spot, is_json=True))
        elif spot.is_inside:
            yield from self._value(value, spot)
        elif (built := self._selected(value)) is not None:
            guards = (*spot.guards, *self._conditions(value))
            yield from self.values(built, replace(spot, guards=guards))

    def _parts(self, value: exp.Expr) -> Iterator[tuple[Path, exp.Expr]]:
        """Yield the values of an object or a list with their keys; nothing for another expression."""
        name = value.name.lower() if isinstance(value, exp.Anonymous) else ""
        if isinstance(value, exp.JSONObject):
            for pair in of_type(value.expressions, exp.JSONKeyValue):
                yield (_key(pair.this),), pair.expression
        elif name in _OBJECTS:
            for key, part in zip(value.expressions[::2], value.expressions[1::2], strict=False):
                yield (_key(key),), part
        elif isinstance(value, exp.JSONArrayAgg | exp.ArrayAgg):
            yield (ITEM,), value.this
        elif isinstance(value, exp.Array):
            for part in value.expressions:
                yield from (((ITEM,), each) for each in (part.expressions if isinstance(part, exp.Select) else [part]))
        elif isinstance(value, exp.JSONObjectAgg):
            yield from (((_ANY_KEY,), part) for part in value.expressions[1:2])
        elif name in _ARRAYS or name in _LISTS:
            yield from (((ITEM,), part) for part in value.expressions)
        elif name in ("json_quote", "to_json", "to_jsonb"):
            yield from (((), part) for part in value.expressions[:1])

    def _value(self, value: exp.Expr, spot: _Spot) -> Iterator[BuiltValue]:
        found = self.binding.column(value)
        if (selected := self._selected(value)) is not None:
            inner = list(self.values(selected, replace(spot, is_inside=False, is_json=False)))
            if inner:
                if self.binding.dialect == "sqlite" and not spot.is_json:
                    yield BuiltValue(spot.place, spot.path, "json", text=_text(value), at=self._at(value))
                yield from inner
                return
        nullable = not spot.is_replaced and self._nullable(value, spot.guards)
        if isinstance(value, _WITHOUT_KIND) or (spot.is_json and found is None):
            if nullable and not spot.is_json:
                yield self._null(value, spot)
            return
        origin = found.column.origin if found is not None else None
        kind = self.kinds.of(value)
        name = "float" if kind.name == "numeric" and kind.stored == "real" else kind.name
        stored = self.binding.tables.columns[origin[0]][origin[1]] if origin is not None else None
        always = stored is not None and not stored.nullable and not nullable and not spot.is_guarded
        yield BuiltValue(
            spot.place, spot.path, name, origin, spot.is_json, nullable, always, _text(value) if found else "",
            self._at(value), spot.in_array,
        )  # fmt: skip

    def _missing(self, value: exp.Expr, spot: _Spot) -> Iterator[BuiltValue]:
        """Yield a NULL for CASE WHEN column IS NOT NULL THEN ... END whose column is NULL in some rows."""
        has_else = value.args.get("default") is not None
        if not spot.is_inside or spot.is_replaced or not isinstance(value, exp.Case) or has_else:
            return
        tested = [_not_null(test.unnest()) for test in _tests(value)]
        if len(tested) == 1 and tested[0] is not None and self._nullable(tested[0], spot.guards):
            yield self._null(tested[0], spot)

    def _null(self, value: exp.Expr, spot: _Spot) -> BuiltValue:
        """Return a value of which only is known that `value` makes it NULL in some rows."""
        at = self._at(value)
        return BuiltValue(spot.place, spot.path, "", nullable=True, text=_text(value), at=at, in_array=spot.in_array)

    def _selected(self, value: exp.Expr) -> exp.Expr | None:
        """Return the expression that a subquery selects as this column; None if it is a column, or is unknown."""
        last = next(reversed(list(self.binding.followed(value))), None)
        return last.value if last is not None and last.is_whole and not isinstance(last.value, exp.Column) else None

    def _nullable(self, value: exp.Expr, guards: Sequence[exp.Expr]) -> bool:
        """Return whether a value is NULL in some rows: its column may be NULL, and no condition names it."""
        found = self.binding.column(value)
        if found is None:
            columns = [] if isinstance(value, exp.Column) else strict(value)
            return any(self._nullable(column, guards) for column in columns)
        select = found.statement
        if not isinstance(select, exp.Select):
            return False
        conditions = [*guards, *self._conditions(value)]
        named = self._named(conditions)
        if found in named:
            return False
        if found.source in droppings(select, self.binding)[-1].padded:
            return all(each.source is not found.source for each in named)
        if found.source.table is None:
            inner = found.column.value if found.column.is_whole else None
            return inner is not None and self._nullable(inner, conditions)
        if found.column.origin is None:
            return False
        table, column = found.column.origin
        return self.binding.tables.columns[table][column].nullable and table in self.binding.tables.keys

    def _conditions(self, value: exp.Expr) -> Iterator[exp.Expr]:
        """Yield the conditions of the queries around a value, from the innermost to the one that has its source."""
        found = self.binding.column(value)
        select = value.parent_select
        while isinstance(select, exp.Select):
            yield from (each for key in ("where", "having") if (each := select.args.get(key)) is not None)
            joins = select.args.get("joins") or ()
            yield from (on for join in joins if not join.side and (on := join.args.get("on")) is not None)
            if found is not None and select is found.statement:
                return
            select = select.parent_select

    def _named(self, conditions: Sequence[exp.Expr]) -> set[ColumnRef]:
        """Return the columns that the conditions name, also those from which subqueries compute the named ones."""
        waiting = [column for condition in conditions for column in condition.find_all(exp.Column)]
        found: set[ColumnRef] = set()
        for column in waiting:  # the loop adds to the list it reads
            ref = self.binding.column(column)
            if ref is not None and ref not in found:
                found.add(ref)
                waiting += ref.column.value.find_all(exp.Column) if ref.column.value is not None else ()
        return found

    def _at(self, value: exp.Expr) -> int | None:
        return place_in(value, self.text, self.binding.dialect)


def _arms(value: exp.Expr) -> list[exp.Expr]:
    """Return the values of a CASE or a coalesce(); [] for another expression."""
    return values_together(value) if isinstance(value, exp.Case | exp.Coalesce) else []


def _tests(value: exp.Expr) -> list[exp.Expr]:
    """Return the conditions of a CASE, with the value that they are compared with; [] for another expression."""
    if not isinstance(value, exp.Case):
        return []
    return [*([value.this] if value.this is not None else []), *(each.this for each in value.args["ifs"])]


def _not_null(test: exp.Expr) -> exp.Expr | None:
    """Return the value of a test `value IS NOT NULL`; None for another test."""
    is_negated = bool(test.args.get("negate"))
    if isinstance(test, exp.Not):
        test, is_negated = test.this.unnest(), True
    if not isinstance(test, exp.Is) or not is_negated or not isinstance(test.expression, exp.Null):
        return None
    tested: exp.Expr = test.this
    return tested


def _inner(value: exp.Expr, *, in_json: bool) -> exp.Expr | None:
    """Return the expression whose JSON is the value: that of a FILTER, a CAST or a subquery; None if there is none.

    A CAST to an array in JSON gives its items another type, as `CAST(prices AS text[])` does.
    """
    type_ = value.to.this if isinstance(value, exp.Cast) else None
    if isinstance(value, exp.Filter) or (type_ in _KEEPING and not (in_json and type_ == exp.DType.ARRAY)):
        inner: exp.Expr = value.this
        return inner
    selected: list[exp.Expr] = value.this.expressions if isinstance(value, exp.Subquery) else []
    return selected[0] if len(selected) == 1 and isinstance(value.this, exp.Select) else None


def _key(key: exp.Expr) -> str:
    return key.name if isinstance(key, exp.Literal) and key.is_string else _ANY_KEY


def _text(value: exp.Expr) -> str:
    return value.sql(comments=False)
