"""No exception of a driver can be reached from ours, by any link: its words and attributes hold the row's values."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, Statement, open_database
from hangar_dal.errors import (
    CheckViolation,
    CommitUnknown,
    ConnectionFailed,
    DatabaseBusy,
    DatabaseClosed,
    ForeignKeyViolation,
    HangarError,
    InvalidValue,
    NotNullViolation,
    ReadOnlyTransaction,
    SchemaOutOfDate,
    StatementError,
    StatementTimeout,
    TransactionBusy,
    TransactionClosed,
    TransactionFailed,
    UniqueViolation,
)
from hangar_dal.settings import Settings
from tests.database.ledger import ENDLESS, run
from tests.database.pools import held
from tests.database.test_errors import ADA, LETTER, PERSON, TABLES
from tests.helpers.exception_contents import of_drivers, told

CANARY = f"canary{token_hex(12)}"
NOTHING = (Statement("the_stream", "SELECT nothing FROM people", writes=False), ())
DYING = [
    "CREATE TABLE notes (note text)",
    """CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'""",
    """CREATE CONSTRAINT TRIGGER last AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION die()""",
]
ANOTHER = ADA | {"id": 2, "email": CANARY, "fold": CANARY, "phone": CANARY}


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(
        database_url=database_url,
        sealing_keys=sealing.new_key(),
        statement_timeout=0.5,
        lock_timeout=0.1,
        acquire_timeout=3,  # on a busy machine it takes a while to open a connection
        pool_size=2,
        sqlite_readers=1,
    )


@pytest.fixture
async def people(database: Database) -> Database:
    for text in TABLES[database.dialect]:
        await database.run(Statement("", text, writes=True), ())
    await run(database, PERSON, **ADA)
    await run(database, PERSON, **ANOTHER)
    return database


async def in_a_read_only_transaction(db: Database) -> None:
    async with db.transaction(read_only=True) as tx:
        await run(tx, PERSON, **ANOTHER)


async def after_a_failed_statement(db: Database) -> None:
    async with db.transaction() as tx:
        try:
            await run(tx, PERSON, **ANOTHER)
        except UniqueViolation:
            await run(tx, PERSON, **ANOTHER)


async def with_the_failure_caught(db: Database) -> None:
    async with db.transaction() as tx:
        with suppress(UniqueViolation):
            await run(tx, PERSON, **ANOTHER)


async def with_the_failure_caught_in_a_savepoint(db: Database) -> None:
    async with db.transaction() as tx, tx.savepoint():
        with suppress(UniqueViolation):
            await run(tx, PERSON, **ANOTHER)


async def after_the_block(db: Database) -> None:
    async with db.transaction() as tx:
        await run(tx, "SELECT 1")
    await run(tx, PERSON, **ANOTHER)


async def while_another_task_uses_it(db: Database) -> None:
    async with db.transaction() as tx:
        await asyncio.gather(*(run(tx, "SELECT id FROM people WHERE email = :e", e=CANARY) for _ in range(2)))


async def after_closing(db: Database) -> None:
    await db.close()
    await run(db, PERSON, **ANOTHER)


async def while_everyone_writes(db: Database) -> None:
    async with held(db.transaction()), held(db.transaction()), db.transaction():
        pass


async def endlessly(db: Database) -> None:
    await run(db, f"{ENDLESS[db.dialect]} WHERE :canary <> ''", canary=CANARY)


async def streamed(db: Database) -> None:
    async with db.stream(*NOTHING) as chunks:
        async for _ in chunks:
            pass


async def streamed_in_a_transaction(db: Database) -> None:
    async with db.transaction() as tx, tx.stream(*NOTHING) as chunks:
        async for _ in chunks:
            pass


