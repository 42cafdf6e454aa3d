"""Webhook events of providers: each is stored once, and the events of one object are processed in order.

`from hangar_dal import webhook_events`. Every function takes a `Database` or a `Transaction` first, opened with
`COMMERCE`. `receive` stores an event; `work` yields events to a worker.
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
from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Database, Executor, atomic, time_of
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

CHANNEL: Final = "hangar_webhooks"  # the PostgreSQL notification channel; the payload is the provider


@query
async def insert_event(db: Executor, new: NewWebhookEvent) -> WebhookEvent | None:
    """Store an event; None if its `id` or the provider's `event_id` is taken. Used by `receive`."""
    ...


@query
async def insert_events(db: Executor, rows: list[NewWebhookEvent]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `receive_many`."""
    ...


@query
async def get_event(db: Executor, webhook_event_id: UUID) -> WebhookEvent:
    """Return the event with this id. Raises `NotFound` if there is none."""
    ...


@query
async def find_event(db: Executor, provider: PlainName, *, event_id: Label) -> WebhookEvent | None:
    """Return the event with this id of the provider, in any status; None if there is none."""
    ...


@query
async def claim_due_events(
    db: Executor, provider: PlainName, *, claim_id: UUID, lease_ends_at: datetime, batch_size: BatchSize
) -> RowCount:
    """Claim those of up to `batch_size` due events that are first of their object. Used by `claim`."""
    ...


@query
async def list_claimed_events(
    db: Executor, provider: PlainName, *, claim_id: UUID, lease_ends_at: datetime
) -> list[ClaimedEvent]:
    """Return the events of a claim, in order. Used by `claim`."""
    ...


@query
async def finish_events(db: Executor, ids: Ids, *, claim_id: UUID) -> RowCount:
    """Mark events as processed, except those that no longer belong to the claim. Used by `done` and `done_all`."""
    ...


@query
async def retry_event(db: Executor, event: ClaimedEvent, *, due_at: datetime, last_error: LastError) -> RowCount:
    """Set a new due time for a claimed event; 0 if the claim no longer owns the event. Used by `fail`."""
    ...


@query
async def give_up_claimed_event(db: Executor, event: ClaimedEvent, *, last_error: LastError) -> RowCount:
    """Mark a claimed event as FAILED; 0 if the claim no longer owns the event. Used by `fail`."""
    ...


@query
async def release(db: Executor, event: ClaimedEvent) -> RowCount:
    """Release an event untried, so that a worker can claim it at once; 0 if the claim no longer owns it."""
    ...


@query
async def extend_lease(db: Executor, claimed: ClaimedEvent, *, until: datetime) -> ClaimedEvent | None:
    """Set a new end for a lease; None if the claim no longer owns the event. Used by `extend`."""
    ...


@query
async def give_up(db: Executor, webhook_event_id: UUID, *, last_error: LastError) -> WebhookEvent:
    """Mark an unprocessed event as FAILED, so that the next event of its object can be claimed.

    Raises `NotFound` if it is processed.
    """
    ...


@query
async def list_failed_events(
    db: Executor, *, provider: PlainName | None = None, after: WebhookEvent | None = None, limit: PageSize = 50
) -> list[WebhookEvent]:
    """Return a page of the FAILED events, most recent first."""
    ...


@query
async def retry_failed_event(db: Executor, webhook_event_id: UUID) -> WebhookEvent:
    """Queue a FAILED event again behind all other events. Raises `NotFound` if it is not FAILED."""
    ...


@query
async def find_oldest_due_event(db: Executor, provider: PlainName) -> WebhookEvent | None:
    """Return the event that has been due for the longest time; None if no event is due."""
    ...


@query
async def delete_finished_events(
    db: Executor, *, status: Literal["PROCESSED", "FAILED"], before: datetime, batch_size: BatchSize
) -> RowCount:
    """Delete up to `batch_size` finished events. `purge_events` deletes all of them."""
    ...


async def receive(db: Executor, new: NewWebhookEvent) -> WebhookEvent:
    """Store an event. If the provider has sent it before, writes nothing and returns the stored event.

    Answer the provider only after this call returns, so that no event is lost. Raises `UniqueViolation` if another
    event has the `id`.
    """
    while True:  # repeat if a purge deletes the other event between the two statements
        if event := await insert_event(db, new) or await find_event(db, new.provider, event_id=new.event_id):
            return event
        with suppress(NotFound):
            await get_event(db, new.id)
            raise UniqueViolation("webhook_events: another event has this id", constraint="webhook_events_id_key")


async def receive_many(db: Executor, rows: Iterable[NewWebhookEvent], *, batch_size: int = 500) -> int:
    """Store events in batches, all or none, except those that exist; return how many were stored."""

    def key(new: NewWebhookEvent) -> object:
        return new.provider, new.event_id

    return sum(await store_in_batches(db, insert_events, rows, batch_size, key=key))


async def claim(db: Database, provider: str, *, batch_size: int = 100, lease: timedelta = LEASE) -> list[ClaimedEvent]:
    """Claim due events, the longest due first, and return them; empty if none is due. `work` calls it repeatedly.

    The claim is committed when the call returns, so `db` must not be a `Transaction`. An event that is not processed
    when the lease ends can be claimed again. Only one event of an object is claimed at a time.
    """
    refuse_transaction(db, "other workers see a claim only after COMMIT. Claim before the transaction begins.")
    while True:
        claim_id, lease_ends_at = uuid7(), lifetime_end(time_of(db), "lease", lease)
        with suppress(CommitUnknown):  # the list below shows what was claimed
            if not await claim_due_events(
                db, provider, claim_id=claim_id, lease_ends_at=lease_ends_at, batch_size=batch_size
            ):
                return []
        # If every event of the batch waits behind another, none is claimed. The next round reads the following ones.
        if claimed := await list_claimed_events(db, provider, claim_id=claim_id, lease_ends_at=lease_ends_at):
            return claimed


async def done(db: Executor, event: ClaimedEvent) -> None:
    """Mark an event as processed. Call it in the transaction of the event's effects: both are committed or neither.

    Raises `MessageLeaseLost` if another worker has claimed the event since, or if it was marked before.
    """
    if not await finish_events(db, [event.id], claim_id=event.claim_id):
        raise _lost(event)


async def done_all(db: Executor, events: Sequence[ClaimedEvent]) -> int:
    """Mark events as processed, except those that other workers have claimed since; return how many."""
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
    """Retry an event later, or mark it as FAILED after `max_attempts`; return True if it will be retried.

    Without `retry_after`, the pause doubles with each attempt, from one second to one hour, minus up to 25 % at random.
    The first 1,000 characters of `error` are stored: leave out secrets. Raises `MessageLeaseLost` as `done` does.
    """
    last_error, is_last = error[:MAX_ERROR_CHARACTERS], event.attempts >= max_attempts
    if is_last:
        failed = await give_up_claimed_event(db, event, last_error=last_error)
    else:
        pause = pause_before_retry(event.attempts) if retry_after is None else retry_after
        due_at = lifetime_end(time_of(db), "retry_after", pause)
        failed = await retry_event(db, event, due_at=due_at, last_error=last_error)
    if not failed:
        raise _lost(event)
    return not is_last


async def extend(db: Executor, event: ClaimedEvent, *, lease: timedelta = LEASE) -> ClaimedEvent:
    """Extend a lease, counted from now. Raises `MessageLeaseLost` if another worker has claimed the event since."""
    if extended := await extend_lease(db, event, until=lifetime_end(time_of(db), "lease", lease)):
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
    """Yield batches of claimed events: `async for batch in webhook_events.work(db, "stripe"): ...`.

    See `outbox.work`.
    """
    refuse_transaction(db, "a worker opens its own transactions.")
    lifetime_end(time_of(db), "lease", lease)
    claim_batch = partial(claim, db, provider, batch_size=batch_size, lease=lease)
    return claimed_batches(db, claim_batch, channel=CHANNEL, payload=provider, poll=poll, stop=stop)


async def purge_events(
    db: Database,
    *,
    status: Literal["PROCESSED", "FAILED"] = "PROCESSED",
    before: datetime,
    batch_size: int | None = None,
) -> int:
    """Delete the events finished before an instant, in batches; return how many.

    If the provider sends a deleted event again, it is stored as new.
    """
    return await purge_in_batches(
        lambda size: delete_finished_events(db, status=status, before=before, batch_size=size), batch_size, None
    )


def _lost(event: ClaimedEvent) -> MessageLeaseLost:
    return MessageLeaseLost(
        f"webhook event {event.number}: another worker has claimed it since, or it was finished before. Roll back what "
        "this attempt did. If leases end too early, give `lease` more time."
    )
