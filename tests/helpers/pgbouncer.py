"""A real PgBouncer in front of the tests' PostgreSQL, where its program is installed (Debian: `apt install pgbouncer`).

It listens on a Unix socket in a directory of its own. Both end with the process that started it.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.helpers.postgres_server import Server, reaper_of, unprivileged_account

Mode = Literal["transaction", "session", "statement"]
MODES: tuple[Mode, ...] = ("transaction", "session")
PORT = 6432
# Fewer sessions than clients, so that clients share them.
CONFIGURATION = """
[databases]
* = {server}
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {directory}
auth_type = any
admin_users = {user}
pool_mode = {mode}
default_pool_size = 6
max_client_conn = 500
server_reset_query = DISCARD ALL
logfile = {directory}/log
pidfile = {directory}/pid
{more}
"""


def program() -> str | None:
    """The program to start: HANGAR_TEST_PGBOUNCER, else the one that is installed."""
    places = "/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin"
    return os.environ.get("HANGAR_TEST_PGBOUNCER") or shutil.which("pgbouncer", path=places)


@cache
def version() -> tuple[int, ...]:
    """Such as (1, 18, 0)."""
    found = program()
    assert found
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in said.split()[1].split("."))


@dataclass(frozen=True, slots=True)
class PgBouncer:
    mode: Mode
    server: Server

    def url(self, dbname: str) -> str:
        return self.server.url(dbname)

    def reconnect(self) -> None:
        """New server connections, which have their role's new settings."""
        with psycopg.connect(self.url("pgbouncer"), autocommit=True) as console:
            console.execute("RECONNECT")


@contextmanager
def started(mode: Mode, server: Server, *, more: str = "") -> Iterator[PgBouncer]:
    found = program()
    assert found
    directory = Path(tempfile.mkdtemp(prefix="hangar-pgbouncer-"))
    reaper = reaper_of(directory)
    try:
        account = unprivileged_account(directory)
        where = f"host={server.host} port={server.port} user={server.user}"
        where += f" password={server.password}" if server.password else ""
        text = CONFIGURATION.format(
            server=where, port=PORT, directory=directory, user=server.user, mode=mode, more=more
        )
        (directory / "pgbouncer.ini").write_text(text)
        (directory / "pgbouncer.ini").chmod(0o644)
        command = ["setpriv", "--pdeathsig", "KILL", found, str(directory / "pgbouncer.ini")]
        with subprocess.Popen(
            command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            **account,
        ) as process:  # fmt: skip
            try:
                while not (directory / f".s.PGSQL.{PORT}").exists():
                    if process.poll() is not None:
                        pytest.fail(f"pgbouncer ended: {(directory / 'log').read_text()[-2000:]}", pytrace=False)
                    time.sleep(0.01)
                yield PgBouncer(mode, Server(host=str(directory), port=PORT, user=server.user))
            finally:
                process.kill()
    finally:
        reaper.communicate()


def store_settings(url: str, dbname: str) -> None:
    """What `open_database` wants of the sessions behind a pooler, with the default settings."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in (
            "TimeZone = UTC",
            "statement_timeout = 30000",
            "lock_timeout = 10000",
            "idle_in_transaction_session_timeout = 60000",
            "search_path = public, pg_temp",
        ):
            connection.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {dbname} SET {setting}".encode())


def pooled_url(request: pytest.FixtureRequest, mode: str, direct: str) -> str:
    """The URL of a database through a pooler in this mode, with the settings that its sessions need."""
    pooler: PgBouncer = request.getfixturevalue(f"_pgbouncer_{mode}")
    dbname = str(conninfo_to_dict(direct)["dbname"])
    store_settings(direct, dbname)
    return pooler.url(dbname)
