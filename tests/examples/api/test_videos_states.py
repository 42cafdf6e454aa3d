"""The states of a video: from its upload to its removal, its renditions, and what moderators do."""

from typing import Any
from uuid import uuid4

import pytest

from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND = (404, "not-found")
LARGE: dict[str, Any] = {
    "name": "1080p",
    "width": 1920,
    "height": 1080,
    "bitrate": 5_000_000,
    "codec": "avc1.640028",
    "url": "https://videos.example/1080.mp4",
    "size": 123_456_789,
}
SMALL = LARGE | {"name": "360p", "width": 640, "height": 360, "url": "https://videos.example/360.mp4"}


async def statuses(api: Api, owner: Person, video_id: str, *wanted: str) -> None:
    for status in wanted:
        answer = await api.call(owner, "PUT", f"/videos/{video_id}/status", {"status": status})
        assert answer.json()["status"] == status


async def test_a_video_goes_from_upload_to_publication(api: Api, owner: Person, stranger: Person):
    video = await api.upload(owner, visibility="PUBLIC")
    path = f"/videos/{video['id']}"
    await statuses(api, owner, video["id"], "PROCESSING")
    assert (await api.call(owner, "PATCH", path, {"duration_ms": 61_000})).status_code == 200
    await statuses(api, owner, video["id"], "READY", "READY")
    assert kind(await api.call(stranger, "GET", path)) == NOT_FOUND, "it is READY and not published"
    published = (await api.call(owner, "POST", f"{path}/publish", {})).json()
    assert published["visibility"] == "PUBLIC"
    assert (await api.get(stranger, path))["published_at"] == published["published_at"] is not None


async def test_a_video_that_is_published_again_keeps_its_instant_and_takes_the_visibility(api: Api, owner: Person):
    path = f"/videos/{await api.show_video(owner)}"
    before = await api.get(owner, path)
    after = (await api.call(owner, "POST", f"{path}/publish", {"visibility": "UNLISTED"})).json()
    assert (after["published_at"], after["visibility"]) == (before["published_at"], "UNLISTED")


async def test_a_video_that_is_not_ready_cannot_be_published(api: Api, owner: Person):
    video = await api.upload(owner)
    answer = await api.call(owner, "POST", f"/videos/{video['id']}/publish", {})
    assert kind(answer) == (409, "check-violation")
    assert answer.json()["detail"] == "Only a READY video can be published."


async def test_a_video_without_a_duration_cannot_become_ready(api: Api, owner: Person):
    video = await api.upload(owner)
    await statuses(api, owner, video["id"], "PROCESSING")
    answer = await api.call(owner, "PUT", f"/videos/{video['id']}/status", {"status": "READY"})
    assert kind(answer) == (409, "check-violation")
    assert answer.json()["detail"] == "A READY video has a duration. Set duration_ms first."


async def test_a_status_that_does_not_follow_is_refused_in_the_words_of_the_table(api: Api, owner: Person):
    video = await api.upload(owner, duration_ms=1)
    answer = await api.call(owner, "PUT", f"/videos/{video['id']}/status", {"status": "READY"})
    assert kind(answer) == (409, "trigger-violation")
    assert answer.json()["detail"] == "A video cannot go to this status from the one it has."


async def test_an_upload_that_failed_can_be_tried_again(api: Api, owner: Person):
    video = await api.upload(owner)
    await statuses(api, owner, video["id"], "FAILED", "UPLOADING", "PROCESSING", "FAILED", "PROCESSING")


@pytest.mark.parametrize("status", ["REMOVED", "DONE", None])
async def test_a_video_is_not_removed_by_its_status(api: Api, owner: Person, status: str | None):
    video = await api.upload(owner)
    answer = await api.call(owner, "PUT", f"/videos/{video['id']}/status", {"status": status})
    assert kind(answer) == (422, "invalid-request")


async def test_a_removed_video_is_hidden_from_all_and_its_owner_can_restore_it(api: Api, owner: Person):
    video_id = await api.show_video(owner)
    path = f"/videos/{video_id}"
    before = await api.get(None, path)
    for _ in range(2):
        assert (await api.call(owner, "DELETE", path)).status_code == 204
    for person in (owner, None):
        assert kind(await api.call(person, "GET", path)) == NOT_FOUND
    removed = await api.all_of(owner, "/me/videos", status="REMOVED")
    assert video_id in [each["id"] for each in removed]
    for _ in range(2):
        assert (await api.call(owner, "POST", f"{path}/restore")).json()["status"] == "READY"
    after = await api.get(None, path)
    assert after == before | {"updated_at": after["updated_at"]}


CHANGES = {
    "update": ("PATCH", "", {"title": "x"}),
    "publish": ("POST", "/publish", {}),
    "status": ("PUT", "/status", {"status": "READY"}),
    "renditions": ("PUT", "/renditions", [LARGE]),
}


