"""The application of examples/api, open for all tests of a module, on SQLite and PostgreSQL.

Each test makes accounts of its own. Hashing is cheap: what it costs is tested with `passwords`.
"""

import itertools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import UUID

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from hangar_api.catalog import CATALOG
from hangar_api.mail import Send
from hangar_api.main import create_app
from hangar_api.settings import ApiSettings
from hangar_dal import Catalog, Database, Settings, UserRole, builders, passwords, sealing, social, users, videos
from tests.helpers.postgres_server import Server
from tests.helpers.shared_by_workers import once

BACKENDS = os.environ.get("HANGAR_TEST_BACKENDS", "sqlite,postgresql").split(",")
SENTENCE = "{} copper kettles above a quiet harbour"


@dataclass
class Person:
    id: str
    username: str
    email: str
    password: str
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def uuid(self) -> UUID:
        return UUID(self.id)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}


def kind(answer: httpx.Response) -> tuple[int, str]:
    """The status of a problem and the end of its type."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["type"].removeprefix("urn:hangar-api:")


@dataclass
class Api:
    app: FastAPI
    http: httpx.AsyncClient
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def database(self) -> Database:
        database: Database = self.app.state.database
        return database

    def fields(self, **changes: Any) -> dict[str, Any]:
        """What a registration sends, with names that nobody has yet."""
        name = f"user{next(self.numbers)}{token_hex(3)}"
        return {
            "username": name,
            "email": f"{name}@hangar.example",
            "password": SENTENCE.format(token_hex(4)),
        } | changes

    async def register(self, **changes: Any) -> Person:
        fields = self.fields(**changes)
        answer = await self.http.post("/register", json=fields)
        assert answer.status_code == 201, answer.text
        return Person(answer.json()["id"], fields["username"], fields["email"], fields["password"])

    async def sign_in(self, person: Person, **more: Any) -> httpx.Response:
        answer = await self.http.post("/login", json={"login": person.username, "password": person.password} | more)
        if answer.is_success:
            person.tokens = answer.json()
        return answer

    async def enter(self, role: UserRole = UserRole.USER, **changes: Any) -> Person:
        """A new user who is signed in."""
        person = await self.register(**changes)
        if role is not UserRole.USER:
            await users.set_user_role(self.database, person.uuid, role)
        assert (await self.sign_in(person)).status_code == 200
        return person

    async def call(
        self, person: Person | None, method: str, path: str, body: Any = None, **more: Any
    ) -> httpx.Response:
        """A request of this person. None is somebody who is not signed in."""
        headers = person.bearer if person else {}
        return await self.http.request(method, path, json=body, headers=headers, **more)

    async def get(self, person: Person | None, path: str, **query: Any) -> Any:
        """What a request answers that succeeds."""
        answer = await self.call(person, "GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def all_of(self, person: Person | None, path: str, **query: Any) -> list[Any]:
        """The items of all pages of a list, in pages of two."""
        items, cursor = [], None
        while True:
            page = await self.get(person, path, limit=2, **query, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    async def told(self, person: Person) -> list[tuple[str, str, str]]:
        """What is in an inbox, the newest first: kind, actor and object."""
        inbox = await self.all_of(person, "/me/notifications")
        return [(each["kind"], each["actor_id"], each["object_id"]) for each in inbox]

    async def upload(self, owner: Person, **fields: Any) -> dict[str, Any]:
        """A new video, which is not published yet."""
        answer = await self.call(owner, "POST", "/videos", {"title": "Flight"} | fields)
        assert answer.status_code == 201, answer.text
        video: dict[str, Any] = answer.json()
        return video

    async def show_video(self, owner: Person, **fields: Any) -> str:
        """The id of a video that everybody sees unless a field says otherwise. It was stored at once in its state."""
        new = builders.video(owner.uuid, **{"title": "Flight", "published_at": self.database.now()} | fields)
        return str((await videos.create_video(self.database, new)).id)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """That of the application, for the databases of single tests."""
    return CATALOG


@pytest.fixture(scope="module", params=BACKENDS)
def api_settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings for a migrated database that all tests of a module share."""
    key = sealing.new_key()
    if request.param == "sqlite":
        templates: Callable[[Catalog], Path] = request.getfixturevalue("_sqlite_templates")
        path = shutil.copy(templates(CATALOG), tmp_path_factory.mktemp("api") / "api.db")
        yield Settings(database_url=f"sqlite:///{path}", sealing_keys=key)
    else:
        server: Server = request.getfixturevalue("postgres_server")
        name = f"hangar_{token_hex(6)}"
        template: str = request.getfixturevalue("_postgres_templates")(CATALOG)
        with server.database(name, template=template):
            insecure = server.needs_permission
            yield Settings(database_url=server.url(name), sealing_keys=key, allow_insecure_postgres=insecure)


@pytest.fixture(scope="module")
def own_settings() -> ApiSettings:
    return ApiSettings(token_keys=sealing.new_key())


@pytest.fixture(scope="module")
def send_mail() -> Send | None:
    """None: the application cannot send mail. A module that tests messages has a fixture of this name too."""
    return None


@pytest.fixture(scope="session")
def routes() -> list[BaseRoute]:
    """Those of the application. FastAPI prepares a route for its first request, which takes longer than the request."""
    return create_app(ApiSettings(token_keys=sealing.new_key()), Settings(database_url="sqlite://")).router.routes


@pytest.fixture(scope="session")
def operations(routes: list[BaseRoute], of_all_workers: Path) -> list[tuple[str, str]]:
    """Method and path of each route in the document, which is the same on each database and takes seconds to make."""

    def documented() -> list[tuple[str, str]]:
        paths = get_openapi(title="api", version="1", routes=routes)["paths"]
        return [(method, path) for path, methods in paths.items() for method in methods]

    return once(of_all_workers, "operations", documented)


@pytest.fixture(scope="module")
async def api(
    api_settings: Settings,
    own_settings: ApiSettings,
    send_mail: Send | None,
    routes: list[BaseRoute],
    anyio_backend: str,
) -> AsyncIterator[Api]:
    app = create_app(own_settings, api_settings, send_mail=send_mail)
    app.router.routes = routes
    transport = httpx.ASGITransport(app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://api.example") as http,
        ):
            yield Api(app, http)


@pytest.fixture(scope="module")
async def administrator(api: Api) -> Person:
    return await api.enter(UserRole.ADMIN)


@pytest.fixture(scope="module")
async def moderator(api: Api) -> Person:
    return await api.enter(UserRole.MODERATOR)


@pytest.fixture(scope="module")
async def owner(api: Api) -> Person:
    """Whose videos the tests are about. The tests of a module share these four, and leave them as they are."""
    return await api.enter()


@pytest.fixture(scope="module")
async def follower(api: Api, owner: Person) -> Person:
    person = await api.enter()
    await social.follow(api.database, follower_id=person.uuid, followed_id=owner.uuid)
    return person


@pytest.fixture(scope="module")
async def stranger(api: Api) -> Person:
    return await api.enter()
