"""The checks of values before they are sent."""

from datetime import timedelta
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


@pytest.mark.parametrize("sign", [1, -1])
def test_a_timedelta_fits_into_64_bits_where_sqlite_stores_it(sign: int) -> None:
    check = checker(value_type(timedelta))
    longest = timedelta(days=106_751_991)
    assert check("length", longest * sign) == longest * sign
    with pytest.raises(InvalidValue, match=r"^length: a timedelta must be at most 106,751,991 days long$"):
        check("length", (longest + timedelta(microseconds=1)) * sign)
    on_postgresql = checker(value_type(timedelta, ("postgresql",)))
    for value in (timedelta.max, timedelta.min):
        assert on_postgresql("length", value) == value
