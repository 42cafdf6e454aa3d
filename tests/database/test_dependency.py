"""A transaction per request: committed on success, rolled back on error, always released."""

import pytest

from hangar_dal.database import Database, transaction_dependency
from hangar_dal.errors import ReadOnlyTransaction
from tests.database.ledger import column, run
from tests.database.outside import Outside

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
IDS = "SELECT id FROM ledger ORDER BY id"


async def test_a_request_that_succeeds_commits(ledger: Database, outside: Outside) -> None:
    get_db = transaction_dependency(lambda: ledger)
    async for tx in get_db():
        await run(tx, INSERT, id=1)
        assert outside.query(IDS) == []
    assert outside.query(IDS) == [(1,)]


async def test_a_request_that_fails_rolls_back(ledger: Database, outside: Outside) -> None:
    """As a framework does it: the error is thrown into the generator where it yielded."""
    requests = transaction_dependency(lambda: ledger)()
    tx = await anext(requests)
    await run(tx, INSERT, id=1)
    with pytest.raises(LookupError):
        await requests.athrow(LookupError())
    assert outside.query(IDS) == []
    assert outside.transactions_left_open() == 0


async def test_a_request_that_is_given_up_rolls_back(ledger: Database, outside: Outside) -> None:
    requests = transaction_dependency(lambda: ledger)()
    await run(await anext(requests), INSERT, id=1)
    await requests.aclose()
    assert outside.query(IDS) == []
    assert outside.transactions_left_open() == 0


async def test_reading_requests_do_not_wait_for_a_writer(small_ledger: Database) -> None:
    get_db = transaction_dependency(lambda: small_ledger)
    read_db = transaction_dependency(lambda: small_ledger, read_only=True)
    async for writer in get_db():
        await run(writer, INSERT, id=1)
        async for reader in read_db():
            assert await column(reader, IDS) == []


async def test_a_reading_request_cannot_write(ledger: Database) -> None:
    with pytest.raises(ReadOnlyTransaction):
        async for tx in transaction_dependency(lambda: ledger, read_only=True)():
            await run(tx, INSERT, id=1)


async def test_the_isolation_is_the_transactions(ledger: Database) -> None:
    async for tx in transaction_dependency(lambda: ledger, read_only=True, isolation="repeatable read")():
        assert await column(tx, IDS) == []
        await run(ledger, INSERT, id=1)
        assert await column(tx, IDS) == []
