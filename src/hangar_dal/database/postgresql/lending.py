"""A PostgreSQL connection that runs batches, writes many rows at once, and can be lent."""

from collections.abc import Sequence
from typing import Any, Final

from hangar_dal.database.batch import Call
from hangar_dal.database.postgresql.connection import BEGIN, COMMIT, PostgresConnection
from hangar_dal.database.postgresql.cursors import row_cursor
from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.postgresql.errors import DRIVER_ERRORS, is_stale_plan
from hangar_dal.database.postgresql.pipeline import Sent, run_pipeline
from hangar_dal.database.statement import Result, Statement
from hangar_dal.errors import raise_alone

_SET_READ_ONLY: Final = Statement("", "SET default_transaction_read_only = on", writes=False)
_NO_STATEMENT: Final = Statement("", "", writes=False)  # for an error of the whole batch


class LendableConnection(PostgresConnection):
    """A connection whose `psycopg.AsyncConnection` can be lent."""

    async def run_batch(self, calls: Sequence[Call], *, begin: bool, commit: bool) -> list[Result]:
        sent: list[Sent] = [(call.statement, call.parameters) for call in calls]
        before, after = [(BEGIN, ())] if begin else [], [(COMMIT, ())] if commit else []
        self.running = True
        self.elapsed_ticks = 0
        self.applied = False
        self._allowed = len(sent)
        try:
            cursors = await self._run_pipeline([*before, *sent, *after], may_repeat=begin)
        finally:
            self._allowed = 1
        found = cursors[len(before) : len(before) + len(sent)]
        results: list[Result] = []
        for cursor, (statement, parameters) in zip(found, sent, strict=True):
            try:
                results.append(await self._result(cursor, statement, parameters))
            except DRIVER_ERRORS as error:
                raise_alone(await self._failed(error, statement))
        self._ended()
        return results

    async def _run_pipeline(self, sent: Sequence[Sent], *, may_repeat: bool, prepare: bool = True) -> list[Any]:
        """Run the statements, and return their cursors."""
        cursors = [row_cursor(self.driver) for _ in sent]
        self._cursor = cursors[-1]  # tells whether COMMIT was applied
        failure = await run_pipeline(self.driver, cursors, sent, prepare=prepare)
        if failure is not None and may_repeat and is_stale_plan(failure):
            await self.driver.execute("ROLLBACK")
            await self.driver.execute("DEALLOCATE ALL")
            return await self._run_pipeline(sent, may_repeat=False, prepare=False)
        if failure is not None:
            unanswered = (each for cursor, (each, _) in zip(cursors, sent, strict=True) if cursor.pgresult is None)
            failed = _NO_STATEMENT if self.driver.closed else next(unanswered, _NO_STATEMENT)
            raise_alone(await self._failed(failure, failed))
        return cursors

    async def copy_in(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        self.running = True
        self.elapsed_ticks = 0
        self.applied = False
        try:
            async with self._cursor.copy(statement.text) as copy:
                for row in rows:
                    await copy.write_row(row)
        except DRIVER_ERRORS as error:
            raise_alone(await self._failed(error, statement))
        self._ended()

    async def lend(self, *, read_only: bool) -> Driver:
        if read_only and self.driver.reset:  # behind a pooler, SET would change another client's session
            await self.run(_SET_READ_ONLY, ())
        await self.driver.set_read_only(True if read_only else None)
        self._is_lent = True
        return self.driver

    async def take_back(self) -> bool:
        self._is_lent = False
        await self.settle()  # releases its locks now
        return False
