"""Notifications: inboxes, events for all followers, and preferences per kind and channel.

`from hangar_dal import notifications`. Every function takes a `Database` or a `Transaction` first, opened with
`COMMUNITY`. Two users get no notifications about each other while one blocks the other.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Database, Executor, time_of
from hangar_dal.models.notifications import Channel as Channel
from hangar_dal.models.notifications import FanOutCursor as FanOutCursor
from hangar_dal.models.notifications import NewEvent as NewEvent
from hangar_dal.models.notifications import NewNotification as NewNotification
from hangar_dal.models.notifications import Notification as Notification
from hangar_dal.models.notifications import Preference as Preference
from hangar_dal.models.row import BatchSize, PageSize, ShortText
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream

query = COMMUNITY.query

EventIds = Annotated[list[UUID], Field(max_length=1000)]
UpTo = Annotated[int, Field(ge=1, le=1_000_000)]

ROWS_PER_STATEMENT: Final = 500


@query
async def insert_notification(db: Executor, new: NewNotification) -> Notification | None:
    """Store a notification and return it; None if it exists already, or the recipient gets none. Used by `notify`."""
    ...


@query
async def insert_notifications(db: Executor, rows: list[NewNotification]) -> RowCount:
    """Store notifications in one statement, except those that exist or are left out. Used by `notify_many`."""
    ...


@query
async def find_fan_out_end(
    db: Executor, followed_id: UUID, *, until: datetime, after: FanOutCursor | None, batch_size: BatchSize
) -> FanOutCursor | None:
    """Return the last follower of the next batch; None if there are no more. Used by `notify_followers`."""
    ...


@query
async def insert_for_followers(
    db: Executor,
    new: NewEvent,
    *,
    after_created_at: datetime | None,
    after_follower_id: UUID | None,
    last_created_at: datetime,
    last_follower_id: UUID,
) -> RowCount:
    """Store a notification for each follower of one batch. Used by `notify_followers`."""
    ...


@query
async def find_notification(db: Executor, recipient_id: UUID, event_id: UUID) -> Notification | None:
    """Return the notification of a user about an event; None if it is not in the inbox."""
    ...


@query
async def list_inbox(
    db: Executor,
    recipient_id: UUID,
    *,
    only: Literal["unread"] | None = None,
    kind: ShortText | None = None,
    group_key: str | None = None,
    after: Notification | None = None,
    limit: PageSize = 50,
) -> list[Notification]:
    """Return a page of a user's unexpired notifications, newest first; `after` is the previous page's last one."""
    ...


@query
async def count_unread(db: Executor, recipient_id: UUID, *, up_to: UpTo = 1000) -> int:
    """Return how many notifications of a user are unread. Counting stops at `up_to`."""
    ...


@query
async def count_unseen(db: Executor, recipient_id: UUID, *, up_to: UpTo = 1000) -> int:
    """Return how many notifications of a user were never shown. Counting stops at `up_to`."""
    ...


@query
async def mark_read(db: Executor, recipient_id: UUID, event_ids: EventIds) -> RowCount:
    """Mark notifications as read and seen; return how many were unread."""
    ...


@query
async def mark_unread(db: Executor, recipient_id: UUID, event_id: UUID) -> RowCount:
    """Mark a notification as unread; it stays seen. Returns 0 if it was not read."""
    ...


@query
async def mark_batch_seen(db: Executor, recipient_id: UUID, *, until: datetime, batch_size: BatchSize) -> RowCount:
    """Mark up to `batch_size` notifications as seen. `mark_all_seen` marks all of them."""
    ...


@query
async def mark_batch_read(db: Executor, recipient_id: UUID, *, until: datetime, batch_size: BatchSize) -> RowCount:
    """Mark up to `batch_size` notifications as read. `mark_all_read` marks all of them."""
    ...


@query
async def delete_notification(db: Executor, recipient_id: UUID, event_id: UUID) -> RowCount:
    """Delete the notification of a user about an event; 0 if there is none."""
    ...


@query
async def delete_expired_notifications(db: Executor, *, now: datetime | None = None, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` expired notifications. `purge_notifications` deletes all of them."""
    ...


