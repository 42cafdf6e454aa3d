"""SQLite names no foreign key, and no unique index: the error has the right name all the same."""

import pytest

from hangar_dal import Database
from hangar_dal.database import Statement
from hangar_dal.errors import ConstraintViolation, ForeignKeyViolation, UniqueViolation
from tests.database.ledger import run

# Screws keep their part from going, rust goes with its screw, and a hole in the rust keeps both.
TABLES = (
    "CREATE TABLE owners (id integer PRIMARY KEY)",
    "CREATE TABLE parts (id integer PRIMARY KEY, owner integer REFERENCES owners (id), kind text, size integer)",
    "CREATE UNIQUE INDEX parts_kind_small ON parts (kind) WHERE size < 10",
    "CREATE UNIQUE INDEX parts_kind_large ON parts (kind) WHERE size > 90",
    "CREATE TABLE screws (id integer PRIMARY KEY, part integer REFERENCES parts (id))",
    "CREATE TABLE rust (id integer PRIMARY KEY, screw integer REFERENCES screws (id) ON DELETE CASCADE)",
    "CREATE TABLE holes (id integer PRIMARY KEY, rust integer REFERENCES rust (id))",
    "INSERT INTO owners (id) VALUES (1)",
    "INSERT INTO parts (id, owner, kind, size) VALUES (1, 1, 'a', 1), (2, 1, 'a', 99), (3, 1, 'b', 50)",
    "INSERT INTO screws (id, part) VALUES (1, 1), (2, 1)",
    "INSERT INTO rust (id, screw) VALUES (1, 2)",
    "INSERT INTO holes (id, rust) VALUES (1, 1)",
)


@pytest.fixture
async def parts(database: Database) -> Database:
    for text in TABLES:
        await database.run(Statement("", text, writes=True), ())
    return database


async def refusal(db: Database, text: str) -> ConstraintViolation:
    with pytest.raises(ConstraintViolation) as caught:
        await run(db, text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "constraint", "table", "columns"),
    [
        ("INSERT INTO parts (id, owner) VALUES (4, 9)", "parts_owner_fkey", "parts", ("owner",)),
        ("UPDATE parts SET owner = 9 WHERE id = 3", "parts_owner_fkey", "parts", ("owner",)),
        ("UPDATE parts SET size = 5, (kind, owner) = ('c', 9) WHERE id = 3", "parts_owner_fkey", "parts", ("owner",)),
        (
            "INSERT INTO parts (id, owner) VALUES (3, 9) ON CONFLICT (id) DO UPDATE SET owner = excluded.owner",
            "parts_owner_fkey",
            "parts",
            ("owner",),
        ),
        ("DELETE FROM owners WHERE id = 1", "parts_owner_fkey", "parts", ()),
        ("UPDATE owners SET id = 2", "parts_owner_fkey", "parts", ()),
        ("DELETE FROM parts WHERE id = 1", "screws_part_fkey", "screws", ()),
        ("DELETE FROM screws WHERE id = 2", "holes_rust_fkey", "holes", ()),
    ],
)
async def test_the_one_foreign_key_that_can_be_broken_is_named(
    parts: Database, text: str, constraint: str, table: str, columns: tuple[str, ...]
) -> None:
    error = await refusal(parts, text)
    assert type(error) is ForeignKeyViolation
    assert (error.constraint, error.table, error.columns) == (constraint, table, columns)


@pytest.mark.parametrize(
    ("kind", "text", "constraint"),
    [
        (ForeignKeyViolation, "UPDATE parts SET id = 9 WHERE id = 1", "screws_part_fkey"),
        (ForeignKeyViolation, "UPDATE parts SET size = 5, (kind, id) = ('c', 9) WHERE id = 1", "screws_part_fkey"),
        (UniqueViolation, "UPDATE parts SET kind = 'a', size = 2 WHERE id = 3", "parts_kind_small"),
        (UniqueViolation, "UPDATE parts SET kind = 'a', size = 98 WHERE id = 3", "parts_kind_large"),
    ],
)
async def test_where_several_can_be_broken_the_broken_one_is_named(
    parts: Database, kind: type[ConstraintViolation], text: str, constraint: str
) -> None:
    error = await refusal(parts, text)
    assert type(error) is kind
    assert error.constraint == constraint
