"""What is asked about notifications, and about messages of the outbox."""

from datetime import timedelta
from typing import Final

from benchmarks.growth.filled import Calls, Filled
from benchmarks.growth.filling import EVENT, MESSAGE, id_of
from hangar_dal import builders, notifications, outbox
from hangar_dal.notifications import Channel

RECIPIENT: Final = 0


async def find_notification(at: Filled) -> None:
    """A notification in the middle of the long inbox: unread, and not expired."""
    number = at.rows // 20 // 140 * 1400 + 30
    at.middle["notification"] = await notifications.find_notification(at.db, at.user(RECIPIENT), id_of(EVENT, number))


async def find_message(at: Filled) -> None:
    """A dead letter in the middle."""
    at.middle["message"] = await outbox.get_message(at.db, id_of(MESSAGE, at.rows // 20 * 10 + 3))


_NOTIFICATIONS: Final[Calls] = {
    "find_notification": lambda at: notifications.find_notification(
        at.db, at.user(RECIPIENT), id_of(EVENT, at.random.randrange(at.users) * 10)
    ),
    "list_inbox": lambda at: notifications.list_inbox(at.db, at.user()),
    "list_inbox, long": lambda at: notifications.list_inbox(at.db, at.user(RECIPIENT)),
    "list_inbox, long, deep": lambda at: notifications.list_inbox(
        at.db, at.user(RECIPIENT), after=at.middle["notification"]
    ),
    "list_inbox, unread, long, deep": lambda at: notifications.list_inbox(
        at.db, at.user(RECIPIENT), only="unread", after=at.middle["notification"]
    ),
    "list_inbox of a kind, long, deep": lambda at: notifications.list_inbox(
        at.db, at.user(RECIPIENT), kind="kind 3", after=at.middle["notification"]
    ),
    "list_inbox of a group, long, deep": lambda at: notifications.list_inbox(
        at.db, at.user(RECIPIENT), group_key="group 3", after=at.middle["notification"]
    ),
    "count_unread": lambda at: notifications.count_unread(at.db, at.user()),
    "count_unread, long, up to 100": lambda at: notifications.count_unread(at.db, at.user(RECIPIENT), up_to=100),
    "count_unseen, long, up to 100": lambda at: notifications.count_unseen(at.db, at.user(RECIPIENT), up_to=100),
    "mark_read": lambda at: notifications.mark_read(
        at.db, at.user(RECIPIENT), [id_of(EVENT, at.random.randrange(at.users) * 10)]
    ),
    "mark_batch_seen, 2": lambda at: notifications.mark_batch_seen(
        at.db, at.user(RECIPIENT), until=at.db.now(), batch_size=2
    ),
    "insert_notification": lambda at: notifications.insert_notification(
        at.db, builders.notification(at.user(), actor=at.user(RECIPIENT))
    ),
    "delete_notification": lambda at: notifications.delete_notification(
        at.db, at.user(RECIPIENT), id_of(EVENT, at.random.randrange(at.users) * 10)
    ),
    "delete_expired_notifications, 10": lambda at: notifications.delete_expired_notifications(at.db, batch_size=10),
    "list_preferences": lambda at: notifications.list_preferences(at.db, at.user()),
    "list_users_who_want of 20": lambda at: notifications.list_users_who_want(
        at.db, [at.user() for _ in range(20)], kind="kind 9", channel=Channel.INBOX
    ),
}
_OUTBOX: Final[Calls] = {
    "get_message": lambda at: outbox.get_message(at.db, id_of(MESSAGE, at.random.randrange(at.rows))),
    "find_message": lambda at: outbox.find_message(at.db, "mail", dedup_key=f"message {at.random.randrange(at.rows)}"),
    "find_oldest_due_message": lambda at: outbox.find_oldest_due_message(at.db, "mail"),
    "put": lambda at: outbox.put(at.db, "mail", {"n": 1}),
    "put with an ordering key": lambda at: outbox.put(at.db, "mail", {"n": 1}, ordering_key=at.rare()),
    "claim, 5": lambda at: outbox.claim(at.db, "mail", batch_size=5),
    "list_dead_messages": lambda at: outbox.list_dead_messages(at.db, topic="mail"),
    "list_dead_messages, deep": lambda at: outbox.list_dead_messages(at.db, topic="mail", after=at.middle["message"]),
    "delete_finished_messages, 10": lambda at: outbox.delete_finished_messages(
        at.db, status="DONE", before=at.db.now() + timedelta(days=1), batch_size=10
    ),
}
NOTIFICATIONS: Final = {"notifications": _NOTIFICATIONS}
OUTBOX: Final = {"outbox": _OUTBOX}
