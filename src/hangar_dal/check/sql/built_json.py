"""Find the values that a statement builds into JSON: `json_object('size', size)`, `json_agg(price)`.

Follows columns into subqueries, because sorted lists are built from subqueries.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.sql.bind import Binding, bind
from hangar_dal.check.sql.padded_rows import droppings
from hangar_dal.check.sql.parse import of_type, place_in
from hangar_dal.check.sql.value_kinds import Kinds, values_together
from hangar_dal.check.statement_info import BuiltValue
from hangar_dal.sqlscan import Dialect

ITEM: Final = "[]"
_ANY_KEY: Final = "?"
_OBJECTS: Final = frozenset({"json_object", "json_build_object", "jsonb_build_object"})
_ARRAYS: Final = frozenset({"json_array", "json_build_array", "jsonb_build_array"})
_LISTS: Final = frozenset({"json_agg", "jsonb_agg", "json_group_array", "jsonb_group_array"})
_AROUND: Final = (exp.Alias, exp.Paren, exp.Order, exp.Distinct)
_JSON_TYPES: Final = (exp.DType.JSON, exp.DType.JSONB)
_WITHOUT_KIND: Final = (exp.Literal, exp.Null, exp.Placeholder, exp.Boolean, exp.Cast, exp.Round)

Path = tuple[str, ...]


def built_json(text: str, dialect: Dialect, tables: Tables) -> tuple[BuiltValue, ...]:
    """Return the values in JSON that the statement builds, those of the result columns first."""
    binding = bind(text, dialect, tables)
    if binding is None:
        return ()
    walk = _Walk(binding, Kinds(binding), text)
    found: list[BuiltValue] = []
    for place, output in enumerate(binding.outputs(binding.tree) or ()):
        if output.value is not None and output.is_whole:
            found += walk.values(output.value, place, (), is_inside=False)
    # JSON elsewhere, such as in SET: no field says what it should hold.
    for node in of_type(binding.nodes, exp.JSONObject, exp.JSONArrayAgg, exp.JSONObjectAgg, exp.Anonymous):
        if id(node) not in walk.seen:
            found += walk.values(node, -1, (), is_inside=False)
    return tuple(dict.fromkeys(found))


@dataclass
class _Walk:
    binding: Binding
    kinds: Kinds
    text: str
    seen: set[int] = field(default_factory=set)

    def values(
        self, value: exp.Expr, place: int, path: Path, *, is_inside: bool, is_json: bool = False, is_safe: bool = False
    ) -> Iterator[BuiltValue]:
        """Yield the values in the JSON that this expression builds.

        `is_inside` is True for a value in JSON, `is_json` for an argument of json(), and `is_safe` for one that a
        condition guards.
        """
        while isinstance(value, _AROUND):
            value = value.expressions[0] if isinstance(value, exp.Distinct) else value.this
        parts = list(self._parts(value))
        if parts:
            self.seen.add(id(value))
            for step, part in parts:
                yield from self.values(part, place, (*path, *step), is_inside=True, is_safe=is_safe)
            return
        arms = [] if is_json else _arms(value)
        inner = _inner(value)
        if arms or inner is not None:
            is_safe |= bool(arms) or isinstance(value, exp.Filter)
            for arm in arms or ([inner] if inner is not None else []):
                yield from self.values(arm, place, path, is_inside=is_inside, is_safe=is_safe)
        elif isinstance(value, exp.Anonymous) and value.name.lower() == "json" and value.expressions:
            self.seen.add(id(value))
            given = value.expressions[0]
            yield from self.values(given, place, path, is_inside=is_inside, is_json=True, is_safe=is_safe)
        elif is_inside:
            yield from self._value(value, place, path, is_json=is_json, is_safe=is_safe)

    def _parts(self, value: exp.Expr) -> Iterator[tuple[Path, exp.Expr]]:
        """Yield the values of an object or a list with their keys; nothing for another expression."""
        name = value.name.lower() if isinstance(value, exp.Anonymous) else ""
        if isinstance(value, exp.JSONObject):
            for pair in of_type(value.expressions, exp.JSONKeyValue):
                yield (_key(pair.this),), pair.expression
        elif name in _OBJECTS:
            for key, part in zip(value.expressions[::2], value.expressions[1::2], strict=False):
                yield (_key(key),), part
        elif isinstance(value, exp.JSONArrayAgg):
            yield (ITEM,), value.this
        elif isinstance(value, exp.JSONObjectAgg):
            yield from (((_ANY_KEY,), part) for part in value.expressions[1:2])
        elif name in _ARRAYS or name in _LISTS:
            yield from (((ITEM,), part) for part in value.expressions)
        elif name in ("json_quote", "to_json", "to_jsonb"):
            yield from (((), part) for part in value.expressions[:1])

    def _value(self, value: exp.Expr, place: int, path: Path, *, is_json: bool, is_safe: bool) -> Iterator[BuiltValue]:
        found = self.binding.column(value)
        last = next(reversed(list(self.binding.followed(value))), None)
        if last is not None and last.value is not None and not isinstance(last.value, exp.Column):
            inner = list(self.values(last.value, place, path, is_inside=False, is_safe=is_safe))
            if inner and last.is_whole:
                if self.binding.dialect == "sqlite" and not is_json:
                    yield BuiltValue(place, path, "json", text=_text(value), at=self._at(value))
                yield from inner
                return
        if isinstance(value, _WITHOUT_KIND) or (is_json and found is None):
            return
        origin = found.column.origin if found is not None else None
        kind = self.kinds.of(value)
        name = "float" if kind.name == "numeric" and kind.stored == "real" else kind.name
        stored = self.binding.tables.columns[origin[0]][origin[1]] if origin is not None else None
        nullable = self._nullable(value) and not is_safe
        always = stored is not None and not stored.nullable and not nullable and not is_safe
        yield BuiltValue(
            place, path, name, origin, is_json, nullable, always, _text(value) if found is not None else "",
            self._at(value),
        )  # fmt: skip

    def _nullable(self, value: exp.Expr) -> bool:
        """Return whether a column is NULL in some rows: it may be NULL, and no condition of its query names it."""
        found = self.binding.column(value)
        select = found.statement if found is not None else None
        if found is None or not isinstance(select, exp.Select) or found.source.table is None:
            inner = found.column.value if found is not None and found.column.is_whole else None
            is_named = select is not None and self._is_named(value, select)
            return isinstance(inner, exp.Column) and not is_named and self._nullable(inner)
        if select.args.get("group") is not None or found.column.origin is None or self._is_named(value, select):
            return False
        every = droppings(select, self.binding)
        if found.source in every[-1].padded:
            where = select.args.get("where")
            named = where.find_all(exp.Column) if where is not None else ()
            return all(ref.source is not found.source for each in named if (ref := self.binding.column(each)))
        table, column = found.column.origin
        return self.binding.tables.columns[table][column].nullable and table in self.binding.tables.keys

    def _is_named(self, value: exp.Expr, select: exp.Expr) -> bool:
        """Return whether a condition of the query names the column."""
        ref = self.binding.column(value)
        conditions = [each for key in ("where", "having") if (each := select.args.get(key)) is not None]
        conditions += [on for join in select.args.get("joins") or () if not join.side and (on := join.args.get("on"))]
        named = [each for condition in conditions for each in condition.find_all(exp.Column)]
        return any(other is not None and other == ref for other in map(self.binding.column, named))

    def _at(self, value: exp.Expr) -> int | None:
        return place_in(value, self.text, self.binding.dialect)


def _arms(value: exp.Expr) -> list[exp.Expr]:
    """Return the values of a CASE or a coalesce(); [] for another expression."""
    return values_together(value) if isinstance(value, exp.Case | exp.Coalesce) else []


def _inner(value: exp.Expr) -> exp.Expr | None:
    """Return the expression whose JSON is the value: that of a FILTER, a CAST or a subquery; None if there is none."""
    if isinstance(value, exp.Filter) or (isinstance(value, exp.Cast) and value.to.this in _JSON_TYPES):
        inner: exp.Expr = value.this
        return inner
    selected: list[exp.Expr] = value.this.expressions if isinstance(value, exp.Subquery) else []
    return selected[0] if len(selected) == 1 and isinstance(value.this, exp.Select) else None


def _key(key: exp.Expr) -> str:
    return key.name if isinstance(key, exp.Literal) and key.is_string else _ANY_KEY


def _text(value: exp.Expr) -> str:
    return value.sql(comments=False)
