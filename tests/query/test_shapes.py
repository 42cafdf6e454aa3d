"""What comes back is what the signature says, and what goes in goes where it belongs, on both databases."""

from datetime import UTC, datetime, timedelta
from secrets import token_hex
from uuid import UUID

import pytest

from hangar_dal import Database, uuid7
from hangar_dal.errors import InvalidValue, NotFound, StatementError, TooManyRows
from tests.helpers.clock import Clock
from tests.helpers.exception_contents import of_drivers
from tests.shop import samples
from tests.shop.models import Brief, Colour, Line, Sample

TEXTS = ("a", "b", "c")


@pytest.fixture
async def three(shop_database: Database) -> list[Sample]:
    colours = (Colour.RED, Colour.GREEN, Colour.RED)
    return [
        await samples.insert_sample(shop_database, Sample(text=text, whole=number, colour=colour))
        for number, (text, colour) in enumerate(zip(TEXTS, colours, strict=True))
    ]


async def test_a_model_is_exactly_one_row(shop_database: Database, three: list[Sample]) -> None:
    assert await samples.get_sample(shop_database, three[1].id) == three[1]
    with pytest.raises(NotFound, match=r"^samples.get_sample: no row matched$") as error:
        await samples.get_sample(shop_database, uuid7())
    assert error.value.query == "samples.get_sample"


async def test_an_optional_model_is_one_row_or_none(shop_database: Database, three: list[Sample]) -> None:
    assert await samples.find_sample(shop_database, text="b") == three[1]
    assert await samples.find_sample(shop_database, text="z") is None
    await samples.insert_sample(shop_database, Sample(text="b"))
    with pytest.raises(TooManyRows, match=r"^samples.find_sample: 2 rows, but the signature allows one$") as error:
        await samples.find_sample(shop_database, text="b")
    assert error.value.query == "samples.find_sample"


async def test_a_list_is_any_number_of_rows(shop_database: Database, three: list[Sample]) -> None:
    ids = [sample.id for sample in three]
    assert await samples.list_samples(shop_database, ids[:2]) == three[:2]
    assert await samples.list_samples(shop_database, [uuid7()]) == []


async def test_an_empty_list_is_in_nothing_and_outside_of_everything(
    shop_database: Database, three: list[Sample]
) -> None:
    assert await samples.list_samples(shop_database, []) == []
    assert [brief.text for brief in await samples.list_others(shop_database, [])] == list(TEXTS)
    assert [brief.text for brief in await samples.list_others(shop_database, [three[0].id])] == ["b", "c"]


async def test_scalars_are_one_column(shop_database: Database, three: list[Sample]) -> None:
    assert await samples.count_samples(shop_database) == 3
    assert await samples.read_text(shop_database, three[2].id) == "c"
    assert await samples.list_keys(shop_database, 1) == [None]
    assert await samples.list_keys(shop_database, 9) == []
    with pytest.raises(NotFound):
        await samples.read_text(shop_database, uuid7())


async def test_a_row_count_counts_what_was_changed(shop_database: Database, three: list[Sample]) -> None:
    assert await samples.delete_samples(shop_database, text="a") == 1
    assert await samples.delete_samples(shop_database, text="a") == 0
    assert await samples.count_samples(shop_database) == len(three) - 1


async def test_none_tells_nothing(shop_database: Database, three: list[Sample]) -> None:
    assert await samples.forget_sample(shop_database, three[0].id) is None
    assert await samples.forget_sample(shop_database, three[0].id) is None
    assert await samples.count_samples(shop_database) == 2


async def test_a_stream_gives_models_one_by_one(shop_database: Database, three: list[Sample]) -> None:
    async with samples.stream_samples(shop_database, least=1) as briefs:
        assert [brief async for brief in briefs] == [Brief(id=three[1].id, text="b"), Brief(id=three[2].id, text="c")]
    async with samples.stream_page(shop_database, after=Brief(id=three[0].id, text="")) as texts:
        assert [text async for text in texts] == ["b", "c"]


async def test_a_stream_is_longer_than_its_chunks(shop_database: Database) -> None:
    rows = [Line(text=str(number), whole=number) for number in range(2500)]
    assert await samples.insert_lines(shop_database, rows) == 2500
    async with samples.stream_samples(shop_database, least=0) as briefs:
        assert [int(brief.text) async for brief in briefs] == list(range(2500))


async def test_a_stream_may_be_left_early(shop_database: Database, three: list[Sample]) -> None:
    for _ in range(20):
        async with samples.stream_samples(shop_database, least=0) as briefs:
            async for brief in briefs:
                assert brief.text == "a"
                break
    assert await samples.count_samples(shop_database) == len(three)


async def test_a_stream_refuses_wrong_values_before_it_is_entered(shop_database: Database) -> None:
    with pytest.raises(InvalidValue, match=r"^after: expected Brief, got str$"):
        samples.stream_page(shop_database, after="x")
    with pytest.raises(InvalidValue, match=r"^least: an integer must fit in 64 bits$"):
        samples.stream_samples(shop_database, least=2**63)


@pytest.mark.parametrize(
    ("order", "colour", "after", "expected"),
    [
        ("up", None, None, "abc"),
        ("down", None, None, "cba"),
        ("up", Colour.RED, None, "ac"),
        ("up", None, 0, "bc"),
        ("down", None, 2, "ba"),
        ("down", Colour.RED, 2, "a"),
        ("up", Colour.GREEN, 1, ""),
    ],
)
async def test_arms_make_every_order_and_filter(
    order: str, colour: Colour | None, after: int | None, expected: str, shop_database: Database, three: list[Sample]
) -> None:
    last = None if after is None else Brief(id=three[after].id, text=three[after].text)
    page = await samples.page_samples(shop_database, order=order, colour=colour, after=last)
    assert "".join(brief.text for brief in page) == expected


