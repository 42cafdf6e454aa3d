"""Every kind of value, and every shape of result."""
# mypy: disable-error-code="empty-body"

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue
from typing_extensions import Unpack

from hangar_dal import Executor, RowCount, Stream
from tests.shop import query
from tests.shop.models import Brief, Changes, Colour, Dated, Line, Nested, Picky, PickyText, Sample, Shape, Size, Strict


@query
async def insert_sample(db: Executor, sample: Sample) -> Sample: ...


@query
async def insert_lines(db: Executor, rows: list[Line]) -> RowCount: ...


@query
async def get_sample(db: Executor, id: UUID) -> Sample: ...


@query
async def find_sample(db: Executor, *, text: str) -> Sample | None: ...


@query
async def list_samples(db: Executor, ids: list[UUID]) -> list[Sample]: ...


@query
async def list_others(db: Executor, ids: list[UUID]) -> list[Brief]: ...


@query
async def page_samples(
    db: Executor,
    *,
    colour: Colour | None = None,
    order: Literal["up", "down"] = "up",
    after: Brief | None = None,
    limit: Annotated[int, Field(ge=1)] = 10,
) -> list[Brief]: ...


@query
def stream_samples(db: Executor, *, least: int) -> Stream[Brief]: ...


@query
def stream_page(db: Executor, *, after: Brief | None = None) -> Stream[str]: ...


@query
async def count_samples(db: Executor) -> int: ...


@query
async def change_sample(db: Executor, id: UUID, **changes: Unpack[Changes]) -> Sample: ...


@query
async def delete_samples(db: Executor, *, text: str) -> RowCount: ...


@query
async def forget_sample(db: Executor, id: UUID) -> None: ...


@query
async def stamp_sample(db: Executor, id: UUID) -> datetime: ...


@query
async def stamp_sample_at(db: Executor, id: UUID, now: datetime | None = None) -> datetime: ...


@query
async def read_text(db: Executor, id: UUID) -> str: ...


@query
async def read_whole(db: Executor, id: UUID) -> int: ...


@query
async def read_real(db: Executor, id: UUID) -> float: ...


@query
async def read_flag(db: Executor, id: UUID) -> bool: ...


@query
async def read_data(db: Executor, id: UUID) -> bytes: ...


@query
async def read_key(db: Executor, id: UUID) -> UUID | None: ...


@query
async def read_at(db: Executor, id: UUID) -> datetime | None: ...


@query
async def read_day(db: Executor, id: UUID) -> date | None: ...


@query
async def read_doc(db: Executor, id: UUID) -> JsonValue | None: ...


@query
async def read_times(db: Executor, id: UUID) -> list[datetime] | None: ...


@query
async def read_colour(db: Executor, id: UUID) -> Colour: ...


@query
async def read_size(db: Executor, id: UUID) -> Size: ...


@query
async def read_shape(db: Executor, id: UUID) -> Shape: ...


@query
async def list_keys(db: Executor, whole: int) -> list[UUID | None]: ...


@query
async def get_swapped(db: Executor, id: UUID) -> Brief: ...


@query
async def get_pair(db: Executor, id: UUID) -> str: ...


@query
async def get_strict(db: Executor, id: UUID) -> Strict: ...


@query
async def read_as_day(db: Executor, id: UUID) -> date: ...


@query
async def get_as_instant(db: Executor, id: UUID) -> Dated: ...


@query
async def read_as_instant(db: Executor, id: UUID) -> datetime: ...


@query
async def get_picky(db: Executor, id: UUID) -> Picky: ...


@query
async def count_picky(db: Executor, text: PickyText) -> int: ...


@query
async def nest_sample(db: Executor, id: UUID) -> Nested: ...


@query
async def nest_text(db: Executor, id: UUID) -> Nested: ...
