"""One random history on SQLite and on PostgreSQL, after which every list has the same pages for every viewer.

A failing walk prints its seed, and the last steps or the list that differs.
"""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import chain

import pytest

from hangar_dal import COMMUNITY
from hangar_dal.testing import Both, Differs, open_both
from tests.community_parity.history import History
from tests.community_parity.reading import reads
from tests.community_parity.steps import start, step
from tests.helpers.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2030, 1, 31, 23, 30, 59, 900_000, tzinfo=UTC))


@pytest.fixture
async def both(sqlite_url: str, postgres_url: str, clock: Clock) -> AsyncIterator[Both]:
    async with open_both(sqlite_url, postgres_url, catalog=COMMUNITY, clock=clock) as opened:
        yield opened


async def walk(both: Both, clock: Clock, seed: int, *, steps: int, viewers: int) -> dict[str, set[str]]:
    """What the steps and lists of each name gave: the kinds of values and errors."""
    history, seen = History(random.Random(seed), clock), dict[str, set[str]]()
    try:
        async for name, outcome in both.walk(chain(start(history), (step(history) for _ in range(steps)))):
            history.learn(outcome.value)
            seen.setdefault(name, set()).add((outcome.error or type(outcome.value)).__name__)
        for name, call in reads(history, viewers):
            outcome = await both.same(call, name=name)
            assert outcome.error is None, outcome
            seen.setdefault(name.split()[0], set()).add("rows" if outcome.value else "nothing")
    except (Differs, AssertionError) as error:
        error.add_note(f"seed {seed}")
        raise
    return seen


async def test_a_random_history_is_the_same_on_both_databases(both: Both, clock: Clock) -> None:
    seen = await walk(both, clock, 9, steps=600, viewers=6)
    # The walk met what there is to meet: errors, and rows in all lists but two at most.
    assert {"UniqueViolation", "CheckViolation", "TriggerViolation", "NotFound"} <= set().union(*seen.values())
    assert len([name for name, kinds in seen.items() if kinds == {"nothing"}]) <= 2


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 61))
async def test_random_histories_are_the_same_on_both_databases(both: Both, clock: Clock, seed: int) -> None:
    await walk(both, clock, seed, steps=1500, viewers=6)
