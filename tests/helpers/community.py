"""What the tests of the catalog COMMUNITY share: its databases, and users and videos in them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from hangar_dal import (
    COMMUNITY,
    Catalog,
    Database,
    Settings,
    User,
    builders,
    comments,
    open_database,
    sealing,
    users,
    videos,
)
from hangar_dal.comments import Comment
from hangar_dal.database import Executor
from hangar_dal.videos import Video, VideoStatus


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return COMMUNITY


@pytest.fixture
async def on_postgresql(postgres_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """For what only PostgreSQL has: rows that several transactions change at once."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMUNITY) as db:
        yield db


async def person(db: Database, **given: Any) -> User:
    """A user who cannot sign in: the tests of this catalog need no passwords."""
    return await users.insert_user(db, builders.user(**given), hashed_password="!")


async def video(db: Database, owner_id: UUID, **given: Any) -> Video:
    """A video that everybody sees unless something else is given, published now."""
    now = db.now() if given.get("status", VideoStatus.READY) is VideoStatus.READY else None
    return await videos.create_video(db, builders.video(owner_id, **{"published_at": now, **given}))


async def comment(
    db: Executor, video_id: UUID, author_id: UUID, *, parent_id: UUID | None = None, **given: Any
) -> Comment:
    """A comment on a video; with `parent_id`, an answer."""
    new = builders.comment(video=video_id, author=author_id, parent=parent_id, **given)
    return await comments.create_comment(db, new)
