"""A row that cannot be opened is reported by table, id and key; a caller may ask for the rows beside it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from secrets import token_hex

import pytest

from hangar_dal import Database, open_database, sealing, skip_unopened_rows
from hangar_dal.database import Statement
from hangar_dal.errors import SealError, StatementError
from hangar_dal.settings import Settings
from hangar_dal.values import JsonObject
from tests.helpers.exception_contents import of_drivers, texts_in_frames, told
from tests.shop import CATALOG, letters
from tests.shop.models import Letter

TOKEN = token_hex()
SECRET: JsonObject = {"token": TOKEN}


def key_id(key: str) -> str:
    return key.partition(":")[0]


@pytest.fixture
def old_key() -> str:
    return sealing.new_key()


@pytest.fixture
async def mixed(shop_database: Database, settings: Settings, old_key: str) -> list[Letter]:
    """Five letters of two places, the second and the fourth sealed with a key that `shop_database` does not have."""
    rows = [Letter(place=place, secret=SECRET, hint="hint") for place in ("here", "here", "there", "there", "there")]
    async with open_database(
        Settings(database_url=settings.url.get_secret_value(), sealing_keys=old_key),
        check_schema=False,
        catalog=CATALOG,
    ) as other:
        for number, row in enumerate(rows):
            await letters.insert_letter(other if number in (1, 3) else shop_database, row)
    return rows


async def test_the_error_names_the_table_the_row_and_the_key(
    shop_database: Database, mixed: list[Letter], old_key: str
) -> None:
    with pytest.raises(SealError) as caught:
        await letters.find_letter(shop_database, mixed[1].id)
    error = caught.value
    assert (error.table, error.column, error.key_id) == ("letters", "secret", key_id(old_key))
    assert error.row == {"id": str(mixed[1].id)}
    assert str(error) == (
        f"letters.secret, id {mixed[1].id}: sealed with key {key_id(old_key)}, which is not configured. "
        "Add it to HANGAR_SEALING_KEYS or the file that HANGAR_SEALING_KEY_FILE names."
    )
    assert of_drivers(error) == []


async def test_without_being_asked_no_row_is_skipped(shop_database: Database, mixed: list[Letter]) -> None:
    with pytest.raises(SealError):
        await letters.list_letters(shop_database)
    with pytest.raises(SealError):
        await letters.list_boxes(shop_database)
    with pytest.raises(SealError):
        async with letters.stream_letters(shop_database) as stream:
            async for _ in stream:
                pass
    skipped: list[SealError] = []
    with skip_unopened_rows(skipped.append):
        pass
    with pytest.raises(SealError):
        await letters.list_letters(shop_database)
    assert skipped == []


async def every_letter(db: Database) -> None:
    await letters.list_letters(db)


async def every_box(db: Database) -> None:
    await letters.list_boxes(db)


async def every_letter_of_a_stream(db: Database) -> None:
    async with letters.stream_letters(db) as stream:
        async for _ in stream:
            pass


READERS = [every_letter, every_box, every_letter_of_a_stream]


@pytest.mark.parametrize("read", READERS)
async def test_the_frames_of_an_error_do_not_hold_the_rows_that_were_opened_before(
    shop_database: Database, mixed: list[Letter], read: Callable[[Database], Awaitable[None]]
) -> None:
    with pytest.raises(SealError) as caught:
        await read(shop_database)
    assert TOKEN not in texts_in_frames(caught.value)

    def stop(error: SealError) -> None:
        raise EOFError

    with skip_unopened_rows(stop), pytest.raises(EOFError) as stopped:
        await read(shop_database)
    assert TOKEN not in texts_in_frames(stopped.value)


@pytest.mark.parametrize("read", READERS)
async def test_the_frames_of_an_error_do_not_hold_opened_rows_beside_one_that_does_not_fit(
    shop_database: Database, settings: Settings, read: Callable[[Database], Awaitable[None]]
) -> None:
    rows = [Letter(place="here", secret=SECRET, hint="hint") for _ in range(3)]
    for row in rows:
        await letters.insert_letter(shop_database, row)
    bound = [str(rows[1].id), rows[1].place]
    sealed = shop_database.keyring.seal(b"5", table="letters", column="secret", bound=bound)
    await shop_database.run(
        Statement("", f"UPDATE letters SET secret = '{sealed}' WHERE id = '{rows[1].id}'", writes=True), ()
    )
    with pytest.raises(StatementError) as caught:
        await read(shop_database)
    assert TOKEN not in texts_in_frames(caught.value)


async def test_a_list_has_the_rest_of_the_rows_and_each_skipped_one_is_reported(
    shop_database: Database, mixed: list[Letter]
) -> None:
    skipped: list[SealError] = []
    with skip_unopened_rows(skipped.append):
        found = await letters.list_letters(shop_database)
    assert found == sorted((mixed[0], mixed[2], mixed[4]), key=lambda letter: letter.id)
    assert [error.row["id"] for error in skipped] == sorted(str(mixed[number].id) for number in (1, 3))
    assert all(error.__traceback__ is None for error in skipped)
    assert TOKEN not in "".join(map(told, skipped))


async def test_a_stream_has_the_rest_of_the_rows(shop_database: Database, mixed: list[Letter]) -> None:
    skipped: list[SealError] = []
    with skip_unopened_rows(skipped.append):
        async with letters.stream_letters(shop_database) as stream:
            found = [letter async for letter in stream]
    assert {letter.id for letter in found} == {mixed[number].id for number in (0, 2, 4)}
    assert len(skipped) == 2


async def test_of_nested_models_the_item_alone_is_skipped(shop_database: Database, mixed: list[Letter]) -> None:
    skipped: list[SealError] = []
    with skip_unopened_rows(skipped.append):
        boxes = await letters.list_boxes(shop_database)
    assert {box.place: {letter.id for letter in box.letters} for box in boxes} == {
        "here": {mixed[0].id},
        "there": {mixed[2].id, mixed[4].id},
    }
    assert {error.row["id"] for error in skipped} == {str(mixed[number].id) for number in (1, 3)}


async def test_one_row_that_is_asked_for_is_never_skipped(shop_database: Database, mixed: list[Letter]) -> None:
    skipped: list[SealError] = []
    with skip_unopened_rows(skipped.append), pytest.raises(SealError):
        await letters.find_letter(shop_database, mixed[1].id)
    assert skipped == []


async def test_a_whole_list_may_be_skipped(shop_database: Database, mixed: list[Letter], settings: Settings) -> None:
    skipped: list[SealError] = []
    strange = Settings(database_url=settings.url.get_secret_value(), sealing_keys=sealing.new_key())
    async with open_database(strange, check_schema=False, catalog=CATALOG) as other:
        with skip_unopened_rows(skipped.append):
            assert await letters.list_letters(other) == []
    assert len(skipped) == 5


async def test_tasks_do_not_disturb_each_other(shop_database: Database, mixed: list[Letter]) -> None:
    async def strict() -> None:
        with pytest.raises(SealError):
            await letters.list_letters(shop_database)

    async def lenient() -> int:
        skipped: list[SealError] = []
        with skip_unopened_rows(skipped.append):
            await letters.list_letters(shop_database)
        return len(skipped)

    assert await asyncio.gather(*(task() for task in (strict, lenient) * 5)) == [None, 2] * 5


async def test_a_caller_may_stop_at_a_row(shop_database: Database, mixed: list[Letter]) -> None:
    class EnoughError(Exception):
        pass

    def stop(error: SealError) -> None:
        raise EnoughError

    with skip_unopened_rows(stop), pytest.raises(EnoughError):
        await letters.list_letters(shop_database)
    assert await letters.read_secret(shop_database, mixed[0].id)


async def test_blocks_nest_and_an_error_ends_them(shop_database: Database, mixed: list[Letter]) -> None:
    outer: list[SealError] = []
    inner: list[SealError] = []
    with skip_unopened_rows(outer.append):
        with suppress(LookupError), skip_unopened_rows(inner.append):
            await letters.list_letters(shop_database)
            raise LookupError
        await letters.list_letters(shop_database)
    assert (len(outer), len(inner)) == (2, 2)
