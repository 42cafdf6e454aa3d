"""`refold` makes the grams of texts that were stored before the search existed, so that it finds them."""

from pathlib import Path
from typing import Any

import pytest

from hangar_dal import ACCOUNTS, Database, Settings, builders, users
from hangar_dal.migrations.drift import database_schema
from hangar_dal.migrations.scripts import Direction, read_script
from hangar_dal.refolding import FoldColumn, RefoldOutcome, fold_columns, refold
from tests.helpers.domain_fixtures import Sql

NAMES = ("display_name", "email", "phone_number", "username")
PARTS = ("shown", "пример", "+44111", "first")


@pytest.fixture
def columns(database: Database, settings: Settings) -> list[FoldColumn]:
    found, _ = fold_columns([ACCOUNTS], database_schema(settings.url.get_secret_value()), database.dialect)
    return [column for column in found if column.kind == "grams"]


async def store(database: Database) -> Any:
    given: Any = {"username": "first", "display_name": "Shown", "email": "a@пример.рф", "phone_number": "+441111111"}
    return await users.insert_user(database, builders.user(**given, password="not read"), hashed_password="x")


async def test_users_from_before_the_search_are_found_after_refold(
    database: Database, sql: Sql, columns: list[FoldColumn]
) -> None:
    user = await store(database)
    await sql(f"UPDATE users SET {', '.join(f'{name}_grams = NULL' for name in NAMES)}")
    assert [column.text for column in columns] == list(NAMES)
    for column, part in zip(columns, PARTS, strict=True):
        assert await users.search_users(database, part) == []
        assert await refold(database, column, check=True) == RefoldOutcome(column, rows=1, changed=1)
        assert await users.search_users(database, part) == []
        assert await refold(database, column) == RefoldOutcome(column, rows=1, changed=1)
        assert await users.search_users(database, part) == [user]
        assert await refold(database, column) == RefoldOutcome(column, rows=1, changed=0)
        assert await refold(database, column, check=True) == RefoldOutcome(column, rows=1, changed=0)


async def test_grams_that_are_stored_are_those_that_refold_would_make(
    database: Database, columns: list[FoldColumn]
) -> None:
    user = await store(database)
    await users.update_user(
        database, user.id, display_name="Ünïcode\U0001f680", username="王小明王", email="a@b.example"
    )
    await users.sign_in_eve_user(database, eve_character_id=7, display_name="Chribba")
    for column in columns:
        outcome = await refold(database, column, check=True)
        assert (outcome.changed, outcome.refused) == (0, [])


async def test_an_index_that_is_made_again_finds_what_was_there(database: Database, sql: Sql) -> None:
    user = await store(database)
    assert isinstance(ACCOUNTS.migrations, Path)
    directions: tuple[Direction, ...] = ("rollback", "apply")
    for direction in directions:
        script = read_script(ACCOUNTS.migrations, "0011_user_search_index", database.dialect, direction)
        for statement in script.statements():
            await sql(statement.text)
    assert [await users.search_users(database, part) for part in PARTS] == [[user]] * 4
