"""`hangar-dal migrations verify`: test migrations on scratch databases before an important database gets them."""

import argparse

from hangar_dal.check.project.coverage import scope_of_migrations
from hangar_dal.check.rules.known import refuse_unknown
from hangar_dal.check.rules.unnamed import find_unnamed_migrations
from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.findings import add_format, print_findings, refuse_format
from hangar_dal.cli.options import (
    add_database,
    add_folders,
    add_postgresql,
    add_sqlite_only,
    dialects_of,
    project_with_migrations,
    required_server,
)
from hangar_dal.cli.progress import Progress
from hangar_dal.cli.terminal import FAILED, OK


def add(actions: Subcommands) -> None:
    """Add the command `migrations verify`."""
    parser = add_command(
        actions,
        "verify",
        _verify,
        "apply, roll back and reapply every migration on scratch databases",
        """\
        Applies each migration, rolls it back and applies it again, on a scratch SQLite file and a scratch PostgreSQL
        database. Compares the schema before a migration with the schema after its rollback, the schema after the first
        apply with that after the second, and the schemas of the two databases. Also reports DDL that is unsafe on a
        busy PostgreSQL (found by squawk, which hangar-dal[check] installs), and files that were edited after they were
        applied to the database of --database or DATABASE_URL. That database is only read. The scratch PostgreSQL
        database is a new one, which is dropped at the end, or the empty one of --throwaway.
        `hangar-dal check --explain RULE` explains a finding.

        exit codes: 0 no findings, 1 findings, or the migrations could not be tried, 2 wrong arguments or settings
        """,
    )
    add_postgresql(parser)
    add_database(parser)
    add_folders(parser)
    add_sqlite_only(parser, "use SQLite only, and do not compare the two databases")
    parser.add_argument("--no-squawk", action="store_true", help="do not look for unsafe DDL")
    add_format(parser)


def _verify(chosen: argparse.Namespace) -> int:
    from hangar_dal.migrations.verify import verify  # noqa: PLC0415 - no other command needs it

    refuse_format(chosen)
    project = project_with_migrations(chosen)
    dialects = dialects_of(chosen, project)
    url = required_server(chosen, dialects, can_leave_out=True)
    refuse_unknown(project.ignore_rules)
    progress = Progress()
    try:
        found = verify(
            project.migrations,
            postgresql=url,
            dialects=project.dialects,
            lint=not chosen.no_squawk,
            database=chosen.database,
            small_tables=project.small_tables,
            progress=lambda what: progress(0, 0, what),
        )
    finally:
        progress.clear()
    kept = [finding for finding in found if finding.rule not in project.ignore_rules]
    found = (*kept, *find_unnamed_migrations(project))
    scope = scope_of_migrations(project, dialects)
    clean = "every migration can be applied, rolled back and applied again"
    print_findings(found, scope, chosen, clean=clean)
    return FAILED if found else OK
