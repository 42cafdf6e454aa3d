"""Long runs of the application: requests that its OpenAPI document allows or forbids, and many clients at once."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from hangar_api.catalog import CATALOG
from hangar_api.mail import Message, Send
from hangar_api.main import create_app
from hangar_api.settings import ApiSettings
from hangar_dal import (
    Settings,
    UserRole,
    builders,
    comments,
    open_database,
    reports,
    sealing,
    security_events,
    session_cookies,
    shares,
    users,
    videos,
)
from hangar_dal.security_events import SecurityEvent
from tests.examples.api.conftest import SENTENCE, Api, Person
from tests.examples.api.servers import served, with_keys

CLIENTS = 64
SECONDS = 60


@pytest.fixture(scope="module")
def send_mail() -> Send:
    async def discard(message: Message) -> None:
        pass

    return discard


@pytest.fixture(scope="module")
async def admin(api: Api) -> Person:
    """Who makes the requests."""
    return await api.enter(UserRole.ADMIN)


async def known_ids(api: Api, admin: Person) -> dict[str, str]:
    """New things that the administrator sees, by the names that paths and bodies have for them."""
    db, own = api.database, admin.uuid
    user = await users.insert_user(db, builders.user(), hashed_password="!")
    video = await videos.create_video(db, builders.video(own))
    comment = await comments.create_comment(db, builders.comment(video=video, author=own))
    share = await shares.share_video(db, builders.share(video=video, user=own, recipient=user))
    report = await reports.create_report(db, builders.report(comment, reporter=user))
    while await reports.claim_report(db, moderator_id=own):
        pass  # until no report is left, so that this one is claimed too
    found = {"user_id": user.id, "other_id": own, "recipient_id": user.id, "video_id": video.id, "target_id": video.id}
    found |= {"comment_id": comment.id, "parent_id": comment.id, "share_id": share.id, "report_id": report.id}
    return {"target_kind": "VIDEO"} | {name: str(value) for name, value in found.items()}


def cases() -> st.SearchStrategy[Any]:
    """Requests to every route, half of them as the document wants them."""
    import schemathesis  # noqa: PLC0415  (takes a second, which other runs need not spend)

    app = create_app(ApiSettings.model_validate({"token_keys": sealing.new_key()}), Settings())
    operations = schemathesis.openapi.from_dict(app.openapi()).get_all_operations()
    modes = list(schemathesis.GenerationMode)
    return st.one_of([each.ok().as_strategy(generation_mode=mode) for each in operations for mode in modes])


@pytest.mark.long
@given(case=st.deferred(cases), is_known=st.booleans())
@examples(max_examples=2000, suppress_health_check=list(HealthCheck))
async def test_no_request_is_a_server_error(api: Api, admin: Person, case: Any, is_known: bool):
    login = {"login": admin.email, "password": admin.password}
    admin.tokens = (await api.http.post("/login", json=login)).json()  # the request before may have signed it out
    known = await known_ids(api, admin) if is_known else {}
    for part in (case.path_parameters, case.body):
        if isinstance(part, dict):
            part.update({name: value for name, value in known.items() if name in part})
    request = case.as_transport_kwargs(base_url="http://api.example")
    parts = ("method", "url", "params", "json", "data", "files", "content")
    sent = {name: request[name] for name in parts if request.get(name) is not None}
    if isinstance(sent.get("data"), bytes):
        sent["content"] = sent.pop("data")
    headers = {**(request.get("headers") or {}), **admin.bearer}
    try:
        answer = await api.http.request(**sent, headers=headers)
    except (httpx.InvalidURL, UnicodeEncodeError):
        return  # the client itself cannot send it
    assert answer.status_code < 500, answer.text


@pytest.mark.long
@pytest.mark.parametrize("seconds", [SECONDS])
async def test_many_clients_get_no_error_and_lose_no_update(settings: Settings, tmp_path: Path, seconds: int):
    done: Counter[str] = Counter()

    async def live(number: int, url: str, all_in: asyncio.Barrier) -> None:
        # The server closes a connection that was idle for 5 seconds, so a client must not use it at that moment.
        idle = httpx.Limits(keepalive_expiry=2)
        async with httpx.AsyncClient(base_url=url, timeout=120, limits=idle) as http:

            async def call(method: str, path: str, body: Any = None) -> Any:
                answer = await http.request(method, path, json=body)
                assert answer.is_success, (method, path, answer.status_code, answer.text)
                done[path.partition("?")[0]] += 1
                return answer.json()

            name = f"client{number}"
            fields = {"username": name, "email": f"{name}@hangar.example", "password": SENTENCE.format(number)}
            await call("POST", "/register", fields)
            tokens = await call("POST", "/login", {"login": name, "password": fields["password"]})
            stored = 0
            await all_in.wait()
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
                await call("PATCH", "/me", {"display_name": f"{name} {stored}"})
                ends_at = "2099-01-01T00:00:00Z"
                await call("POST", "/me/cookies", {"platform": "x", "cookies": [], "expires_at": ends_at})
                stored += 1
                assert (await call("GET", "/me"))["display_name"] == f"{name} {stored - 1}"
                if stored % 10 == 0:
                    assert len(await call("GET", "/me/cookies")) == stored
                tokens = await call("POST", "/token/refresh", {"refresh_token": tokens["refresh_token"]})
            assert len((await call("GET", "/me/sessions"))["items"]) == 1
            done["stored"] += stored

    given = with_keys(settings, tmp_path, API_PORT="0")
    with served(["-m", "hangar_api"], tmp_path, given) as server:
        all_in = asyncio.Barrier(CLIENTS)
        await asyncio.gather(*(live(number, server.url, all_in) for number in range(CLIENTS)))
        server.stop()
    assert "ERROR" not in server.log.read_text()
    async with open_database(settings, catalog=CATALOG) as db:
        assert await session_cookies.count_session_cookies(db) == done["stored"] > CLIENTS
        assert await users.count_users(db) == CLIENTS
        events: list[SecurityEvent] = []
        while page := await security_events.list_security_events(db, after=events[-1] if events else None, limit=1000):
            events += page
    kinds = Counter(event.kind for event in events)
    assert kinds == {"REGISTERED": CLIENTS, "SIGN_IN": CLIENTS, "DISPLAY_NAME_CHANGED": done["stored"]}
    print(f"{CLIENTS} clients, {seconds} s: {done.total() - done['stored']} requests")
