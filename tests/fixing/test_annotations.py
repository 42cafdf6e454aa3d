"""The annotation that `new query` writes for an argument accepts what the field of a model accepts."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel

from hangar_dal import CaseInsensitive, EmailAddress, JsonArray, JsonObject
from hangar_dal.database.types import ValueType, field_types
from hangar_dal.drafting.annotations import annotation_of


class Status(StrEnum):
    OPEN = "OPEN"


class Everything(BaseModel):
    text: str
    whole: int
    flag: bool
    share: float
    data: bytes
    key: UUID
    at: datetime
    day: date
    status: Status
    words: Literal["it's", "both ' and \"", "one\\two", "größe", 'a "b"', "\n\x01\u200b"]
    numbers: Literal[1, 2]
    keys: list[UUID]
    name: Annotated[str, CaseInsensitive]
    email: Annotated[str, EmailAddress]
    options: JsonObject
    entries: JsonArray


@pytest.mark.parametrize("name", Everything.model_fields)
def test_the_text_of_an_annotation_is_the_type_of_the_field(name: str):
    value = field_types(Everything)[name]
    assert isinstance(value, ValueType)
    made = annotation_of(value)
    names: dict[str, Any] = dict(made.needs)
    declared = Everything.__annotations__[name]
    assert eval(made.text, names) == declared


def test_none_is_left_out():
    class Model(BaseModel):
        note: str | None

    value = field_types(Model)["note"]
    assert isinstance(value, ValueType)
    assert annotation_of(value).text == "str"
