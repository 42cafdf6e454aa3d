"""What every route about follows, likes, comments, shares and reports refuses."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from hangar_dal import comments, social
from hangar_dal.comments import NewComment
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND = (404, "not-found")
INVALID = (422, "invalid-request")

# `{user}`, `{video}`, `{comment}` and `{unknown}` are ids.
FOR_USERS = [
    "PUT /users/{user}/follow",
    "DELETE /users/{user}/follow",
    "DELETE /me/followers/{user}",
    "POST /me/follow-requests/{user}/accept",
    "POST /me/follow-requests/{user}/refuse",
    "GET /me/follow-requests",
    "GET /me/friends",
    "GET /me/feed",
    "PUT /users/{user}/block",
    "DELETE /users/{user}/block",
    "GET /me/blocks",
    "PUT /videos/{video}/like",
    "DELETE /videos/{video}/like",
    "GET /me/likes",
    "PUT /comments/{comment}/like",
    "DELETE /comments/{comment}/like",
    "POST /videos/{video}/comments",
    "PATCH /comments/{comment}",
    "DELETE /comments/{comment}",
    "GET /me/comments",
    "POST /videos/{video}/shares",
    "DELETE /shares/{unknown}",
    "GET /me/shares",
    "GET /me/shares/received",
    "POST /reports",
    "GET /me/reports",
]
FOR_MODERATORS = [
    "GET /moderation/reports",
    "GET /moderation/reports/claimed",
    "GET /moderation/reports/about/{user}",
    "GET /moderation/reports/{unknown}",
    "POST /moderation/reports/claim",
    "POST /moderation/reports/{unknown}/resolve",
    "POST /moderation/reports/{unknown}/release",
    "GET /moderation/comments/{comment}",
]
# Each with the body that it needs. Hidden things are in the other modules.
UNKNOWN: dict[str, Any] = {
    "GET /users/{unknown}": None,
    "GET /users/{unknown}/followers": None,
    "GET /users/{unknown}/following": None,
    "GET /users/{unknown}/mutual-followers/{user}": None,
    "GET /users/{user}/mutual-followers/{unknown}": None,
    "GET /users/{unknown}/follow-counts": None,
    "PUT /users/{unknown}/follow": None,
    "POST /me/follow-requests/{unknown}/accept": None,
    "POST /me/follow-requests/{unknown}/refuse": None,
    "PUT /users/{unknown}/block": None,
    "GET /videos/{unknown}/counts": None,
    "PUT /videos/{unknown}/like": None,
    "GET /videos/{unknown}/likes": None,
    "PUT /comments/{unknown}/like": None,
    "GET /comments/{unknown}/likes": None,
    "POST /videos/{unknown}/comments": {"body": "Well said"},
    "POST /videos/{video}/comments": {"body": "Well said", "parent_id": "{unknown}"},
    "GET /videos/{unknown}/comments": None,
    "GET /comments/{unknown}": None,
    "GET /comments/{unknown}/answers": None,
    "GET /comments/{unknown}/branch": None,
    "PATCH /comments/{unknown}": {"body": "Well said"},
    "DELETE /comments/{unknown}": None,
    "POST /videos/{unknown}/shares": {},
    "POST /videos/{video}/shares": {"channel": "USER", "recipient_id": "{unknown}"},
    "DELETE /shares/{unknown}": None,
    "POST /reports": {"target_kind": "VIDEO", "target_id": "{comment}", "reason": "SPAM"},
}
# What is as the client wants it already.
NOTHING_TO_DO = ["/users/{}/follow", "/me/followers/{}", "/users/{}/block", "/videos/{}/like", "/comments/{}/like"]

REPORT = {"target_kind": "VIDEO", "target_id": "{video}", "reason": "SPAM"}
BAD_BODIES: dict[str, tuple[str, Any]] = {
    "no comment": ("POST /videos/{video}/comments", {}),
    "an empty comment": ("POST /videos/{video}/comments", {"body": ""}),
    "a blank comment": ("POST /videos/{video}/comments", {"body": " \n\t "}),
    "a long comment": ("POST /videos/{video}/comments", {"body": "x" * 10_001}),
    "a comment with a field of the row": ("POST /videos/{video}/comments", {"body": "x", "author_id": "{user}"}),
    "a comment with a parent that is no id": ("POST /videos/{video}/comments", {"body": "x", "parent_id": "1"}),
    "a change to nothing": ("PATCH /comments/{comment}", {"body": ""}),
    "a change of the status": ("PATCH /comments/{comment}", {"body": "x", "status": "REMOVED"}),
    "an unknown channel": ("POST /videos/{video}/shares", {"channel": "PIGEON"}),
    "a long message": ("POST /videos/{video}/shares", {"message": "x" * 1001}),
    "an unknown field of a share": ("POST /videos/{video}/shares", {"sender": "{user}"}),
    "an unknown target": ("POST /reports", REPORT | {"target_kind": "SHARE"}),
    "an unknown reason": ("POST /reports", REPORT | {"reason": "BORING"}),
    "long details": ("POST /reports", REPORT | {"details": "x" * 2001}),
    "a report that is resolved": ("POST /reports", REPORT | {"status": "RESOLVED"}),
    "a report without a target": ("POST /reports", {"reason": "SPAM"}),
}
LISTS = [
    "/me/follow-requests",
    "/me/friends",
    "/me/feed",
    "/me/blocks",
    "/me/likes",
    "/me/comments",
    "/me/shares",
    "/me/shares/received",
    "/me/reports",
    "/users/{user}/followers",
    "/users/{user}/following",
    "/users/{user}/mutual-followers/{user}",
    "/videos/{video}/likes",
    "/videos/{video}/comments",
    "/comments/{comment}/likes",
    "/comments/{comment}/answers",
    "/moderation/reports",
    "/moderation/reports/about/{user}",
]


@pytest.fixture(scope="module")
async def ids(api: Api, owner: Person) -> dict[str, str]:
    video_id = await api.show_video(owner)
    new = NewComment(video_id=UUID(video_id), author_id=owner.uuid, body="First")
    await comments.create_comment(api.database, new)
    return {"user": owner.id, "video": video_id, "comment": str(new.id), "unknown": str(uuid4())}


async def ask(
    api: Api, person: Person | None, request: str, ids: dict[str, str], body: Any = None, **more: Any
) -> httpx.Response:
    """Send a request with ids for `{user}` and so on."""
    text = json.dumps([request, body])
    for name, value in ids.items():
        text = text.replace("{" + name + "}", value)
    filled, body = json.loads(text)
    method, path = filled.split(" ")
    return await api.call(person, method, path, body, **more)


async def test_only_who_is_signed_in_may(api: Api, ids: dict[str, str], subtests: pytest.Subtests):
    """Whatever the body is: who asks is checked before what is asked."""
    for request_line in FOR_USERS + FOR_MODERATORS:
        with subtests.test(request_line=request_line):
            for body in (None, {"colour": "red"}):
                assert kind(await ask(api, None, request_line, ids, body)) == (401, "token-invalid")


async def test_only_moderators_may(api: Api, ids: dict[str, str], stranger: Person, subtests: pytest.Subtests):
    for request_line in FOR_MODERATORS:
        with subtests.test(request_line=request_line):
            for body in (None, {"colour": "red"}):
                assert kind(await ask(api, stranger, request_line, ids, body)) == (403, "forbidden")


async def test_what_does_not_exist_is_not_found(
    api: Api, ids: dict[str, str], stranger: Person, subtests: pytest.Subtests
):
    for request_line, body in UNKNOWN.items():
        with subtests.test(request_line=request_line):
            assert kind(await ask(api, stranger, request_line, ids, body)) == NOT_FOUND


async def test_what_is_not_there_is_taken_away_without_an_error(api: Api, stranger: Person, subtests: pytest.Subtests):
    for path in NOTHING_TO_DO:
        with subtests.test(path=path):
            assert (await api.call(stranger, "DELETE", path.format(uuid4()))).status_code == 204


async def test_a_body_of_the_wrong_form_is_refused(
    api: Api, ids: dict[str, str], owner: Person, subtests: pytest.Subtests
):
    for name, (request_line, body) in BAD_BODIES.items():
        with subtests.test(name):
            assert kind(await ask(api, owner, request_line, ids, body)) == INVALID
            assert (await api.get(owner, f"/comments/{ids['comment']}"))["body"] == "First"


async def test_a_list_refuses_what_is_no_page_of_it(
    api: Api, ids: dict[str, str], moderator: Person, subtests: pytest.Subtests
):
    """A cursor that is none, or of another list, and a page that is too long or empty."""
    for path in LISTS:
        with subtests.test(path=path):
            for cursor in ("x", "e30", "W251bGwsbnVsbF0K", "WzEsMiwzXQ", "WyJ4IiwieSJd"):
                answer = await ask(api, moderator, f"GET {path}", ids, params={"cursor": cursor})
                assert kind(answer) == (422, "invalid-value"), cursor
            for limit in (0, 101):
                assert kind(await ask(api, moderator, f"GET {path}", ids, params={"limit": limit})) == INVALID


ONESELF: dict[str, Any] = {
    "PUT /users/{me}/follow": None,
    "PUT /users/{me}/block": None,
    "POST /videos/{video}/shares": {"channel": "USER", "recipient_id": "{me}"},
    "POST /reports": {"target_kind": "USER", "target_id": "{me}", "reason": "SPAM"},
}


async def test_nobody_does_this_to_themselves(
    api: Api, ids: dict[str, str], stranger: Person, subtests: pytest.Subtests
):
    for request_line, body in ONESELF.items():
        with subtests.test(request_line=request_line):
            answer = await ask(api, stranger, request_line, ids | {"me": stranger.id}, body)
            assert answer.status_code == 422, answer.text
            assert "themselves" in answer.json()["detail"]


async def test_a_suspended_account_is_not_found_and_not_followed(api: Api, stranger: Person, administrator: Person):
    gone = await api.enter()
    await social.follow(api.database, follower_id=stranger.uuid, followed_id=gone.uuid)
    video_id = await api.show_video(gone)
    await api.call(administrator, "PUT", f"/admin/users/{gone.id}/status", {"status": "SUSPENDED"})
    paths = [f"/users/{gone.id}", f"/users/{gone.id}/followers", f"/videos/{video_id}/comments"]
    for path in paths:
        assert kind(await api.call(stranger, "GET", path)) == NOT_FOUND
    other = await api.enter()
    assert kind(await api.call(other, "PUT", f"/users/{gone.id}/follow")) == NOT_FOUND
    assert kind(await api.call(other, "PUT", f"/videos/{video_id}/like")) == NOT_FOUND
    assert await api.get(stranger, "/me/feed") == {"items": [], "next_cursor": None}
