"""Options that several commands share. Builds on `settings` and the contract's `project`."""

import argparse
from pathlib import Path

from hangar_dal.contract.project import NAME_THEM, Project, given_keys, given_project, read_project
from hangar_dal.errors import SettingsError
from hangar_dal.keyring import Keys
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


def add_catalogs(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """`--catalog module:NAME`, read with `chosen_project` or `folders`; `again` as for `add_database`."""
    parser.add_argument(
        "--catalog",
        metavar="MODULE:NAME",
        action="append",
        default=argparse.SUPPRESS if again else None,
        help="a catalog, as in hangar_dal:ACCOUNTS; may be given again. Without it those that [tool.hangar_dal] of the "
        "nearest pyproject.toml names",
    )


def add_project(parser: argparse.ArgumentParser) -> None:
    """`--catalog`, and `--project FILE` as the other way to name catalogs; read with `chosen_project`."""
    add_catalogs(parser)
    parser.add_argument("--project", metavar="FILE", type=Path, help="a pyproject.toml; else the nearest one")


def add_keys(parser: argparse.ArgumentParser) -> None:
    """`--keys module:NAME`, read with `chosen_keys`."""
    parser.add_argument(
        "--keys",
        metavar="MODULE:NAME",
        help="a function that returns the keys, as for open_database(keys=...); else the settings' keys",
    )


def chosen_keys(chosen: argparse.Namespace) -> Keys | None:
    """The function that was given; None if the settings have the keys."""
    return given_keys(chosen.keys) if chosen.keys else None


def add_folders(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """`--catalog`, and `--folder DIRECTORY` for migrations that no catalog carries; read with `folders`."""
    add_catalogs(parser, again=again)
    parser.add_argument(
        "--folder",
        metavar="DIRECTORY",
        type=Path,
        action="append",
        default=argparse.SUPPRESS if again else None,
        help="migrations that no catalog carries, applied after those of --catalog; may be given again. Without "
        "--catalog, no other migrations are applied",
    )


def chosen_project(chosen: argparse.Namespace) -> Project:
    """The project of the catalogs and folders that were given, else the one that a pyproject.toml describes."""
    catalogs, given = chosen.catalog or (), getattr(chosen, "folder", None) or ()
    pyproject = getattr(chosen, "project", None)
    if catalogs and pyproject:
        raise SettingsError("--catalog and --project both name the catalogs; pass only one of them")
    return given_project(catalogs, given) if catalogs or given else read_project(pyproject)


def project_with_migrations(chosen: argparse.Namespace) -> Project:
    """The same. Raises `SettingsError` if nothing names migrations: none are applied that were not asked for."""
    found = chosen_project(chosen)
    if not found.migrations:
        where = f"{found.file}: " if found.file else ""
        raise SettingsError(f"{where}no migrations are named; {NAME_THEM}")
    return found


def folders(chosen: argparse.Namespace) -> tuple[Path, ...]:
    """The folders of migrations of that project."""
    return project_with_migrations(chosen).migrations


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
