"""A trigger's own rule is one error on both databases: with its name and its author's words, and never with a value."""

import asyncio
import pickle
import traceback
from secrets import token_hex

import pytest

from hangar_dal import ACCOUNTS, Database, open_database
from hangar_dal.database import Executor, Statement
from hangar_dal.errors import (
    ConstraintViolation,
    ForeignKeyViolation,
    HangarError,
    TransactionFailed,
    TriggerViolation,
)
from hangar_dal.sealing import new_key
from hangar_dal.settings import Settings
from tests.database.ledger import column, run, sql

SECRET = f"secret{token_hex(12)}"
KEPT = "Events are kept. 100% of them, Ada's too: all."
FORMATTED = "put together"
QUOTED = '"none (of) ""many"""'
TABLES = {
    "sqlite": [
        "CREATE TABLE events (id INTEGER NOT NULL PRIMARY KEY, note TEXT NOT NULL) STRICT",
        "CREATE TABLE copies (id INTEGER NOT NULL PRIMARY KEY, note TEXT NOT NULL) STRICT",
        "CREATE TABLE other (id INTEGER NOT NULL PRIMARY KEY, note TEXT NOT NULL) STRICT",
        """CREATE TRIGGER events_kept BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'events_kept: Events are kept. 100% of them, Ada''s too: all.'); END""",
        """CREATE TRIGGER events_note BEFORE INSERT ON events WHEN NEW.note = 'bad'
        BEGIN SELECT raise ( ABORT , 'note_allowed: This note is not allowed.' ) ; END""",
        """CREATE TRIGGER copies_note AFTER INSERT ON copies
        BEGIN INSERT INTO events (id, note) VALUES (NEW.id, NEW.note); END""",
        f"""CREATE TRIGGER events_formatted BEFORE INSERT ON events WHEN NEW.note = '{FORMATTED}'
        BEGIN SELECT RAISE(ABORT, "leak: {SECRET}"); END""",
        f"""CREATE TRIGGER events_nameless BEFORE INSERT ON events WHEN NEW.note = 'nameless'
        BEGIN SELECT RAISE(ABORT, '{SECRET} without a name'); END""",
        """CREATE TRIGGER events_many BEFORE INSERT ON events WHEN NEW.note = 'many'
        BEGIN SELECT RAISE(ABORT, 'none_of_many: No.'); END""",
        """CREATE TRIGGER other_many BEFORE INSERT ON other WHEN NEW.note = 'many'
        BEGIN SELECT RAISE(ABORT, 'none_of_many: No.'); END""",
    ],
    "postgresql": [
        "CREATE TABLE events (id bigint PRIMARY KEY, note text NOT NULL)",
        "CREATE TABLE copies (id bigint PRIMARY KEY, note text NOT NULL)",
        "CREATE TABLE other (id bigint PRIMARY KEY, note text NOT NULL)",
        """CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'events_kept: Events are kept. 100%% of them, Ada''s too: all.'; END $$""",
        "CREATE TRIGGER events_kept BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION keep()",
        """CREATE FUNCTION refuse_note() RETURNS bigint LANGUAGE plpgsql AS $$
        BEGIN RAISE check_violation USING HINT = 'none', MESSAGE = 'note_allowed: This note is not allowed.'; END $$""",
        f"""CREATE FUNCTION check_note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.note = 'bad' THEN PERFORM refuse_note(); END IF;
            IF NEW.note = '{FORMATTED}' THEN RAISE EXCEPTION 'leak: %', '{SECRET}'; END IF;
            IF NEW.note = 'nameless' THEN RAISE EXCEPTION '{SECRET} without a name'; END IF;
            RETURN NEW;
        END $$""",
        "CREATE TRIGGER events_note BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION check_note()",
        """CREATE FUNCTION copy_note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO events (id, note) VALUES (NEW.id, NEW.note); RETURN NULL; END $$""",
        "CREATE TRIGGER copies_note AFTER INSERT ON copies FOR EACH ROW EXECUTE FUNCTION copy_note()",
        f"""CREATE FUNCTION {QUOTED}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.note = 'many' THEN RAISE EXCEPTION 'none_of_many: No.'; END IF; RETURN NEW; END $$""",
        f"""CREATE TRIGGER a_many BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION {QUOTED}()""",
        f"""CREATE TRIGGER a_many BEFORE INSERT ON other FOR EACH ROW EXECUTE FUNCTION {QUOTED}()""",
    ],
}
EVENT = "INSERT INTO events (id, note) VALUES (:id, :note)"
COPY = "INSERT INTO copies (id, note) VALUES (:id, :note)"
OTHER = "INSERT INTO other (id, note) VALUES (:id, :note)"
FROM_QUERY = "INSERT INTO events (id, note) SELECT id + 1, 'bad' FROM events"
DELETE = "DELETE FROM events"


