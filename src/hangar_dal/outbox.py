"""The outbox: messages that a transaction writes for workers. Each message is delivered at least once.

`from hangar_dal import outbox`. Every function takes a `Database` or a `Transaction` first, opened with `OUTBOX` or a
catalog that uses it. `put` writes a message in the transaction of its event; `work` yields messages to a worker.
"""
# mypy: disable-error-code="empty-body"

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import OUTBOX
from hangar_dal.database import Database, Executor, atomic, time_of
from hangar_dal.database.executor import refuse_transaction
from hangar_dal.errors import CommitUnknown, MessageLeaseLost
from hangar_dal.models.outbox import ClaimedMessage as ClaimedMessage
from hangar_dal.models.outbox import Message as Message
from hangar_dal.models.outbox import MessageStatus as MessageStatus
from hangar_dal.models.outbox import NewMessage as NewMessage
from hangar_dal.models.outbox import Topic
from hangar_dal.models.row import MAX_ERROR_CHARACTERS, BatchSize, Label, LastError, PageSize
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount
from hangar_dal.tokens import lifetime_end
from hangar_dal.values import JsonObject, uuid7
from hangar_dal.waking import claimed_batches, pause_before_retry

query = OUTBOX.query

Ids = Annotated[list[UUID], Field(max_length=10_000)]

LEASE: Final = timedelta(minutes=1)
POLL: Final = timedelta(seconds=1)
MESSAGES_PER_STATEMENT: Final = 500
MAX_ATTEMPTS: Final = 10

CHANNEL: Final = "hangar_outbox"  # the PostgreSQL notification channel; the payload is the topic


@query
async def insert_message(db: Executor, new: NewMessage) -> Message | None:
    """Write a message; None if its id or its de-duplication key is taken. `put` then returns the existing message."""
    ...


@query
async def insert_messages(db: Executor, rows: list[NewMessage]) -> RowCount:
    """Write messages in one statement, except those that exist. Used by `put_many`."""
    ...


@query
async def get_message(db: Executor, message_id: UUID) -> Message:
    """Return the message with this id. Raises `NotFound` if there is none."""
    ...


@query
async def find_message(db: Executor, topic: Topic, *, dedup_key: Label) -> Message | None:
    """Return the message with this de-duplication key, in any status; None if there is none."""
    ...


@query
async def claim_due_messages(
    db: Executor, topic: Topic, *, claim_id: UUID, lease_ends_at: datetime, batch_size: BatchSize
) -> RowCount:
    """Claim those of up to `batch_size` due messages that are first of their ordering key. Used by `claim`."""
    ...


@query
async def list_claimed_messages(
    db: Executor, topic: Topic, *, claim_id: UUID, lease_ends_at: datetime
) -> list[ClaimedMessage]:
    """Return the messages of a claim, in order. Used by `claim`."""
    ...


@query
async def finish_messages(db: Executor, ids: Ids, *, claim_id: UUID) -> RowCount:
    """Mark messages as done, except those that no longer belong to the claim. Used by `done` and `done_all`."""
    ...


@query
async def retry_message(db: Executor, message: ClaimedMessage, *, due_at: datetime, last_error: LastError) -> RowCount:
    """Set a new due time for a claimed message; 0 if the claim no longer owns the message. Used by `fail`."""
    ...


@query
async def bury_claimed_message(db: Executor, message: ClaimedMessage, *, last_error: LastError) -> RowCount:
    """Make a claimed message a dead letter; 0 if the claim no longer owns the message. Used by `fail`."""
    ...


@query
async def release(db: Executor, message: ClaimedMessage) -> RowCount:
    """Release a message untried, so that a worker can claim it at once; 0 if the claim no longer owns it."""
    ...


@query
async def extend_lease(db: Executor, claimed: ClaimedMessage, *, until: datetime) -> ClaimedMessage | None:
    """Set a new end for a lease; None if the claim no longer owns the message. Used by `extend`."""
    ...


@query
async def bury_message(db: Executor, message_id: UUID, *, last_error: LastError) -> Message:
    """Make an unfinished message a dead letter, so that the next message of its ordering key can be delivered.

    A worker that has claimed the message loses it. Raises `NotFound` if there is no such message or it is done.
    """
    ...


@query
async def list_dead_messages(
    db: Executor, *, topic: Topic | None = None, after: Message | None = None, limit: PageSize = 50
) -> list[Message]:
    """Return a page of the dead letters, most recent first; `after` is the last row of the previous page."""
    ...


@query
async def retry_dead_message(db: Executor, message_id: UUID) -> Message:
    """Queue a dead letter again behind all other messages, with its attempts reset.

    Raises `NotFound` if it is not dead.
    """
    ...


@query
async def find_oldest_due_message(db: Executor, topic: Topic) -> Message | None:
    """Return the message that has been due for the longest time; None if no message is due."""
    ...


@query
async def delete_finished_messages(
    db: Executor, *, status: Literal["DONE", "DEAD"], before: datetime, batch_size: BatchSize
) -> RowCount:
    """Delete up to `batch_size` finished messages. `purge_messages` deletes all of them."""
    ...


async def put(
    db: Executor,
    topic: str,
    payload: JsonObject,
    *,
    ordering_key: str | None = None,
    dedup_key: str | None = None,
    due_at: datetime | None = None,
) -> Message:
    """Write a message in the transaction of its event. Workers see it after COMMIT.

    If the topic has a message with this `dedup_key`, writes nothing and returns that message. Without `dedup_key`, the
    message gets a unique key. Messages with the same `ordering_key` are delivered in commit order, each after the
    previous one is done or dead. `due_at` delays the message.
    """
    key = str(uuid7()) if dedup_key is None else dedup_key
    new = NewMessage(topic=topic, ordering_key=ordering_key, dedup_key=key, payload=payload, due_at=due_at)
    while True:  # repeat if a purge deletes the other message between the two statements
        message = await insert_message(db, new) or await find_message(db, topic, dedup_key=new.dedup_key)
        if message is not None:
            return message


