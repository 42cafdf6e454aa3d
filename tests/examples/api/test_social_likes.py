"""Likes and shares of videos, and the feed of those whom a user follows."""

from typing import Any
from uuid import uuid4

import pytest

from hangar_dal import social
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND = (404, "not-found")
# Each hides a video from those who neither own it nor follow its owner.
HIDDEN: dict[str, dict[str, Any]] = {
    "private": {"visibility": "PRIVATE"},
    "for followers": {"visibility": "FOLLOWERS"},
    "not published": {"published_at": None},
    "being processed": {"status": "PROCESSING", "published_at": None},
}


@pytest.fixture
async def ada(api: Api) -> Person:
    return await api.enter(display_name="Ada")


@pytest.fixture
async def bob(api: Api) -> Person:
    return await api.enter(display_name="Bob")


async def block(api: Api, blocker: Person, blocked: Person) -> None:
    await social.block(api.database, blocker_id=blocker.uuid, blocked_id=blocked.uuid)


async def share(api: Api, person: Person, video_id: str, **given: Any) -> dict[str, Any]:
    answer = await api.call(person, "POST", f"/videos/{video_id}/shares", given)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_video_is_liked_once_and_its_owner_told(api: Api, ada: Person, bob: Person):
    video_id = await api.show_video(bob)
    first, again = [(await api.call(ada, "PUT", f"/videos/{video_id}/like")).json() for _ in range(2)]
    assert first == again
    assert first["likes"] == 1
    assert await api.told(bob) == [("VIDEO_LIKED", ada.id, video_id)]
    counts = {"likes": 1, "comments": 0, "shares": 0}
    for person, liked in ((ada, True), (bob, False), (None, False)):
        assert await api.get(person, f"/videos/{video_id}/counts") == counts | {"liked_by_viewer": liked}


async def test_a_like_is_taken_back_and_given_again_without_a_second_notification(api: Api, ada: Person, bob: Person):
    path = f"/videos/{await api.show_video(bob)}/like"
    await api.call(ada, "PUT", path)
    for _ in range(2):
        assert (await api.call(ada, "DELETE", path)).status_code == 204
    assert await api.all_of(None, f"{path}s") == []
    assert (await api.call(ada, "PUT", path)).json()["likes"] == 1
    assert len(await api.told(bob)) == 1


async def test_the_owner_likes_the_own_video_and_is_told_nothing(api: Api, bob: Person):
    video_id = await api.show_video(bob, visibility="PRIVATE")
    assert (await api.call(bob, "PUT", f"/videos/{video_id}/like")).status_code == 200
    assert await api.told(bob) == []


async def test_who_likes_a_video_comes_in_pages_the_newest_first(api: Api, bob: Person):
    video_id = await api.show_video(bob)
    fans = [await api.enter() for _ in range(3)]
    for fan in fans:
        await api.call(fan, "PUT", f"/videos/{video_id}/like")
    found = await api.all_of(None, f"/videos/{video_id}/likes")
    assert [(each["id"], each["username"]) for each in found] == [(fan.id, fan.username) for fan in reversed(fans)]
    await block(api, fans[0], fans[1])
    assert [each["id"] for each in await api.all_of(fans[1], f"/videos/{video_id}/likes")] == [fans[2].id, fans[1].id]


@pytest.mark.parametrize("fields", HIDDEN.values(), ids=HIDDEN)
async def test_what_is_hidden_is_neither_liked_nor_shared_nor_counted(
    api: Api, ada: Person, bob: Person, fields: dict[str, Any]
):
    path = f"/videos/{await api.show_video(bob, **fields)}"
    for method, rest in (("PUT", "like"), ("GET", "likes"), ("GET", "counts"), ("POST", "shares")):
        assert kind(await api.call(ada, method, f"{path}/{rest}", {})) == NOT_FOUND
    assert await api.told(bob) == []


@pytest.mark.parametrize("is_blocker", [True, False])
async def test_nothing_is_liked_or_shared_over_a_block(api: Api, ada: Person, bob: Person, is_blocker: bool):
    video_id = await api.show_video(bob)
    await block(api, *((ada, bob) if is_blocker else (bob, ada)))
    for method, rest in (("PUT", "like"), ("GET", "likes"), ("GET", "counts"), ("POST", "shares")):
        assert kind(await api.call(ada, method, f"/videos/{video_id}/{rest}", {})) == NOT_FOUND
    to_bob = {"channel": "USER", "recipient_id": bob.id}
    elsewhere = f"/videos/{await api.show_video(await api.enter())}/shares"
    assert kind(await api.call(ada, "POST", elsewhere, to_bob)) == NOT_FOUND


async def test_a_private_account_is_liked_by_its_followers_only(api: Api, ada: Person):
    priya = await api.enter(is_private=True)
    path = f"/videos/{await api.show_video(priya)}/like"
    assert kind(await api.call(ada, "PUT", path)) == NOT_FOUND
    pair = {"follower_id": ada.uuid, "followed_id": priya.uuid}
    await social.follow(api.database, **pair)
    assert kind(await api.call(ada, "PUT", path)) == NOT_FOUND
    await social.accept_follow(api.database, **pair)
    assert (await api.call(ada, "PUT", path)).status_code == 200


