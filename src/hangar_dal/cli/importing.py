"""`hangar-dal import`: read an existing database, and write a project or a part of one for it."""

import argparse
from dataclasses import replace
from pathlib import Path

from hangar_dal.check.project.project import read_project
from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.extras import require_sqlglot
from hangar_dal.cli.import_report import print_report
from hangar_dal.cli.init import write_new
from hangar_dal.cli.options import NAME_SERVER, add_throwaway, server, throwaway
from hangar_dal.cli.progress import Progress
from hangar_dal.cli.terminal import OK, PENDING
from hangar_dal.errors import SettingsError
from hangar_dal.importing.naming import snake
from hangar_dal.importing.place import Place, new_place, place_of
from hangar_dal.migrations.faults import display_path
from hangar_dal.migrations.scratch import Server
from hangar_dal.sqlscan import DIALECTS, Dialect
from hangar_dal.starting import check_package
from hangar_dal.starting.domain import is_name


def add(commands: Subcommands) -> None:
    """Add the command `import`."""
    parser = add_command(
        commands,
        "import",
        _import,
        "write a project for an existing database",
        """\
        Reads an existing PostgreSQL database or SQLite file. Writes a migration that makes all its tables, the
        baseline, and a module for each table, with models and with functions to insert, get, list, update and delete
        rows. The database is only read: a role that can read the catalogs is enough, and so is a read-only file.

          hangar-dal import chinook.db                             a SQLite file
          hangar-dal import postgresql://me@localhost/shop         a PostgreSQL database
          hangar-dal import postgresql://me@localhost/shop --schema public --schema billing

        In an empty folder, the command writes a project, as `hangar-dal init` does. In a project, such as one that
        `init` wrote, it adds to its catalog, and the baseline gets a number before the other migrations. Files that
        exist are not changed: if one of them exists, nothing is written.

        Before anything is written, the baseline is tried on a scratch database, its schema is compared with that of
        your database, and the queries are checked. The scratch database is made on the server of your database, and
        dropped at the end. Name another server with --postgresql, or an empty database with --throwaway.

        What cannot be imported is listed, and written as comments into the baseline. After that, `hangar-dal
        migrations adopt` marks the baseline as applied in your database. docs/importing.md explains the rest.

        exit codes: 0 written, and the schemas are equal, 1 the database cannot be read, or the baseline does not work,
        2 nothing was written, because an argument is wrong or a file exists, 3 written, but the schemas differ
        """,
    )
    parser.add_argument("source", metavar="URL | FILE", help="postgresql://..., or the path of a SQLite file")
    parser.add_argument(
        "--package",
        metavar="NAME",
        help="the name of the package of a new project; default: the name of the database",
    )
    parser.add_argument(
        "--schema",
        metavar="NAME",
        action="append",
        default=[],
        help="a schema of PostgreSQL to import; can be repeated. Default: all schemas",
    )
    parser.add_argument(
        "--postgresql",
        metavar="URL",
        help="a server for the scratch database, such as that of your laptop; default: that of the database",
    )
    add_throwaway(parser)
    parser.add_argument(
        "--twin",
        action="store_true",
        help="write the project for both databases: the other one gets tables for the same rows, and the report lists "
        "what has no equivalent there",
    )


def _import(chosen: argparse.Namespace) -> int:
    require_sqlglot()
    from hangar_dal.importing.importing import import_source  # noqa: PLC0415 - a parser
    from hangar_dal.importing.source import read_source, source_target  # noqa: PLC0415 - a parser

    given = chosen.source
    target = source_target(given)
    dialects: tuple[Dialect, ...] = (target.dialect,)
    if chosen.twin:
        dialects = (target.dialect, *(each for each in DIALECTS if each != target.dialect))
    place = _place(chosen, dialects, given)
    server = _server(chosen, given, is_source=target.dialect == "postgresql") if "postgresql" in dialects else None
    progress = Progress()
    try:
        progress(0, 0, "reading the database")
        source = read_source(target, chosen.schema)
        result = import_source(source, place, server, lambda what: progress(0, 0, what))
    finally:
        progress.clear()
    write_new(result.files, is_quiet=True)
    print_report(source, result, place)
    return PENDING if result.proof.differences else OK


def _server(chosen: argparse.Namespace, given: str, *, is_source: bool) -> Server:
    """Return the server for the scratch database: by default that of the source, if the source is on PostgreSQL."""
    if is_source and chosen.postgresql is None and throwaway(chosen) is None:
        return given
    found = server(chosen)
    if found is None:
        raise SettingsError(f"--twin tries the twin on PostgreSQL, and no server is given; {NAME_SERVER}")
    return found


def _place(chosen: argparse.Namespace, dialects: tuple[Dialect, ...], given: str) -> Place:
    """Return where to write. Raises `SettingsError` if the project of this folder cannot take the tables."""
    project = read_project()
    if project.section is None or not project.section.exists:
        package = chosen.package or snake(_database_name(given))
        if not is_name(package):
            raise SettingsError(f"{package or given}: not a name for a package; pass one with --package NAME")
        check_package(package)
        return replace(new_place(package), dialects=dialects)
    if chosen.package:
        raise SettingsError(
            f"--package: {display_path(Path(project.file))} has a project already; leave the option out, or run the "
            "command in an empty folder"
        )
    return place_of(project, dialects)


def _database_name(given: str) -> str:
    name = given.partition("?")[0].rstrip("/").rpartition("/")[2]
    return name.rpartition(".")[0] or name
