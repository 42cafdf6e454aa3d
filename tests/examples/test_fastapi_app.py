"""The example application, as a client sees it."""

import importlib.util
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from hangar_dal import Settings, open_database, sealing, session_cookies, users

EXAMPLE = Path(__file__).parents[2] / "examples" / "fastapi_app.py"
ADA = {"username": "Ada", "email": "ada@hangar.example", "password": "brass engine, nine wheels"}


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

    async with open_database(app_settings) as other:
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

    async with open_database(app_settings) as other:
        assert (await session_cookies.get_session_cookie(other, UUID(answer.json()))).cookies == new["cookies"]
