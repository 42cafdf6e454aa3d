"""Follows, requests to private accounts, blocks, and users as others see them."""

from typing import Any

import pytest

from hangar_dal import social
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND = (404, "not-found")


async def follow(api: Api, person: Person, other: Person) -> Any:
    """The status that the answer tells."""
    answer = await api.call(person, "PUT", f"/users/{other.id}/follow")
    assert answer.status_code == 200, answer.text
    return answer.json()["status"]


async def done(api: Api, person: Person, method: str, path: str) -> None:
    """A request that answers nothing, twice: repeating it does no harm."""
    for _ in range(2):
        answer = await api.call(person, method, path)
        assert (answer.status_code, answer.content) == (204, b"")


async def listed(api: Api, person: Person | None, path: str) -> list[str]:
    return [each["username"] for each in await api.all_of(person, path)]


@pytest.fixture
async def ada(api: Api) -> Person:
    return await api.enter(display_name="Ada")


@pytest.fixture
async def bob(api: Api) -> Person:
    return await api.enter(display_name="Bob")


@pytest.fixture
async def priya(api: Api) -> Person:
    """Whose account is private."""
    return await api.enter(display_name="Priya", is_private=True)


async def test_an_open_account_is_followed_at_once_and_told(api: Api, ada: Person, bob: Person):
    for _ in range(2):
        assert await follow(api, ada, bob) == "ACCEPTED"
    assert await api.told(bob) == [("FOLLOWED", ada.id, ada.id)]
    assert await listed(api, None, f"/users/{bob.id}/followers") == [ada.username]
    assert await listed(api, None, f"/users/{ada.id}/following") == [bob.username]
    assert await api.get(None, f"/users/{bob.id}/follow-counts") == {"followers": 1, "followed": 0}


async def test_a_follow_ends_and_begins_again_without_a_second_notification(api: Api, ada: Person, bob: Person):
    await follow(api, ada, bob)
    await done(api, ada, "DELETE", f"/users/{bob.id}/follow")
    assert await api.all_of(None, f"/users/{bob.id}/followers") == []
    assert await follow(api, ada, bob) == "ACCEPTED"
    assert len(await api.told(bob)) == 1


async def test_a_private_account_accepts(api: Api, ada: Person, priya: Person):
    for _ in range(2):
        assert await follow(api, ada, priya) == "PENDING"
    assert await api.told(priya) == [("FOLLOW_REQUESTED", ada.id, ada.id)]
    assert await listed(api, priya, "/me/follow-requests") == [ada.username]
    for _ in range(2):
        answer = await api.call(priya, "POST", f"/me/follow-requests/{ada.id}/accept")
        assert answer.json() == {"follower_id": ada.id, "followed_id": priya.id, "status": "ACCEPTED"}
    assert await api.told(ada) == [("FOLLOW_ACCEPTED", priya.id, priya.id)]
    assert await api.all_of(priya, "/me/follow-requests") == []
    assert await follow(api, ada, priya) == "ACCEPTED"


async def test_a_private_account_refuses_and_may_be_asked_again(api: Api, ada: Person, priya: Person):
    await follow(api, ada, priya)
    path = f"/me/follow-requests/{ada.id}/refuse"
    assert (await api.call(priya, "POST", path)).status_code == 204
    assert kind(await api.call(priya, "POST", path)) == NOT_FOUND
    assert kind(await api.call(priya, "POST", f"/me/follow-requests/{ada.id}/accept")) == NOT_FOUND
    assert await api.told(ada) == []
    assert await follow(api, ada, priya) == "PENDING"


async def test_a_request_is_taken_back(api: Api, ada: Person, priya: Person):
    await follow(api, ada, priya)
    await done(api, ada, "DELETE", f"/users/{priya.id}/follow")
    assert await api.all_of(priya, "/me/follow-requests") == []
    assert kind(await api.call(priya, "POST", f"/me/follow-requests/{ada.id}/accept")) == NOT_FOUND


async def test_a_follow_that_was_accepted_cannot_be_refused(api: Api, ada: Person, bob: Person):
    await follow(api, ada, bob)
    assert kind(await api.call(bob, "POST", f"/me/follow-requests/{ada.id}/refuse")) == NOT_FOUND
    assert await listed(api, bob, f"/users/{bob.id}/followers") == [ada.username]


async def test_nobody_accepts_the_request_of_somebody_else(api: Api, ada: Person, bob: Person, priya: Person):
    await follow(api, ada, priya)
    assert kind(await api.call(bob, "POST", f"/me/follow-requests/{ada.id}/accept")) == NOT_FOUND
    assert kind(await api.call(ada, "POST", f"/me/follow-requests/{priya.id}/accept")) == NOT_FOUND


async def test_accepting_who_follows_an_open_account_tells_nobody(api: Api, ada: Person, bob: Person):
    await follow(api, ada, bob)
    assert (await api.call(bob, "POST", f"/me/follow-requests/{ada.id}/accept")).status_code == 200
    assert await api.told(ada) == []


async def test_a_follower_is_removed(api: Api, ada: Person, bob: Person):
    await follow(api, ada, bob)
    await done(api, bob, "DELETE", f"/me/followers/{ada.id}")
    assert await api.all_of(bob, f"/users/{bob.id}/followers") == []