@pytest.mark.parametrize(("method", "part", "body"), CHANGES.values(), ids=CHANGES)
async def test_a_removed_video_is_not_changed_before_it_is_restored(
    api: Api, owner: Person, method: str, part: str, body: Any
):
    path = f"/videos/{await api.show_video(owner)}"
    await api.call(owner, "DELETE", path)
    answer = await api.call(owner, method, path + part, body)
    assert kind(answer) == (409, "conflict")
    assert answer.json()["detail"] == "This video is removed. Restore it first."


async def test_renditions_are_replaced_as_a_set_and_listed_the_largest_first(api: Api, owner: Person):
    path = f"/videos/{await api.show_video(owner)}"
    put = await api.call(owner, "PUT", f"{path}/renditions", [SMALL, LARGE])
    assert put.json() == [LARGE, SMALL]
    assert await api.get(None, f"{path}/renditions") == (await api.get(None, path))["renditions"] == [LARGE, SMALL]
    assert (await api.call(owner, "PUT", f"{path}/renditions", [SMALL])).json() == [SMALL]
    assert (await api.call(owner, "PUT", f"{path}/renditions", [])).json() == []


async def test_two_renditions_with_one_name_are_refused_and_those_before_stay(api: Api, owner: Person):
    path = f"/videos/{await api.show_video(owner)}/renditions"
    await api.call(owner, "PUT", path, [LARGE])
    answer = await api.call(owner, "PUT", path, [SMALL, SMALL])
    assert kind(answer) == (422, "unique-violation")
    assert answer.json()["detail"] == "Each rendition of a video has a name of its own."
    assert await api.get(None, path) == [LARGE]


BAD_RENDITIONS: dict[str, list[dict[str, Any]]] = {
    "no width": [LARGE | {"width": 0}],
    "an address that is not of the web": [LARGE | {"url": "file:///etc/passwd"}],
    "an unknown field": [LARGE | {"secret": 1}],
    "too many": [LARGE | {"name": str(number)} for number in range(51)],
}


async def test_a_rendition_of_the_wrong_form_is_refused(api: Api, owner: Person, subtests: pytest.Subtests):
    for name, renditions in BAD_RENDITIONS.items():
        with subtests.test(name):
            path = f"/videos/{await api.show_video(owner)}/renditions"
            assert kind(await api.call(owner, "PUT", path, renditions)) == (422, "invalid-request")


async def test_renditions_of_a_hidden_video_are_not_found(api: Api, owner: Person, stranger: Person):
    path = f"/videos/{await api.show_video(owner, visibility='PRIVATE')}/renditions"
    assert kind(await api.call(stranger, "GET", path)) == NOT_FOUND


async def test_what_a_moderator_takes_down_its_owner_cannot_restore(api: Api, owner: Person, moderator: Person):
    video_id = await api.show_video(owner)
    path, of_moderators = f"/videos/{video_id}", f"/moderation/videos/{video_id}"
    for _ in range(2):
        assert (await api.call(moderator, "DELETE", of_moderators)).status_code == 204
    assert kind(await api.call(owner, "GET", path)) == NOT_FOUND
    answer = await api.call(owner, "POST", f"{path}/restore")
    assert kind(answer) == (403, "forbidden")
    assert (await api.get(moderator, of_moderators))["status"] == "REMOVED"
    assert (await api.call(moderator, "POST", f"{of_moderators}/restore")).json()["status"] == "READY"
    assert (await api.call(owner, "DELETE", path)).status_code == 204
    assert (await api.call(owner, "POST", f"{path}/restore")).status_code == 200, "this time the owner has removed it"


async def test_a_moderator_can_take_down_what_its_owner_has_removed(api: Api, owner: Person, moderator: Person):
    video_id = await api.show_video(owner)
    await api.call(owner, "DELETE", f"/videos/{video_id}")
    assert (await api.call(moderator, "DELETE", f"/moderation/videos/{video_id}")).status_code == 204
    assert kind(await api.call(owner, "POST", f"/videos/{video_id}/restore")) == (403, "forbidden")


async def test_an_owner_is_told_each_time_that_a_video_is_taken_down_and_not_by_whom(
    api: Api, moderator: Person, administrator: Person
):
    owner = await api.enter()
    video_id = await api.show_video(owner)
    for person in (moderator, administrator):
        for _ in range(2):
            await api.call(person, "DELETE", f"/moderation/videos/{video_id}")
        await api.call(person, "POST", f"/moderation/videos/{video_id}/restore")
    told = await api.all_of(owner, "/me/notifications")
    assert [(each["kind"], each["object_id"], each["actor_id"]) for each in told] == [
        ("VIDEO_REMOVED", video_id, None)
    ] * 2


@pytest.mark.parametrize(("method", "part"), [("GET", ""), ("DELETE", ""), ("POST", "/restore")])
async def test_routes_of_moderators_are_closed_to_others(
    api: Api, owner: Person, moderator: Person, method: str, part: str
):
    path = f"/moderation/videos/{await api.show_video(owner)}{part}"
    assert kind(await api.call(owner, method, path)) == (403, "forbidden")
    assert kind(await api.call(None, method, path)) == (401, "token-invalid")
    assert kind(await api.call(moderator, method, f"/moderation/videos/{uuid4()}{part}")) == NOT_FOUND
