"""Livestream chat: messages, rules enforced by the database, moderators, and temporary bans.

`from hangar_dal import live_chat`. Every function takes a `Database` or a `Transaction` first, opened with
`LIVESTREAMS`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import LIVESTREAMS
from hangar_dal.database import Database, Executor
from hangar_dal.errors import UniqueViolation
from hangar_dal.models.live_chat import Ban as Ban
from hangar_dal.models.live_chat import ChatMessage as ChatMessage
from hangar_dal.models.live_chat import ChatMessageKind as ChatMessageKind
from hangar_dal.models.live_chat import ChatRules as ChatRules
from hangar_dal.models.live_chat import Moderator as Moderator
from hangar_dal.models.live_chat import NewBan as NewBan
from hangar_dal.models.live_chat import NewChatMessage as NewChatMessage
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream

query = LIVESTREAMS.query


@query
async def insert_chat_message(db: Executor, new: NewChatMessage) -> ChatMessage | None:
    """Store a message; None if its id is taken. Used by `send_chat_message`."""
    ...


@query
async def insert_chat_messages(db: Executor, rows: list[ChatMessage]) -> RowCount:
    """Store rows in one statement, except those whose id is taken. Used by `import_chat_messages`."""
    ...


@query
async def get_chat_message(db: Executor, message_id: UUID) -> ChatMessage:
    """Return the message with this id. Raises `NotFound` if there is none."""
    ...


@query
async def list_chat_messages(
    db: Executor,
    livestream_id: UUID,
    *,
    viewer_id: UUID | None = None,
    order: Literal["newest", "oldest"] = "newest",
    after: ChatMessage | None = None,
    limit: PageSize = 50,
) -> list[ChatMessage]:
    """Return a page of a chat for a viewer who may see the livestream, without messages hidden by a block.

    `viewer_id=None` means not signed in. Owner and moderators pass their own id. `order="newest"` goes back in time
    from the last message. `order="oldest"` with `after=` the last known message returns the new messages.
    """
    ...


@query
def stream_chat_messages_of_author(db: Executor, author_id: UUID) -> Stream[ChatMessage]:
    """Stream the messages of a user, for an export."""
    ...


@query
async def remove_chat_message(db: Executor, message_id: UUID, *, remover_id: UUID) -> ChatMessage:
    """Remove the text of a message. Repeating the call changes nothing.

    Raises `NotFound` if there is no such message or the remover is neither its author nor a moderator.
    """
    ...


@query
async def remove_chat_messages_of_author(
    db: Executor, livestream_id: UUID, *, author_id: UUID, remover_id: UUID
) -> RowCount:
    """Remove the texts of all messages of an author in a chat; 0 if the remover is not a moderator."""
    ...


@query
async def delete_old_chat_messages(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` messages from before an instant. `purge_chat_messages` deletes all of them."""
    ...


