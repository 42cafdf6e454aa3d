"""Messages to users: forgotten passwords, invitations and confirmations, as a client and a mailbox see them."""

import asyncio
import json
import logging
from email import message_from_bytes
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_api import mail
from hangar_api.mail import Message, Send
from hangar_dal import UserStatus, security_events, users
from hangar_dal.one_time_tokens import TokenPurpose
from hangar_dal.security_events import SecurityEventKind
from tests.examples.api.conftest import SENTENCE, Api, Person, kind

SENT: list[Message] = []
STEPS: list[str] = []  # what was done, in its order
FAILURES: list[Exception] = []  # of the next messages


@pytest.fixture(scope="module")
def send_mail() -> Send:
    async def send(message: Message) -> None:
        STEPS.append("mail")
        if FAILURES:
            raise FAILURES.pop()
        SENT.append(message)

    return send


def token_sent_to(person: Person) -> str:
    assert SENT[-1].to == person.email
    return SENT[-1].text.splitlines()[2]


async def forgotten(api: Api, email: str) -> Any:
    return await api.http.post("/password/forgotten", json={"email": email})


async def reset(api: Api, token: str, password: str) -> Any:
    return await api.http.post("/password/reset", json={"token": token, "password": password})


async def test_a_forgotten_password_is_replaced_by_a_link(api: Api):
    person, before = await api.enter(), len(SENT)
    assert (await forgotten(api, person.email.upper())).status_code == 202
    assert len(SENT) == before + 1
    token, new = token_sent_to(person), SENTENCE.format(token_hex(4))
    assert kind(await reset(api, token, "short")) == (422, "weak-password"), "the token can be used again"
    assert (await reset(api, token, new)).status_code == 204
    assert kind(await reset(api, token, new)) == (401, "token-invalid")
    assert kind(await api.call(person, "GET", "/me")) == (401, "token-invalid"), "all sessions have ended"
    assert kind(await api.sign_in(person)) == (401, "invalid-credentials")
    person.password = new
    assert (await api.sign_in(person)).status_code == 200


async def test_a_forgotten_password_gets_one_answer_for_every_address(api: Api):
    known, suspended, before = await api.register(), await api.register(), len(SENT)
    await users.set_user_status(api.database, suspended.uuid, UserStatus.SUSPENDED)
    answers = [await forgotten(api, email) for email in (known.email, suspended.email, "nobody@hangar.example")]
    assert [(each.status_code, each.content) for each in answers] == [(202, answers[0].content)] * 3
    assert len({tuple(name for name, _ in each.headers.items()) for each in answers}) == 1
    assert [message.to for message in SENT[before:]] == [known.email]
    events = await security_events.list_security_events(api.database, limit=3)
    assert {event.kind for event in events} == {SecurityEventKind.PASSWORD_RESET_REQUESTED}


async def test_a_second_request_replaces_the_first_token(api: Api):
    person = await api.register()
    await forgotten(api, person.email)
    first = token_sent_to(person)
    await forgotten(api, person.email)
    assert kind(await reset(api, first, SENTENCE.format("one"))) == (401, "token-invalid")
    assert (await reset(api, token_sent_to(person), SENTENCE.format("two"))).status_code == 204


async def test_a_token_for_another_purpose_resets_no_password(api: Api, administrator: Person):
    person = await api.register()
    assert (await api.call(administrator, "POST", f"/admin/users/{person.id}/email-confirmation")).status_code == 201
    assert kind(await reset(api, token_sent_to(person), SENTENCE.format("one"))) == (401, "token-invalid")


async def test_invitations_and_confirmations_go_to_the_user_alone(api: Api, administrator: Person):
    fields = api.fields()
    password = fields.pop("password")
    invited = (await api.call(administrator, "POST", "/admin/users", fields)).json()
    person = Person(invited["user"]["id"], fields["username"], fields["email"], password)
    token = token_sent_to(person)
    assert invited["token"] is None
    accepted = await api.http.post("/invitations/accept", json={"token": token, "password": password})
    assert accepted.json()["status"] == "ACTIVE"

    asked = await api.call(administrator, "POST", f"/admin/users/{person.id}/email-confirmation")
    assert asked.json()["token"] is None
    confirmed = await api.http.post("/email/confirm", json={"token": token_sent_to(person)})
    assert confirmed.json()["id"] == person.id


async def test_the_answer_comes_before_the_message(api: Api):
    """Otherwise the time until the answer would tell who has an account."""
    person = await api.register()
    body = json.dumps({"email": person.email}).encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/password/forgotten",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        STEPS.append(message["type"])

    STEPS.clear()
    await api.app(scope, receive, send)
    assert STEPS == ["http.response.start", "http.response.body", "mail"]


async def test_a_message_that_cannot_be_sent_is_logged_without_its_token(api: Api, caplog: pytest.LogCaptureFixture):
    person = await api.register()
    FAILURES.append(OSError(f"no route to {person.email}"))
    with caplog.at_level(logging.DEBUG):
        assert (await forgotten(api, person.email)).status_code == 202
    assert "a message was not sent: OSError" in caplog.text
    assert person.email not in "".join(record.getMessage() for record in caplog.records if record.name != "httpx")


async def test_a_folder_takes_messages_that_only_the_owner_can_read(tmp_path: Path):
    folder, token = tmp_path / "outbox" / "new", token_hex(32)
    message = mail.message(TokenPurpose.PASSWORD_RESET, "ada@hangar.example", SecretStr(token))
    await asyncio.gather(*(mail.to_folder(folder)(message) for _ in range(2)))
    files = list(folder.iterdir())
    assert [path.stat().st_mode & 0o777 for path in (folder, *files)] == [0o700, 0o600, 0o600]
    read = message_from_bytes(files[0].read_bytes())
    assert read["To"] == "ada@hangar.example"
    assert token in str(read.get_payload())
    assert token not in repr(message)
