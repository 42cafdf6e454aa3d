"""Determine whether the conditions of a query imply the condition of a partial index."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlglot import exp

from hangar_dal.check.ordering.dependencies import Attribute
from hangar_dal.check.ordering.scopes import ConditionalKey, OrderScope
from hangar_dal.check.sql.restrictions import Restriction, required, restriction
from hangar_dal.sqlscan import Dialect

_UNKNOWN: Final[Attribute] = (0, "?")
_AttributeOf = Callable[[exp.Column], Attribute]


@dataclass(slots=True)
class _Condition:
    """A condition with the columns that it names. `form` is the SQL of the expression that it restricts, if any."""

    columns: set[Attribute]
    restriction: Restriction | None
    form: str
    has_parameter: bool


@dataclass(slots=True)
class HeldConditions:
    """The conditions that hold for the rows of a query, and the values to which they restrict each expression."""

    scope: OrderScope
    all: list[_Condition]
    listed: dict[str, set[str | None]] = field(default_factory=dict)
    excluded: dict[str, set[str | None]] = field(default_factory=dict)

    def unmet(self, key: ConditionalKey) -> tuple[exp.Expr, ...]:
        """Return the conditions of the index that are not proven to hold."""
        number, name_of = key.row[0], self.scope.context.name_of

        def attribute_of(column: exp.Column) -> Attribute:
            return number, f".{name_of(column.this)}"

        tests = ((test, _condition(test, attribute_of, self.scope.context.dialect)) for test in key.where)
        return tuple(test for test, wanted in tests if not self._implies(wanted) and not self._may_imply(wanted))

    def _implies(self, wanted: _Condition) -> bool:
        if wanted.restriction is None:
            return False
        values, listed = wanted.restriction.texts(), self.listed.get(wanted.form)
        excluded = self.excluded.get(wanted.form, set())
        if isinstance(wanted.restriction.value, exp.Column):
            (column,) = wanted.columns
            stored = self.scope.context.stored.get(column)
            if listed is None and stored is not None and stored.allowed:
                listed = {*stored.allowed, *([None] if stored.nullable else [])}
            if self.scope.is_never_null(column):
                excluded = excluded | {None}
        if wanted.restriction.is_negated:
            return values <= excluded or (listed is not None and not (listed - excluded) & values)
        return listed is not None and listed - excluded <= values

    def _may_imply(self, wanted: _Condition) -> bool:
        """Return whether a condition without parameters may imply the wanted one, in a way that is not understood."""
        return any(
            wanted.columns <= held.columns
            and not held.has_parameter
            and not (held.restriction and wanted.restriction and held.form == wanted.form)
            for held in self.all
        )


def held_conditions(conditions: Iterable[exp.Expr | None], scope: OrderScope) -> HeldConditions:
    """Return the conditions of WHERE and ON of a query."""

    def attribute_of(column: exp.Column) -> Attribute:
        found = scope.context.binding.column(column)
        return (scope.attribute(found) if found is not None else None) or _UNKNOWN

    tests = (test for condition in conditions for test in required(condition))
    found = HeldConditions(scope, [_condition(test, attribute_of, scope.context.dialect) for test in tests])
    for held in found.all:
        if held.restriction is not None and held.restriction.is_negated:
            found.excluded.setdefault(held.form, set()).update(held.restriction.texts())
        elif held.restriction is not None:
            values = held.restriction.texts()
            found.listed[held.form] = found.listed.get(held.form, values) & values
    return found


def _condition(test: exp.Expr, attribute_of: _AttributeOf, dialect: Dialect) -> _Condition:
    found = restriction(test, dialect)
    columns = {attribute_of(column) for column in test.find_all(exp.Column)}
    form = _sql(found.value, attribute_of) if found is not None else ""
    return _Condition(columns, found, form, test.find(exp.Placeholder) is not None)


def _sql(value: exp.Expr, attribute_of: _AttributeOf) -> str:
    """Return the SQL of an expression in which each column has the name of its attribute."""
    names = [str(attribute_of(column)) for column in value.find_all(exp.Column)]
    copy = exp.Paren(this=value.copy())
    for column, name in zip(list(copy.find_all(exp.Column)), names, strict=True):
        column.replace(exp.to_identifier(name, quoted=True))
    return copy.sql(comments=False)
