"""What the value of an expression follows from, and what follows from it."""

from typing import Final, NamedTuple

from sqlglot import exp

from hangar_dal.check.ordering.dependencies import Attribute, Attributes
from hangar_dal.check.ordering.names import Scope, number_of
from hangar_dal.check.sql.functions import call_of, is_aggregate, makes_rows, own, steadiness
from hangar_dal.sqlscan import Dialect

_INTEGERS: Final = frozenset({"int", "integer"})
NUMBERS: Final = _INTEGERS | {"float", "real"}
_EXACT_AS_TEXT: Final = _INTEGERS | {"text", "uuid"}
_INTEGER_TYPES: Final = (exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT)
_LOSSY_TYPES: Final = (
    *_INTEGER_TYPES, exp.DType.DATE, exp.DType.BOOLEAN, exp.DType.FLOAT, exp.DType.DOUBLE, exp.DType.DECIMAL,
)  # fmt: skip
_BYTEWISE: Final = {"sqlite": frozenset({"binary"}), "postgresql": frozenset({"c", "posix", "ucs_basic"})}
_COARSE: Final = frozenset({"nocase", "rtrim"})
_PEERS: Final = (exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist)


class Mention(NamedTuple):
    """What a value follows from."""

    columns: Attributes
    is_proven: bool


class Core(NamedTuple):
    """What follows from a value, as the column does from `-column`."""

    column: Attribute
    is_proven: bool


def mentioned(value: exp.Expr, scope: Scope) -> Mention | None:
    """The columns that decide it, none for a constant; None where it is another one each time."""
    steady = steadiness(value)
    if steady is False or value.find(exp.Any, exp.All) is not None:
        return None
    found: set[Attribute] = set()
    is_proven = steady is True
    for node in own(value):
        if isinstance(node, exp.Column):
            if isinstance(node.this, exp.Star):
                return None
            found.add(scope.resolve(node))
        elif isinstance(node, exp.Query):
            outer, is_plain = _outer(node, scope)
            found |= outer
            is_proven &= is_plain
    return Mention(frozenset(found), is_proven)


def core(value: exp.Expr, scope: Scope) -> Core | None:
    """The column of which no two values give the same one here, if it is of such a form."""
    match value:
        case exp.Column() if not isinstance(value.this, exp.Star):
            return Core(scope.resolve(value), is_proven=True)
        case exp.Paren():
            return core(value.this, scope)
        case exp.Collate():
            found = core(value.this, scope)
            if found is not None and scope.statement.kinds.get(found.column) in NUMBERS:
                return found
            if is_coarse(value, scope.statement.dialect):
                return None
            return _weakened(found, is_proven=is_bytewise(value, scope.statement.dialect))
        case exp.Neg():
            return _number(value.this, scope, exp.Literal.number(0))
        case exp.Add() | exp.Sub():
            one, other = value.this, value.expression
            if other.find(exp.Column, exp.Query) is None:
                return _number(one, scope, other)
            return _number(other, scope, one) if one.find(exp.Column, exp.Query) is None else None
        case exp.Cast():
            return _cast(value, scope)
        case exp.Coalesce():
            found = core(value.this, scope)
            return found if found is not None and found.column in scope.facts.never_null else None
    return None


def value_of(value: exp.Expr, scope: Scope) -> Attribute:
    """The expression as an attribute of the query's rows; written twice it is the same one."""
    while isinstance(value, exp.Alias | exp.Paren):
        value = value.this
    if isinstance(value, exp.Column) and not isinstance(value.this, exp.Star):
        return scope.resolve(value)
    if steadiness(value) is False or makes_rows(value):
        attribute = (scope.number, f"once {id(value)}")
        scope.give(frozenset({scope.row}), frozenset({attribute}))
        return attribute
    attribute = (scope.number, f"={_canonical(value, scope)}")
    if attribute in scope.expressions:
        return attribute
    scope.expressions.add(attribute)
    scope.give(frozenset({scope.row}), frozenset({attribute}))
    scope.give(frozenset({scope.whole}), frozenset({attribute}), is_proven=makes_rows(value) is False)
    if isinstance(value, exp.Window):
        _window(value, attribute, scope)
    elif value.find(exp.Window) is None and is_aggregate(value) is False:
        _plain(value, attribute, scope)
    elif isinstance(value, exp.Max | exp.Min) and isinstance(value.this, exp.Column):
        scope.extremes[attribute] = scope.resolve(value.this)
    if (found := core(value, scope)) is not None:
        scope.give(frozenset({attribute}), frozenset({found.column}), is_proven=found.is_proven)
    return attribute


