"""`python -m benchmarks fill`: fill an empty database with a plausible population, through the bulk functions."""

import argparse
import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from inspect import signature
from itertools import islice
from time import perf_counter
from typing import Any, Final

from pydantic import SecretStr

from benchmarks.moment import END, NOW, ROWS_PER_INSTANT, clock
from benchmarks.population import ROWS_PER_USER, Population
from benchmarks.stages import STAGES, Lane
from hangar_dal import (
    ACCOUNTS,
    COMMERCE,
    COMMUNITY,
    LIVESTREAMS,
    OUTBOX,
    Catalog,
    Database,
    Settings,
    open_database,
    users,
)
from hangar_dal.cli.progress import bar
from hangar_dal.errors import HangarError

USES: Final = [ACCOUNTS, COMMUNITY, COMMERCE, OUTBOX, LIVESTREAMS]
CATALOG: Final = Catalog("hangar_dal", name="benchmarks.fill:CATALOG", uses=USES)
ROWS_PER_TRANSACTION: Final = 20_000
ROWS_PER_STATEMENT: Final = 2_000
SQLITE_CACHE: Final = 256  # MiB; rows go to all places of the indexes
# Rows are made in threads. SQLite's thread needs the interpreter between two statements, and would get it every 5 ms.
SWITCH_INTERVAL: Final = 0.0002
# Nobody waits but the other lane, for whole transactions.
NO_LIMITS: Final = {"acquire_timeout": 86_400.0, "statement_timeout": 0.0, "idle_in_transaction_timeout": 0.0}
_Transaction = tuple[str, Callable[..., Any], list[tuple[datetime, list[Any]]]]
HELP: Final = """\
Fills a database with the rows of so many users, through the bulk functions of all catalogs: few users have most
followers, videos, views, likes, comments and livestreams. The same seed makes the same rows.

  yoyo apply                                                      makes the tables
  python -m benchmarks fill --users 100000                        in the database of the settings
  python -m benchmarks fill --users 1000 --database-url URL       in another one

A database that has users is refused. HANGAR_SEALING_KEYS has the keys for cookies and tokens. Nobody can sign in with a
password: the users have none.
"""


class Report:
    """Counts the rows. A terminal shows a bar, anything else a line for each table that is filled."""

    def __init__(self, expected: float) -> None:
        self.rows: dict[str, int] = {}
        self._expected = max(1, int(expected))
        self._begun = perf_counter()
        self._is_terminal = sys.stderr.isatty()

    def add(self, table: str, rows: int) -> None:
        self.rows[table] = self.rows.get(table, 0) + rows
        if self._is_terminal:
            done = min(sum(self.rows.values()), self._expected)
            print(
                f"\r\033[K{bar(done, self._expected)} {self._rate(done)}: {table}", end="", file=sys.stderr, flush=True
            )

    def finished(self, table: str, seconds: float) -> None:
        clear = "\r\033[K" if self._is_terminal else ""
        print(f"{clear}{table:<24} {self.rows[table]:>10,} rows {self.rows[table] / seconds:>9,.0f}/s", flush=True)

    def total(self) -> str:
        rows = sum(self.rows.values())
        return f"{'total':<24} {rows:>10,} rows {self._rate(rows)}"

    def _rate(self, rows: int) -> str:
        return f"{rows / (perf_counter() - self._begun):>9,.0f}/s"


async def fill(db: Database, population: Population, report: Report) -> None:
    """Store all rows. The database must have been opened with `clock`."""
    stages = [[_Ahead(_transactions(population, lane)) for lane in stage] for stage in STAGES]
    for stage, following in zip(stages, [*stages[1:], []], strict=True):
        async with asyncio.TaskGroup() as lanes:
            for lane in [*stage, *following]:
                lane.start()
            for lane in stage:
                lanes.create_task(_fill_tables(db, lane, report))


async def _fill_tables(db: Database, lane: "_Ahead", report: Report) -> None:
    filled, begun = "", perf_counter()
    async for table, store, parts in lane:
        if filled not in ("", table):
            report.finished(filled, perf_counter() - begun)
            begun = perf_counter()
        filled = table
        report.add(table, 0)
        # In a transaction, `store` opens a savepoint, for which SQLite copies each page before it changes.
        async with db.transaction() if len(parts) > 1 else nullcontext(db) as target:
            for now, rows in parts:
                NOW.set(now)
                report.add(table, await store(target, rows))
    report.finished(filled, perf_counter() - begun)


def _transactions(population: Population, lane: Lane) -> Iterator[_Transaction]:
    """What each transaction of a lane stores: the table, its function, and the rows with their instants.

    A table without rows has one transaction too, so that it is reported.
    """
    for table, function in lane.items():
        rows: Iterator[Any] = getattr(population, table)()
        has_batches = "batch_size" in signature(function).parameters
        store = partial(function, batch_size=ROWS_PER_STATEMENT) if has_batches else function
        yield table, store, _parts(population, table, rows)
        while parts := _parts(population, table, rows):
            yield table, store, parts


def _parts(population: Population, table: str, rows: Iterator[Any]) -> list[tuple[datetime, list[Any]]]:
    parts: list[tuple[datetime, list[Any]]] = []
    left = ROWS_PER_TRANSACTION
    while left > 0 and (first := list(islice(rows, 1))):
        now = population.now.get(table)
        size = left if now is None else ROWS_PER_INSTANT
        parts.append((now or END, [*first, *islice(rows, size - 1)]))
        left -= size
    return parts


class _Ahead:
    """The transactions of a lane, each made in a thread while the database stores the one before."""

    def __init__(self, transactions: Iterator[_Transaction]) -> None:
        self._transactions = transactions
        self._next: asyncio.Task[_Transaction | None] | None = None

    def start(self) -> None:
        """Begin to make the next one, unless that has begun."""
        if self._next is None:
            self._next = asyncio.create_task(asyncio.to_thread(next, self._transactions, None))

    async def __aiter__(self) -> AsyncIterator[_Transaction]:
        self.start()
        while self._next and (current := await self._next):
            self._next = None
            self.start()
            yield current


async def run(settings: Settings, size: int, seed: int) -> None:
    cache = max(settings.sqlite_cache, SQLITE_CACHE)
    settings = settings.model_copy(update={"sqlite_cache": cache, **NO_LIMITS})
    async with open_database(settings, catalog=CATALOG, clock=clock) as db:
        if found := await users.count_users(db):
            sys.exit(f"the database has {found:,} users already. Fill one that has none.")
        for catalog in USES:
            catalog.load()  # two seconds, or else at the first call of each query, while nothing is stored
        report = Report(size * ROWS_PER_USER)
        await fill(db, Population(size, seed=seed), report)
        print(report.total())


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks fill", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=1000, metavar="N", help="how many users (default 1000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the random choices (default 1)")
    parser.add_argument("--database-url", metavar="URL", help="by default that of the settings, DATABASE_URL")
    options = parser.parse_args(arguments)
    if options.users < 10:
        parser.error("--users: at least 10")
    given = {} if options.database_url is None else {"database_url": SecretStr(options.database_url)}
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.disable()  # the rows hold no cycles, and it would look at all of them again and again
    try:
        asyncio.run(run(Settings(**given), options.users, options.seed))
    except* HangarError as errors:  # of each lane
        sys.exit("\n".join(f"{type(error).__name__}: {error}" for error in errors.exceptions))
    finally:
        gc.enable()
        sys.setswitchinterval(interval)
