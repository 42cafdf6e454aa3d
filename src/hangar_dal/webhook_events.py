"""Events that providers report by webhooks: each is stored once, and processed in order per object.

`from hangar_dal import webhook_events`. Every function takes a `Database` or a `Transaction` first, opened with
`COMMERCE`. `receive` stores an event, `work` gives events to a worker.
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
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Database, Executor, atomic
from hangar_dal.database.executor import refuse_transaction
from hangar_dal.errors import CommitUnknown, MessageLeaseLost, NotFound, UniqueViolation
from hangar_dal.models.row import MAX_ERROR_CHARACTERS, BatchSize, Label, LastError, PageSize, PlainName
from hangar_dal.models.webhook_events import ClaimedEvent as ClaimedEvent
from hangar_dal.models.webhook_events import EventStatus as EventStatus
from hangar_dal.models.webhook_events import NewWebhookEvent as NewWebhookEvent
from hangar_dal.models.webhook_events import WebhookEvent as WebhookEvent
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount
from hangar_dal.tokens import lifetime_end
from hangar_dal.values import uuid7
from hangar_dal.waking import claimed_batches, pause_before_retry

query = COMMERCE.query

Ids = Annotated[list[UUID], Field(max_length=10_000)]

LEASE: Final = timedelta(minutes=1)
POLL: Final = timedelta(seconds=1)
MAX_ATTEMPTS: Final = 10

CHANNEL: Final = "hangar_webhooks"  # of PostgreSQL's notifications, whose payload is the provider


@query
async def insert_event(db: Executor, new: NewWebhookEvent) -> WebhookEvent | None:
    """Store an event; None if its id is taken, or the provider's id of it. For `receive`."""
    ...


@query
async def insert_events(db: Executor, rows: list[NewWebhookEvent]) -> RowCount:
    """Store many in one statement, leaving out those that are there; `receive_many` makes the batches."""
    ...


@query
async def get_event(db: Executor, webhook_event_id: UUID) -> WebhookEvent:
    """The event with this id."""
    ...


@query
async def find_event(db: Executor, provider: PlainName, *, event_id: Label) -> WebhookEvent | None:
    """The event that a provider calls so, whatever has become of it."""
    ...


@query
async def claim_due_events(
    db: Executor, provider: PlainName, *, claim_id: UUID, lease_ends_at: datetime, batch_size: BatchSize
) -> RowCount:
    """Look at up to `batch_size` events that are due, and claim those that are first of their object. For `claim`."""
    ...


@query
async def list_claimed_events(
    db: Executor, provider: PlainName, *, claim_id: UUID, lease_ends_at: datetime
) -> list[ClaimedEvent]:
    """What a claim has claimed, in order. For `claim`."""
    ...


@query
async def finish_events(db: Executor, ids: Ids, *, claim_id: UUID) -> RowCount:
    """Mark events of a claim as processed, as far as they still belong to it. For `done` and `done_all`."""
    ...


@query
async def retry_event(db: Executor, event: ClaimedEvent, *, due_at: datetime, last_error: LastError) -> RowCount:
    """Make a claimed event due again later; 0 if the claim has lost it. For `fail`."""
    ...


@query
async def give_up_claimed_event(db: Executor, event: ClaimedEvent, *, last_error: LastError) -> RowCount:
    """Give a claimed event up; 0 if the claim has lost it. For `fail`."""
    ...


@query
async def release(db: Executor, event: ClaimedEvent) -> RowCount:
    """Give an event back untried, so that a worker can claim it at once; 0 if the claim has lost it."""
    ...


@query
async def extend_lease(db: Executor, claimed: ClaimedEvent, *, until: datetime) -> ClaimedEvent | None:
    """Move the end of a lease; None if the claim has lost the event. For `extend`."""
    ...


@query
async def give_up(db: Executor, webhook_event_id: UUID, *, last_error: LastError) -> WebhookEvent:
    """Give an event up that is not processed, so that the next one of its object goes on. `NotFound` if it is."""
    ...


@query
async def list_failed_events(
    db: Executor, *, provider: PlainName | None = None, after: WebhookEvent | None = None, limit: PageSize = 50
) -> list[WebhookEvent]:
    """A page of the events that were given up, the last one first."""
    ...


@query
async def retry_failed_event(db: Executor, webhook_event_id: UUID) -> WebhookEvent:
    """Try an event again that was given up, behind all others. `NotFound` if it was not."""
    ...


@query
async def find_oldest_due_event(db: Executor, provider: PlainName) -> WebhookEvent | None:
    """The event that has been due for the longest time; None if no worker is behind."""
    ...


@query
async def delete_finished_events(
    db: Executor, *, status: Literal["PROCESSED", "FAILED"], before: datetime, batch_size: BatchSize
) -> RowCount:
    """Delete up to `batch_size` events; `purge_events` goes on to the end."""
    ...


