"""Registration, signing in, refreshing and signing out, as a client sees them."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest

from hangar_api.settings import ApiSettings
from hangar_dal import UserStatus, users
from tests.examples.api.conftest import Api, Person, kind


def claims_of(access_token: str) -> dict[str, Any]:
    return jwt.decode(access_token, options={"verify_signature": False})


async def test_register_success(api: Api):
    fields = api.fields(is_private=True)
    answer = await api.http.post("/register", json=fields)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["username"], body["email"], body["is_private"]) == (fields["username"], fields["email"], True)
    assert (body["role"], body["status"], body["last_login_at"]) == ("USER", "ACTIVE", None)
    assert not [name for name in body if "password" in name or "hash" in name]
    assert fields["password"] not in answer.text


async def test_register_invalid_email(api: Api):
    answer = await api.http.post("/register", json=api.fields(email="no address"))
    assert kind(answer) == (422, "invalid-request")
    assert [problem["loc"] for problem in answer.json()["errors"]] == [["email"]]


async def test_register_weak_password(api: Api):
    fields = api.fields(password="password12345678")
    assert kind(await api.http.post("/register", json=fields)) == (422, "weak-password")
    assert await users.find_user_by_username(api.database, fields["username"]) is None


async def test_register_duplicate_email(api: Api):
    person = await api.register()
    answer = await api.http.post("/register", json=api.fields(email=person.email.upper()))
    assert kind(answer) == (409, "unique-violation")
    assert answer.json()["columns"] == ["email"]


async def test_register_duplicate_username(api: Api):
    person = await api.register()
    answer = await api.http.post("/register", json=api.fields(username=person.username.upper()))
    assert kind(answer) == (409, "unique-violation")
    assert answer.json()["columns"] == ["username"]


async def test_register_with_extra_fields(api: Api):
    fields = api.fields(role="ADMIN", status="ACTIVE", id=str(uuid4()))
    answer = await api.http.post("/register", json=fields)
    assert kind(answer) == (422, "invalid-request")
    assert {problem["type"] for problem in answer.json()["errors"]} == {"extra_forbidden"}
    assert await users.find_user_by_username(api.database, fields["username"]) is None


async def test_oauth2_login_success(api: Api, own_settings: ApiSettings):
    person = await api.register()
    form = {"grant_type": "password", "username": person.username, "password": person.password}
    answer = await api.http.post("/token", data=form)
    assert answer.status_code == 200
    token = answer.json()
    assert set(token) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (token["token_type"], token["expires_in"]) == ("bearer", 1800)
    claims, header = claims_of(token["access_token"]), jwt.get_unverified_header(token["access_token"])
    assert (claims["sub"], claims["iss"], claims["aud"]) == (person.id, "hangar-api", "hangar-api")
    assert claims["exp"] - claims["iat"] == 1800
    assert [header["kid"]] == list(own_settings.keys)


async def test_json_login_success(api: Api):
    person = await api.register()
    answer = await api.http.post("/login", json={"login": person.email, "password": person.password})
    assert answer.status_code == 200
    assert person.password not in answer.text
    person.tokens = answer.json()
    assert (await api.call(person, "GET", "/me")).json()["id"] == person.id


@pytest.mark.parametrize("part", ["username", "email"])
async def test_login_with_username(api: Api, part: str):
    person = await api.register()
    login = getattr(person, part).upper()
    assert (await api.http.post("/login", json={"login": login, "password": person.password})).status_code == 200
    form = {"username": login, "password": person.password}
    assert (await api.http.post("/token", data=form)).status_code == 200


async def refusal(api: Api, login: str, password: str) -> tuple[int, Any]:
    by_json = await api.http.post("/login", json={"login": login, "password": password})
    by_form = await api.http.post("/token", data={"username": login, "password": password})
    assert by_json.json() == by_form.json()
    assert kind(by_json) == (401, "invalid-credentials")
    assert by_json.headers["www-authenticate"] == "Bearer"
    return by_json.json()


async def test_login_wrong_password(api: Api):
    person = await api.register()
    await refusal(api, person.username, person.password + "!")


async def test_login_nonexistent_user(api: Api):
    person = await api.register()
    unknown = await refusal(api, f"nobody{person.username}", person.password)
    assert unknown == await refusal(api, person.username, person.password + "!")


async def test_login_updates_last_login(api: Api):
    person = await api.enter()
    first = (await api.call(person, "GET", "/me")).json()["last_login_at"]
    await api.sign_in(person)
    second = (await api.call(person, "GET", "/me")).json()["last_login_at"]
    assert first is not None
    assert first < second


async def test_multiple_logins_different_tokens(api: Api):
    person = await api.register()
    tokens = [(await api.sign_in(person)).json() for _ in range(3)]
    assert len({token["refresh_token"] for token in tokens}) == 3
    assert len({claims_of(token["access_token"])["jti"] for token in tokens}) == 3
    for token in tokens:
        person.tokens = token
        assert (await api.call(person, "GET", "/me")).status_code == 200


async def refresh(api: Api, token: str) -> Any:
    return await api.http.post("/token/refresh", json={"refresh_token": token})


async def test_token_refresh_success(api: Api):
    person = await api.enter()
    answer = await refresh(api, person.tokens["refresh_token"])
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] != person.tokens["refresh_token"]
    person.tokens = answer.json()
    assert (await api.call(person, "GET", "/me")).status_code == 200


async def test_token_refresh_invalid_token(api: Api):
    person = await api.enter()
    for token in ("x", "", "ü", "x" * 10_000, person.tokens["access_token"]):
        answer = await refresh(api, token)
        assert kind(answer) == (401, "token-invalid")
        assert not token or token not in answer.text or token == "x"


async def test_a_used_refresh_token_ends_the_session_at_once(api: Api):
    person = await api.enter()
    used = person.tokens["refresh_token"]
    person.tokens = (await refresh(api, used)).json()
    assert kind(await refresh(api, used)) == (401, "token-reused")
    assert kind(await refresh(api, person.tokens["refresh_token"])) == (401, "token-invalid")
    assert kind(await api.call(person, "GET", "/me")) == (401, "token-invalid")


async def test_signing_out_ends_this_session_only(api: Api):
    person = await api.enter()
    here = dict(person.tokens)
    await api.sign_in(person)
    for _ in range(2):
        answer = await api.http.post("/logout", json={"refresh_token": here["refresh_token"]})
        assert answer.status_code == 204
    assert (await api.call(person, "GET", "/me")).status_code == 200
    person.tokens = here
    assert kind(await api.call(person, "GET", "/me")) == (401, "token-invalid")


async def test_signing_out_everywhere_ends_all_sessions(api: Api):
    person = await api.enter()
    first = dict(person.tokens)
    await api.sign_in(person)
    assert (await api.call(person, "POST", "/logout/everywhere")).json() == {"ended": 2}
    for tokens in (first, dict(person.tokens)):
        person.tokens = tokens
        assert kind(await api.call(person, "GET", "/me")) == (401, "token-invalid")
        assert kind(await refresh(api, tokens["refresh_token"])) == (401, "token-invalid")


async def test_get_current_user_success(api: Api):
    person = await api.enter()
    answer = await api.call(person, "GET", "/me")
    assert answer.status_code == 200
    assert {key: answer.json()[key] for key in ("id", "username", "email", "is_private", "is_admin")} == {
        "id": person.id,
        "username": person.username,
        "email": person.email,
        "is_private": False,
        "is_admin": False,
    }


async def test_get_current_user_unauthenticated(api: Api):
    answer = await api.http.get("/me")
    assert kind(answer) == (401, "token-invalid")
    assert answer.headers["www-authenticate"] == "Bearer"


def changed(person: Person, settings: ApiSettings, **changes: Any) -> str:
    """The user's access token with other claims, signed anew. None removes a claim."""
    key_id, key = next(iter(settings.keys.items()))
    claims = claims_of(person.tokens["access_token"]) | changes
    return jwt.encode(
        {name: value for name, value in claims.items() if value is not None}, key, headers={"kid": key_id}
    )


