"""Links that are sent to users: accept an invitation, confirm an e-mail address, reset a forgotten password.

These functions make and use the tokens in such links. The application sends them.
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

_REFUSED: Final = "the link is not valid any more; ask for another one"
_NOT_INVITED: Final = "there is no INACTIVE user with this id and an e-mail address, so nobody can be invited"
_NO_ADDRESS: Final = "there is no ACTIVE user with this id and an e-mail address, so nothing can be confirmed"


class Invitation(Row):
    """A user who can sign in after `accept_invitation`, and the token for it, which cannot be read again."""

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
    """Create an account for another person, who chooses the password: INACTIVE until `accept_invitation`.

    `actor_id` is the administrator who invites. `UniqueViolation.columns` says which name is taken.
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
    """Invite an INACTIVE user again, for example after the token has expired; the earlier token does not work any more.

    `NotFound` if there is no such user.
    """
    async with atomic(db) as tx:
        user = await users.get_user(tx, user_id)
        return await _invite(tx, user, actor_id, lifetime, source=source, user_agent=user_agent)


async def accept_invitation(
    db: Database, token: SecretStr, password: SecretStr, *, source: str | None = None, user_agent: str | None = None
) -> User:
    """Set the password of an invited user, who is ACTIVE from then on.

    `TokenInvalid` if the token is unknown, used, replaced or expired, or the user's address or status has changed.
    `WeakPassword` if the password is easy to guess: the token can then be used with another one.
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
    """Make a token by which the user with this e-mail address can set a new password; None if nobody may.

    Runs the same statements for an unknown address and for an account that is not active. Give the same answer to the
    client too, and send the message afterwards: how long that takes would tell who has an account.
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

    Raises what `accept_invitation` raises. A second factor stays in force.
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
    """Make a token to be sent to the user's e-mail address, `stored.email`, and to no other.

    `NotFound` if there is no such user, or the user has no address or is not active.
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
    """Note that the user receives mail at their address. `TokenInvalid` if the address is another by now."""
    if not may_be_token(token):
        raise TokenInvalid(_REFUSED)
    purpose = TokenPurpose.EMAIL_CONFIRMATION
    async with atomic(db) as tx:
        used = await one_time_tokens.use_one_time_token(tx, purpose=purpose, token_hash=token_hash(token))
        user = await users.get_user(tx, used.user_id) if used else None
        if used is None or user is None or not _is_for(used, user):
            raise TokenInvalid(_REFUSED)  # which undoes the use
        await one_time_tokens.store_confirmed_email(tx, user_id=user.id, email=used.email)
        await record(tx, SecurityEventKind.EMAIL_CONFIRMED, user.id, source=source, user_agent=user_agent)
    return user


async def is_email_confirmed(db: Executor, user: User) -> bool:
    """Tell whether the user has confirmed the address that they have now."""
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
    """Use a token and store the hash of a password. Nothing is hashed for a token that is not valid."""
    refuse_transaction(db, f"{WAITS_FOR_HASH}Call this outside of transactions.")
    check_secret(password)
    if not may_be_token(token):
        raise TokenInvalid(_REFUSED)
    presented = token_hash(token)

    async def finish(tx: Transaction) -> User:
        # The UPDATE of the user comes first, as in all changes of a password, so that two of them cannot deadlock.
        user = await users.set_password_hash(tx, user_id, hashed_password=hashed)
        used = await one_time_tokens.use_one_time_token(tx, purpose=purpose, token_hash=presented)
        if used is None or not _is_for(used, user):
            raise TokenInvalid(_REFUSED)  # which undoes everything
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
    """Tell whether the user still has the address that the token was made for, and the status that it is for."""
    status = UserStatus.INACTIVE if token.purpose is TokenPurpose.INVITATION else UserStatus.ACTIVE
    return user.email == token.email and user.status is status
