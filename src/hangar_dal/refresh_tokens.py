"""Refresh tokens: they continue the session of a signed-in device, and each token is used once.

`from hangar_dal import refresh_tokens`. Every function takes a `Database` or a `Transaction` first, opened with
`ACCOUNTS`. `accounts.refresh` rotates a token and reacts to reuse; docs/accounts.md shows how.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import SecretStr

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.database import Database, Executor, atomic, time_of
from hangar_dal.errors import InvalidValue
from hangar_dal.models.refresh_tokens import IssuedRefreshToken as IssuedRefreshToken
from hangar_dal.models.refresh_tokens import NewRefreshToken
from hangar_dal.models.refresh_tokens import RefreshToken as RefreshToken
from hangar_dal.models.row import BatchSize, PageSize, Sha256
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream
from hangar_dal.tokens import lifetime_end, new_token, token_hash
from hangar_dal.values import uuid7

query = ACCOUNTS.query

LIFETIME: Final = timedelta(days=30)
"""How long a token is valid. Each rotation issues a token with this lifetime."""

SESSION_LIFETIME: Final = timedelta(days=365)
"""How long rotations can continue a session. After that, the user must sign in again."""

NO_GRACE: Final = timedelta(0)
MAX_GRACE: Final = timedelta(minutes=5)

_FIRST_INSTANT: Final = datetime.min.replace(tzinfo=UTC)


@query
async def insert_refresh_token(db: Executor, new: NewRefreshToken) -> RefreshToken:
    """Store the row of a token. `issue_refresh_token` creates the token."""
    ...


@query
async def insert_refresh_tokens(db: Executor, rows: list[NewRefreshToken]) -> RowCount:
    """Store tokens in one statement, except those whose id is taken. Used by `import_refresh_tokens`."""
    ...


@query
async def use_refresh_token(db: Executor, *, token_hash: Sha256, now: datetime | None = None) -> RefreshToken | None:
    """Mark a live token as used; None if it is unknown, used, revoked or expired. Used by `rotate_refresh_token`."""
    ...


@query
async def use_lost_refresh_token(
    db: Executor, *, token_hash: Sha256, used_after: datetime, now: datetime | None = None
) -> RefreshToken | None:
    """Mark the live successor of a token as used if the token itself was used after `used_after`; otherwise None."""
    ...


@query
async def find_refresh_token_by_hash(db: Executor, token_hash: Sha256) -> RefreshToken | None:
    """Return the token with this hash in any state: live, used, revoked or expired."""
    ...


@query
async def list_refresh_tokens(
    db: Executor, *, user_id: UUID, after: RefreshToken | None = None, limit: PageSize = 50
) -> list[RefreshToken]:
    """Return a page of a user's active sessions, last refreshed first; `after` is the last one of the previous page."""
    ...


@query
def stream_refresh_tokens(db: Executor, user_id: UUID) -> Stream[RefreshToken]:
    """Stream all stored tokens of a user, including used and revoked ones, oldest first."""
    ...


@query
async def count_live_refresh_tokens(db: Executor, *, user_id: UUID, family_id: UUID | None = None) -> int:
    """Count the tokens of a user, or of one session, that are not used or revoked, including expired ones."""
    ...


@query
async def revoke_live_refresh_tokens(db: Executor, *, user_id: UUID, family_id: UUID | None = None) -> RowCount:
    """Revoke the live tokens that are committed. `revoke_sessions` also revokes tokens of concurrent rotations."""
    ...


@query
async def revoke_refresh_token(db: Executor, *, user_id: UUID, jti: UUID) -> RowCount:
    """Revoke one live token of the user; 0 if there is none. If it was just rotated, the new token stays live."""
    ...


@query
async def revoke_used_refresh_token(db: Executor, jti: UUID) -> RowCount:
    """Record that a used token was presented again; 0 if that was recorded before. Used by `revoke_reused`."""
    ...


@query
async def delete_refresh_tokens(db: Executor, *, user_id: UUID) -> RowCount:
    """Delete all tokens of a user, which ends all sessions."""
    ...


@query
async def delete_expired_refresh_tokens(
    db: Executor, *, now: datetime | None = None, batch_size: BatchSize
) -> RowCount:
    """Delete up to `batch_size` expired tokens. `purge_expired_refresh_tokens` deletes all of them."""
    ...


