"""Explain the queries of a project: the plan of each variant on each database.

for each in explain(read_project(), ["users.list_*"], postgresql=url): print(each.query, each.plan.indexes)
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Final

from hangar_dal.check.databases.live import live_postgresql, live_sqlite
from hangar_dal.check.project.project import Project
from hangar_dal.check.project.static import find_without_database
from hangar_dal.check.query_plans.model import Planner, QueryPlan, Step
from hangar_dal.check.statements.sending import sent
from hangar_dal.check.statements.variants import CheckedVariant, checked_variants
from hangar_dal.errors import SettingsError
from hangar_dal.migrations.scratch import Server
from hangar_dal.query.declared import DeclaredQuery
from hangar_dal.sqlscan import Dialect

Progress = Callable[[int, int, str], None]

_COMMAND: Final = QueryPlan((Step("a command has no plan", 0),))


@dataclass(frozen=True, slots=True)
class Explained:
    """The plan of one statement. `when` says when it runs. `plan` is None if the database refuses the statement."""

    query: str
    when: str
    dialect: Dialect
    plan: QueryPlan | None


def explain(
    project: Project, patterns: Sequence[str] = (), *, postgresql: Server | None, progress: Progress | None = None
) -> tuple[Explained, ...]:
    """Return the plans of the queries, by query, variant and database. Without a server, explains for SQLite only.

    A pattern is a name such as `list_users` or `users.list_users`, in which `*` matches any text. Without patterns,
    explains all queries. Raises `SettingsError` if a pattern matches no query.
    """
    say = progress or (lambda done, total, what: None)
    find_without_database(project)  # reads the catalogs; `check` reports their errors
    chosen = list(_chosen(project, patterns))
    with ExitStack() as scratch:
        say(0, 0, "migrating scratch databases")
        sources = [scratch.enter_context(live_sqlite(project))] if "sqlite" in project.dialects else []
        if postgresql is not None and "postgresql" in project.dialects:
            sources.append(scratch.enter_context(live_postgresql(project, postgresql)))
        found: list[Explained] = []
        for done, declared in enumerate(chosen):
            say(done, len(chosen), declared.name)
            of_query = [
                Explained(declared.name, each.label, source.dialect, _plan(source.planner, each))
                for source in sources
                for each in checked_variants(declared, source.dialect)
            ]
            labels = list(dict.fromkeys(each.when for each in of_query))
            found += sorted(of_query, key=lambda each: labels.index(each.when))
    return tuple(found)


def _plan(planner: Planner, checked: CheckedVariant) -> QueryPlan | None:
    return _COMMAND if checked.variant.command else planner.explain(checked.variant, sent(checked))


def _chosen(project: Project, patterns: Sequence[str]) -> Iterator[DeclaredQuery]:
    queries = [each for catalog in project.catalogs for each in catalog.queries.values() if not each.signature.findings]
    short = {each.name.rpartition(".")[2] for each in queries}
    for pattern in patterns:
        if not any(_means(pattern, each) for each in queries):
            near = get_close_matches(pattern, [*short, *(each.name for each in queries)], 1)
            raise SettingsError(f"no query is called {pattern}" + (f"; did you mean {near[0]}?" if near else ""))
    yield from (each for each in queries if not patterns or any(_means(pattern, each) for pattern in patterns))


def _means(pattern: str, declared: DeclaredQuery) -> bool:
    return fnmatchcase(declared.name, pattern) or fnmatchcase(declared.name.rpartition(".")[2], pattern)
