"""The application in real servers: one command, the end of a process, a kill after COMMIT, and several workers."""

import asyncio
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from hangar_api.catalog import CATALOG
from hangar_dal import Database, Settings, open_database, refresh_tokens, session_cookies, users
from tests.examples.api.conftest import SENTENCE
from tests.examples.api.servers import Served, environment, served, with_keys
from tests.helpers.commands import run_module
from tests.helpers.postgres_server import Server

ADA = {"username": "ada", "email": "ada@hangar.example", "password": SENTENCE.format("twelve")}
LOGIN = {"login": "ada", "password": ADA["password"]}
COOKIES = {"platform": "starmap", "cookies": [{"name": "sid", "value": "x"}], "expires_at": "2099-01-01T00:00:00Z"}

# Each request that asks for it kills the process when its answer is to be sent. The parent then makes another one.
KILLED = """
import asyncio, os, signal, socket
import uvicorn
from argon2 import PasswordHasher
from hangar_api.main import create_app
from hangar_dal import ACCOUNTS, passwords

passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

async def open_once():
    app = create_app()
    async with app.router.lifespan_context(app):
        pass

def serve(listening):
    app = create_app()

    async def killed(scope, receive, send):
        async def send_or_die(message):
            if message["type"] == "http.response.start" and (b"x-die", b"1") in scope["headers"]:
                os.kill(os.getpid(), signal.SIGKILL)
            await send(message)

        await app(scope, receive, send_or_die)

    uvicorn.Server(uvicorn.Config(killed, access_log=False)).run([listening])

# What is imported, read and compared here, no child needs to import, read and compare again.
ACCOUNTS.load()
asyncio.run(open_once())
listening = socket.create_server(("127.0.0.1", 0))
print(f"running on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
child = 0

def stop(*_):
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)
    os._exit(0)

signal.signal(signal.SIGTERM, stop)
while True:
    child = os.fork()
    if not child:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        serve(listening)
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """The settings of the test's database, complete for a process that knows nothing else."""
    is_postgres = not settings.url.get_secret_value().startswith("sqlite")
    if is_postgres and (server := request.getfixturevalue("postgres_server")).needs_permission:
        assert isinstance(server, Server)
        return settings.model_copy(update={"allow_insecure_postgres": True})
    return settings


@pytest.fixture
def empty_settings(empty_database_url: str) -> Settings:
    return Settings(database_url=empty_database_url)


def test_one_command_starts_it_and_a_signal_stops_it(empty_settings: Settings, tmp_path: Path):
    outbox = tmp_path / "outbox"
    given = environment(empty_settings, tmp_path, API_PORT="0", API_MAIL_FOLDER=str(outbox))
    with served(["-m", "hangar_api"], tmp_path, given) as server, httpx.Client(base_url=server.url) as http:
        assert http.get("/ready").json() == {"status": "ok"}
        assert http.get("/docs").status_code == 200
        assert http.post("/register", json=ADA).status_code == 201
        tokens = http.post("/login", json=LOGIN).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        promoted = run_module("hangar_api.promote", "ADA@hangar.example", cwd=tmp_path, env=given)
        assert promoted.stdout == "ADA@hangar.example is an administrator\n", promoted.stderr
        assert http.get("/admin/users", headers=bearer).status_code == 200
        ada = http.get("/me", headers=bearer).json()["id"]
        kept = http.put(f"/admin/users/{ada}/role", headers=bearer, json={"role": "USER"})
        assert (kept.status_code, kept.json()["type"]) == (409, "urn:hangar-api:trigger-violation")
        assert http.post("/password/forgotten", json={"email": ADA["email"]}).status_code == 202
        # It stops after the message, which follows the answer, and after the request that it has begun to read.
        _check_that_it_finishes_a_request(server, bearer["Authorization"])
    said = server.log.read_text()
    assert "Application shutdown complete" in said
    (message,) = outbox.iterdir()
    assert f"To: {ADA['email']}\n" in message.read_text()
    assert message.read_text().splitlines()[-3] not in said
    assert "made new keys in .env" in said
    assert "applied 0001_users" in said
    for secret in (ADA["password"], tokens["access_token"], tokens["refresh_token"]):
        assert secret not in said
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600

    if given["DATABASE_URL"].startswith("postgresql"):
        return  # what a second start finds in .env and in the history of migrations depends on no database
    server.log.unlink()
    given["API_WORKERS"] = "false"  # the first start had them
    with served(["-m", "hangar_api"], tmp_path, given) as server, httpx.Client(base_url=server.url) as http:
        me = http.get("/me", headers=bearer).json()
        assert (me["username"], me["display_name"]) == ("ada", "Ada L."), "the second start has the same keys"
        server.stop()
    said = server.log.read_text()
    assert "applied" not in said
    assert "Application shutdown complete" in said


