"""Session cookies of third-party platforms: sealed before they are written, and opened only when they are read.

`from hangar_dal import session_cookies`. Every function takes a `Database` or a `Transaction` first, opened with
`ACCOUNTS`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.database import Database, Executor, time_of
from hangar_dal.errors import InvalidValue
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.models.session_cookies import NewSessionCookie as NewSessionCookie
from hangar_dal.models.session_cookies import Platform, SealedCookies
from hangar_dal.models.session_cookies import SessionCookie as SessionCookie
from hangar_dal.models.session_cookies import SessionCookieSummary as SessionCookieSummary
from hangar_dal.models.session_cookies import UserWithSessionCookies as UserWithSessionCookies
from hangar_dal.models.users import User
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream
from hangar_dal.values import JsonArray, JsonObject, check_instant

query = ACCOUNTS.query


@query
async def insert_session_cookie(db: Executor, new: NewSessionCookie) -> SessionCookie:
    """Seal and store a session. `create_session_cookie` also rejects an expired one."""
    ...


@query
async def insert_session_cookies(db: Executor, session_cookies: list[NewSessionCookie]) -> RowCount:
    """Seal and store sessions in one statement. Used by `import_session_cookies`."""
    ...


@query
async def get_session_cookie(db: Executor, session_cookie_id: UUID) -> SessionCookie:
    """Return the session with this id, expired or not. Raises `NotFound` if there is none."""
    ...


@query
async def find_session_cookie(db: Executor, *, user_id: UUID, platform: Platform) -> SessionCookie | None:
    """Return the user's newest unexpired session on this platform; None if there is none."""
    ...


@query
async def list_session_cookies(db: Executor, *, user_id: UUID, platform: Platform | None = None) -> list[SessionCookie]:
    """Return the user's sessions, on one platform if given, newest first, including expired ones."""
    ...


@query
def stream_session_cookies(db: Executor, user_id: UUID) -> Stream[SessionCookieSummary]:
    """Stream the user's sessions without their cookies, oldest first, including expired ones."""
    ...


@query
async def list_users_with_session_cookies(
    db: Executor, *, after: User | None = None, limit: PageSize = 50
) -> list[UserWithSessionCookies]:
    """Return a page of users, newest first, each with a list of sessions; `after` is the previous page's last user."""
    ...


@query
async def count_session_cookies(db: Executor, *, user_id: UUID | None = None, platform: Platform | None = None) -> int:
    """Return the number of sessions, of one user and on one platform if given, including expired ones."""
    ...


@query
async def update_session_cookie(
    db: Executor,
    *,
    id: UUID,  # noqa: A002  (the name of the column)
    user_id: UUID,
    platform: Platform,
    cookies: SealedCookies,
    expires_at: datetime,
) -> SessionCookie:
    """Seal and replace the cookies of a session. `replace_session_cookie` also rejects an `expires_at` in the past."""
    ...


@query
async def move_session_cookie(
    db: Executor,
    *,
    id: UUID,  # noqa: A002  (the name of the column)
    user_id: UUID,
    platform: Platform,
    cookies: SealedCookies,
    moved_from: UUID,
) -> RowCount:
    """Give a session of the user `moved_from` to another user and seal its cookies again.

    Used by `accounts.merge_users`.
    """
    ...


@query
async def delete_session_cookie(db: Executor, session_cookie_id: UUID, *, user_id: UUID | None = None) -> RowCount:
    """Delete a session, only if it belongs to `user_id` when that is given. Returns 0 if there is no such session."""
    ...


@query
async def delete_session_cookies(db: Executor, *, user_id: UUID, platform: Platform | None = None) -> RowCount:
    """Delete a user's sessions, on one platform if given."""
    ...


@query
async def delete_expired_session_cookies(
    db: Executor, *, now: datetime | None = None, batch_size: BatchSize
) -> RowCount:
    """Delete up to `batch_size` expired sessions. `purge_expired_session_cookies` deletes all of them."""
    ...


async def create_session_cookie(db: Executor, new: NewSessionCookie) -> SessionCookie:
    """Seal and store a session.

    Raises `InvalidValue` if it has expired and `ForeignKeyViolation` if there is no such user.
    """
    _check_new(db, "new", new)
    return await insert_session_cookie(db, new)


async def replace_session_cookie(
    db: Executor,
    *,
    session_cookie_id: UUID,
    user_id: UUID,
    platform: str,
    cookies: JsonObject | JsonArray,
    expires_at: datetime,
) -> SessionCookie:
    """Replace the cookies and the expiry of a session.

    Raises `NotFound` unless one row has this id, user and platform.
    """
    _check_unexpired(db, expires_at)
    return await update_session_cookie(
        db, id=session_cookie_id, user_id=user_id, platform=platform, cookies=cookies, expires_at=expires_at
    )


async def import_session_cookies(
    db: Executor, session_cookies: Iterable[NewSessionCookie], *, batch_size: int = 500
) -> int:
    """Store sessions in batches, all or none, and return how many were stored.

    The iterable is read one batch ahead, so it may be larger than memory.
    """

    def checked() -> Iterator[NewSessionCookie]:
        for new in session_cookies:
            _check_new(db, "session_cookies", new)
            yield new

    return sum(await store_in_batches(db, insert_session_cookies, checked(), batch_size))


async def purge_expired_session_cookies(
    db: Database, *, batch_size: int | None = None, progress: Callable[[int], None] | None = None
) -> int:
    """Delete all sessions that have expired by now, and return how many.

    Each batch is its own transaction, so other writers do not wait long, and after an error the finished batches stay
    deleted. After each batch, `progress` is called with the number of rows deleted so far.
    """
    now = time_of(db)
    return await purge_in_batches(
        lambda size: delete_expired_session_cookies(db, now=now, batch_size=size), batch_size, progress
    )


def _check_new(db: Executor, name: str, new: NewSessionCookie) -> None:
    if not isinstance(new, NewSessionCookie):
        raise InvalidValue(f"{name}: expected NewSessionCookie, got {type(new).__name__}")
    _check_unexpired(db, new.expires_at)


def _check_unexpired(db: Executor, expires_at: datetime) -> None:
    if not isinstance(expires_at, datetime):
        raise InvalidValue(f"expires_at: expected datetime, got {type(expires_at).__name__}")
    if check_instant("expires_at", expires_at) <= time_of(db):
        raise InvalidValue("expires_at: must be in the future; an expired session cannot be stored")
