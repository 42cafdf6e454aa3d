"""What is sealed comes back open wherever it comes back, and is never anything but sealed in between."""

from secrets import token_hex

import pytest

from hangar_dal import Database
from hangar_dal.errors import InvalidValue, SealError, UniqueViolation
from tests.shop import letters
from tests.shop.models import Brief, Letter, Name

TOKEN = token_hex()
SECRET = {"token": TOKEN, "list": [1, None, "größe"]}


@pytest.fixture
async def two(shop_database: Database) -> list[Letter]:
    return [
        await letters.insert_letter(shop_database, Letter(place="here", secret=SECRET, hint="a hint")),
        await letters.insert_letter(shop_database, Letter(place="there", secret=[SECRET])),
    ]


async def test_a_sealed_field_comes_back_open_in_every_shape(shop_database: Database, two: list[Letter]) -> None:
    assert two[0].secret == SECRET
    assert await letters.find_letter(shop_database, two[0].id) == two[0]
    assert await letters.list_letters(shop_database) == two
    async with letters.stream_letters(shop_database) as stream:
        assert [letter async for letter in stream] == two


async def test_a_sealed_field_comes_back_open_from_nested_models(shop_database: Database, two: list[Letter]) -> None:
    third = await letters.insert_letter(shop_database, Letter(place="here", secret={}))
    boxes = await letters.list_boxes(shop_database)
    assert [box.place for box in boxes] == ["here", "there"]
    assert sorted(boxes[0].letters, key=lambda letter: letter.id) == [two[0], third]
    assert boxes[0].newest == Brief(id=third.id, text="here")
    assert boxes[1].letters == [two[1]]


async def test_many_rows_are_sealed_each_to_its_own(shop_database: Database) -> None:
    rows = [Letter(place=f"place {number}", secret=[number], hint=None) for number in range(50)]
    assert await letters.insert_letters(shop_database, rows) == 50
    assert await letters.list_letters(shop_database) == sorted(rows, key=lambda letter: letter.id)
    texts = {await letters.read_secret(shop_database, row.id) for row in rows}
    assert len(texts) == 50


async def test_the_database_sees_the_sealed_text_only(shop_database: Database, two: list[Letter]) -> None:
    stored = await letters.read_secret(shop_database, two[0].id)
    assert stored.startswith("v1.")
    assert TOKEN not in stored


async def test_a_row_whose_bound_values_changed_does_not_open(shop_database: Database, two: list[Letter]) -> None:
    assert await letters.move_letter(shop_database, two[0].id, "elsewhere") == 1
    with pytest.raises(SealError) as error:
        await letters.find_letter(shop_database, two[0].id)
    assert TOKEN not in str(error.value)


async def test_what_a_value_is_sealed_to_must_be_there(shop_database: Database, two: list[Letter]) -> None:
    assert await letters.replace_secret(shop_database, two[0].id, "here", {"new": True}) == 1
    assert await letters.find_letter(shop_database, two[0].id) == two[0].model_copy(update={"secret": {"new": True}})
    with pytest.raises(InvalidValue, match=r"^secret: sealed to id, place, none of which may be None$"):
        await letters.replace_secret(shop_database, two[0].id, None, {})


async def test_a_sealed_value_keeps_the_rules_of_its_type(shop_database: Database) -> None:
    for wrong in ("text", 1, None, {"a": float("nan")}, ["\0"]):
        letter = Letter(place="here", secret={}).model_copy(update={"secret": wrong})
        for call in (letters.insert_letter(shop_database, letter), letters.insert_letters(shop_database, [letter])):
            with pytest.raises(InvalidValue, match=r"^secret: "):
                await call
    assert await letters.list_letters(shop_database) == []


def test_a_sealed_field_is_not_shown() -> None:
    assert TOKEN not in repr(Letter(place="here", secret=SECRET))


async def test_names_are_one_whatever_their_case_and_script(shop_database: Database) -> None:
    assert await letters.insert_name(shop_database, "Straße") == 1
    assert await letters.insert_names(shop_database, [Name(name="ΣΊΣΥΦΟΣ"), Name(name="İstanbul")]) == 2
    assert await letters.find_name(shop_database, "STRASSE") == "Straße"
    assert await letters.find_name(shop_database, "σίσυφος") == "ΣΊΣΥΦΟΣ"
    assert await letters.find_name(shop_database, "nobody") is None
    with pytest.raises(UniqueViolation):
        await letters.insert_name(shop_database, "strasse")
    with pytest.raises(UniqueViolation):
        await letters.insert_names(shop_database, [Name(name="Sisyphos"), Name(name="σίσυφος")])
    with pytest.raises(InvalidValue, match="newer than Unicode 14"):
        await letters.insert_name(shop_database, "\U0001fae8")