def _check_that_it_finishes_a_request(server: Served, authorization: str) -> None:
    """It is told to stop while a request waits for its body, and answers it before it stops."""
    address, body = urlsplit(server.url), b'{"display_name": "Ada L."}'
    head = (
        f"PATCH /me HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Type: application/json\r\n"
        f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=60) as client:
        client.sendall(head.encode())
        assert b"100 Continue" in client.recv(1000), "the application has begun to read the body"
        server.process.send_signal(signal.SIGTERM)
        while "Shutting down" not in server.log.read_text():
            assert server.process.poll() is None
            time.sleep(0.02)
        client.sendall(body)
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
    server.process.wait(60)


@pytest.fixture
def killed(settings: Settings, tmp_path: Path) -> Iterator[Served]:
    given = with_keys(settings, tmp_path, API_WORKERS="false")  # each child would begin with the work of the upkeep
    with served(["-c", KILLED], tmp_path, given) as server:
        yield server


async def test_what_a_client_was_told_is_stored(killed: Served, settings: Settings):
    """The process is killed before it sends the answer, so COMMIT came earlier: in all routes that write something."""
    async with (
        httpx.AsyncClient(base_url=killed.url, timeout=60) as http,
        open_database(settings, catalog=CATALOG) as db,
    ):

        async def killed_while(method: str, path: str, body: object = None) -> None:
            with pytest.raises(httpx.TransportError):
                await http.request(method, path, json=body, headers={**http.headers, "X-Die": "1"})

        await killed_while("POST", "/register", ADA)
        ada = await users.find_user_by_username(db, "ada")
        assert ada is not None

        await killed_while("POST", "/login", LOGIN)
        assert await _sessions(db, ada.id) == 1
        assert (await users.get_user(db, ada.id)).last_login_at is not None

        async def sign_in() -> dict[str, str]:
            tokens: dict[str, str] = (await http.post("/login", json=LOGIN)).json()
            http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
            return tokens

        used = SecretStr((await sign_in())["refresh_token"])
        await killed_while("POST", "/token/refresh", {"refresh_token": used.get_secret_value()})
        found = await refresh_tokens.find_refresh_token(db, used)
        assert found is not None
        assert found.used_at is not None

        await killed_while("PATCH", "/me", {"display_name": "Ada L."})
        assert (await users.get_user(db, ada.id)).display_name == "Ada L."

        await killed_while("POST", "/me/cookies", COOKIES)
        stored = await session_cookies.list_session_cookies(db, user_id=ada.id)
        assert [each.cookies for each in stored] == [COOKIES["cookies"]]
        await killed_while("DELETE", f"/me/cookies/{stored[0].id}")
        assert await session_cookies.count_session_cookies(db, user_id=ada.id) == 0

        await killed_while("POST", "/logout/everywhere")
        assert await _sessions(db, ada.id) == 0

        await sign_in()
        new = SENTENCE.format("thirteen")
        await killed_while("PUT", "/me/password", {"old_password": ADA["password"], "new_password": new})
        assert (await users.authenticate(db, "ada", SecretStr(new))).id == ada.id


async def _sessions(db: Database, user_id: object) -> int:
    return len(await refresh_tokens.list_refresh_tokens(db, user_id=user_id))


@pytest.mark.long
async def test_two_workers_of_gunicorn_know_each_other_s_sessions(settings: Settings, tmp_path: Path):
    gunicorn = ["-m", "gunicorn", "-w", "2", "-k", "asgi", "-b", "127.0.0.1:0", "hangar_api.main:create_app()"]
    with served(gunicorn, tmp_path, with_keys(settings, tmp_path)) as server:

        async def visit(number: int) -> int:
            name = f"user{number}"
            fields = {"username": name, "email": f"{name}@hangar.example", "password": SENTENCE.format(number)}
            statuses = []
            for _ in range(4):  # each on a connection of its own, which one of the workers accepts
                async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
                    if not statuses:
                        statuses.append((await http.post("/register", json=fields)).status_code)
                        continue
                    answer = await http.post("/login", json={"login": name, "password": fields["password"]})
                    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
                async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
                    statuses.append((await http.get("/me", headers=bearer)).status_code)
            return statuses == [201, 200, 200, 200]

        assert all(await asyncio.gather(*(visit(number) for number in range(8))))
        server.stop()
    assert server.process.returncode == 0
    assert "ERROR" not in server.log.read_text()
