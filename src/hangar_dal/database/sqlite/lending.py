"""A SQLite connection that runs batches, writes many rows at once, and can be lent."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import aiosqlite

from hangar_dal.database.batch import Call
from hangar_dal.database.sqlite.connection import SqliteConnection
from hangar_dal.database.sqlite.errors import DRIVER_ERRORS
from hangar_dal.database.sqlite.watched import WatchedFile
from hangar_dal.database.statement import Result, Statement
from hangar_dal.errors import raise_alone


class LendableConnection(SqliteConnection):
    """A connection whose `aiosqlite.Connection` can be lent.

    `restore` sets up the connection of `:memory:` again, which cannot be replaced; None for a file.
    """

    def __init__(
        self,
        source: WatchedFile,
        set_up: Callable[[sqlite3.Connection], None],
        *,
        lock_timeout: float,
        tick_limit: int,
        restore: Callable[[sqlite3.Connection], None] | None = None,
    ) -> None:
        super().__init__(source, set_up, lock_timeout=lock_timeout, tick_limit=tick_limit)
        self._restore = restore

    async def run_batch(self, calls: Sequence[Call], *, begin: bool, commit: bool) -> list[Result]:
        return await self._timed(self._run_batch, calls, begin, commit)

    async def copy_in(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        await self._timed(self._copy, statement, rows)

    async def lend(self, *, read_only: bool) -> aiosqlite.Connection:
        await self.call(self._raw.execute, f"PRAGMA busy_timeout = {round(self._lock_timeout * 1000)}")
        if read_only and self._restore is not None:
            await self.call(self._raw.execute, "PRAGMA query_only = ON")
        self._is_lent = True
        return self._driver

    async def take_back(self) -> bool:
        await self.settle()
        self._is_lent = False
        if self.lost or self._restore is None:
            return False
        try:
            await self.call(self._clear)
        except (ValueError, sqlite3.Error):  # the borrower closed it
            return False
        return True

    def check_timeout(self) -> None:
        super().check_timeout()
        if self._is_lent:  # whether a borrower's statement runs is not known here
            self.elapsed_ticks = 0

    # The following methods run in the connection's thread.

    def _run_batch(self, calls: Sequence[Call], begin: bool, commit: bool) -> list[Result]:
        if begin:
            self._begin(read_only=not any(call.statement.writes for call in calls))
        results: list[Result] = []
        for call in calls:
            self.elapsed_ticks = 0  # the limit is for each statement
            results.append(self._run(call.statement, call.parameters))
        if commit:
            self._commit()
        return results

    def _copy(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        self.applied = False
        try:
            self._raw.executemany(statement.text, rows)
        except DRIVER_ERRORS as error:
            raise_alone(self._explained(error, statement))
        self.applied = True

    def _clear(self) -> None:
        raw = self._raw
        raw.row_factory, raw.text_factory, raw.isolation_level = None, str, None
        for _, name, _ in raw.execute("PRAGMA database_list").fetchall():
            if name not in ("main", "temp"):
                raw.execute(f'DETACH "{name}"')
        if self._restore is not None:
            self._restore(raw)
