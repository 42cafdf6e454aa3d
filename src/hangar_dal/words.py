"""Words of a text, used to find all texts that contain all searched words.

Stored texts and searched texts use this same tokenizer, so that both databases find the same rows.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Final

from hangar_dal.unicode14 import unassigned
from hangar_dal.values import Marker, check_text, fold

# Longer words are truncated in stored and searched texts. PostgreSQL stores no words of more than 2 KiB.
MAX_WORD: Final = 64
# Scripts without spaces between words, by the prefix of their characters' names.
_UNSPACED: Final = ("CJK ", "HIRAGANA ", "KATAKANA ", "THAI ", "LAO ", "KHMER ", "MYANMAR ")


class SearchableWords(Marker):
    """Marks a text or a list of texts for a search by words; the binder derives `<name>_words` from it.

    `title: Annotated[str, SearchableWords]` lets SQL use `:title_words`, a sorted list of text without duplicates.
    """


def words(name: str, text: str | list[str]) -> list[str]:
    """Return the words of the folded text, sorted and without duplicates.

    A word is a run of letters, marks and digits. In a script without spaces, each character and each pair of adjacent
    characters is a word. Characters that are not in Unicode 14 separate words.
    """
    return sorted(set(_words(name, text)))


def search_words(name: str, text: str) -> list[str]:
    """Return the words of a searched text, in order, without duplicates. The last may be the beginning of a word."""
    return list(dict.fromkeys(_words(name, text)))


def _words(name: str, text: str | list[str]) -> Iterator[str]:
    joined = text if isinstance(text, str) else " ".join(text)
    check_text(name, joined)
    known = joined if joined.isascii() else unassigned().sub(" ", joined)
    for kind, run in groupby(fold(name, known), _kind):
        if kind == "spaced":
            yield "".join(run)[:MAX_WORD]
        elif kind == "unspaced":
            characters = list(run)
            yield characters[0]
            for before, after in pairwise(characters):
                yield before + after
                yield after


def _kind(character: str) -> str:
    if character.isascii():
        return "spaced" if character.isalnum() else ""
    if unicodedata.category(character)[0] not in "LMN":
        return ""
    return "unspaced" if unicodedata.name(character, "").startswith(_UNSPACED) else "spaced"