async def make(db: Database, *texts: str) -> None:
    for text in texts:
        await db.run(Statement("", text, writes=True), ())


@pytest.fixture
async def events(database: Database) -> Database:
    await make(database, *TABLES[database.dialect])
    await run(database, EVENT, id=1, note=SECRET)
    return database


async def refusal(db: Executor, text: str, **values: object) -> TriggerViolation:
    with pytest.raises(HangarError) as caught:
        await run(db, text, **values)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert SECRET not in shown
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert type(caught.value) is TriggerViolation
    return caught.value


@pytest.mark.parametrize(
    ("text", "values", "name", "words"),
    [
        (DELETE, {}, "events_kept", KEPT),
        (EVENT, {"id": 2, "note": "bad"}, "note_allowed", "This note is not allowed."),
        (COPY, {"id": 2, "note": "bad"}, "note_allowed", "This note is not allowed."),
        (f"{EVENT} RETURNING id", {"id": 2, "note": "bad"}, "note_allowed", "This note is not allowed."),
        (FROM_QUERY, {}, "note_allowed", "This note is not allowed."),
    ],
    ids=["delete", "insert", "by another trigger", "returning", "of a query"],
)  # fmt: skip
async def test_a_rule_of_a_trigger_has_its_name_its_words_and_its_table(
    events: Database, text: str, values: dict[str, object], name: str, words: str
) -> None:
    error = await refusal(events, text, **values)
    assert isinstance(error, ConstraintViolation)
    assert (error.constraint, error.text, error.table, error.columns) == (name, words, "events", ())
    assert str(error) == f"a trigger of events refused the change: {name}: {words}"
    assert error.query == "the_query"
    assert error.sqlstate
    assert await column(events, "SELECT note FROM events") == [SECRET]


@pytest.mark.parametrize("note", [FORMATTED, "nameless"])
async def test_a_message_that_is_no_literal_or_has_no_name_is_not_shown(events: Database, note: str) -> None:
    error = await refusal(events, EVENT, id=2, note=note)
    assert (error.constraint, error.text, error.table) == (None, None, None)
    assert "not shown" in str(error)


@pytest.mark.parametrize("text", [EVENT, OTHER])
async def test_a_rule_that_several_tables_share_names_none_of_them(events: Database, text: str) -> None:
    error = await refusal(events, text, id=2, note="many")
    assert (error.constraint, error.text, error.table) == ("none_of_many", "No.", None)


async def test_a_rule_that_was_made_after_the_database_was_opened_is_known(
    settings: Settings, events: Database
) -> None:
    async with open_database(settings, catalog=ACCOUNTS) as other:
        await run(other, EVENT, id=2, note="good")
        await make(
            events,
            *{
                "sqlite": [
                    "CREATE TRIGGER later BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'later: Late.'); END"
                ],
                "postgresql": [
                    """CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN RAISE EXCEPTION 'later: Late.'; END $$""",
                    "CREATE TRIGGER later BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION later()",
                ],
            }[events.dialect],
        )
        assert (await refusal(other, "UPDATE events SET id = 3 WHERE id = 2")).constraint == "later"


async def test_a_transaction_that_a_trigger_refused_keeps_nothing(events: Database) -> None:
    with pytest.raises(TransactionFailed, match="rolled back"):
        async with events.transaction() as tx:
            await run(tx, EVENT, id=2, note="good")
            error = await refusal(tx, EVENT, id=3, note="bad")
            assert error.text == "This note is not allowed."
            with pytest.raises(TransactionFailed) as failed:
                await run(tx, EVENT, id=4, note="good")
            assert failed.value.__cause__ is error
            with pytest.raises(TransactionFailed):
                async with tx.savepoint():
                    pass
    assert await column(events, "SELECT id FROM events") == [1]


async def test_a_savepoint_takes_the_refusal_with_it(events: Database) -> None:
    async with events.transaction() as tx:
        await run(tx, EVENT, id=2, note="good")
        with pytest.raises(TriggerViolation) as caught:
            async with tx.savepoint():
                await run(tx, EVENT, id=3, note="good")
                async with tx.savepoint():
                    await run(tx, EVENT, id=4, note="good")
                with pytest.raises(TriggerViolation):
                    async with tx.savepoint():
                        await run(tx, EVENT, id=5, note="good")
                        await run(tx, EVENT, id=6, note="bad")
                await run(tx, EVENT, id=7, note="bad")
        assert (caught.value.constraint, caught.value.text) == ("note_allowed", "This note is not allowed.")
        with pytest.raises(TriggerViolation):
            async with tx.savepoint():
                await run(tx, DELETE)
        await run(tx, EVENT, id=8, note="good")
    assert sorted(await column(events, "SELECT id FROM events")) == [1, 2, 8]


