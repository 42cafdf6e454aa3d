"""What the tables of second factors refuse, tried with SQL that bypasses the package."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import pytest

from hangar_dal import User, uuid7
from hangar_dal.errors import CheckViolation, ConstraintViolation, TriggerViolation, UniqueViolation
from hangar_dal.two_factor import TwoFactor

Sql = Callable[[str], Awaitable[Any]]
AT = "2030-01-02T03:04:05.000000Z"


def insert(table: str, **row: Any) -> str:
    values = ", ".join("NULL" if value is None else f"'{value}'" for value in row.values())
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})"


def factor_row(user_id: Any, **changes: Any) -> str:
    row = {"id": uuid7(), "user_id": user_id, "secret": "v1.k.x", "enrolled_at": AT, **changes}
    return insert("two_factor", **row)


def code_row(factor_id: Any, **changes: Any) -> str:
    row = {"two_factor_id": factor_id, "number": 1, "code_hash": "a" * 64, "created_at": AT, **changes}
    return insert("recovery_codes", **row)


async def rows(sql: Sql) -> list[Any]:
    return [tuple(row) for table in ("two_factor", "recovery_codes") for row in await sql(f"SELECT * FROM {table}")]


async def test_the_tables_refuse_what_no_second_factor_can_be(sql: Sql, user: User, pending: TwoFactor) -> None:
    before = await rows(sql)
    for statement, rule in (
        (factor_row(user.id, secret="JBSWY3DPEHPK3PXP"), "two_factor_secret_check"),
        (factor_row(user.id, confirmed_at=AT), "two_factor_last_step_check"),
        (factor_row(user.id, last_step=7), "two_factor_last_step_check"),
        (factor_row(user.id, confirmed_at=AT, last_step=-1), "two_factor_last_step_check"),
        (code_row(pending.id, number=0), "recovery_codes_number_check"),
        (code_row(pending.id, number=11), "recovery_codes_number_check"),
        (code_row(pending.id, code_hash="a" * 63), "recovery_codes_code_hash_check"),
        (code_row(pending.id, code_hash="A" * 64), "recovery_codes_code_hash_check"),
        (code_row(pending.id, code_hash="mfrgg-zdfmz-tq2lk-nnwg2"), "recovery_codes_code_hash_check"),
    ):
        with pytest.raises(CheckViolation) as caught:
            await sql(statement)
        assert caught.value.constraint == rule
    assert await rows(sql) == before


async def test_a_user_has_at_most_one_confirmed_and_one_pending_factor(sql: Sql, user: User, factor: TwoFactor) -> None:
    await sql(factor_row(user.id))
    before = await rows(sql)
    with pytest.raises(UniqueViolation):
        await sql(factor_row(user.id))
    for statement in (
        factor_row(user.id, confirmed_at=AT, last_step=7),
        f"UPDATE two_factor SET confirmed_at = '{AT}', last_step = 7 WHERE confirmed_at IS NULL",
    ):
        with pytest.raises(ConstraintViolation):
            await sql(statement)
    assert await rows(sql) == before


async def test_an_eleventh_recovery_code_has_no_place(sql: Sql, factor: TwoFactor) -> None:
    before = await rows(sql)
    for number in range(1, 11):
        with pytest.raises(UniqueViolation):
            await sql(code_row(factor.id, number=number))
    assert await rows(sql) == before


async def test_a_confirmed_factor_cannot_be_changed(sql: Sql, user: User, factor: TwoFactor) -> None:
    before = await rows(sql)
    for change, rule in (
        (f"id = '{uuid7()}'", "two_factor_unchanged"),
        (f"user_id = '{uuid7()}'", "two_factor_unchanged"),
        (f"enrolled_at = '{AT}'", "two_factor_unchanged"),
        (f"confirmed_at = '{AT}'", "two_factor_unchanged"),
        ("confirmed_at = NULL, last_step = NULL", "two_factor_unchanged"),
        ("last_step = last_step - 1", "two_factor_step"),
        ("last_step = 0", "two_factor_step"),
    ):
        with pytest.raises(TriggerViolation) as caught:
            await sql(f"UPDATE two_factor SET {change}")
        assert caught.value.constraint == rule
    assert await rows(sql) == before
    await sql("UPDATE two_factor SET secret = 'v1.k2.sealed with another key', last_step = last_step + 1")


async def test_a_pending_factor_stays_with_its_user(sql: Sql, pending: TwoFactor) -> None:
    with pytest.raises(TriggerViolation) as caught:
        await sql(f"UPDATE two_factor SET user_id = '{uuid7()}'")
    assert caught.value.constraint == "two_factor_unchanged"


async def test_a_used_recovery_code_stays_used(sql: Sql, factor: TwoFactor) -> None:
    await sql(f"UPDATE recovery_codes SET used_at = '{AT}' WHERE number = 1")
    before = await rows(sql)
    for used_at in ("NULL", "'2031-01-02T03:04:05.000000Z'"):
        with pytest.raises(TriggerViolation) as caught:
            await sql(f"UPDATE recovery_codes SET used_at = {used_at} WHERE number = 1")
        assert caught.value.constraint == "recovery_codes_final"
    assert await rows(sql) == before
    await sql(f"UPDATE recovery_codes SET used_at = NULL, code_hash = '{'b' * 64}' WHERE number = 1")


USER, FACTOR, OTHER = (f"0190a5f0-5c5e-7c3e-8a4e-00000000000{digit}" for digit in (1, 2, 3))
CONFIRMED = factor_row(USER, id=FACTOR, confirmed_at=AT, last_step=9)
USED = code_row(FACTOR, used_at=AT)


@pytest.mark.parametrize("verb", ["REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE"])
def test_no_row_is_replaced_to_make_a_code_work_again_on_sqlite(sqlite_url: str, verb: str) -> None:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as raw:
        raw.execute(
            "INSERT INTO users (id, display_name, display_name_fold, user_type, eve_character_id, created_at, "
            f"updated_at) VALUES ('{USER}', 'x', 'x', 'EVE_SSO', 1, '{AT}', '{AT}')"
        )
        raw.execute(CONFIRMED)
        raw.execute(USED)
        for statement in (
            CONFIRMED.replace("'9'", "'1'"),
            CONFIRMED.replace("'9'", "'1'").replace(FACTOR, OTHER),
            factor_row(USER, id=FACTOR),
            code_row(FACTOR),
            code_row(FACTOR, number=2),
        ):
            with pytest.raises(sqlite3.IntegrityError, match=r"^(two_factor|recovery_codes)_not_replaced: "):
                raw.execute(statement.replace("INSERT", verb))
            with pytest.raises(sqlite3.OperationalError, match="rowid"):
                raw.execute(
                    statement.replace("INSERT", verb)
                    .replace(" (", " (rowid, ")
                    .replace("VALUES (rowid, ", "VALUES (1, ")
                )
        assert raw.execute("SELECT last_step FROM two_factor").fetchall() == [(9,)]
        assert raw.execute("SELECT number, used_at FROM recovery_codes").fetchall() == [(1, AT)]
