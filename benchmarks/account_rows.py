"""What is stored one by one, as applications do it, because no application has to store many: tokens and the like.

The functions store all rows or none, each at its own instant, and return how many rows there are then.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from benchmarks.moment import NOW
from benchmarks.storing import store_each
from hangar_dal import Transaction, notifications, one_time_tokens, two_factor
from hangar_dal.database import Executor
from hangar_dal.models.row import Row
from hangar_dal.models.two_factor import NewTwoFactor
from hangar_dal.one_time_tokens import ConfirmedEmail, ImportedOneTimeToken, TokenPurpose

_STEP_SECONDS = 30


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


async def store_one_time_tokens(db: Executor, rows: Sequence[ImportedOneTimeToken]) -> int:
    """An address is confirmed when the token for it is used."""
    await one_time_tokens.import_confirmed_emails(
        db,
        [
            ConfirmedEmail(user_id=row.user_id, email=row.email, confirmed_at=row.used_at)
            for row in rows
            if row.purpose is TokenPurpose.EMAIL_CONFIRMATION and row.used_at is not None
        ],
    )
    return await one_time_tokens.import_one_time_tokens(db, rows)


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
