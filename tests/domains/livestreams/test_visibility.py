"""Who sees which livestream, by its id and in every list."""

from hangar_dal import Database, builders, livestreams, social, users
from hangar_dal.database import Statement
from hangar_dal.livestreams import VideoVisibility
from hangar_dal.users import UserStatus
from tests.helpers.community import person
from tests.helpers.streaming import announced, live

VIEWERS = ("owner", "follower", "requester", "stranger", "nobody", "blocked", "blocker")
OTHERS = {"follower", "requester", "stranger", "nobody"}
# Who sees a livestream by its id and in lists of its owner, besides the owner. Only PUBLIC ones are in public lists.
SEEN = {
    ("PUBLIC", "open"): (OTHERS, OTHERS),
    ("UNLISTED", "open"): (OTHERS, set()),
    ("FOLLOWERS", "open"): ({"follower"}, {"follower"}),
    ("PRIVATE", "open"): (set(), set()),
    ("PUBLIC", "private"): ({"follower"}, {"follower"}),
    ("UNLISTED", "private"): ({"follower"}, set()),
    ("FOLLOWERS", "private"): ({"follower"}, {"follower"}),
    ("PRIVATE", "private"): (set(), set()),
    **{(visibility, "suspended"): (set(), set()) for visibility in VideoVisibility},
}


async def test_each_viewer_sees_what_visibility_account_follows_and_blocks_allow(database: Database) -> None:
    for (visibility, account), (by_id_too, of_owner) in SEEN.items():
        people = {name: await person(database) for name in VIEWERS if name != "nobody"}
        owner = people["owner"]
        begun = await live(database, owner.id, visibility=VideoVisibility(visibility))
        await announced(database, owner.id, visibility=VideoVisibility(visibility))
        await social.follow(database, follower_id=people["follower"].id, followed_id=owner.id)
        await database.run(
            Statement(
                "test",
                f"INSERT INTO follows VALUES ('{people['requester'].id}', '{owner.id}', 'PENDING', "
                "'2030-01-02T03:04:05.000000Z', NULL)",
                True,
            ),
            (),
        )
        await social.block(database, blocker_id=owner.id, blocked_id=people["blocked"].id)
        await social.block(database, blocker_id=people["blocker"].id, blocked_id=owner.id)
        if account == "private":
            await users.update_user(database, owner.id, is_private=True)
        if account == "suspended":
            await users.set_user_status(database, owner.id, UserStatus.SUSPENDED)
        seen: dict[str, set[str]] = {}
        for name in VIEWERS:
            viewer = people[name].id if name in people else None
            by_id = await livestreams.find_visible_livestream(database, begun.id, viewer_id=viewer)
            since = builders.EARLIER
            lists = {
                "by id": [by_id] if by_id else [],
                "of owner": await livestreams.list_visible_livestreams_of_owner(database, owner.id, viewer_id=viewer),
                "live": await livestreams.list_live_livestreams(database, viewer_id=viewer),
                "scheduled": await livestreams.list_scheduled_livestreams(database, since=since, viewer_id=viewer),
                "followed": await livestreams.list_followed_livestreams(database, viewer) if viewer else [],
            }
            for kind, page in lists.items():
                seen.setdefault(kind, set()).update(name for each in page if each.owner_id == owner.id)
        everywhere = {"owner", *OTHERS} if (visibility, account) == ("PUBLIC", "open") else set()
        assert seen == {
            "by id": {"owner", *by_id_too},
            "of owner": {"owner", *of_owner},
            "live": everywhere,
            "scheduled": everywhere,
            "followed": of_owner & {"follower"},
        }, (visibility, account)
