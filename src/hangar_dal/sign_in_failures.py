"""Failed sign-ins, counted for each login as typed and for each source, with locks of increasing length.

`from hangar_dal import sign_in_failures`. Every function takes a `Database` or a `Transaction` first, opened with
`ACCOUNTS`. `accounts.sign_in` and `accounts.authenticate` use them: docs/accounts.md shows how.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.database import Database, Executor, time_of
from hangar_dal.emails import fold_email, is_email
from hangar_dal.models.row import BatchSize, Sha256
from hangar_dal.models.sign_in_failures import FreeAttempts
from hangar_dal.models.sign_in_failures import SignInFailures as SignInFailures
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount
from hangar_dal.values import check_text, fold

query = ACCOUNTS.query

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""After this time without an attempt, counting starts again at zero."""

_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


class Limits(NamedTuple):
    """The number of failures before the first lock, and the lengths of the locks. The last length repeats."""

    free: int
    locks: tuple[timedelta, ...]


LOGIN_LIMITS: Final = Limits(5, tuple(timedelta(seconds=each) for each in (30, 60, 120, 240, 480, 900)))
# The locks are shorter, because many people may share a source.
SOURCE_LIMITS: Final = Limits(100, tuple(timedelta(seconds=each) for each in (10, 20, 40, 60)))


@query
async def insert_or_count_attempt(
    db: Executor,
    *,
    key: Sha256,
    is_counted: bool,
    free: FreeAttempts,
    locks: list[datetime],
    forgotten: datetime,
) -> SignInFailures | None:
    """Count an attempt as failed, or as refused during a lock; None if `is_counted` is False.

    Used by `count_attempt`.
    """
    ...


@query
async def insert_sign_in_failures(db: Executor, rows: list[SignInFailures]) -> RowCount:
    """Store counts in one statement, except for keys that have one. Used by `import_sign_in_failures`."""
    ...


@query
async def find_sign_in_failures(db: Executor, key: Sha256) -> SignInFailures | None:
    """Return the failures of a login or a source; None if there are none.

    Pass `login_key(...)` or `source_key(...)`.
    """
    ...


@query
async def take_back_attempt(db: Executor, key: Sha256) -> RowCount:
    """Decrease the number of failures by one and remove the lock; 0 if there are no failures."""
    ...


@query
async def delete_sign_in_failures(db: Executor, key: Sha256) -> RowCount:
    """Delete the failures of a login or a source, and with them the lock; 0 if there are none."""
    ...


@query
async def delete_forgotten_sign_in_failures(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` counts without an attempt since `before`.

    `purge_sign_in_failures` deletes all of them.
    """
    ...


def login_key(login: str) -> str:
    """Return the key of a login as typed. Spellings that find the same account have the same key."""
    text = fold_email("login", login) if "@" in login and is_email(login) else fold("login", login)
    return _key("login", text)


def source_key(source: str) -> str:
    """Return the key of a source, such as an IP address."""
    return _key("source", check_text("source", source))


def second_factor_key(user_id: UUID) -> str:
    """Return the key for the second-factor codes of a user."""
    return _key("second factor", str(user_id))


async def count_attempt(
    db: Executor, key: str, limits: Limits = LOGIN_LIMITS, *, is_counted: bool = True
) -> SignInFailures | None:
    """Count a sign-in attempt as failed before it is made; None if the attempt must be refused.

    While the key is locked, attempts are refused and do not extend the lock. Concurrent attempts cannot exceed the
    limit. With `is_counted=False`, the same statement runs, counts nothing and returns None.
    """
    now = time_of(db)
    locks = [_shifted(now, lock) for lock in limits.locks]
    forgotten = _shifted(now, -FORGOTTEN_AFTER)
    counted = await insert_or_count_attempt(
        db, key=key, is_counted=is_counted, free=limits.free, locks=locks, forgotten=forgotten
    )
    return counted if counted and not counted.refused else None


async def import_sign_in_failures(db: Executor, rows: Iterable[SignInFailures], *, batch_size: int = 500) -> int:
    """Store counts in batches, all or none, except for keys that have a count; return how many were stored."""
    return sum(await store_in_batches(db, insert_sign_in_failures, rows, batch_size))


async def purge_sign_in_failures(
    db: Database, *, batch_size: int | None = None, progress: Callable[[int], None] | None = None
) -> int:
    """Delete all counts without an attempt in the last day, and return how many.

    Each batch is its own transaction, so other writers do not wait long, and after an error the finished batches stay
    deleted. After each batch, `progress` is called with the number of rows deleted so far.
    """
    before = _shifted(time_of(db), -FORGOTTEN_AFTER)
    return await purge_in_batches(
        lambda size: delete_forgotten_sign_in_failures(db, before=before, batch_size=size), batch_size, progress
    )


def _key(kind: str, text: str) -> str:
    return sha256(f"{kind}:{text}".encode()).hexdigest()


def _shifted(now: datetime, by: timedelta) -> datetime:
    """Return `now + by`, limited to the first and the last instant that `datetime` can represent."""
    try:
        return now + by
    except OverflowError:
        return _FIRST if by < timedelta(0) else _LAST
