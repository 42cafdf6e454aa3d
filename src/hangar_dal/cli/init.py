"""`hangar-dal init`: write a project in which pytest, `check` and `migrations verify` pass."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.terminal import OK
from hangar_dal.errors import SettingsError
from hangar_dal.migrations.faults import display_path
from hangar_dal.sqlscan import DIALECTS, Dialect
from hangar_dal.starting import check_package, project_files, read_domain

_DIALECTS: Final[dict[str, tuple[Dialect, ...]]] = {
    "both": DIALECTS,
    "sqlite": ("sqlite",),
    "postgresql": ("postgresql",),
}


def add(commands: Subcommands) -> None:
    """Add the command `init`."""
    parser = add_command(
        commands,
        "init",
        _init,
        "write a new project",
        """\
        Writes a project into this folder: a package with a catalog and a first domain, its migration, tests, and the
        configuration of the tools. pytest, `hangar-dal check` and `hangar-dal migrations verify` pass at once. Files
        that exist are not changed: if one of them exists, nothing is written.

          hangar-dal init shop
          hangar-dal init shop --domain orders --dialect postgresql
          hangar-dal init shop --accounts    with the tables for users and their sessions

        exit codes: 0 success, 2 nothing was written, because a name is wrong or a file exists
        """,
    )
    parser.add_argument("package", metavar="PACKAGE", help="the name of the package, such as shop")
    parser.add_argument("--domain", metavar="NAME", default="items", help="the first table and module; default: items")
    parser.add_argument(
        "--dialect", choices=_DIALECTS, default="both", help="the databases to write the SQL for; default: both"
    )
    parser.add_argument("--accounts", action="store_true", help="use the catalog ACCOUNTS of this package")


def _init(chosen: argparse.Namespace) -> int:
    check_package(chosen.package)
    domain, dialects = read_domain(chosen.domain), _DIALECTS[chosen.dialect]
    if chosen.accounts and domain.plural == "users":
        raise SettingsError("--domain users: ACCOUNTS has a table users; choose another name")
    write_new(project_files(chosen.package, domain, dialects, with_accounts=chosen.accounts))
    print("next: read README.md, then run `hangar-dal migrations apply`")
    return OK


def write_new(files: Mapping[Path, str], *, is_quiet: bool = False) -> None:
    """Write the files, all or none, and print their names. Raises `SettingsError` if one of them exists."""
    for path in files:
        if path.exists():
            raise SettingsError(f"{display_path(path)} exists; nothing was written")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        if not is_quiet:
            print(f"written: {display_path(path)}")
