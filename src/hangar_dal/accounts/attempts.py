"""A sign-in attempt with a login and a password: counted as failed, verified, and uncounted if it succeeds.

An unknown login, a wrong password, a locked login and an inactive account run the same statements and hashes, so that
their time does not differ. A test counts both.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from pydantic import SecretStr

from hangar_dal import passwords, sign_in_failures, users
from hangar_dal.accounts.events import record
from hangar_dal.accounts.user_agents import storable
from hangar_dal.database import Database, Transaction
from hangar_dal.database.codecs import encoder
from hangar_dal.database.executor import refuse_transaction
from hangar_dal.database.types import value_type
from hangar_dal.errors import HashingBusy, InvalidCredentials, raise_alone
from hangar_dal.models.row import Source
from hangar_dal.models.users import Login, Lookup, User, UserStatus
from hangar_dal.password_rules import check_secret
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.sign_in_failures import LOGIN_LIMITS, SOURCE_LIMITS

T = TypeVar("T")

REFUSED: Final = "the login or the password is wrong, or too many attempts have failed; try again later"
_COMMITS: Final = (
    "a failure must be committed before the error is raised, and no connection may wait while a password is hashed. "
    "Call this outside of transactions."
)
# Checked before the attempt is counted. The queries check the same values, but only later.
_check_login: Final = encoder("login", value_type(Lookup))
_check_source: Final = encoder("source", value_type(Source | None))


class Outdated(Exception):
    """Raised to roll back a transaction if the account or its password has changed since it was verified."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was counted as failed. `is_allowed` is False if its login or source is locked."""

    login: str
    login_key: str
    source: str | None
    source_key: str | None
    user_agent: str | None
    is_allowed: bool
    has_locked: bool


async def begin(
    db: Database, login: str, password: SecretStr, *, source: str | None, user_agent: str | None
) -> Attempt:
    """Count an attempt before the password is verified, so that concurrent attempts cannot exceed the limits.

    Attempts of a locked source do not count for the login. Otherwise the source could keep the login locked for
    everybody.
    """
    refuse_transaction(db, _COMMITS)
    check_secret(password)
    _check_login(login)
    _check_source(source)
    user_agent = storable(user_agent)
    login_key, source_key = sign_in_failures.login_key(login), None
    counted_source = None
    if source is not None:
        source_key = sign_in_failures.source_key(source)
        counted_source = await sign_in_failures.count_attempt(db, source_key, SOURCE_LIMITS)
    is_counted = source is None or counted_source is not None
    counted_login = await sign_in_failures.count_attempt(db, login_key, LOGIN_LIMITS, is_counted=is_counted)
    return Attempt(
        login=login,
        login_key=login_key,
        source=source,
        source_key=source_key,
        user_agent=user_agent,
        is_allowed=counted_login is not None,
        has_locked=any(counted and counted.locked_until for counted in (counted_login, counted_source)),
    )


async def enter(
    db: Database,
    attempt: Attempt,
    password: SecretStr,
    work: Callable[[Login, str | None], Awaitable[T]],
) -> T:
    """Verify the password, then call `work` with the account, and with a new hash if the stored hash is weak.

    If `work` raises `Outdated`, verify and call it again. The attempt is not counted twice.
    """
    while True:
        found = await _verify(db, attempt, password)
        renewed = await _renew(db, attempt, found, password)
        try:
            return await work(found, renewed)
        except Outdated:
            continue


async def succeed(tx: Transaction, attempt: Attempt, found: Login, *, replaced_by: str | None) -> User:
    """Delete the failures of the login, uncount the attempt of the source, and store a new hash if given.

    Raises `Outdated` if the password has changed or the account is no longer active since the verification.
    """
    verified = found.hashed_password or ""
    if replaced_by is None:
        user = await users.find_verified_user(tx, found.id, verified=verified)
    else:
        user = await users.renew_password_hash(tx, found.id, verified=verified, renewed=replaced_by)
    if user is None:
        raise Outdated
    if attempt.source_key is not None:
        await sign_in_failures.take_back_attempt(tx, attempt.source_key)
    await sign_in_failures.delete_sign_in_failures(tx, attempt.login_key)
    return user


async def take_back(db: Database, attempt: Attempt) -> None:
    """Uncount an attempt that did not fail, because its password was not compared or a code is still needed."""
    if attempt.is_allowed:
        await sign_in_failures.take_back_attempt(db, attempt.login_key)
    if attempt.source_key is not None:
        await sign_in_failures.take_back_attempt(db, attempt.source_key)


async def record_failure(db: Database, attempt: Attempt, user_id: UUID | None, *, has_locked: bool = False) -> None:
    """Record the event of a failed attempt: LOCKED if it started a lock, otherwise SIGN_IN_FAILED."""
    kind = SecurityEventKind.LOCKED if attempt.has_locked or has_locked else SecurityEventKind.SIGN_IN_FAILED
    await record(db, kind, user_id, source=attempt.source, user_agent=attempt.user_agent)


async def _verify(db: Database, attempt: Attempt, password: SecretStr) -> Login:
    """Return the active account with this login and password.

    Otherwise commits an event and raises `InvalidCredentials`. Uncounts the attempt if `HashingBusy` is raised.
    """
    try:
        found = await _find_verified(db, attempt, password)
    except HashingBusy as error:
        await take_back(db, attempt)
        raise_alone(error.with_traceback(None))  # deeper frames have the hash in local variables
    if isinstance(found, Login):
        return found
    await record_failure(db, attempt, found)
    raise InvalidCredentials(REFUSED)


async def _renew(db: Database, attempt: Attempt, found: Login, password: SecretStr) -> str | None:
    """Return a new hash of the verified password if the stored hash has weaker parameters; else None."""
    if found.hashed_password is None or not passwords.needs_rehash(found.hashed_password):
        return None
    try:
        return await passwords.rehash_password(password)
    except HashingBusy as error:
        await take_back(db, attempt)
        raise_alone(error.with_traceback(None))  # deeper frames have the hash in local variables


async def _find_verified(db: Database, attempt: Attempt, password: SecretStr) -> Login | UUID | None:
    """Return the account if it may sign in, else its id, else None.

    Raises nothing while a local variable has the hash.
    """
    found = await users.find_login(db, attempt.login)
    matches = await passwords.verify_password(found.hashed_password if found else None, password)
    if found is None:
        return None
    may_enter = attempt.is_allowed and matches and found.status is UserStatus.ACTIVE
    return found if may_enter else found.id
