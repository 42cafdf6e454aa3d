"""Send statements in one round trip, with the pipeline mode of libpq. Below `connection`.

https://www.postgresql.org/docs/current/libpq-pipeline-mode.html
"""

from collections.abc import Sequence
from typing import Any

from psycopg.errors import PipelineAborted

from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.postgresql.errors import DRIVER_ERRORS
from hangar_dal.database.statement import Parameters, Statement

Sent = tuple[Statement, Parameters]


async def run_pipeline(
    driver: Driver, cursors: Sequence[Any], sent: Sequence[Sent], *, prepare: bool
) -> Exception | None:
    """Run each statement with its own cursor. Return the error of the first one that failed, or None.

    The server runs none after it: the cursors of the failed statement and of all later ones have no result.
    """
    manager = driver._prepared  # private: nothing public tells what is prepared. A test checks that it has not changed.
    prepared = set(manager._names)
    failure: BaseException | None = None
    try:
        async with driver.pipeline():
            try:
                for cursor, (statement, parameters) in zip(cursors, sent, strict=True):
                    # Statements without a name are those of this package, such as BEGIN.
                    may_prepare = None if prepare and statement.name else False
                    await cursor.execute(statement.text, parameters, prepare=may_prepare, binary=statement.is_binary)
            except BaseException as error:  # if it left the block, psycopg would log the next one, with its values
                failure = error
    except BaseException as error:
        if failure is None or (isinstance(failure, Exception) and not isinstance(error, PipelineAborted)):
            failure = error  # of an earlier statement, whose answer came later
    if failure is not None and not prepared.issuperset(manager._names):
        manager.clear()  # psycopg takes statements for prepared that the server has skipped
    if failure is None or isinstance(failure, DRIVER_ERRORS):
        return failure
    raise failure