async def test_the_rows_before_a_healed_savepoint_are_kept_when_it_heals_inside_another(events: Database) -> None:
    async with events.transaction() as tx, tx.savepoint():
        await run(tx, EVENT, id=2, note="good")
        with pytest.raises(TriggerViolation):
            async with tx.savepoint():
                await run(tx, EVENT, id=3, note="bad")
        await run(tx, EVENT, id=4, note="good")
    assert sorted(await column(events, "SELECT id FROM events")) == [1, 2, 4]


async def test_a_stream_of_a_write_reports_the_rule(events: Database) -> None:
    statement, values = sql(events, f"{EVENT} RETURNING id", id=2, note="bad")
    with pytest.raises(TriggerViolation) as alone:
        async with events.stream(statement, values):
            pass
    with pytest.raises(TriggerViolation) as inside:
        async with events.transaction() as tx, tx.stream(statement, values):
            pass
    for caught in (alone, inside):
        assert (caught.value.constraint, caught.value.query) == ("note_allowed", "the_query")


async def test_many_rows_of_one_statement_are_all_refused_together(events: Database) -> None:
    rows = "INSERT INTO events (id, note) VALUES (2, 'good'), (3, 'bad'), (4, 'good')"
    assert (await refusal(events, rows)).constraint == "note_allowed"
    assert await column(events, "SELECT id FROM events") == [1]


async def test_in_transaction_does_not_try_a_refused_change_again(events: Database) -> None:
    await make(
        events,
        *{
            "sqlite": ["CREATE TRIGGER never BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'never: No.'); END"],
            "postgresql": [
                """CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE serialization_failure USING MESSAGE = 'never: No.'; END $$""",
                "CREATE TRIGGER never BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION never()",
            ],
        }[events.dialect],
    )
    tries = []

    async def work(tx: Executor) -> None:
        tries.append(tx)
        await run(tx, "UPDATE events SET note = 'good'")

    with pytest.raises(TriggerViolation) as caught:
        await events.in_transaction(work)
    assert (caught.value.constraint, len(tries)) == ("never", 1)


async def test_every_connection_can_be_used_after_refusals(events: Database) -> None:
    async def once(number: int) -> None:
        with pytest.raises(TriggerViolation):
            async with events.transaction() as tx:
                await run(tx, EVENT, id=number, note="good")
                await run(tx, DELETE)
        with pytest.raises(TriggerViolation):
            await run(events, DELETE)

    await asyncio.gather(*(once(number) for number in range(2, 34)))
    assert await column(events, "SELECT id FROM events") == [1]
    assert [stats.lost for stats in events.pool_stats().values()] == [0] * len(events.pool_stats())


async def test_the_error_can_be_pickled(events: Database) -> None:
    error = await refusal(events, DELETE)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), vars(again)) == (str(error), vars(error))


async def test_a_key_that_restricts_is_a_foreign_key_and_no_trigger(database: Database) -> None:
    """SQLite itself reports it as a trigger."""
    integer = {"sqlite": "INTEGER", "postgresql": "bigint"}[database.dialect]
    await make(
        database,
        f"CREATE TABLE owners (id {integer} NOT NULL PRIMARY KEY)",
        f"CREATE TABLE pets (owner {integer} NOT NULL REFERENCES owners (id) ON DELETE RESTRICT ON UPDATE RESTRICT)",
        "INSERT INTO owners (id) VALUES (1)",
        "INSERT INTO pets (owner) VALUES (1)",
    )
    for text in ("DELETE FROM owners", "UPDATE owners SET id = 2"):
        with pytest.raises(ForeignKeyViolation):
            await run(database, text)


@pytest.mark.parametrize("action", ["FAIL", "ROLLBACK"])
async def test_no_row_is_kept_by_a_transaction_that_fail_or_rollback_refused(sqlite_url: str, action: str) -> None:
    """`migrations verify` reports these two."""
    async with open_database(Settings(database_url=sqlite_url, sealing_keys=new_key()), catalog=ACCOUNTS) as db:
        await make(
            db,
            "CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY) STRICT",
            f"CREATE TRIGGER t BEFORE INSERT ON notes WHEN NEW.id > 2 BEGIN SELECT RAISE({action}, 'a_rule: No.'); END",
        )
        with pytest.raises(TriggerViolation) as caught:
            async with db.transaction() as tx:
                await run(tx, "INSERT INTO notes (id) VALUES (1)")
                await run(tx, "INSERT INTO notes (id) VALUES (2), (3)")
        assert isinstance(caught.value, ConstraintViolation)
        assert (caught.value.constraint, caught.value.text) == ("a_rule", "No.")
        with pytest.raises(TransactionFailed):
            async with db.transaction() as tx:
                with pytest.raises(TriggerViolation):
                    await run(tx, "INSERT INTO notes (id) VALUES (2), (3)")
        assert await column(db, "SELECT id FROM notes") == []
