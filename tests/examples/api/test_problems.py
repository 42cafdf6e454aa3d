"""Every error as problem details, and no answer or log line that repeats what a client sent."""

import itertools
import json
import logging
from collections.abc import Iterator
from secrets import token_hex
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from hangar_api import logs, problems
from hangar_dal import errors
from tests.examples.api.conftest import Api, kind

CANARY = f"canary{token_hex(12)}"
# What each class of the package is to a client. A class that is not here yet needs a decision.
EXPECTED = {
    401: {"InvalidCredentials", "SecondFactorInvalid", "SecondFactorRequired", "TokenInvalid", "TokenReused"},
    403: {"AccountNotActive"},
    404: {"NotFound"},
    409: {
        "AdNotAvailable",
        "ConstraintViolation",
        "EveTokenLeaseLost",
        "ExclusionViolation",
        "ForeignKeyViolation",
        "IdempotencyKeyBusy",
        "IdempotencyLeaseLost",
        "PaymentDiffers",
        "InsufficientFunds",
        "TriggerViolation",
        "UniqueViolation",
    },
    422: {"CheckViolation", "IdempotencyKeyReused", "InvalidValue", "NotNullViolation", "WeakPassword"},
    500: {
        "BackupFailed",
        "CatalogError",
        "CatalogNotOpened",
        "CommitUnknown",
        "DatabaseError",
        "ForkedDatabase",
        "HangarError",
        "ListenNotSupported",
        "MessageLeaseLost",
        "MigrationBlocked",
        "MigrationError",
        "NotInstalled",
        "ReadOnlyTransaction",
        "SchemaDiffers",
        "SchemaOutOfDate",
        "ScratchError",
        "SealError",
        "SettingsError",
        "StatementError",
        "TooManyRows",
        "TransactionBusy",
        "TransactionClosed",
        "TransactionError",
        "TransactionFailed",
        "UnsupportedVersion",
        "WrongEventLoop",
    },
    503: {
        "ConnectionFailed",
        "DatabaseBusy",
        "DatabaseClosed",
        "DatabaseFileLost",
        "HashingBusy",
        "StatementTimeout",
        "TransactionConflict",
        "TransactionExpired",
    },
}
STATUS_OF = {name: status for status, names in EXPECTED.items() for name in names}


