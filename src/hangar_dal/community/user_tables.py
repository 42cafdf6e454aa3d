"""What exporting and merging users do with the tables of COMMUNITY that refer to users.

`accounts` finds this module by the catalog, so that a database with these tables never exports or merges without them.
A test compares the list with the migrated schema, so that no new table is forgotten.
"""

from collections.abc import AsyncGenerator, Mapping
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel

from hangar_dal import social, video_views, videos
from hangar_dal.accounts.user_tables import UserTable
from hangar_dal.database import Transaction
from hangar_dal.models.users import User

Rows = AsyncGenerator[BaseModel, None]


async def _videos(tx: Transaction, user: User) -> Rows:
    async with videos.stream_videos(tx, owner_id=user.id) as rows:
        async for row in rows:
            yield row


async def _move_videos(tx: Transaction, kept: User, merged: User) -> None:
    await videos.move_videos(tx, kept=kept.id, merged=merged.id)


async def _renditions(tx: Transaction, user: User) -> Rows:
    async with videos.stream_renditions(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _views(tx: Transaction, user: User) -> Rows:
    async with video_views.stream_views(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _follows(tx: Transaction, user: User) -> Rows:
    async with social.stream_follows(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _move_follows(tx: Transaction, kept: User, merged: User) -> None:
    await social.move_follows(tx, kept=kept.id, merged=merged.id)


async def _blocks(tx: Transaction, user: User) -> Rows:
    """Not those of others who have blocked the user: they are the others' affair."""
    async with social.stream_blocks(tx, user.id) as rows:
        async for row in rows:
            yield row


async def _move_blocks(tx: Transaction, kept: User, merged: User) -> None:
    await social.move_blocks(tx, kept=kept.id, merged=merged.id)


_OF_VIDEOS: Final = UserTable()  # made from the videos, and moves with them

# Blocks come before follows: no follow moves over a block.
USER_TABLES: Final[Mapping[str, UserTable]] = MappingProxyType(
    {
        "blocks": UserTable(export=_blocks, move=_move_blocks),
        "follows": UserTable(export=_follows, move=_move_follows),
        "videos": UserTable(export=_videos, move=_move_videos),
        "video_tags": _OF_VIDEOS,
        "video_renditions": UserTable(export=_renditions),
        "video_views": UserTable(export=_views),  # goes with the merged user: it only keeps views from counting twice
        "video_view_counts": _OF_VIDEOS,
        "video_views_by_day": _OF_VIDEOS,
        "video_trends": _OF_VIDEOS,
        "video_search_rows": _OF_VIDEOS,
    }
)
