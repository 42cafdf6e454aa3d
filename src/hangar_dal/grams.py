"""Trigrams: the three-character pieces of a text by which a search finds every text that contains a part.

The only tokenizer: what is stored and what is searched for goes through it, so that both databases find the same rows.
Builds on `values` and `emails`.
"""

from typing import Final

import idna
from pydantic_core import PydanticCustomError

from hangar_dal.emails import fold_email
from hangar_dal.errors import InvalidValue
from hangar_dal.values import fold

SIZE: Final = 3
# Stands between two texts of one column. It is shorter than a gram, so that no part can match across it.
BETWEEN: Final = " "


class Searchable:
    """Marks a text field or parameter whose `<name>_grams` the binder derives, for a search by a part of the text.

    `username: Annotated[str, Searchable]` lets SQL say `:username_grams`, a list of text. It holds the grams in their
    order, so a text contains a part if the grams of the part stand in it without a gap.
    """


def grams(name: str, text: str) -> list[str]:
    """The trigrams of the folded text, in their order; none if it has fewer than three characters.

    A line feed counts as a space, so that SQL may use it to separate grams.
    """
    folded = fold(name, text).replace("\n", " ")
    return [folded[start : start + SIZE] for start in range(len(folded) - SIZE + 1)]


def email_grams(name: str, text: str) -> list[str]:
    """The trigrams of an address as it is stored, and those of the address as people write it, if that is different.

    `mara@xn--fa-hia.de` is found by a part of `mara@faß.de` too.
    """
    stored = fold_email(name, text)
    found = grams(name, stored)
    if "xn--" not in stored:
        return found
    local, _, domain = stored.rpartition("@")
    try:
        written = idna.decode(domain)
    except UnicodeError:
        return found
    return [*found, BETWEEN, *grams(name, f"{local}@{written}")]


def long_enough(part: str) -> str:
    """Return the part, or raise if no text can be found by it."""
    try:
        folded = fold("part", part)
    except InvalidValue:
        return part  # `grams` raises it again, outside of Pydantic, which would hide the reason
    if len(folded) < SIZE:
        raise PydanticCustomError("hangar_part", "a search needs at least three characters")
    return part
