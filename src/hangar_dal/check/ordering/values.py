"""Find the columns that determine the value of an expression, and the column that the value determines."""

from typing import Final, NamedTuple

from sqlglot import exp

from hangar_dal.check.ordering.dependencies import Attribute, Attributes
from hangar_dal.check.ordering.names import OrderScope, number_of
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
_RANKS: Final = (exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist)


class Mention(NamedTuple):
    """The columns that determine a value. `is_proven` is False if the value may depend on anything else."""

    columns: Attributes
    is_proven: bool


class Core(NamedTuple):
    """The column that a value determines, as `-column` determines `column`."""

    column: Attribute
    is_proven: bool


def mentioned(value: exp.Expr, scope: OrderScope) -> Mention | None:
    """Return the columns that determine the value, none for a constant; None if it is volatile or not understood."""
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
            outer, is_plain = _correlated_columns(node, scope)
            found |= outer
            is_proven &= is_plain
    return Mention(frozenset(found), is_proven)


def core(value: exp.Expr, scope: OrderScope) -> Core | None:
    """Return the column that the value determines, because the expression is injective; None if there is none."""
    match value:
        case exp.Column() if not isinstance(value.this, exp.Star):
            return Core(scope.resolve(value), is_proven=True)
        case exp.Paren():
            return core(value.this, scope)
        case exp.Collate():
            found = core(value.this, scope)
            if found is not None and scope.context.kinds.get(found.column) in NUMBERS:
                return found
            if is_coarse(value, scope.context.dialect):
                return None
            return _weakened(found, is_proven=is_bytewise(value, scope.context.dialect))
        case exp.Neg():
            return _shifted_number(value.this, scope, exp.Literal.number(0))
        case exp.Add() | exp.Sub():
            one, other = value.this, value.expression
            if other.find(exp.Column, exp.Query) is None:
                return _shifted_number(one, scope, other)
            return _shifted_number(other, scope, one) if one.find(exp.Column, exp.Query) is None else None
        case exp.Cast():
            return _cast(value, scope)
        case exp.Coalesce():
            found = core(value.this, scope)
            return found if found is not None and found.column in scope.facts.never_null else None
    return None


def value_of(value: exp.Expr, scope: OrderScope) -> Attribute:
    """Return the attribute of an expression, and add its dependencies. Equal expressions have the same attribute."""
    while isinstance(value, exp.Alias | exp.Paren):
        value = value.this
    if isinstance(value, exp.Column) and not isinstance(value.this, exp.Star):
        return scope.resolve(value)
    if steadiness(value) is False or makes_rows(value):
        attribute = (scope.number, f"once {id(value)}")
        scope.add_dependency(frozenset({scope.row}), frozenset({attribute}))
        return attribute
    attribute = (scope.number, f"={_canonical(value, scope)}")
    if attribute in scope.expressions:
        return attribute
    scope.expressions.add(attribute)
    scope.add_dependency(frozenset({scope.row}), frozenset({attribute}))
    scope.add_dependency(frozenset({scope.input_row}), frozenset({attribute}), is_proven=makes_rows(value) is False)
    if isinstance(value, exp.Window):
        _add_window(value, attribute, scope)
    elif value.find(exp.Window) is None and is_aggregate(value) is False:
        _add_scalar(value, attribute, scope)
    elif isinstance(value, exp.Max | exp.Min) and isinstance(value.this, exp.Column):
        scope.extremes[attribute] = scope.resolve(value.this)
    if (found := core(value, scope)) is not None:
        scope.add_dependency(frozenset({attribute}), frozenset({found.column}), is_proven=found.is_proven)
    return attribute


def is_bytewise(value: exp.Expr, dialect: Dialect) -> bool:
    """Return whether a COLLATE names a collation in which only identical texts are equal."""
    return value.expression.name.lower() in _BYTEWISE[dialect]


def is_coarse(value: exp.Expr, dialect: Dialect) -> bool:
    """Return whether different texts are certainly equal in the collation of a COLLATE, as in NOCASE."""
    return dialect == "sqlite" and value.expression.name.lower() in _COARSE


def is_row(value: exp.Expr) -> bool:
    """Return whether the expression is a row value: `(a, b)` or `row(a, b)`."""
    return isinstance(value, exp.Tuple) or (isinstance(value, exp.Anonymous) and str(value.this).lower() == "row")


