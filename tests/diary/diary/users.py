"""The people who write in the diary."""
# mypy: disable-error-code="empty-body"

from typing import Annotated

from pydantic import Field

from diary import CATALOG
from hangar_dal import Executor, Row


class User(Row):
    """Somebody with a name, and without a password."""

    id: int
    name: str


@CATALOG.query
async def add_user(db: Executor, *, id: int, name: str) -> User:
    """Store a name under a number of the caller's."""
    ...


@CATALOG.query
async def list_users(db: Executor, *, limit: Annotated[int, Field(ge=1)]) -> list[User]:
    """The first users by name."""
    ...
