"""Two hosts that lead to one server: which one an opening takes, and what it does if it may take neither."""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hangar_dal import sealing
from hangar_dal.database.postgresql import hosts as postgresql_hosts
from hangar_dal.database.postgresql.hosts import Hosts
from hangar_dal.database.postgresql.opening import open_driver
from hangar_dal.database.postgresql.server import greet
from hangar_dal.settings import PostgresTarget, Settings
from tests.database.proxy import Wire, target_of, wire_to
from tests.helpers.waiting import until

OPTIONS = {"autocommit": True, "connect_timeout": 300}


class Ways(NamedTuple):
    first: Wire
    second: Wire
    hosts: Hosts
    conninfo: str

    async def port(self) -> int:
        """Open a connection, and return by which port it was made."""
        driver = await self.hosts.connect(**OPTIONS)
        try:
            return driver.info.port
        finally:
            await driver.close()


@pytest.fixture
def settings(postgres_url: str) -> Settings:
    return Settings(database_url=postgres_url, sealing_keys=sealing.new_key())


@pytest.fixture
async def ways(settings: Settings, anyio_backend: str) -> AsyncIterator[Ways]:
    target = target_of(settings)
    async with wire_to(target) as (first, url), wire_to(target) as (second, other_url):
        ports = [str(conninfo_to_dict(each)["port"]) for each in (url, other_url)]
        conninfo = make_conninfo(url, host="127.0.0.1,127.0.0.1", port=",".join(ports))
        yield Ways(first, second, Hosts(conninfo), conninfo)


async def test_of_equal_hosts_the_one_that_was_used_last_is_used_again(
    ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways.first.freeze()
    used = await ways.port()
    ways.first.thaw()
    monkeypatch.setattr(postgresql_hosts, "PATIENCE", 300)  # from now on, both have the time to answer
    assert await ways.port() == used


async def test_an_opening_goes_on_until_one_of_the_hosts_is_the_primary(ways: Ways, settings: Settings) -> None:
    target = PostgresTarget(ways.conninfo, "two hosts")
    session, first = await greet(settings, target, ways.hosts, OPTIONS)
    await first.close()
    ways.hosts._timeline = "FFFFFFFF"  # a newer primary was seen, and has gone
    before = ways.second.opened
    opening = asyncio.create_task(open_driver(target, ways.hosts, session, OPTIONS, seconds=300))
    await until(lambda: opening.done() or ways.second.opened == before + 2)
    ways.hosts._timeline = ""
    driver = await opening
    await driver.close()
