"""`hangar-dal check --matrix`: which queries hold before and after each migration."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from hangar_dal.check.project.coverage import scope_of
from hangar_dal.check.rules.unnamed import find_unnamed
from hangar_dal.cli.findings import print_scope, warn_of
from hangar_dal.cli.options import chosen_project, required_server
from hangar_dal.cli.terminal import BOLD, DIM, FAILED, GREEN, OK, RED, YELLOW, coloured
from hangar_dal.errors import SettingsError

if TYPE_CHECKING:
    from hangar_dal.check.rollout.matrix import Matrix, State
    from hangar_dal.cli.progress import Progress

_COLOURS: Final = {"holds": GREEN, "breaks": RED}


def add_matrix(parser: argparse.ArgumentParser) -> None:
    """Add `--since`, an option of `--matrix`."""
    parser.add_argument(
        "--since",
        metavar="MIGRATION",
        help="with --matrix: the last migration of the deployed database; default: the last but one",
    )


def show_matrix(chosen: argparse.Namespace, progress: "Progress") -> int:
    """Print the matrix and return the exit code.

    The code is 1 if the change must be split, or if the project's folder has queries or migrations that
    `[tool.hangar_dal]` does not name.
    """
    from hangar_dal.check.rollout.matrix import matrix  # noqa: PLC0415 - its dependencies are an extra

    if chosen.format not in ("table", "json"):
        raise SettingsError("--matrix can only be shown with --format table or --format json")
    project = chosen_project(chosen)
    url = required_server(chosen, project.dialects)
    found = matrix(project, postgresql=url, since=chosen.since, progress=progress)
    progress.clear()
    scope, unnamed = scope_of(project, project.dialects), find_unnamed(project)
    if chosen.format == "json":
        left_out = {"scope": asdict(scope), "not_checked": [each._asdict() for each in unnamed]}
        print(json.dumps({**left_out, **_as_json(found)}, indent=2, ensure_ascii=False))
    else:
        print_scope(scope)
        _print(found)
        warn_of(unnamed)
    return FAILED if unnamed or found.verdict.order == "neither" else OK


def _print(found: "Matrix") -> None:
    states = found.states[1:]  # the first state has no tables
    width = max(map(len, found.queries), default=0)
    heads = _short([state.migration for state in states])
    print(f"{'':<{width}}  {'  '.join(coloured(f'{head:<6}', BOLD, sys.stdout) for head in heads)}".rstrip())
    for query in found.queries:
        cells = zip(heads, (_cell(state, query) for state in states), strict=True)
        row = (coloured(f"{cell:<{max(6, len(head))}}", _COLOURS.get(cell, YELLOW), sys.stdout) for head, cell in cells)
        print(f"{query:<{width}}  {'  '.join(row)}".rstrip())
    for state in found.states[-2:]:
        _print_reasons(state)
    print(f"\n{coloured(found.verdict.sentence, BOLD, sys.stdout)}")
    for reason in found.verdict.reasons:
        print(f"  {reason}")


def _print_reasons(state: "State") -> None:
    if state.migration and state.breaks:
        print(f"\nafter {state.migration}:")
        for query in sorted({query for query, _ in state.breaks}):
            dialect, reason = next(iter(state.why(query).items()))
            said = reason if reason.startswith(dialect) else f"{dialect}: {reason}"
            print(f"  {query}  {coloured(said, DIM, sys.stdout)}")


def _cell(state: "State", query: str) -> str:
    """Return "holds", "breaks", or the dialect if the query breaks on one database only."""
    why = state.why(query)
    return "holds" if not why else "breaks" if len(why) > 1 else next(iter(why))


def _short(migrations: list[str]) -> list[str]:
    """Return the numbers of the migrations, or their whole ids if two numbers are equal."""
    numbers = [migration.partition("_")[0] for migration in migrations]
    return numbers if len(set(numbers)) == len(numbers) else migrations


def _as_json(found: "Matrix") -> dict[str, Any]:
    return {
        "verdict": {
            "migration": found.verdict.migration,
            "order": found.verdict.order,
            "reasons": found.verdict.reasons,
        },
        "migrations": [state.migration for state in found.states[1:]],
        "queries": {
            query: {state.migration: state.why(query) for state in found.states[1:] if state.why(query)}
            for query in found.queries
        },
    }
