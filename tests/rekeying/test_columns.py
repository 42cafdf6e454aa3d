"""Which sealed columns are walked, and which are left out, with a reason."""

import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from hangar_dal import ACCOUNTS, Database, Sealed
from hangar_dal.migrations.drift import database_schema
from hangar_dal.rekeying import SealedColumn, count_keys, rotate, sealed_columns
from tests import shop
from tests.rekeying.conftest import Sql, id_of, write_letters
from tests.shop import letters


async def test_the_columns_are_those_that_the_catalogs_declare(before: Database, database_url: str) -> None:
    columns, left_out = sealed_columns([ACCOUNTS, shop.CATALOG], database_schema(database_url))
    assert left_out == []
    found = {column.name: (column.key, column.seals) for column in columns}
    assert found["letters.secret"] == (("id",), (Sealed("letters", "secret", bind=("id", "place")),))
    assert found["letters.hint"] == (("id",), (Sealed("letters", "hint", bind=("id",)),))
    bound = ("id", "user_id", "platform")
    assert found["session_cookies.cookies"] == (("id",), (Sealed("session_cookies", "cookies", bind=bound),))
    assert "letters.secret" not in {
        column.name for column in sealed_columns([ACCOUNTS], database_schema(database_url))[0]
    }


@pytest.mark.parametrize(
    ("keys", "is_walked"),
    [
        ("id integer PRIMARY KEY, place text", True),
        ("id text NOT NULL, place text NOT NULL, PRIMARY KEY (place, id)", True),
        ("id text, place text", False),
        ("place text, id bigint NOT NULL UNIQUE", False),
    ],
    ids=["integer", "two columns", "no key", "unique only"],
)
async def test_a_table_needs_a_primary_key(
    before: Database, database_url: str, sql: Sql, keys: str, *, is_walked: bool
) -> None:
    await sql("DROP TABLE letters")
    await sql(f"CREATE TABLE letters (secret text, hint text, {keys})")
    columns, left_out = sealed_columns([shop.CATALOG], database_schema(database_url))
    assert (len(columns), left_out) == (
        (2, []) if is_walked
        else (0, [f"letters.{name}: the table has no primary key" for name in ("hint", "secret")])
    )  # fmt: skip


async def test_a_key_that_may_be_null_is_left_out(sqlite_url: str) -> None:
    """SQLite accepts NULL in the primary key of a table that is not STRICT. No walk by key would find such a row."""
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as raw, raw:
        raw.execute("CREATE TABLE letters (id text PRIMARY KEY, place text, secret text, hint text)")
    columns, left_out = sealed_columns([shop.CATALOG], database_schema(sqlite_url))
    reason = "id of its primary key is nullable, and rows with NULL in it cannot be found; declare it NOT NULL"
    assert (columns, left_out) == ([], [f"letters.{name}: {reason}" for name in ("hint", "secret")])


async def test_each_declaration_of_a_column_is_tried(before: Database, after: Database, old: str, new: str) -> None:
    """Two models may bind it differently. A value is sealed again for the place that it opened in."""
    await write_letters(before, 3)
    other, right = Sealed("letters", "secret", bind=("place",)), Sealed("letters", "secret", bind=("id", "place"))
    column = SealedColumn("letters", "secret", ("id",), (other, right))
    assert (await count_keys(after, column)).values == Counter({id_of(old): 3})
    done = await rotate(after, column)
    assert (done.resealed, done.unopened) == (3, [])
    assert len(await letters.list_letters(after)) == 3
    assert (await count_keys(after, column)).values == Counter({id_of(new): 3})
