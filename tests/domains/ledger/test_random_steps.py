"""The ledger and a plain Python model of it take the same random steps, and agree after each of them."""

import pytest

from hangar_dal import Database
from tests.domains.ledger.books import Walk
from tests.helpers.clock import Clock
from tests.helpers.commerce import account, world


@pytest.mark.parametrize("steps", [150, pytest.param(200_000, marks=pytest.mark.long, id="long")])
async def test_the_ledger_does_what_the_model_says(database: Database, clock: Clock, seed: int, steps: int) -> None:
    accounts = [await world(database), *[await account(database) for _ in range(4)]]
    walk = Walk(database, clock, accounts, seed)
    for number in range(steps):
        await walk.step()
        if number % 50 == 49 and (number < 1000 or number % 5000 == 4999):
            await walk.compare()
    await walk.compare()
    print(f"{steps} steps, {len(walk.books.moved)} transfers, {len(walk.books.ended)} holds that ended")
