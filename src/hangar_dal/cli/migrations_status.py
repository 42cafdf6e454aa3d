"""`hangar-dal migrations status`: list the state of each migration, for people and for deploy scripts."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Final

from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.options import add_database, add_folders, folders
from hangar_dal.cli.terminal import ASTRAY, GREEN, OK, PENDING, RED, YELLOW, coloured
from hangar_dal.migrations.status import MigrationStatus, State, Status, status

_COLOURS: Final[dict[State, str]] = {"applied": GREEN, "pending": YELLOW, "edited": RED, "unknown": RED}


def add(actions: Subcommands) -> None:
    """Add the command `migrations status`."""
    parser = add_command(
        actions,
        "status",
        _status,
        "list every migration: applied, pending, edited, unknown",
        """\
        Lists every migration with its state and the time (in UTC) when it was applied. It changes nothing.

          applied   it was applied to the database
          pending   `apply` would apply it
          edited    it was applied, and its file has changed since
          unknown   it was applied, but its file is missing here

        exit codes: 0 all migrations are applied, 1 the database cannot be read, 2 wrong arguments or settings, 3 some
        are pending, 4 one is edited or unknown
        """,
    )
    listing = add_command(
        actions,
        "list",
        _list,
        "the same list as `status`, for people: pending migrations are no error",
        """\
        Lists every migration with its state and the time (in UTC) when it was applied, as `status` does.

        exit codes: 0 the migrations were listed, 1 the database cannot be read, 2 wrong arguments or settings
        """,
    )
    for each in (parser, listing):
        add_database(each)
        add_folders(each)
        each.add_argument("--json", action="store_true", help="print a JSON object, for scripts")


def _list(chosen: argparse.Namespace) -> int:
    _status(chosen)
    return OK


def _status(chosen: argparse.Namespace) -> int:
    found = status(chosen.database, folders=folders(chosen))
    if chosen.json:
        print(json.dumps(asdict(found), indent=2, default=lambda instant: instant.isoformat()))
    else:
        width = max((len(migration.id) for migration in found.migrations), default=0)
        for migration in found.migrations:
            _print(migration, width)
    return _code(found)


def _print(migration: MigrationStatus, width: int) -> None:
    state = coloured(f"{migration.state:<7}", _COLOURS[migration.state], sys.stdout)
    at = f"{migration.applied_at:%Y-%m-%dT%H:%M:%SZ}" if migration.applied_at else ""
    print(f"{state}  {migration.id:<{width}}  {at}".rstrip())


def _code(found: Status) -> int:
    if found.edited or found.unknown:
        return ASTRAY
    return PENDING if found.pending else OK
