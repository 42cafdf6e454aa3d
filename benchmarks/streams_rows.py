"""Rows of LIVESTREAMS that are stored one by one, because no application has to store many, and what stores them.

The functions store all rows or none, each at its own instant, and return how many rows there are then.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from benchmarks.storing import store_each
from hangar_dal import Transaction, live_chat, live_viewers, livestreams
from hangar_dal.database import Executor
from hangar_dal.live_chat import ChatRules
from hangar_dal.models.row import Row


class IssuedKey(Row):
    """The key with which a livestream is sent."""

    at: datetime
    livestream_id: UUID
    key_hash: str


class SetRules(Row):
    """The rules that an owner has set for a chat."""

    at: datetime
    rules: ChatRules


class SampledViewers(Row):
    """An instant at which the viewers of all livestreams are counted."""

    at: datetime


async def issue_keys(db: Executor, rows: Iterable[IssuedKey]) -> int:
    async def store(tx: Transaction, row: IssuedKey) -> int:
        await livestreams.store_stream_key(tx, row.livestream_id, key_hash=row.key_hash)
        return 1

    return await store_each(db, rows, store)


async def set_rules(db: Executor, rows: Iterable[SetRules]) -> int:
    async def store(tx: Transaction, row: SetRules) -> int:
        await live_chat.set_chat_rules(tx, row.rules)
        return 1

    return await store_each(db, rows, store)


async def sample_viewers(db: Executor, rows: Iterable[SampledViewers]) -> int:
    async def store(tx: Transaction, _: SampledViewers) -> int:
        return await live_viewers.sample_viewers(tx)

    return await store_each(db, rows, store)
