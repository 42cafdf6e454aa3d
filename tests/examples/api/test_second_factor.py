"""The second factor, as a client sees it. Codes come from the clock, as in an app, and from the recovery codes."""

from datetime import UTC, datetime

from hangar_dal import totp
from tests.examples.api.conftest import Api, Person, kind


def app_code(secret: str) -> str:
    return totp.code_at(secret, totp.step_at(datetime.now(UTC)))


async def with_second_factor(api: Api) -> tuple[Person, list[str]]:
    """A user who is signed in and has just confirmed a second factor, and its recovery codes."""
    person = await api.enter()
    setup = (await api.call(person, "POST", "/me/two-factor", {"password": person.password})).json()
    confirmed = await api.call(person, "POST", "/me/two-factor/confirm", {"code": app_code(setup["secret"])})
    assert confirmed.status_code == 200, confirmed.text
    return person, confirmed.json()["recovery_codes"]


async def test_2fa_setup(api: Api):
    person = await api.enter()
    started = await api.call(person, "POST", "/me/two-factor", {"password": person.password})
    assert started.status_code == 200
    assert started.json()["uri"].startswith("otpauth://totp/")
    assert (await api.sign_in(person)).status_code == 200, "it is not in force before it is confirmed"
    wrong = await api.call(person, "POST", "/me/two-factor/confirm", {"code": "not it"})
    assert kind(wrong) == (401, "second-factor-invalid")

    code = app_code(started.json()["secret"])
    confirmed = await api.call(person, "POST", "/me/two-factor/confirm", {"code": code})
    assert confirmed.status_code == 200
    codes = confirmed.json()["recovery_codes"]
    assert len(set(codes)) == 10

    assert kind(await api.sign_in(person)) == (401, "second-factor-required")
    assert kind(await api.sign_in(person, code=code)) == (401, "second-factor-invalid"), "a code works once"
    assert (await api.sign_in(person, code=codes[0])).status_code == 200
    form = {"username": person.username, "password": person.password, "code": codes[1]}
    assert (await api.http.post("/token", data=form)).status_code == 200


async def test_2fa_setup_unauthenticated(api: Api):
    for path in ("", "/confirm", "/recovery-codes", "/disable"):
        body = {"code": "123456"} if path == "/confirm" else {"password": "x"}
        assert kind(await api.http.post(f"/me/two-factor{path}", json=body)) == (401, "token-invalid")
    person = await api.enter()
    refused = await api.call(person, "POST", "/me/two-factor", {"password": person.password + "!"})
    assert kind(refused) == (401, "invalid-credentials")


async def test_2fa_disable(api: Api):
    person, codes = await with_second_factor(api)
    path, proof = "/me/two-factor/disable", {"password": person.password}
    assert kind(await api.call(person, "POST", path, proof)) == (401, "second-factor-required")
    assert kind(await api.call(person, "POST", path, proof | {"code": "1"})) == (401, "second-factor-invalid")
    assert kind(await api.sign_in(person)) == (401, "second-factor-required")
    assert (await api.call(person, "POST", path, proof | {"code": codes[0]})).status_code == 204
    assert (await api.sign_in(person)).status_code == 200


async def test_another_device_needs_a_code_of_the_first(api: Api):
    person, codes = await with_second_factor(api)
    proof = {"password": person.password}
    assert kind(await api.call(person, "POST", "/me/two-factor", proof)) == (401, "second-factor-required")
    assert (await api.call(person, "POST", "/me/two-factor", proof | {"code": codes[0]})).status_code == 200


async def test_new_recovery_codes_take_the_place_of_the_old_ones(api: Api):
    person, codes = await with_second_factor(api)
    proof = {"password": person.password, "code": codes[0]}
    new = (await api.call(person, "POST", "/me/two-factor/recovery-codes", proof)).json()["recovery_codes"]
    assert not set(new) & set(codes)
    assert kind(await api.sign_in(person, code=codes[1])) == (401, "second-factor-invalid")
    assert (await api.sign_in(person, code=new[0])).status_code == 200
