"""Add the sources that RETURNING sees to a scope: the changed table, its old and new rows, and the other sources.

The caller passes the functions that return the columns of a query, because that module imports this one.
"""

from dataclasses import replace
from typing import Any

from sqlglot import exp

from hangar_dal.check.nullability.proofs import prove
from hangar_dal.check.nullability.scope import NullScope, SourceFacts
from hangar_dal.check.nullability.sources import add, expect
from hangar_dal.check.nullability.written import Asked, after
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.visible import target_of


def read_changed(statement: exp.Expr, scope: NullScope, asked: Asked) -> None:
    """Add the sources of RETURNING to the scope. Raises `NotUnderstood` if a clause is not supported."""
    target = target_of(statement)
    if not isinstance(target, exp.Table) or (
        statement.args.get("tables") if isinstance(statement, exp.Delete) else None
    ):
        raise NotUnderstood
    expect(target, frozenset({"this", "alias", "db", "only"}))
    changed = scope.binding.sources(statement)[0]
    known = SourceFacts(changed, scope.table(changed.table) if changed.table is not None else None)
    stored = known.columns
    known.columns = after(statement, known, scope, asked)
    scope.sources.append(known)
    if scope.dialect == "postgresql":  # on SQLite, RETURNING sees only the changed table
        _add_versions(statement, replace(known, columns=stored), known, scope)
        if from_ := statement.args.get("from_"):
            add(from_.this, statement, scope, asked.outputs)
        used: Any = statement.args.get("using") or []
        for each in used if isinstance(used, list) else [used]:
            add(each, statement, scope, asked.outputs)
    if statement.args["returning"].args.get("into"):
        raise NotUnderstood
    if isinstance(statement, exp.Merge):
        _without_source(statement, scope, known)
    if isinstance(statement, exp.Delete) and (where := statement.args.get("where")):
        prove(where.this, scope)


def _add_versions(statement: exp.Expr, stored: SourceFacts, written: SourceFacts, scope: NullScope) -> None:
    """Add `old` and `new`, which PostgreSQL 18 has. An inserted row has no old values, a deleted one no new ones."""
    is_insert, is_delete = isinstance(statement, exp.Insert), isinstance(statement, exp.Delete)
    is_merge = isinstance(statement, exp.Merge)
    for name, facts, is_nullable in (
        ("old", stored, is_insert or is_merge),
        ("new", written, is_delete or is_merge),
    ):
        if (source := scope.binding.version(statement, name)) is not None:
            version = replace(facts, source=source, proven=set())
            if is_nullable:
                version.join_nullable_side()
            scope.sources.append(version)


def _without_source(merge: exp.Merge, scope: NullScope, target: SourceFacts) -> None:
    """Record that WHEN NOT MATCHED BY SOURCE returns rows of the table that have no row of the source."""
    whens = merge.args["whens"].expressions
    if any(when.args.get("source") for when in whens):
        for source in scope.sources:
            if source is not target and source.source.node is not target.source.node:
                source.join_nullable_side()