def classes(root: type[errors.HangarError]) -> Iterator[type[errors.HangarError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__.startswith("hangar_dal."):
            yield from classes(child)


CLASSES = sorted(set(classes(errors.HangarError)), key=lambda each: each.__name__)
PUBLIC = [each for each in CLASSES if hasattr(errors, each.__name__)]


def example_of(error: type[errors.HangarError]) -> errors.HangarError:
    """An error of this class, whatever its constructor takes."""
    made = error.__new__(error, CANARY)
    Exception.__init__(made, CANARY)
    vars(made).update(columns=("email",), constraint=None, text=None, status="SUSPENDED")
    return made


def raising(error: Exception) -> httpx.AsyncClient:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(logs.RequestLog)

    @app.get("/raise/{what}")
    async def fail(what: str) -> None:
        raise error

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api.example")


async def test_each_error_is_a_problem(subtests: pytest.Subtests):
    for error in PUBLIC:
        with subtests.test(error.__name__):
            async with raising(example_of(error)) as http:
                answer = await http.get("/raise/x")
            assert answer.headers["content-type"] == "application/problem+json"
            body = answer.json()
            assert (body["status"], answer.status_code) == (STATUS_OF[error.__name__],) * 2
            assert body["title"].replace(" ", "").lower() == error.__name__.lower()
            assert body["type"] == f"urn:hangar-api:{body['title'].lower().replace(' ', '-')}"
            assert body["detail"]
            assert (CANARY in body["detail"]) <= (answer.status_code < 500), "messages of server errors are for the log"
            assert ("retry-after" in answer.headers) == (answer.status_code == 503)
            assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)


def test_no_class_is_forgotten():
    assert {each.__name__ for each in PUBLIC} == set(STATUS_OF)


async def test_a_rule_of_a_trigger_is_told_in_the_words_of_its_author():
    error = errors.TriggerViolation(("last_administrator", "the last administrator must stay"))
    async with raising(error) as http:
        assert (await http.get("/raise/x")).json()["detail"] == "the last administrator must stay"


async def test_an_unexpected_error_is_logged_without_its_message(caplog: pytest.LogCaptureFixture):
    caplog.handler.addFilter(logs.RequestIdFilter())
    given = str(uuid4())
    with caplog.at_level(logging.INFO):
        async with raising(RuntimeError(CANARY)) as http:
            answer = await http.get(f"/raise/{CANARY}?secret={CANARY}", headers={"X-Request-ID": given})
    assert kind(answer) == (500, "internal-error")
    assert answer.headers["x-request-id"] == given
    ours = [record for record in caplog.records if record.name == "hangar_api"]
    assert {record.request_id for record in ours} == {given}
    text = "\n".join(record.getMessage() for record in ours)
    assert "RuntimeError" in text
    assert "in fail" in text
    assert "GET /raise/{what} 500" in text
    assert CANARY not in text + answer.text


async def test_a_method_of_the_client_s_own_making_is_not_logged(api: Api, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO, "hangar_api"):
        assert kind(await api.http.request(CANARY, "/health")) == (405, "method-not-allowed")
    assert "(no such method) /health 405" in caplog.text
    assert CANARY.upper() not in "".join(record.getMessage() for record in caplog.records if record.name != "httpx")


async def test_an_id_of_the_client_s_own_making_is_replaced(api: Api):
    for given in (CANARY, "", "x" * 5000):
        answer = await api.http.get("/health", headers={"X-Request-ID": given})
        assert str(UUID(answer.headers["x-request-id"])) == answer.headers["x-request-id"]


async def test_unknown_paths_and_methods_are_problems_too(api: Api):
    assert kind(await api.http.get(f"/{CANARY}")) == (404, "not-found")
    assert kind(await api.http.put("/health")) == (405, "method-not-allowed")


async def test_health_and_readiness(api: Api):
    assert (await api.http.get("/health")).json() == {"status": "ok"}
    assert (await api.http.get("/ready")).json() == {"status": "ok"}


async def test_the_document_has_every_route_and_no_secret_in_an_answer(api: Api):
    document = (await api.http.get("/openapi.json")).json()
    assert "/docs" not in document["paths"]
    assert (await api.http.get("/docs")).status_code == 200
    user = document["components"]["schemas"]["UserResponse"]["properties"]
    assert "is_private" in user
    assert not [name for name in user if "password" in name or "hash" in name]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert "application/problem+json" in operation["responses"]["4XX"]["content"], (method, path)


COOKIES: dict[str, Any] = {"platform": "x", "cookies": [], "expires_at": "2099-01-01T00:00:00Z"}
ADA: dict[str, Any] = {"username": "Ada", "email": "ada@hangar.example", "password": CANARY}
# Each holds the canary where a password, a token or a cookie belongs, or next to it, and breaks a rule.
BROKEN: dict[str, tuple[str, str, Any]] = {
    "password in a list": ("POST", "/register", ADA | {"password": [CANARY]}),
    "password in an object": ("POST", "/register", ADA | {"password": {CANARY: CANARY}}),
    "password too short": ("POST", "/register", ADA | {"password": CANARY[:9]}),
    "password too long": ("POST", "/register", ADA | {"password": CANARY * 100}),
    "password with NUL": ("POST", "/register", ADA | {"password": f"{CANARY}\0"}),
    "password with half a character": ("POST", "/register", ADA | {"password": f"{CANARY}\ud800"}),
    "refused username beside the password": ("POST", "/register", ADA | {"username": "a@b"}),
    "password as a field": ("POST", "/register", ADA | {CANARY: 1}),
    "password alone": ("POST", "/register", CANARY),
    "password in the e-mail": ("POST", "/register", ADA | {"email": CANARY}),
    "login in the wrong form": ("POST", "/login", {"login": {CANARY: CANARY}, "password": CANARY}),
    "login with NUL": ("POST", "/login", {"login": "ada\0", "password": CANARY}),
    "wrong login": ("POST", "/login", {"login": CANARY, "password": CANARY}),
    "code in a list": ("POST", "/login", {"login": "ada", "password": CANARY, "code": [CANARY]}),
    "wrong refresh token": ("POST", "/token/refresh", {"refresh_token": CANARY}),
    "wrong one-time token": ("POST", "/email/confirm", {"token": CANARY}),
    "wrong invitation": ("POST", "/invitations/accept", {"token": CANARY, "password": CANARY}),
    "token in a path": ("DELETE", f"/me/sessions/{CANARY}", None),
    "token in a query": ("GET", f"/me/sessions?cursor={CANARY}", None),
    "wrong password in a proof": ("POST", "/me/two-factor", {"password": CANARY}),
    "wrong code": ("POST", "/me/two-factor/confirm", {"code": CANARY}),
    "wrong old password": ("PUT", "/me/password", {"old_password": CANARY, "new_password": CANARY[:15]}),
    "refused phone number": ("PATCH", "/me", {"phone_number": CANARY}),
    "cookies as text": ("POST", "/me/cookies", COOKIES | {"cookies": CANARY}),
    "cookies that are no JSON": ("POST", "/me/cookies", COOKIES | {"cookies": {CANARY: [float("nan"), CANARY]}}),
    "cookies with a key of NUL": ("POST", "/me/cookies", COOKIES | {"cookies": {f"{CANARY}\0": CANARY}}),
    "cookies with half a character": ("POST", "/me/cookies", COOKIES | {"cookies": [f"{CANARY}\ud800"]}),
    "cookies too deep": ("POST", "/me/cookies", COOKIES | {"cookies": json.loads("[" * 80 + "]" * 80)}),
    "expired cookies": ("POST", "/me/cookies", COOKIES | {"cookies": [CANARY], "expires_at": "2001-01-01T00:00:00Z"}),
    "naive instant": ("POST", "/me/cookies", COOKIES | {"cookies": [CANARY], "expires_at": "2099-01-01T00:00:00"}),
    "a long platform": ("POST", "/me/cookies", COOKIES | {"platform": "x" * 99, "cookies": [CANARY]}),
}


async def test_no_refusal_and_no_log_repeats_a_secret(
    api: Api, caplog: pytest.LogCaptureFixture, subtests: pytest.Subtests
):
    for name, (method, path, body) in BROKEN.items():
        with subtests.test(name):
            caplog.clear()
            with caplog.at_level(logging.DEBUG):
                person = await api.enter()
                headers = person.bearer | {"content-type": "application/json"}
                content = None if body is None else json.dumps(body)
                answer = await api.http.request(method, path, content=content, headers=headers)
            assert answer.status_code in {401, 422}, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            logged = "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")
            for secret in (CANARY[:9], person.password, *filter(None, map(str, person.tokens.values()))):
                assert secret not in (answer.text if len(secret) > 8 else "")
                assert secret not in (logged if len(secret) > 8 else "")


BODIES = {"object": f'{{"password": "{CANARY}"', "text": f'"{CANARY}', "word": CANARY, "nothing": ""}


async def test_a_body_that_is_no_json_is_not_repeated(api: Api, subtests: pytest.Subtests):
    for path, (name, body) in itertools.product(("/register", "/login", "/token/refresh"), BODIES.items()):
        with subtests.test(name, path=path):
            answer = await api.http.post(path, content=body, headers={"content-type": "application/json"})
            assert kind(answer) == (422, "invalid-request")
            assert CANARY[:9] not in answer.text
            form = await api.http.post(path, data={"password": CANARY})
            assert form.status_code == 422
            assert CANARY[:9] not in form.text
