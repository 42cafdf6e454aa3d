"""A row that breaks several keys, and a row that others refer to, raise the same error on both databases.

PostgreSQL reports the oldest key. SQLite is asked for it.
"""

import pytest

from hangar_dal import Database, Transaction
from hangar_dal.database import Statement
from hangar_dal.errors import CheckViolation, ConstraintViolation, ForeignKeyViolation, UniqueViolation
from tests.database.ledger import column, run, sql

WORDS = {
    "sqlite": {"id": "integer NOT NULL", "bigint": "integer", "strict": " STRICT"},
    "postgresql": {"id": "bigint", "bigint": "bigint", "strict": ""},
}
TABLES = (
    """CREATE TABLE people (
        id {id},
        name text CONSTRAINT people_name_key UNIQUE,
        phone text,
        boss {bigint} CONSTRAINT people_boss_fkey REFERENCES people (id),
        CONSTRAINT people_pkey PRIMARY KEY (id),
        CONSTRAINT people_phone_key UNIQUE (phone)
    ){strict}""",
    "CREATE UNIQUE INDEX people_short ON people (name, phone) WHERE name < 'm'",
    "CREATE UNIQUE INDEX people_length ON people (length(name || phone), (boss + 1) DESC)",
    """CREATE TABLE cars (
        id {id} PRIMARY KEY,
        owner {bigint} CONSTRAINT cars_owner_fkey REFERENCES people (id) ON DELETE RESTRICT,
        driver {bigint} CONSTRAINT drives REFERENCES people (id)
    ){strict}""",
    """CREATE TABLE wheels (
        car {bigint} CONSTRAINT wheels_car_fkey REFERENCES cars (id) ON DELETE CASCADE,
        number {bigint},
        CONSTRAINT wheels_pkey PRIMARY KEY (car, number)
    ){strict}""",
    """CREATE TABLE bolts (
        id {id} PRIMARY KEY,
        car {bigint},
        wheel {bigint},
        CONSTRAINT bolt_of_wheel FOREIGN KEY (car, wheel) REFERENCES wheels (car, number)
    ){strict}""",
    """CREATE TABLE codes (
        id {id} PRIMARY KEY,
        code text DEFAULT 'c' CONSTRAINT codes_code_key UNIQUE,
        other text CONSTRAINT only_other UNIQUE
    ){strict}""",
    "INSERT INTO codes (id, other) VALUES (1, 'o')",
    "INSERT INTO people (id, name, phone, boss) VALUES (1, 'ada', '1', NULL), (2, 'bob', '2', 1)",
    "INSERT INTO people (id, name, phone) VALUES (3, 'zoe', '3'), (9, 'iris', '9')",
    "INSERT INTO people (id, name, phone, boss) VALUES (4, 'dan', '4', 3)",
    "INSERT INTO cars (id, owner, driver) VALUES (1, 2, 2), (2, NULL, 4), (3, NULL, NULL)",
    "INSERT INTO wheels (car, number) VALUES (1, 1), (3, 1)",
    "INSERT INTO bolts (id, car, wheel) VALUES (1, 1, 1), (2, 3, 1)",
)
FOREIGN = {"people_boss_fkey", "cars_owner_fkey", "drives", "bolt_of_wheel"}
PEOPLE = "INSERT INTO people (id, name, phone, boss) VALUES"
CASES = [
    # One key is broken.
    (f"{PEOPLE} (1, 'new', 'new', NULL)", "people_pkey", "people", ("id",)),
    (f"{PEOPLE} (5, 'ada', 'new', NULL)", "people_name_key", "people", ("name",)),
    (f"{PEOPLE} (5, 'new', '1', NULL)", "people_phone_key", "people", ("phone",)),
    (f"{PEOPLE} (5, 'a', '222', 1)", "people_length", "people", ()),
    # Several are broken: the oldest one is named, the primary key first.
    (f"{PEOPLE} (1, 'ada', '1', NULL)", "people_pkey", "people", ("id",)),
    (f"{PEOPLE} (1, 'bob', '3', NULL)", "people_pkey", "people", ("id",)),
    (f"{PEOPLE} (5, 'ada', '1', NULL)", "people_name_key", "people", ("name",)),
    (f"{PEOPLE} (5, 'zoe', '1', NULL)", "people_name_key", "people", ("name",)),
    (f"{PEOPLE} (5, 'zz', '2', 1)", "people_phone_key", "people", ("phone",)),
    ("INSERT INTO people SELECT id + 10, name, phone, NULL FROM people", "people_name_key", "people", ("name",)),
    ("UPDATE people SET name = 'ada', phone = '1' WHERE id = 3", "people_name_key", "people", ("name",)),
    ("UPDATE people SET id = 1, phone = '1' WHERE id = 3", "people_pkey", "people", ("id",)),
    ("UPDATE people SET name = name, phone = '1' WHERE id = 3", "people_phone_key", "people", ("phone",)),
    # The first row that breaks a key decides, also if the other row belongs to the same statement.
    (f"{PEOPLE} (5, 'new', '1', NULL), (1, 'ada', 'x', NULL)", "people_phone_key", "people", ("phone",)),
    (f"{PEOPLE} (5, 'new', 'x', NULL), (6, 'new', 'x', NULL)", "people_name_key", "people", ("name",)),
    # A key that ON CONFLICT handles is not broken.
    (
        f"{PEOPLE} (1, 'bob', 'new', NULL) ON CONFLICT (id) DO UPDATE SET name = excluded.name, phone = '2'",
        "people_name_key",
        "people",
        ("name",),
    ),
    (
        f"{PEOPLE} (1, 'ada', '1', NULL) ON CONFLICT (phone) DO UPDATE SET name = 'zoe', id = 2",
        "people_pkey",
        "people",
        ("id",),
    ),
    (f"{PEOPLE} (5, 'bob', '1', NULL) ON CONFLICT (id) DO NOTHING", "people_name_key", "people", ("name",)),
    ("INSERT INTO wheels (car, number) VALUES (8, 1), (1, 1)", "wheels_pkey", "wheels", ("car", "number")),
    # Other forms of INSERT.
    ("INSERT INTO codes (id, other) VALUES (2, 'o')", "codes_code_key", "codes", ("code",)),
    ("INSERT INTO codes VALUES (2, 'c', 'o')", "codes_code_key", "codes", ("code",)),
    ("INSERT INTO codes (other, code, id) SELECT other, 'd', 2 FROM codes", "only_other", "codes", ("other",)),
    (
        "WITH one AS (SELECT 'c' AS code) INSERT INTO codes (id, code, other) /* ( */ SELECT 2, code, 'o' FROM one",
        "codes_code_key",
        "codes",
        ("code",),
    ),
    ("""INSERT INTO "codes" ("id", "other") VALUES (1, (SELECT 'o')) RETURNING id""", "codes_pkey", "codes", ("id",)),
    # A unique key comes before a foreign key, and the oldest foreign key before the others.
    (f"{PEOPLE} (1, 'new', 'new', 99)", "people_pkey", "people", ("id",)),
    (f"{PEOPLE} (5, 'new', 'new', 99)", "people_boss_fkey", "people", ("boss",)),
    ("INSERT INTO cars (id, owner, driver) VALUES (5, 99, 99)", "cars_owner_fkey", "cars", ("owner",)),
    ("INSERT INTO cars (id, owner, driver) VALUES (5, 1, 99)", "drives", "cars", ()),
    ("INSERT INTO cars (id, owner, driver) VALUES (5, 1, 99), (6, 99, 1)", "drives", "cars", ()),
    ("UPDATE cars SET owner = 99, driver = 99 WHERE id = 1", "cars_owner_fkey", "cars", ("owner",)),
    ("INSERT INTO bolts (id, car, wheel) VALUES (5, 1, 9)", "bolt_of_wheel", "bolts", ()),
    # A row that others refer to.
    ("DELETE FROM people WHERE id = 1", "people_boss_fkey", "people", ()),
    ("DELETE FROM people WHERE id = 2", "cars_owner_fkey", "cars", ()),
    ("DELETE FROM people WHERE id = 4", "drives", "cars", ()),
    ("DELETE FROM people WHERE id >= 3", "drives", "cars", ()),
    ("UPDATE people SET id = 20 WHERE id = 2", "cars_owner_fkey", "cars", ()),
    ("UPDATE people SET id = 10, boss = 99 WHERE id = 1", "people_boss_fkey", "people", ()),
    ("DELETE FROM cars WHERE id = 3", "bolt_of_wheel", "bolts", ()),
    ("DELETE FROM wheels WHERE car = 1", "bolt_of_wheel", "bolts", ()),
]


