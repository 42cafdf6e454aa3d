"""`hangar-dal schema`: print or draw the tables of a database, and compare them with what the migrations produce."""

import argparse
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.options import add_database, add_folders, add_throwaway, folders, throwaway
from hangar_dal.cli.terminal import BOLD, FAILED, GREEN, OK, YELLOW, coloured, in_diff_colours
from hangar_dal.errors import MigrationError

if TYPE_CHECKING:
    from hangar_dal.migrations.schema import Schema


def add(commands: Subcommands) -> None:
    """Add the commands `schema` and `schema diff`."""
    parser = add_command(
        commands,
        "schema",
        _schema,
        "print or draw the tables",
        """\
        Prints the tables of the database, with their columns, keys, constraints and indexes. With --svg or --mermaid,
        draws the tables and their foreign keys. With --scratch, shows the tables that the migrations create instead.
        For this, the migrations are applied to a scratch database: a new one, or on PostgreSQL the empty one of
        --throwaway.

          hangar-dal schema --scratch --svg schema.svg
          hangar-dal schema diff

        exit codes: 0 success, 1 the tables cannot be read or the picture cannot be written, 2 wrong arguments or
        settings
        """,
    )
    parser.add_argument(
        "--scratch", action="store_true", help="show the tables that the migrations create in a scratch database"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--svg", metavar="FILE", type=Path, help="write an entity-relationship diagram; - is stdout")
    form.add_argument("--mermaid", action="store_true", help="print the diagram as Mermaid text")
    form.add_argument("--json", action="store_true", help="print a JSON object, for scripts")
    actions = parser.add_subparsers(title="commands", metavar="[COMMAND]")
    diff = add_command(
        actions,
        "diff",
        _diff,
        "show how the database differs from the schema of its migrations",
        """\
        Compares a database that has a history of migrations with the schema that its applied migrations create. In the
        output, `-` is what the migrations create, and `+` is what the database has. Tables that no migration creates
        are not compared. The database is only read; the migrations are applied to a scratch database.

        exit codes: 0 no differences, 1 differences, or the schemas could not be compared, 2 wrong arguments or settings
        """,
    )
    for one, again in ((parser, False), (diff, True)):
        add_database(one, again=again)
        add_folders(one, again=again)
        add_throwaway(one, again=again)


def _schema(chosen: argparse.Namespace) -> int:
    from hangar_dal.migrations.drift import database_schema, migrated_schema  # noqa: PLC0415 - no other command needs it
    from hangar_dal.migrations.views.mermaid import as_mermaid  # noqa: PLC0415 - no other command needs it
    from hangar_dal.migrations.views.svg import as_svg  # noqa: PLC0415 - no other command needs it

    if chosen.scratch:
        found = migrated_schema(chosen.database, folders=folders(chosen), throwaway=throwaway(chosen))
    else:
        found = database_schema(chosen.database)
    if chosen.svg:
        _write(chosen.svg, as_svg(found))
    elif chosen.mermaid:
        print("\n".join(as_mermaid(found)))
    elif chosen.json:
        print(json.dumps(asdict(found), indent=2))
    else:
        _print(found)
    return OK


def _write(path: Path, picture: str) -> None:
    if str(path) == "-":
        print(picture, end="")
        return
    try:
        path.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise MigrationError(f"{path} cannot be written: {error.strerror}") from None


def _print(schema: "Schema") -> None:
    from hangar_dal.migrations.views.text import as_text  # noqa: PLC0415 - no other command prints tables

    if not schema.tables:
        print("The database has no tables.")
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in as_text(schema, width):
        print(coloured(line, BOLD, sys.stdout) if line and not line.startswith(" ") else line)


def _diff(chosen: argparse.Namespace) -> int:
    from hangar_dal.migrations.drift import drift  # noqa: PLC0415 - no other command compares databases

    found = drift(chosen.database, folders=folders(chosen), throwaway=throwaway(chosen))
    for line in found.differences:
        print(in_diff_colours(line, sys.stdout))
    for what, names in (("applied, but its file is missing", found.unknown), ("not compared", found.foreign)):
        if names:
            print(f"{coloured(f'{what}:', YELLOW, sys.stderr)} {', '.join(names)}", file=sys.stderr)
    if not found.differences:
        print(f"{coloured('clean:', GREEN, sys.stdout)} {found.where} has the schema of its migrations")
    return FAILED if found.differences else OK
