"""Many rows go into a table and come out of it: all of them or none, equal on both databases."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from typing import Annotated

import pytest

from hangar_dal import CaseInsensitive, Database, Row, bulk, uuid7
from hangar_dal.errors import InvalidValue, NotNullViolation, ReadOnlyTransaction, StatementError, UniqueViolation
from tests.helpers.waiting import until
from tests.shop import letters, samples
from tests.shop.models import Colour, Letter, Sample, Shape, Size

AT = datetime(2030, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
ODD = "tab\t, newline\n, backslash \\N \\., quote ' \" and 😀"
FULL = Sample(
    text=ODD,
    whole=-(2**63),
    real=1e300,
    flag=True,
    data=bytes(range(256)),
    key=uuid7(),
    at=AT,
    day=date(2030, 1, 2),
    doc={"a": [1, None, ODD]},
    words=[ODD, "", "NULL", "{,}"],
    numbers=[None, 2**62],
    keys=[uuid7()],
    times=[AT],
    colour=Colour.GREEN,
    size=Size.LARGE,
    shape=Shape.SQUARE,
    side="right",
)


class Name(Row):
    name: Annotated[str, CaseInsensitive]


class Bare(Row):
    text: str


def many(number: int) -> list[Sample]:
    return [Sample(text=str(at), whole=at) for at in range(number)]


async def all_of(db: Database) -> list[Sample]:
    async with bulk.copy_out(db, "samples", Sample) as rows:
        return [row async for row in rows]


@pytest.mark.pooled
async def test_values_of_every_kind_come_back_equal(shop_database: Database) -> None:
    given = [FULL, Sample(), Sample(real=float("inf"))]
    assert await bulk.copy_in(shop_database, "samples", given) == 3
    assert sorted(await all_of(shop_database), key=lambda row: row.id) == sorted(given, key=lambda row: row.id)
    assert await samples.get_sample(shop_database, FULL.id) == FULL


async def test_rows_may_come_from_a_generator_or_an_async_generator(shop_database: Database) -> None:
    given = many(12_000)

    def one_by_one() -> Iterator[Sample]:
        yield from given[:6000]

    async def one_by_one_later() -> AsyncIterator[Sample]:
        for row in given[6000:]:
            await asyncio.sleep(0)
            yield row

    assert await bulk.copy_in(shop_database, "samples", one_by_one()) == 6000
    assert await bulk.copy_in(shop_database, "samples", one_by_one_later()) == 6000
    assert await bulk.copy_in(shop_database, "samples", []) == 0
    assert sorted(await all_of(shop_database), key=lambda row: row.whole) == given


@pytest.mark.pooled
async def test_all_rows_are_written_or_none(shop_database: Database) -> None:
    given = many(5001)
    with pytest.raises(UniqueViolation) as raised:
        await bulk.copy_in(shop_database, "samples", [*given, given[0]])
    assert raised.value.query == "copy_in samples"
    with pytest.raises(ZeroDivisionError):
        await bulk.copy_in(shop_database, "samples", (row if row.whole < 5000 else 1 / 0 for row in given))  # type: ignore[misc]  # the error is wanted
    with pytest.raises(InvalidValue, match="text: text must not contain the NUL character"):
        await bulk.copy_in(shop_database, "samples", [*given, Sample(text="\0")])
    assert await samples.count_samples(shop_database) == 0


async def test_a_cancelled_copy_leaves_no_row(shop_database: Database) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[Sample]:
        for row in many(6000):
            yield row
        begun.set()
        await asyncio.Event().wait()

    copying = asyncio.create_task(bulk.copy_in(shop_database, "samples", endless()))
    await begun.wait()
    copying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await copying
    assert await samples.count_samples(shop_database) == 0
    for turns in range(0, 40, 3):  # at any of its steps
        copying = asyncio.create_task(bulk.copy_in(shop_database, "samples", many(5500)))
        for _ in range(turns):
            await asyncio.sleep(0)
        copying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await copying
        assert await samples.count_samples(shop_database) == 0
    assert await bulk.copy_in(shop_database, "samples", many(10)) == 10


async def test_a_copy_in_a_transaction_is_a_part_of_it(shop_database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with shop_database.transaction() as transaction:
            assert await bulk.copy_in(transaction, "samples", many(3)) == 3
            assert await samples.count_samples(transaction) == 3
            raise ZeroDivisionError
    assert await samples.count_samples(shop_database) == 0
    async with shop_database.transaction() as transaction:
        await bulk.copy_in(transaction, "samples", [FULL])
        with pytest.raises(UniqueViolation):
            await bulk.copy_in(transaction, "samples", [FULL])
        assert await samples.count_samples(transaction) == 1  # only the savepoint of the second copy was undone
        async with bulk.copy_out(transaction, "samples", Sample) as rows:
            assert [row async for row in rows] == [FULL]


async def test_texts_are_folded_and_values_are_sealed(shop_database: Database) -> None:
    await bulk.copy_in(shop_database, "names", [Name(name="Ada"), Name(name="GrAcE")])
    assert await letters.find_name(shop_database, "grace") == "GrAcE"
    with pytest.raises(NotNullViolation, match="name_fold must have a value"):
        await bulk.copy_in(shop_database, "names", [Name(name="Bob")], columns=["name"])
    given = [Letter(place="desk", secret={"for": "nobody"}), Letter(place="shelf", secret=[1])]
    await bulk.copy_in(shop_database, "letters", given)
    assert await letters.list_letters(shop_database) == sorted(given, key=lambda letter: letter.id)
    async with bulk.copy_out(shop_database, "letters", Letter) as rows:
        assert sorted([row async for row in rows], key=lambda letter: letter.id) == given


@pytest.mark.pooled
async def test_a_subset_of_the_columns_may_be_read(shop_database: Database) -> None:
    await bulk.copy_in(shop_database, "samples", many(2500))
    async with bulk.copy_out(shop_database, "samples", Bare) as rows:
        assert {row.text async for row in rows} == {str(at) for at in range(2500)}
    async with bulk.copy_out(shop_database, "samples", Bare) as rows:
        async for _ in rows:
            break  # the block gives the connection back
    await until(lambda: all(stats.used == 0 for stats in shop_database.pool_stats().values()))


@pytest.mark.parametrize("table", ["", "a.b.c", "samples; DROP TABLE samples", 'a"b', "1a", "a-b"])
async def test_a_name_that_is_no_table_is_refused(table: str, shop_database: Database) -> None:
    with pytest.raises(InvalidValue, match=r"table: write the name of a table, or schema\.name"):
        await bulk.copy_in(shop_database, table, [FULL])
    with pytest.raises(InvalidValue, match=r"table: write the name of a table, or schema\.name"):
        bulk.copy_out(shop_database, table, Sample)


async def test_wrong_rows_columns_and_tables_are_errors(shop_database: Database) -> None:
    with pytest.raises(InvalidValue, match="samples: expected rows of Sample only"):
        await bulk.copy_in(shop_database, "samples", [FULL, Bare(text="x")])  # type: ignore[list-item]  # a wrong row
    with pytest.raises(TypeError, match="Bare has no field for the column name; it has text"):
        await bulk.copy_in(shop_database, "samples", [Bare(text="x")], columns=["name"])
    with pytest.raises(StatementError):
        await bulk.copy_in(shop_database, "nowhere", [FULL])
    with pytest.raises(StatementError):
        await bulk.copy_in(shop_database, "names", [FULL])
    async with shop_database.transaction() as transaction:
        with pytest.raises(StatementError):
            await bulk.copy_in(transaction, "nowhere", [FULL])
        assert await samples.count_samples(transaction) == 0
    with pytest.raises(ReadOnlyTransaction):
        async with shop_database.transaction(read_only=True) as transaction:
            await bulk.copy_in(transaction, "samples", [FULL])
