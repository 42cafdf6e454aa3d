"""Options that several commands share. Builds on `settings` and the contract's `project`."""

import argparse
from pathlib import Path

from hangar_dal.contract.section import read_section
from hangar_dal.errors import SettingsError
from hangar_dal.migrations.scratch import Server, Throwaway
from hangar_dal.settings import PostgresTarget, Settings


def add_database(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """`--database URL`, read as `chosen.database`; `again`: what was said before the subcommand's name holds too."""
    parser.add_argument(
        "--database",
        metavar="URL",
        default=argparse.SUPPRESS if again else None,
        help="a URL as in DATABASE_URL; mind that others on this machine can read a command line",
    )


def add_folders(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """`--folder DIRECTORY`, read with `folders`; `again` as for `add_database`."""
    parser.add_argument(
        "--folder",
        metavar="DIRECTORY",
        type=Path,
        action="append",
        default=argparse.SUPPRESS if again else None,
        help="an application's own migrations, behind the packaged ones; may be given again. Without it those that "
        "[tool.hangar_dal] of the nearest pyproject.toml names",
    )


def folders(chosen: argparse.Namespace) -> tuple[Path, ...]:
    """Those that were given, else the project's."""
    return read_section().migration_folders if chosen.folder is None else tuple(chosen.folder)


def add_postgresql(parser: argparse.ArgumentParser) -> None:
    """`--postgresql URL`, read with `server`."""
    parser.add_argument("--postgresql", metavar="URL", help="a server for the scratch database; else DATABASE_URL")
    add_throwaway(parser)


def add_throwaway(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """`--throwaway URL`, read with `server` or `throwaway`; `again` as for `add_database`."""
    parser.add_argument(
        "--throwaway",
        metavar="URL",
        default=argparse.SUPPRESS if again else None,
        help="an empty PostgreSQL database that is filled and emptied, for a role without CREATEDB; else "
        "HANGAR_THROWAWAY_URL. Without it a scratch database is created and dropped",
    )


def throwaway(chosen: argparse.Namespace) -> str | None:
    """The URL of the throwaway database that was given, else of the settings'; None if there is none."""
    given: str | None = chosen.throwaway
    set_one = Settings().throwaway_url
    return given if given is not None else set_one.get_secret_value() if set_one else None


def server(chosen: argparse.Namespace) -> Server | None:
    """The throwaway database if there is one, else the server that was given, else the settings' own; None: SQLite."""
    named = throwaway(chosen)
    if named is not None:
        if not isinstance(Settings(database_url=named).target, PostgresTarget):
            raise SettingsError("--throwaway: not the URL of a PostgreSQL database")
        return Throwaway(named)
    given: str | None = chosen.postgresql
    if given is not None:
        if not isinstance(Settings(database_url=given).target, PostgresTarget):
            raise SettingsError("--postgresql: not the URL of a PostgreSQL server")
        return given
    settings = Settings()
    return settings.url.get_secret_value() if isinstance(settings.target, PostgresTarget) else None
