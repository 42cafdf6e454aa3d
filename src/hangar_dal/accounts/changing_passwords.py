"""Replace a password, either as its owner with the old password, or as an administrator."""

from uuid import UUID

from pydantic import SecretStr

from hangar_dal import one_time_tokens, refresh_tokens, sign_in_failures, users
from hangar_dal.accounts import attempts
from hangar_dal.accounts.attempts import Attempt
from hangar_dal.accounts.events import record
from hangar_dal.database import Database, Transaction
from hangar_dal.database.executor import WAITS_FOR_HASH, refuse_transaction
from hangar_dal.errors import InvalidCredentials
from hangar_dal.models.users import Login, User
from hangar_dal.password_rules import check_secret
from hangar_dal.security_events import SecurityEventKind


async def change_password(
    db: Database,
    user_id: UUID,
    *,
    old: SecretStr,
    new: SecretStr,
    source: str | None = None,
    user_agent: str | None = None,
) -> User:
    """Replace the user's password and end all their sessions, in one transaction.

    Raises `WeakPassword` if the new password is easy to guess. Raises `InvalidCredentials` if the old password is
    wrong, the account is not active, or too many attempts have failed. Failures are counted together with those of
    sign-ins.
    """
    refuse_transaction(db, f"{WAITS_FOR_HASH}Call this outside of transactions.")
    check_secret(old)
    user = await users.get_user(db, user_id)
    hashed = await users.hash_for(user, new)
    login = user.username or user.email
    if login is None:  # an EVE SSO account
        raise InvalidCredentials("the account has no password")
    attempt = await attempts.begin(db, login, old, source=source, user_agent=user_agent)

    async def finish(found: Login, _: str | None) -> User:
        if found.id != user_id:  # another account took the name in the meantime
            raise InvalidCredentials(attempts.REFUSED)
        return await db.in_transaction(lambda tx: _change(tx, attempt, found, hashed))

    return await attempts.enter(db, attempt, old, finish)


async def reset_password(
    db: Database,
    user_id: UUID,
    *,
    new: SecretStr,
    actor_id: UUID,
    source: str | None = None,
    user_agent: str | None = None,
) -> User:
    """Replace a user's password as the administrator `actor_id`, end all sessions of the user and remove locks.

    Raises `WeakPassword` if the password is easy to guess, and `NotFound` if there is no such user.
    """
    refuse_transaction(db, f"{WAITS_FOR_HASH}Call this outside of transactions.")
    user = await users.get_user(db, user_id)
    hashed = await users.hash_for(user, new)

    async def store(tx: Transaction) -> User:
        kind = SecurityEventKind.PASSWORD_RESET
        return await store_password(tx, user_id, hashed, kind, actor_id=actor_id, source=source, user_agent=user_agent)

    return await db.in_transaction(store)


async def store_password(
    tx: Transaction,
    user_id: UUID,
    hashed: str,
    kind: SecurityEventKind,
    *,
    actor_id: UUID | None = None,
    source: str | None,
    user_agent: str | None,
) -> User:
    """Store the hash of a new password and call `finish_new_password`; return the user.

    The UPDATE of the user comes first: a concurrent sign-in then waits and fails, or its session is ended here.
    """
    user = await users.set_password_hash(tx, user_id, hashed_password=hashed)
    await finish_new_password(tx, user, kind, actor_id=actor_id, source=source, user_agent=user_agent)
    return user


async def finish_new_password(
    tx: Transaction,
    user: User,
    kind: SecurityEventKind,
    *,
    actor_id: UUID | None = None,
    source: str | None,
    user_agent: str | None,
) -> None:
    """End all sessions, remove locks, delete the tokens that could set another password, and record an event."""
    for login in (user.username, user.email):
        if login is not None:
            await sign_in_failures.delete_sign_in_failures(tx, sign_in_failures.login_key(login))
    await refresh_tokens.revoke_sessions(tx, user_id=user.id)
    await one_time_tokens.delete_password_tokens(tx, user.id)
    await record(tx, kind, user.id, actor_id=actor_id, source=source, user_agent=user_agent)


async def _change(tx: Transaction, attempt: Attempt, found: Login, hashed: str) -> User:
    await attempts.succeed(tx, attempt, found, replaced_by=hashed)
    kind = SecurityEventKind.PASSWORD_CHANGED
    return await store_password(tx, found.id, hashed, kind, source=attempt.source, user_agent=attempt.user_agent)