Provoke = Callable[[Database], Awaitable[object]]
ERRORS: dict[str, tuple[type[HangarError], Provoke]] = {
    "unique": (UniqueViolation, lambda db: run(db, PERSON, **ANOTHER)),
    "not null": (NotNullViolation, lambda db: run(db, PERSON, **ANOTHER | {"id": 3, "email": None})),
    "check": (CheckViolation, lambda db: run(db, PERSON, **ANOTHER | {"id": 3, "fold": "x", "phone": ""})),
    "foreign key": (ForeignKeyViolation, lambda db: run(db, LETTER, sender=9, number=1)),
    "wrong type": (InvalidValue, lambda db: run(db, "UPDATE people SET id = :id", id=CANARY)),
    "too large": (InvalidValue, lambda db: run(db, "UPDATE people SET id = :id", id=1 << 70)),
    "surrogate": (InvalidValue, lambda db: run(db, "UPDATE people SET phone = :phone", phone=f"{CANARY}\ud800")),
    "no table": (StatementError, lambda db: run(db, "SELECT id FROM nowhere WHERE email = :email", email=CANARY)),
    "stream": (StatementError, streamed),
    "stream in a transaction": (StatementError, streamed_in_a_transaction),
    "timeout": (StatementTimeout, endlessly),
    "read-only": (ReadOnlyTransaction, in_a_read_only_transaction),
    "failed before": (TransactionFailed, after_a_failed_statement),
    "failure caught": (TransactionFailed, with_the_failure_caught),
    "failure caught in a savepoint": (TransactionFailed, with_the_failure_caught_in_a_savepoint),
    "block ended": (TransactionClosed, after_the_block),
    "two tasks": (TransactionBusy, while_another_task_uses_it),
    "closed": (DatabaseClosed, after_closing),
    "no free connection": (DatabaseBusy, while_everyone_writes),
}


@pytest.mark.parametrize(("kind", "provoke"), ERRORS.values(), ids=ERRORS)
async def test_no_exception_of_a_driver_can_be_reached(
    people: Database, kind: type[HangarError], provoke: Provoke
) -> None:
    with pytest.raises(kind) as caught:
        await provoke(people)
    assert of_drivers(caught.value) == []
    assert CANARY not in told(caught.value)


async def test_nothing_is_behind_a_refused_opening(empty_database_url: str, tmp_path: Path) -> None:
    wrong = (f"sqlite:///{tmp_path}/none/x.db", f"postgresql://ada:{CANARY}@/shop?host={tmp_path}", empty_database_url)
    for url in wrong:
        with pytest.raises((ConnectionFailed, SchemaOutOfDate)) as caught:
            await open_database(Settings(database_url=url, sealing_keys=sealing.new_key()), catalog=ACCOUNTS)
        assert of_drivers(caught.value) == []
        assert CANARY not in told(caught.value)


async def test_nothing_is_behind_the_refusal_of_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(CANARY.encode() * 1000)
    with pytest.raises(ConnectionFailed) as caught:
        await open_database(
            Settings(database_url=f"sqlite:///{tmp_path}/x.db", sealing_keys=sealing.new_key()), catalog=ACCOUNTS
        )
    assert of_drivers(caught.value) == []


async def test_nothing_is_behind_a_lost_connection(postgres_url: str) -> None:
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    text = "SELECT pg_terminate_backend(pg_backend_pid()) WHERE $1 <> ''"
    async with open_database(settings, catalog=ACCOUNTS) as db:
        for kind, writes in ((ConnectionFailed, False), (CommitUnknown, True)):
            with pytest.raises(kind) as caught:
                await db.run(Statement("it", text, writes=writes), [CANARY])
            assert of_drivers(caught.value) == []
            assert CANARY not in told(caught.value)


async def test_nothing_is_behind_a_commit_whose_answer_was_lost(postgres_url: str) -> None:
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=ACCOUNTS) as db:
        for text in DYING:
            await db.run(Statement("", text, writes=True), ())
        with pytest.raises(CommitUnknown) as caught:
            async with db.transaction() as tx:
                await tx.run(Statement("it", "INSERT INTO notes VALUES ($1)", writes=True), [CANARY])
        assert of_drivers(caught.value) == []
        assert CANARY not in told(caught.value)


async def test_nothing_is_behind_a_cancellation(people: Database) -> None:
    """Not an error of ours, but one that passes through: nothing that it leads to holds a value."""
    task = asyncio.ensure_future(endlessly(people))
    await asyncio.wait({task}, timeout=0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert of_drivers(caught.value) == []