def is_bytewise(value: exp.Expr, dialect: Dialect) -> bool:
    """Whether a collation makes no two texts equal that differ."""
    return value.expression.name.lower() in _BYTEWISE[dialect]


def is_coarse(value: exp.Expr, dialect: Dialect) -> bool:
    """Whether it surely makes some equal."""
    return dialect == "sqlite" and value.expression.name.lower() in _COARSE


def is_row(value: exp.Expr) -> bool:
    return isinstance(value, exp.Tuple) or (isinstance(value, exp.Anonymous) and str(value.this).lower() == "row")


def _plain(value: exp.Expr, attribute: Attribute, scope: Scope) -> None:
    if is_row(value):
        for part in value.expressions:
            scope.give(frozenset({attribute}), frozenset({value_of(part, scope)}))
    if (found := mentioned(value, scope)) is not None:
        scope.give(found.columns, frozenset({attribute}), is_proven=found.is_proven)
    literal = value
    while isinstance(literal, exp.Cast):
        literal = literal.this
    if isinstance(literal, exp.Literal):
        scope.statement.literals[attribute] = (literal.is_string, frozenset({literal.name}))
        scope.facts.never_null.add(attribute)


def _window(value: exp.Window, attribute: Attribute, scope: Scope) -> None:
    """A number counts the rows of its part; those of one rank are equal in what they are ranked by."""
    call, over = call_of(value), value
    if isinstance(call, exp.RowNumber):
        scope.facts.never_null.add(attribute)
    if (alias := value.args.get("alias")) is not None:
        named = scope.windows.get(scope.statement.name_of(alias))
        if not isinstance(named, exp.Window) or named.args.get("alias") is not None:
            scope.give(frozenset({attribute}), frozenset({scope.whole}), is_proven=False)
            return
        over = named
    first = value.args.get("first")
    parts = {value_of(part, scope) for part in over.args.get("partition_by") or ()}
    left = frozenset(parts | {attribute})
    if isinstance(first, exp.Identifier):
        scope.give(left, frozenset({scope.whole}), is_proven=False)
    elif isinstance(call, exp.RowNumber):
        scope.give(left, frozenset({scope.whole}))
    elif isinstance(call, _PEERS):
        order = over.args.get("order") or (value.args.get("order") if over is not value else None)
        keys = order.expressions if order is not None else ()
        scope.give(left, frozenset(value_of(key.this, scope) for key in keys))


def _number(value: exp.Expr, scope: Scope, change: exp.Expr) -> Core | None:
    """Of a number that is turned around or shifted. Of a text SQLite makes a number first, which may be any's."""
    found = core(value, scope)
    kind = scope.statement.kinds.get(found.column) if found is not None else None
    if scope.statement.dialect == "sqlite" and kind == "text":
        return None
    shift = number_of(change)
    return _weakened(found, is_proven=kind in NUMBERS and (shift == 0 or (shift is not None and kind in _INTEGERS)))


def _cast(value: exp.Cast, scope: Scope) -> Core | None:
    found, to = core(value.this, scope), value.args["to"]
    kind = scope.statement.kinds.get(found.column) if found is not None else None
    if to.is_type(exp.DType.TEXT):
        return _weakened(found, is_proven=kind in _EXACT_AS_TEXT)
    if to.is_type(*_INTEGER_TYPES) and kind in _INTEGERS:
        return found
    return None if to.is_type(*_LOSSY_TYPES) else _weakened(found, is_proven=False)


def _weakened(found: Core | None, *, is_proven: bool) -> Core | None:
    return found and Core(found.column, found.is_proven and is_proven)


def _canonical(value: exp.Expr, scope: Scope) -> str:
    """The text of an expression, in which each column is named by its attribute."""
    copy = value.copy()
    for node, other in zip(list(own(value)), list(own(copy)), strict=True):
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star) and other.parent is not None:
            number, name = scope.resolve(node)
            other.replace(exp.to_identifier(f"{number}.{name}", quoted=True))
    return copy.sql(comments=False)


def _outer(query: exp.Expr, scope: Scope) -> tuple[Attributes, bool]:
    """The columns of this query that one within it names, and whether that is sure."""
    found: set[Attribute] = set()
    is_proven = True
    for column in query.find_all(exp.Column):
        if isinstance(column.this, exp.Star):
            continue
        meant = scope.statement.binding.column(column)
        attribute = scope.attribute(meant) if meant is not None else None
        if attribute is not None:
            found.add(attribute)
        is_proven &= meant is not None
    return frozenset(found), is_proven
