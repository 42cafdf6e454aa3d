"""`hangar-dal migrations ...`: manage migrations in an installation without a checkout, where `yoyo` cannot run."""

import argparse
import sys

from hangar_dal import migrations
from hangar_dal.cli import migrations_new, migrations_rollback, migrations_status, migrations_verify
from hangar_dal.cli.commands import Command, Subcommands, add_command
from hangar_dal.cli.options import add_database, add_folders, add_throwaway, folders, throwaway
from hangar_dal.cli.terminal import ASTRAY, GREEN, OK, PENDING, coloured


def add(commands: Subcommands) -> None:
    """Add `migrations` and its commands."""
    parser = commands.add_parser(
        "migrations",
        help="write, apply, roll back, list, adopt and verify migrations",
        description="Manage the migrations of the catalogs that --catalog or [tool.hangar_dal] names, and of the "
        "catalogs they use. In a checkout, `yoyo` does the same.",
    )
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    offered: tuple[tuple[str, Command, str, str], ...] = (
        (
            "apply",
            _apply,
            "apply pending migrations",
            """\
            Applies the pending migrations and prints the id of each one that was applied. You can run it several
            times, and on several machines at once: one run applies the migrations while the others wait.

            exit codes: 0 all migrations are applied, 1 a migration failed, 2 wrong arguments or settings
            """,
        ),
        (
            "pending",
            _pending,
            "print pending migrations; exit with status 3 if there are any",
            """\
            Prints the migrations that `apply` would apply, and changes nothing. A deploy script can use the exit code:
              hangar-dal migrations pending >/dev/null || hangar-dal migrations apply

            exit codes: 0 no migration is pending, 1 the database cannot be read, 2 wrong arguments or settings, 3 some
            are pending
            """,
        ),
        (
            "adopt",
            _adopt,
            "mark migrations as applied in a database without a history",
            """\
            For a database that has the tables but no history of migrations. The command applies the migrations to a
            scratch database (a new one, or the empty one of --throwaway) and compares the schema after each of them
            with the schema of your database. If a schema is equal, the migrations up to it are marked as applied. If
            none is equal, nothing is marked, and the command prints the differences from the most similar schema. In
            this output, `-` is what the migrations create, and `+` is what the database has.

            exit codes: 0 migrations were marked, 1 no schema is equal, 2 wrong arguments or settings
            """,
        ),
        (
            "edited",
            _edited,
            "print applied migrations whose files have changed since; exit with status 4 if there are any",
            """\
            Prints the migrations whose SQL has changed since it was applied to this database. Do not edit an applied
            migration; write a new one instead.

            exit codes: 0 no migration was edited, 1 the database cannot be read, 2 wrong arguments or settings, 4 some
            were edited
            """,
        ),
        (
            "break-lock",
            _break_lock,
            "remove the lock of a killed yoyo process",
            """\
            Needed only after a crash of plain yoyo: the locks of `hangar-dal` end with its process. Make sure that no
            other process is applying migrations before you remove the lock.

            exit codes: 0 there is no lock any more, 1 the database cannot be changed, 2 wrong arguments or settings
            """,
        ),
    )
    for name, command, summary, description in offered:
        offer = add_command(actions, name, command, summary, description)
        add_database(offer)
        if command is not _break_lock:
            add_folders(offer)
        if command is _adopt:
            add_throwaway(offer)
    for module in (migrations_new, migrations_rollback, migrations_status, migrations_verify):
        module.add(actions)


def _apply(chosen: argparse.Namespace) -> int:
    applied = migrations.apply(
        chosen.database, folders=folders(chosen), progress=lambda migration: _say("applied", migration)
    )
    if not applied:
        print("Nothing is pending.")
    return OK


def _pending(chosen: argparse.Namespace) -> int:
    missing = migrations.pending(chosen.database, folders=folders(chosen))
    for migration in missing:
        print(migration)
    return PENDING if missing else OK


def _adopt(chosen: argparse.Namespace) -> int:
    for migration in migrations.adopt(chosen.database, folders=folders(chosen), throwaway=throwaway(chosen)):
        _say("marked", migration)
    return OK


def _edited(chosen: argparse.Namespace) -> int:
    changed = migrations.edited(chosen.database, folders=folders(chosen))
    for migration in changed:
        print(migration)
    return ASTRAY if changed else OK


def _break_lock(chosen: argparse.Namespace) -> int:
    migrations.break_lock(chosen.database)
    return OK


def _say(what: str, migration: str) -> None:
    print(f"{coloured(what, GREEN, sys.stdout)} {migration}", flush=True)
