"""The operations of administrators, as a client sees them: each is allowed to them and forbidden to others."""

from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any
from uuid import uuid4

import httpx
import pytest

from hangar_dal import UserRole, security_events, users
from tests.examples.api.conftest import SENTENCE, Api, Person, kind


async def create(api: Api, admin: Person, user: Person) -> httpx.Response:
    name = f"invited{token_hex(4)}"
    new = {"username": name, "email": f"{name}@hangar.example", "role": "MODERATOR"}
    answer = await api.call(admin, "POST", "/admin/users", new)
    if answer.is_success:
        assert answer.json()["user"]["status"] == "INACTIVE"
        password, token = SENTENCE.format(token_hex(4)), answer.json()["token"]
        accepted = await api.http.post("/invitations/accept", json={"token": token, "password": password})
        assert (accepted.json()["status"], accepted.json()["role"]) == ("ACTIVE", "MODERATOR")
        assert (await api.sign_in(Person(accepted.json()["id"], name, "", password))).status_code == 200
        again = await api.http.post("/invitations/accept", json={"token": token, "password": password})
        assert kind(again) == (401, "token-invalid")
    return answer


async def get(api: Api, admin: Person, user: Person) -> httpx.Response:
    answer = await api.call(admin, "GET", f"/admin/users/{user.id}")
    assert not answer.is_success or answer.json()["email"] == user.email
    return answer


async def list_all(api: Api, admin: Person, user: Person) -> httpx.Response:
    query = {"status": "ACTIVE", "role": "USER", "user_type": "LOCAL", "signed_in": "ever", "limit": "1"}
    answer = await api.call(admin, "GET", "/admin/users", params=query)
    assert not answer.is_success or [each["id"] for each in answer.json()["items"]] == [user.id]
    return answer


async def search(api: Api, admin: Person, user: Person) -> httpx.Response:
    answer = await api.call(admin, "GET", "/admin/users/search", params={"part": user.username[1:].upper()})
    assert not answer.is_success or [each["id"] for each in answer.json()["items"]] == [user.id]
    return answer


async def update(api: Api, admin: Person, user: Person) -> httpx.Response:
    answer = await api.call(admin, "PATCH", f"/admin/users/{user.id}", {"display_name": "Ada", "is_private": True})
    if answer.is_success:
        assert (answer.json()["display_name"], answer.json()["is_private"]) == ("Ada", True)
        events = await api.call(admin, "GET", "/admin/events", params={"user_id": user.id, "limit": "2"})
        changed = {(event["kind"], event["actor_id"]) for event in events.json()["items"]}
        assert changed == {("DISPLAY_NAME_CHANGED", admin.id), ("IS_PRIVATE_CHANGED", admin.id)}
    return answer


async def change_status(api: Api, admin: Person, user: Person) -> httpx.Response:
    answer = await api.call(admin, "PUT", f"/admin/users/{user.id}/status", {"status": "SUSPENDED"})
    if answer.is_success:
        assert answer.json()["is_active"] is False
        assert kind(await api.call(user, "GET", "/me")) == (401, "token-invalid")
        assert kind(await api.sign_in(user)) == (401, "invalid-credentials")
    return answer


async def change_role(api: Api, admin: Person, user: Person) -> httpx.Response:
    answer = await api.call(admin, "PUT", f"/admin/users/{user.id}/role", {"role": "ADMIN"})
    if answer.is_success:
        assert answer.json()["is_admin"] is True
        assert (await api.call(user, "GET", "/admin/users")).status_code == 200
    return answer


async def reset_password(api: Api, admin: Person, user: Person) -> httpx.Response:
    new = SENTENCE.format(token_hex(4))
    answer = await api.call(admin, "PUT", f"/admin/users/{user.id}/password", {"password": new})
    if answer.is_success:
        assert kind(await api.call(user, "GET", "/me")) == (401, "token-invalid")
        user.password = new
        assert (await api.sign_in(user)).status_code == 200
    return answer


async def confirm_email(api: Api, admin: Person, user: Person) -> httpx.Response:
    answer = await api.call(admin, "POST", f"/admin/users/{user.id}/email-confirmation")
    if answer.is_success:
        token = answer.json()["token"]
        assert (await api.http.post("/email/confirm", json={"token": token})).json()["id"] == user.id
        assert kind(await api.http.post("/email/confirm", json={"token": token})) == (401, "token-invalid")
    return answer


