"""What is stored one by one, as applications do it, because no application has to store many: tokens and the like.

The functions store all rows or none, each at its own instant, and return how many rows there are then.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from benchmarks.moment import NOW
from benchmarks.storing import store_each
from hangar_dal import Transaction, notifications, one_time_tokens, sign_in_failures, two_factor
from hangar_dal.database import Executor
from hangar_dal.models.row import Row
from hangar_dal.models.two_factor import NewTwoFactor
from hangar_dal.one_time_tokens import TokenPurpose

_STEP_SECONDS = 30


class SentToken(Row):
    """A link that was sent to a user, and perhaps used."""

    at: datetime
    user_id: UUID
    purpose: TokenPurpose
    token_hash: str
    email: str
    expires_at: datetime
    used_at: datetime | None


class FailedSignIns(Row):
    """Attempts to sign in to one account, one after the other."""

    at: datetime
    key: str
    number: int


class SetUpFactor(Row):
    """A second factor that a user has begun to set up, and perhaps confirmed."""

    at: datetime
    new: NewTwoFactor
    confirmed_at: datetime | None
    code_hashes: list[str]


class OpenedInbox(Row):
    """A user who looks at the notifications, and perhaps reads them all."""

    at: datetime
    recipient_id: UUID
    reads: bool


async def store_one_time_tokens(db: Executor, rows: Iterable[SentToken]) -> int:
    """Tokens of users who are not active are left out."""

    async def store(tx: Transaction, row: SentToken) -> int:
        link: dict[str, Any] = {"purpose": row.purpose, "token_hash": row.token_hash}
        stored = await one_time_tokens.replace_one_time_token(
            tx, user_id=row.user_id, email=row.email, expires_at=row.expires_at, **link
        )
        if stored is None:
            return 0
        if row.used_at is not None:
            NOW.set(row.used_at)
            await one_time_tokens.use_one_time_token(tx, **link)
            if row.purpose is TokenPurpose.EMAIL_CONFIRMATION:
                await one_time_tokens.store_confirmed_email(tx, user_id=row.user_id, email=row.email)
        return 1

    return await store_each(db, rows, store)


async def store_failed_sign_ins(db: Executor, rows: Iterable[FailedSignIns]) -> int:
    async def store(tx: Transaction, row: FailedSignIns) -> int:
        for _ in range(row.number):
            await sign_in_failures.count_attempt(tx, row.key)
        return 1

    return await store_each(db, rows, store)


async def store_second_factors(db: Executor, rows: Iterable[SetUpFactor]) -> int:
    async def store(tx: Transaction, row: SetUpFactor) -> int:
        await two_factor.insert_pending_two_factor(tx, row.new)
        if row.confirmed_at is None:
            return 1
        NOW.set(row.confirmed_at)
        step = int(row.confirmed_at.timestamp()) // _STEP_SECONDS
        await two_factor.confirm_two_factor(tx, row.new.id, step=step)
        return 1 + await two_factor.replace_recovery_codes(
            tx, two_factor_id=row.new.id, code_hashes=list(row.code_hashes)
        )

    return await store_each(db, rows, store)


async def open_inboxes(db: Executor, rows: Iterable[OpenedInbox]) -> int:
    """Returns how many notifications were seen."""

    async def store(tx: Transaction, row: OpenedInbox) -> int:
        mark = notifications.mark_batch_read if row.reads else notifications.mark_batch_seen
        return await mark(tx, row.recipient_id, until=row.at, batch_size=10_000)

    return await store_each(db, rows, store)
