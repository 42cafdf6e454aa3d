"""Determine the kind of an expression's values on each database from the statement and the tables.

Supports only statements for PostgreSQL, because the tables of SQLite lack the types.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlglot import exp

from hangar_dal.check.model import TableColumn, Tables
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.parse import parameter_name
from hangar_dal.database.stored import scale_of

_DEEPEST: Final = 30  # a limit is needed, because a recursive query refers to itself


class ValueKind(NamedTuple):
    """The kind of a value. `name` is the kind on PostgreSQL: a kind of `model`, "numeric", "enum", or "" if unknown.

    `stored` is the type with which SQLite stores a number: "integer", "real", or "either" if it depends on the row.
    `whole` is True if the number has no fraction, whatever its type. `places` are the digits after the point of a
    Decimal that SQLite stores as an integer of its smallest unit; `ANY` for a parameter, whose annotation has them.
    """

    name: str = ""
    stored: str = ""
    whole: bool = False
    places: int | None = None


ANY: Final = -1
UNKNOWN: Final = ValueKind()
_INT: Final = ValueKind("int", "integer", whole=True)
_FLOAT: Final = ValueKind("float", "real")
_NUMERIC: Final = ValueKind("numeric", "real")
_OF_COLUMNS: Final = {
    **dict.fromkeys(("int", "integer", "smallint"), _INT),
    **dict.fromkeys(("float", "real"), _FLOAT),
    "numeric": ValueKind("numeric"),
}
_PLAIN: Final = frozenset(
    {"text", "bool", "uuid", "instant", "date", "json", "bytes", "interval", "time without time zone"}
)
_NUMBERS: Final = frozenset({"int", "numeric", "float"})
_D: Final = exp.DType
_CAST: Final[Mapping[Any, ValueKind]] = {
    **dict.fromkeys((_D.INT, _D.BIGINT, _D.SMALLINT), _INT),
    **dict.fromkeys((_D.DOUBLE, _D.FLOAT), _FLOAT),
    **dict.fromkeys((_D.TEXT, _D.VARCHAR, _D.CHAR), ValueKind("text")),
    _D.DECIMAL: ValueKind("numeric", "either"),
    _D.BOOLEAN: ValueKind("bool"),
    _D.UUID: ValueKind("uuid"),
    _D.TIMESTAMPTZ: ValueKind("instant"),
    _D.DATE: ValueKind("date"),
    _D.TIME: ValueKind("time without time zone"),
    _D.INTERVAL: ValueKind("interval"),
    _D.JSON: ValueKind("json"),
    _D.JSONB: ValueKind("json"),
    _D.VARBINARY: ValueKind("bytes"),
}
_TEXT: Final = ValueKind("text")
_SAME: Final = (exp.Paren, exp.Alias, exp.Max, exp.Min, exp.Neg, exp.Abs, exp.Window, exp.Filter, exp.Collate)
_FIRST_OF: Final = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue, exp.Nullif, exp.Substring)
_ARITHMETIC: Final = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
_ALWAYS: Final = (
    ((exp.Count, exp.Length, exp.RowNumber, exp.Rank, exp.DenseRank, exp.Ntile), _INT),
    ((exp.JSONExtractScalar, exp.GroupConcat, exp.Concat, exp.ConcatWs), _TEXT),
    ((exp.Lower, exp.Upper, exp.Trim, exp.Replace), _TEXT),
    ((exp.JSONExtract,), ValueKind("json")),
    ((exp.Predicate, exp.Connector, exp.Not, exp.Boolean), ValueKind("bool")),
)
_JOINED: Final = frozenset({"json", "list", "bytes"})


@dataclass(frozen=True)
class Kinds:
    """The kinds of the expressions of one statement. `parameters` are the kinds that PostgreSQL reports.

    Ask about inner expressions first: results are cached, so that long expressions take linear time.
    """

    binding: Binding
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    _known: dict[int, ValueKind] = field(default_factory=dict)

    @property
    def tables(self) -> Tables:
        return self.binding.tables

    def of(self, value: exp.Expr | None, depth: int = 0) -> ValueKind:
        """Return the kind of the value; `UNKNOWN` if it cannot be determined."""
        if value is None or depth > _DEEPEST:
            return UNKNOWN
        if id(value) not in self._known:
            self._known[id(value)] = self._of(value, depth)
        return self._known[id(value)]

    def _of(self, value: exp.Expr, depth: int) -> ValueKind:
        match value:
            case exp.Literal():
                return _of_literal(value)
            case exp.Placeholder():
                kind = self.parameters.get(parameter_name(value)) or ""
                return _of_name(kind) if kind != "numeric" else _decimal(ANY)
            case exp.Column():
                column = self.column(value)
                found = self.binding.column(value) if column is None else None
                return _of_column(column) if column else self.of(found.column.value if found else None, depth + 1)
            case exp.Cast():
                return self._of_cast(value, depth)
            case exp.Subquery() if isinstance(value.this, exp.Select) and len(value.this.expressions) == 1:
                return self.of(value.this.expressions[0], depth + 1)
            case exp.Case() | exp.Coalesce():
                return self._together(values_together(value), depth)
        return self._of_call(value, depth)

    def _of_call(self, value: exp.Expr, depth: int) -> ValueKind:
        if isinstance(value, (*_SAME, *_FIRST_OF)):
            return self.of(value.this, depth + 1)
        if isinstance(value, exp.DPipe):
            joined = self.of(value.this, depth + 1)
            return joined if joined.name in _JOINED else _TEXT
        always = next((kind for kinds, kind in _ALWAYS if isinstance(value, kinds)), None)
        if always is not None:
            return always
        inner = self.of(value.this, depth + 1) if isinstance(value.this, exp.Expr) else UNKNOWN
        if isinstance(value, _ARITHMETIC):
            return _calculated(value, inner, self.of(value.expression, depth + 1))
        if isinstance(value, exp.Sum) and inner.name == "interval":
            return inner
        return self._of_number(value, inner) if inner.name in _NUMBERS else UNKNOWN

    def _of_number(self, value: exp.Expr, inner: ValueKind) -> ValueKind:
        """Return the kind of the result of a function, such as sum() or round(), of a number of the kind `inner`."""
        made = "float" if inner.name == "int" else inner.name
        match value:
            case exp.Sum():
                return _summed(inner, is_narrow=self._is_narrow(value.this))
            case exp.Avg():
                return _FLOAT if inner.name == "float" else _NUMERIC
            case exp.Floor() | exp.Ceil() | exp.Trunc():
                return ValueKind(made, inner.stored, whole=value.args.get("decimals") is None)
            case exp.Sign():
                return ValueKind(made, "integer", whole=True)
            case exp.Round():
                return ValueKind(made, "real", whole=value.args.get("decimals") is None or inner.whole)
            case exp.Pow() | exp.Sqrt() | exp.Ln() | exp.Exp():
                return ValueKind(made, "real")
        return UNKNOWN

    def _of_cast(self, cast: exp.Cast, depth: int) -> ValueKind:
        found = _CAST.get(cast.to.this, UNKNOWN)
        places = cast_places(cast)
        if places is not None and self.of(cast.this, depth + 1).places in (ANY, places):
            return _decimal(places)
        if found.name == "numeric" and self.of(cast.this, depth + 1).whole:
            return ValueKind("numeric", "integer", whole=True)
        return found

    def _together(self, values: Sequence[exp.Expr], depth: int) -> ValueKind:
        """Return the kind of a CASE or a coalesce() with these values.

        PostgreSQL converts all values to one type. SQLite does not convert them.
        """
        kinds = [self.of(value, depth + 1) for value in values if not isinstance(value, exp.Null)]
        if any(kind.places is not None for kind in kinds):
            return _same_scale([self.of(value, depth + 1) for value in values if not is_nothing(value)])
        names = {kind.name for kind in kinds}
        if names and names <= _NUMBERS:
            name = next(each for each in ("float", "numeric", "int") if each in names)
            stored = {kind.stored for kind in kinds}
            return ValueKind(name, stored.pop() if len(stored) == 1 else "either", all(kind.whole for kind in kinds))
        texts = names - {"text"}  # a quoted literal takes the type of the others
        return ValueKind((texts or names).pop()) if len(texts or names) == 1 and kinds else UNKNOWN

    def column(self, value: exp.Expr) -> TableColumn | None:
        """Return the column of a table that this name means; None if it means none."""
        place = self.binding.origin(value)
        return self.tables.columns.get(place[0], {}).get(place[1]) if place else None

    def of_column(self, column: TableColumn) -> ValueKind:
        """Return the kind of the values of a column."""
        return _of_column(column)

    def _is_narrow(self, value: exp.Expr) -> bool:
        """Return whether the value may have a column of less than 64 bits, or has no column."""
        columns = [self.column(each) for each in value.find_all(exp.Column)]
        return any(column is None or column.detail == "narrow" for column in columns) or not columns


def values_together(value: exp.Case | exp.Coalesce) -> list[exp.Expr]:
    """Return the values of a CASE or a coalesce(), one of which is its result."""
    if isinstance(value, exp.Coalesce):
        return [value.this, *value.expressions]
    branches = [*(each.args["true"] for each in value.args["ifs"]), value.args.get("default")]
    return [each for each in branches if each is not None]


def is_nothing(value: exp.Expr) -> bool:
    """Return whether the value is NULL or 0, which are the same in every unit."""
    value = value.unnest()
    return isinstance(value, exp.Null) or (isinstance(value, exp.Literal) and value.is_int and int(value.name) == 0)


def cast_places(cast: exp.Cast) -> int | None:
    """Return the digits after the point of a CAST to `numeric(18, 2)`; None for any other CAST."""
    digits = [each.name for each in cast.to.expressions] if cast.to.this is _D.DECIMAL else []
    return scale_of(f"numeric({digits[0]},{digits[1]})") if len(digits) == 2 else None


def _decimal(places: int) -> ValueKind:
    return ValueKind("numeric", "integer", places=places)


def _same_scale(kinds: Sequence[ValueKind]) -> ValueKind:
    """Return the kind of a value that has one of these kinds, or that adds them; `UNKNOWN` if it has no one scale."""
    known = {kind.places for kind in kinds} - {ANY}
    if len(known) > 1 or None in known:
        return UNKNOWN
    return _decimal(next((places for places in known if places is not None), ANY))


def _of_literal(literal: exp.Literal) -> ValueKind:
    if literal.is_string:
        return _TEXT
    return _INT if literal.is_int else _NUMERIC


def _of_column(column: TableColumn) -> ValueKind:
    places = scale_of(column.narrow)
    if places is not None and column.kind == "numeric":
        return _decimal(places)
    return ValueKind("enum") if column.detail == "enum" else _of_name(column.kind)


def _of_name(kind: str) -> ValueKind:
    if kind.startswith("list:"):
        return ValueKind("list")
    return _OF_COLUMNS.get(kind) or (ValueKind(kind) if kind in _PLAIN else UNKNOWN)


def _summed(inner: ValueKind, *, is_narrow: bool) -> ValueKind:
    """Return the kind of a sum. On PostgreSQL, sums of bigint are numeric, and sums of smaller integers are bigint."""
    if inner.name != "int":
        return inner
    return UNKNOWN if is_narrow else ValueKind("numeric", "integer", whole=True)


def _calculated(value: exp.Expr, one: ValueKind, other: ValueKind) -> ValueKind:
    """Return the kind of the result of an arithmetic operator."""
    if isinstance(value, exp.Add | exp.Sub) and one.name == other.name == "interval":
        return one
    if one.places is not None or other.places is not None:
        sides = [kind for kind, each in ((one, value.this), (other, value.expression)) if not is_nothing(each)]
        return _same_scale(sides) if isinstance(value, exp.Add | exp.Sub) else UNKNOWN
    if one.name not in _NUMBERS or other.name not in _NUMBERS:
        return UNKNOWN
    name = next(each for each in ("float", "numeric", "int") if each in (one.name, other.name))
    stored = {one.stored, other.stored}
    kept = "real" if "real" in stored else "either" if "either" in stored else "integer"
    if isinstance(value, exp.Mod):
        kept = "real" if is_function(value) else "integer"
    is_division = isinstance(value, exp.Div)
    return ValueKind(name, kept, whole=one.whole and other.whole and (not is_division or name == "int"))


def is_function(value: exp.Expr) -> bool:
    """Return whether the value is written as a call: `mod(a, b)`, not `a % b`. The parser stores the place of calls."""
    return "start" in value.meta
