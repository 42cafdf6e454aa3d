"""Names of people: every character of one can be seen."""

import unicodedata

import pytest
from pydantic_core import PydanticCustomError

from hangar_dal.names import visible_name
from hangar_dal.unicode14 import INVISIBLE, RANGES

# Default_Ignorable_Code_Point of Unicode 14, which `unicodedata` does not have.
IGNORABLE = (
    "AD 34F 61C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 3164 FE00-FE0F FEFF FFA0 FFF0-FFF8 "
    "1BCA0-1BCA3 1D173-1D17A E0000-E0FFF"
)


def points(ranges: str) -> set[int]:
    spans = (span.partition("-") for span in ranges.split())
    return {point for first, _, last in spans for point in range(int(first, 16), int(last or first, 16) + 1)}


@pytest.mark.parametrize(
    "name",
    [
        "Mara",
        "Anna-Lena O'Neill",
        "a b",
        "Zo\u00eb",
        "Zoe\u0308",
        "\u041c\u0430\u0440\u0430",
        "\u5c71\u7530 \u592a\u90ce",
        "\U0001f680",
        "\u0939\u093f\u0928\u094d\u0926\u0940",
        "_",
        "1",
    ],
)
def test_names_of_all_scripts_are_accepted(name: str) -> None:
    assert visible_name(name) == name


@pytest.mark.parametrize(
    "character",
    [
        "\t",
        "\n",
        "\x7f",
        "\x85",
        "\u00a0",
        "\u00ad",
        "\u034f",
        "\u115f",
        "\u1680",
        "\u180e",
        "\u2003",
        "\u200b",
        "\u200d",
        "\u2028",
        "\u2029",
        "\u202e",
        "\u2066",
        "\u3000",
        "\u3164",
        "\ufe0f",
        "\ufeff",
        "\uffa0",
        "\U000e0041",
    ],
    ids=lambda character: f"U+{ord(character):04X}",
)
def test_a_character_that_nobody_sees_is_refused_wherever_it_stands(character: str) -> None:
    for name in (f"{character}mara", f"ma{character}ra", f"mara{character}"):
        with pytest.raises(PydanticCustomError, match="invisible"):
            visible_name(name)


def test_spaces_are_inside_a_name_only() -> None:
    assert visible_name("Mara Ellen") == "Mara Ellen"
    for name in (" Mara", "Mara ", " "):
        with pytest.raises(PydanticCustomError, match="begin or end"):
            visible_name(name)


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="only Python 3.11 knows exactly Unicode 14")
def test_the_table_of_invisible_characters_is_that_of_unicode_14() -> None:
    categories = {
        point for point in range(0x110000) if unicodedata.category(chr(point)) in ("Cc", "Cf", "Zl", "Zp", "Zs")
    }
    assert points(INVISIBLE) == categories - {0x20} | points(IGNORABLE)


def test_on_every_python_what_is_invisible_today_is_refused() -> None:
    assigned_since = points(RANGES)
    for point in set(range(0x110000)) - assigned_since - points(INVISIBLE) - {0x20}:
        assert unicodedata.category(chr(point)) not in ("Cc", "Cf", "Zl", "Zp", "Zs")
