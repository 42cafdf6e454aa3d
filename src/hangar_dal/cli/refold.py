"""`hangar-dal refold`: recompute stored folds and grams."""

import argparse
import asyncio
import sys

from hangar_dal.check.project.project import NAME_THEM
from hangar_dal.cli.commands import Subcommands, add_command
from hangar_dal.cli.options import add_database, add_project, chosen_project
from hangar_dal.cli.terminal import FAILED, OK, PENDING, RED, YELLOW, coloured
from hangar_dal.database import open_database
from hangar_dal.errors import SettingsError
from hangar_dal.refolding import BATCH, RefoldOutcome, fold_columns, refold
from hangar_dal.settings import Settings


def add(commands: Subcommands) -> None:
    """Add the command `refold`."""
    parser = add_command(
        commands,
        "refold",
        _refold,
        "recompute the columns by which texts are compared and searched",
        """\
        Recomputes the `<name>_fold` columns, by which names and e-mail addresses are compared, and the `<name>_grams`
        and `<name>_words` columns, by which a search finds texts. Run it after an upgrade of this package that changes
        how texts are folded, and for texts that have no grams or words yet. It also stores the domains of e-mail
        addresses as A-labels. It recomputes only columns of the catalogs that --catalog or [tool.hangar_dal] names, and
        of the catalogs they use. It lists the others as left out.

        The application can keep running. If the command is stopped, even by SIGKILL, start it again. Run it with
        --check first, which changes nothing. The command does not change rows that would become equal, nor rows whose
        text is no longer allowed. It prints the keys of these rows, but not their texts. Change the texts in the
        application, then run the command again.

        exit codes: 0 nothing is left to do, 1 some rows could not be changed, 2 wrong arguments or settings, 3 with
        --check: all outdated rows can be changed
        """,
    )
    add_database(parser)
    parser.add_argument("--check", action="store_true", help="change nothing, and report what would change")
    parser.add_argument(
        "--batch", metavar="ROWS", type=_positive, default=BATCH, help="rows to read at once (default: %(default)s)"
    )
    add_project(parser)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _refold(chosen: argparse.Namespace) -> int:
    outcomes = asyncio.run(_outcomes(chosen))
    for outcome in outcomes:
        _print(outcome, check=chosen.check)
    if any(outcome.equal or outcome.refused for outcome in outcomes):
        return FAILED
    return PENDING if chosen.check and any(outcome.changed for outcome in outcomes) else OK


async def _outcomes(chosen: argparse.Namespace) -> list[RefoldOutcome]:
    from hangar_dal.migrations.drift import database_schema  # noqa: PLC0415 - few commands read schemas

    catalogs = chosen_project(chosen).lineage
    if not catalogs:
        raise SettingsError(f"no catalog is named, so it is unknown how columns are folded; {NAME_THEM}")
    settings = Settings(database_url=chosen.database) if chosen.database else Settings()
    schema = await asyncio.to_thread(database_schema, chosen.database)
    columns, left_out = fold_columns(catalogs, schema, settings.target.dialect)
    for sentence in left_out:
        print(coloured(f"left out: {sentence}", YELLOW, sys.stdout))
    async with open_database(settings, check_schema=False) as db:
        return [await refold(db, column, check=chosen.check, batch=chosen.batch) for column in columns]


def _print(outcome: RefoldOutcome, *, check: bool) -> None:
    done = "to change" if check else "changed"
    print(f"{outcome.column.name}: {outcome.changed} of {outcome.rows} rows {done}")
    for rows in outcome.equal:
        named = " and ".join(f"({row})" for row in rows)
        print(coloured(f"  equal: the rows {named} would have the same key; change one of them", RED, sys.stdout))
    for row, reason in outcome.refused:
        print(coloured(f"  refused: the row ({row}): {reason}", RED, sys.stdout))
