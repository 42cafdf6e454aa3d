"""Followers, requests, mutual followers, counts, profiles, and the feed of the users that somebody follows."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import combinations
from uuid import UUID

import pytest

from hangar_dal import Database, builders, social, users, videos
from hangar_dal.social import FollowCounts, FollowStatus, ListedUser
from hangar_dal.videos import Video, VideoVisibility
from tests.domains.notifications.filling import add_users, user_id
from tests.helpers.clock import Clock
from tests.helpers.community import person, video
from tests.helpers.domain_fixtures import Sql

List = Callable[[ListedUser | None, int], Awaitable[list[ListedUser]]]


async def paged(read: List) -> list[UUID]:
    """The ids of all pages of two."""
    found: list[UUID] = []
    after = None
    while page := await read(after, 2):
        found += [each.id for each in page]
        after = page[-1]
    return found


async def test_followers_and_followed_users_come_newest_first(database: Database, clock: Clock) -> None:
    ada = await person(database)
    fans = []
    for _ in range(5):
        fans.append((await person(database)).id)
        clock.advance(timedelta(seconds=1))
        await social.follow(database, follower_id=fans[-1], followed_id=ada.id)
        await social.follow(database, follower_id=ada.id, followed_id=fans[-1])
    for read in (social.list_followers, social.list_following):
        assert (
            await paged(lambda after, n, read=read: read(database, ada.id, viewer_id=None, after=after, limit=n))
            == fans[::-1]
        )
    assert await paged(lambda after, n: social.list_friends(database, ada.id, after=after, limit=n)) == sorted(fans)
    await social.block(database, blocker_id=fans[0], blocked_id=fans[1])
    assert fans[0] not in {each.id for each in await social.list_followers(database, ada.id, viewer_id=fans[1])}
    await social.block(database, blocker_id=ada.id, blocked_id=fans[2])
    for one, other in ((ada.id, fans[2]), (fans[2], ada.id)):
        assert await social.list_followers(database, one, viewer_id=other) == []
        assert await social.list_following(database, one, viewer_id=other) == []


async def test_requests_wait_until_they_are_accepted(database: Database, clock: Clock) -> None:
    ada = await person(database, is_private=True)
    fans = []
    for _ in range(3):
        fans.append((await person(database)).id)
        clock.advance(timedelta(seconds=1))
        await social.follow(database, follower_id=fans[-1], followed_id=ada.id)
    read = social.list_follow_requests
    assert await paged(lambda after, n: read(database, ada.id, after=after, limit=n)) == fans[::-1]
    assert await social.count_follows(database, ada.id) == FollowCounts(followers=0, followed=0)
    await social.accept_follow(database, follower_id=fans[1], followed_id=ada.id)
    await social.accept_follow(database, follower_id=fans[1], followed_id=ada.id)
    assert [each.id for each in await read(database, ada.id)] == [fans[2], fans[0]]
    assert await social.count_follows(database, ada.id) == FollowCounts(followers=1, followed=0)
    assert await social.count_follows(database, fans[1]) == FollowCounts(followers=0, followed=1)


async def test_mutual_followers_follow_both(database: Database) -> None:
    ada, bob = await person(database), await person(database)
    fans = sorted([(await person(database)).id for _ in range(6)])
    for number, fan in enumerate(fans):
        for followed in [ada] * (number != 0) + [bob] * (number != 1):
            await social.follow(database, follower_id=fan, followed_id=followed.id)

    async def read(viewer_id: UUID | None) -> list[UUID]:
        return await paged(
            lambda after, n: social.list_mutual_followers(
                database, ada.id, other_id=bob.id, viewer_id=viewer_id, after=after, limit=n
            )
        )

    assert await read(None) == fans[2:]
    await social.block(database, blocker_id=fans[2], blocked_id=fans[3])
    assert await read(fans[3]) == fans[3:]
    await social.block(database, blocker_id=bob.id, blocked_id=fans[4])
    assert await read(fans[4]) == []
    assert await read(None) == [*fans[2:4], fans[5]]


async def test_blocked_users_are_listed_and_hidden(database: Database) -> None:
    ada = await person(database)
    others = sorted([(await person(database)).id for _ in range(4)])
    for each in others[:3]:
        await social.block(database, blocker_id=ada.id, blocked_id=each)
    assert await paged(lambda after, n: social.list_blocked_users(database, ada.id, after=after, limit=n)) == others[:3]
    assert await social.list_hidden_users(database, others[1:], viewer_id=ada.id) == others[1:3]
    assert await social.list_hidden_users(database, [ada.id, others[3]], viewer_id=others[0]) == [ada.id]
    assert await social.list_hidden_users(database, [], viewer_id=ada.id) == []


async def test_a_profile_says_who_follows_whom(database: Database) -> None:
    ada, bob = await person(database), await person(database, is_private=True)
    await social.follow(database, follower_id=ada.id, followed_id=bob.id)
    await social.follow(database, follower_id=bob.id, followed_id=ada.id)
    profile = await social.find_profile(database, bob.id, viewer_id=ada.id)
    assert profile is not None
    assert (profile.username, profile.is_private, profile.followers, profile.followed) == (bob.username, True, 0, 1)
    assert (profile.followed_by_viewer, profile.follows_viewer) == (FollowStatus.PENDING, FollowStatus.ACCEPTED)
    await users.set_user_status(database, bob.id, users.UserStatus.SUSPENDED)
    assert await social.find_profile(database, bob.id, viewer_id=ada.id) is None


async def test_follows_are_imported_once_and_counted(database: Database) -> None:
    people = [(await person(database)).id for _ in range(4)]
    at = database.now()
    rows = [builders.follow(follower=a, followed=b, created_at=at) for a in people for b in people if a != b]
    assert await social.import_follows(database, [*rows, *rows], batch_size=7) == 12
    assert await social.import_follows(database, rows) == 0
    for each in people:
        assert await social.count_follows(database, each) == FollowCounts(followers=3, followed=3)
    async with social.stream_all_follows(database) as stream:
        assert len([each async for each in stream]) == 12


async def test_requests_are_imported_and_wait_to_be_accepted(database: Database) -> None:
    ada, bob = await person(database), await person(database, is_private=True)
    request = builders.follow(follower=ada, followed=bob, status=FollowStatus.PENDING)
    accepted = builders.follow(follower=bob, followed=ada)
    assert await social.import_follows(database, [request, accepted, request]) == 2
    assert await social.count_follows(database, bob.id) == FollowCounts(followers=0, followed=1)
    stored = await social.find_follow(database, follower_id=ada.id, followed_id=bob.id)
    assert stored is not None
    assert (stored.status, stored.accepted_at) == (FollowStatus.PENDING, None)
    await social.accept_follow(database, follower_id=ada.id, followed_id=bob.id)
    assert await social.count_follows(database, bob.id) == FollowCounts(followers=1, followed=1)
    both = [request, request.model_copy(update={"status": FollowStatus.ACCEPTED})]
    assert await social.import_follows(database, both) == 0
    await social.unfollow(database, follower_id=ada.id, followed_id=bob.id)
    assert await social.import_follows(database, both) == 1
    assert await social.count_follows(database, bob.id) == FollowCounts(followers=1, followed=1)


@pytest.mark.slow
async def test_thousands_of_follows_are_imported_at_once(database: Database, sql: Sql) -> None:
    """PostgreSQL has room for some thousands of locks: a transaction must not need one for each follow."""
    await add_users(sql, 240)
    people = [user_id(number) for number in range(240)]
    rows = [builders.follow(follower=a, followed=b) for a, b in combinations(people, 2)]
    assert await social.import_follows(database, rows) == len(rows)
    assert await social.count_follows(database, people[0]) == FollowCounts(followers=0, followed=239)


async def test_counts_follow_every_way_in_which_follows_go(database: Database, sql: Sql) -> None:
    ada, bob, eve, joe = [await person(database) for _ in range(4)]
    for each in (bob, eve, joe):
        await social.follow(database, follower_id=each.id, followed_id=ada.id)
        await social.follow(database, follower_id=ada.id, followed_id=each.id)
    await social.block(database, blocker_id=bob.id, blocked_id=ada.id)
    await users.delete_user(database, eve.id)
    await sql(f"DELETE FROM follows WHERE follower_id = '{joe.id}'")
    assert await social.count_follows(database, ada.id) == FollowCounts(followers=0, followed=1)
    assert await social.count_follows(database, joe.id) == FollowCounts(followers=1, followed=0)


@pytest.mark.parametrize("many", [0, 1000])
async def test_the_feed_has_what_followers_see_of_those_who_are_followed(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(social, "MANY_FOLLOWED", many)  # each of the two ways to find a page
    ada, bob, eve, joe = [await person(database) for _ in range(4)]
    for each in (bob, eve):
        await social.follow(database, follower_id=ada.id, followed_id=each.id)
    made: list[Video] = []
    for number in range(8):
        clock.advance(timedelta(seconds=1))
        owner = (bob, eve, joe)[number % 3]
        kind = VideoVisibility.FOLLOWERS if number % 2 else VideoVisibility.PUBLIC
        made.append(await video(database, owner.id, visibility=kind, published_at=clock.now))
    for hidden in (VideoVisibility.UNLISTED, VideoVisibility.PRIVATE):
        await video(database, bob.id, visibility=hidden, published_at=clock.now)
    await videos.remove_video(database, made[0].id)
    expected = [each.id for each in made[:0:-1] if each.owner_id != joe.id]
    found: list[UUID] = []
    after = None
    while page := await social.list_followed_videos(database, ada.id, after=after, limit=2):
        found += [each.id for each in page]
        after = page[-1]
    assert found == expected
    await social.block(database, blocker_id=eve.id, blocked_id=ada.id)
    left = await social.list_followed_videos(database, ada.id)
    assert {each.owner_id for each in left} == {bob.id}


async def test_the_feed_goes_through_more_users_than_a_page_has_videos(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, gone = await person(database), await person(database)
    owners = [gone, *[await person(database) for _ in range(5)]]
    made: list[Video] = []
    for each in (2, 0, 0, 4, 3, 3, 1, 1, 2, 5, 0):
        clock.advance(timedelta(seconds=len(made) % 2))  # two at each instant: the id decides
        made.append(await video(database, owners[each].id, visibility=VideoVisibility.PUBLIC, published_at=clock.now))
    for each in owners:
        await social.follow(database, follower_id=ada.id, followed_id=each.id)
    await users.set_user_status(database, gone.id, users.UserStatus.SUSPENDED)
    shown = [each for each in made if each.owner_id != gone.id]
    expected = [each.id for each in sorted(shown, key=lambda each: (each.published_at, each.id), reverse=True)]
    for many in (0, 1000):
        monkeypatch.setattr(social, "MANY_FOLLOWED", many)
        for size in (1, 2, 3):
            found: list[UUID] = []
            after = None
            while page := await social.list_followed_videos(database, ada.id, after=after, limit=size):
                found += [each.id for each in page]
                after = page[-1]
            assert found == expected, (many, size)
