"""EVE SSO tokens of characters: sealed, and refreshed by one process at a time.

`from hangar_dal import eve_tokens`. Every function takes a `Database` or a `Transaction` first, opened with
`ACCOUNTS`. The requests to EVE SSO are the application's: docs/accounts.md shows the loop.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hangar_dal.batching import batches
from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.database import Database, Executor, atomic
from hangar_dal.database.executor import refuse_transaction
from hangar_dal.errors import EveTokenLeaseLost, InvalidValue, raise_alone
from hangar_dal.models.eve_tokens import ClaimedEveToken as ClaimedEveToken
from hangar_dal.models.eve_tokens import EveToken as EveToken
from hangar_dal.models.eve_tokens import EveTokenSummary as EveTokenSummary
from hangar_dal.models.eve_tokens import NewEveToken as NewEveToken
from hangar_dal.models.eve_tokens import SealedAccessToken, SealedRefreshToken
from hangar_dal.models.row import PageSize
from hangar_dal.query import RowCount
from hangar_dal.values import uuid7

query = ACCOUNTS.query

LEASE: Final = timedelta(minutes=1)
"""How long a claimed refresh may take. Must be longer than the time limit of the request to EVE SSO."""


@query
async def upsert_eve_token(db: Executor, new: NewEveToken) -> EveToken:
    """Store the tokens of a sign-in. They replace those of the character, whoever had them, and end a lease.

    `ForeignKeyViolation` if there is no such user.
    """
    ...


@query
async def insert_eve_tokens(db: Executor, rows: list[NewEveToken]) -> RowCount:
    """Store those of many characters, leaving out characters that have some; `import_eve_tokens` makes the batches."""
    ...


@query
async def find_eve_token(db: Executor, eve_character_id: int) -> EveToken | None:
    """The tokens of this character, expired or not."""
    ...


@query
async def list_eve_tokens(db: Executor, *, user_id: UUID) -> list[EveTokenSummary]:
    """The user's characters, by character id, without their tokens."""
    ...


@query
async def list_expiring_eve_tokens(
    db: Executor, *, expires_before: datetime, after: EveTokenSummary | None = None, limit: PageSize = 50
) -> list[EveTokenSummary]:
    """A page of characters whose access token expires by then and is not being refreshed, the first to expire first.

    `after` is the last one of the page before.
    """
    ...


@query
async def lease_eve_token(
    db: Executor, eve_character_id: int, *, expires_before: datetime, lease_id: UUID, lease_ends_at: datetime
) -> ClaimedEveToken | None:
    """Begin a lease, unless there is one. For `claim_eve_token_refresh`."""
    ...


@query
async def update_leased_eve_token(db: Executor, new: NewEveToken, *, lease_id: UUID) -> EveToken | None:
    """Store refreshed tokens and end the lease; None if the row has another. For `store_refreshed_eve_token`."""
    ...


@query
async def end_eve_token_lease(db: Executor, *, eve_character_id: int, lease_id: UUID) -> RowCount:
    """End a lease; 0 if the row has another. For `release_eve_token_refresh`."""
    ...


@query
async def move_eve_token(
    db: Executor,
    *,
    eve_character_id: int,
    user_id: UUID,
    access_token: SealedAccessToken,
    refresh_token: SealedRefreshToken,
    moved_from: UUID,
) -> RowCount:
    """Give tokens of the user `moved_from` to another user, sealed anew; a lease ends. For `accounts.merge_users`."""
    ...


@query
async def delete_eve_token(db: Executor, *, user_id: UUID, eve_character_id: int) -> RowCount:
    """Delete the tokens of one of the user's characters; 0 if there are none."""
    ...


@query
async def delete_eve_tokens(db: Executor, *, user_id: UUID) -> RowCount:
    """Delete the tokens of all characters of a user."""
    ...


async def claim_eve_token_refresh(
    db: Database, eve_character_id: int, *, expires_before: datetime, lease: timedelta = LEASE
) -> ClaimedEveToken | None:
    """Claim the refresh of a character's tokens; None if they need none, or if another process has claimed it.

    The claim is committed when the call returns, so it takes no `Transaction`: no connection waits for EVE SSO. It ends
    when the tokens are stored or the claim is released, and by itself after `lease`.
    """
    why = "other processes see a claim only after the transaction is committed. Claim before the transaction begins."
    refuse_transaction(db, why)
    lease_ends_at = _end_of_lease(db.now(), lease)
    return await lease_eve_token(
        db, eve_character_id, expires_before=expires_before, lease_id=uuid7(), lease_ends_at=lease_ends_at
    )


async def store_refreshed_eve_token(
    db: Executor,
    claimed: ClaimedEveToken,
    *,
    access_token: str,
    refresh_token: str,
    expires_at: datetime,
    scopes: list[str] | None = None,
) -> EveToken:
    """Store what EVE SSO returned for a claim, and end it. The scopes stay unless they are given.

    `EveTokenLeaseLost` if the claim was taken over, the tokens were replaced or deleted, or the claim was used before.
    A claim that ended by itself can still be used until another process takes it over, so that no token is lost.
    """
    _check_claimed(claimed)
    new = NewEveToken.model_construct(
        eve_character_id=claimed.eve_character_id,
        user_id=claimed.user_id,
        access_token=access_token,
        refresh_token=refresh_token,
        scopes=claimed.scopes if scopes is None else scopes,
        expires_at=expires_at,
    )
    stored = await update_leased_eve_token(db, new, lease_id=claimed.lease_id)
    if stored is None:
        raise EveTokenLeaseLost(
            "the refreshed EVE tokens were not stored: another process claimed the refresh, or the tokens were "
            "replaced or deleted. Read the character's tokens again."
        )
    return stored


async def release_eve_token_refresh(db: Executor, claimed: ClaimedEveToken) -> bool:
    """Give a claim back, so that another process can try at once; False if it was over already."""
    _check_claimed(claimed)
    ended = await end_eve_token_lease(db, eve_character_id=claimed.eve_character_id, lease_id=claimed.lease_id)
    return bool(ended)


def _check_claimed(claimed: ClaimedEveToken) -> None:
    if not isinstance(claimed, ClaimedEveToken):
        raise InvalidValue(f"claimed: expected ClaimedEveToken, got {type(claimed).__name__}")


def _end_of_lease(now: datetime, lease: timedelta) -> datetime:
    if not isinstance(lease, timedelta):
        raise InvalidValue(f"lease: expected timedelta, got {type(lease).__name__}")
    if lease <= timedelta(0):
        raise InvalidValue("lease: must be longer than 0 seconds")
    try:
        return now + lease
    except OverflowError:
        raise_alone(InvalidValue("lease: must end before the year 10000"))


async def import_eve_tokens(db: Executor, rows: Iterable[NewEveToken], *, batch_size: int = 500) -> int:
    """Store tokens of many characters, one statement a batch, all or none. Characters that have some are left out."""
    async with atomic(db) as tx:
        return sum(
            [
                await insert_eve_tokens(tx, batch)
                for batch in batches(rows, batch_size, key=lambda new: new.eve_character_id)
            ]
        )
