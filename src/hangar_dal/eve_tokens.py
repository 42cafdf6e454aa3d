"""EVE SSO tokens of characters, stored encrypted and refreshed by one process at a time.

`from hangar_dal import eve_tokens`. Every function takes a `Database` or a `Transaction` first, opened with `ACCOUNTS`.
The application sends the requests to EVE SSO; docs/accounts.md shows the loop.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.database import Database, Executor, time_of
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
"""How long a claimed refresh may take. Must be longer than the timeout of the request to EVE SSO."""


@query
async def upsert_eve_token(db: Executor, new: NewEveToken) -> EveToken:
    """Store the tokens of a sign-in, replace older tokens of the character, of any user, and end a lease.

    Raises `ForeignKeyViolation` if there is no such user.
    """
    ...


@query
async def insert_eve_tokens(db: Executor, rows: list[NewEveToken]) -> RowCount:
    """Store tokens in one statement, except for characters that have tokens. Used by `import_eve_tokens`."""
    ...


@query
async def find_eve_token(db: Executor, eve_character_id: int) -> EveToken | None:
    """Return the tokens of this character, expired or not; None if there are none."""
    ...


@query
async def list_eve_tokens(db: Executor, *, user_id: UUID) -> list[EveTokenSummary]:
    """Return the user's characters, ordered by character id, without their tokens."""
    ...


@query
async def list_expiring_eve_tokens(
    db: Executor, *, expires_before: datetime, after: EveTokenSummary | None = None, limit: PageSize = 50
) -> list[EveTokenSummary]:
    """Return a page of characters whose access token expires before `expires_before`, the earliest expiry first.

    Characters whose tokens are being refreshed are left out. `after` is the last row of the previous page.
    """
    ...


@query
async def lease_eve_token(
    db: Executor, eve_character_id: int, *, expires_before: datetime, lease_id: UUID, lease_ends_at: datetime
) -> ClaimedEveToken | None:
    """Begin a lease and return the tokens. Return None if the character has a lease already, or no tokens to refresh.

    Used by `claim_eve_token_refresh`.
    """
    ...


@query
async def update_leased_eve_token(db: Executor, new: NewEveToken, *, lease_id: UUID) -> EveToken | None:
    """Store refreshed tokens and end the lease; None if the row has another lease.

    Used by `store_refreshed_eve_token`.
    """
    ...


@query
async def end_eve_token_lease(db: Executor, *, eve_character_id: int, lease_id: UUID) -> RowCount:
    """End a lease; 0 if the row has another lease. Used by `release_eve_token_refresh`."""
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
    """Give tokens of the user `moved_from` to another user, seal them again and end a lease.

    Used by `accounts.merge_users`.
    """
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
    """Claim the refresh of a character's tokens; None if they need no refresh or another process has claimed it.

    The claim is committed when the call returns, so that no connection waits for EVE SSO; `db` must not be a
    `Transaction`. The claim ends when the tokens are stored, when it is released, or after `lease`.
    """
    why = "other processes see a claim only after the transaction is committed. Claim before the transaction begins."
    refuse_transaction(db, why)
    lease_ends_at = _end_of_lease(time_of(db), lease)
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
    """Store the tokens that EVE SSO returned for a claim, and end the claim. Without `scopes`, the scopes stay.

    Raises `EveTokenLeaseLost` if another process took over the claim, the tokens were replaced or deleted, or the claim
    was used before. A claim whose lease has ended can be used until another process takes it over, so that no token is
    lost.
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
    """Release a claim, so that another process can refresh at once; False if the claim had already ended."""
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
    """Store tokens in batches, all or none, except for characters that have tokens; return how many were stored."""
    return sum(await store_in_batches(db, insert_eve_tokens, rows, batch_size, key=lambda new: new.eve_character_id))
