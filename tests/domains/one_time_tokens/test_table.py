"""What the tables of one-time tokens refuse, tried with SQL that bypasses the package."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import pytest

from hangar_dal import User, uuid7
from hangar_dal.errors import CheckViolation, ForeignKeyViolation, TriggerViolation, UniqueViolation

Sql = Callable[[str], Awaitable[Any]]
AT, LATER = "2030-01-02T03:04:05.000000Z", "2030-01-03T03:04:05.000000Z"


def insert(user_id: Any, **changes: Any) -> str:
    row = {
        "user_id": user_id,
        "purpose": "PASSWORD_RESET",
        "token_hash": "a" * 64,
        "email": "ada@example.org",
        "issued_at": AT,
        "expires_at": LATER,
        **changes,
    }
    values = ", ".join(f"'{value}'" for value in row.values())
    return f"INSERT INTO one_time_tokens ({', '.join(row)}) VALUES ({values})"


async def rows(sql: Sql) -> list[Any]:
    return [tuple(row) for row in await sql("SELECT * FROM one_time_tokens ORDER BY purpose")]


async def test_the_tables_refuse_what_no_token_can_be(sql: Sql, user: User) -> None:
    for changes, rule in (
        ({"purpose": "SIGN_IN"}, "purpose"),
        ({"token_hash": "a" * 63}, "token_hash"),
        ({"token_hash": "A" * 64}, "token_hash"),
        ({"token_hash": "x" * 43}, "token_hash"),
        ({"email": "nobody"}, "email"),
        ({"email": "@"}, "email"),
        ({"email": f"{'x' * 253}@y"}, "email"),
        ({"expires_at": AT}, "lifetime"),
    ):
        with pytest.raises(CheckViolation) as caught:
            await sql(insert(user.id, **changes))
        assert caught.value.constraint == f"one_time_tokens_{rule}_check"
    with pytest.raises(ForeignKeyViolation):
        await sql(insert(uuid7()))
    with pytest.raises(CheckViolation) as caught:
        await sql(f"INSERT INTO confirmed_emails (user_id, email, confirmed_at) VALUES ('{user.id}', 'nobody', '{AT}')")
    assert caught.value.constraint == "confirmed_emails_email_check"
    assert await rows(sql) == []


async def test_a_user_has_one_token_for_each_purpose(sql: Sql, user: User) -> None:
    await sql(insert(user.id))
    with pytest.raises(UniqueViolation):
        await sql(insert(user.id, token_hash="b" * 64))
    await sql(insert(user.id, token_hash="b" * 64, purpose="INVITATION"))
    assert len(await rows(sql)) == 2


async def test_a_used_token_stays_used_and_no_token_is_prolonged_or_moved(sql: Sql, user: User) -> None:
    await sql(insert(user.id))
    await sql(f"UPDATE one_time_tokens SET used_at = '{AT}'")
    before = await rows(sql)
    for change in (
        "used_at = NULL",
        f"used_at = '{LATER}'",
        "expires_at = '2039-01-02T03:04:05.000000Z'",
        "issued_at = '2029-01-02T03:04:05.000000Z'",
        "email = 'thief@example.org'",
        "purpose = 'INVITATION'",
        f"user_id = '{uuid7()}'",
        f"user_id = '{uuid7()}', token_hash = '{'b' * 64}'",
    ):
        with pytest.raises(TriggerViolation) as caught:
            await sql(f"UPDATE one_time_tokens SET {change}")
        assert caught.value.constraint == "one_time_tokens_final"
    assert await rows(sql) == before
    await sql(f"UPDATE one_time_tokens SET token_hash = '{'b' * 64}', used_at = NULL, email = 'x@y'")


OWNER = "0190a5f0-5c5e-7c3e-8a4e-000000000001"


@pytest.mark.parametrize("verb", ["REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE"])
def test_no_row_is_replaced_to_make_a_token_work_again_on_sqlite(sqlite_url: str, verb: str) -> None:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as raw:
        raw.execute(
            "INSERT INTO users (id, display_name, display_name_fold, user_type, eve_character_id, created_at, "
            f"updated_at) VALUES ('{OWNER}', 'x', 'x', 'EVE_SSO', 1, '{AT}', '{AT}')"
        )
        raw.execute(insert(OWNER, used_at=AT))
        for changes in ({}, {"purpose": "INVITATION"}):
            statement = insert(OWNER, **changes).replace("INSERT", verb)
            with pytest.raises(sqlite3.IntegrityError, match=r"^one_time_tokens_not_replaced: "):
                raw.execute(statement)
            with pytest.raises(sqlite3.OperationalError, match="rowid"):
                raw.execute(statement.replace("(user_id", "(rowid, user_id").replace("VALUES (", "VALUES (1, "))
        assert raw.execute("SELECT purpose, used_at FROM one_time_tokens").fetchall() == [("PASSWORD_RESET", AT)]
