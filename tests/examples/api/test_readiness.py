"""What the application answers while its database is away."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from hangar_api.main import create_app
from hangar_api.settings import ApiSettings
from hangar_dal import Settings, sealing
from tests.examples.api.conftest import BACKENDS, kind
from tests.helpers.postgres_server import Server

Losable = tuple[str, Callable[[], None]]


@pytest.fixture
def losable_sqlite(sqlite_url: str) -> Losable:
    return sqlite_url, Path(sqlite_url.removeprefix("sqlite:///")).unlink


@pytest.fixture
def losable_postgresql(postgres_url: str, postgres_server: Server) -> Losable:
    name = str(conninfo_to_dict(postgres_url)["dbname"])

    def lose() -> None:
        with psycopg.connect(postgres_server.url(postgres_server.maintenance), autocommit=True) as administrator:
            administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    return postgres_url, lose


@pytest.fixture(params=BACKENDS)
def losable(request: pytest.FixtureRequest) -> Losable:
    """The URL of a migrated database, and what takes it away."""
    found: Losable = request.getfixturevalue(f"losable_{request.param}")
    return found


async def test_a_database_that_is_lost_ends_the_readiness_but_not_the_health(
    losable: Losable, own_settings: ApiSettings
):
    url, lose = losable
    app = create_app(own_settings, Settings(database_url=url, sealing_keys=sealing.new_key()))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api.example") as http,
    ):
        assert (await http.get("/ready")).status_code == 200
        lose()
        async with asyncio.timeout(60):  # SQLite reads on from a file that it has open, until the loss is noticed
            while (answer := await http.get("/ready")).is_success:  # noqa: ASYNC110  (nothing else reports it)
                await asyncio.sleep(0.05)
        assert kind(answer)[0] == 503
        assert url not in answer.text
        assert answer.headers["retry-after"]
        assert (await http.get("/health")).status_code == 200
