"""Notifications: inboxes, one event for all followers, and preferences per kind and channel.

`from hangar_dal import notifications`. Every function takes a `Database` or a `Transaction` first, opened with
`COMMUNITY`. Two users get no notifications about each other while one has blocked the other.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from hangar_dal.batching import batches
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Database, Executor, atomic
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
    """Store a notification; None if it is there already or is left out. `notify` says what to do then."""
    ...


@query
async def insert_notifications(db: Executor, rows: list[NewNotification]) -> RowCount:
    """Store many in one statement, without those that are there or are left out; `notify_many` makes the batches."""
    ...


@query
async def find_fan_out_end(
    db: Executor, followed_id: UUID, *, until: datetime, after: FanOutCursor | None, batch_size: BatchSize
) -> FanOutCursor | None:
    """The last of the next followers; None if there are no more. For `notify_followers`."""
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
    """Tell the followers after one and up to another. For `notify_followers`."""
    ...


@query
async def find_notification(db: Executor, recipient_id: UUID, event_id: UUID) -> Notification | None:
    """The notification of a user about an event; None if the inbox does not have it."""
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
    """A page of a user's notifications, newest first, without expired ones; `after` is the last of the page before."""
    ...


@query
async def count_unread(db: Executor, recipient_id: UUID, *, up_to: UpTo = 1000) -> int:
    """How many notifications of a user are unread; `up_to` stands for that many or more."""
    ...


@query
async def count_unseen(db: Executor, recipient_id: UUID, *, up_to: UpTo = 1000) -> int:
    """How many notifications of a user were never shown; `up_to` stands for that many or more."""
    ...


@query
async def mark_read(db: Executor, recipient_id: UUID, event_ids: EventIds) -> RowCount:
    """Mark one or several as read, and so as seen; returns how many were unread."""
    ...


@query
async def mark_unread(db: Executor, recipient_id: UUID, event_id: UUID) -> RowCount:
    """Mark one as unread; it stays seen. 0 if it was not read."""
    ...


@query
async def mark_batch_seen(db: Executor, recipient_id: UUID, *, until: datetime, batch_size: BatchSize) -> RowCount:
    """Mark up to `batch_size` as seen; `mark_all_seen` goes on to the end."""
    ...


@query
async def mark_batch_read(db: Executor, recipient_id: UUID, *, until: datetime, batch_size: BatchSize) -> RowCount:
    """Mark up to `batch_size` as read; `mark_all_read` goes on to the end."""
    ...


@query
async def delete_notification(db: Executor, recipient_id: UUID, event_id: UUID) -> RowCount:
    """Delete the notification of a user about an event; 0 if there is none."""
    ...


@query
async def delete_expired_notifications(db: Executor, *, now: datetime | None = None, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` expired ones; `purge_notifications` goes on to the end."""
    ...


@query
async def delete_notifications_of_actor(db: Executor, actor_id: UUID, *, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` of those that a user caused; `purge_notifications_of_actor` goes on to the end."""
    ...


@query
def stream_notifications(db: Executor, recipient_id: UUID) -> Stream[Notification]:
    """All notifications of a user, oldest first, for an export."""
    ...


@query
async def move_notifications(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Copy the notifications of one user to another. For `accounts.merge_users`."""
    ...


@query
async def set_preference(
    db: Executor, user_id: UUID, *, kind: ShortText, channel: Channel, is_enabled: bool
) -> Preference:
    """Switch a kind of event on or off for a channel. What is in the inbox already stays there."""
    ...


@query
async def insert_preferences(db: Executor, rows: list[Preference]) -> RowCount:
    """Store many in one statement, leaving out those that exist; `import_preferences` makes the batches."""
    ...


@query
async def delete_preference(db: Executor, user_id: UUID, *, kind: ShortText, channel: Channel) -> RowCount:
    """Go back to the default, which is on; 0 if there was no preference."""
    ...


@query
async def list_preferences(db: Executor, user_id: UUID) -> list[Preference]:
    """The preferences of a user. What is not listed is on."""
    ...


@query
async def list_users_who_want(db: Executor, user_ids: EventIds, *, kind: ShortText, channel: Channel) -> list[UUID]:
    """Those of these users who have not switched a kind off for a channel, by id: for who sends mails and pushes."""
    ...


@query
async def move_preferences(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the preferences of one user to another who has none for that kind. For `accounts.merge_users`."""
    ...


async def notify(db: Executor, new: NewNotification) -> Notification | None:
    """Tell a user of an event. Repeating it returns the same notification.

    None if the user is left out: switched the kind off, is the actor, or one of the two has blocked the other. None as
    well if the notification has expired since.
    """
    return await insert_notification(db, new) or await find_notification(db, new.recipient_id, new.event_id)


async def notify_many(db: Executor, rows: Iterable[NewNotification]) -> int:
    """Tell many users, one statement a batch, all or none; returns how many were stored."""
    stored = 0
    async with atomic(db) as tx:
        for batch in batches(rows, ROWS_PER_STATEMENT, key=lambda new: (new.recipient_id, new.event_id)):
            stored += await insert_notifications(tx, batch)
    return stored


async def notify_followers(
    db: Database,
    event: NewEvent,
    *,
    after: FanOutCursor | None = None,
    batch_size: int = 500,
    progress: Callable[[FanOutCursor], None] | None = None,
) -> int:
    """Tell all accepted followers of the event's actor, in batches; returns how many notifications were stored.

    Each batch is a transaction of its own, so that no other writer waits for long. Repeating the call with the same
    event tells nobody twice. `progress` gets the key after each batch; with that as `after`, a call goes on from there.
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


async def mark_all_seen(db: Executor, recipient_id: UUID, *, until: datetime, batch_size: int = 1000) -> int:
    """Mark all up to an instant as seen, in batches; returns how many. For `until`, take the newest that was shown."""
    return await purge_in_batches(
        lambda: mark_batch_seen(db, recipient_id, until=until, batch_size=batch_size), batch_size, None
    )


async def mark_all_read(db: Executor, recipient_id: UUID, *, until: datetime, batch_size: int = 1000) -> int:
    """Mark all up to an instant as read, in batches; returns how many."""
    return await purge_in_batches(
        lambda: mark_batch_read(db, recipient_id, until=until, batch_size=batch_size), batch_size, None
    )


async def purge_notifications(db: Database, *, batch_size: int = 500) -> int:
    """Delete all that have expired by now, in batches; returns how many."""
    now = db.now()
    return await purge_in_batches(
        lambda: delete_expired_notifications(db, now=now, batch_size=batch_size), batch_size, None
    )


async def purge_notifications_of_actor(db: Database, actor_id: UUID, *, batch_size: int = 500) -> int:
    """Delete what a user caused, in batches; returns how many. Before the deletion of a user with many followers."""
    return await purge_in_batches(
        lambda: delete_notifications_of_actor(db, actor_id, batch_size=batch_size), batch_size, None
    )


async def import_preferences(db: Executor, rows: Iterable[Preference], *, batch_size: int = 500) -> int:
    """Store many preferences, one statement a batch, all or none; returns how many. Those that exist stay."""
    once = batches(rows, batch_size, key=lambda each: (each.user_id, each.kind, each.channel))
    async with atomic(db) as tx:
        return sum([await insert_preferences(tx, batch) for batch in once])
