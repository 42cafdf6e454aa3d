"""Every refusal has the same class, names and words on both databases, and never a value."""

import traceback
from secrets import token_hex

import pytest

from hangar_dal.database import Database, Statement
from hangar_dal.errors import (
    CheckViolation,
    ConstraintViolation,
    ExclusionViolation,
    ForeignKeyViolation,
    HangarError,
    InvalidValue,
    NotNullViolation,
    StatementError,
    UniqueViolation,
)
from tests.database.ledger import run, sql

SECRET = f"secret{token_hex(12)}"
TABLES = {
    "sqlite": [
        """CREATE TABLE people (
            id INTEGER NOT NULL CONSTRAINT people_pkey PRIMARY KEY,
            email TEXT NOT NULL,
            email_fold TEXT NOT NULL,
            phone TEXT,
            CONSTRAINT people_email_fold_key UNIQUE (email_fold),
            CONSTRAINT people_phone_check CHECK (phone <> '')
        ) STRICT""",
        "CREATE UNIQUE INDEX one_phone ON people (phone)",
        """CREATE TABLE letters (
            sender INTEGER NOT NULL CONSTRAINT letters_sender_fkey REFERENCES people (id),
            number INTEGER NOT NULL,
            CONSTRAINT letters_pkey PRIMARY KEY (sender, number)
        ) STRICT""",
    ],
    "postgresql": [
        """CREATE TABLE people (
            id bigint PRIMARY KEY,
            email text NOT NULL,
            email_fold text NOT NULL UNIQUE,
            phone text CHECK (phone <> '')
        )""",
        "CREATE UNIQUE INDEX one_phone ON people (phone)",
        """CREATE TABLE letters (
            sender bigint NOT NULL REFERENCES people (id),
            number bigint NOT NULL,
            PRIMARY KEY (sender, number)
        )""",
    ],
}
PERSON = "INSERT INTO people (id, email, email_fold, phone) VALUES (:id, :email, :fold, :phone)"
LETTER = "INSERT INTO letters (sender, number) VALUES (:sender, :number)"
ADA = {"id": 1, "email": SECRET, "fold": SECRET, "phone": "1"}


@pytest.fixture
async def people(database: Database) -> Database:
    for text in TABLES[database.dialect]:
        await database.run(Statement("", text, writes=True), ())
    await run(database, PERSON, **ADA)
    await run(database, LETTER, sender=1, number=1)
    return database


async def refusal(db: Database, text: str, **values: object) -> HangarError:
    with pytest.raises(HangarError) as caught:
        await run(db, text, **values)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert SECRET not in shown
    return caught.value


@pytest.mark.parametrize(
    ("kind", "text", "values", "constraint", "table", "columns"),
    [
        (UniqueViolation, PERSON, ADA, "people_pkey", "people", ("id",)),
        (UniqueViolation, PERSON, ADA | {"id": 2, "phone": None}, "people_email_fold_key", "people", ("email",)),
        (UniqueViolation, PERSON, ADA | {"id": 2, "fold": "b"}, "one_phone", "people", ("phone",)),
        (UniqueViolation, LETTER, {"sender": 1, "number": 1}, "letters_pkey", "letters", ("sender", "number")),
        (NotNullViolation, PERSON, ADA | {"id": 2, "email": None, "phone": None}, None, "people", ("email",)),
        (CheckViolation, PERSON, ADA | {"id": 2, "fold": "b", "phone": ""}, "people_phone_check", "people", ()),
        (CheckViolation, "UPDATE people SET phone = :phone", {"phone": ""}, "people_phone_check", "people", ()),
        (ForeignKeyViolation, "DELETE FROM people WHERE id = :id", {"id": 1}, "letters_sender_fkey", "letters", ()),
        (ForeignKeyViolation, LETTER, {"sender": 9, "number": 1}, "letters_sender_fkey", "letters", ("sender",)),
    ],
)  # fmt: skip
async def test_a_violation_names_its_constraint_table_and_columns(
    people: Database,
    kind: type[ConstraintViolation],
    text: str,
    values: dict[str, object],
    constraint: str | None,
    table: str,
    columns: tuple[str, ...],
) -> None:
    error = await refusal(people, text, **values)
    assert type(error) is kind
    assert (error.constraint, error.table, error.columns) == (constraint, table, columns)
    assert error.query == "the_query"
    assert error.sqlstate