async def test_lists_come_in_pages_the_newest_first(api: Api, bob: Person):
    fans = [await api.enter() for _ in range(3)]
    for fan in fans:
        await follow(api, fan, bob)
        await follow(api, bob, fan)
    newest = [fan.username for fan in reversed(fans)]
    assert await listed(api, bob, f"/users/{bob.id}/followers") == newest
    assert await listed(api, bob, f"/users/{bob.id}/following") == newest
    by_id = [fan.username for fan in sorted(fans, key=lambda fan: fan.uuid)]
    assert await listed(api, bob, "/me/friends") == by_id


async def test_friends_follow_each_other(api: Api, ada: Person, bob: Person, priya: Person):
    await follow(api, ada, bob)
    await follow(api, ada, priya)
    await follow(api, priya, ada)
    assert await api.all_of(ada, "/me/friends") == []
    await follow(api, bob, ada)
    assert await listed(api, ada, "/me/friends") == [bob.username]


async def test_mutual_followers_follow_both(api: Api, ada: Person, bob: Person):
    fans = [await api.enter() for _ in range(3)]
    for fan in fans:
        await follow(api, fan, ada)
    for fan in fans[1:]:
        await follow(api, fan, bob)
    both = [fan.username for fan in sorted(fans[1:], key=lambda fan: fan.uuid)]
    assert await listed(api, None, f"/users/{ada.id}/mutual-followers/{bob.id}") == both
    await done(api, bob, "PUT", f"/users/{fans[0].id}/block")
    assert kind(await api.call(fans[0], "GET", f"/users/{ada.id}/mutual-followers/{bob.id}")) == NOT_FOUND


@pytest.mark.parametrize("path", ["followers", "following", "mutual-followers/{}"])
async def test_a_private_account_shows_its_lists_to_its_followers(api: Api, ada: Person, priya: Person, path: str):
    place = f"/users/{priya.id}/{path.format(ada.id)}"
    await follow(api, ada, priya)
    for person in (None, ada):
        assert kind(await api.call(person, "GET", place)) == NOT_FOUND
    await social.accept_follow(api.database, follower_id=ada.uuid, followed_id=priya.uuid)
    for person in (ada, priya):
        assert (await api.call(person, "GET", place)).status_code == 200
    assert kind(await api.call(None, "GET", f"/users/{ada.id}/mutual-followers/{priya.id}")) == NOT_FOUND


async def test_a_profile_says_who_follows_whom(api: Api, ada: Person, priya: Person):
    await follow(api, ada, priya)
    await follow(api, priya, ada)
    profile = {"id": priya.id, "username": priya.username, "display_name": "Priya", "is_private": True}
    counts = {"followers": 0, "followed": 1}
    strangers = {"followed_by_viewer": None, "follows_viewer": None}
    assert await api.get(None, f"/users/{priya.id}") == profile | counts | strangers
    known = {"followed_by_viewer": "PENDING", "follows_viewer": "ACCEPTED"}
    assert await api.get(ada, f"/users/{priya.id}") == profile | counts | known


async def test_a_block_hides_both_from_each_other(api: Api, ada: Person, bob: Person):
    for one, other in ((ada, bob), (bob, ada)):
        await follow(api, one, other)
    await done(api, ada, "PUT", f"/users/{bob.id}/block")
    for one, other in ((ada, bob), (bob, ada)):
        for path in ("", "/followers", "/following", "/follow-counts", "/videos"):
            assert kind(await api.call(one, "GET", f"/users/{other.id}{path}")) == NOT_FOUND
        assert kind(await api.call(one, "PUT", f"/users/{other.id}/follow")) == NOT_FOUND
        assert await api.all_of(one, "/me/friends") == await api.told(one) == []
    assert (await api.get(None, f"/users/{bob.id}"))["followers"] == 0


async def test_a_block_is_lifted_and_the_follows_do_not_come_back(api: Api, ada: Person, bob: Person):
    await follow(api, bob, ada)
    await done(api, ada, "PUT", f"/users/{bob.id}/block")
    await done(api, bob, "DELETE", f"/users/{ada.id}/block")  # which is not the block of the other
    assert kind(await api.call(bob, "GET", f"/users/{ada.id}")) == NOT_FOUND
    await done(api, ada, "DELETE", f"/users/{bob.id}/block")
    assert (await api.get(bob, f"/users/{ada.id}"))["followed_by_viewer"] is None
    assert await follow(api, bob, ada) == "ACCEPTED"


async def test_the_blocked_user_may_block_too(api: Api, ada: Person, bob: Person):
    await done(api, ada, "PUT", f"/users/{bob.id}/block")
    await done(api, bob, "PUT", f"/users/{ada.id}/block")
    await done(api, ada, "DELETE", f"/users/{bob.id}/block")
    assert kind(await api.call(ada, "GET", f"/users/{bob.id}")) == NOT_FOUND


async def test_blocked_users_are_listed_for_who_blocked_them(api: Api, ada: Person):
    others = [await api.enter() for _ in range(3)]
    for other in others:
        await done(api, ada, "PUT", f"/users/{other.id}/block")
    assert await listed(api, ada, "/me/blocks") == [other.username for other in sorted(others, key=lambda o: o.uuid)]
    assert await api.all_of(others[0], "/me/blocks") == []


async def test_a_list_leaves_out_whom_a_block_hides(api: Api, ada: Person, bob: Person):
    fan = await api.enter()
    for person in (ada, fan):
        await follow(api, person, bob)
    await done(api, fan, "PUT", f"/users/{ada.id}/block")
    assert await listed(api, ada, f"/users/{bob.id}/followers") == [ada.username]
    assert await listed(api, fan, f"/users/{bob.id}/followers") == [fan.username]
    assert await listed(api, None, f"/users/{bob.id}/followers") == [fan.username, ada.username]
