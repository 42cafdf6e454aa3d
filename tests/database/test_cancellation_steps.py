"""A cancellation at every step of everything that can be done with a database, once and twice."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hangar_dal.database import Database
from tests.database.ledger import run
from tests.database.outside import Outside
from tests.database.requests import Requests
from tests.database.steps import Stepped, just_after, while_waiting
from tests.database.storm import COMMITTED, UNKNOWN

TOGETHER = ("together", "together_with_rows", "together_in_transaction")
MAY_COMMIT = ("transaction", "savepoint", "statement", "retried", *TOGETHER)
NAMES = (*MAY_COMMIT, "read_in_transaction", "stream", "roll_back", "read_together")


async def cancelled_at(
    request: Callable[[int], Any], batch: int, cancels: dict[int, Callable[[Any], None]]
) -> tuple[int, bool, list[str]]:
    """How many steps it took, whether it was cancelled, and what the caller was told."""
    stepped = Stepped(request(batch), cancels)

    async def task() -> None:
        await stepped

    try:
        await asyncio.create_task(task())
    except asyncio.CancelledError as error:
        return stepped.steps, True, getattr(error, "__notes__", [])
    return stepped.steps, False, []


@pytest.mark.parametrize("name", NAMES)
async def test_a_cancellation_at_any_step_leaves_everything_or_nothing(
    small_ledger: Database, outside: Outside, name: str
) -> None:
    request = getattr(Requests(small_ledger), name)
    for batch in (1, 2, 3):  # connections are made, statements prepared
        steps, _, _ = await cancelled_at(request, batch, {})
    ways = [while_waiting, just_after]
    plans = [{step: way} for step in range(1, steps + 1) for way in ways]
    plans += [{step: way, step + 1: way} for step in range(1, steps + 1) for way in ways]
    plans += [{step: way, step + 2: way} for step in range(1, steps + 1) for way in ways]
    for batch, plan in enumerate(plans, start=10):
        taken, was_cancelled, notes = await cancelled_at(request, batch, plan)
        if taken < min(plan):  # PostgreSQL was quicker to answer this time
            continue
        assert was_cancelled, f"{plan} was swallowed"
        found, _ = await run(small_ledger, "SELECT id FROM ledger WHERE amount = :batch", batch=batch)
        if UNKNOWN not in notes:
            assert len(found) == (2 if COMMITTED in notes and name in MAY_COMMIT else 0), plan
        else:
            assert len(found) in {0, 2}, plan
        assert outside.transactions_left_open() == 0, plan
    # Each connection is still there to be had.
    async with small_ledger.transaction() as tx, small_ledger.transaction(read_only=True):
        await run(tx, "SELECT 1")
