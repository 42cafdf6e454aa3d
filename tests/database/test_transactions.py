"""What a transaction keeps, what it refuses, and what a savepoint heals: the same on both databases."""

import asyncio

import pytest

from hangar_dal.database import Database, Statement, Transaction, atomic
from hangar_dal.errors import (
    DatabaseClosed,
    InvalidValue,
    ReadOnlyTransaction,
    TransactionBusy,
    TransactionClosed,
    TransactionFailed,
    UniqueViolation,
)
from tests.database.ledger import column, run
from tests.database.outside import Outside
from tests.helpers.waiting import until_set

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
IDS = "SELECT id FROM ledger ORDER BY id"


async def test_a_block_left_without_an_error_commits(ledger: Database, outside: Outside) -> None:
    async with ledger.transaction() as tx:
        await run(tx, INSERT, id=1)
        assert outside.query(IDS) == []
    assert outside.query(IDS) == [(1,)]


async def test_an_error_that_leaves_the_block_rolls_back_and_comes_out_as_it_is(
    ledger: Database, outside: Outside
) -> None:
    cause = LookupError("the cause")
    with pytest.raises(RuntimeError, match="on purpose") as caught:
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            raise RuntimeError("on purpose") from cause
    assert caught.value.__cause__ is cause
    assert outside.query(IDS) == []
    assert outside.transactions_left_open() == 0


async def test_a_statement_on_the_database_commits_by_itself(ledger: Database, outside: Outside) -> None:
    assert await run(ledger, INSERT, id=1) == ([], 1)
    assert outside.query(IDS) == [(1,)]


async def test_run_gives_the_rows_and_how_many_were_returned_or_affected(ledger: Database) -> None:
    assert await run(ledger, "INSERT INTO ledger (id, amount) VALUES (1, 5), (2, 6) RETURNING id") == ([(1,), (2,)], 2)
    assert await run(ledger, "UPDATE ledger SET amount = 7") == ([], 2)
    assert await run(ledger, "UPDATE ledger SET amount = 7 WHERE id = 3") == ([], 0)
    assert await run(ledger, "SELECT id, amount FROM ledger WHERE id = :id", id=2) == ([(2, 7)], 1)
    assert await run(ledger, "SELECT id, amount FROM ledger WHERE id = :id", id=3) == ([], 0)


async def test_an_error_inside_a_savepoint_undoes_the_savepoint_alone(ledger: Database, outside: Outside) -> None:
    async with ledger.transaction() as tx:
        await run(tx, INSERT, id=1)
        with pytest.raises(UniqueViolation):
            async with tx.savepoint():
                await run(tx, INSERT, id=2)
                await run(tx, INSERT, id=1)
        await run(tx, INSERT, id=3)
    assert outside.query(IDS) == [(1,), (3,)]


async def test_savepoints_nest(ledger: Database, outside: Outside) -> None:
    async with ledger.transaction() as tx, tx.savepoint():
        await run(tx, INSERT, id=1)
        with pytest.raises(RuntimeError):
            async with tx.savepoint():
                await run(tx, INSERT, id=2)
                async with tx.savepoint():
                    await run(tx, INSERT, id=3)
                raise RuntimeError
        await run(tx, INSERT, id=4)
    assert outside.query(IDS) == [(1,), (4,)]


async def test_after_a_failed_statement_the_transaction_refuses_more(ledger: Database, outside: Outside) -> None:
    await run(ledger, INSERT, id=1)
    with pytest.raises(TransactionFailed):
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=2)
            with pytest.raises(UniqueViolation):
                await run(tx, INSERT, id=1)
            with pytest.raises(TransactionFailed, match="earlier statement"):
                await run(tx, INSERT, id=3)
    assert outside.query(IDS) == [(1,)]


async def test_a_swallowed_error_does_not_pass_for_success(ledger: Database, outside: Outside) -> None:
    await run(ledger, INSERT, id=1)
    with pytest.raises(TransactionFailed) as caught:
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=2)
            with pytest.raises(UniqueViolation):
                await run(tx, INSERT, id=1)
    assert isinstance(caught.value.__cause__, UniqueViolation)
    assert outside.query(IDS) == [(1,)]


async def test_an_error_swallowed_inside_a_savepoint_does_not_pass_for_success(
    ledger: Database, outside: Outside
) -> None:
    async with ledger.transaction() as tx:
        await run(tx, INSERT, id=1)
        with pytest.raises(TransactionFailed):
            async with tx.savepoint():
                await run(tx, INSERT, id=2)
                with pytest.raises(UniqueViolation):
                    await run(tx, INSERT, id=1)
        await run(tx, INSERT, id=3)
    assert outside.query(IDS) == [(1,), (3,)]


async def test_a_transaction_that_was_ended_by_hand_applies_nothing_more(ledger: Database, outside: Outside) -> None:
    with pytest.raises(TransactionFailed):
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            await run(tx, "ROLLBACK")
            with pytest.raises(TransactionFailed, match="ended"):
                await run(tx, INSERT, id=2)
    with pytest.raises(TransactionFailed, match="ended"):
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=3)
            await run(tx, "ROLLBACK")
    assert outside.query(IDS) == []


async def test_a_transaction_is_of_no_use_after_its_block(ledger: Database) -> None:
    async with ledger.transaction() as tx:
        pass
    with pytest.raises(TransactionClosed) as caught:
        await run(tx, INSERT, id=1)
    assert caught.value.query == "the_query"
    with pytest.raises(TransactionClosed):
        async with tx.savepoint():
            pass