async def test_a_choice_that_is_none_of_its_values_is_refused(shop_database: Database) -> None:
    with pytest.raises(InvalidValue, match=r"^order: must be one of 'up', 'down'$"):
        await samples.page_samples(shop_database, order="sideways")


async def test_a_patch_tells_left_out_from_none(shop_database: Database) -> None:
    key = UUID(int=7)
    sample = await samples.insert_sample(shop_database, Sample(text="before", key=key, words=["a"]))
    assert await samples.change_sample(shop_database, sample.id) == sample
    changed = await samples.change_sample(shop_database, sample.id, text="after", words=[])
    assert changed == sample.model_copy(update={"text": "after", "words": []})
    assert (await samples.change_sample(shop_database, sample.id, key=None)).key is None
    with pytest.raises(InvalidValue, match=r"^text: must not be None$"):
        await samples.change_sample(shop_database, sample.id, text=None)
    with pytest.raises(NotFound):
        await samples.change_sample(shop_database, uuid7(), text="x")


async def test_now_is_the_time_of_the_databases_clock(shop_database: Database, clock: Clock) -> None:
    sample = await samples.insert_sample(shop_database, Sample())
    assert await samples.stamp_sample(shop_database, sample.id) == clock.now
    clock.advance(timedelta(days=365, microseconds=1))
    assert await samples.stamp_sample(shop_database, sample.id) == clock.now
    chosen = clock.now - timedelta(hours=1)
    assert await samples.stamp_sample_at(shop_database, sample.id, chosen) == chosen
    assert await samples.stamp_sample_at(shop_database, sample.id) == clock.now
    with pytest.raises(InvalidValue, match=r"^now: "):
        await samples.stamp_sample_at(shop_database, sample.id, chosen.replace(tzinfo=None))


async def test_rows_of_another_model_are_refused(shop_database: Database) -> None:
    with pytest.raises(InvalidValue, match=r"^sample: expected Sample, got Brief$"):
        await samples.insert_sample(shop_database, Brief(id=uuid7(), text=""))
    for rows in ([Line(), Sample()], (line for line in [Line()]), None, "rows", {"a": Line()}):
        with pytest.raises(InvalidValue, match=r"^rows: expected (Line|a list), got "):
            await samples.insert_lines(shop_database, rows)
    assert await samples.insert_lines(shop_database, []) == 0
    assert await samples.count_samples(shop_database) == 0


async def test_columns_in_another_order_are_refused_by_name(shop_database: Database, three: list[Sample]) -> None:
    with pytest.raises(StatementError) as error:
        await samples.get_swapped(shop_database, three[0].id)
    assert str(error.value) == (
        "samples.get_swapped: the columns (text, id) must be the fields of Brief in their order (id, text)"
    )
    with pytest.raises(StatementError, match=r"^samples.get_pair: returns 2 columns, but the signature has one"):
        await samples.get_pair(shop_database, three[0].id)


MISFITS = {
    "get_strict": "samples.get_strict: text: String should have at most 3 characters",
    "get_picky": "samples.get_picky: text: a validator of its type refused it",
    "get_as_instant": "samples.get_as_instant: text: ",
    "read_as_instant": "samples.read_as_instant: the value: ",
    "read_as_day": "samples.read_as_day: the value: Input should be a valid date",
    "nest_text": "samples.nest_text: inner_part.at: ",
}


@pytest.mark.parametrize("name", MISFITS)
async def test_a_row_that_does_not_fit_is_refused_without_its_value(name: str, shop_database: Database) -> None:
    canary = f"canary{token_hex(12)}"
    sample = await samples.insert_sample(shop_database, Sample(text=canary))
    with pytest.raises(StatementError) as error:
        await getattr(samples, name)(shop_database, sample.id)
    assert str(error.value).startswith(MISFITS[name])
    assert canary not in str(error.value)
    assert of_drivers(error.value) == []


async def test_a_validators_own_words_are_not_repeated(shop_database: Database) -> None:
    with pytest.raises(InvalidValue, match=r"^text: a validator of its type refused it$"):
        await samples.count_picky(shop_database, token_hex())


async def test_values_in_nested_json_come_back_as_from_columns(shop_database: Database) -> None:
    at = datetime(2030, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
    sample = await samples.insert_sample(shop_database, Sample(at=at, times=[at, at], key=uuid7()))
    nested = await samples.nest_sample(shop_database, sample.id)
    assert (nested.inner_part.at, nested.inner_part.times, nested.inner_part.key) == (at, [at, at], sample.key)
    assert [found.tzinfo for found in (nested.inner_part.at, *nested.inner_part.times)] == [UTC] * 3
    assert nested.inner_part.at.tzinfo is UTC


async def test_queries_run_in_transactions_and_savepoints(shop_database: Database) -> None:
    async with shop_database.transaction() as tx:
        sample = await samples.insert_sample(tx, Sample(text="kept"))
        with pytest.raises(NotFound):
            async with tx.savepoint():
                await samples.change_sample(tx, sample.id, text="lost")
                await samples.get_sample(tx, uuid7())
        async with samples.stream_samples(tx, least=0) as briefs:
            assert [brief.text async for brief in briefs] == ["kept"]
    assert await samples.read_text(shop_database, sample.id) == "kept"
