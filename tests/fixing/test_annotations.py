"""The annotation that `new query` writes for an argument accepts what the field of a model accepts."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, NaiveDatetime

from hangar_dal import CaseInsensitive, EmailAddress, JsonArray, JsonObject
from hangar_dal.database.types import ValueType, field_types
from hangar_dal.drafting.annotations import annotation_of
from hangar_dal.sqlscan import DIALECTS


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
    value = field_types(Everything, DIALECTS)[name]
    assert isinstance(value, ValueType)
    made = annotation_of(value)
    names: dict[str, Any] = dict(made.needs)
    declared = Everything.__annotations__[name]
    assert eval(made.text, names) == declared


class ForPostgresqlAlone(BaseModel):
    price: Decimal
    length: timedelta
    opens_at: time
    local: NaiveDatetime
    host: IPv4Address | IPv6Address
    network: IPv4Network
    statuses: list[Status]


@pytest.mark.parametrize("name", ForPostgresqlAlone.model_fields)
def test_a_catalog_for_postgresql_alone_has_more_types(name: str):
    value = field_types(ForPostgresqlAlone, ("postgresql",))[name]
    assert isinstance(value, ValueType)
    made = annotation_of(value)
    assert eval(made.text, dict(made.needs)) == ForPostgresqlAlone.__annotations__[name]


def test_none_is_left_out():
    class Model(BaseModel):
        note: str | None

    value = field_types(Model, DIALECTS)["note"]
    assert isinstance(value, ValueType)
    assert annotation_of(value).text == "str"
