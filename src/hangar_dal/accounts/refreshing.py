"""Continue or end a session with its refresh token."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from pydantic import SecretStr

from hangar_dal import refresh_tokens, users
from hangar_dal.accounts.events import record
from hangar_dal.accounts.signed_in import SignedIn
from hangar_dal.accounts.user_agents import storable
from hangar_dal.database import Database, Executor, Transaction, atomic
from hangar_dal.database.executor import refuse_transaction
from hangar_dal.errors import TokenInvalid, TokenReused
from hangar_dal.refresh_tokens import LIFETIME, NO_GRACE
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.tokens import may_be_token

_REFUSED: Final = "the token is not valid; sign in again"
_COMMITS: Final = (
    "the end of a session whose token was reused must be committed before the error is raised. "
    "Call refresh outside of transactions."
)
_REUSED: Final = "the token was used before, so someone may have copied it; its session has ended, sign in again"


async def refresh(
    db: Database,
    token: SecretStr,
    *,
    lifetime: timedelta = LIFETIME,
    grace: timedelta = NO_GRACE,
    user_agent: str | None = None,
    source: str | None = None,
) -> SignedIn:
    """Use a refresh token and return its user with the next token.

    Raises `TokenInvalid` if the token is unknown, expired or revoked, or its user is not active. Raises `TokenReused`
    if it was used before, after it has ended the session and recorded an event. For `grace`, see
    `rotate_refresh_token`.
    """
    refuse_transaction(db, _COMMITS)
    if not may_be_token(token):
        raise TokenInvalid(_REFUSED)
    user_agent = storable(user_agent)

    async def rotate(tx: Transaction) -> SignedIn | TokenInvalid:
        issued = await refresh_tokens.rotate_refresh_token(
            tx, token, lifetime=lifetime, grace=grace, user_agent=user_agent, source=source
        )
        if issued is None:
            return await _end_if_reused(tx, token, user_agent=user_agent, source=source)
        user = await users.get_user(tx, issued.session.user_id)
        if not user.is_active:
            raise TokenInvalid(_REFUSED)  # the rollback undoes the rotation
        return SignedIn.with_token(user, issued)

    outcome = await db.in_transaction(rotate)
    if isinstance(outcome, TokenInvalid):
        raise outcome
    return outcome


async def sign_out(db: Executor, token: SecretStr, *, user_agent: str | None = None, source: str | None = None) -> bool:
    """End the session of a refresh token; False if the session had already ended or the token is unknown.

    A used token also ends its session, because the client may not have received the next token.
    """
    if not may_be_token(token):
        return False
    async with atomic(db) as tx:
        found = await refresh_tokens.find_refresh_token(tx, token)
        if found is None:
            return False
        ended = await refresh_tokens.revoke_sessions(tx, user_id=found.user_id, family_id=found.family_id)
        if ended:
            await record(tx, SecurityEventKind.SIGNED_OUT, found.user_id, user_agent=user_agent, source=source)
    return bool(ended)


async def sign_out_everywhere(
    db: Executor,
    user_id: UUID,
    *,
    actor_id: UUID | None = None,
    user_agent: str | None = None,
    source: str | None = None,
) -> int:
    """End all sessions of a user and return how many.

    `actor_id` is the administrator who does this for another user.
    """
    async with atomic(db) as tx:
        ended = await refresh_tokens.revoke_sessions(tx, user_id=user_id)
        if ended:
            kind = SecurityEventKind.SIGNED_OUT
            await record(tx, kind, user_id, actor_id=actor_id, user_agent=user_agent, source=source)
    return ended


async def _end_if_reused(
    tx: Transaction, token: SecretStr, *, user_agent: str | None, source: str | None
) -> TokenInvalid:
    """Return the error to raise after COMMIT for a token that cannot be rotated; end the session if it was reused."""
    found = await refresh_tokens.find_refresh_token(tx, token)
    if found is None or found.used_at is None:
        return TokenInvalid(_REFUSED)
    if await refresh_tokens.revoke_reused(tx, found):
        await record(tx, SecurityEventKind.TOKEN_REUSED, found.user_id, user_agent=user_agent, source=source)
    return TokenReused(_REUSED)
