"""Stored values that Python cannot hold. Other programs may have stored them."""

from typing import TYPE_CHECKING

import pytest

from hangar_dal import Database
from hangar_dal.errors import StatementError
from tests.database.ledger import column

if TYPE_CHECKING:
    from tests.query.conftest import Shop

INSTANTS = ["infinity", "-infinity", "12345-01-02", "0044-03-15 BC", "294276-12-31"]
DATES = [*INSTANTS, "5874897-12-31"]
CASES = [("datetime", "timestamptz", value) for value in INSTANTS] + [("date", "date", value) for value in DATES]
PYTHON = """\
class Made(Row):
    id: int
    at: {python} | None
    note: str
class Several(Row):
    at: list[{python}]
@query
async def one(db: Executor) -> Made: ...
@query
async def many(db: Executor) -> list[Made]: ...
@query
async def scalar(db: Executor) -> {python}: ...
@query
async def items(db: Executor) -> Several: ...
@query
def streamed(db: Executor) -> Stream[Made]: ...
@query
async def good(db: Executor) -> int: ...
"""
SQL = """\
-- name: one
-- differs: types
SELECT 1 AS id, {value} AS at, 'a secret' AS note;
-- name: many
-- differs: types
SELECT 1 AS id, {value} AS at, 'a secret' AS note ORDER BY 1;
-- name: scalar
-- differs: types
SELECT {value} AS at;
-- name: items
-- differs: types
SELECT {items} AS at;
-- name: streamed
-- differs: types
SELECT 1 AS id, {value} AS at, 'a secret' AS note ORDER BY 1;
-- name: good
SELECT 1 AS n;
"""


@pytest.mark.parametrize(("python", "type_", "value"), CASES)
async def test_it_is_an_error_of_the_column_and_the_transaction_goes_on(
    python: str, type_: str, value: str, shop: "Shop", database: Database
) -> None:
    shop.declare(PYTHON.format(python=python))
    on_postgresql = f"CAST('{value}' AS {type_})"
    shop.write(
        "orders",
        SQL.format(value=f"'{value}'", items=f"'[\"{value}\"]'"),
        SQL.format(value=on_postgresql, items=f"ARRAY[{on_postgresql}]"),
    )
    module = shop.modules["shop.orders"]

    async def stream(db: Database) -> None:
        async with module.streamed(db) as rows:
            async for _ in rows:
                pass

    calls = {module.one: "at", module.many: "at", module.scalar: "the value", module.items: "at", stream: "at"}
    async with database.transaction() as tx:
        for call, place in calls.items():
            with pytest.raises(StatementError, match=rf"^orders\.[a-z]+: {place}: ") as refused:
                await call(tx)
            assert refused.value.query == str(refused.value).partition(":")[0]
            assert refused.value.__context__ is None
            assert value not in str(refused.value)
            if database.dialect == "postgresql":
                assert "Python cannot hold the value" in str(refused.value)
            assert await module.good(tx) == 1
    for call, place in calls.items():
        with pytest.raises(StatementError, match=rf"^orders\.[a-z]+: {place}: "):
            await call(database)
        assert await module.good(database) == 1


async def test_a_text_without_a_time_zone_is_no_datetime_on_sqlite(shop: "Shop", database: Database) -> None:
    """As `datetime()` of SQLite returns it. The datetime would be naive, and could not be compared with others."""
    shop.declare(PYTHON.format(python="datetime"))
    on_sqlite, on_postgresql = "'2026-01-02 03:04:05'", "CAST('infinity' AS timestamptz)"
    shop.write(
        "orders",
        SQL.format(value=on_sqlite, items=f"json_array({on_sqlite})"),
        SQL.format(value=on_postgresql, items=f"ARRAY[{on_postgresql}]"),
    )
    module = shop.modules["shop.orders"]
    for call in (module.one, module.many, module.scalar, module.items):
        with pytest.raises(StatementError):
            await call(database)


PRICES = """\
class Made(Row):
    id: int
    price: {python} | None
class Several(Row):
    price: list[{python}]
@query
async def one(db: Executor) -> Made: ...
@query
async def scalar(db: Executor) -> {python}: ...
@query
async def items(db: Executor) -> Several: ...
"""
PRICES_SQL = """\
-- name: one
-- differs: types
SELECT 1 AS id, {value} AS price;
-- name: scalar
-- differs: types
SELECT {value} AS price;
-- name: items
-- differs: types
SELECT {items} AS price;
"""
PRICE = "Annotated[Decimal, Field(max_digits=9, decimal_places=2)]"


@pytest.mark.parametrize(
    ("python", "on_sqlite", "on_postgresql"),
    [
        (PRICE, "100.5", "1.005"),
        (PRICE, "9223372036854775807 + 1", "CAST('NaN' AS numeric)"),
        ("timedelta", "9223372036854775807 + 1", "CAST('1 month' AS interval)"),
    ],
)
async def test_a_number_that_would_be_rounded_is_an_error_of_the_column(
    python: str, on_sqlite: str, on_postgresql: str, shop: "Shop", database: Database
) -> None:
    """SQLite makes a float of a sum that exceeds 64 bits, and PostgreSQL returns as many digits as it has."""
    shop.declare(PRICES.format(python=python))
    shop.write(
        "orders",
        PRICES_SQL.format(value=on_sqlite, items=f"json_array({on_sqlite})"),
        PRICES_SQL.format(value=on_postgresql, items=f"ARRAY[{on_postgresql}]"),
    )
    module = shop.modules["shop.orders"]
    for call, place in {module.one: "price", module.scalar: "the value", module.items: "price"}.items():
        with pytest.raises(StatementError, match=rf"^orders\.[a-z]+: {place}: ") as refused:
            await call(database)
        assert refused.value.__context__ is None


async def test_a_statement_of_the_package_names_the_column(database: Database) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has no values that its driver cannot read")
    with pytest.raises(StatementError, match=r"^at: Python cannot hold the value") as refused:
        await column(database, "SELECT 1 AS n, CAST('infinity' AS timestamptz) AS at")
    assert refused.value.__context__ is None
    assert await column(database, "SELECT 1") == [1]
