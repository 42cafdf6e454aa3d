"""`hangar-dal check`: every query against both databases, before it ships."""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.findings import add_format, print_findings
from hangar_dal.cli.options import add_postgresql, server
from hangar_dal.cli.progress import Progress
from hangar_dal.cli.terminal import FAILED, MISUSED, OK, RED, coloured
from hangar_dal.errors import SettingsError


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
    add_postgresql(parser)
    parser.add_argument("--project", metavar="FILE", type=Path, help="a pyproject.toml; else the nearest one")
    add_format(parser)


def _check(chosen: argparse.Namespace) -> int:
    if find_spec("sqlglot") is None:
        print("sqlglot: not installed; pip install 'hangar-dal[check]'", file=sys.stderr)
        return MISUSED
    from hangar_dal.contract.check import check  # noqa: PLC0415 - its dependencies are an extra
    from hangar_dal.contract.project import read_project  # noqa: PLC0415

    try:
        project, url = read_project(chosen.project), server(chosen)
    except SettingsError as fault:
        print(f"{coloured('error:', RED, sys.stderr)} {fault}", file=sys.stderr)
        return MISUSED
    with_progress = Progress()
    try:
        report = check(project, postgresql=url, progress=with_progress)
    finally:
        with_progress.clear()
    clean = f"{report.checked} statements agree with their functions and tables"
    print_findings(report.findings, chosen, clean=clean, checked=report.checked)
    return OK if report.is_clean else FAILED