async def test_a_foreign_key_is_told_from_the_side_of_the_rows_that_refer(people: Database) -> None:
    error = await refusal(people, LETTER, sender=9, number=1)
    assert str(error) == "letters: sender must refer to an existing row (letters_sender_fkey)"
    error = await refusal(people, "DELETE FROM people WHERE id = :id", id=1)
    assert str(error) == "rows of letters must refer to existing rows (letters_sender_fkey)"


async def test_an_exclusion_constraint_of_postgresql_is_named_with_its_columns(people: Database) -> None:
    if people.dialect == "postgresql":
        await run(
            people,
            "CREATE TABLE stays (room inet, days int8range, EXCLUDE USING gist (room inet_ops WITH &&, days WITH &&))",
        )
        stay = "INSERT INTO stays (room, days) VALUES ('10.0.0.7', '[1, 3)')"
        await run(people, stay)
        error = await refusal(people, stay)
        assert type(error) is ExclusionViolation
        assert (error.constraint, error.table, error.columns) == ("stays_room_days_excl", "stays", ("room", "days"))
        assert str(error).startswith("stays: room, days must not overlap or conflict")


async def test_a_violation_names_its_query_inside_a_transaction_too(people: Database) -> None:
    with pytest.raises(UniqueViolation) as caught:
        async with people.transaction() as tx:
            await run(tx, PERSON, **ADA)
    assert caught.value.query == "the_query"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT id FROM nowhere", "nowhere"),
        ("SELECT nothing FROM people", "nothing"),
        ("SELECT FROM FROM people", "FROM"),
        ("SELECT no_function(id) FROM people", "no_function"),
    ],
)
async def test_a_wrong_statement_is_told_with_what_is_wrong_in_it(people: Database, text: str, said: str) -> None:
    error = await refusal(people, text)
    assert isinstance(error, StatementError)
    assert said in str(error)


async def test_several_rows_where_one_is_expected_are_told_on_postgresql(people: Database) -> None:
    """SQLite takes the first row, as `meaning-differs` says."""
    text = "SELECT (SELECT one.n FROM (SELECT 1 AS n UNION ALL SELECT 2) AS one) AS n"
    if people.dialect == "postgresql":
        error = await refusal(people, text)
        assert isinstance(error, StatementError)
        assert "returned several rows, or ON CONFLICT DO UPDATE or MERGE met a row twice" in str(error)


@pytest.mark.parametrize(("column", "value"), [("id", 1 << 70), ("phone", "lone \ud800 surrogate")])
async def test_a_value_that_slipped_past_the_codecs_is_refused(people: Database, column: str, value: object) -> None:
    assert isinstance(await refusal(people, f"UPDATE people SET {column} = :value", value=value), InvalidValue)


async def test_a_value_of_the_wrong_type_is_refused(people: Database) -> None:
    error = await refusal(people, "UPDATE people SET id = :id", id=SECRET)
    assert isinstance(error, InvalidValue)


async def test_the_drivers_exception_is_not_chained(people: Database) -> None:
    error = await refusal(people, PERSON, **ADA)
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("parameters", [(), [1]])
async def test_parameters_that_do_not_fit_the_statement_are_its_fault(people: Database, parameters: list[int]) -> None:
    statement, _ = sql(people, "SELECT 1 WHERE 1 = :one AND 2 = :two", one=1, two=2)
    with pytest.raises(StatementError) as caught:
        await people.run(statement, parameters)
    assert caught.value.query == "the_query"
