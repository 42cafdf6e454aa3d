"""Self-registration of users."""

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
    """Create an account like `users.create_user` and record an event. Does not confirm the e-mail address.

    Raises `WeakPassword` if the password is easy to guess, and `UniqueViolation`, whose `columns` say what is taken.
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
