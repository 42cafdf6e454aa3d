"""What only PostgreSQL has: deferred triggers, chosen SQLSTATEs, functions that raise, and catalogs that lock."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Iterator
from secrets import token_hex

import pytest

from hangar_dal import ACCOUNTS, Database, open_database, sealing
from hangar_dal.database import Executor, Statement
from hangar_dal.errors import (
    CheckViolation,
    DatabaseError,
    ExclusionViolation,
    ForeignKeyViolation,
    HangarError,
    NotNullViolation,
    StatementError,
    TriggerViolation,
    UniqueViolation,
)
from hangar_dal.settings import Settings
from tests.database.ledger import column, run

SECRET = f"secret{token_hex(12)}"
NOTE = "INSERT INTO notes (id, note) VALUES (:id, :note)"
AFTER_COMMIT = "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED"


async def make(db: Database, *texts: str) -> None:
    for text in texts:
        await db.run(Statement("", text, writes=True), ())


def function(name: str, body: str, returns: str = "trigger", arguments: str = "") -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}({arguments}) RETURNS {returns} LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
    )


def trigger(body: str, when: str = "CREATE OR REPLACE TRIGGER t BEFORE INSERT ON notes") -> tuple[str, str]:
    return function("refuse", body), f"{when} FOR EACH ROW EXECUTE FUNCTION refuse()"


@pytest.fixture
async def notes(postgres_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    async with open_database(
        Settings(database_url=postgres_url, sealing_keys=sealing.new_key()), catalog=ACCOUNTS
    ) as db:
        await make(db, "CREATE TABLE notes (id bigint PRIMARY KEY, note text NOT NULL CHECK (note <> 'empty'))")
        yield db


def behind(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


async def refusal(db: Executor, text: str, **values: object) -> HangarError:
    with pytest.raises(HangarError) as caught:
        await run(db, text, **values)
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    return caught.value


RULES = [
    "RAISE EXCEPTION 'a_rule: No.'",
    "RAISE 'a_rule: No.'",
    "RAISE EXCEPTION 'a_rule: No.' USING DETAIL = NEW.note, HINT = NEW.note",
    "RAISE EXCEPTION USING MESSAGE = 'a_rule: No.', ERRCODE = 'AB123'",
    *(
        f"RAISE EXCEPTION 'a_rule: No.' USING ERRCODE = '{state}', TABLE = 'x', CONSTRAINT = 'y'"
        for state in ("22001", "23505", "23514", "25P02", "40001", "40P01", "42501", "57014", "57P01", "08006")
    ),
    "RAISE unique_violation USING MESSAGE = 'a_rule: No.'",
    "RAISE assert_failure USING MESSAGE = 'a_rule: No.'",
    "BEGIN RAISE EXCEPTION 'a_rule: No.'; EXCEPTION WHEN OTHERS THEN RAISE; END",
    "EXECUTE 'DO $x$ BEGIN RAISE EXCEPTION ''a_rule: %'', ''No.''; END $x$'; RAISE EXCEPTION 'a_rule: No.'",
]


async def test_a_rule_is_one_error_whatever_its_sqlstate(notes: Database) -> None:
    for how in RULES:
        await make(notes, *trigger(f"{how}; RETURN NEW;"))
        error = await refusal(notes, NOTE, id=1, note=SECRET)
        assert isinstance(error, TriggerViolation), how
        assert (error.constraint, error.text, error.table) == ("a_rule", "No.", "notes"), how
        async with notes.transaction() as tx:
            with pytest.raises(TriggerViolation):
                async with tx.savepoint():
                    await run(tx, NOTE, id=1, note=SECRET)
            assert await column(tx, "SELECT 1") == [1]


PUT_TOGETHER = [
    "RAISE EXCEPTION 'a_rule: %', NEW.note",
    "RAISE EXCEPTION '%', NEW.note",
    "RAISE EXCEPTION USING MESSAGE = 'a_rule: ' || NEW.note",
    "RAISE EXCEPTION USING MESSAGE = NEW.note, CONSTRAINT = 'a_rule'",
    "BEGIN RAISE EXCEPTION 'a_rule: %', NEW.note; EXCEPTION WHEN OTHERS THEN RAISE EXCEPTION '%', SQLERRM; END",
    "RAISE unique_violation",
    "IF NEW.note = 'a_rule: No.' THEN RETURN NEW; END IF; RAISE EXCEPTION '%', 'a_rule: ' || 'No.'",
]


async def test_a_message_that_is_put_together_is_not_shown(notes: Database) -> None:
    for how in PUT_TOGETHER:
        await make(notes, *trigger(f"{how}; RETURN NEW;"))
        error = await refusal(notes, NOTE, id=1, note=f"a_rule: {SECRET}")
        assert isinstance(error, TriggerViolation), how
        assert (error.constraint, error.text) == (None, None), how


async def test_a_deferred_rule_is_reported_by_commit(notes: Database) -> None:
    await make(notes, *trigger("RAISE EXCEPTION 'a_rule: No.';", AFTER_COMMIT))
    tries = []

    async def work(tx: Executor) -> None:
        tries.append(tx)
        await run(tx, NOTE, id=1, note=SECRET)

    with pytest.raises(TriggerViolation) as caught:
        await notes.in_transaction(work)
    assert (caught.value.constraint, caught.value.text, caught.value.table) == ("a_rule", "No.", "notes")
    assert isinstance(await refusal(notes, NOTE, id=1, note=SECRET), TriggerViolation)
    with pytest.raises(TriggerViolation):
        async with notes.transaction() as tx, tx.savepoint():
            await run(tx, NOTE, id=1, note=SECRET)
            await tx.run(Statement("", "SET CONSTRAINTS ALL IMMEDIATE", writes=False), ())
    assert len(tries) == 1
    assert await column(notes, "SELECT id FROM notes") == []


CALLED = {
    "P0001": StatementError,
    "23502": NotNullViolation,
    "23503": ForeignKeyViolation,
    "23505": UniqueViolation,
    "23514": CheckViolation,
    "23P01": ExclusionViolation,
    "42501": StatementError,
    "42P01": StatementError,
    "AB123": DatabaseError,
}


@pytest.mark.parametrize(
    "names", ["", ", CONSTRAINT = a, TABLE = a, COLUMN = a", ", CONSTRAINT = a, DETAIL = format('Key (%s)=(1)', a)"]
)
async def test_a_function_that_a_query_calls_has_no_rule_of_a_trigger_and_shows_no_value(
    notes: Database, names: str
) -> None:
    await make(
        notes,
        function("unrelated", "RAISE EXCEPTION 'a_rule: No.';"),
        "CREATE TRIGGER unrelated BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION unrelated()",
    )
    for state, kind in CALLED.items():
        how = f"RAISE SQLSTATE '{state}' USING MESSAGE = format('a_rule: %s', a){names}; RETURN a;"
        await make(notes, function("refuse", how, "text", "a text"))
        for text in ("SELECT refuse(:note)", "INSERT INTO notes (id, note) SELECT 1, refuse(:note)"):
            error = await refusal(notes, text, note=SECRET)
            assert type(error) is kind
            assert "None" not in str(error)


async def test_a_value_that_the_server_takes_for_a_name_is_not_shown(notes: Database) -> None:
    for text in (
        "SELECT to_tsquery('simple', :note || ' ( &')",
        "SELECT CAST(:note AS regclass)",
        "SELECT current_setting(:note)",
        "SELECT CAST(:note AS jsonpath)",
    ):
        await refusal(notes, text, note=SECRET)
    await refusal(notes, f"DO $$ BEGIN EXECUTE 'SELECT * FROM {SECRET}'; END $$")


async def test_a_trigger_behind_a_function_that_a_query_calls_is_one(notes: Database) -> None:
    insert = "INSERT INTO notes (id, note) VALUES (1, a); RETURN a;"
    await make(notes, *trigger("RAISE EXCEPTION 'a_rule: No.';"), function("add_note", insert, "text", "a text"))
    error = await refusal(notes, "SELECT add_note(:note)", note=SECRET)
    assert isinstance(error, TriggerViolation)
    assert (error.constraint, error.table) == ("a_rule", "notes")


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("NEW.note = 'empty'; RETURN NEW;", CheckViolation),
        ("BEGIN INSERT INTO notes (id, note) VALUES (NEW.id, 'empty'); END; RETURN NEW;", CheckViolation),
        ("NEW.id = 1 / 0; RETURN NEW;", StatementError),
        ("ASSERT FALSE, 'a_rule: No.';", StatementError),
    ],
)
async def test_what_a_trigger_does_not_raise_itself_is_no_rule_of_it(
    notes: Database, how: str, kind: type[DatabaseError]
) -> None:
    when = "CREATE OR REPLACE TRIGGER t BEFORE INSERT ON notes"
    body = function("refuse", f"IF pg_trigger_depth() > 1 THEN RETURN NEW; END IF; {how}")
    await make(notes, body, f"{when} FOR EACH ROW EXECUTE FUNCTION refuse()")
    assert type(await refusal(notes, NOTE, id=1, note=SECRET)) is kind


async def test_a_partitioned_table_is_named_and_not_its_partition(notes: Database) -> None:
    await make(
        notes,
        "CREATE TABLE logs (id bigint NOT NULL, note text NOT NULL) PARTITION BY RANGE (id)",
        "CREATE TABLE logs_0 PARTITION OF logs FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (10) TO (20)",
        *trigger("RAISE EXCEPTION 'a_rule: No.';", "CREATE TRIGGER t BEFORE INSERT ON logs"),
    )
    error = await refusal(notes, "INSERT INTO logs (id, note) VALUES (11, :note)", note=SECRET)
    assert isinstance(error, TriggerViolation)
    assert (error.constraint, error.table) == ("a_rule", "logs")


async def test_a_rule_is_found_in_another_schema_and_behind_another_search_path(notes: Database) -> None:
    await make(
        notes,
        "CREATE SCHEMA apart",
        "CREATE FUNCTION apart.refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS"
        " $$ BEGIN RAISE EXCEPTION 'a_rule: No.'; END $$",
        "CREATE TRIGGER t BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION apart.refuse()",
    )
    error = await refusal(notes, NOTE, id=1, note=SECRET)
    assert isinstance(error, TriggerViolation)
    assert (error.constraint, error.table) == ("a_rule", "notes")


async def test_a_refused_transaction_leaves_no_lock_of_its_session(notes: Database) -> None:
    await make(notes, *trigger("RAISE EXCEPTION 'a_rule: No.';"))
    with pytest.raises(TriggerViolation):
        async with notes.transaction() as tx:
            await run(tx, "SELECT pg_advisory_lock(:number)", number=3)
            await run(tx, NOTE, id=1, note=SECRET)
    locks = "SELECT l.pid FROM pg_locks AS l INNER JOIN pg_database AS d ON d.oid = l.database"
    assert await column(notes, f"{locks} WHERE l.locktype = 'advisory' AND d.datname = current_database()") == []


@pytest.mark.parametrize("in_transaction", [False, True])
async def test_a_task_can_be_cancelled_while_the_rule_is_looked_up(
    notes: Database, postgres_url: str, in_transaction: bool
) -> None:
    await make(notes, *trigger("RAISE EXCEPTION 'a_rule: No.';"))
    await refusal(notes, NOTE, id=1, note=SECRET)  # the session knows the function now

    seen = []

    async def refused() -> None:
        try:
            if in_transaction:
                async with notes.transaction() as tx:
                    await run(tx, NOTE, id=1, note=SECRET)
            await run(notes, NOTE, id=1, note=SECRET)
        except BaseException as error:
            seen.extend(behind(error))
            raise

    waiting = "SELECT pid FROM pg_locks WHERE relation = 'pg_proc'::regclass AND NOT granted"
    async with open_database(
        Settings(database_url=postgres_url, sealing_keys=sealing.new_key()), catalog=ACCOUNTS
    ) as other:
        async with other.transaction() as tx:
            await tx.run(Statement("", "LOCK TABLE pg_proc IN ACCESS EXCLUSIVE MODE", writes=True), ())
            task = asyncio.ensure_future(refused())
            while not await column(tx, waiting):  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
        assert {type(error) for error in (*seen, *behind(caught.value))} == {asyncio.CancelledError}
        assert getattr(caught.value, "__notes__", []) == []
    assert await column(notes, "SELECT id FROM notes") == []


async def test_a_rule_that_cannot_be_looked_up_is_an_error_without_a_message(postgres_url: str) -> None:
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), lock_timeout=0.1)
    async with open_database(settings, catalog=ACCOUNTS) as db, open_database(settings, catalog=ACCOUNTS) as other:
        await make(db, "CREATE TABLE notes (id bigint PRIMARY KEY, note text)", *trigger("RAISE 'a_rule: No.';"))
        assert isinstance(await refusal(db, NOTE, id=1, note=SECRET), TriggerViolation)
        async with other.transaction() as tx:
            await tx.run(Statement("", "LOCK TABLE pg_proc IN ACCESS EXCLUSIVE MODE", writes=True), ())
            assert type(await refusal(db, NOTE, id=1, note=SECRET)) is StatementError
        assert isinstance(await refusal(db, NOTE, id=1, note=SECRET), TriggerViolation)
