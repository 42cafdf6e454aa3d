"""`check` finds nothing in everyday queries, each of them runs, and what is called never NULL never is."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType
from typing import Final

import psycopg
import pytest

from hangar_dal import ACCOUNTS, Database, Settings, migrations, open_database, sealing
from hangar_dal.check.databases.info import DatabaseInfo
from hangar_dal.check.databases.live import live_postgresql, live_sqlite
from hangar_dal.check.project.project import Project
from hangar_dal.check.run import check_against
from tests.chinook import CATALOG, keys, queries
from tests.chinook.rows import statements as rows
from tests.conftest import BACKENDS
from tests.helpers.postgres_server import Server

MIGRATIONS: Final = Path(__file__).parent / "migrations"
MODULES: Final = MappingProxyType({"queries": queries, "keys": keys})
ARGUMENTS: Final = MappingProxyType(
    {"after": 3, "album_id": 2, "artist_id": 1, "customer_id": 1, "email": "c1@example.org", "employee_id": 1,
     "genre_id": 1, "invoice_date": datetime(2026, 1, 20, tzinfo=UTC), "invoice_id": 2, "least": 1, "limit": 5,
     "playlist_id": 1, "since": datetime(2026, 1, 5, tzinfo=UTC), "total": 500, "track_id": 1,
     "until": datetime(2026, 1, 25, tzinfo=UTC), "upto": 4}
)  # fmt: skip


class Undone(Exception):
    """Ends a transaction, so that what a query wrote is rolled back."""


@pytest.fixture(scope="module")
def project() -> Project:
    return Project((CATALOG,), (ACCOUNTS.migrations, MIGRATIONS))


@pytest.fixture(scope="module")
def sources(postgres_server: Server, project: Project) -> Iterator[list[DatabaseInfo]]:
    with pytest.MonkeyPatch.context() as patch:
        if postgres_server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        with live_postgresql(project, postgres_server.url("postgres")) as postgresql, live_sqlite(project) as sqlite:
            yield [postgresql, sqlite]


@pytest.fixture(scope="module", params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, seed: int) -> Iterator[str]:
    """A database with all rows. The tests leave it as it is."""
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('chinook') / 'chinook.db'}"
        else:
            server: Server = request.getfixturevalue("postgres_server")
            if server.needs_permission:
                patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
            name = f"hangar_{token_hex(6)}"
            opened.enter_context(server.database(name))
            url = server.url(name)
        migrations.apply(url, folders=[MIGRATIONS])
        fill(url, seed)
        yield url


@pytest.fixture(scope="module")
async def filled(url: str, anyio_backend: str) -> AsyncIterator[Database]:
    CATALOG.load()  # so that the tests know the arguments of a query before it is called
    async with open_database(Settings(database_url=url, sealing_keys=sealing.new_key()), catalog=CATALOG) as db:
        yield db


def fill(url: str, seed: int) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as to_sqlite, to_sqlite:
            for text in rows(seed):
                to_sqlite.execute(text)
    else:
        with psycopg.connect(url) as to_postgresql:
            for text in rows(seed):
                to_postgresql.execute(text.encode())


def test_nothing_is_found_in_everyday_queries(sources: list[DatabaseInfo], project: Project) -> None:
    assert {name.partition(".")[0] for name in CATALOG.queries} == MODULES.keys()
    assert list(check_against(project, sources).findings) == []


@pytest.mark.parametrize("name", sorted(CATALOG.queries))
async def test_each_runs(filled: Database, name: str) -> None:
    module, _, function = name.partition(".")
    query, declared = getattr(MODULES[module], function), CATALOG.queries[name]
    with pytest.raises(Undone):
        async with filled.transaction() as tx:
            found = await query(tx, **{argument: ARGUMENTS[argument] for argument in declared.signature.arguments})
            assert found is not None
            raise Undone
