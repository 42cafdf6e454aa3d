"""The profile, the password, the sessions and the cookies of a user, as a client sees them."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_hex
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from hangar_api.main import create_app
from hangar_api.settings import ApiSettings
from hangar_dal import Settings, sealing, session_cookies
from tests.examples.api.conftest import SENTENCE, Api, kind

SEEN: list[str | None] = []
BEGUN, END = threading.Event(), threading.Event()  # of the answer at /slow


class Platform(BaseHTTPRequestHandler):
    """Answers every request, sets a cookie, and notes the cookies that it got."""

    def do_GET(self) -> None:
        SEEN.append(self.headers["Cookie"])
        self.send_response(200)
        self.send_header("Set-Cookie", "mine=for this user only")
        self.send_header("Content-Length", "1")
        self.end_headers()
        if self.path == "/slow":
            BEGUN.set()
            END.wait(60)
        self.wfile.write(b".")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def own_settings() -> Iterator[ApiSettings]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Platform) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/"
        platforms = {"starmap": address, "slow": f"{address}slow"}
        yield ApiSettings.model_validate({"token_keys": sealing.new_key(), "platforms": platforms})
        server.shutdown()
        thread.join()


async def test_a_field_that_is_not_sent_stays(api: Api):
    person = await api.enter()
    assert (await api.call(person, "PATCH", "/me", {"phone_number": "+12025550123"})).status_code == 200
    answer = await api.call(person, "PATCH", "/me", {"display_name": "Ada L.", "is_private": True})
    body = answer.json()
    assert (body["display_name"], body["phone_number"], body["is_private"]) == ("Ada L.", "+12025550123", True)
    assert (await api.call(person, "PATCH", "/me", {})).json() == body


@pytest.mark.parametrize("field", ["role", "status", "email", "is_admin", "hashed_password"])
async def test_users_cannot_change_what_is_not_theirs_to_change(api: Api, field: str):
    person = await api.enter()
    answer = await api.call(person, "PATCH", "/me", {field: "ADMIN"})
    assert kind(answer) == (422, "invalid-request")


async def test_a_new_password_ends_all_sessions(api: Api):
    person = await api.enter()
    new = SENTENCE.format(token_hex(4))
    wrong = {"old_password": person.password + "!", "new_password": new}
    assert kind(await api.call(person, "PUT", "/me/password", wrong)) == (401, "invalid-credentials")
    weak = {"old_password": person.password, "new_password": "short"}
    assert kind(await api.call(person, "PUT", "/me/password", weak)) == (422, "weak-password")
    right = {"old_password": person.password, "new_password": new}
    assert (await api.call(person, "PUT", "/me/password", right)).status_code == 204
    assert kind(await api.call(person, "GET", "/me")) == (401, "token-invalid")
    assert kind(await api.sign_in(person)) == (401, "invalid-credentials")
    person.password = new
    assert (await api.sign_in(person)).status_code == 200


async def test_sessions_come_in_pages_and_can_be_ended(api: Api):
    person = await api.enter()
    for _ in range(2):
        await api.sign_in(person)
    ids, cursor = [], None
    while True:
        query = {"limit": "1"} | ({"cursor": cursor} if cursor else {})
        page = (await api.call(person, "GET", "/me/sessions", params=query)).json()
        ids += [(each["id"], each["is_current"]) for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [is_current for _, is_current in ids] == [True, False, False]

    other = await api.enter()
    path = f"/me/sessions/{ids[2][0]}"
    assert kind(await api.call(other, "DELETE", path)) == (404, "not-found")
    assert (await api.call(person, "DELETE", path)).status_code == 204
    assert kind(await api.call(person, "DELETE", path)) == (404, "not-found")
    assert len((await api.call(person, "GET", "/me/sessions")).json()["items"]) == 2


async def test_a_cursor_of_the_client_s_own_is_refused(api: Api, subtests: pytest.Subtests):
    for cursor in ["", "x", "e30", "bnVsbA", "ü", "e30=" * 9]:
        with subtests.test(cursor=cursor):
            person = await api.enter()
            answer = await api.call(person, "GET", "/me/sessions", params={"cursor": cursor})
            assert kind(answer) == (422, "invalid-value")


def cookies(value: str, **changes: Any) -> dict[str, Any]:
    ends = datetime.now(UTC) + timedelta(days=1)
    listed = [
        {"name": "sid", "value": value, "domain": "127.0.0.1", "path": "/"},
        {"name": "elsewhere", "value": value, "domain": "other.example", "path": "/"},
        {"name": "deeper", "value": value, "domain": "127.0.0.1", "path": "/deeper"},
    ]
    return {"platform": "starmap", "cookies": listed, "expires_at": ends.isoformat()} | changes


async def test_cookies_are_stored_listed_used_and_deleted_and_never_shown(api: Api):
    person, value = await api.enter(), token_hex(12)
    stored = await api.call(person, "POST", "/me/cookies", cookies(value))
    assert stored.status_code == 201, stored.text
    path = f"/me/cookies/{stored.json()['id']}"
    listed = await api.call(person, "GET", "/me/cookies", params={"platform": "starmap"})
    assert listed.json() == [stored.json()]
    used = await api.call(person, "POST", f"{path}/use")
    assert used.json() == {"platform_status": 200}
    assert SEEN[-1] == f"sid={value}", "the platform gets its own cookies only"
    assert not [answer for answer in (stored, listed, used) if value in answer.text]
    for status in (204, 404):
        assert (await api.call(person, "DELETE", path)).status_code == status
    assert await session_cookies.count_session_cookies(api.database, user_id=person.uuid) == 0


async def test_cookies_are_listed_and_deleted_without_opening_them(
    api: Api, api_settings: Settings, own_settings: ApiSettings
):
    """The second application has a key that opens none of them."""
    person = await api.enter()
    stored = [(await api.call(person, "POST", "/me/cookies", cookies("x", platform=name))).json() for name in "aba"]
    app = create_app(own_settings, api_settings.model_copy(update={"sealing_keys": SecretStr(sealing.new_key())}))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api.example") as http,
    ):
        second = Api(app, http)
        assert (await second.call(person, "GET", "/me/cookies")).json() == stored[::-1]
        listed = await second.call(person, "GET", "/me/cookies", params={"platform": "a"})
        assert listed.json() == [stored[2], stored[0]]
        assert (await second.call(person, "DELETE", f"/me/cookies/{stored[0]['id']}")).status_code == 204
        assert (await second.call(person, "GET", "/me/cookies")).json() == [stored[2], stored[1]]


async def test_what_a_platform_sets_is_not_kept_for_the_next_user(api: Api):
    for _ in range(2):
        person, value = await api.enter(), token_hex(12)
        stored = await api.call(person, "POST", "/me/cookies", cookies(value))
        assert (await api.call(person, "POST", f"/me/cookies/{stored.json()['id']}/use")).status_code == 200
        assert SEEN[-1] == f"sid={value}"


async def test_what_a_platform_sets_is_not_sent_for_another_user_at_the_same_time(api: Api):
    """While the first answer is under way: its headers, which set a cookie, have come, and its body has not."""
    first, second = await api.enter(), await api.enter()
    paths = []
    for person, platform in ((first, "slow"), (second, "starmap")):
        stored = await api.call(person, "POST", "/me/cookies", cookies(person.username, platform=platform))
        paths.append(f"/me/cookies/{stored.json()['id']}/use")
    BEGUN.clear()
    END.clear()
    slow = asyncio.create_task(api.call(first, "POST", paths[0]))
    try:
        await asyncio.to_thread(BEGUN.wait, 60)
        await api.call(second, "POST", paths[1])
        assert SEEN[-1] == f"sid={second.username}"
    finally:
        END.set()
    assert (await slow).json() == {"platform_status": 200}


async def test_cookies_of_others_are_not_found(api: Api):
    person, other = await api.enter(), await api.enter()
    stored = await api.call(person, "POST", "/me/cookies", cookies("x"))
    for place in (stored.json()["id"], uuid4()):
        assert kind(await api.call(other, "DELETE", f"/me/cookies/{place}")) == (404, "not-found")
        assert kind(await api.call(other, "POST", f"/me/cookies/{place}/use")) == (404, "not-found")
    assert (await api.call(other, "GET", "/me/cookies")).json() == []
    assert len((await api.call(person, "GET", "/me/cookies")).json()) == 1


async def test_cookies_of_a_platform_without_an_address_are_not_sent(api: Api):
    person, before = await api.enter(), len(SEEN)
    stored = await api.call(person, "POST", "/me/cookies", cookies("x", platform="unknown"))
    assert (await api.call(person, "POST", f"/me/cookies/{stored.json()['id']}/use")).status_code == 409
    assert len(SEEN) == before
