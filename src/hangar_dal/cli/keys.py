"""`hangar-dal keys ...`: create keys, count the values that each key has sealed, and replace old keys."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from hangar_dal import sealing, security_events
from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.check.project.project import NAME_THEM
from hangar_dal.cli.commands import Command, Subcommands, add_command
from hangar_dal.cli.keys_report import Counts, print_counts, print_rotated, rotation_code, status_code
from hangar_dal.cli.options import add_database, add_keys, add_project, chosen_keys, chosen_project
from hangar_dal.cli.progress import Progress, bar
from hangar_dal.cli.terminal import OK
from hangar_dal.database import Database, open_database
from hangar_dal.errors import SettingsError
from hangar_dal.query import Catalog
from hangar_dal.rekeying import Counted, SealedColumn, count_keys, rotate, sealed_columns
from hangar_dal.settings import Settings


def add(commands: Subcommands) -> None:
    """Add `keys` and its commands."""
    parser = commands.add_parser(
        "keys",
        help="create, count and replace the keys that seal values",
        description="Manage the keys that seal (encrypt) values before they are stored. docs/deployment.md explains "
        "how to replace a key.",
    )
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add_command(
        actions,
        "new",
        _new,
        "print a new key",
        """\
        Prints a new entry for HANGAR_SEALING_KEYS. The first entry seals new values, and every entry opens values:

          first key      HANGAR_SEALING_KEYS="$(hangar-dal keys new)"
          new key        HANGAR_SEALING_KEYS="$(hangar-dal keys new),$HANGAR_SEALING_KEYS"

        Keep keys where you keep passwords. If a key is lost, nobody can read the values that it sealed.
        """,
    )
    offered: tuple[tuple[str, Command, str, str], ...] = (
        (
            "status",
            _status,
            "count the values that each key has sealed",
            """\
            Counts the values that each key has sealed, in every sealed column of the catalogs that --catalog or
            [tool.hangar_dal] names, and of the catalogs they use. In each column, it opens one value of each key. It
            reports keys that are not configured or do not open the value, and says when an old key can be removed. It
            changes nothing, and the application can keep running.

            exit codes: 0 all values are sealed with the first key, 1 some cannot be opened with the configured keys, or
            a column was left out, 2 wrong arguments or settings, 3 some must be sealed again with `rotate`
            """,
        ),
        (
            "rotate",
            _rotate,
            "seal every value again with the first key",
            """\
            Seals every value of every sealed column again with the first key, then counts the values of the other
            keys. The application can keep running, and its writes are never overwritten. Before you start the
            command, configure the first key in all processes of the application. If the command is stopped, even by
            SIGKILL, start it again.

            A value that cannot be opened is not changed. It is reported with its table, the key of its row and the id
            of the key that sealed it. If hangar_dal:ACCOUNTS is among the catalogs, each run writes the security event
            KEYS_ROTATED.

            exit codes: 0 all values are sealed with the first key, 1 some are not, or a column was left out, 2 wrong
            arguments or settings
            """,
        ),
    )
    for name, command, summary, description in offered:
        offer = add_command(actions, name, command, summary, description)
        add_database(offer)
        add_keys(offer)
        add_project(offer)


def _new(_: argparse.Namespace) -> int:
    print(sealing.new_key())
    return OK


def _status(chosen: argparse.Namespace) -> int:
    return asyncio.run(_counted(chosen))


def _rotate(chosen: argparse.Namespace) -> int:
    return asyncio.run(_rotated(chosen))


@dataclass(frozen=True, slots=True)
class _Work:
    db: Database
    catalogs: Sequence[Catalog]
    columns: list[SealedColumn]
    left_out: list[str]


@asynccontextmanager
async def _opened(chosen: argparse.Namespace, *, check_schema: bool) -> AsyncIterator[_Work]:
    from hangar_dal.migrations.drift import database_schema  # noqa: PLC0415 - few commands read schemas

    catalogs = chosen_project(chosen).lineage
    if not catalogs:
        raise SettingsError(f"no catalog is named, so the sealed columns are unknown; {NAME_THEM}")
    settings = Settings(database_url=chosen.database) if chosen.database else Settings()
    columns, left_out = sealed_columns(catalogs, await asyncio.to_thread(database_schema, chosen.database))
    # The database needs the keys, and has them if it is opened with one catalog that has sealed values.
    catalog = ACCOUNTS if ACCOUNTS in catalogs else next((each for each in catalogs if each.has_sealed), None)
    async with open_database(settings, catalog=catalog, keys=chosen_keys(chosen), check_schema=check_schema) as db:
        yield _Work(db, catalogs, columns, left_out)


async def _counted(chosen: argparse.Namespace) -> int:
    async with _opened(chosen, check_schema=False) as work:
        counts = await _count(work)
        print_counts(counts, work.left_out, work.db.keyring.ids)
        return status_code(counts, work.left_out, work.db.keyring.ids)


async def _rotated(chosen: argparse.Namespace) -> int:
    async with _opened(chosen, check_schema=True) as work:
        shown = Progress()
        for column in work.columns:
            try:
                rotated = await rotate(work.db, column, progress=_bar_of(shown, column))
            finally:
                shown.clear()
            print_rotated(rotated, work.db.keyring.ids[0])
        if ACCOUNTS in work.catalogs:
            event = security_events.NewSecurityEvent(kind=security_events.SecurityEventKind.KEYS_ROTATED)
            await security_events.record_security_event(work.db, event)
        counts = await _count(work)
        print_counts(counts, work.left_out, work.db.keyring.ids)
        return rotation_code(counts, work.left_out, work.db.keyring.ids)


async def _count(work: _Work) -> Counts:
    counts: dict[str, Counted] = {}
    shown = Progress()
    try:
        for column in work.columns:
            counts[column.name] = await count_keys(work.db, column, progress=_bar_of(shown, column))
    finally:
        shown.clear()
    return counts


def _bar_of(shown: Progress, column: SealedColumn) -> Callable[[int, int], None]:
    return lambda done, total: shown(done, total, f"{bar(done, total)} {column.name}")
