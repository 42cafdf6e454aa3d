"""`hangar-dal migrations rollback`: undo the last migrations of a database."""

import argparse
import sys

from hangar_dal import migrations
from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.options import add_database, add_folders, folders
from hangar_dal.cli.terminal import FAILED, OK, YELLOW, coloured
from hangar_dal.errors import SettingsError


def add(actions: Subcommands) -> None:
    """Add the command `migrations rollback`."""
    parser = add_command(
        actions,
        "rollback",
        _rollback,
        "undo the last applied migrations",
        """\
        Runs the rollback files of the migrations that were applied last, the newest first. Shows which ones, and asks
        before it begins, because their tables and columns lose their rows. Without a terminal it needs --yes.

          hangar-dal migrations rollback              the last migration
          hangar-dal migrations rollback --count 3    the last three
          hangar-dal migrations rollback --to 1002_notes    all that follow 1002_notes

        exit codes: 0 they were rolled back, or there are none, 1 a rollback failed, or was not confirmed, 2 wrong
        arguments or settings
        """,
    )
    add_database(parser)
    add_folders(parser)
    how_many = parser.add_mutually_exclusive_group()
    how_many.add_argument("--count", type=int, default=1, metavar="N", help="how many migrations; default: 1")
    how_many.add_argument("--to", metavar="MIGRATION", help="the last migration to keep")
    parser.add_argument("--yes", action="store_true", help="do not ask, for scripts")


def _rollback(chosen: argparse.Namespace) -> int:
    if chosen.count < 1:
        raise SettingsError("--count: must be at least 1")
    of_project = folders(chosen)
    found = migrations.applied(chosen.database, folders=of_project)[::-1]
    if chosen.to is not None and chosen.to not in found:
        raise SettingsError(f"--to {chosen.to}: this migration is not applied; `hangar-dal migrations list` shows all")
    last = found[: chosen.count] if chosen.to is None else found[: found.index(chosen.to)]
    if not last:
        print("Nothing is applied." if chosen.to is None else f"Nothing is applied after {chosen.to}.")
        return OK
    print(f"To roll back: {', '.join(last)}")
    if not chosen.yes and not _is_confirmed():
        return FAILED
    migrations.rollback(
        chosen.database,
        last,
        folders=of_project,
        progress=lambda migration: print(f"{coloured('rolled back', YELLOW, sys.stdout)} {migration}", flush=True),
    )
    return OK


def _is_confirmed() -> bool:
    if not sys.stdin.isatty():
        print("Nothing was rolled back: pass --yes to confirm without a terminal.", file=sys.stderr)
        return False
    return input("Their tables and columns lose their rows. Roll back? [y/N] ").strip().lower() in ("y", "yes")
