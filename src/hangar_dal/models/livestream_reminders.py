"""Who wants to be reminded of a livestream."""

from datetime import datetime
from uuid import UUID

from hangar_dal.models.row import Row


class Reminder(Row):
    """A user wants to be reminded. `queued_at` is when the message was given to the outbox."""

    livestream_id: UUID
    user_id: UUID
    queued_at: datetime | None
    created_at: datetime
