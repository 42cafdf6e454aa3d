"""`hangar-dal migrations new`: write the files of the next migration."""

import argparse
from pathlib import Path

from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.options import add_folders, project_with_migrations
from hangar_dal.cli.terminal import OK
from hangar_dal.errors import SettingsError
from hangar_dal.migrations.faults import display_path
from hangar_dal.migrations.new import write


def add(actions: Subcommands) -> None:
    """Add the command `migrations new`."""
    parser = add_command(
        actions,
        "new",
        _new,
        "write the files of the next migration",
        """\
        Writes the next numbered migration: a shim, and for each database a SQL file and its rollback, to fill in. An
        unfinished file contains no statement, and `apply` refuses it.

          hangar-dal migrations new "add invoices"    writes 1003_add_invoices.py and its SQL files

        exit codes: 0 success, 2 nothing was written, because the folder is not clear
        """,
    )
    parser.add_argument("title", metavar="TITLE", help='what the migration changes, such as "add invoices"')
    add_folders(parser)


def _new(chosen: argparse.Namespace) -> int:
    for path in write(_folder(chosen), chosen.title):
        print(f"written: {display_path(path)}")
    print("next: fill in the SQL files, then run `hangar-dal migrations verify`")
    return OK


def _folder(chosen: argparse.Namespace) -> Path:
    """Return the only folder of migrations that belongs to the project itself."""
    project = project_with_migrations(chosen)
    used = {each.migrations for each in project.lineage if each not in project.catalogs}
    own = [folder for folder in project.migrations if folder not in used]
    if len(own) != 1:
        listed = ", ".join(map(display_path, own)) or "none of its own"
        raise SettingsError(f"the project has several folders of migrations, or none: {listed}; pass one with --folder")
    project.refuse_outside(own)
    return own[0]
