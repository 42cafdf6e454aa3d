"""Options that several commands share."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hangar_dal.check.project.project import NAME_THEM, Project, given_keys, given_project, read_project
from hangar_dal.errors import SettingsError
from hangar_dal.keyring import Keys
from hangar_dal.migrations.scratch import Server, Throwaway
from hangar_dal.settings import PostgresTarget, Settings, named_target, require_postgresql
from hangar_dal.sqlscan import Dialect


def add_database(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add `--database URL`, read as `chosen.database`.

    Pass `again=True` for a subcommand, so that it keeps the value that was given before the subcommand's name.
    """
    parser.add_argument(
        "--database",
        metavar="URL",
        default=argparse.SUPPRESS if again else None,
        help="the database, instead of DATABASE_URL; other users of this machine can read passwords in a command line",
    )


def add_catalogs(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add `--catalog module:NAME`, read with `chosen_project` or `folders`. `again` is as in `add_database`."""
    parser.add_argument(
        "--catalog",
        metavar="MODULE:NAME",
        action="append",
        default=argparse.SUPPRESS if again else None,
        help="a catalog, such as hangar_dal:ACCOUNTS; can be repeated. Default: the catalogs that [tool.hangar_dal] of "
        "the nearest pyproject.toml names",
    )


def add_project(parser: argparse.ArgumentParser) -> None:
    """Add `--catalog` and `--project FILE`, two ways to name catalogs, read with `chosen_project`."""
    add_catalogs(parser)
    parser.add_argument("--project", metavar="FILE", type=Path, help="a pyproject.toml; default: the nearest one")


def add_keys(parser: argparse.ArgumentParser) -> None:
    """Add `--keys module:NAME`, read with `chosen_keys`."""
    parser.add_argument(
        "--keys",
        metavar="MODULE:NAME",
        help="a function that returns the keys, as for open_database(keys=...); default: the keys of the settings",
    )


def chosen_keys(chosen: argparse.Namespace) -> Keys | None:
    """Return the function that `--keys` names; None if the option was not given and the settings have the keys."""
    return given_keys(chosen.keys) if chosen.keys else None


def add_folders(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add `--catalog`, and `--folder DIRECTORY` for migrations that belong to no catalog, read with `folders`."""
    add_catalogs(parser, again=again)
    parser.add_argument(
        "--folder",
        metavar="DIRECTORY",
        type=Path,
        action="append",
        default=argparse.SUPPRESS if again else None,
        help="a folder of migrations that belong to no catalog; they follow those of --catalog. Can be repeated. "
        "Without --catalog, the command uses only these folders",
    )


def chosen_project(chosen: argparse.Namespace) -> Project:
    """Return a project of the catalogs and folders that were given, or else the project of a pyproject.toml."""
    catalogs, given = chosen.catalog or (), getattr(chosen, "folder", None) or ()
    pyproject = getattr(chosen, "project", None)
    if catalogs and pyproject:
        raise SettingsError("--catalog and --project both name the catalogs; pass only one of them")
    return given_project(catalogs, given) if catalogs or given else read_project(pyproject)


def project_with_migrations(chosen: argparse.Namespace) -> Project:
    """Return the project as `chosen_project` does. Raises `SettingsError` if the project has no migrations."""
    found = chosen_project(chosen)
    if not found.migrations:
        where = f"{found.file}: " if found.file else ""
        raise SettingsError(f"{where}no migrations are named; {NAME_THEM}")
    return found


def folders(chosen: argparse.Namespace) -> tuple[Path, ...]:
    """Return the folders of migrations of the chosen project. Raises `SettingsError` if there are none."""
    return project_with_migrations(chosen).migrations


def add_postgresql(parser: argparse.ArgumentParser) -> None:
    """Add `--postgresql URL` and `--throwaway URL`, read with `server`."""
    parser.add_argument("--postgresql", metavar="URL", help="a server for the scratch database; default: DATABASE_URL")
    add_throwaway(parser)


def add_throwaway(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add `--throwaway URL`, read with `server` or `throwaway`. `again` is as in `add_database`."""
    parser.add_argument(
        "--throwaway",
        metavar="URL",
        default=argparse.SUPPRESS if again else None,
        help="an empty PostgreSQL database to use as the scratch database, for a role without CREATEDB; it is emptied "
        "afterwards. Default: HANGAR_THROWAWAY_URL, or a new database that is dropped afterwards",
    )


def throwaway(chosen: argparse.Namespace) -> str | None:
    """Return the URL of the throwaway database from the option, or else from the settings; None if there is none."""
    given: str | None = chosen.throwaway
    if given is not None:
        require_postgresql(given, "--throwaway")
        return given
    variable = Settings().throwaway_url
    if variable is None:
        return None
    require_postgresql(variable.get_secret_value(), "HANGAR_THROWAWAY_URL")
    return variable.get_secret_value()


NAME_SERVER: Final = "pass --postgresql URL, or set DATABASE_URL to that of a PostgreSQL server"


def server(chosen: argparse.Namespace) -> Server | None:
    """Return the throwaway database, or else the server of `--postgresql`, or else the server of the settings.

    None if the settings name a SQLite database. Raises `SettingsError` if an option is not a URL of PostgreSQL.
    """
    named = throwaway(chosen)
    if named is not None:
        return Throwaway(named)
    given: str | None = chosen.postgresql
    if given is not None:
        require_postgresql(given, "--postgresql")
        return given
    settings = Settings()
    return settings.url.get_secret_value() if isinstance(settings.target, PostgresTarget) else None


def add_sqlite_only(parser: argparse._ActionsContainer, does: str) -> None:
    """Add `--sqlite-only`, read with `dialects_of`."""
    parser.add_argument("--sqlite-only", action="store_true", help=f"{does}; needs no PostgreSQL server")


def dialects_of(chosen: argparse.Namespace, project: Project) -> tuple[Dialect, ...]:
    """Return the dialects of the project; only SQLite with `--sqlite-only`.

    Raises `SettingsError` if the project is not written for SQLite then.
    """
    if not chosen.sqlite_only:
        return project.dialects
    if "sqlite" not in project.dialects:
        raise SettingsError("--sqlite-only: the project is written for PostgreSQL only; pass --postgresql URL instead")
    return ("sqlite",)


def required_server(
    chosen: argparse.Namespace, dialects: Sequence[Dialect], *, can_leave_out: bool = False
) -> Server | None:
    """Return the PostgreSQL server for these dialects; None if they do not include PostgreSQL.

    Raises `SettingsError` if none is given. With `can_leave_out`, the message names `--sqlite-only`, if it fits.
    """
    if "postgresql" not in dialects:
        return None
    if (found := server(chosen)) is None:
        instead = "; or pass --sqlite-only" if can_leave_out and "sqlite" in dialects else ""
        raise SettingsError(f"no PostgreSQL server is given; {NAME_SERVER}{instead}")
    return found


def check_urls(chosen: argparse.Namespace) -> None:
    """Raise `SettingsError` if an option of a command is not a URL of a database. The message names the option."""
    for option in ("database", "postgresql", "throwaway"):
        if (url := getattr(chosen, option, None)) is not None:
            named_target(url, f"--{option}")
