"""Find out whether failed work was applied, if no transaction was open around it. Below `database`."""

from hangar_dal.database.connection import COMMITTED, UNKNOWN, Connection
from hangar_dal.database.pool import Pool
from hangar_dal.errors import CommitUnknown, ConnectionFailed, DatabaseClosed, DatabaseError


async def put_back(
    pool: Pool, connection: Connection, error: BaseException, query: str, *, writes: bool
) -> BaseException:
    """Return the connection to the pool after failed or cancelled work, and return the error to raise.

    Errors name `query`, if they name none.
    """
    error, applied = await pool.recover(connection, error)
    if isinstance(error, DatabaseError):
        error.of(query)
    if not writes or applied is False:
        return error
    if isinstance(error, ConnectionFailed | DatabaseClosed):
        message = (
            "the connection was lost while the statement ran: check whether it was applied before you run it again"
        )
        error = CommitUnknown(message, sqlstate=error.sqlstate).of(query)
    elif not isinstance(error, Exception):
        error.add_note(COMMITTED if applied else UNKNOWN)
    return error
