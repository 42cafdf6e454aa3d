"""Check all queries before and after each migration, and say whether to deploy the schema or the code first.

    found = matrix(read_project(), postgresql="postgresql://localhost/postgres")
    print(found.verdict.sentence)

No statement is executed, and no plans are checked.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from hangar_dal.check.project.project import Project
from hangar_dal.check.rollout.history import Stage, stages
from hangar_dal.check.rollout.verdict import Breaks, Verdict, narrowed, verdict
from hangar_dal.check.rules.statement import compare
from hangar_dal.check.statements.sending import sent
from hangar_dal.check.statements.variants import CheckedVariant, statements
from hangar_dal.errors import SettingsError
from hangar_dal.migrations.files import migrations_in
from hangar_dal.migrations.guard import Scratch
from hangar_dal.migrations.schema import Schema
from hangar_dal.migrations.scratch import Server, empty_postgresql, empty_sqlite

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class State:
    """The queries that break after `migration`. The name is "" before the first migration."""

    migration: str
    breaks: Breaks

    def why(self, query: str) -> dict[str, str]:
        """Return the reason why the query breaks, for each dialect on which it does."""
        return {dialect: reason for (name, dialect), reason in self.breaks.items() if name == query}


@dataclass(frozen=True, slots=True)
class Matrix:
    """The states after each migration in order, the empty database first, and the advice about the deployment.

    `verdict` is about the newest migration, or about all migrations after `since`.
    """

    queries: tuple[str, ...]
    states: tuple[State, ...]
    verdict: Verdict


def matrix(
    project: Project, *, postgresql: Server | None, since: str | None = None, progress: Progress | None = None
) -> Matrix:
    """Migrate a scratch database of each dialect step by step, and check all queries after each migration.

    `postgresql` is needed only by a project that is written for PostgreSQL. `since` is the last migration that was
    applied to the deployed database. By default, the verdict is about the newest migration only. Raises `CatalogError`
    for errors that need no database.
    """
    ids = ["", *(each.id for each in migrations_in(project.migrations))]
    if since is not None and since not in ids[1:-1]:
        those = ", ".join(ids[1:-1])
        advice = f"choose one of {those}" if those else "the project has no such migration, so leave out --since"
        raise SettingsError(f"{since} is not a migration that another one follows; {advice}")
    for catalog in project.catalogs:
        catalog.load()
    say = progress or (lambda done, total, what: None)
    walks: list[list[_Step]] = []
    if "postgresql" in project.dialects and postgresql is not None:
        with empty_postgresql(postgresql) as scratch:
            walks.append(_walk(project, scratch, (), say))
    if "sqlite" in project.dialects:
        with empty_sqlite() as file:
            walks.append(_walk(project, file, walks[0] if walks else (), say))
    states = tuple(
        State(steps[0].stage.migration, {key: why for step in reversed(steps) for key, why in step.breaks.items()})
        for steps in zip(*walks, strict=True)
    )
    first = len(ids) - 2 if since is None else ids.index(since)
    lost = [
        what
        for steps in reversed(walks)
        for what in narrowed(steps[first].stage.schema, steps[-1].stage.schema, steps[-1].stage.dialect)
    ]
    before, after = states[first].breaks, states[-1].breaks
    named = " to ".join(dict.fromkeys((ids[first + 1], ids[-1])))
    queries = tuple(sorted(name for catalog in project.catalogs for name in catalog.queries))
    return Matrix(queries, states, verdict(named, before=before, after=after, narrowed=tuple(dict.fromkeys(lost))))


@dataclass(frozen=True, slots=True)
class _Step:
    stage: Stage
    breaks: Breaks


def _walk(project: Project, scratch: Scratch, twins: Sequence[_Step], say: Progress) -> list[_Step]:
    """Return a step for each migration on one database. `twins` are the steps of the other database, if known."""
    checked = [each for catalog in project.catalogs for each in statements(catalog, scratch.dialect)]
    steps: list[_Step] = []
    for at, stage in enumerate(stages(project, scratch)):
        say(0, 0, f"{stage.migration} on {scratch.dialect}")
        twin = twins[at].stage if twins else None
        asked, breaks = checked, dict[tuple[str, str], str]()
        if steps:
            schemas = [(steps[-1].stage.schema, stage.schema)]
            schemas += [(twins[at - 1].stage.schema, twin.schema)] if twin else []
            asked = [each for each in checked if _may_change(each, schemas)]
            again = {each.query.name for each in asked}
            breaks = {key: reason for key, reason in steps[-1].breaks.items() if key[0] not in again}
        for query, reason in _broken(asked, stage, twin, project.ignore_rules):
            breaks.setdefault((query, scratch.dialect), reason)
        steps.append(_Step(stage, breaks))
    return steps


def _may_change(checked: CheckedVariant, schemas: Sequence[tuple[Schema, Schema]]) -> bool:
    """Return whether the result for the block may have changed with these schemas. True if this is not certain."""
    text = checked.block.source.casefold()
    for before, after in schemas:
        changed = {table.name.casefold() for table in set(before.tables) ^ set(after.tables)}
        if before.others != after.others or any(name in text for name in changed):
            return True
    return False


def _broken(
    asked: Sequence[CheckedVariant], stage: Stage, twin: Stage | None, ignored: Collection[str]
) -> Iterator[tuple[str, str]]:
    for each in asked:
        info = stage.ask(each.variant, sent(each))
        of_twin = twin.tables if twin else None
        for finding in compare(each, info, stage.tables, twin=of_twin):
            is_ignored = finding.rule in ignored or each.query.ignores(finding)
            if finding.severity == "error" and not is_ignored:
                yield each.query.name, f"{finding.message} (when {each.label})" if each.label else finding.message
