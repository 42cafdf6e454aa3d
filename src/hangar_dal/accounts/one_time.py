"""Links that are sent to users: accept an invitation, confirm an e-mail address, reset a forgotten password.

These functions create and use the tokens of the links. The application sends the links.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import SecretStr

from hangar_dal import one_time_tokens, passwords, users
from hangar_dal.accounts.changing_passwords import finish_new_password
from hangar_dal.accounts.events import record
from hangar_dal.database import Database, Executor, Transaction, atomic
from hangar_dal.database.executor import WAITS_FOR_HASH, refuse_transaction
from hangar_dal.errors import NotFound, TokenInvalid
from hangar_dal.models.row import Row
from hangar_dal.models.users import NewUser, User, UserRole, UserStatus
from hangar_dal.one_time_tokens import IssuedOneTimeToken, OneTimeToken, TokenPurpose
from hangar_dal.password_rules import check_secret
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.tokens import may_be_token, token_hash
from hangar_dal.values import uuid7

_REFUSED: Final = "the link is no longer valid; ask for a new one"
_NOT_INVITED: Final = "there is no INACTIVE user with this id and an e-mail address, so nobody can be invited"
_NO_ADDRESS: Final = "there is no ACTIVE user with this id and an e-mail address, so nothing can be confirmed"


class Invitation(Row):
    """An invited user and the token for `accept_invitation`, which cannot be read again."""

    user: User
    token: SecretStr
    expires_at: datetime


async def invite_user(
    db: Executor,
    *,
    username: str,
    email: str,
    display_name: str | None = None,
    phone_number: str | None = None,
    role: UserRole = UserRole.USER,
    is_test_user: bool = False,
    is_private: bool = False,
    actor_id: UUID | None,
    lifetime: timedelta | None = None,
    source: str | None = None,
    user_agent: str | None = None,
) -> Invitation:
    """Create an INACTIVE account for another person, who sets the password with `accept_invitation`.

    `actor_id` is the inviting administrator. Raises `UniqueViolation`, whose `columns` say what is taken.
    """
    new = NewUser.model_construct(
        username=username,
        email=email,
        display_name=username if display_name is None else display_name,
        phone_number=phone_number,
        status=UserStatus.INACTIVE,
        role=role,
        is_test_user=is_test_user,
        is_private=is_private,
    )
    async with atomic(db) as tx:
        user = await users.insert_user(tx, new, hashed_password=passwords.UNUSABLE)
        return await _invite(tx, user, actor_id, lifetime, source=source, user_agent=user_agent)


async def renew_invitation(
    db: Executor,
    user_id: UUID,
    *,
    actor_id: UUID | None,
    lifetime: timedelta | None = None,
    source: str | None = None,
    user_agent: str | None = None,
) -> Invitation:
    """Invite an INACTIVE user again, for example after the token has expired. The earlier token stops working.

    Raises `NotFound` if there is no such user.
    """
    async with atomic(db) as tx:
        user = await users.get_user(tx, user_id)
        return await _invite(tx, user, actor_id, lifetime, source=source, user_agent=user_agent)


async def accept_invitation(
    db: Database, token: SecretStr, password: SecretStr, *, source: str | None = None, user_agent: str | None = None
) -> User:
    """Set the password of an invited user, which makes the user ACTIVE.

    Raises `TokenInvalid` if the token is unknown, used, replaced or expired, or the user's address or status has
    changed. Raises `WeakPassword` if the password is easy to guess; the token can then be used with another password.
    """
    purpose, kind = TokenPurpose.INVITATION, SecurityEventKind.INVITATION_ACCEPTED
    return await _set_password(db, token, password, purpose, kind, source=source, user_agent=user_agent)


async def request_password_reset(
    db: Executor,
    email: str,
    *,
    lifetime: timedelta | None = None,
    source: str | None = None,
    user_agent: str | None = None,
) -> IssuedOneTimeToken | None:
    """Create a token to reset the password of the ACTIVE user with this e-mail address; None if there is none.

    Runs the same statements for an unknown address and an inactive account. Send the same answer to the client in all
    cases, and send the e-mail after the answer: its duration would reveal who has an account.
    """
    async with atomic(db) as tx:
        user = await users.find_user_by_email(tx, email)
        user_id, address = (user.id, user.email or email) if user else (uuid7(), email)
        purpose, kind = TokenPurpose.PASSWORD_RESET, SecurityEventKind.PASSWORD_RESET_REQUESTED
        issued = await one_time_tokens.issue_one_time_token(tx, user_id, purpose, email=address, lifetime=lifetime)
        await record(tx, kind, user.id if user else None, source=source, user_agent=user_agent)
    return issued


async def reset_password_with_token(
    db: Database, token: SecretStr, password: SecretStr, *, source: str | None = None, user_agent: str | None = None
) -> User:
    """Replace a forgotten password, end all sessions of the user and lift locks, in one transaction.

    Raises the same errors as `accept_invitation`. A second factor stays valid.
    """
    purpose, kind = TokenPurpose.PASSWORD_RESET, SecurityEventKind.PASSWORD_RESET
    return await _set_password(db, token, password, purpose, kind, source=source, user_agent=user_agent)


async def request_email_confirmation(
    db: Executor,
    user_id: UUID,
    *,
    lifetime: timedelta | None = None,
    source: str | None = None,
    user_agent: str | None = None,
) -> IssuedOneTimeToken:
    """Create a token to confirm the user's e-mail address. Send it only to `stored.email`.

    Raises `NotFound` if there is no such user, or the user has no address or is not active.
    """
    async with atomic(db) as tx:
        user = await users.get_user(tx, user_id)
        purpose, issued = TokenPurpose.EMAIL_CONFIRMATION, None
        if user.email is not None:
            issued = await one_time_tokens.issue_one_time_token(
                tx, user_id, purpose, email=user.email, lifetime=lifetime
            )
        if issued is None:
            raise NotFound(_NO_ADDRESS)
        kind = SecurityEventKind.EMAIL_CONFIRMATION_REQUESTED
        await record(tx, kind, user_id, source=source, user_agent=user_agent)
    return issued


async def confirm_email(
    db: Executor, token: SecretStr, *, source: str | None = None, user_agent: str | None = None
) -> User:
    """Mark the user's address as confirmed.

    Raises `TokenInvalid` if the token is not valid or the address has changed.
    """
    if not may_be_token(token):
        raise TokenInvalid(_REFUSED)
    purpose = TokenPurpose.EMAIL_CONFIRMATION
    async with atomic(db) as tx:
        used = await one_time_tokens.use_one_time_token(tx, purpose=purpose, token_hash=token_hash(token))
        user = await users.get_user(tx, used.user_id) if used else None
        if used is None or user is None or not _is_for(used, user):
            raise TokenInvalid(_REFUSED)  # the rollback undoes the use
        await one_time_tokens.store_confirmed_email(tx, user_id=user.id, email=used.email)
        await record(tx, SecurityEventKind.EMAIL_CONFIRMED, user.id, source=source, user_agent=user_agent)
    return user


async def is_email_confirmed(db: Executor, user: User) -> bool:
    """Return whether the user has confirmed the current address."""
    confirmed = await one_time_tokens.find_confirmed_email(db, user.id)
    return confirmed is not None and confirmed.email == user.email


async def _invite(
    tx: Transaction,
    user: User,
    actor_id: UUID | None,
    lifetime: timedelta | None,
    *,
    source: str | None,
    user_agent: str | None,
) -> Invitation:
    purpose, issued = TokenPurpose.INVITATION, None
    if user.email is not None:
        issued = await one_time_tokens.issue_one_time_token(tx, user.id, purpose, email=user.email, lifetime=lifetime)
    if issued is None:
        raise NotFound(_NOT_INVITED)
    kind = SecurityEventKind.INVITED
    await record(tx, kind, user.id, actor_id=actor_id, source=source, user_agent=user_agent)
    return Invitation(user=user, token=issued.token, expires_at=issued.stored.expires_at)


async def _set_password(
    db: Database,
    token: SecretStr,
    password: SecretStr,
    purpose: TokenPurpose,
    kind: SecurityEventKind,
    *,
    source: str | None,
    user_agent: str | None,
) -> User:
    """Use a token and store the hash of a password. An invalid token is rejected before any hashing."""
    refuse_transaction(db, f"{WAITS_FOR_HASH}Call this outside of transactions.")
    check_secret(password)
    if not may_be_token(token):
        raise TokenInvalid(_REFUSED)
    presented = token_hash(token)

    async def finish(tx: Transaction) -> User:
        # The UPDATE of the user comes first, as in all password changes, so that two of them cannot deadlock.
        user = await users.set_password_hash(tx, user_id, hashed_password=hashed)
        used = await one_time_tokens.use_one_time_token(tx, purpose=purpose, token_hash=presented)
        if used is None or not _is_for(used, user):
            raise TokenInvalid(_REFUSED)  # the rollback undoes all changes
        if purpose is TokenPurpose.INVITATION:
            user = await users.set_user_status(tx, user_id, UserStatus.ACTIVE)
        await finish_new_password(tx, user, kind, source=source, user_agent=user_agent)
        return user

    try:
        found = await one_time_tokens.find_live_one_time_token(db, purpose=purpose, token_hash=presented)
        user = await users.get_user(db, found.user_id) if found else None
        if found is None or user is None or not _is_for(found, user):
            raise TokenInvalid(_REFUSED)
        user_id, hashed = user.id, await users.hash_for(user, password)
        return await db.in_transaction(finish)
    except NotFound:  # the user was deleted in the meantime
        raise TokenInvalid(_REFUSED) from None


def _is_for(token: OneTimeToken, user: User) -> bool:
    """Return whether the user still has the address of the token and the status that its purpose requires."""
    status = UserStatus.INACTIVE if token.purpose is TokenPurpose.INVITATION else UserStatus.ACTIVE
    return user.email == token.email and user.status is status
