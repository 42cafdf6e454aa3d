"""What the tests of the catalog COMMUNITY share: its databases, and users and videos in them."""

from typing import Any
from uuid import UUID

import pytest

from hangar_dal import COMMUNITY, Catalog, Database, User, users, videos
from hangar_dal.videos import NewVideo, Video, VideoStatus, VideoVisibility
from samples import local_user


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return COMMUNITY


async def person(db: Database, **given: Any) -> User:
    """A user who cannot sign in: the tests of this catalog need no passwords."""
    return await users.insert_user(db, local_user(**given), hashed_password="!")


async def video(db: Database, owner_id: UUID, **given: Any) -> Video:
    """A video that everybody sees unless something else is given."""
    new: dict[str, Any] = {
        "title": "Flight",
        "status": VideoStatus.READY,
        "duration_ms": 1000,
        "visibility": VideoVisibility.PUBLIC,
        "published_at": db.now() if given.get("status", VideoStatus.READY) is VideoStatus.READY else None,
        **given,
    }
    return await videos.create_video(db, NewVideo(owner_id=owner_id, **new))
