"""The markers of an annotation: what the arguments of `Annotated` mean. Below `types`."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from hangar_dal.database.refused_types import UnsupportedType, refuse_one_way
from hangar_dal.emails import EmailAddress, fold_email
from hangar_dal.grams import Searchable, email_grams, grams
from hangar_dal.postgresql_types import PostgresType
from hangar_dal.sealing import Sealed
from hangar_dal.values import CaseInsensitive, fold
from hangar_dal.words import SearchableWords, words

Fold = Callable[[str, str], str]
Grams = Callable[[str, Any], list[str]]


class Markers(NamedTuple):
    """The markers of one annotation. `constrains` is True if Pydantic must validate its values."""

    sealed: Sealed | None
    postgres: PostgresType | None
    fold: Fold | None
    grams: Grams | None
    words: Grams | None
    constrains: bool


def read_markers(markers: Sequence[Any]) -> Markers:
    """Return what the markers mean. Raises `UnsupportedType` for those that contradict each other."""
    refuse_one_way(markers)
    folds = [derive for marker in markers if (derive := _fold(marker))]
    if len(set(folds)) > 1:
        raise UnsupportedType("CaseInsensitive and EmailAddress derive the same `_fold`", "keep one of them")
    named = [marker for marker in markers if isinstance(marker, PostgresType)]
    if len(named) > 1:
        types = " and ".join(marker.name for marker in named)
        raise UnsupportedType(f"one value cannot have the types {types}", "keep one PostgresType")
    searched = any(_is(marker, Searchable) for marker in markers)
    of_words = any(_is(marker, SearchableWords) for marker in markers)
    silent = sum(
        isinstance(marker, (Sealed, PostgresType))
        or _is(marker, Searchable)
        or _is(marker, SearchableWords)
        or _fold(marker) is fold
        for marker in markers
    )
    if named and (folds or searched or of_words or any(isinstance(marker, Sealed) for marker in markers)):
        raise UnsupportedType("a PostgresType is neither sealed, folded nor searched", "remove one of the markers")
    return Markers(
        sealed=next((marker for marker in markers if isinstance(marker, Sealed)), None),
        postgres=named[0] if named else None,
        fold=folds[0] if folds else None,
        grams=(email_grams if fold_email in folds else grams) if searched else None,
        words=words if of_words else None,
        constrains=len(markers) > silent,
    )


def _fold(marker: Any) -> Fold | None:
    for kind, derive in ((CaseInsensitive, fold), (EmailAddress, fold_email)):
        if _is(marker, kind):
            return derive
    return None


def _is(marker: Any, kind: type[Any]) -> bool:
    return marker is kind or isinstance(marker, kind)
