"""The fold under which names are unique: one for all spellings of a name, the same on every Python."""

import unicodedata
from functools import cache
from hashlib import sha256
from secrets import token_hex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangar_dal.errors import InvalidValue
from hangar_dal.unicode14 import RANGES, unassigned
from hangar_dal.values import fold


@pytest.mark.parametrize(
    "spellings",
    [
        pytest.param(["Anna", "ANNA", "anna"], id="ASCII"),
        pytest.param(["Straße", "STRASSE", "straẞe"], id="sharp s"),
        pytest.param(["café", "cafe\u0301", "CAFÉ", "CAFE\u0301"], id="composed and decomposed"),
        pytest.param(["ΟΔΥΣΣΕΥΣ", "οδυσσευς", "Οδυσσευσ"], id="final sigma"),
        pytest.param(["ﬁn", "fin", "FIN"], id="a ligature"),
        pytest.param(["\uff21\uff42", "Ab", "aB"], id="wide letters"),
        pytest.param(["ÅNGSTRÖM", "\u212bngström", "a\u030angstro\u0308m"], id="a unit sign"),
        pytest.param(["\uab70", "\u13a0"], id="Cherokee"),
    ],
)
def test_spellings_of_one_name_have_one_fold(spellings: list[str]) -> None:
    assert len({fold("column", spelling) for spelling in spellings}) == 1


def test_different_names_keep_different_folds() -> None:
    names = ["anna", "änna", "аnna", "anna ", "anna1", "ı", "i", "ss", "s"]  # noqa: RUF001  one is Cyrillic on purpose
    assert len({fold("column", name) for name in names}) == len(names)


@given(st.text(st.characters(max_codepoint=127, min_codepoint=1)))
def test_the_fold_of_an_ascii_name_is_its_lower(name: str) -> None:
    assert fold("column", name) == name.lower()


@cache
def assigned() -> list[str]:
    """Every character but NUL that Unicode 14 knows."""
    everything = (chr(point) for point in range(1, 0x110000) if not 0xD800 <= point <= 0xDFFF)
    return [character for character in everything if not unassigned().match(character)]


@cache
def changing() -> list[str]:
    return [one for one in assigned() if fold("column", one) != one or unicodedata.combining(one)]


def test_every_character_has_one_fold_that_stays() -> None:
    for character in assigned():
        folded = fold("column", character)
        assert fold("column", folded) == folded


def test_every_python_folds_alike() -> None:
    """Folds are unique keys: another one under a newer Python would let a name be taken twice."""
    folds = "\n".join(fold("column", character) for character in assigned())
    assert sha256(folds.encode()).hexdigest() == "864d7a234abdd17a2e68ce87a9b69617896c367f73b8a8405aa6d22007037873"


@given(st.deferred(lambda: st.text(st.sampled_from(changing()))))
def test_a_fold_of_any_text_stays_and_ignores_normal_forms(text: str) -> None:
    folded = fold("column", text)
    assert fold("column", folded) == folded
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold("column", unicodedata.normalize(form, text)) == folded


def test_a_character_that_unicode_14_does_not_know_is_refused() -> None:
    secret = token_hex()
    for newer in ("\U0001fae8", "\u0378", "\U0010ffff", "\ufdd0"):
        with pytest.raises(InvalidValue, match="Unicode 14") as caught:
            fold("column", secret + newer)
        assert secret not in str(caught.value)


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="only Python 3.11 knows exactly Unicode 14")
def test_the_table_of_unassigned_characters_is_that_of_python_3_11() -> None:
    spans: list[list[int]] = []
    for point in range(0x110000):
        if unicodedata.category(chr(point)) == "Cn":
            if spans and spans[-1][1] == point - 1:
                spans[-1][1] = point
            else:
                spans.append([point, point])
    made = [f"{first:X}" if first == last else f"{first:X}-{last:X}" for first, last in spans]
    assert RANGES.split() == made
