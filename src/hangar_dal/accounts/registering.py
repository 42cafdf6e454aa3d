"""Create an account, by the person who will use it."""

from hangar_dal import users
from hangar_dal.accounts.events import record
from hangar_dal.database import Database, Transaction
from hangar_dal.database.executor import WAITS_FOR_HASH, refuse_transaction
from hangar_dal.errors import InvalidValue
from hangar_dal.models.users import NewUser, User
from hangar_dal.security_events import SecurityEventKind


async def register_user(
    db: Database, new: NewUser, *, source: str | None = None, user_agent: str | None = None
) -> User:
    """Create an account as `users.create_user` does, and record it. The address is not confirmed.

    `WeakPassword` if the password is easy to guess; `UniqueViolation.columns` says which name is taken.
    """
    refuse_transaction(db, f"{WAITS_FOR_HASH}Call this outside of transactions.")
    if not isinstance(new, NewUser):
        raise InvalidValue(f"new: expected NewUser, got {type(new).__name__}")
    hashed = None if new.password is None else await users.hash_for(new, new.password)

    async def store(tx: Transaction) -> User:
        user = await users.insert_user(tx, new, hashed_password=hashed)
        await record(tx, SecurityEventKind.REGISTERED, user.id, source=source, user_agent=user_agent)
        return user

    return await db.in_transaction(store)
