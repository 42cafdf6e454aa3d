"""One-time tokens for links to accept an invitation, confirm an e-mail address or reset a password.

`from hangar_dal import one_time_tokens`. Every function takes a `Database` or a `Transaction` first, opened with
`ACCOUNTS`. Applications usually call the functions in `accounts`, which also record security events; see
docs/accounts.md.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.database import Database, Executor, time_of
from hangar_dal.models.one_time_tokens import Address
from hangar_dal.models.one_time_tokens import ConfirmedEmail as ConfirmedEmail
from hangar_dal.models.one_time_tokens import ImportedOneTimeToken as ImportedOneTimeToken
from hangar_dal.models.one_time_tokens import IssuedOneTimeToken as IssuedOneTimeToken
from hangar_dal.models.one_time_tokens import OneTimeToken as OneTimeToken
from hangar_dal.models.one_time_tokens import TokenPurpose as TokenPurpose
from hangar_dal.models.row import BatchSize, Sha256
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount
from hangar_dal.tokens import lifetime_end, new_token, token_hash

query = ACCOUNTS.query

LIFETIMES: Final[Mapping[TokenPurpose, timedelta]] = MappingProxyType(
    {
        TokenPurpose.INVITATION: timedelta(days=7),
        TokenPurpose.EMAIL_CONFIRMATION: timedelta(days=1),
        TokenPurpose.PASSWORD_RESET: timedelta(hours=1),
    }
)
"""The default lifetime of a token for each purpose."""


@query
async def replace_one_time_token(
    db: Executor,
    *,
    user_id: UUID,
    purpose: TokenPurpose,
    token_hash: Sha256,
    email: Address,
    expires_at: datetime,
) -> OneTimeToken | None:
    """Store the hash of a token; None if the user may not get one. `issue_one_time_token` creates the token."""
    ...


@query
async def insert_one_time_tokens(db: Executor, rows: list[ImportedOneTimeToken]) -> RowCount:
    """Store tokens in one statement, except those that exist. Used by `import_one_time_tokens`."""
    ...


@query
async def find_live_one_time_token(
    db: Executor, *, purpose: TokenPurpose, token_hash: Sha256, now: datetime | None = None
) -> OneTimeToken | None:
    """Return the token with this hash; None if it is unknown, used, expired or for another purpose."""
    ...


@query
async def use_one_time_token(
    db: Executor, *, purpose: TokenPurpose, token_hash: Sha256, now: datetime | None = None
) -> OneTimeToken | None:
    """Mark a live token as used; None if it is unknown, used, expired or for another purpose."""
    ...


@query
async def list_one_time_tokens(db: Executor, user_id: UUID) -> list[OneTimeToken]:
    """Return the user's tokens, including used and expired ones: at most one for each purpose."""
    ...


@query
async def delete_one_time_tokens(db: Executor, user_id: UUID) -> RowCount:
    """Delete all tokens of a user. Links that were sent stop working."""
    ...


@query
async def delete_password_tokens(db: Executor, user_id: UUID) -> RowCount:
    """Delete the tokens of a user that allow setting a password: invitation and password reset."""
    ...


@query
async def delete_expired_one_time_tokens(
    db: Executor, *, now: datetime | None = None, batch_size: BatchSize
) -> RowCount:
    """Delete up to `batch_size` expired tokens. `purge_expired_one_time_tokens` deletes all of them."""
    ...


@query
async def store_confirmed_email(db: Executor, *, user_id: UUID, email: Address) -> ConfirmedEmail:
    """Record that the user receives mail at this address. It replaces an earlier confirmed address."""
    ...


@query
async def insert_confirmed_emails(db: Executor, rows: list[ConfirmedEmail]) -> RowCount:
    """Store addresses in one statement, except for users who have one. Used by `import_confirmed_emails`."""
    ...


@query
async def find_confirmed_email(db: Executor, user_id: UUID) -> ConfirmedEmail | None:
    """Return the address that the user confirmed last. Compare it with the user's current address, which may differ."""
    ...


async def issue_one_time_token(
    db: Executor, user_id: UUID, purpose: TokenPurpose, *, email: str, lifetime: timedelta | None = None
) -> IssuedOneTimeToken | None:
    """Create a token for a link. An earlier token of the user for the same purpose stops working.

    Returns None if no user has this id and address. Also returns None unless the user is ACTIVE, or INACTIVE for an
    invitation.
    """
    expires_at = lifetime_end(time_of(db), "lifetime", LIFETIMES[purpose] if lifetime is None else lifetime)
    token = new_token()
    stored = await replace_one_time_token(
        db, user_id=user_id, purpose=purpose, token_hash=token_hash(token), email=email, expires_at=expires_at
    )
    return IssuedOneTimeToken(token=token, stored=stored) if stored else None


async def import_one_time_tokens(db: Executor, rows: Iterable[ImportedOneTimeToken], *, batch_size: int = 500) -> int:
    """Store tokens in batches, all or none, and return how many were stored.

    A token is skipped if its user has a token for the same purpose.
    """
    return sum(
        await store_in_batches(db, insert_one_time_tokens, rows, batch_size, key=lambda new: (new.user_id, new.purpose))
    )


async def import_confirmed_emails(db: Executor, rows: Iterable[ConfirmedEmail], *, batch_size: int = 500) -> int:
    """Store confirmed addresses in batches, all or none, and return how many were stored.

    An address is skipped if its user has a confirmed address.
    """
    return sum(await store_in_batches(db, insert_confirmed_emails, rows, batch_size))


async def purge_expired_one_time_tokens(
    db: Database, *, batch_size: int | None = None, progress: Callable[[int], None] | None = None
) -> int:
    """Delete all tokens that have expired by now, and return how many.

    Each batch is its own transaction, so other writers do not wait long, and after an error the finished batches stay
    deleted. After each batch, `progress` is called with the number of rows deleted so far.
    """
    now = time_of(db)
    return await purge_in_batches(
        lambda size: delete_expired_one_time_tokens(db, now=now, batch_size=size), batch_size, progress
    )
