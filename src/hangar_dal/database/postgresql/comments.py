"""Send the name of each query as a comment before its text, for pg_stat_activity, pg_stat_statements and logs."""

import re
from collections.abc import Sequence
from typing import Any, Final

from hangar_dal.database.batch import Call
from hangar_dal.database.connection import Connection
from hangar_dal.database.statement import Parameters, Result, Statement

_UNSAFE: Final = re.compile(r"[^\w. -]", re.ASCII)


class CommentedStatement(Statement):
    """A statement whose text begins with its name. Its columns are those of the original."""

    __slots__ = ("_original",)

    def __init__(self, original: Statement) -> None:
        self._original = original
        text = f"/* {_UNSAFE.sub('_', original.name)} */ {original.text}"
        super().__init__(original.name, text, original.writes, original.columns, original.expects_gaps)

    @property
    def columns(self) -> tuple[str, ...] | None:
        return self._original.columns

    @columns.setter
    def columns(self, columns: tuple[str, ...] | None) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._original.columns = columns


def send_comments(connection: Connection) -> None:
    """Let the connection send each statement that has a name with this name before it."""
    run, run_batch = connection.run, connection.run_batch
    open_cursor, copy_in = connection.open_cursor, connection.copy_in

    async def commented_run(statement: Statement, parameters: Parameters) -> Result:
        return await run(_commented(statement), parameters)

    async def commented_run_batch(calls: Sequence[Call], *, begin: bool, commit: bool) -> list[Result]:
        named = [call._replace(statement=_commented(call.statement)) for call in calls]
        return await run_batch(named, begin=begin, commit=commit)

    async def commented_open_cursor(statement: Statement, parameters: Parameters) -> Any:
        return await open_cursor(_commented(statement), parameters)

    async def commented_copy_in(statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        await copy_in(_commented(statement), rows)

    # Replaces the methods of this one object, so that other connections have no overhead.
    connection.run = commented_run  # type: ignore[method-assign]
    connection.run_batch = commented_run_batch  # type: ignore[method-assign]
    connection.open_cursor = commented_open_cursor  # type: ignore[method-assign]
    connection.copy_in = commented_copy_in  # type: ignore[method-assign]


def _commented(statement: Statement) -> Statement:
    """Return the statement with its comment, the same object each time, so that it is prepared once."""
    if not statement.name:
        return statement
    if statement.commented is None:
        statement.commented = CommentedStatement(statement)
    return statement.commented
