"""`hangar-dal check`: check every query against both databases."""

import argparse
from typing import TYPE_CHECKING

from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.extras import require_sqlglot
from hangar_dal.cli.findings import add_format, print_findings, refuse_format
from hangar_dal.cli.fix import add_fix, fix_files, refuse_without_fix
from hangar_dal.cli.matrix import add_matrix, show_matrix
from hangar_dal.cli.options import (
    add_postgresql,
    add_project,
    add_sqlite_only,
    chosen_project,
    dialects_of,
    required_server,
    server,
)
from hangar_dal.cli.progress import Progress
from hangar_dal.cli.terminal import FAILED, OK
from hangar_dal.errors import SettingsError

if TYPE_CHECKING:
    from hangar_dal.check.run import Report


def add(commands: Subcommands) -> None:
    """Add the command `check`."""
    parser = add_command(
        commands,
        "check",
        _check,
        "check every query against both databases",
        """\
        Checks that signatures, statements, models and tables agree. The command applies the migrations to a scratch
        SQLite file and a scratch PostgreSQL database, and lets both databases prepare each statement. It executes
        none of the statements. The scratch PostgreSQL database is a new one, which is dropped at the end, or the empty
        one of --throwaway. No other database is changed. --catalog or [tool.hangar_dal] of pyproject.toml names the
        catalogs to check. --explain RULE explains a finding.

        --fix edits the SQL files first, then checks them. It shows the changes as a diff and asks before it writes
        them. Without a terminal it writes only with --yes; without --yes it exits with 1 if there are changes. It
        changes only lists of plain columns, and never a block marked `-- differs:`.

        examples:
          hangar-dal check --explain row-unkeyed   explain this rule, with an example
          hangar-dal check --fix                   show the changes, ask, write, check
          hangar-dal check --fix --yes             the same without a question
          hangar-dal check --fix --from sqlite     copy blocks that were changed for SQLite only to PostgreSQL

        exit codes: 0 no findings, 1 findings, or changes that --fix did not write, or a change that --matrix says must
        be split, 2 wrong arguments or settings
        """,
    )
    add_postgresql(parser)
    add_project(parser)
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument(
        "--update",
        action="store_true",
        help="write the databases' answers into the folder `snapshots` of each catalog; commit these files",
    )
    add_sqlite_only(kept, "check against SQLite, and take the answers of PostgreSQL from the snapshots")
    kept.add_argument("--offline", action="store_true", help="check against these snapshots, without a database")
    kept.add_argument(
        "--matrix",
        action="store_true",
        help="show which queries work after each migration, and whether to deploy the schema or the code first",
    )
    parser.add_argument(
        "--explain", metavar="RULE", help="explain a rule, with an example; `--explain all` lists the rules"
    )
    add_matrix(parser)
    add_fix(parser)
    add_format(parser)


def _check(chosen: argparse.Namespace) -> int:
    if chosen.explain or chosen.fix or not chosen.offline:
        require_sqlglot()
    if chosen.explain:
        from hangar_dal.cli.rules import explain_rule  # noqa: PLC0415 - needs the parser

        return explain_rule(chosen.explain)
    with_progress = Progress()
    try:
        if chosen.since and not chosen.matrix:
            raise SettingsError("--since can only be used with --matrix")
        refuse_without_fix(chosen)
        refuse_format(chosen)
        if chosen.fix and not fix_files(chosen, chosen_project(chosen), with_progress):
            return FAILED
        if chosen.matrix:
            return show_matrix(chosen, with_progress)
        report = _report(chosen, with_progress)
    finally:
        with_progress.clear()
    clean = f"{report.checked} statements agree with their functions and tables"
    print_findings(report.findings, report.scope, chosen, clean=clean, checked=report.checked)
    return OK if report.is_clean else FAILED


def _report(chosen: argparse.Namespace, progress: Progress) -> "Report":
    from hangar_dal.check.run import check, check_offline  # noqa: PLC0415 - no other command needs it

    project = chosen_project(chosen)
    if chosen.offline:
        return check_offline(project, progress=progress)
    dialects = dialects_of(chosen, project)
    url = required_server(chosen, dialects) if chosen.update else server(chosen) if "postgresql" in dialects else None
    return check(project, postgresql=url, sqlite_only=chosen.sqlite_only, update=chosen.update, progress=progress)