@pytest.fixture
async def people(database: Database) -> Database:
    for text in TABLES:
        made = text.format(**WORDS[database.dialect])
        await database.run(Statement("", made, writes=True), ())
    return database


async def contents(db: Database | Transaction) -> list[object]:
    rows = [await run(db, f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("people", "cars", "wheels", "bolts")]
    return [each for each, _ in rows]


async def refusal(db: Database | Transaction, text: str) -> ConstraintViolation:
    with pytest.raises(ConstraintViolation) as caught:
        await run(db, text)
    return caught.value


@pytest.mark.parametrize("is_in_transaction", [False, True], ids=["alone", "in a transaction"])
@pytest.mark.parametrize(("text", "constraint", "table", "columns"), CASES)
async def test_both_databases_name_the_same_key(
    people: Database, text: str, constraint: str, table: str, columns: tuple[str, ...], *, is_in_transaction: bool
) -> None:
    before = await contents(people)
    if is_in_transaction:
        async with people.transaction() as tx:
            with pytest.raises(ConstraintViolation) as caught:
                async with tx.savepoint():
                    await run(tx, text)
            assert await contents(tx) == before
        error = caught.value
    else:
        error = await refusal(people, text)
    kind = ForeignKeyViolation if constraint in FOREIGN else UniqueViolation
    assert (type(error), error.constraint, error.table, error.columns) == (kind, constraint, table, columns)
    assert await contents(people) == before


async def test_finding_the_key_leaves_nothing_in_the_connection(people: Database) -> None:
    await refusal(people, f"{PEOPLE} (5, 'zoe', '1', NULL)")
    await refusal(people, "DELETE FROM people WHERE id = 2")
    if people.dialect == "sqlite":
        settings = "SELECT foreign_keys, defer_foreign_keys, recursive_triggers FROM pragma_foreign_keys, "
        state = f"{settings} pragma_defer_foreign_keys, pragma_recursive_triggers"
        left = Statement("", "SELECT count(*) FROM sqlite_temp_schema", writes=True)
        assert await people.run(left, ()) == ([(0,)], 1)
        assert await people.run(Statement("", state, writes=True), ()) == ([(1, 0, 0)], 1)
    await run(people, "DELETE FROM people WHERE id = 9")
    assert await column(people, "SELECT id FROM people ORDER BY id") == [1, 2, 3, 4]


async def test_an_open_stream_outlives_a_broken_key(people: Database) -> None:
    """SQLite cannot be asked meanwhile: the key is named if the message names it, and otherwise left out."""
    async with people.transaction() as tx, tx.stream(*sql(tx, "SELECT id FROM people ORDER BY id"), chunk=1) as chunks:
        ids = [await anext(chunks)]
        for text, constraint in ((f"{PEOPLE} (5, 'new', '1', NULL)", "people_phone_key"), CASES[-1][:2]):
            with pytest.raises(ConstraintViolation) as caught:
                async with tx.savepoint():
                    await run(tx, text)
            assert caught.value.constraint in (constraint, None)
            assert "None" not in str(caught.value)
        ids += [chunk async for chunk in chunks]
    assert ids == [[(number,)] for number in (1, 2, 3, 4, 9)]


async def test_of_several_broken_checks_each_database_names_its_own_first_one(database: Database) -> None:
    """The class is the same. PostgreSQL sorts checks by their names, SQLite tries them as the table lists them."""
    checks = "n integer, CONSTRAINT z_first CHECK (n > 1), CONSTRAINT a_second CHECK (n > 2)"
    await database.run(Statement("", f"CREATE TABLE checked ({checks})", writes=True), ())
    error = await refusal(database, "INSERT INTO checked (n) VALUES (0)")
    assert type(error) is CheckViolation
    assert error.constraint == {"sqlite": "z_first", "postgresql": "a_second"}[database.dialect]
