"""A reminder of a livestream that is due comes into the inbox of its user, by a worker."""

from uuid import UUID

from hangar_api.events import EventKind, tell
from hangar_dal import Database, livestreams, users
from hangar_dal.livestreams import LivestreamStatus
from hangar_dal.outbox import ClaimedMessage

_WORTH_IT = {LivestreamStatus.SCHEDULED, LivestreamStatus.LIVE}


async def remind(db: Database, message: ClaimedMessage) -> None:
    """Repeating it reminds nobody twice."""
    livestream_id, user_id = (UUID(str(message.payload[name])) for name in ("livestream_id", "user_id"))
    livestream = await livestreams.find_visible_livestream(db, livestream_id, viewer_id=user_id)
    if livestream is None or livestream.status not in _WORTH_IT:
        return  # hidden, deleted, called off or over since
    owner = await users.get_user(db, livestream.owner_id)
    await tell(db, user_id, EventKind.LIVESTREAM_BEGINS, actor=owner, object_id=livestream.id)
