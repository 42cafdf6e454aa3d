"""What the table itself refuses, tried with SQL that bypasses the package, and what is in it."""

from collections.abc import Awaitable, Callable
from itertools import product
from typing import Any

import pytest

from hangar_dal import Database, User, builders, eve_tokens, users, uuid7
from hangar_dal.errors import DatabaseError, HangarError, SealError
from hangar_dal.eve_tokens import EveToken, NewEveToken
from tests.helpers.domain_fixtures import rule_against

Sql = Callable[[str], Awaitable[Any]]
NewToken = Callable[..., NewEveToken]
AT = "'2030-01-02T03:04:05.000000Z'"
MOVED = r"^eve_tokens\.(access|refresh)_token, .*: the stored text does not open with key \w+ in this row\."


async def test_tokens_are_stored_sealed(database: Database, stored: EveToken, sql: Sql) -> None:
    [row] = await sql("SELECT * FROM eve_tokens")
    for token in (stored.access_token, stored.refresh_token):
        assert token not in str(tuple(row))
    [texts] = await sql("SELECT access_token, refresh_token FROM eve_tokens")
    assert [text.rpartition(".")[0] for text in texts] == [f"v1.{database.keyring.ids[0]}"] * 2


async def test_tokens_that_were_moved_do_not_open(
    database: Database, stored: EveToken, new_token: NewToken, sql: Sql
) -> None:
    other = await users.insert_user(database, builders.eve_user(), hashed_password=None)
    await eve_tokens.upsert_eve_token(database, new_token(eve_character_id=7))
    where = f" WHERE eve_character_id = {stored.eve_character_id}"
    [old] = await sql(f"SELECT access_token, refresh_token FROM eve_tokens{where}")
    for change in (
        "access_token = (SELECT access_token FROM eve_tokens WHERE eve_character_id = 7)",
        "refresh_token = (SELECT refresh_token FROM eve_tokens WHERE eve_character_id = 7)",
        "access_token = refresh_token",
        "refresh_token = access_token",
        f"user_id = '{other.id}'",
    ):
        await sql(f"UPDATE eve_tokens SET {change}{where}")
        with pytest.raises(SealError, match=MOVED):
            await eve_tokens.find_eve_token(database, stored.eve_character_id)
        restored = f"access_token = '{old[0]}', refresh_token = '{old[1]}', user_id = '{stored.user_id}'"
        await sql(f"UPDATE eve_tokens SET {restored}{where}")
        assert await eve_tokens.find_eve_token(database, stored.eve_character_id) == stored


async def test_a_row_given_to_another_character_does_not_open(database: Database, stored: EveToken, sql: Sql) -> None:
    await sql("UPDATE eve_tokens SET eve_character_id = 7")
    with pytest.raises(SealError, match=MOVED):
        await eve_tokens.find_eve_token(database, 7)


BROKEN = {
    "eve_character_id = 0": "eve_tokens_eve_character_id_check",
    "eve_character_id = -7": "eve_tokens_eve_character_id_check",
    "access_token = 'in clear'": "eve_tokens_access_token_check",
    "refresh_token = ''": "eve_tokens_refresh_token_check",
    "lease_ends_at = NULL": "eve_tokens_lease_check",
    "lease_id = NULL": "eve_tokens_lease_check",
    f"user_id = '{uuid7()}'": "eve_tokens_user_id_fkey",
}


async def test_the_table_refuses_a_broken_row(database: Database, stored: EveToken, sql: Sql) -> None:
    await sql(f"UPDATE eve_tokens SET lease_id = '{uuid7()}', lease_ends_at = {AT}")
    assert {change: await rule_against(sql, f"UPDATE eve_tokens SET {change}") for change in BROKEN} == BROKEN
    assert await eve_tokens.find_eve_token(database, stored.eve_character_id) == stored


async def test_the_table_refuses_null_and_what_is_of_another_type(
    database: Database, stored: EveToken, sql: Sql
) -> None:
    columns = ("user_id", "access_token", "refresh_token", "scopes", "expires_at", "created_at", "updated_at")
    for column, value in product(columns, ("NULL", "'x'")):
        with pytest.raises(HangarError):
            await sql(f"UPDATE eve_tokens SET {column} = {value}")
    assert await eve_tokens.find_eve_token(database, stored.eve_character_id) == stored


async def test_a_character_has_one_row(database: Database, user: User, stored: EveToken, sql: Sql) -> None:
    columns = "user_id, access_token, refresh_token, scopes, expires_at, created_at, updated_at"
    with pytest.raises(DatabaseError) as caught:
        await sql(
            f"INSERT INTO eve_tokens (eve_character_id, {columns}) SELECT eve_character_id, {columns} FROM eve_tokens"
        )
    assert getattr(caught.value, "constraint", None) == "eve_tokens_pkey"
