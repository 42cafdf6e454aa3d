"""The chat of a livestream: messages by key, rules that the table keeps, moderators, and bans that expire.

`from hangar_dal import live_chat`. Every function takes a `Database` or a `Transaction` first, opened with
`LIVESTREAMS`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from hangar_dal.batching import batches
from hangar_dal.catalogs import LIVESTREAMS
from hangar_dal.database import Database, Executor, atomic
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
    """Store a message; None if its id is taken. `send_chat_message` says what to do then."""
    ...


@query
async def insert_chat_messages(db: Executor, rows: list[ChatMessage]) -> RowCount:
    """Store many in one statement, leaving out ids that are taken; `import_chat_messages` makes the batches."""
    ...


@query
async def get_chat_message(db: Executor, message_id: UUID) -> ChatMessage:
    """The message with this id."""
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
    """A page of a chat, for a viewer who may see the livestream, without what a block hides from the viewer.

    None stands for somebody who is not signed in. Owner and moderators give their own id.
    `newest` goes back in time from the last message. `oldest`, after the last message that is known, has what is new.
    """
    ...


@query
def stream_chat_messages_of_author(db: Executor, author_id: UUID) -> Stream[ChatMessage]:
    """What a user has written, for an export."""
    ...


@query
async def remove_chat_message(db: Executor, message_id: UUID, *, remover_id: UUID) -> ChatMessage:
    """Take the text of a message away. Repeating it changes nothing.

    `NotFound` if there is no such message, or if this user is neither its author nor a moderator.
    """
    ...


@query
async def remove_chat_messages_of_author(
    db: Executor, livestream_id: UUID, *, author_id: UUID, remover_id: UUID
) -> RowCount:
    """Take the texts of all messages of an author in a chat away; 0 if this user is no moderator."""
    ...


@query
async def delete_old_chat_messages(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` messages; `purge_chat_messages` goes on to the end."""
    ...


@query
async def move_chat_messages(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the messages of one user to another."""
    ...


@query
async def find_chat_rules(db: Executor, livestream_id: UUID) -> ChatRules | None:
    """The rules of a chat; None if it has the defaults."""
    ...


@query
async def set_chat_rules(db: Executor, rules: ChatRules) -> ChatRules:
    """Set the rules of a chat, for the messages that come after it."""
    ...


@query
async def add_moderator(db: Executor, *, owner_id: UUID, moderator_id: UUID) -> RowCount:
    """Let a user moderate the chats of an owner; 0 if the user does already."""
    ...


@query
async def insert_moderators(db: Executor, rows: list[Moderator]) -> RowCount:
    """Store many in one statement, leaving out those that exist; `import_moderators` makes the batches."""
    ...


@query
async def remove_moderator(db: Executor, *, owner_id: UUID, moderator_id: UUID) -> RowCount:
    """Let a user no longer moderate the chats of an owner."""
    ...


@query
async def list_moderators(
    db: Executor, owner_id: UUID, *, after: Moderator | None = None, limit: PageSize = 50
) -> list[Moderator]:
    """A page of the moderators of an owner, by their id."""
    ...


@query
def stream_moderators(db: Executor, user_id: UUID) -> Stream[Moderator]:
    """The moderators of a user, and those for whom the user moderates, for an export."""
    ...


@query
async def ban(db: Executor, new: NewBan) -> Ban | None:
    """Ban a user from the chats of an owner; None if `banned_by` is neither the owner nor a moderator.

    Another ban takes the place of the one before. What the user has written stays until it is removed.
    """
    ...


@query
async def insert_bans(db: Executor, rows: list[Ban]) -> RowCount:
    """Store many in one statement, leaving out those that exist; `import_bans` makes the batches."""
    ...


@query
async def find_ban(db: Executor, *, owner_id: UUID, user_id: UUID) -> Ban | None:
    """The ban of a user in the chats of an owner, if there is one that has not expired."""
    ...


@query
async def list_bans(db: Executor, owner_id: UUID, *, after: Ban | None = None, limit: PageSize = 50) -> list[Ban]:
    """A page of the bans of an owner that have not expired, the newest first."""
    ...


@query
async def lift_ban(db: Executor, *, owner_id: UUID, user_id: UUID) -> RowCount:
    """End a ban; 0 if there is none."""
    ...


@query
async def delete_expired_bans(db: Executor, *, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` bans; `purge_bans` goes on to the end."""
    ...


@query
def stream_bans_of_owner(db: Executor, owner_id: UUID) -> Stream[Ban]:
    """Whom a user has banned from their chats, for an export."""
    ...


@query
async def move_moderators(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the moderators of one owner to another, as far as the other has them not."""
    ...


@query
async def move_moderating(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Let one user moderate where another did."""
    ...


@query
async def move_bans(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the bans of one owner to another, as far as the other has none of the same user."""
    ...


@query
async def move_bans_of_user(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Let the bans of one user hold for another."""
    ...


async def send_chat_message(db: Executor, new: NewChatMessage) -> ChatMessage:
    """Write in a chat. Repeating it with the same id returns the message; `UniqueViolation` if another one has the id.

    `TriggerViolation` names the rule that refuses the message: `live_chat_open` if the livestream is not live,
    `live_chat_seen` if the author may not see it, `live_chat_not_banned`, `live_chat_followers_only`,
    `live_chat_slow`, or `live_chat_rate` if the chat has too many messages in this second.
    """
    if (message := await insert_chat_message(db, new)) is not None:
        return message
    message = await get_chat_message(db, new.id)
    if (message.livestream_id, message.author_id) != (new.livestream_id, new.author_id):
        raise UniqueViolation("live_chat_messages: another message has this id", constraint="live_chat_messages_pkey")
    return message


async def import_chat_messages(db: Executor, rows: Iterable[ChatMessage], *, batch_size: int = 500) -> int:
    """Store many messages, one statement a batch, all or none; returns how many.

    They are of the time when their livestream was live. If it has ended, no other rule holds for them, so that a chat
    that was recorded elsewhere can be imported: import the livestream as ENDED first.
    """
    once = batches(rows, batch_size, key=lambda row: row.id)
    async with atomic(db) as tx:
        return sum([await insert_chat_messages(tx, batch) for batch in once])


async def import_moderators(db: Executor, rows: Iterable[Moderator], *, batch_size: int = 500) -> int:
    """Store many moderators, one statement a batch, all or none; returns how many were new."""
    once = batches(rows, batch_size, key=lambda row: (row.owner_id, row.moderator_id))
    async with atomic(db) as tx:
        return sum([await insert_moderators(tx, batch) for batch in once])


async def import_bans(db: Executor, rows: Iterable[Ban], *, batch_size: int = 500) -> int:
    """Store many bans, one statement a batch, all or none; returns how many were new. It does not ask who banned."""
    once = batches(rows, batch_size, key=lambda row: (row.owner_id, row.user_id))
    async with atomic(db) as tx:
        return sum([await insert_bans(tx, batch) for batch in once])


async def purge_chat_messages(db: Database, *, before: datetime, batch_size: int = 500) -> int:
    """Delete the messages from before an instant, in batches; returns how many."""
    return await purge_in_batches(
        lambda: delete_old_chat_messages(db, before=before, batch_size=batch_size), batch_size, None
    )


async def purge_bans(db: Database, *, batch_size: int = 500) -> int:
    """Delete the bans that have expired, in batches; returns how many."""
    return await purge_in_batches(lambda: delete_expired_bans(db, batch_size=batch_size), batch_size, None)