@query
async def delete_notifications_of_actor(db: Executor, actor_id: UUID, *, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` notifications that a user caused.

    `purge_notifications_of_actor` deletes all of them.
    """
    ...


@query
def stream_notifications(db: Executor, recipient_id: UUID) -> Stream[Notification]:
    """Stream all notifications of a user, oldest first, for an export."""
    ...


@query
async def move_notifications(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Copy the notifications of the user `merged` to the user `kept`. Used by `accounts.merge_users`."""
    ...


@query
async def set_preference(
    db: Executor, user_id: UUID, *, kind: ShortText, channel: Channel, is_enabled: bool
) -> Preference:
    """Turn a kind of event on or off for a channel. Notifications already in the inbox stay."""
    ...


@query
async def insert_preferences(db: Executor, rows: list[Preference]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_preferences`."""
    ...


@query
async def delete_preference(db: Executor, user_id: UUID, *, kind: ShortText, channel: Channel) -> RowCount:
    """Delete a preference, which restores the default (on); 0 if there was none."""
    ...


@query
async def list_preferences(db: Executor, user_id: UUID) -> list[Preference]:
    """Return the stored preferences of a user. Kinds and channels without a preference are on."""
    ...


@query
async def list_users_who_want(db: Executor, user_ids: EventIds, *, kind: ShortText, channel: Channel) -> list[UUID]:
    """Return the ids, in order, of those users who have not turned off a kind for a channel such as mail."""
    ...


@query
async def move_preferences(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the preferences of `merged` to `kept` for kinds without a preference. Used by `accounts.merge_users`."""
    ...


async def notify(db: Executor, new: NewNotification) -> Notification | None:
    """Notify a user of an event. Repeating the call returns the same notification.

    Returns None if the user has turned off this kind, is the actor, or if one of the two blocks the other. Also returns
    None if the notification was stored, has expired and was purged.
    """
    return await insert_notification(db, new) or await find_notification(db, new.recipient_id, new.event_id)


async def notify_many(db: Executor, rows: Iterable[NewNotification]) -> int:
    """Notify many users in batches, all or none; return how many notifications were stored."""

    def key(new: NewNotification) -> object:
        return new.recipient_id, new.event_id

    return sum(await store_in_batches(db, insert_notifications, rows, ROWS_PER_STATEMENT, key=key))


async def notify_followers(
    db: Database,
    event: NewEvent,
    *,
    after: FanOutCursor | None = None,
    batch_size: int = 500,
    progress: Callable[[FanOutCursor], None] | None = None,
) -> int:
    """Notify all accepted followers of the event's actor, in batches; return how many notifications were stored.

    Each batch is its own transaction, so other writers do not wait long. Repeating the call with the same event
    notifies nobody twice. After each batch, `progress` is called with a cursor; pass it as `after` to continue from
    there.
    """
    stored = 0
    while last := await find_fan_out_end(
        db, event.actor_id, until=event.created_at, after=after, batch_size=batch_size
    ):
        stored += await insert_for_followers(
            db,
            event,
            after_created_at=None if after is None else after.created_at,
            after_follower_id=None if after is None else after.follower_id,
            last_created_at=last.created_at,
            last_follower_id=last.follower_id,
        )
        after = last
        if progress is not None:
            progress(after)
    return stored


async def mark_all_seen(db: Executor, recipient_id: UUID, *, until: datetime, batch_size: int | None = None) -> int:
    """Mark all notifications up to an instant as seen, in batches; return how many.

    Pass the `created_at` of the newest notification that was shown as `until`.
    """
    return await purge_in_batches(
        lambda size: mark_batch_seen(db, recipient_id, until=until, batch_size=size), batch_size, None
    )


async def mark_all_read(db: Executor, recipient_id: UUID, *, until: datetime, batch_size: int | None = None) -> int:
    """Mark all notifications up to an instant as read, in batches; return how many."""
    return await purge_in_batches(
        lambda size: mark_batch_read(db, recipient_id, until=until, batch_size=size), batch_size, None
    )


async def purge_notifications(db: Database, *, batch_size: int | None = None) -> int:
    """Delete all notifications that have expired by now, in batches; return how many."""
    now = time_of(db)
    return await purge_in_batches(
        lambda size: delete_expired_notifications(db, now=now, batch_size=size), batch_size, None
    )


async def purge_notifications_of_actor(db: Database, actor_id: UUID, *, batch_size: int | None = None) -> int:
    """Delete the notifications that a user caused, in batches; return how many.

    Call it before you delete a user with many followers.
    """
    return await purge_in_batches(
        lambda size: delete_notifications_of_actor(db, actor_id, batch_size=size), batch_size, None
    )


async def import_preferences(db: Executor, rows: Iterable[Preference], *, batch_size: int = 500) -> int:
    """Store preferences in batches, all or none, except those that exist; return how many were stored."""
    return sum(
        await store_in_batches(
            db, insert_preferences, rows, batch_size, key=lambda each: (each.user_id, each.kind, each.channel)
        )
    )