def _add_scalar(value: exp.Expr, attribute: Attribute, scope: OrderScope) -> None:
    """Add the dependencies of an expression without window function or aggregate."""
    if is_row(value):
        for part in value.expressions:
            scope.add_dependency(frozenset({attribute}), frozenset({value_of(part, scope)}))
    if (found := mentioned(value, scope)) is not None:
        scope.add_dependency(found.columns, frozenset({attribute}), is_proven=found.is_proven)
    literal = value
    while isinstance(literal, exp.Cast):
        literal = literal.this
    if isinstance(literal, exp.Literal):
        scope.context.literals[attribute] = (literal.is_string, frozenset({literal.name}))
        scope.facts.never_null.add(attribute)


def _add_window(value: exp.Window, attribute: Attribute, scope: OrderScope) -> None:
    """Add the dependencies of a window function.

    row_number() determines the row within its partition. rank() determines the sort keys within its partition.
    """
    call, over = call_of(value), value
    if isinstance(call, exp.RowNumber):
        scope.facts.never_null.add(attribute)
    if (alias := value.args.get("alias")) is not None:
        named = scope.windows.get(scope.context.name_of(alias))
        if not isinstance(named, exp.Window) or named.args.get("alias") is not None:
            scope.add_dependency(frozenset({attribute}), frozenset({scope.input_row}), is_proven=False)
            return
        over = named
    first = value.args.get("first")
    parts = {value_of(part, scope) for part in over.args.get("partition_by") or ()}
    left = frozenset(parts | {attribute})
    if isinstance(first, exp.Identifier):
        scope.add_dependency(left, frozenset({scope.input_row}), is_proven=False)
    elif isinstance(call, exp.RowNumber):
        scope.add_dependency(left, frozenset({scope.input_row}))
    elif isinstance(call, _RANKS):
        order = over.args.get("order") or (value.args.get("order") if over is not value else None)
        keys = order.expressions if order is not None else ()
        scope.add_dependency(left, frozenset(value_of(key.this, scope) for key in keys))


def _shifted_number(value: exp.Expr, scope: OrderScope, change: exp.Expr) -> Core | None:
    """Return the column of a number that is negated, or to which `change` is added.

    None for a text column on SQLite, which converts the text to a number: different texts may become the same number.
    """
    found = core(value, scope)
    kind = scope.context.kinds.get(found.column) if found is not None else None
    if scope.context.dialect == "sqlite" and kind == "text":
        return None
    shift = number_of(change)
    return _weakened(found, is_proven=kind in NUMBERS and (shift == 0 or (shift is not None and kind in _INTEGERS)))


def _cast(value: exp.Cast, scope: OrderScope) -> Core | None:
    """Return the column that a CAST determines; None if the CAST may lose information."""
    found, to = core(value.this, scope), value.args["to"]
    kind = scope.context.kinds.get(found.column) if found is not None else None
    if to.is_type(exp.DType.TEXT):
        return _weakened(found, is_proven=kind in _EXACT_AS_TEXT)
    if to.is_type(*_INTEGER_TYPES) and kind in _INTEGERS:
        return found
    return None if to.is_type(*_LOSSY_TYPES) else _weakened(found, is_proven=False)


def _weakened(found: Core | None, *, is_proven: bool) -> Core | None:
    """Return the core with the additional condition `is_proven`."""
    return found and Core(found.column, found.is_proven and is_proven)


def _canonical(value: exp.Expr, scope: OrderScope) -> str:
    """Return the SQL of an expression, in which each column has the name of its attribute."""
    copy = value.copy()
    for node, other in zip(list(own(value)), list(own(copy)), strict=True):
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star) and other.parent is not None:
            number, name = scope.resolve(node)
            other.replace(exp.to_identifier(f"{number}.{name}", quoted=True))
    return copy.sql(comments=False)


def _correlated_columns(query: exp.Expr, scope: OrderScope) -> tuple[Attributes, bool]:
    """Return the columns of this query that a correlated subquery names, and whether these are certainly all."""
    found: set[Attribute] = set()
    is_proven = True
    for column in query.find_all(exp.Column):
        if isinstance(column.this, exp.Star):
            continue
        meant = scope.context.binding.column(column)
        attribute = scope.attribute(meant) if meant is not None else None
        if attribute is not None:
            found.add(attribute)
        is_proven &= meant is not None
    return frozenset(found), is_proven
