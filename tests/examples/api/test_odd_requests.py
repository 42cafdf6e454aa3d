"""Requests of attackers and of clients with defects: each gets a problem, and none costs much or gets further."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from hangar_api.limits import MOST_BODY_BYTES
from tests.examples.api.conftest import Api, Person, kind

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
LARGE = b'"' + b"x" * MOST_BODY_BYTES


async def piece_by_piece(body: bytes) -> AsyncIterator[bytes]:
    for begin in range(0, len(body), 1 << 16):
        yield body[begin : begin + (1 << 16)]


@pytest.mark.parametrize("path", ["/login", "/me/cookies"])
async def test_a_large_body_is_refused(api: Api, path: str):
    person = await api.enter()
    for content in (LARGE, piece_by_piece(LARGE)):
        answer = await api.http.post(path, content=content, headers=person.bearer | JSON)
        assert kind(answer) == (413, "content-too-large")


async def test_a_large_file_is_refused(api: Api):
    assert kind(await api.http.post("/token", files={"username": LARGE})) == (413, "content-too-large")


async def test_a_body_of_the_allowed_size_is_read(api: Api):
    answer = await api.http.post("/login", content=LARGE[:MOST_BODY_BYTES], headers=JSON)
    assert kind(answer) == (422, "invalid-request")


BROKEN: dict[str, bytes] = {
    "deep": b"[" * 100_000,
    "deep field": b'{"login": "ada", "password": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "long number": b'{"login": "ada", "password": ' + b"1" * 6000 + b"}",
    "no UTF-8": b'{"login": "\xff"}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
async def test_a_body_that_cannot_be_parsed_is_a_problem(api: Api, body: bytes):
    assert kind(await api.http.post("/login", content=body, headers=JSON)) == (400, "bad-request")


async def test_a_wrong_content_type_is_a_problem(api: Api, subtests: pytest.Subtests):
    for content, content_type, status in [
        ("<login/>", "application/xml", 422),
        ('{"login": "ada", "password": "x"}', "text/plain", 422),
        ("username=ada&password=x", "application/xml", 422),
        ("no boundary", "multipart/form-data", 400),
        ("&".join(f"f{number}=" for number in range(2000)), FORM["content-type"], 400),
    ]:
        with subtests.test(content=content):
            for path in ("/login", "/token"):
                answer = await api.http.post(path, content=content, headers={"content-type": content_type})
                assert kind(answer)[0] in {status, 422}


async def test_a_file_is_no_password(api: Api):
    answer = await api.http.post("/token", files={"username": ("a", b"ada"), "password": ("b", b"x")})
    assert kind(answer) == (422, "invalid-request")


async def test_a_method_that_a_route_does_not_have_is_refused(api: Api, subtests: pytest.Subtests):
    for method in ["HEAD", "OPTIONS", "TRACE", "PROPFIND", "DELETE"]:
        with subtests.test(method=method):
            answer = await api.http.request(method, "/me/password")
            assert (answer.status_code, answer.headers["allow"]) == (405, "PUT")
            assert answer.headers["content-type"] == "application/problem+json"


async def test_no_path_is_redirected_to_a_host_that_the_client_names(api: Api, subtests: pytest.Subtests):
    for path in ["/me/", "/health/", "//me", "/admin/users/"]:
        with subtests.test(path=path):
            answer = await api.http.get(path, headers={"Host": "evil.example"})
            assert kind(answer) == (404, "not-found")


async def test_who_asks_is_checked_before_what_is_asked(api: Api):
    """Neither a stranger nor a user learns which fields or users there are."""
    person = await api.enter()
    for method, path in (
        ("PATCH", "/admin/users/x"),
        ("PUT", f"/admin/users/{uuid4()}/role"),
        ("POST", "/admin/users"),
    ):
        for body in ({}, {"role": 1}):
            assert kind(await api.http.request(method, path, json=body)) == (401, "token-invalid")
            assert kind(await api.call(person, method, path, body)) == (403, "forbidden")
    assert kind(await api.http.patch("/me", json={"role": 1})) == (401, "token-invalid")


TIMES = ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2020-01-01T00:00:00", "1e400", "x"]


async def test_a_time_that_the_databases_cannot_hold_is_refused(
    api: Api, administrator: Person, subtests: pytest.Subtests
):
    for time in TIMES:
        with subtests.test(time=time):
            for path, name in (
                ("/admin/users", "created_since"),
                ("/admin/users", "created_before"),
                ("/admin/statistics", "since"),
                ("/admin/statistics", "before"),
            ):
                answer = await api.call(administrator, "GET", path, params={name: time})
                assert kind(answer)[0] == 422, (path, name)
            body = {"platform": "x", "cookies": [], "expires_at": time}
            assert kind(await api.call(administrator, "POST", "/me/cookies", body))[0] == 422


async def test_no_answer_may_be_cached(api: Api):
    person = await api.enter()
    answers = [await api.sign_in(person), await api.call(person, "GET", "/me"), await api.http.get("/nothing")]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


async def test_an_unknown_parameter_of_a_list_is_refused(api: Api, administrator: Person):
    answer = await api.call(administrator, "GET", "/admin/users", params={"stauts": "ACTIVE"})
    assert kind(answer) == (422, "invalid-request")
    assert "stauts" not in json.dumps(answer.json())
