"""The trigrams of a text: a part of it is found if the grams of the part stand in it without a gap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangar_dal.errors import InvalidValue
from hangar_dal.grams import BETWEEN, email_grams, grams
from hangar_dal.unicode14 import unassigned
from hangar_dal.values import fold

TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12).filter(
    lambda text: not unassigned().search(text)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Ada L", ["ada", "da ", "a l"], id="a space is a character"),
        pytest.param("ÄÖÜß", ["äöü", "öüs", "üss"], id="folded"),
        pytest.param("aaaa", ["aaa", "aaa"], id="repeated"),
        pytest.param("王小明", ["王小明"], id="three characters"),
        pytest.param("王明", [], id="two characters"),
        pytest.param("ﬁn", ["fin"], id="a ligature"),
        pytest.param("a\nb", ["a b"], id="a line feed is a space"),
        pytest.param("", [], id="empty"),
    ],
)
def test_the_grams_of_a_text(text: str, expected: list[str]) -> None:
    assert grams("name", text) == expected


@given(TEXTS, TEXTS, TEXTS)
def test_a_part_is_in_a_text_if_and_only_if_its_grams_are_in_a_row(before: str, part: str, after: str) -> None:
    folded, needle = fold("text", f"{before}{part}{after}"), fold("part", part)
    found, wanted = grams("text", f"{before}{part}{after}"), grams("part", part)
    runs = [found[start : start + len(wanted)] for start in range(len(found))]
    if len(needle) >= 3:
        assert (wanted in runs) == (needle.replace("\n", " ") in folded.replace("\n", " "))
    else:
        assert wanted == []


def test_an_address_is_found_in_both_of_its_forms() -> None:
    assert email_grams("email", "Mara@example.org") == grams("email", "mara@example.org")
    found = email_grams("email", "Mara@faß.de")
    stored, written = grams("email", "mara@xn--fa-hia.de"), grams("email", "mara@faß.de")
    assert found == [*stored, BETWEEN, *written]
    assert len(BETWEEN) < 3, "no gram of a part is equal to what stands between two texts"


def test_a_text_that_has_no_fold_has_no_grams() -> None:
    with pytest.raises(InvalidValue, match="name: text must not contain characters newer than Unicode 14"):
        grams("name", "abc\U0001fae8")
