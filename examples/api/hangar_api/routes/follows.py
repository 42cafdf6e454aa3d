"""Who follows whom. A private account accepts requests, and shows its lists to its followers only."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status
from pydantic import BaseModel, ConfigDict

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db, ViewerId, VisibleProfile, or_not_found
from hangar_api.events import EventKind, tell
from hangar_api.schemas import ListedUserResponse
from hangar_dal import Transaction, social
from hangar_dal.errors import NotFound, TriggerViolation
from hangar_dal.social import Follow, FollowCounts, FollowStatus, ListedUser, Profile

router = APIRouter(tags=["follows"])
_NEWEST = ("created_at", "id")
_BY_ID = ("id",)


class FollowResponse(BaseModel):
    """PENDING until a private account accepts the request."""

    model_config = ConfigDict(from_attributes=True)

    follower_id: UUID
    followed_id: UUID
    status: FollowStatus

    @classmethod
    def of(cls, follow: Follow) -> "FollowResponse":
        return cls.model_validate(follow)


def _is_open_to(viewer_id: UUID | None, profile: Profile) -> bool:
    is_follower = profile.followed_by_viewer is FollowStatus.ACCEPTED
    return not profile.is_private or is_follower or profile.id == viewer_id


async def _open_account(profile: VisibleProfile, viewer_id: ViewerId) -> UUID:
    if not _is_open_to(viewer_id, profile):
        raise NotFound("the account shows its lists to its followers only")
    return profile.id


async def _other_open_account(other_id: UUID, viewer_id: ViewerId, db: Db) -> UUID:
    return await _open_account(or_not_found(await social.find_profile(db, other_id, viewer_id=viewer_id)), viewer_id)


OpenAccount = Annotated[UUID, Depends(_open_account)]
OtherOpenAccount = Annotated[UUID, Depends(_other_open_account)]


@router.put("/users/{user_id}/follow")
async def follow(user_id: UUID, current: Current, db: Db) -> FollowResponse:
    """Follow a user, or ask a private account. Repeating it changes nothing."""
    pair = {"follower_id": current.user.id, "followed_id": user_id}

    async def work(tx: Transaction) -> Follow:
        made = await social.insert_follow(tx, **pair)
        if made is None:
            return await social.follow(tx, **pair)  # which is so already, or there is no such user
        kind = EventKind.FOLLOWED if made.status is FollowStatus.ACCEPTED else EventKind.FOLLOW_REQUESTED
        await tell(tx, user_id, kind, actor=current.user, object_id=current.user.id)
        return made

    try:
        return FollowResponse.of(await db.in_transaction(work))
    except TriggerViolation:
        raise NotFound("one of the two has blocked the other") from None


@router.delete("/users/{user_id}/follow", status_code=status.HTTP_204_NO_CONTENT)
async def unfollow(user_id: UUID, current: Current, db: Db) -> None:
    """End a follow, or take a request back. The answer is the same if there was none."""
    await social.unfollow(db, follower_id=current.user.id, followed_id=user_id)


@router.delete("/me/followers/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_follower(user_id: UUID, current: Current, db: Db) -> None:
    """End the follow of somebody else, who is not told. The answer is the same if there was none."""
    await social.unfollow(db, follower_id=user_id, followed_id=current.user.id)


@router.post("/me/follow-requests/{user_id}/accept")
async def accept(user_id: UUID, current: Current, db: Db) -> FollowResponse:
    """Repeating it changes nothing."""
    pair = {"follower_id": user_id, "followed_id": current.user.id}

    async def work(tx: Transaction) -> Follow:
        found = or_not_found(await social.find_follow(tx, **pair))
        if found.status is FollowStatus.ACCEPTED:
            return found
        await tell(tx, user_id, EventKind.FOLLOW_ACCEPTED, actor=current.user, object_id=current.user.id)
        return await social.accept_follow(tx, **pair)

    return FollowResponse.of(await db.in_transaction(work))


@router.post("/me/follow-requests/{user_id}/refuse", status_code=status.HTTP_204_NO_CONTENT)
async def refuse(user_id: UUID, current: Current, db: Db) -> None:
    """The other user is not told, and may ask again. A request that was accepted is no request any more."""
    if not await social.refuse_follow(db, follower_id=user_id, followed_id=current.user.id):
        raise NotFound("there is no such request")


@router.get("/me/follow-requests")
async def list_requests(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[ListedUserResponse]:
    """Who waits for an answer, the newest first."""
    after = row_of(cursor, ListedUser, _NEWEST)
    rows = await social.list_follow_requests(db, current.user.id, after=after, limit=limit)
    return page(rows, limit, _NEWEST, ListedUserResponse.of)


@router.get("/me/friends")
async def list_friends(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[ListedUserResponse]:
    """Who follows the user and is followed back."""
    rows = await social.list_friends(db, current.user.id, after=row_of(cursor, ListedUser, _BY_ID), limit=limit)
    return page(rows, limit, _BY_ID, ListedUserResponse.of)


@router.get("/users/{user_id}/followers")
async def list_followers(
    account: OpenAccount, viewer_id: ViewerId, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[ListedUserResponse]:
    """The newest first, without users whom a block hides from the viewer."""
    after = row_of(cursor, ListedUser, _NEWEST)
    rows = await social.list_followers(db, account, viewer_id=viewer_id, after=after, limit=limit)
    return page(rows, limit, _NEWEST, ListedUserResponse.of)


@router.get("/users/{user_id}/following")
async def list_following(
    account: OpenAccount, viewer_id: ViewerId, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[ListedUserResponse]:
    """Whom a user follows, the newest first."""
    after = row_of(cursor, ListedUser, _NEWEST)
    rows = await social.list_following(db, account, viewer_id=viewer_id, after=after, limit=limit)
    return page(rows, limit, _NEWEST, ListedUserResponse.of)


@router.get("/users/{user_id}/mutual-followers/{other_id}")
async def list_mutual_followers(
    account: OpenAccount,
    other: OtherOpenAccount,
    viewer_id: ViewerId,
    db: Db,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ListedUserResponse]:
    """Who follows both users."""
    after = row_of(cursor, ListedUser, _BY_ID)
    rows = await social.list_mutual_followers(
        db, account, other_id=other, viewer_id=viewer_id, after=after, limit=limit
    )
    return page(rows, limit, _BY_ID, ListedUserResponse.of)


@router.get("/users/{user_id}/follow-counts")
async def count(profile: VisibleProfile, db: Db) -> FollowCounts:
    """How many follow a user, and how many the user follows. A private account shows them too."""
    return await social.count_follows(db, profile.id)
