"""Options that several commands share. Stands above `settings` and the contract's `project`."""

import argparse
from pathlib import Path

from hangar_dal.contract.section import read_section
from hangar_dal.errors import SettingsError
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


def server(chosen: argparse.Namespace) -> str | None:
    """The URL of the server that was given, else of the settings' own; None if that is SQLite."""
    given: str | None = chosen.postgresql
    if given is not None:
        if not isinstance(Settings(database_url=given).target, PostgresTarget):
            raise SettingsError("--postgresql: not the URL of a PostgreSQL server")
        return given
    settings = Settings()
    return settings.url.get_secret_value() if isinstance(settings.target, PostgresTarget) else None
