"""Write due reminders of livestreams to the outbox."""

from datetime import timedelta
from typing import Final

from hangar_dal import livestream_reminders, outbox
from hangar_dal.database import Executor, atomic
from hangar_dal.outbox import NewMessage

REMINDERS: Final = "livestream_reminders"
"""The topic of the outbox messages. Their payload contains `livestream_id` and `user_id`."""

LEAD: Final = timedelta(minutes=10)
DELAY: Final = timedelta(hours=1)


async def queue_reminders(db: Executor, *, lead: timedelta = LEAD, delay: timedelta = DELAY, limit: int = 500) -> int:
    """Write up to `limit` reminders of livestreams that begin within `lead` or began within `delay` to the outbox.

    Returns how many. Call it about every minute, until it returns 0. Several processes may call it at once; each
    reminder becomes one message. A livestream that is late and has not begun gets no reminders after its scheduled
    time.
    """
    async with atomic(db) as tx:
        due = await livestream_reminders.list_due_reminders(
            tx, since=tx.now() - delay, before=tx.now() + lead, limit=limit
        )
        await outbox.put_many(
            tx,
            (
                NewMessage(
                    topic=REMINDERS,
                    dedup_key=f"{each.livestream_id}:{each.user_id}",
                    payload={"livestream_id": str(each.livestream_id), "user_id": str(each.user_id)},
                )
                for each in due
            ),
        )
        await livestream_reminders.mark_reminders_queued(tx, due)
        return len(due)