@query
async def move_chat_messages(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the messages of the user `merged` to the user `kept`."""
    ...


@query
async def find_chat_rules(db: Executor, livestream_id: UUID) -> ChatRules | None:
    """Return the rules of a chat; None if it uses the defaults."""
    ...


@query
async def set_chat_rules(db: Executor, rules: ChatRules) -> ChatRules:
    """Set the rules of a chat. They apply to later messages."""
    ...


@query
async def add_moderator(db: Executor, *, owner_id: UUID, moderator_id: UUID) -> RowCount:
    """Make a user a moderator of an owner's chats; 0 if the user already is one."""
    ...


@query
async def insert_moderators(db: Executor, rows: list[Moderator]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_moderators`."""
    ...


@query
async def remove_moderator(db: Executor, *, owner_id: UUID, moderator_id: UUID) -> RowCount:
    """Remove a moderator from an owner's chats."""
    ...


@query
async def list_moderators(
    db: Executor, owner_id: UUID, *, after: Moderator | None = None, limit: PageSize = 50
) -> list[Moderator]:
    """Return a page of the moderators of an owner, ordered by id."""
    ...


@query
def stream_moderators(db: Executor, user_id: UUID) -> Stream[Moderator]:
    """Stream the moderators of a user and the owners for whom the user moderates, for an export."""
    ...


@query
async def ban(db: Executor, new: NewBan) -> Ban | None:
    """Ban a user from the chats of an owner; None if `banned_by` is neither the owner nor a moderator.

    A new ban replaces an earlier one. The messages of the user stay until they are removed.
    """
    ...


@query
async def insert_bans(db: Executor, rows: list[Ban]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_bans`."""
    ...


@query
async def find_ban(db: Executor, *, owner_id: UUID, user_id: UUID) -> Ban | None:
    """Return the ban of a user in an owner's chats that has not expired; None if there is none."""
    ...


@query
async def list_bans(db: Executor, owner_id: UUID, *, after: Ban | None = None, limit: PageSize = 50) -> list[Ban]:
    """Return a page of the bans of an owner that have not expired, newest first."""
    ...


@query
async def lift_ban(db: Executor, *, owner_id: UUID, user_id: UUID) -> RowCount:
    """End a ban; 0 if there is none."""
    ...


@query
async def delete_expired_bans(db: Executor, *, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` expired bans. `purge_bans` deletes all of them."""
    ...


@query
def stream_bans_of_owner(db: Executor, owner_id: UUID) -> Stream[Ban]:
    """Stream the bans from a user's chats, for an export."""
    ...


@query
async def move_moderators(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the moderators of the owner `merged` to the owner `kept`, except those that exist."""
    ...


@query
async def move_moderating(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Make the user `kept` a moderator wherever `merged` is one."""
    ...


@query
async def move_bans(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the bans set by the owner `merged` to `kept`, except for users whom `kept` has banned."""
    ...


@query
async def move_bans_of_user(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the bans of the banned user `merged` to the user `kept`."""
    ...


async def send_chat_message(db: Executor, new: NewChatMessage) -> ChatMessage:
    """Send a message. A repeated call returns the message. Raises `UniqueViolation` if another message has the id.

    Raises `TriggerViolation`, whose `constraint` names the rule: `live_chat_open` if the livestream is not live,
    `live_chat_seen` if the author may not see it, `live_chat_not_banned`, `live_chat_followers_only`, `live_chat_slow`,
    or `live_chat_rate` if the chat has too many messages in this second.
    """
    if (message := await insert_chat_message(db, new)) is not None:
        return message
    message = await get_chat_message(db, new.id)
    if (message.livestream_id, message.author_id) != (new.livestream_id, new.author_id):
        raise UniqueViolation("live_chat_messages: another message has this id", constraint="live_chat_messages_pkey")
    return message


async def import_chat_messages(db: Executor, rows: Iterable[ChatMessage], *, batch_size: int = 500) -> int:
    """Store messages in batches, all or none, and return how many were stored.

    The messages must be from the time when their livestream was live. If the livestream has ended, no other rule is
    checked. To import a chat that was recorded elsewhere, import the livestream as ENDED first.
    """
    return sum(await store_in_batches(db, insert_chat_messages, rows, batch_size, key=lambda row: row.id))


async def import_moderators(db: Executor, rows: Iterable[Moderator], *, batch_size: int = 500) -> int:
    """Store moderators in batches, all or none, except those that exist; return how many were stored."""
    return sum(
        await store_in_batches(
            db, insert_moderators, rows, batch_size, key=lambda row: (row.owner_id, row.moderator_id)
        )
    )


async def import_bans(db: Executor, rows: Iterable[Ban], *, batch_size: int = 500) -> int:
    """Store bans in batches, all or none, except those that exist; return how many were stored.

    Does not check whether `banned_by` may ban.
    """
    return sum(await store_in_batches(db, insert_bans, rows, batch_size, key=lambda row: (row.owner_id, row.user_id)))


async def purge_chat_messages(db: Database, *, before: datetime, batch_size: int | None = None) -> int:
    """Delete the messages from before an instant, in batches, and return how many."""
    return await purge_in_batches(
        lambda size: delete_old_chat_messages(db, before=before, batch_size=size), batch_size, None
    )


async def purge_bans(db: Database, *, batch_size: int | None = None) -> int:
    """Delete the bans that have expired, in batches, and return how many."""
    return await purge_in_batches(lambda size: delete_expired_bans(db, batch_size=size), batch_size, None)
