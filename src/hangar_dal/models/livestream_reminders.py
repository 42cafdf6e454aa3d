"""Reminders of livestreams."""

from datetime import datetime
from uuid import UUID

from hangar_dal.models.row import Row


class Reminder(Row):
    """A reminder of a livestream for a user. `queued_at` is when it was written to the outbox."""

    livestream_id: UUID
    user_id: UUID
    queued_at: datetime | None
    created_at: datetime
