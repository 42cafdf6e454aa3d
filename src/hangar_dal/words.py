"""Words: the pieces of a text by which a search finds the texts that have all words of a question.

The only tokenizer of these searches: what is stored and what is searched for goes through it, so that both databases
find the same rows. Builds on `values`.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Final

from hangar_dal.unicode14 import unassigned
from hangar_dal.values import check_text, fold

# Longer words are cut, here and in what is searched for. PostgreSQL stores none of more than 2 KiB.
MAX_WORD: Final = 64
# Scripts that put no spaces between words, by the beginning of the names of their characters.
_UNSPACED: Final = ("CJK ", "HIRAGANA ", "KATAKANA ", "THAI ", "LAO ", "KHMER ", "MYANMAR ")


class SearchableWords:
    """Marks a text or a list of texts whose `<name>_words` the binder derives, for a search by words.

    `title: Annotated[str, SearchableWords]` lets SQL say `:title_words`, a list of text: each word once, sorted.
    """


def words(name: str, text: str | list[str]) -> list[str]:
    """The words of the folded text, each once, sorted.

    A word is a run of letters, marks and digits. A run of a script without spaces gives its characters and their pairs.
    Characters that Unicode 14 does not know separate words.
    """
    return sorted(set(_words(name, text)))


def search_words(name: str, text: str) -> list[str]:
    """The words of what is searched for, in their order, each once. The last one may be the beginning of a word."""
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
