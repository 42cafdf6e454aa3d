"""The block of a transaction: take a connection, begin, commit or roll back, and release the connection."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from hangar_dal.database.connection import ISOLATIONS, Connection, Isolation
from hangar_dal.database.local_settings import Apply
from hangar_dal.database.pool import Pool
from hangar_dal.database.shielding import spawn, wait_through_cancellation
from hangar_dal.database.transaction import Owner, Place, Transaction
from hangar_dal.errors import ConnectionFailed, DatabaseError, InvalidValue

Begin = Callable[[Connection], Awaitable[None]]

# Modules that open a transaction for other code, so they are skipped when the caller is searched.
_INSIDE: Final = ("hangar_dal.", "contextlib")


@asynccontextmanager
async def transaction_block(
    owner: Owner, pool: Pool, place: Place, begin: Begin, *, read_only: bool = False, query: str = ""
) -> AsyncIterator[Transaction]:
    """Open a transaction for the block. Commit if the block ends without an error, otherwise roll back.

    The connection is always returned to the pool. Errors of BEGIN and COMMIT name `query`, if it is given.
    """
    owner.home.check(query or "BEGIN")
    try:
        connection = await _begun(pool, begin)
    except DatabaseError as error:
        error.of(query or "BEGIN")
        raise
    transaction = Transaction(owner, connection, place, read_only=read_only)
    connection.borrower = transaction
    try:
        yield transaction
        await transaction._end(query or "COMMIT")
    except BaseException as error:
        if owner.home.is_forked:
            raise
        cancelled = await wait_through_cancellation(spawn(transaction._abandon())) if transaction._busy else None
        transaction._closed = True
        first = cancelled if cancelled is not None and isinstance(error, Exception) else error
        if transaction._expired is None:
            connection.borrower = None
            first, _ = await pool.recover(connection, first)
        if first is error:
            raise  # keep its cause and context
        raise first from None
    connection.borrower = None
    if connection.ready:
        pool.release(connection)
        return
    # A read-only transaction lost its connection after its last statement.
    lost = ConnectionFailed("the connection was lost at the end of a read-only transaction")
    last, _ = await pool.recover(connection, lost)
    if last is not lost:
        raise last


def beginning(isolation: Isolation | None = None, *, read_only: bool = False, apply: Apply | None = None) -> Begin:
    """Return the function that begins a transaction. `apply` sets what the transaction has of its own."""
    if isolation is not None and isolation not in ISOLATIONS:
        raise InvalidValue(f"isolation: must be None or one of {', '.join(ISOLATIONS)}")

    async def begin(connection: Connection) -> None:
        await connection.begin(isolation, read_only)
        if apply is not None:
            await apply(connection)

    return begin


async def _begun(pool: Pool, begin: Begin, *, tries: int = 2) -> Connection:
    connection = pool.take() or await pool.acquire()
    try:
        await begin(connection)
    except BaseException as error:
        first, _ = await pool.recover(connection, error)
        if isinstance(first, ConnectionFailed) and tries > 1:  # lost while idle: nothing was done yet
            return await _begun(pool, begin, tries=tries - 1)
        raise first from None
    return connection


def caller() -> Place:
    """Return the code object and the line of the code outside of this package that opens a transaction.

    Does not keep the frame, because a frame refers to the values of local variables.
    """
    frame = sys._getframe(2)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(_INSIDE):
        frame = frame.f_back
    return frame.f_code, frame.f_lineno