async def list_sessions(api: Api, admin: Person, user: Person) -> httpx.Response:
    answer = await api.call(admin, "GET", f"/admin/users/{user.id}/sessions")
    if answer.is_success:
        assert len(answer.json()["items"]) == 1
        assert user.tokens["refresh_token"] not in answer.text
    return answer


async def revoke_sessions(api: Api, admin: Person, user: Person) -> httpx.Response:
    answer = await api.call(admin, "DELETE", f"/admin/users/{user.id}/sessions")
    if answer.is_success:
        assert answer.json() == {"ended": 1}
        assert kind(await api.call(user, "GET", "/me")) == (401, "token-invalid")
    return answer


async def revoke_session(api: Api, admin: Person, user: Person) -> httpx.Response:
    listed = await api.call(admin, "GET", f"/admin/users/{user.id}/sessions")
    session = listed.json()["items"][0]["id"] if listed.is_success else uuid4()
    answer = await api.call(admin, "DELETE", f"/admin/users/{user.id}/sessions/{session}")
    if answer.is_success:
        assert kind(await api.call(user, "GET", "/me")) == (401, "token-invalid")
    return answer


async def list_events(api: Api, admin: Person, user: Person) -> httpx.Response:
    first = await api.call(admin, "GET", "/admin/events", params={"user_id": user.id, "limit": "1"})
    if first.is_success:
        assert [event["kind"] for event in first.json()["items"]] == ["SIGN_IN"]
        query = {"user_id": user.id, "limit": "1", "cursor": first.json()["next_cursor"]}
        rest = await api.call(admin, "GET", "/admin/events", params=query)
        assert [event["kind"] for event in rest.json()["items"]] == ["REGISTERED"]
        query["cursor"] = rest.json()["next_cursor"]
        end = await api.call(admin, "GET", "/admin/events", params=query)
        assert end.json() == {"items": [], "next_cursor": None}
    return first


async def show_statistics(api: Api, admin: Person, user: Person) -> httpx.Response:
    answer = await api.call(admin, "GET", "/admin/statistics")
    if answer.is_success:
        expected = await users.count_users(api.database)
        assert sum(each["users"] for each in answer.json()["now"]) == expected
        assert sum(each["users"] for each in answer.json()["new"]) == expected
        assert answer.json()["active"]
    return answer


async def export(api: Api, admin: Person, user: Person) -> httpx.Response:
    answer = await api.call(admin, "GET", f"/admin/users/{user.id}/export")
    if answer.is_success:
        assert [row["email"] for row in answer.json()["users"]] == [user.email]
        assert len(answer.json()["refresh_tokens"]) == 1
        assert user.tokens["refresh_token"] not in answer.text
    return answer


async def erase(api: Api, admin: Person, user: Person) -> httpx.Response:
    answer = await api.call(admin, "DELETE", f"/admin/users/{user.id}")
    if answer.is_success:
        assert kind(await api.call(admin, "GET", f"/admin/users/{user.id}")) == (404, "not-found")
        assert kind(await api.call(user, "GET", "/me")) == (401, "token-invalid")
        assert kind(await api.sign_in(user)) == (401, "invalid-credentials")
    return answer


async def merge(api: Api, admin: Person, user: Person) -> httpx.Response:
    merged = await api.enter()
    cookies = {"platform": "starmap", "cookies": [], "expires_at": "2099-01-01T00:00:00Z"}
    stored = (await api.call(merged, "POST", "/me/cookies", cookies)).json()
    answer = await api.call(admin, "POST", f"/admin/users/{user.id}/merge", {"merged": merged.id})
    if answer.is_success:
        assert answer.json()["email"] == user.email
        assert [each["id"] for each in (await api.call(user, "GET", "/me/cookies")).json()] == [stored["id"]]
        assert kind(await api.call(merged, "GET", "/me")) == (401, "token-invalid")
        again = await api.call(admin, "POST", f"/admin/users/{user.id}/merge", {"merged": merged.id})
        assert kind(again) == (404, "not-found")
        itself = await api.call(admin, "POST", f"/admin/users/{user.id}/merge", {"merged": user.id})
        assert kind(itself) == (422, "invalid-value")
    return answer