async def receive(db: Executor, new: NewWebhookEvent) -> WebhookEvent:
    """Store an event. If the provider has sent it before, nothing is written, and the stored event is returned.

    Answer the provider when the call has returned: then the event is not lost. `UniqueViolation` if another event has
    the `id`.
    """
    while True:  # again if a purge deletes the other event between the two statements
        if event := await insert_event(db, new) or await find_event(db, new.provider, event_id=new.event_id):
            return event
        with suppress(NotFound):
            await get_event(db, new.id)
            raise UniqueViolation("webhook_events: another event has this id", constraint="webhook_events_id_key")


async def receive_many(db: Executor, rows: Iterable[NewWebhookEvent], *, batch_size: int = 500) -> int:
    """Store many events, one statement a batch, all or none; returns how many were new."""
    async with atomic(db) as tx:
        found = batches(rows, batch_size, key=lambda new: (new.provider, new.event_id))
        return sum([await insert_events(tx, batch) for batch in found])


async def claim(db: Database, provider: str, *, batch_size: int = 100, lease: timedelta = LEASE) -> list[ClaimedEvent]:
    """Claim events that are due, the first due first; empty if there are none. `work` calls it again and again.

    The claim is committed when the call returns, so it takes no `Transaction`. An event that is not processed when the
    lease ends is claimed again. Only one event of an object is claimed at a time.
    """
    refuse_transaction(db, "other workers see a claim only after COMMIT. Claim before the transaction begins.")
    while True:
        claim_id, lease_ends_at = uuid7(), lifetime_end(db.now(), "lease", lease)
        with suppress(CommitUnknown):  # then the list says what was claimed
            if not await claim_due_events(
                db, provider, claim_id=claim_id, lease_ends_at=lease_ends_at, batch_size=batch_size
            ):
                return []
        # None was claimed if all that were looked at wait behind others. The next round looks at those after them.
        if claimed := await list_claimed_events(db, provider, claim_id=claim_id, lease_ends_at=lease_ends_at):
            return claimed


async def done(db: Executor, event: ClaimedEvent) -> None:
    """Mark an event as processed, in the transaction of what it caused: then both are committed, or neither.

    `MessageLeaseLost` if another worker has claimed it since, or if it was marked before.
    """
    if not await finish_events(db, [event.id], claim_id=event.claim_id):
        raise _lost(event)


async def done_all(db: Executor, events: Sequence[ClaimedEvent]) -> int:
    """Mark many events as processed; returns how many. Those that others have claimed since are left to them."""
    claims: dict[UUID, list[UUID]] = {}
    for event in events:
        claims.setdefault(event.claim_id, []).append(event.id)
    async with atomic(db) as tx:
        return sum([await finish_events(tx, ids, claim_id=claim_id) for claim_id, ids in claims.items()])


async def fail(
    db: Executor,
    event: ClaimedEvent,
    error: str,
    *,
    retry_after: timedelta | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> bool:
    """Try an event again later, or give it up after `max_attempts`; True if it is tried again.

    Without `retry_after`, the pause doubles from one second to one hour, less up to a quarter. `error` is stored, cut
    to 1,000 characters: leave secrets out of it. `MessageLeaseLost` as for `done`.
    """
    last_error, is_last = error[:MAX_ERROR_CHARACTERS], event.attempts >= max_attempts
    if is_last:
        failed = await give_up_claimed_event(db, event, last_error=last_error)
    else:
        pause = pause_before_retry(event.attempts) if retry_after is None else retry_after
        due_at = lifetime_end(db.now(), "retry_after", pause)
        failed = await retry_event(db, event, due_at=due_at, last_error=last_error)
    if not failed:
        raise _lost(event)
    return not is_last


async def extend(db: Executor, event: ClaimedEvent, *, lease: timedelta = LEASE) -> ClaimedEvent:
    """Keep an event for another lease, counted from now. `MessageLeaseLost` if another worker has claimed it since."""
    if extended := await extend_lease(db, event, until=lifetime_end(db.now(), "lease", lease)):
        return extended
    raise _lost(event)


def work(
    db: Database,
    provider: str,
    *,
    batch_size: int = 100,
    lease: timedelta = LEASE,
    poll: timedelta = POLL,
    stop: asyncio.Event | None = None,
) -> AsyncGenerator[list[ClaimedEvent]]:
    """`async for batch in webhook_events.work(db, "stripe"): ...`, until `stop` is set, as `outbox.work` does."""
    refuse_transaction(db, "a worker needs transactions of its own.")
    lifetime_end(db.now(), "lease", lease)
    claim_batch = partial(claim, db, provider, batch_size=batch_size, lease=lease)
    return claimed_batches(db, claim_batch, channel=CHANNEL, payload=provider, poll=poll, stop=stop)


async def purge_events(
    db: Database, *, status: Literal["PROCESSED", "FAILED"] = "PROCESSED", before: datetime, batch_size: int = 500
) -> int:
    """Delete the events that ended before an instant, in batches; returns how many. Then repeats are new events."""
    return await purge_in_batches(
        lambda: delete_finished_events(db, status=status, before=before, batch_size=batch_size), batch_size, None
    )


def _lost(event: ClaimedEvent) -> MessageLeaseLost:
    return MessageLeaseLost(
        f"webhook event {event.number}: another worker has claimed it since, or it was marked before. Roll back what "
        "this attempt did. If leases end too early, give `lease` more time."
    )
