"""Determine which columns of a table are not NULL after an INSERT or UPDATE wrote them, for RETURNING.

A trigger that runs before the write may replace any value, so nothing is known about the columns of such a table.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from sqlglot import exp

from hangar_dal.check.nullability.proofs import prove
from hangar_dal.check.nullability.scope import KnownColumns, MayBeNull, NullScope, SourceFacts, ValueFacts, worst_of
from hangar_dal.check.nullability.sources import Outputs, add
from hangar_dal.check.sql.column_uses import sides
from hangar_dal.check.sql.names import NotUnderstood, name_of


class Asked(NamedTuple):
    """The functions that return the columns of a query, and whether a value may be NULL."""

    outputs: Outputs
    ask: Callable[[exp.Expr, NullScope], MayBeNull]


_CHANGED_BY_CONFLICT: Final = 2  # the target, and `excluded`


def after(statement: exp.Expr, target: SourceFacts, scope: NullScope, asked: Asked) -> KnownColumns:
    """Return the facts about the columns of the changed table after the statement.

    Returns the facts of the table where the statement is not understood.
    """
    tables, name = scope.binding.tables, target.source.table
    if name not in tables.keys or name in tables.triggered or target.columns is None:
        return target.columns
    try:
        if isinstance(statement, exp.Update):
            return _updated(statement, target, scope, asked)
        if isinstance(statement, exp.Insert):
            return _inserted(statement, target, scope, asked)
    except NotUnderstood:
        pass
    return target.columns


def before(update: exp.Update, target: SourceFacts, scope: NullScope, asked: Asked) -> NullScope:
    """Return the scope in which the values of an UPDATE are calculated: the rows that WHERE selects."""
    old = scope.inside()
    old.sources.append(replace(target, proven=set()))
    if from_ := update.args.get("from_"):
        add(from_.this, update, old, asked.outputs)
    if where := update.args.get("where"):
        prove(where.this, old)
    return old


def inserted_values(insert: exp.Insert, scope: NullScope, asked: Asked) -> Mapping[str | None, MayBeNull]:
    """Return whether the values for each listed column may be NULL. Raises `NotUnderstood`."""
    if not isinstance(insert.this, exp.Schema):
        raise NotUnderstood
    names = [name_of(column, scope.dialect) for column in insert.this.expressions]
    source = insert.expression
    answers: list[MayBeNull]
    if isinstance(source, exp.Values):
        rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in source.expressions]
        if any(len(row) != len(names) for row in rows):
            raise NotUnderstood
        answers = [worst_of(asked.ask(value, scope) for value in column) for column in zip(*rows, strict=True)]
    elif isinstance(source, exp.Query):
        answers = [output.may_be_null for output in asked.outputs(source, scope.inside())]
    else:
        raise NotUnderstood
    if len(answers) != len(names):
        raise NotUnderstood
    return dict(zip(names, answers, strict=True))


def assigned_values(assignments: list[exp.Expr], scope: NullScope, asked: Asked) -> Mapping[str | None, MayBeNull]:
    """Return whether each column that SET names may be NULL. Raises `NotUnderstood`."""
    found: dict[str | None, MayBeNull] = {}
    for pair in assignments:
        if not isinstance(pair, exp.EQ):
            raise NotUnderstood
        for left, right in sides(pair):
            targets = left.expressions if isinstance(left, exp.Tuple) else [left]
            for target in targets:
                if not isinstance(target, exp.Column) or target.table:
                    raise NotUnderstood
                is_plain = target is left and not _is_default(right)
                answer = asked.ask(right, scope) if is_plain else None
                name = name_of(target.this, scope.dialect)
                found[name] = worst_of([found.get(name, answer), answer])
    return found


def _updated(update: exp.Update, target: SourceFacts, scope: NullScope, asked: Asked) -> tuple[ValueFacts, ...]:
    old = before(update, target, scope, asked)
    answers = assigned_values(update.expressions, old, asked)
    columns = scope.binding.tables.columns[target.source.table or ""].values()
    found: list[ValueFacts] = []
    for (place, (name, facts)), column in zip(enumerate(_named(target, scope)), columns, strict=True):
        if name in answers:
            found.append(_written(facts, answers[name]))
        else:  # a generated column may change with the others
            found.append(facts if column.fills_itself else old.sources[0].of(place))
    return tuple(found)


def _inserted(insert: exp.Insert, target: SourceFacts, scope: NullScope, asked: Asked) -> tuple[ValueFacts, ...]:
    """Return the facts about inserted rows, and about rows that ON CONFLICT DO UPDATE changes instead."""
    answers = inserted_values(insert, scope.inside(), asked)
    named = _named(target, scope)
    found = tuple(_written(facts, answers.get(name)) for name, facts in named)
    conflict = insert.args.get("conflict")
    if conflict is None or not conflict.expressions:
        return found
    sources = scope.binding.sources(insert)
    old = scope.inside()
    old.sources.append(replace(target, proven=set()))
    if len(sources) == _CHANGED_BY_CONFLICT:
        old.sources.append(SourceFacts(sources[1], found))
    replaced = assigned_values(conflict.expressions, old, asked)
    return tuple(
        facts if name not in replaced else _written(facts, worst_of([answers.get(name), replaced[name]]))
        for name, facts in named
    )


def _named(target: SourceFacts, scope: NullScope) -> list[tuple[str | None, ValueFacts]]:
    listed = scope.binding.columns(target.source).listed
    return [(each.name, facts) for each, facts in zip(listed, target.columns or (), strict=True)]


def _written(facts: ValueFacts, answer: MayBeNull) -> ValueFacts:
    return replace(facts, may_be_null=False) if answer is False else facts


def _is_default(value: exp.Expr) -> bool:
    """Return whether this is the keyword DEFAULT, which the parser reads as a column."""
    return isinstance(value, exp.Column) and not value.table and value.name.upper() == "DEFAULT"