Operation = Callable[[Api, Person, Person], Awaitable[httpx.Response]]
OPERATIONS: list[Operation] = [
    create,
    get,
    list_all,
    search,
    update,
    change_status,
    change_role,
    reset_password,
    confirm_email,
    list_sessions,
    revoke_sessions,
    revoke_session,
    list_events,
    show_statistics,
    export,
    erase,
    merge,
]


@pytest.fixture(scope="module")
async def moderator(api: Api) -> Person:
    return await api.enter(UserRole.MODERATOR)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
async def test_allowed(api: Api, administrator: Person, operation: Operation):
    answer = await operation(api, administrator, await api.enter())
    assert answer.is_success, answer.text


async def test_forbidden(api: Api, moderator: Person, subtests: pytest.Subtests):
    """To a moderator, and so to other users too."""
    for operation in OPERATIONS:
        with subtests.test(operation=operation.__name__):
            user = await api.enter()
            before = await users.get_user(api.database, user.uuid)
            assert kind(await operation(api, moderator, user)) == (403, "forbidden")
            assert await users.get_user(api.database, user.uuid) == before
            assert (await api.call(user, "GET", "/me")).status_code == 200


def test_every_route_of_administrators_is_tried(operations: list[tuple[str, str]]):
    """A new route with the prefix /admin needs an operation above, one allowed and one forbidden."""
    assert sum(path.startswith("/admin") for _, path in operations) == len(OPERATIONS)


async def test_nobody_gets_in_without_a_token(api: Api, subtests: pytest.Subtests):
    for path in ["/admin/users", "/admin/statistics", "/admin/events"]:
        with subtests.test(path=path):
            assert kind(await api.http.get(path)) == (401, "token-invalid")


@pytest.mark.parametrize("order", ["newest", "oldest", "name"])
async def test_pages_have_every_user_once(api: Api, administrator: Person, order: str):
    for number in range(3):
        await api.register(display_name=f"ÄÖ {number // 2}")
    ids: list[str] = []
    query: dict[str, Any] | None = {"order": order, "limit": 2}
    while query is not None:
        page = (await api.call(administrator, "GET", "/admin/users", params=query)).json()
        ids += [user["id"] for user in page["items"]]
        query = query | {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert len(ids) == len(set(ids)) == await users.count_users(api.database)


async def test_a_search_comes_in_pages(api: Api, administrator: Person):
    part = token_hex(6)
    made = [(await api.register(display_name=f"{part} {number // 2}")).id for number in range(3)]
    first = (await api.call(administrator, "GET", "/admin/users/search", params={"part": part, "limit": "2"})).json()
    query = {"part": part, "limit": "2", "cursor": first["next_cursor"]}
    second = (await api.call(administrator, "GET", "/admin/users/search", params=query)).json()
    assert [user["id"] for user in first["items"] + second["items"]] == made


async def test_events_name_the_administrator(api: Api):
    admin, user = await api.enter(UserRole.ADMIN), await api.enter()
    await change_role(api, admin, user)
    await revoke_sessions(api, admin, user)
    await change_status(api, admin, user)
    events = await security_events.list_security_events(api.database, user_id=user.uuid)
    by_admin = [event.kind for event in reversed(events) if event.actor_id == admin.uuid]
    assert by_admin == ["ROLE_CHANGED", "SIGNED_OUT", "STATUS_CHANGED"]


async def test_an_unknown_user_is_not_found(api: Api, administrator: Person, subtests: pytest.Subtests):
    for method, path, body in [
        ("GET", "", None),
        ("PATCH", "", {"is_private": True}),
        ("PATCH", "", {}),
        ("PUT", "/status", {"status": "ACTIVE"}),
        ("PUT", "/role", {"role": "USER"}),
        ("PUT", "/password", {"password": "four copper kettles on a quiet pier"}),
        ("POST", "/email-confirmation", None),
        ("GET", "/sessions", None),
        ("GET", "/export", None),
        ("DELETE", "", None),
        ("DELETE", "/sessions", None),
    ]:
        with subtests.test(method=method, path=path):
            assert kind(await api.call(administrator, method, f"/admin/users/{uuid4()}{path}", body)) == (
                404,
                "not-found",
            )
