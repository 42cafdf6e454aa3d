"""Idempotency keys: the work for a key is done once, and a repeated request gets the stored answer.

`from hangar_dal import idempotency_keys`. Every function takes a `Database` or a `Transaction` first, opened with
`COMMERCE`. Use `run` for work in the database and `run_leased` for work that cannot be in a transaction.
"""
# mypy: disable-error-code="empty-body"

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hangar_dal.catalogs import COMMERCE
from hangar_dal.database import Database, Executor, Transaction, atomic, time_of
from hangar_dal.database.executor import refuse_transaction
from hangar_dal.errors import IdempotencyKeyBusy, IdempotencyKeyReused, IdempotencyLeaseLost
from hangar_dal.models.idempotency_keys import Answer as Answer
from hangar_dal.models.idempotency_keys import ClaimedKey as ClaimedKey
from hangar_dal.models.idempotency_keys import IdempotencyKey as IdempotencyKey
from hangar_dal.models.idempotency_keys import NewIdempotencyKey
from hangar_dal.models.row import BatchSize, Label, Sha256
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream
from hangar_dal.tokens import lifetime_end
from hangar_dal.values import JsonObject, uuid7

query = COMMERCE.query

LEASE: Final = timedelta(minutes=1)
LIFETIME: Final = timedelta(days=1)


@query
async def insert_key(db: Executor, new: NewIdempotencyKey) -> IdempotencyKey | None:
    """Store a claimed key; None if the key exists. Used by `claim` and `run`."""
    ...


@query
async def find_key(db: Executor, scope: Label, key: Label) -> IdempotencyKey | None:
    """Return the row of a key; None if there is none."""
    ...


@query
async def take_over_key(db: Executor, new: NewIdempotencyKey) -> IdempotencyKey | None:
    """Claim a key whose lease has ended; None if the lease has not ended or the key has an answer.

    Used by `claim` and `run`.
    """
    ...


@query
async def finish_key(db: Executor, claimed: ClaimedKey, answer: Answer) -> IdempotencyKey | None:
    """Store an answer; None if the claim no longer owns the key. Used by `finish`."""
    ...


@query
async def delete_claimed_key(db: Executor, claimed: ClaimedKey) -> RowCount:
    """Delete a claimed key; 0 if the claim no longer owns the key. Used by `release`."""
    ...


@query
async def delete_expired_key(db: Executor, scope: Label, key: Label) -> RowCount:
    """Delete an expired key without an active lease. Used by `claim` and `run`."""
    ...


