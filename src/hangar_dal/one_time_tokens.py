"""One-time tokens: for links by which users accept an invitation, confirm an e-mail address or reset a password.

`from hangar_dal import one_time_tokens`. Every function takes a `Database` or a `Transaction` first, opened with
`ACCOUNTS`. `accounts` has the functions for applications, which also leave events; docs/accounts.md shows them.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from hangar_dal.batching import batches
from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.database import Database, Executor, atomic
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
"""How long a token can be used, unless another time is given."""


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
    """Store a token that has been made; `issue_one_time_token` makes one."""
    ...


@query
async def insert_one_time_tokens(db: Executor, rows: list[ImportedOneTimeToken]) -> RowCount:
    """Store many in one statement, leaving out those that exist; `import_one_time_tokens` makes the batches."""
    ...


@query
async def find_live_one_time_token(
    db: Executor, *, purpose: TokenPurpose, token_hash: Sha256, now: datetime | None = None
) -> OneTimeToken | None:
    """The token with this hash; None if it is unknown, used, expired or for another purpose."""
    ...


@query
async def use_one_time_token(
    db: Executor, *, purpose: TokenPurpose, token_hash: Sha256, now: datetime | None = None
) -> OneTimeToken | None:
    """Mark a live token as used; None if it is unknown, used, expired or for another purpose."""
    ...


@query
async def list_one_time_tokens(db: Executor, user_id: UUID) -> list[OneTimeToken]:
    """The user's tokens, also used and expired ones: at most one for each purpose."""
    ...


@query
async def delete_one_time_tokens(db: Executor, user_id: UUID) -> RowCount:
    """Delete all tokens of a user: links that were sent do not work any more."""
    ...


@query
async def delete_password_tokens(db: Executor, user_id: UUID) -> RowCount:
    """Delete the tokens by which a password could be set: an invitation and a reset."""
    ...


@query
async def delete_expired_one_time_tokens(
    db: Executor, *, now: datetime | None = None, batch_size: BatchSize
) -> RowCount:
    """Delete up to `batch_size` expired tokens; `purge_expired_one_time_tokens` goes on to the end."""
    ...


@query
async def store_confirmed_email(db: Executor, *, user_id: UUID, email: Address) -> ConfirmedEmail:
    """Note that the user receives mail at this address; it takes the place of an earlier one."""
    ...


@query
async def insert_confirmed_emails(db: Executor, rows: list[ConfirmedEmail]) -> RowCount:
    """Store many in one statement, leaving out those that exist; `import_confirmed_emails` makes the batches."""
    ...


@query
async def find_confirmed_email(db: Executor, user_id: UUID) -> ConfirmedEmail | None:
    """The address that the user confirmed last. It may no longer be the user's address: compare the two."""
    ...


async def issue_one_time_token(
    db: Executor, user_id: UUID, purpose: TokenPurpose, *, email: str, lifetime: timedelta | None = None
) -> IssuedOneTimeToken | None:
    """Make a token for a link; an earlier token of the user for the same purpose does not work any more.

    None if there is no user with this id and address, or the user is not ACTIVE, or for an invitation not INACTIVE.
    """
    expires_at = lifetime_end(db.now(), "lifetime", LIFETIMES[purpose] if lifetime is None else lifetime)
    token = new_token()
    stored = await replace_one_time_token(
        db, user_id=user_id, purpose=purpose, token_hash=token_hash(token), email=email, expires_at=expires_at
    )
    return IssuedOneTimeToken(token=token, stored=stored) if stored else None


async def import_one_time_tokens(db: Executor, rows: Iterable[ImportedOneTimeToken], *, batch_size: int = 500) -> int:
    """Store many tokens, one statement a batch, all or none; returns how many.

    A user who has a token for the same purpose keeps it.
    """
    async with atomic(db) as tx:
        once = batches(rows, batch_size, key=lambda new: (new.user_id, new.purpose))
        return sum([await insert_one_time_tokens(tx, batch) for batch in once])


async def import_confirmed_emails(db: Executor, rows: Iterable[ConfirmedEmail], *, batch_size: int = 500) -> int:
    """Store many confirmed addresses, one statement a batch, all or none; returns how many.

    A user who has confirmed an address keeps it.
    """
    async with atomic(db) as tx:
        return sum([await insert_confirmed_emails(tx, batch) for batch in batches(rows, batch_size)])


async def purge_expired_one_time_tokens(
    db: Database, *, batch_size: int = 500, progress: Callable[[int], None] | None = None
) -> int:
    """Delete all tokens that have expired by now; returns how many.

    Each batch is a transaction of its own, so that no writer waits for long and what is done stays done;
    `progress` is called with the count so far.
    """
    now = db.now()
    return await purge_in_batches(
        lambda: delete_expired_one_time_tokens(db, now=now, batch_size=batch_size), batch_size, progress
    )
