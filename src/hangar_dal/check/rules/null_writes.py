"""Find expressions that may be NULL and are written to a NOT NULL column.

Plain parameters, columns and NULL are found without this. A value is left out if a condition of the statement names one
of its columns, because the condition may keep NULL away.
"""

from collections.abc import Collection, Iterator, Sequence

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.columns import ask, outputs_of
from hangar_dal.check.nullability.possible import can_be_null, root_scope, scope_of
from hangar_dal.check.nullability.scope import NullScope, SourceFacts
from hangar_dal.check.nullability.written import Asked, before
from hangar_dal.check.rules.parameters import NONE_REFUSED
from hangar_dal.check.sql.bind import Binding, bind
from hangar_dal.check.sql.column_uses import sides
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import leaves, of_type, place_in
from hangar_dal.check.sql.visible import target_of
from hangar_dal.check.statement_info import Notice, SentAs
from hangar_dal.sqlscan import Dialect


def null_writes(text: str, dialect: Dialect, tables: Tables, sent: Sequence[SentAs]) -> Iterator[Notice]:
    """Yield a notice for each such value."""
    binding = bind(text, dialect, tables)
    if binding is None:
        return
    writes: list[exp.Insert | exp.Update] = [*of_type(binding.nodes, exp.Insert), *of_type(binding.nodes, exp.Update)]
    if not writes:
        return
    names = {each.name for each in sent}
    # A change that is not given is sent as NULL, and the CASE of the statement does not read it.
    nones = {each.name for each in sent if each.may_be_none and f"{each.name}_is_set" not in names}
    root = root_scope(binding)
    for statement in writes:
        table = binding.table(target_of(statement))
        if table is None or table not in tables.keys or table in tables.triggered:
            continue
        for name, value, scope in _written(statement, binding, root):
            column = {each.name.lower(): each for each in tables.columns[table].values()}.get(name.lower())
            if column is None or column.nullable or any(column.name in key for key in tables.keys[table][:1]):
                continue
            if _is_new(value, scope, nones) and not _is_tested(value, statement):
                message = f"the value for {table}.{column.name} may be NULL, and the column is NOT NULL"
                fix = "write COALESCE(...) or ELSE, or leave those rows out by a condition"
                yield Notice(NONE_REFUSED.id, place_in(value, text, dialect), message, fix)


def _written(
    statement: exp.Insert | exp.Update, binding: Binding, root: NullScope
) -> Iterator[tuple[str, exp.Expr, NullScope]]:
    """Yield the name of each column with its value, and the scope of the value."""
    if isinstance(statement, exp.Update):
        if statement.this is None:
            return  # of MERGE
        changed = binding.sources(statement)[0]
        known = SourceFacts(changed, root.table(changed.table) if changed.table is not None else None)
        try:
            scope = before(statement, known, root, Asked(outputs_of, ask))
        except NotUnderstood:
            return
        for pair in statement.expressions:
            for left, right in sides(pair) if isinstance(pair, exp.EQ) else ():
                if isinstance(left, exp.Column):
                    yield left.name, right, scope
        return
    source = statement.expression
    if not isinstance(statement.this, exp.Schema):
        return
    names = [column.name for column in statement.this.expressions]
    if isinstance(source, exp.Values):
        for row in source.expressions:
            values = row.expressions if isinstance(row, exp.Tuple) else [row]
            yield from ((name, value, root) for name, value in zip(names, values, strict=False))
    elif isinstance(source, exp.Select) and not any(value.is_star for value in source.expressions):
        scope_ = scope_of(source, binding, root)
        if scope_ is not None:
            yield from ((name, value, scope_) for name, value in zip(names, source.expressions, strict=False))


def _is_new(value: exp.Expr, scope: NullScope, nones: Collection[str]) -> bool:
    """Return whether the value may be NULL, and is no plain parameter, nullable column or NULL."""
    exact = [leaf for leaf, is_exact in leaves(value.unalias(), is_exact=True) if is_exact]
    if any(isinstance(leaf, exp.Null | exp.Placeholder) for leaf in exact):
        return False
    bare = value.unalias().unnest()
    if isinstance(bare, exp.Column):
        origin = scope.binding.origin(bare)
        if origin is None or scope.binding.tables.columns[origin[0]][origin[1]].nullable:
            return False
    return can_be_null(value, scope, nones)


def _is_tested(value: exp.Expr, statement: exp.Expr) -> bool:
    """Return whether a condition outside of the value names one of its columns."""
    conditions = [*statement.find_all(exp.Where, exp.Having)]
    conditions += [on for join in statement.find_all(exp.Join) if (on := join.args.get("on")) is not None]
    inside = {id(node) for node in value.walk()}
    outside = [condition for condition in conditions if id(condition) not in inside]
    names = {column.name.lower() for condition in outside for column in condition.find_all(exp.Column)}
    return any(column.name.lower() in names for column in value.find_all(exp.Column))