async def put_many(db: Executor, rows: Iterable[NewMessage]) -> int:
    """Write messages in batches, all or none, except those that exist; return how many were written."""

    def key(new: NewMessage) -> object:
        return new.topic, new.dedup_key

    return sum(await store_in_batches(db, insert_messages, rows, MESSAGES_PER_STATEMENT, key=key))


async def claim(db: Database, topic: str, *, batch_size: int = 100, lease: timedelta = LEASE) -> list[ClaimedMessage]:
    """Claim due messages, the longest due first, and return them; empty if none is due. `work` calls it repeatedly.

    The claim is committed when the call returns, so `db` must not be a `Transaction`. A message that is not done when
    the lease ends is delivered again. Only one message of an ordering key is claimed at a time.
    """
    refuse_transaction(db, "other workers see a claim only after COMMIT. Claim before the transaction begins.")
    while True:
        claim_id, lease_ends_at = uuid7(), lifetime_end(time_of(db), "lease", lease)
        with suppress(CommitUnknown):  # the list below shows what was claimed
            if not await claim_due_messages(
                db, topic, claim_id=claim_id, lease_ends_at=lease_ends_at, batch_size=batch_size
            ):
                return []
        # If every message of the batch waits behind another, none is claimed. The next round reads the following ones.
        if claimed := await list_claimed_messages(db, topic, claim_id=claim_id, lease_ends_at=lease_ends_at):
            return claimed


async def done(db: Executor, message: ClaimedMessage) -> None:
    """Mark a message as done. Call it in the transaction of the message's effects: both are committed or neither.

    Raises `MessageLeaseLost` if another worker has claimed the message since, or if it was marked before. The call also
    works after the end of the lease if no other worker has claimed the message.
    """
    if not await finish_messages(db, [message.id], claim_id=message.claim_id):
        raise _lost(message)


async def done_all(db: Executor, messages: Sequence[ClaimedMessage]) -> int:
    """Mark messages as done, except those that other workers have claimed since; return how many."""
    claims: dict[UUID, list[UUID]] = {}
    for message in messages:
        claims.setdefault(message.claim_id, []).append(message.id)
    async with atomic(db) as tx:
        return sum([await finish_messages(tx, ids, claim_id=claim_id) for claim_id, ids in claims.items()])


async def fail(
    db: Executor,
    message: ClaimedMessage,
    error: str,
    *,
    retry_after: timedelta | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> bool:
    """Retry a message later, or make it a dead letter after `max_attempts`; return True if it will be retried.

    Without `retry_after`, the pause doubles with each attempt, from one second to one hour, minus up to 25 % at random,
    so that messages that failed together are not retried together. The first 1,000 characters of `error` are stored:
    leave out secrets and personal data. Raises `MessageLeaseLost` if another worker has claimed the message since.
    """
    last_error, is_last = error[:MAX_ERROR_CHARACTERS], message.attempts >= max_attempts
    if is_last:
        failed = await bury_claimed_message(db, message, last_error=last_error)
    else:
        pause = pause_before_retry(message.attempts) if retry_after is None else retry_after
        due_at = lifetime_end(time_of(db), "retry_after", pause)
        failed = await retry_message(db, message, due_at=due_at, last_error=last_error)
    if not failed:
        raise _lost(message)
    return not is_last


async def extend(db: Executor, message: ClaimedMessage, *, lease: timedelta = LEASE) -> ClaimedMessage:
    """Extend a lease, counted from now. Raises `MessageLeaseLost` if another worker has claimed the message since."""
    if extended := await extend_lease(db, message, until=lifetime_end(time_of(db), "lease", lease)):
        return extended
    raise _lost(message)


def work(
    db: Database,
    topic: str,
    *,
    batch_size: int = 100,
    lease: timedelta = LEASE,
    poll: timedelta = POLL,
    stop: asyncio.Event | None = None,
) -> AsyncGenerator[list[ClaimedMessage]]:
    """Yield batches of claimed messages: `async for batch in outbox.work(db, "mail"): ...`.

    `stop` ends it after a batch. Pass each message to `done`, `fail` or `release`. A message that is not marked is
    delivered again when its lease ends, so the lease must be longer than the work on a batch. An idle worker polls
    every `poll`; on PostgreSQL, a committed message also wakes it. If the database cannot be reached, the worker logs a
    warning and tries again.
    """
    refuse_transaction(db, "a worker opens its own transactions.")
    lifetime_end(time_of(db), "lease", lease)
    claim_batch = partial(claim, db, topic, batch_size=batch_size, lease=lease)
    return claimed_batches(db, claim_batch, channel=CHANNEL, payload=topic, poll=poll, stop=stop)


async def purge_messages(
    db: Database, *, status: Literal["DONE", "DEAD"] = "DONE", before: datetime, batch_size: int | None = None
) -> int:
    """Delete the messages that became DONE or DEAD before an instant, in batches, and return how many.

    Their de-duplication keys can be used again. Unfinished messages are never deleted.
    """
    return await purge_in_batches(
        lambda size: delete_finished_messages(db, status=status, before=before, batch_size=size), batch_size, None
    )


def _lost(message: ClaimedMessage) -> MessageLeaseLost:
    return MessageLeaseLost(
        f"message {message.number} of the outbox: another worker has claimed it since, or it was finished before. Roll "
        "back what this attempt did. If leases end too early, give `lease` more time."
    )
