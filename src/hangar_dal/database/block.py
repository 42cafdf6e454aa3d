"""The block of a transaction: a connection taken and begun, then committed or rolled back, and put back.

Builds on `transaction` and `pool`, below `database`.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from hangar_dal.database.connection import ISOLATIONS, Connection, Isolation
from hangar_dal.database.pool import Pool
from hangar_dal.database.shielding import spawn, wait_through_cancellation
from hangar_dal.database.transaction import Owner, Place, Transaction
from hangar_dal.errors import ConnectionFailed, InvalidValue

# Code that opens a transaction for someone else.
_INSIDE: Final = ("hangar_dal.", "contextlib")


@asynccontextmanager
async def transaction_block(
    owner: Owner, pool: Pool, place: Place, *, isolation: Isolation | None, read_only: bool
) -> AsyncIterator[Transaction]:
    """Commits when the block is left without an error, else rolls back; always gives the connection back."""
    if isolation is not None and isolation not in ISOLATIONS:
        raise InvalidValue(f"isolation: must be None or one of {', '.join(ISOLATIONS)}")
    owner.home.check()
    connection = await _begun(pool, isolation, read_only)
    transaction = Transaction(owner, connection, place, read_only=read_only)
    connection.borrower = transaction
    try:
        yield transaction
        await transaction._end()
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
            raise  # as it is: its cause and its context are its own
        raise first from None
    connection.borrower = None
    if connection.ready:
        pool.release(connection)
        return
    # Lost after all that was to be read had been read.
    lost = ConnectionFailed("the connection was lost at the end of a read-only transaction")
    last, _ = await pool.recover(connection, lost)
    if last is not lost:
        raise last


async def _begun(pool: Pool, isolation: Isolation | None, read_only: bool, *, tries: int = 2) -> Connection:
    connection = pool.take() or await pool.acquire()
    try:
        await connection.begin(isolation, read_only)
    except BaseException as error:
        first, _ = await pool.recover(connection, error)
        if isinstance(first, ConnectionFailed) and tries > 1:  # it died between two calls, and nothing was done yet
            return await _begun(pool, isolation, read_only, tries=tries - 1)
        raise first from None
    return connection


def caller() -> Place:
    """Where the code outside of this package is that opens a transaction. No frame is kept: it holds variables."""
    frame = sys._getframe(2)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(_INSIDE):
        frame = frame.f_back
    return frame.f_code, frame.f_lineno
