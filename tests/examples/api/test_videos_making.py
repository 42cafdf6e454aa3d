"""Videos of their owner: create, list, change, and what is refused."""

from typing import Any
from uuid import uuid4

import pytest

from hangar_dal import uuid7
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND = (404, "not-found")


async def test_a_new_video_is_private_and_waits_for_its_file(api: Api, owner: Person):
    video = await api.upload(owner, language="de", category="travel", duration_ms=61_000)
    assert (video["status"], video["visibility"], video["published_at"]) == ("UPLOADING", "PRIVATE", None)
    assert (video["owner_id"], video["language"], video["duration_ms"]) == (owner.id, "de", 61_000)
    assert "metadata" not in video


async def test_a_create_that_is_repeated_with_its_id_makes_one_video(api: Api):
    owner, given = await api.enter(), str(uuid7())
    first = await api.upload(owner, id=given)
    assert first["id"] == given
    assert await api.upload(owner, id=given, title="Another title") == first
    assert await api.all_of(owner, "/me/videos") == [first]


async def test_an_id_of_somebody_else_s_video_is_taken(api: Api, owner: Person, stranger: Person):
    video = await api.upload(owner)
    answer = await api.call(stranger, "POST", "/videos", {"id": video["id"], "title": "Mine"})
    assert kind(answer) == (409, "unique-violation")
    assert answer.json()["detail"] == "Another video has this id already."


async def test_a_create_with_a_field_that_is_not_the_owner_s_to_set_is_refused(
    api: Api, owner: Person, subtests: pytest.Subtests
):
    for field in ["status", "owner_id", "published_at", "metadata", "views"]:
        with subtests.test(field=field):
            answer = await api.call(owner, "POST", "/videos", {"title": "Flight", field: None})
            assert kind(answer) == (422, "invalid-request")


BAD_FIELDS: dict[str, dict[str, Any]] = {
    "no title": {"title": ""},
    "a long title": {"title": "x" * 201},
    "a title with NUL": {"title": "a\0b"},
    "a long description": {"description": "x" * 10_001},
    "a language that is none": {"language": "English!"},
    "a long category": {"category": "x" * 51},
    "31 tags": {"tags": [f"tag{number}" for number in range(31)]},
    "an empty tag": {"tags": [""]},
    "a long tag": {"tags": ["x" * 51]},
    "a tag with a comma": {"tags": ["one,two"]},
    "a negative duration": {"duration_ms": -1},
    "a duration too large to store": {"duration_ms": 2**63},
    "an unknown visibility": {"visibility": "SECRET"},
    "a thumbnail that runs a script": {"thumbnail": "javascript:alert(1)"},
}


async def test_a_bad_field_is_refused_in_a_new_video_and_in_a_change(
    api: Api, owner: Person, subtests: pytest.Subtests
):
    for name, fields in BAD_FIELDS.items():
        with subtests.test(name):
            assert (await api.call(owner, "POST", "/videos", {"title": "Flight"} | fields)).status_code == 422
            video = await api.upload(owner)
            assert (await api.call(owner, "PATCH", f"/videos/{video['id']}", fields)).status_code == 422
            assert await api.get(owner, f"/videos/{video['id']}") == video | {
                "owner": {"id": owner.id, "username": owner.username, "display_name": owner.username},
                "renditions": [],
                "views": 0,
            }


async def test_tags_are_folded_and_each_is_stored_once(api: Api, owner: Person):
    video = await api.upload(owner, tags=["Straße", "STRASSE", "two words"])
    assert video["tags"] == ["strasse", "two-words"]
    changed = await api.call(owner, "PATCH", f"/videos/{video['id']}", {"tags": ["ÜBER"]})
    assert changed.json()["tags"] == ["über"]


async def test_my_videos_come_in_pages_the_newest_first_and_by_status(api: Api):
    owner = await api.enter()
    made = [(await api.upload(owner, title=f"Flight {number}"))["id"] for number in range(5)]
    assert [each["id"] for each in await api.all_of(owner, "/me/videos")] == made[::-1]
    answer = await api.call(owner, "PUT", f"/videos/{made[2]}/status", {"status": "FAILED"})
    assert answer.status_code == 200
    assert [each["id"] for each in await api.all_of(owner, "/me/videos", status="FAILED")] == [made[2]]
    assert len(await api.all_of(owner, "/me/videos", status="UPLOADING")) == 4
    assert await api.all_of(owner, "/me/videos", status="READY") == []


async def test_my_videos_with_a_query_of_the_wrong_form_are_refused(api: Api, owner: Person, subtests: pytest.Subtests):
    for query in [{"status": "LOST"}, {"cursor": "bnVsbA"}, {"cursor": "WzEsMl0"}, {"limit": 0}, {"limit": 101}]:
        with subtests.test(query=query):
            assert (await api.call(owner, "GET", "/me/videos", params=query)).status_code == 422


async def test_a_change_leaves_other_fields_as_they_are_and_null_clears(api: Api, owner: Person):
    video = await api.upload(owner, description="Over the sea", language="de", thumbnail="https://images.example/1")
    path = f"/videos/{video['id']}"
    changed = (await api.call(owner, "PATCH", path, {"title": "Landing", "language": None})).json()
    assert changed == video | {"title": "Landing", "language": None, "updated_at": changed["updated_at"]}
    assert (await api.call(owner, "PATCH", path, {})).json() == changed


async def test_a_field_that_a_video_needs_cannot_be_cleared(api: Api, owner: Person, subtests: pytest.Subtests):
    for field in ["title", "description", "tags", "visibility", "duration_ms"]:
        with subtests.test(field=field):
            video = await api.upload(owner)
            assert (await api.call(owner, "PATCH", f"/videos/{video['id']}", {field: None})).status_code == 422


NEEDS_A_USER = {
    "create": ("POST", "/videos", {"title": "Flight"}),
    "list mine": ("GET", "/me/videos", None),
    "change": ("PATCH", "/videos/{id}", {"title": "x"}),
    "publish": ("POST", "/videos/{id}/publish", {}),
    "change the status": ("PUT", "/videos/{id}/status", {"status": "FAILED"}),
    "remove": ("DELETE", "/videos/{id}", None),
    "restore": ("POST", "/videos/{id}/restore", None),
    "replace renditions": ("PUT", "/videos/{id}/renditions", []),
    "record a view": ("POST", "/videos/{id}/views", None),
    "views per day": ("GET", "/videos/{id}/views", None),
}
OWNER_ONLY = {name: call for name, call in NEEDS_A_USER.items() if "{id}" in call[1] and name != "record a view"}


async def test_somebody_who_is_not_signed_in_is_told_to_sign_in(api: Api, owner: Person, subtests: pytest.Subtests):
    for name, (method, path, body) in NEEDS_A_USER.items():
        with subtests.test(name):
            answer = await api.call(None, method, path.format(id=await api.show_video(owner)), body)
            assert kind(answer) == (401, "token-invalid")
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_video_of_somebody_else_is_not_found_even_if_it_is_public(
    api: Api, owner: Person, stranger: Person, subtests: pytest.Subtests
):
    for name, (method, path, body) in OWNER_ONLY.items():
        with subtests.test(name):
            public = await api.show_video(owner)
            before = await api.get(None, f"/videos/{public}")
            hidden, missing, wrong = [
                await api.call(stranger, method, path.format(id=video_id), body)
                for video_id in (public, uuid4(), "seven")
            ]
            assert kind(hidden) == NOT_FOUND
            assert hidden.json() == missing.json(), "as if there were no such video"
            assert await api.get(None, f"/videos/{public}") == before
            assert kind(wrong) == (422, "invalid-request")
