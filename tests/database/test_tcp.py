"""The settings of a live TCP connection: ours, unless the URL has its own, or the system's."""

import os
import socket

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.settings import Settings
from tests.database.ledger import column
from tests.database.proxy import wire_to

pytestmark = pytest.mark.skipif(
    not hasattr(socket, "TCP_USER_TIMEOUT"), reason="NOT RUN: only Linux has TCP_USER_TIMEOUT"
)


@pytest.fixture
def settings(postgres_url: str) -> Settings:
    return Settings(database_url=postgres_url, sealing_keys=sealing.new_key())


def options_of(wire: socket.socket) -> dict[str, int]:
    tcp = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
    found = {name: wire.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in tcp}
    return {"SO_KEEPALIVE": wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), **found}


def options_in_use(db: Database) -> dict[str, int]:
    [connection] = db._writers._all
    with socket.socket(fileno=os.dup(connection.driver.pgconn.socket)) as wire:
        return options_of(wire)


OURS = {
    "SO_KEEPALIVE": 1, "TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000
}  # fmt: skip
CASES = {
    "default": ("", {}, OURS),
    "settings": (
        "",
        {"tcp_keepalive": 40, "tcp_user_timeout": 50},
        {**OURS, "TCP_KEEPIDLE": 40, "TCP_USER_TIMEOUT": 50_000},
    ),
    "url": (
        "?keepalives_idle=7&tcp_user_timeout=8000",
        {"tcp_keepalive": 40, "tcp_user_timeout": 50},
        {**OURS, "TCP_KEEPIDLE": 7, "TCP_USER_TIMEOUT": 8000},
    ),
}


@pytest.mark.parametrize(("query", "values", "expected"), CASES.values(), ids=CASES)
async def test_a_connection_has_the_options_that_are_set(
    settings: Settings, query: str, values: dict[str, int], expected: dict[str, int]
) -> None:
    async with wire_to(settings.target) as (_, url):
        through = Settings(database_url=url + query, sealing_keys=settings.sealing_keys, **values)
        async with open_database(through, catalog=ACCOUNTS) as db:
            await column(db, "SELECT 1")
            assert options_in_use(db) == expected


async def test_zero_leaves_the_options_of_the_system(settings: Settings) -> None:
    with socket.socket() as plain:
        expected = {**options_of(plain), "SO_KEEPALIVE": 1}  # which libpq always sets
    async with wire_to(settings.target) as (_, url):
        zero = Settings(database_url=url, sealing_keys=settings.sealing_keys, tcp_keepalive=0, tcp_user_timeout=0)
        async with open_database(zero, catalog=ACCOUNTS) as db:
            await column(db, "SELECT 1")
            assert options_in_use(db) == expected
