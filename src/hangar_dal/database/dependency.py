"""A transaction per request, for web frameworks that take async generators as dependencies."""

from collections.abc import AsyncIterator, Callable

from hangar_dal.database.connection import Isolation
from hangar_dal.database.database import Database
from hangar_dal.database.transaction import Transaction


def transaction_dependency(
    get_database: Callable[[], Database], *, read_only: bool = False, isolation: Isolation | None = None
) -> Callable[[], AsyncIterator[Transaction]]:
    """Return a dependency that commits if the request succeeds and rolls back if it fails.

    get_db = transaction_dependency(lambda: app.state.database)
    read_db = transaction_dependency(lambda: app.state.database, read_only=True)  # does not wait for a writer

    async def endpoint(db: Annotated[Transaction, Depends(get_db)]): ...
    """

    async def dependency() -> AsyncIterator[Transaction]:
        async with get_database().transaction(read_only=read_only, isolation=isolation) as transaction:
            yield transaction

    return dependency
