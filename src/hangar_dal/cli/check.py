"""`hangar-dal check`: every query against both databases, before it ships."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.terminal import DIM, FAILED, GREEN, MISUSED, OK, RED, YELLOW, coloured
from hangar_dal.errors import SettingsError
from hangar_dal.settings import PostgresTarget, Settings

if TYPE_CHECKING:
    from hangar_dal.contract.finding import Finding

_PATIENCE = 1.0  # seconds before one wants to see that something goes on


def add(commands: Subcommands) -> None:
    """Offer `check`."""
    parser = add_command(
        commands,
        "check",
        _check,
        "check every query against both databases",
        """\
        Checks signatures, statements, models and tables against each other, on a scratch SQLite file and a scratch
        PostgreSQL database, both migrated. Nothing is executed, and no database but the scratch ones is touched.
        What is checked stands in [tool.hangar_dal] of pyproject.toml. docs/check.md explains each finding.

        exit codes: 0 nothing found, 1 findings, 2 not understood
        """,
    )
    parser.add_argument("--postgresql", metavar="URL", help="a server for the scratch database; else DATABASE_URL")
    parser.add_argument("--project", metavar="FILE", type=Path, help="a pyproject.toml; else the nearest one")
    parser.add_argument("--json", action="store_true", help="findings as a JSON list, for editors")


def _check(chosen: argparse.Namespace) -> int:
    if missing := [name for name in ("sqlglot", "rich") if find_spec(name) is None]:
        print(f"{', '.join(missing)}: not installed; pip install 'hangar-dal[check]'", file=sys.stderr)
        return MISUSED
    from hangar_dal.contract.check import check  # noqa: PLC0415 - its dependencies are an extra
    from hangar_dal.contract.project import read_project  # noqa: PLC0415

    try:
        project, server = read_project(chosen.project), _server(chosen.postgresql)
    except SettingsError as fault:
        print(f"{coloured('error:', RED, sys.stderr)} {fault}", file=sys.stderr)
        return MISUSED
    with_progress = _Progress()
    try:
        report = check(project, postgresql=server, progress=with_progress)
    finally:
        with_progress.clear()
    if chosen.json:
        print(json.dumps([asdict(finding) for finding in report.findings], indent=2))
    else:
        for finding in report.findings:
            _print(finding)
        _sum_up(len(report.findings), report.checked)
    return OK if report.is_clean else FAILED


def _server(given: str | None) -> str | None:
    if given is not None:
        if not isinstance(Settings(database_url=given).target, PostgresTarget):
            raise SettingsError("--postgresql: not the URL of a PostgreSQL server")
        return given
    settings = Settings()
    return settings.url.get_secret_value() if isinstance(settings.target, PostgresTarget) else None


def _print(finding: "Finding") -> None:
    where = f"{finding.path}:{finding.line}:{finding.column}: " if finding.path else ""
    colour = RED if finding.severity == "error" else YELLOW
    what = f"{finding.query}: {finding.message}" if finding.query else finding.message
    about = ", ".join(filter(None, (finding.rule, finding.dialect)))
    print(f"{where}{coloured(finding.severity, colour, sys.stdout)}: {what} {coloured(f'[{about}]', DIM, sys.stdout)}")
    if finding.fix:
        print(f"    {finding.fix}")


def _sum_up(count: int, checked: int) -> None:
    if count:
        print(f"{count} finding{'s' if count > 1 else ''} in {checked} statements")
    else:
        print(f"{coloured('clean:', GREEN, sys.stdout)} {checked} statements agree with their functions and tables")


class _Progress:
    """One line on a terminal, drawn over and over once it takes longer than one likes to wait."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._shown = False

    def __call__(self, done: int, total: int, what: str) -> None:
        if sys.stderr.isatty() and self._clock() - self._begun > _PATIENCE:
            self._shown = True
            print(f"\r\033[K{f'{done}/{total} ' if total else ''}{what}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
