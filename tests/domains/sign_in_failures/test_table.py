"""What the table of failed sign-ins refuses, tried with SQL that no function of the package sends."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hangar_dal.errors import CheckViolation, NotNullViolation, UniqueViolation

Sql = Callable[[str], Awaitable[list[Any]]]
KEY = f"'{'0' * 64}'"
NOW, BEFORE = "'2026-01-01T00:00:00.000000Z'", "'2025-12-31T23:59:59.999999Z'"


def insert(
    key: str = KEY, failures: str = "1", locked_until: str = "NULL", attempted_at: str = NOW, refused: str = "0"
) -> str:
    columns = "key, failures, refused, locked_until, attempted_at"
    values = f"{key}, {failures}, {refused}, {locked_until}, {attempted_at}"
    return f"INSERT INTO sign_in_failures ({columns}) VALUES ({values})"


async def test_the_table_refuses_what_no_count_can_be(sql: Sql) -> None:
    for statement, rule in (
        (insert(key="'ada'"), "key"),
        (insert(key=KEY.replace("0", "A")), "key"),
        (insert(key=f"'{'0' * 63}\n'"), "key"),
        (insert(failures="-1"), "failures"),
        (insert(refused="-1"), "refused"),
        (insert(locked_until=BEFORE), "lock"),
    ):
        with pytest.raises(CheckViolation) as caught:
            await sql(statement)
        assert caught.value.constraint == f"sign_in_failures_{rule}_check"
    for statement in (insert(key="NULL"), insert(failures="NULL"), insert(attempted_at="NULL")):
        with pytest.raises(NotNullViolation):
            await sql(statement)
    await sql(insert(locked_until=NOW))
    with pytest.raises(UniqueViolation):
        await sql(insert())
