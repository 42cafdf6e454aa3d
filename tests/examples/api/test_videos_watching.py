"""Videos as others see them: visibility, blocks, private accounts, and views."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from hangar_dal import UserStatus, social, users
from tests.examples.api.conftest import Api, Person, kind
from tests.helpers.clock import Clock

NOT_FOUND = (404, "not-found")


async def seen(api: Api, person: Person | None, owner: Person, video_id: str) -> tuple[bool, bool]:
    """Whether somebody sees the video by its id, and in the list of its owner."""
    answer = await api.call(person, "GET", f"/videos/{video_id}")
    assert answer.status_code == 200 or kind(answer) == NOT_FOUND
    listed = await api.all_of(person, f"/users/{owner.id}/videos")
    return answer.is_success, video_id in [each["id"] for each in listed]


BOTH, BY_ID, NEITHER = (True, True), (True, False), (False, False)


@pytest.mark.parametrize(
    ("visibility", "expected"),
    [
        ("PUBLIC", {"owner": BOTH, "follower": BOTH, "stranger": BOTH, "visitor": BOTH}),
        ("UNLISTED", {"owner": BOTH, "follower": BY_ID, "stranger": BY_ID, "visitor": BY_ID}),
        ("FOLLOWERS", {"owner": BOTH, "follower": BOTH, "stranger": NEITHER, "visitor": NEITHER}),
        ("PRIVATE", {"owner": BOTH, "follower": NEITHER, "stranger": NEITHER, "visitor": NEITHER}),
    ],
)
async def test_the_visibility_of_a_video_decides_who_sees_it(
    api: Api,
    owner: Person,
    follower: Person,
    stranger: Person,
    visibility: str,
    expected: dict[str, tuple[bool, bool]],
):
    video_id = await api.show_video(owner, visibility=visibility)
    people = {"owner": owner, "follower": follower, "stranger": stranger, "visitor": None}
    assert {name: await seen(api, person, owner, video_id) for name, person in people.items()} == expected


@pytest.mark.parametrize("state", ["UPLOADING", "PROCESSING", "FAILED"])
async def test_a_video_that_is_not_ready_is_seen_by_its_owner_only(
    api: Api, owner: Person, follower: Person, state: str
):
    video_id = await api.show_video(owner, status=state, published_at=None)
    assert await seen(api, owner, owner, video_id) == BY_ID
    assert await seen(api, follower, owner, video_id) == NEITHER


async def test_video_of_a_private_account_is_hidden_from_strangers(api: Api, stranger: Person):
    private, accepted, waiting = await api.enter(is_private=True), await api.enter(), await api.enter()
    for person in (accepted, waiting):
        await social.follow(api.database, follower_id=person.uuid, followed_id=private.uuid)
    await social.accept_follow(api.database, follower_id=accepted.uuid, followed_id=private.uuid)
    video_id = await api.show_video(private)
    assert await seen(api, accepted, private, video_id) == BOTH
    for person in (waiting, stranger, None):
        assert await seen(api, person, private, video_id) == NEITHER


@pytest.mark.parametrize("by_owner", [True, False], ids=["by the owner", "by the viewer"])
async def test_a_block_hides_the_videos_and_their_owner(api: Api, by_owner: bool):
    owner, other = await api.enter(), await api.enter()
    video_id = await api.show_video(owner)
    blocker, blocked = (owner, other) if by_owner else (other, owner)
    await social.block(api.database, blocker_id=blocker.uuid, blocked_id=blocked.uuid)
    for path in (f"/videos/{video_id}", f"/videos/{video_id}/renditions", f"/users/{owner.id}/videos"):
        assert kind(await api.call(other, "GET", path)) == NOT_FOUND
        assert (await api.call(None, "GET", path)).status_code == 200


async def test_a_block_does_not_hide_videos_of_a_user_from_somebody_else(api: Api, owner: Person, stranger: Person):
    blocked = await api.enter()
    await social.block(api.database, blocker_id=owner.uuid, blocked_id=blocked.uuid)
    assert await seen(api, stranger, owner, await api.show_video(owner)) == BOTH


async def test_videos_of_a_suspended_user_are_hidden_until_the_account_is_active_again(api: Api, stranger: Person):
    owner = await api.enter()
    video_id = await api.show_video(owner)
    await users.set_user_status(api.database, owner.uuid, UserStatus.SUSPENDED)
    for path in (f"/videos/{video_id}", f"/users/{owner.id}/videos"):
        assert kind(await api.call(stranger, "GET", path)) == NOT_FOUND
    await users.set_user_status(api.database, owner.uuid, UserStatus.ACTIVE)
    assert await seen(api, stranger, owner, video_id) == BOTH


async def test_details_show_the_owner_and_nothing_private_of_the_owner(api: Api, stranger: Person):
    owner = await api.enter(display_name="Ada L.")
    answer = await api.call(stranger, "GET", f"/videos/{await api.show_video(owner)}")
    assert answer.json()["owner"] == {"id": owner.id, "username": owner.username, "display_name": "Ada L."}
    assert owner.email not in answer.text


async def test_what_does_not_exist_is_not_found(api: Api, subtests: pytest.Subtests):
    for path in ["/videos/{}", "/videos/{}/renditions", "/users/{}/videos"]:
        with subtests.test(path=path):
            assert kind(await api.call(None, "GET", path.format(uuid4()))) == NOT_FOUND
            assert kind(await api.call(None, "GET", path.format("seven"))) == (422, "invalid-request")


async def test_a_wrong_access_token_is_refused_where_none_is_needed(api: Api, owner: Person):
    for path in ("/videos", f"/videos/{await api.show_video(owner)}"):
        answer = await api.http.get(path, headers={"Authorization": "Bearer wrong"})
        assert kind(answer) == (401, "token-invalid")


@pytest.fixture
def clock(api: Api, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of the database: now, but not near the end of an hour."""
    clock = Clock(datetime.now(UTC).replace(minute=30))
    monkeypatch.setattr(api.database, "clock", clock)
    return clock


