"""Letters: sealed one by one, in lists, in boxes and in streams."""
# mypy: disable-error-code="empty-body"

from typing import Annotated
from uuid import UUID

from hangar_dal import CaseInsensitive, Executor, RowCount, Stream
from tests.shop import query
from tests.shop.models import Box, Letter, Name, Secret


@query
async def insert_letter(db: Executor, letter: Letter) -> Letter: ...


@query
async def insert_letters(db: Executor, letters: list[Letter]) -> RowCount: ...


@query
async def find_letter(db: Executor, id: UUID) -> Letter | None: ...


@query
async def list_letters(db: Executor) -> list[Letter]: ...


@query
def stream_letters(db: Executor) -> Stream[Letter]: ...


@query
async def list_boxes(db: Executor) -> list[Box]: ...


@query
async def move_letter(db: Executor, id: UUID, place: str) -> RowCount: ...


@query
async def replace_secret(db: Executor, id: UUID, place: str, secret: Secret) -> RowCount: ...


@query
async def read_secret(db: Executor, id: UUID) -> str: ...


@query
async def insert_name(db: Executor, name: Annotated[str, CaseInsensitive]) -> RowCount: ...


@query
async def insert_names(db: Executor, names: list[Name]) -> RowCount: ...


@query
async def find_name(db: Executor, name: Annotated[str, CaseInsensitive]) -> str | None: ...