@query
async def delete_expired_keys(db: Executor, *, now: datetime | None = None, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` expired keys. `purge_expired_keys` deletes all of them."""
    ...


@query
def stream_keys_of_user(db: Executor, user_id: UUID) -> Stream[IdempotencyKey]:
    """Stream the keys of a user with their answers, oldest first, for an export."""
    ...


@query
async def move_keys(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the keys of the user `merged` to the user `kept`."""
    ...


def request_hash(request: JsonObject) -> Sha256:
    """Return the SHA-256 hash of a request. The order of keys in its JSON objects does not matter."""
    text = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


async def run(
    db: Executor,
    scope: str,
    key: str,
    request: JsonObject,
    work: Callable[[Transaction], Awaitable[Answer]],
    *,
    user_id: UUID | None = None,
    lifetime: timedelta = LIFETIME,
) -> Answer:
    """Do the work and store its answer in one transaction, or return the stored answer of the key.

    Other calls with the same key wait for the transaction. If the work raises an exception or its process dies, nothing
    is stored, and the next call does the work. Raises `IdempotencyKeyReused` if the key belongs to another request, and
    `IdempotencyKeyBusy` if another request holds the key with a lease.
    """
    async with atomic(db) as tx:
        held = await _claimed(tx, _new(tx, scope, key, request, user_id=user_id, lifetime=lifetime))
        if isinstance(held, Answer):
            return held
        answer = await work(tx)
        await finish(tx, held, answer)
        return answer


async def claim(
    db: Database,
    scope: str,
    key: str,
    request: JsonObject,
    *,
    user_id: UUID | None = None,
    lease: timedelta = LEASE,
    lifetime: timedelta = LIFETIME,
) -> ClaimedKey | Answer:
    """Claim a key for work that cannot be in a transaction, or return the stored answer of the key.

    The claim is committed when the call returns, so `db` must not be a `Transaction`. If the process that holds the
    claim dies, the key stays blocked until the lease ends. Raises the same errors as `run`.
    """
    refuse_transaction(db, "other processes see a claim only after COMMIT. Claim before the transaction begins.")
    new = _new(db, scope, key, request, user_id=user_id, lease=lease, lifetime=lifetime)
    return await _claimed(db, new)


async def finish(db: Executor, claimed: ClaimedKey, answer: Answer) -> None:
    """Store the answer for a claimed key. If the work has a transaction, call it in that transaction.

    Raises `IdempotencyLeaseLost` if another request has claimed the key since.
    """
    if not await finish_key(db, claimed, answer):
        raise IdempotencyLeaseLost(
            "the answer was not stored: the lease of the idempotency key ended, and the key was claimed again. Roll "
            "back what this attempt did. If leases end too early, give `lease` more time."
        )


async def release(db: Executor, claimed: ClaimedKey) -> bool:
    """Release a claim without an answer, so that the next request does the work; False if the claim was lost."""
    return bool(await delete_claimed_key(db, claimed))


async def run_leased(
    db: Database,
    scope: str,
    key: str,
    request: JsonObject,
    work: Callable[[], Awaitable[Answer]],
    *,
    user_id: UUID | None = None,
    lease: timedelta = LEASE,
    lifetime: timedelta = LIFETIME,
) -> Answer:
    """Do work outside a transaction under a lease and store its answer, or return the stored answer.

    Pass the key on to the service that the work calls: if this process dies, the work is done again after the lease. If
    the work raises an exception, the key is free at once. Raises the same errors as `run` and `finish`.
    """
    held = await claim(db, scope, key, request, user_id=user_id, lease=lease, lifetime=lifetime)
    if isinstance(held, Answer):
        return held
    try:
        answer = await work()
    except BaseException:
        await release(db, held)
        raise
    await finish(db, held, answer)
    return answer


async def purge_expired_keys(db: Database, *, batch_size: int | None = None) -> int:
    """Delete the keys that have expired by now, in batches, and return how many. Deleted keys can be used again."""
    now = time_of(db)
    return await purge_in_batches(lambda size: delete_expired_keys(db, now=now, batch_size=size), batch_size, None)


def _new(
    db: Executor,
    scope: str,
    key: str,
    request: JsonObject,
    *,
    user_id: UUID | None,
    lease: timedelta = LEASE,
    lifetime: timedelta,
) -> NewIdempotencyKey:
    return NewIdempotencyKey.model_construct(
        id=uuid7(),
        scope=scope,
        key=key,
        user_id=user_id,
        request_hash=request_hash(request),
        claim_id=uuid7(),
        lease_ends_at=lifetime_end(time_of(db), "lease", lease),
        expires_at=lifetime_end(time_of(db), "lifetime", lifetime),
    )


async def _claimed(db: Executor, new: NewIdempotencyKey) -> ClaimedKey | Answer:
    now = time_of(db)
    while True:  # repeat if the key is released, purged or taken over between two statements
        if await insert_key(db, new) or await take_over_key(db, new):
            return ClaimedKey(scope=new.scope, key=new.key, claim_id=new.claim_id, lease_ends_at=new.lease_ends_at)
        held = await find_key(db, new.scope, new.key)
        if held is None or (held.expires_at <= now and await delete_expired_key(db, new.scope, new.key)):
            continue
        if held.request_hash != new.request_hash:
            raise IdempotencyKeyReused("the idempotency key belongs to another request. Choose a new key for this one.")
        if held.answer_status is not None and held.answer is not None:
            return Answer(status=held.answer_status, body=held.answer)
        if held.lease_ends_at is not None and held.lease_ends_at > now:
            raise IdempotencyKeyBusy(
                "another request with this idempotency key is still being processed. Try again later."
            )
