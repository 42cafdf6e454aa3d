"""Declared queries in a batch: typed results, and the errors of single calls."""

from datetime import timedelta
from uuid import UUID

import pytest

from hangar_dal import Database
from hangar_dal.errors import InvalidValue, NotFound
from hangar_dal_pytest import HangarQueries
from tests.helpers.clock import Clock
from tests.shop import samples
from tests.shop.models import Sample


async def test_results_are_those_of_single_calls(shop_database: Database, two: list[Sample]) -> None:
    async with shop_database.batch() as batch:
        found = [batch.add(samples.get_sample, each.id) for each in two]
        counted = batch.add(samples.count_samples)
    assert [pending.result() for pending in found] == two
    assert counted.result() == await samples.count_samples(shop_database)


async def test_a_row_that_is_not_found_undoes_the_batch(shop_database: Database, two: list[Sample]) -> None:
    with pytest.raises(NotFound) as missing:
        async with shop_database.batch() as batch:
            batch.add(samples.insert_sample, Sample(text="c"))
            batch.add(samples.get_sample, UUID(int=0))
    assert missing.value.query == "samples.get_sample"
    assert await samples.count_samples(shop_database) == 2


async def test_arguments_are_checked_when_they_are_added(shop_database: Database) -> None:
    async with shop_database.batch() as batch:
        with pytest.raises(InvalidValue, match=r"expected uuid\.UUID"):
            batch.add(samples.get_sample, "x")  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            batch.add(samples.get_sample)  # type: ignore[call-arg]


async def test_the_time_is_that_of_adding(shop_database: Database, clock: Clock) -> None:
    before = shop_database.now()
    async with shop_database.batch() as batch:
        added = batch.add(samples.insert_sample, Sample(text="c", at=shop_database.now()))
        clock.advance(timedelta(days=1))
    assert added.result().at == before


async def test_a_large_value_is_encoded_in_a_thread(shop_database: Database) -> None:
    large = Sample(text="c", doc={"text": "x" * 900_000})
    async with shop_database.batch() as batch:
        added = batch.add(samples.insert_sample, large)
    assert added.result().doc == large.doc


async def test_hangar_queries_counts_each_query(
    shop_database: Database, two: list[Sample], hangar_queries: HangarQueries
) -> None:
    with hangar_queries(at_most=3) as sent:
        async with shop_database.batch() as batch:
            batch.add(samples.get_sample, two[0].id)
            batch.add(samples.count_samples)
            batch.add(samples.insert_sample, Sample(text="c", doc={"text": "x" * 900_000}))
    assert sorted(sent.names) == ["samples.count_samples", "samples.get_sample", "samples.insert_sample"]
    assert "test_batched_queries.py" in sent.report()
