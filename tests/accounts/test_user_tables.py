"""The list of the tables that refer to users, compared with the schema that the migrations make."""

import pytest

from hangar_dal.accounts.user_tables import USER_TABLES, for_each_table
from hangar_dal.migrations.drift import database_schema
from tests.helpers.full_users import tables_of_users


def test_no_table_that_refers_to_users_is_forgotten(database_url: str) -> None:
    """Add a new table to USER_TABLES: then exporting, erasing and merging have to say what they do with it."""
    found = tables_of_users(database_schema(database_url))
    assert found - set(USER_TABLES) == set()
    assert set(USER_TABLES) - found <= {"sign_in_failures", "user_search_rows"}  # by a hash; on SQLite alone


def test_no_table_is_listed_that_does_not_exist(sqlite_url: str) -> None:
    """SQLite has all of them: PostgreSQL needs no table for the search."""
    assert set(USER_TABLES) <= database_schema(sqlite_url).names


def test_a_table_about_which_nothing_is_said_is_named() -> None:
    said = dict.fromkeys(USER_TABLES)
    assert dict(for_each_table(said)) == said
    del said["eve_tokens"]
    with pytest.raises(LookupError, match=r"^eve_tokens: "):
        for_each_table(said)
