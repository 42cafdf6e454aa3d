"""`hangar-dal backup`: copy a SQLite database while it is in use."""

import argparse
import asyncio
import sys
from pathlib import Path

from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.options import add_database, add_keys, add_project, chosen_keys, chosen_project
from hangar_dal.cli.progress import Progress
from hangar_dal.cli.terminal import OK, YELLOW, coloured
from hangar_dal.database.backup import Backup, back_up
from hangar_dal.settings import Settings


def add(commands: Subcommands) -> None:
    """Add the command `backup`."""
    parser = add_command(
        commands,
        "backup",
        _backup,
        "copy a SQLite database while applications use it",
        """\
        Copies the database to a new file that only you can read. The copy has the state of one moment, and applications
        can read and write while it is made. Before the copy gets its final name, the command checks that the file and
        its foreign keys are intact and that the configured keys open every sealed value. If a step fails, or if you
        press Ctrl-C, no copy remains.

          hangar-dal backup /backups/shop-$(date +%F).db

        An existing file is never overwritten. The copy does not contain the keys: back them up separately.
        docs/backup.md explains how to restore a copy. For PostgreSQL, use pg_dump.

        exit codes: 0 the copy was made and checked, 1 no copy was made, 2 wrong arguments or settings
        """,
    )
    parser.add_argument("path", metavar="PATH", type=Path, help="the new file, in a folder that exists")
    add_database(parser)
    parser.add_argument(
        "--accept-unopened",
        action="store_true",
        help="keep the copy even if sealed values in it cannot be opened, and list them",
    )
    add_keys(parser)
    add_project(parser)


def _backup(chosen: argparse.Namespace) -> int:
    shown = Progress()
    try:
        made = asyncio.run(_made(chosen, shown))
    finally:
        shown.clear()
    for error in made.unopened:
        print(coloured(f"not opened: {error}", YELLOW, sys.stdout))
    if more := made.unopened_count - len(made.unopened):
        print(coloured(f"not opened: {more} more", YELLOW, sys.stdout))
    print(f"{made.path}: {made.pages} pages, {made.size} bytes; {_sealed(made)}")
    return OK


def _sealed(made: Backup) -> str:
    told = [f"{made.opened} sealed values opened"]
    if made.undeclared:
        told.append(
            f"{made.undeclared} compared by key id only, because no catalog of this command declares their columns"
        )
    if made.unopened_count:
        told.append(f"{made.unopened_count} not opened")
    return ", ".join(told)


async def _made(chosen: argparse.Namespace, shown: Progress) -> Backup:
    for catalog in chosen_project(chosen).catalogs:
        for each in catalog.lineage:
            each.import_modules()  # their models declare to what sealed values are bound
    settings = Settings(database_url=chosen.database) if chosen.database else Settings()

    def show(done: int, total: int) -> None:
        shown(done, total, "pages copied" if done < total else "pages copied, checking the copy")

    keys = chosen_keys(chosen)
    return await back_up(settings, chosen.path, keys=keys, progress=show, accept_unopened=chosen.accept_unopened)