async def test_two_tasks_cannot_use_one_transaction_at_once(ledger: Database) -> None:
    async with ledger.transaction() as tx:
        results = await asyncio.gather(*(run(tx, INSERT, id=n) for n in range(2)), return_exceptions=True)
        assert [type(result) for result in results] == [tuple, TransactionBusy]
        assert await column(tx, IDS) == [0]


async def test_a_block_that_ends_under_another_tasks_statement_keeps_nothing(
    ledger: Database, outside: Outside
) -> None:
    with pytest.raises(TransactionBusy):
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            other = asyncio.create_task(run(tx, INSERT, id=2))
            await asyncio.sleep(0)
    await other
    assert outside.query(IDS) == []
    await run(ledger, INSERT, id=3)
    assert outside.transactions_left_open() == 0


@pytest.mark.parametrize("is_known_to_write", [True, False], ids=["said to write", "said to read"])
async def test_a_read_only_transaction_refuses_to_write(ledger: Database, *, is_known_to_write: bool) -> None:
    statement = Statement("sneaky", "INSERT INTO ledger (id, amount) VALUES (1, 1)", writes=is_known_to_write)
    with pytest.raises(ReadOnlyTransaction) as caught:
        async with ledger.transaction(read_only=True) as tx:
            assert await column(tx, IDS) == []
            await tx.run(statement, ())
    sentence = "the statement writes, but its transaction is read-only; open it without read_only=True to write"
    assert (str(caught.value), caught.value.query) == (sentence, "sneaky")
    assert await column(ledger, IDS) == []
    await run(ledger, INSERT, id=1)


async def test_a_refused_write_fails_a_read_only_transaction_like_any_other_error(ledger: Database) -> None:
    with pytest.raises(TransactionFailed):
        async with ledger.transaction(read_only=True) as tx:
            with pytest.raises(ReadOnlyTransaction):
                await run(tx, INSERT, id=1)
            await column(tx, IDS)


async def test_a_coroutine_in_place_of_the_work_is_refused_with_what_to_write(ledger: Database) -> None:
    coroutine = column(ledger, IDS)
    with pytest.raises(TypeError, match=r"takes a function, not coroutine; write `lambda tx: "):
        await ledger.in_transaction(coroutine)  # type: ignore[arg-type]  # the wrong type is the point
    coroutine.close()


async def test_readers_do_not_wait_for_a_writer(ledger: Database) -> None:
    async with ledger.transaction() as writer:
        await run(writer, INSERT, id=1)
        async with ledger.transaction(read_only=True) as reader:
            assert await column(reader, IDS) == []
        assert await column(ledger, IDS) == []


async def test_a_read_only_transaction_sees_one_state_of_the_database(ledger: Database) -> None:
    await run(ledger, INSERT, id=1)
    async with ledger.transaction(read_only=True, isolation="repeatable read") as tx:
        assert await column(tx, IDS) == [1]
        await run(ledger, INSERT, id=2)
        assert await column(tx, IDS) == [1]


async def test_atomic_is_a_transaction_or_a_savepoint(ledger: Database, outside: Outside) -> None:
    async def add_two(db: Database | Transaction, first: int) -> None:
        async with atomic(db) as tx:
            await run(tx, INSERT, id=first)
            await run(tx, INSERT, id=first + 1)

    await add_two(ledger, 1)
    async with ledger.transaction() as tx:
        await add_two(tx, 11)
        with pytest.raises(UniqueViolation):
            await add_two(tx, 0)
    assert outside.query(IDS) == [(1,), (2,), (11,), (12,)]


async def test_an_unknown_isolation_is_refused(ledger: Database) -> None:
    with pytest.raises(InvalidValue, match="serializable"):
        async with ledger.transaction(isolation="chaos"):
            pass


async def test_many_writers_take_turns(ledger: Database) -> None:
    await run(ledger, INSERT, id=1)

    async def add_one() -> None:
        async with ledger.transaction() as tx:
            await run(tx, "UPDATE ledger SET amount = amount + 1 WHERE id = 1")

    await asyncio.gather(*(add_one() for _ in range(100)))
    assert await column(ledger, "SELECT amount FROM ledger") == [101]


async def test_a_closed_database_says_so(ledger: Database) -> None:
    await ledger.close()
    await ledger.close()
    with pytest.raises(DatabaseClosed):
        await run(ledger, INSERT, id=1)
    with pytest.raises(DatabaseClosed):
        async with ledger.transaction():
            pass


async def test_close_lets_the_work_under_way_end(ledger: Database, outside: Outside) -> None:
    started = asyncio.Event()

    async def work() -> None:
        async with ledger.transaction() as tx:
            await run(tx, INSERT, id=1)
            started.set()
            await asyncio.sleep(0.05)
            await run(tx, INSERT, id=2)

    task = asyncio.create_task(work())
    await until_set(started, task)
    await ledger.close()
    await task
    assert outside.query(IDS) == [(1,), (2,)]


SHOWN = {"run", "batch", "copy_in", "stream", "savepoint"}


def test_a_transaction_shows_its_users_only_what_they_need() -> None:
    used_by_the_pool = {"expire", "place"}
    assert {name for name in vars(Transaction) if name[0] != "_"} == SHOWN | used_by_the_pool