async def test_my_likes_are_the_videos_that_i_still_see(api: Api, ada: Person, bob: Person):
    made = [await api.show_video(bob) for _ in range(4)]
    for video_id in made:
        await api.call(ada, "PUT", f"/videos/{video_id}/like")
    found = await api.all_of(ada, "/me/likes")
    assert [each["id"] for each in found] == made[::-1]
    assert {each["owner"]["id"] for each in found} == {bob.id}
    await api.call(bob, "DELETE", f"/videos/{made[0]}")
    await api.call(bob, "PATCH", f"/videos/{made[1]}", {"visibility": "PRIVATE"})
    assert [each["id"] for each in await api.all_of(ada, "/me/likes")] == [made[3], made[2]]
    await block(api, bob, ada)
    assert await api.all_of(ada, "/me/likes") == []


async def test_a_share_with_a_user_is_received_and_told(api: Api, ada: Person, bob: Person):
    video_id = await api.show_video(await api.enter())
    made = await share(api, ada, video_id, channel="USER", recipient_id=bob.id, message=" Look ")
    assert (made["user_id"], made["recipient_id"], made["message"]) == (ada.id, bob.id, "Look")
    assert await api.all_of(bob, "/me/shares/received") == await api.all_of(ada, "/me/shares") == [made]
    assert await api.told(bob) == [("VIDEO_SHARED", ada.id, video_id)]
    assert (await api.get(None, f"/videos/{video_id}/counts"))["shares"] == 1


async def test_a_share_with_the_same_id_is_made_once(api: Api, ada: Person, bob: Person):
    video_id, given = await api.show_video(bob), {"id": str(uuid4())}
    assert await share(api, ada, video_id, **given) == await share(api, ada, video_id, **given)
    assert len(await api.all_of(ada, "/me/shares")) == 1
    taken = await api.call(bob, "POST", f"/videos/{video_id}/shares", given)
    assert kind(taken) == (409, "unique-violation")
    assert "id" in taken.json()["detail"]


@pytest.mark.parametrize("given", [{"channel": "USER"}, {"channel": "LINK", "recipient_id": "{}"}])
async def test_only_a_share_with_a_user_has_a_recipient(api: Api, ada: Person, bob: Person, given: dict[str, Any]):
    body = {name: value.format(bob.id) for name, value in given.items()}
    answer = await api.call(ada, "POST", f"/videos/{await api.show_video(bob)}/shares", body)
    assert kind(answer) == (422, "check-violation")
    assert "recipient" in answer.json()["detail"]


async def test_who_does_not_see_a_video_is_told_nothing_of_a_share(api: Api, ada: Person, bob: Person):
    video_id = await api.show_video(ada, visibility="PRIVATE")
    await share(api, ada, video_id, channel="USER", recipient_id=bob.id)
    assert await api.told(bob) == await api.all_of(bob, "/me/shares/received") == []
    await api.call(ada, "PATCH", f"/videos/{video_id}", {"visibility": "PUBLIC"})
    assert len(await api.all_of(bob, "/me/shares/received")) == 1


async def test_shares_come_in_pages_and_are_taken_back_by_who_sent_them(api: Api, ada: Person, bob: Person):
    video_id = await api.show_video(bob)
    made = [(await share(api, ada, video_id))["id"] for _ in range(3)]
    assert [each["id"] for each in await api.all_of(ada, "/me/shares")] == made[::-1]
    assert kind(await api.call(bob, "DELETE", f"/shares/{made[0]}")) == NOT_FOUND
    assert (await api.call(ada, "DELETE", f"/shares/{made[0]}")).status_code == 204
    assert kind(await api.call(ada, "DELETE", f"/shares/{made[0]}")) == NOT_FOUND
    assert (await api.get(None, f"/videos/{video_id}/counts"))["shares"] == 2


async def test_the_feed_has_what_is_for_followers_the_last_published_first(api: Api, ada: Person, bob: Person):
    eve = await api.enter(is_private=True)
    for other in (bob, eve):
        await api.call(ada, "PUT", f"/users/{other.id}/follow")
    by_bob = [await api.show_video(bob, visibility=each) for each in ("PUBLIC", "FOLLOWERS", "PUBLIC")]
    for each in ("UNLISTED", "PRIVATE"):
        await api.show_video(bob, visibility=each)
    by_eve = await api.show_video(eve)
    assert [each["id"] for each in await api.all_of(ada, "/me/feed")] == by_bob[::-1]
    await api.call(eve, "POST", f"/me/follow-requests/{ada.id}/accept")
    assert [each["id"] for each in await api.all_of(ada, "/me/feed")] == [by_eve, *by_bob[::-1]]
    await api.call(bob, "DELETE", f"/videos/{by_bob[0]}")
    await block(api, eve, ada)
    assert [each["id"] for each in await api.all_of(ada, "/me/feed")] == by_bob[:0:-1]
    await api.call(ada, "DELETE", f"/users/{bob.id}/follow")
    assert await api.all_of(ada, "/me/feed") == []