async def issue_refresh_token(
    db: Executor,
    user_id: UUID,
    *,
    lifetime: timedelta = LIFETIME,
    session_lifetime: timedelta = SESSION_LIFETIME,
    user_agent: str | None = None,
    source: str | None = None,
) -> IssuedRefreshToken:
    """Begin a session: issue the first token of a new family. Raises `ForeignKeyViolation` if there is no such user.

    Call it in the transaction of the sign-in, after a statement that changes the user's row. A concurrent password
    change then either revokes the new session, or commits first and the sign-in fails.
    """
    now, jti, token = time_of(db), uuid7(), new_token()
    ends = lifetime_end(now, "session_lifetime", session_lifetime)
    new = NewRefreshToken.model_construct(
        jti=jti,
        family_id=jti,
        user_id=user_id,
        token_hash=token_hash(token),
        rotated_from=None,
        user_agent=user_agent,
        source=source,
        signed_in_at=now,
        session_ends_at=ends,
        issued_at=now,
        expires_at=min(lifetime_end(now, "lifetime", lifetime), ends),
    )
    return IssuedRefreshToken(token=token, session=await insert_refresh_token(db, new))


async def rotate_refresh_token(
    db: Executor,
    token: SecretStr,
    *,
    lifetime: timedelta = LIFETIME,
    grace: timedelta = NO_GRACE,
    user_agent: str | None = None,
    source: str | None = None,
) -> IssuedRefreshToken | None:
    """Use a live token and issue the next one of its session; None if it is unknown, used, revoked or expired.

    If several calls use the same token, exactly one gets the next token. `grace` helps a client that did not receive
    the answer: for this time after its use, the used token can be rotated again, unless its successor was used. The new
    token replaces the successor.
    """
    now, presented = time_of(db), token_hash(token)
    expires_at, used_after = lifetime_end(now, "lifetime", lifetime), _earlier(now, grace)
    async with atomic(db) as tx:
        used = await use_refresh_token(tx, token_hash=presented, now=now)
        if used is None and grace:
            used = await use_lost_refresh_token(tx, token_hash=presented, used_after=used_after, now=now)
        if used is None:
            return None
        following = new_token()
        new = NewRefreshToken.model_construct(
            jti=uuid7(),
            family_id=used.family_id,
            user_id=used.user_id,
            token_hash=token_hash(following),
            rotated_from=used.jti,
            user_agent=user_agent,
            source=source,
            signed_in_at=used.signed_in_at,
            session_ends_at=used.session_ends_at,
            issued_at=now,
            expires_at=min(expires_at, used.session_ends_at),
        )
        return IssuedRefreshToken(token=following, session=await insert_refresh_token(tx, new))


async def find_refresh_token(db: Executor, token: SecretStr) -> RefreshToken | None:
    """Return the stored row of this token in any state; None if the token is unknown or was purged."""
    return await find_refresh_token_by_hash(db, token_hash(token))


async def revoke_sessions(db: Executor, *, user_id: UUID, family_id: UUID | None = None) -> int:
    """End all sessions of the user, or the one with this `family_id`; return the number of tokens revoked.

    This also revokes the new token of a rotation that runs at the same time.
    """
    revoked = 0
    async with atomic(db) as tx:
        # The new token of an uncommitted rotation is not visible, and the old token looks live. The UPDATE waits for
        # the rotation to commit, and the next round sees the new token.
        while await count_live_refresh_tokens(tx, user_id=user_id, family_id=family_id):
            revoked += await revoke_live_refresh_tokens(tx, user_id=user_id, family_id=family_id)
    return revoked


async def revoke_reused(db: Executor, reused: RefreshToken) -> bool:
    """End the session of a used token that was presented again; False if the session was ended before.

    Only the first call for a token returns True, so that a thief who repeats the token cannot fill a log.
    """
    async with atomic(db) as tx:
        is_first = await revoke_used_refresh_token(tx, reused.jti)
        revoked = await revoke_sessions(tx, user_id=reused.user_id, family_id=reused.family_id)
    return bool(is_first or revoked)


async def purge_expired_refresh_tokens(
    db: Database, *, batch_size: int | None = None, progress: Callable[[int], None] | None = None
) -> int:
    """Delete all tokens that have expired by now, and return how many.

    Each batch is its own transaction, so other writers do not wait long, and after an error the finished batches stay
    deleted. After each batch, `progress` is called with the number of rows deleted so far.
    """
    now = time_of(db)
    return await purge_in_batches(
        lambda size: delete_expired_refresh_tokens(db, now=now, batch_size=size), batch_size, progress
    )


def _earlier(now: datetime, grace: timedelta) -> datetime:
    """Return the instant after which a token must have been used for the grace period to apply."""
    if not isinstance(grace, timedelta):
        raise InvalidValue(f"grace: expected timedelta, got {type(grace).__name__}")
    if not timedelta(0) <= grace <= MAX_GRACE:
        raise InvalidValue(f"grace: must be 0 to {MAX_GRACE.seconds} seconds")
    return now - min(grace, now - _FIRST_INSTANT)


async def import_refresh_tokens(db: Executor, rows: Iterable[NewRefreshToken], *, batch_size: int = 500) -> int:
    """Store live tokens in batches, all or none, except those that exist; return how many were stored."""
    return sum(await store_in_batches(db, insert_refresh_tokens, rows, batch_size, key=lambda new: new.jti))