def unsigned(person: Person) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "x"}).encode()).decode().rstrip("=")
    return f"{header}.{person.tokens['access_token'].split('.')[1]}."


async def test_get_current_user_invalid_token(api: Api, own_settings: ApiSettings):
    person, other = await api.enter(), await api.enter()
    good = person.tokens["access_token"]
    key_id, key = next(iter(own_settings.keys.items()))
    wrong = {
        "nonsense": "nonsense",
        "refresh token": person.tokens["refresh_token"],
        "altered": good[:-6] + ("A" * 6 if not good.endswith("A" * 6) else "B" * 6),
        "expired": changed(person, own_settings, exp=datetime.now(UTC) - timedelta(seconds=1)),
        "other issuer": changed(person, own_settings, iss="other"),
        "other audience": changed(person, own_settings, aud="other"),
        "session of another user": changed(person, own_settings, sid=claims_of(other.tokens["access_token"])["sid"]),
        "no user": changed(person, own_settings, sub="x"),
        "unsigned": unsigned(person),
        "unknown key": jwt.encode(claims_of(good), key, headers={"kid": key_id + "x"}),
        "no key": jwt.encode(claims_of(good), key),
        "other key": jwt.encode(claims_of(good), key[::-1], headers={"kid": key_id}),
        "no end": changed(person, own_settings, exp=None),
        "no jti": changed(person, own_settings, jti=None),
    }
    person.tokens["access_token"] = changed(person, own_settings)
    assert (await api.call(person, "GET", "/me")).status_code == 200, "a token that is signed here is accepted"
    for name, token in wrong.items():
        answer = await api.http.get("/me", headers={"Authorization": f"Bearer {token}"})
        assert kind(answer) == (401, "token-invalid"), name
        assert token not in answer.text


async def test_a_suspended_user_is_out_at_once(api: Api):
    person = await api.enter()
    await users.set_user_status(api.database, person.uuid, UserStatus.SUSPENDED)
    assert kind(await api.call(person, "GET", "/me")) == (401, "token-invalid")
    assert kind(await refresh(api, person.tokens["refresh_token"])) == (401, "token-invalid")
    await refusal(api, person.username, person.password)


async def test_a_server_that_cannot_send_mail_says_so_to_everybody(api: Api):
    person = await api.register()
    for email in (person.email, f"nobody{person.email}"):
        assert kind(await api.http.post("/password/forgotten", json={"email": email})) == (501, "not-implemented")


@pytest.mark.parametrize(
    "agent", ["", "x" * 512, "x" * 513, "x" * 20_000, "ü" * 600], ids=["empty", "512", "513", "long", "ü"]
)
async def test_any_user_agent_may_sign_in(api: Api, agent: str):
    person = await api.register()
    login = {"login": person.username, "password": person.password}
    headers = {"User-Agent": agent.encode("latin-1")}
    answer = await api.http.post("/login", json=login, headers=headers)
    assert answer.status_code == 200, answer.text
    tokens = await api.http.post(
        "/token/refresh", json={"refresh_token": answer.json()["refresh_token"]}, headers=headers
    )
    person.tokens = tokens.json()
    session, *_ = (await api.call(person, "GET", "/me/sessions")).json()["items"]
    assert session["user_agent"] == (agent[:512] or None)
