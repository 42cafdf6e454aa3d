"""The words of a text: a search finds the texts that have all words of the question."""

import pytest

from hangar_dal.errors import InvalidValue
from hangar_dal.words import MAX_WORD, search_words, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("A red, RED car!", ["a", "car", "red"], id="each once, sorted, folded"),
        pytest.param("it's C++ & snake_case", ["c", "case", "it", "s", "snake"], id="punctuation separates"),
        pytest.param("हिन्दी", ["हिन्दी"], id="marks belong to a word"),
        pytest.param("東京都", ["京", "京都", "東", "東京", "都"], id="characters and pairs of an unspaced script"),
        pytest.param("東京2030", ["2030", "京", "東", "東京"], id="a digit ends a run of an unspaced script"),
        pytest.param("ﬁne ①", ["1", "fine"], id="compatibility forms"),
        pytest.param("x\U0001fae9y", ["x", "y"], id="newer than Unicode 14"),
        pytest.param("x" * 100, ["x" * MAX_WORD], id="cut"),
        pytest.param(" '\"*()&|! ", [], id="none"),
    ],
)
def test_the_words_of_a_text(text: str, expected: list[str]) -> None:
    assert words("text", text) == expected


def test_the_words_of_a_list_are_those_of_its_texts() -> None:
    assert words("tags", ["deep-sea", "air"]) == ["air", "deep", "sea"]


def test_the_words_of_a_question_keep_their_order() -> None:
    assert search_words("text", "red car RED be") == ["red", "car", "be"]


def test_what_cannot_be_stored_has_no_words() -> None:
    with pytest.raises(InvalidValue):
        words("text", "a\0b")
