"""The example application, as a client sees it."""

import importlib.util
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import UUID

import httpx
import pytest

from hangar_dal import ACCOUNTS, Settings, open_database, sealing, session_cookies, users
from tests.helpers.domain_fixtures import cheap_hasher as cheap_hasher

EXAMPLE = Path(__file__).parents[2] / "examples" / "fastapi_app.py"
ADA = {"username": "Ada", "email": "ada@hangar.example", "password": token_hex()}


@pytest.fixture
def app_settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    return Settings()


@pytest.fixture
async def client(app_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    spec = importlib.util.spec_from_file_location("fastapi_app", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    async with (
        module.app.router.lifespan_context(module.app),
        httpx.AsyncClient(transport=httpx.ASGITransport(module.app), base_url="http://hangar.example") as client,
    ):
        yield client


async def test_what_was_answered_with_success_is_committed(client: httpx.AsyncClient, app_settings: Settings):
    answer = await client.post("/users", json=ADA)
    assert answer.status_code == 201, answer.text
    assert "password" not in answer.text

    async with open_database(app_settings, catalog=ACCOUNTS) as other:
        assert (await users.find_user_by_email(other, "ADA@hangar.example")).username == "Ada"


async def test_a_refused_request_leaves_nothing(client: httpx.AsyncClient):
    await client.post("/users", json=ADA)
    taken = await client.post("/users", json=ADA | {"username": "ADA", "email": "other@hangar.example"})
    assert taken.status_code == 409
    assert len((await client.get("/users")).json()) == 1


async def test_a_weak_password_and_an_unknown_user_have_their_statuses(client: httpx.AsyncClient):
    assert (await client.post("/users", json=ADA | {"password": "short"})).status_code == 422
    assert (await client.get("/users/01890000-0000-7000-8000-000000000000")).status_code == 404


async def test_what_breaks_a_rule_is_refused_and_not_repeated(client: httpx.AsyncClient):
    refused = await client.post("/users", json=ADA | {"username": "a@b"})
    assert refused.status_code == 422
    assert "a@b" not in refused.text


async def test_a_field_that_is_not_sent_stays(client: httpx.AsyncClient):
    ada = (await client.post("/users", json=ADA)).json()
    assert (await client.patch(f"/users/{ada['id']}", json={"phone_number": "+12025550123"})).status_code == 200
    answer = await client.patch(f"/users/{ada['id']}", json={"display_name": "Ada L."})
    assert (answer.json()["display_name"], answer.json()["phone_number"]) == ("Ada L.", "+12025550123")


async def test_a_session_goes_in_and_only_its_id_comes_back(client: httpx.AsyncClient, app_settings: Settings):
    ada = (await client.post("/users", json=ADA)).json()
    ends = datetime.now(UTC) + timedelta(days=1)
    new = {"platform": "starmap", "cookies": [{"name": "sid", "value": "c"}], "expires_at": ends.isoformat()}
    answer = await client.post(f"/users/{ada['id']}/sessions", json=new)
    assert answer.status_code == 201, answer.text

    async with open_database(app_settings, catalog=ACCOUNTS) as other:
        assert (await session_cookies.get_session_cookie(other, UUID(answer.json()))).cookies == new["cookies"]


CANARY = f"canary{token_hex(12)}"
NOBODY = "/users/01890000-0000-7000-8000-000000000000"
SESSION: dict[str, Any] = {"platform": "x", "cookies": [], "expires_at": "2099-01-01T00:00:00Z"}
# Each holds the canary where a password or a cookie belongs, or next to it, and breaks a rule.
BROKEN: dict[str, tuple[str, str, Any]] = {
    "password in a list": ("POST", "/users", ADA | {"password": [CANARY]}),
    "password in an object": ("POST", "/users", ADA | {"password": {CANARY: CANARY}}),
    "password too short": ("POST", "/users", ADA | {"password": CANARY[:9]}),
    "password too long": ("POST", "/users", ADA | {"password": CANARY * 100}),
    "password with NUL": ("POST", "/users", ADA | {"password": f"{CANARY}\0"}),
    "password with half a character": ("POST", "/users", ADA | {"password": f"{CANARY}\ud800"}),
    "no e-mail beside the password": ("POST", "/users", {"username": "Ada", "password": CANARY}),
    "wrong username beside the password": ("POST", "/users", ADA | {"username": 1, "password": CANARY}),
    "refused username beside the password": ("POST", "/users", ADA | {"username": "a@b", "password": CANARY}),
    "password alone": ("POST", "/users", CANARY),
    "password in the wrong field": ("POST", "/users", {"email": {"password": CANARY}}),
    "password in a query": ("GET", f"/users?after={CANARY}", None),
    "password in a path": ("GET", f"/users/{CANARY}", None),
    "password in a change": ("PATCH", NOBODY, {"phone_number": [CANARY]}),
    "refused phone number": ("PATCH", NOBODY, {"phone_number": CANARY}),
    "no platform beside the cookies": ("POST", f"{NOBODY}/sessions", {"cookies": [CANARY]}),
    "cookies as text": ("POST", f"{NOBODY}/sessions", SESSION | {"cookies": CANARY}),
    "cookies that are no JSON": ("POST", f"{NOBODY}/sessions", SESSION | {"cookies": {CANARY: [float("nan"), CANARY]}}),
    "cookies with a key of NUL": ("POST", f"{NOBODY}/sessions", SESSION | {"cookies": {f"{CANARY}\0": CANARY}}),
    "cookies with half a character": ("POST", f"{NOBODY}/sessions", SESSION | {"cookies": [f"{CANARY}\ud800"]}),
    "cookies under a key of half a character": (
        "POST", f"{NOBODY}/sessions", SESSION | {"cookies": {f"{CANARY}\ud800": 1}}
    ),
    "cookies too deep": ("POST", f"{NOBODY}/sessions", SESSION | {"cookies": json.loads("[" * 80 + "]" * 80)}),
    "expired cookies": (
        "POST", f"{NOBODY}/sessions", SESSION | {"cookies": [CANARY], "expires_at": "2001-01-01T00:00:00Z"}
    ),
    "wrong instant beside the cookies": (
        "POST", f"{NOBODY}/sessions", SESSION | {"cookies": [CANARY], "expires_at": CANARY}
    ),
    "naive instant beside the cookies": (
        "POST", f"{NOBODY}/sessions", SESSION | {"cookies": [CANARY], "expires_at": "2099-01-01T00:00:00"}
    ),
    "cookies in the platform": ("POST", f"{NOBODY}/sessions", SESSION | {"platform": [CANARY]}),
    "a long platform beside the cookies": (
        "POST", f"{NOBODY}/sessions", SESSION | {"platform": "x" * 99, "cookies": [CANARY]}
    ),
}  # fmt: skip


async def test_no_refusal_repeats_a_password_or_a_cookie(client: httpx.AsyncClient, subtests: pytest.Subtests):
    for name, (method, path, body) in BROKEN.items():
        with subtests.test(name):
            content = None if body is None else json.dumps(body)
            answer = await client.request(method, path, content=content, headers={"content-type": "application/json"})
            assert answer.status_code == 422, answer.text
            assert CANARY[:9] not in answer.text
            assert answer.json()["detail"]


async def test_a_refusal_names_the_field_and_nothing_below_it(client: httpx.AsyncClient):
    answer = await client.post(f"{NOBODY}/sessions", json=SESSION | {"cookies": CANARY})
    assert {tuple(problem["loc"]) for problem in answer.json()["detail"]} == {("body", "cookies")}


@pytest.mark.parametrize(
    "body", [f'{{"password": "{CANARY}"', f'"{CANARY}', CANARY, ""], ids=["object", "text", "word", "nothing"]
)
async def test_a_body_that_is_no_json_is_not_repeated(client: httpx.AsyncClient, body: str):
    answer = await client.post("/users", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert CANARY[:9] not in answer.text
    form = await client.post("/users", data={"password": CANARY})
    assert form.status_code == 422
    assert CANARY[:9] not in form.text