async def views(api: Api, person: Person, video_id: str) -> bool:
    answer = await api.call(person, "POST", f"/videos/{video_id}/views")
    assert answer.status_code == 200, answer.text
    counted: bool = answer.json()["is_counted"]
    return counted


async def test_a_view_counts_once_per_viewer_and_hour(
    api: Api, owner: Person, follower: Person, stranger: Person, clock: Clock
):
    video_id = await api.show_video(owner)
    assert [await views(api, person, video_id) for person in (stranger, stranger, follower)] == [True, False, True]
    clock.advance(timedelta(hours=1))
    assert await views(api, stranger, video_id)
    assert (await api.get(None, f"/videos/{video_id}"))["views"] == 3


async def test_the_owner_sees_the_views_of_each_day(api: Api, owner: Person, stranger: Person, clock: Clock):
    video_id = await api.show_video(owner)
    first = clock.now.date()
    await views(api, stranger, video_id)
    clock.advance(timedelta(days=2))
    for person in (stranger, owner):
        await views(api, person, video_id)
    path, last = f"/videos/{video_id}/views", first + timedelta(days=2)
    expected = [{"day": str(first), "views": 1}, {"day": str(last), "views": 2}]
    assert await api.get(owner, path) == expected
    assert await api.get(owner, path, since=str(last)) == expected[1:]
    assert await api.get(owner, path, until=str(first)) == expected[:1]
    assert await api.get(owner, path, until="0001-01-01") == []


async def test_a_view_of_a_hidden_video_is_refused_and_not_counted(api: Api, owner: Person, stranger: Person):
    video_id = await api.show_video(owner, visibility="FOLLOWERS")
    assert kind(await api.call(stranger, "POST", f"/videos/{video_id}/views")) == NOT_FOUND
    assert (await api.get(owner, f"/videos/{video_id}"))["views"] == 0


BAD_DAYS: dict[str, dict[str, Any]] = {
    "more than a year": {"since": "2024-01-01", "until": "2025-01-01"},
    "no date": {"since": "yesterday"},
    "a day that does not exist": {"until": "2026-02-30"},
}


async def test_days_of_the_wrong_form_are_refused(api: Api, owner: Person, subtests: pytest.Subtests):
    for name, query in BAD_DAYS.items():
        with subtests.test(name):
            path = f"/videos/{await api.show_video(owner)}/views"
            assert (await api.call(owner, "GET", path, params=query)).status_code == 422
