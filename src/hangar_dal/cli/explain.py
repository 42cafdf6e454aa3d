"""`hangar-dal explain`: show the plan of each query on both databases, on tables with statistics of large tables."""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from hangar_dal.check.project.coverage import scope_of
from hangar_dal.check.rules.unnamed import find_unnamed
from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.extras import require_sqlglot
from hangar_dal.cli.findings import print_scope, warn_of
from hangar_dal.cli.options import (
    add_postgresql,
    add_project,
    add_sqlite_only,
    chosen_project,
    dialects_of,
    required_server,
)
from hangar_dal.cli.progress import Progress
from hangar_dal.cli.terminal import BOLD, FAILED, GREEN, OK, YELLOW, coloured

if TYPE_CHECKING:
    from hangar_dal.check.explain import Explained


def add(commands: Subcommands) -> None:
    """Add the command `explain`."""
    parser = add_command(
        commands,
        "explain",
        _explain,
        "show the plan of each query on both databases",
        """\
        Shows the plan of each query, and the indexes that the plan uses. A query with `-- when` lines has several
        variants, and each variant has a plan. The plans are those of a scratch SQLite file and a scratch PostgreSQL
        database, with statistics of large tables. No statement is executed. The scratch PostgreSQL database is a new
        one, which is dropped at the end, or the empty one of --throwaway. No other database is changed.
        `hangar-dal check` reports a plan that reads a whole table that can grow: see `hangar-dal check --explain scan`.

        exit codes: 0 success, 1 the queries or migrations have faults, or the project's folder has queries or
        migrations that [tool.hangar_dal] does not name, 2 wrong arguments or settings
        """,
    )
    parser.add_argument(
        "query",
        nargs="*",
        metavar="QUERY",
        help="such as list_users, users.list_users or 'users.*'; default: every query",
    )
    add_postgresql(parser)
    add_sqlite_only(parser, "show the plans of SQLite only")
    add_project(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON object with a plan for each statement")


def _explain(chosen: argparse.Namespace) -> int:
    require_sqlglot()
    from hangar_dal.check.explain import explain  # noqa: PLC0415 - its dependencies are an extra

    with_progress = Progress()
    try:
        project = chosen_project(chosen)
        dialects = dialects_of(chosen, project)
        url = required_server(chosen, dialects, can_leave_out=True)
        found = explain(project, chosen.query, postgresql=url, progress=with_progress)
    finally:
        with_progress.clear()
    unnamed = find_unnamed(project)
    scope = scope_of(project, dialects)
    if chosen.json:
        plans, not_checked = [_as_json(each) for each in found], [each._asdict() for each in unnamed]
        print(json.dumps({"scope": asdict(scope), "not_checked": not_checked, "plans": plans}, indent=2))
    else:
        print_scope(scope)
        _print(found)
        warn_of(unnamed)
    return FAILED if unnamed else OK


def _print(found: "Iterable[Explained]") -> None:
    for place, ((query, when), plans) in enumerate(groupby(found, lambda each: (each.query, each.when))):
        name = f"{query} ({when})" if when else query
        print(f"{chr(10) if place else ''}{coloured(name, BOLD, sys.stdout)}")
        for each in plans:
            indexes = ", ".join(each.plan.indexes) if each.plan else ""
            print(f"  {each.dialect}: {coloured(indexes, GREEN, sys.stdout) if indexes else _without(each)}")
            for step in each.plan.steps if each.plan else ():
                whole = coloured(f"  <- the whole of {step.table}", YELLOW, sys.stdout) if step.whole else ""
                print(f"    {'  ' * step.depth}{step.text}{whole}")


def _without(each: "Explained") -> str:
    return "no index" if each.plan else "the database refuses the statement; run `hangar-dal check` to see why"


def _as_json(each: "Explained") -> dict[str, Any]:
    plan = each.plan
    return {
        "query": each.query,
        "when": each.when,
        "dialect": each.dialect,
        "indexes": plan.indexes if plan else [],
        "whole": plan.whole if plan else [],
        "plan": [{"depth": step.depth, "text": step.text} for step in plan.steps] if plan else None,
    }
