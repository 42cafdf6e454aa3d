"""What users are told of what others do: one function, called in the transaction of the event.

A notification holds ids and no text of a user, so it does not repeat what is removed or hidden later.
"""

from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from hangar_dal import Executor, JsonObject, User, notifications
from hangar_dal.notifications import NewNotification


class EventKind(StrEnum):
    """What a notification is about. Users can switch off each of them."""

    FOLLOWED = "FOLLOWED"
    FOLLOW_REQUESTED = "FOLLOW_REQUESTED"
    FOLLOW_ACCEPTED = "FOLLOW_ACCEPTED"
    VIDEO_PUBLISHED = "VIDEO_PUBLISHED"
    VIDEO_LIKED = "VIDEO_LIKED"
    VIDEO_SHARED = "VIDEO_SHARED"
    VIDEO_REMOVED = "VIDEO_REMOVED"
    COMMENTED = "COMMENTED"
    ANSWERED = "ANSWERED"
    COMMENT_LIKED = "COMMENT_LIKED"
    LIVESTREAM_BEGINS = "LIVESTREAM_BEGINS"


_USER, _VIDEO, _COMMENT, _LIVESTREAM = "USER", "VIDEO", "COMMENT", "LIVESTREAM"
# The kind of the object, and the title.
TEXTS: Final = {
    EventKind.FOLLOWED: (_USER, "{name} follows you"),
    EventKind.FOLLOW_REQUESTED: (_USER, "{name} asks to follow you"),
    EventKind.FOLLOW_ACCEPTED: (_USER, "{name} has accepted your request to follow"),
    EventKind.VIDEO_PUBLISHED: (_VIDEO, "{name} has a new video"),
    EventKind.VIDEO_LIKED: (_VIDEO, "{name} likes your video"),
    EventKind.VIDEO_SHARED: (_VIDEO, "{name} has shared a video with you"),
    EventKind.VIDEO_REMOVED: (_VIDEO, "A moderator has removed your video"),
    EventKind.COMMENTED: (_COMMENT, "{name} has commented on your video"),
    EventKind.ANSWERED: (_COMMENT, "{name} has answered your comment"),
    EventKind.COMMENT_LIKED: (_COMMENT, "{name} likes your comment"),
    EventKind.LIVESTREAM_BEGINS: (_LIVESTREAM, "A livestream of {name} begins"),
}
_NAMESPACE: Final = UUID("7d0b3c5e-4f0a-4c39-9a55-0b7f7c3a2f61")


def same_event(kind: EventKind, actor_id: UUID | None, object_id: UUID) -> UUID:
    """The same id each time: a repeated call, or a like that is taken back and given again, tells nobody twice."""
    return uuid5(_NAMESPACE, f"{kind}:{actor_id}:{object_id}")


async def tell(
    tx: Executor,
    recipient_id: UUID | None,
    kind: EventKind,
    *,
    actor: User | None,
    object_id: UUID,
    group_id: UUID | None = None,
    data: JsonObject | None = None,
    event_id: UUID | None = None,
) -> None:
    """Tell a user of an event, unless it is the actor, has switched this kind off, or one of the two blocks the other.

    `object_id` is what `TEXTS` says: the user who follows, the video, the comment or the livestream. Clients show
    notifications of one kind and `group_id` as one. It is the object unless it is given, such as the video of a
    comment. `data` is for links: `{"video_id": ...}`. A recipient of None, such as the author of a comment who is gone,
    is told nothing.

    The same actor, kind and object are told once. Give an `event_id` for what is worth telling each time.
    """
    if recipient_id is None:
        return
    object_kind, title = TEXTS[kind]
    actor_id = None if actor is None else actor.id
    new = NewNotification(
        event_id=event_id or same_event(kind, actor_id, object_id),
        recipient_id=recipient_id,
        actor_id=actor_id,
        kind=kind,
        object_kind=object_kind,
        object_id=object_id,
        group_key=f"{kind}:{group_id or object_id}",
        title=title.format(name=None if actor is None else actor.display_name),
        data=data or {},
    )
    await notifications.notify(tx, new)
