"""The outbox: messages that a transaction leaves for workers, each of them delivered at least once.

`from hangar_dal import outbox`. Every function takes a `Database` or a `Transaction` first, opened with `OUTBOX` or
a catalog that uses it. `put` writes a message in the transaction of its event, `work` gives messages to a worker.
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

from hangar_dal.batching import batches
from hangar_dal.catalogs import OUTBOX
from hangar_dal.database import Database, Executor, atomic
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

CHANNEL: Final = "hangar_outbox"  # of PostgreSQL's notifications, whose payload is the topic


@query
async def insert_message(db: Executor, new: NewMessage) -> Message | None:
    """Write a message; None if its id or its de-duplication key is taken. `put` says what to do then."""
    ...


@query
async def insert_messages(db: Executor, rows: list[NewMessage]) -> RowCount:
    """Write many in one statement, leaving out those that are there; `put_many` makes the batches."""
    ...


@query
async def get_message(db: Executor, message_id: UUID) -> Message:
    """The message with this id."""
    ...


@query
async def find_message(db: Executor, topic: Topic, *, dedup_key: Label) -> Message | None:
    """The message with this de-duplication key, whatever has become of it."""
    ...


@query
async def claim_due_messages(
    db: Executor, topic: Topic, *, claim_id: UUID, lease_ends_at: datetime, batch_size: BatchSize
) -> RowCount:
    """Look at up to `batch_size` messages that are due, and claim those that are first in their order. For `claim`."""
    ...


@query
async def list_claimed_messages(
    db: Executor, topic: Topic, *, claim_id: UUID, lease_ends_at: datetime
) -> list[ClaimedMessage]:
    """What a claim has claimed, in order. For `claim`."""
    ...


@query
async def finish_messages(db: Executor, ids: Ids, *, claim_id: UUID) -> RowCount:
    """Mark messages of a claim as done, as far as they still belong to it. For `done` and `done_all`."""
    ...


@query
async def retry_message(db: Executor, message: ClaimedMessage, *, due_at: datetime, last_error: LastError) -> RowCount:
    """Make a claimed message due again later; 0 if the claim has lost it. For `fail`."""
    ...


@query
async def bury_claimed_message(db: Executor, message: ClaimedMessage, *, last_error: LastError) -> RowCount:
    """Make a claimed message a dead letter; 0 if the claim has lost it. For `fail`."""
    ...


@query
async def release(db: Executor, message: ClaimedMessage) -> RowCount:
    """Give a message back untried, so that a worker can claim it at once; 0 if the claim has lost it."""
    ...


@query
async def extend_lease(db: Executor, claimed: ClaimedMessage, *, until: datetime) -> ClaimedMessage | None:
    """Move the end of a lease; None if the claim has lost the message. For `extend`."""
    ...


@query
async def bury_message(db: Executor, message_id: UUID, *, last_error: LastError) -> Message:
    """Give a message up that is not done: it becomes a dead letter, and the next of its ordering key goes on.

    A worker that has claimed it loses it. `NotFound` if there is no such message, or if it is done.
    """
    ...


@query
async def list_dead_messages(
    db: Executor, *, topic: Topic | None = None, after: Message | None = None, limit: PageSize = 50
) -> list[Message]:
    """A page of the dead letters, the last one first; `after` is the last one of the page before."""
    ...


@query
async def retry_dead_message(db: Executor, message_id: UUID) -> Message:
    """Try a dead letter again, with all its attempts, behind every other message. `NotFound` if it is not dead."""
    ...


@query
async def find_oldest_due_message(db: Executor, topic: Topic) -> Message | None:
    """The message that has been due for the longest time; None if no worker is behind."""
    ...


@query
async def delete_finished_messages(
    db: Executor, *, status: Literal["DONE", "DEAD"], before: datetime, batch_size: BatchSize
) -> RowCount:
    """Delete up to `batch_size` messages; `purge_messages` goes on to the end."""
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
    """Write a message, in the transaction of its event. Workers see it when the transaction is committed.

    If the topic has a message with this `dedup_key`, nothing is written, and that message is returned. Without one, the
    message gets a key of its own. Messages with the same `ordering_key` are delivered in the order in which their
    transactions are committed, each after the one before it is done or dead. `due_at` delays the message.
    """
    key = str(uuid7()) if dedup_key is None else dedup_key
    new = NewMessage(topic=topic, ordering_key=ordering_key, dedup_key=key, payload=payload, due_at=due_at)
    while True:  # again if a purge deletes the other message between the two statements
        message = await insert_message(db, new) or await find_message(db, topic, dedup_key=new.dedup_key)
        if message is not None:
            return message


async def put_many(db: Executor, rows: Iterable[NewMessage]) -> int:
    """Write many messages, one statement a batch, all or none; returns how many. Those that are there are left out."""
    written = 0
    async with atomic(db) as tx:
        for batch in batches(rows, MESSAGES_PER_STATEMENT, key=lambda new: (new.topic, new.dedup_key)):
            written += await insert_messages(tx, batch)
    return written


async def claim(db: Database, topic: str, *, batch_size: int = 100, lease: timedelta = LEASE) -> list[ClaimedMessage]:
    """Claim messages that are due, the first due first; empty if there are none. `work` calls it again and again.

    The claim is committed when the call returns, so it takes no `Transaction`. A message that is not done when the
    lease ends is delivered again. Only one message of an ordering key is claimed at a time.
    """
    refuse_transaction(db, "other workers see a claim only after COMMIT. Claim before the transaction begins.")
    while True:
        claim_id, lease_ends_at = uuid7(), lifetime_end(db.now(), "lease", lease)
        with suppress(CommitUnknown):  # then the list says what was claimed
            if not await claim_due_messages(
                db, topic, claim_id=claim_id, lease_ends_at=lease_ends_at, batch_size=batch_size
            ):
                return []
        # None was claimed if all that were looked at wait behind others. The next round looks at those after them.
        if claimed := await list_claimed_messages(db, topic, claim_id=claim_id, lease_ends_at=lease_ends_at):
            return claimed


async def done(db: Executor, message: ClaimedMessage) -> None:
    """Mark a message as done. In the transaction of what the message caused, both are committed or neither.

    `MessageLeaseLost` if another worker has claimed it since, or if it was marked before. It does not matter that the
    lease has ended, as long as no other worker has claimed the message.
    """
    if not await finish_messages(db, [message.id], claim_id=message.claim_id):
        raise _lost(message)


async def done_all(db: Executor, messages: Sequence[ClaimedMessage]) -> int:
    """Mark many messages as done; returns how many. Those that other workers have claimed since are left to them."""
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
    """Try a message again later, or make it a dead letter after `max_attempts`; True if it is tried again.

    Without `retry_after`, the pause doubles with each attempt, from one second to one hour, and differs by up to a
    quarter so that messages that failed together do not come back together. `error` is stored, cut to 1,000 characters:
    leave secrets and personal data out of it. `MessageLeaseLost` if another worker has claimed the message since.
    """
    last_error, is_last = error[:MAX_ERROR_CHARACTERS], message.attempts >= max_attempts
    if is_last:
        failed = await bury_claimed_message(db, message, last_error=last_error)
    else:
        pause = pause_before_retry(message.attempts) if retry_after is None else retry_after
        due_at = lifetime_end(db.now(), "retry_after", pause)
        failed = await retry_message(db, message, due_at=due_at, last_error=last_error)
    if not failed:
        raise _lost(message)
    return not is_last


async def extend(db: Executor, message: ClaimedMessage, *, lease: timedelta = LEASE) -> ClaimedMessage:
    """Keep a message for another lease, counted from now. `MessageLeaseLost` if another worker has claimed it since."""
    if extended := await extend_lease(db, message, until=lifetime_end(db.now(), "lease", lease)):
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
    """`async for batch in outbox.work(db, "mail"): ...`, until `stop` is set: then it ends after the current batch.

    Mark each message with `done`, `fail` or `release`. One that is left is delivered again when its lease ends, so the
    lease has to be longer than the work on a batch. With nothing to do, the worker looks every `poll`, and PostgreSQL
    also wakes it when a message is committed. If the database cannot be reached, it logs a warning and tries again.
    """
    refuse_transaction(db, "a worker needs transactions of its own.")
    lifetime_end(db.now(), "lease", lease)
    claim_batch = partial(claim, db, topic, batch_size=batch_size, lease=lease)
    return claimed_batches(db, claim_batch, channel=CHANNEL, payload=topic, poll=poll, stop=stop)


async def purge_messages(
    db: Database, *, status: Literal["DONE", "DEAD"] = "DONE", before: datetime, batch_size: int = 500
) -> int:
    """Delete the messages that were done or given up before an instant, in batches; returns how many.

    Their de-duplication keys can be used again. Messages that are not finished are never deleted.
    """
    return await purge_in_batches(
        lambda: delete_finished_messages(db, status=status, before=before, batch_size=batch_size), batch_size, None
    )


def _lost(message: ClaimedMessage) -> MessageLeaseLost:
    return MessageLeaseLost(
        f"message {message.number} of the outbox: another worker has claimed it since, or it was marked before. Roll "
        "back what this attempt did. If leases end too early, give `lease` more time."
    )
