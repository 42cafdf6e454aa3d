"""The checks of values before they are sent."""

from typing import Annotated

import pytest
from annotated_types import Le

from hangar_dal.database.checks import checker
from hangar_dal.database.types import value_type
from hangar_dal.errors import InvalidValue


class Note:
    """Metadata that cannot be hashed, as that of an application may be."""

    __hash__ = None  # type: ignore[assignment]


def test_an_annotation_that_cannot_be_hashed_is_checked_too() -> None:
    annotated = Annotated[int, Le(3), Note()]
    with pytest.raises(TypeError):
        hash(annotated)
    check = checker(value_type(annotated))
    assert check("number", 3) == 3
    with pytest.raises(InvalidValue, match="number: Input should be less than or equal to 3"):
        check("number", 4)
