"""Import accounts from another system."""

from collections.abc import Iterable

from hangar_dal.batching import store_in_batches
from hangar_dal.database import Executor
from hangar_dal.users import ImportedUser, insert_users


async def import_users(db: Executor, rows: Iterable[ImportedUser], *, batch_size: int = 500) -> int:
    """Store accounts in batches, all or none, except those whose id is taken; return how many were stored.

    Raises `UniqueViolation`, whose `columns` say what is taken. Records no security events.
    """
    return sum(await store_in_batches(db, insert_users, rows, batch_size, key=lambda new: new.id))
