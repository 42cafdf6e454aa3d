"""PostgreSQL servers of a test's own, which it may stop, start again and promote."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psycopg

from tests.helpers.postgres_server import SETTINGS, initialize, reaper_of, runner


class OwnServer:
    """A server in a directory of its own, reached by a socket in it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._run = runner(place)

    @classmethod
    @contextmanager
    def made(cls) -> Iterator[Self]:
        """A new server, which does not run yet."""
        with _place() as place:
            server = cls(place)
            initialize(place, server._run)
            yield server

    @contextmanager
    def copied(self) -> Iterator["OwnServer"]:
        """A copy of this server, which must not run. The copy does not run yet either."""
        with _place() as place:
            server = OwnServer(place)
            data = place / "data"
            shutil.copytree(self.place / "data", data)
            for path in (data, *data.rglob("*")):
                shutil.chown(path, place.stat().st_uid, place.stat().st_gid)
            yield server

    @contextmanager
    def standby(self) -> Iterator["OwnServer"]:
        """A standby of this server, which must not have been started yet. It does not run yet either."""
        with self.copied() as server:
            data, owner = server.place / "data", server.place.stat()
            (data / "standby.signal").touch()
            shutil.chown(data / "standby.signal", owner.st_uid, owner.st_gid)
            with (data / "postgresql.auto.conf").open("a") as settings:
                settings.write(f"primary_conninfo = 'host={self.place} user=postgres'\n")
            yield server

    def start(self, **settings: str) -> None:
        values = {**SETTINGS, "synchronous_commit": "on", **settings}
        options = " ".join(f"-c {name}='{value}'" for name, value in values.items()) + f" -k '{self.place}'"
        self._control("start", "-w", "-l", self.place / "log", "-o", options)

    def stop(self, mode: str = "immediate") -> None:
        self._control("stop", "-w", "-m", mode)

    def restart(self) -> None:
        self._control("restart", "-w", "-m", "fast", "-l", self.place / "log")

    def promote(self) -> None:
        self._control("promote", "-w")

    def query(self, text: str) -> list[Any]:
        with psycopg.connect(host=str(self.place), user="postgres", dbname="postgres", autocommit=True) as connection:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

    def _control(self, command: str, *arguments: str | Path) -> None:
        self._run("pg_ctl", command, "-D", self.place / "data", *arguments)


def url_of(*servers: OwnServer, **parameters: str) -> str:
    hosts = quote(",".join(str(server.place) for server in servers))
    return f"postgresql://postgres@/postgres?host={hosts}" + "".join(
        f"&{name}={parameters[name]}" for name in parameters
    )


@contextmanager
def running_pair(new_server: OwnServer, **settings: str) -> Iterator[tuple[OwnServer, OwnServer]]:
    """A primary, with these settings, and its standby: copies of this server."""
    with new_server.copied() as primary, primary.standby() as standby:
        primary.start(**settings)
        standby.start()
        primary.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        yield primary, standby


@contextmanager
def _place() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="hangar-pg-"))
    reaper = reaper_of(place)
    try:
        yield place
    finally:
        reaper.communicate()
