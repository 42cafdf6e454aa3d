"""Run a batch on a connection of its own: begin, run the queries, read their results, and commit."""

from collections.abc import Sequence

from hangar_dal.database.autocommit import put_back
from hangar_dal.database.batch import Call, ReadAll, Send, batch_name
from hangar_dal.database.block import transaction_block
from hangar_dal.database.connection import Connection
from hangar_dal.database.pool import Pool
from hangar_dal.database.statement import Result
from hangar_dal.database.transaction import Owner, Place
from hangar_dal.errors import DatabaseError


def sender(owner: Owner, writers: Pool, readers: Pool, place: Place) -> Send:
    """Return the function that runs the batches of a database."""

    async def send(calls: Sequence[Call], read: ReadAll) -> None:
        writes = any(call.statement.writes for call in calls)
        pool = writers if writes else readers
        if writes and any(call.returns_rows for call in calls):
            await _send_and_commit(owner, pool, place, calls, read)
        else:
            owner.home.check(batch_name(calls))
            read(await _send_at_once(pool, calls, writes=writes))

    return send


async def _send_at_once(pool: Pool, calls: Sequence[Call], *, writes: bool) -> list[Result]:
    name = batch_name(calls)
    try:
        connection = pool.take() or await pool.acquire()
    except DatabaseError as error:
        error.of(name)
        raise
    try:
        results = await connection.run_batch(calls, begin=True, commit=True)
    except BaseException as error:
        raise await put_back(pool, connection, error, name, writes=writes) from None
    pool.release(connection)
    return results


async def _send_and_commit(owner: Owner, pool: Pool, place: Place, calls: Sequence[Call], read: ReadAll) -> None:
    results: list[Result] = []

    async def begin(connection: Connection) -> None:
        results[:] = await connection.run_batch(calls, begin=True, commit=False)

    async with transaction_block(owner, pool, place, begin, query=batch_name(calls)):
        read(results)
