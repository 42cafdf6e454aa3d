"""Users as others see them."""

from fastapi import APIRouter

from hangar_api.dependencies import VisibleProfile
from hangar_api.schemas import ShortUser
from hangar_dal.social import FollowStatus

router = APIRouter(tags=["profiles"])


class ProfileResponse(ShortUser):
    """A user, how many follow and are followed, and who of the two follows the other: null, PENDING or ACCEPTED."""

    is_private: bool
    followers: int
    followed: int
    followed_by_viewer: FollowStatus | None
    follows_viewer: FollowStatus | None


@router.get("/users/{user_id}")
async def show(profile: VisibleProfile) -> ProfileResponse:
    """An active user, unless one of the two has blocked the other."""
    return ProfileResponse.model_validate(profile)
