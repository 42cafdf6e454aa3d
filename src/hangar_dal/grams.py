"""Trigrams: three-character pieces of a text, used to find all texts that contain a part.

Stored texts and searched parts use this same tokenizer, so that both databases find the same rows.
"""

from typing import Final

from pydantic_core import PydanticCustomError

from hangar_dal.emails import fold_email
from hangar_dal.errors import InvalidValue
from hangar_dal.values import Marker, fold

SIZE: Final = 3
# Separates two texts of one column. It is shorter than a gram, so no part can match across it.
BETWEEN: Final = " "


class Searchable(Marker):
    """Marks a text field or parameter for a search by a part of the text; the binder derives `<name>_grams` from it.

    `username: Annotated[str, Searchable]` lets SQL use `:username_grams`, a list of text with the grams in order. A
    text contains a part if the grams of the part follow each other in it without a gap.
    """


def grams(name: str, text: str) -> list[str]:
    """Return the trigrams of the folded text, in order; an empty list for fewer than three characters.

    A line feed counts as a space, so that SQL may use it to separate grams.
    """
    folded = fold(name, text).replace("\n", " ")
    return [folded[start : start + SIZE] for start in range(len(folded) - SIZE + 1)]


def email_grams(name: str, text: str) -> list[str]:
    """Return the trigrams of an address in its stored form, and in the form that people write if it differs.

    A part of `mara@faß.de` therefore also finds `mara@xn--fa-hia.de`.
    """
    stored = fold_email(name, text)
    found = grams(name, stored)
    if "xn--" not in stored:
        return found
    import idna  # noqa: PLC0415 - its tables are large, and such a domain is rare

    local, _, domain = stored.rpartition("@")
    try:
        written = idna.decode(domain)
    except UnicodeError:
        return found
    return [*found, BETWEEN, *grams(name, f"{local}@{written}")]


def long_enough(part: str) -> str:
    """Return the part, or raise an error if it has fewer than three characters."""
    try:
        folded = fold("part", part)
    except InvalidValue:
        return part  # `grams` raises the same error outside Pydantic, which would hide the reason
    if len(folded) < SIZE:
        raise PydanticCustomError("hangar_part", "a search needs at least three characters")
    return part
