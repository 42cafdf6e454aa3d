"""A wire to PostgreSQL that can freeze, lose what is sent on it, or be cut after any number of bytes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from hangar_dal.settings import PostgresTarget, Settings

# What a client sends before it closes a connection.
_TERMINATE: Final = b"X\0\0\0\4"


class Wire:
    def __init__(self, server: dict[str, Any]) -> None:
        self._server = server
        self._flows = asyncio.Event()
        self._flows.set()
        self._links: set[asyncio.Task[None]] = set()
        self._doomed: set[asyncio.Task[None]] = set()
        self._swallowed: set[asyncio.Task[None]] = set()
        self._clients: set[asyncio.StreamWriter] = set()
        self._mute_after: int | None = None
        self._messages: dict[asyncio.Task[None], int] = {}  # how many a link still carries before it is swallowed
        self.bytes_left = 0
        self.opened = 0  # how many links there have been
        self.asked: set[asyncio.Task[None]] = set()  # the links on which a message was swallowed, except a goodbye

    def cut_after(self, count: int) -> None:
        """Cut the links that there are now, after so many bytes in both directions together."""
        self._doomed = set(self._links)
        self.bytes_left = count

    def swallow(self) -> None:
        """Lose all that is sent from now on over the links that there are now, without closing them."""
        self._swallowed |= self._links

    def mute(self, *, after: int = 0) -> None:
        """Accept new links from now on, and lose what is sent over them after so many messages of both sides."""
        self._mute_after = after

    def unmute(self) -> None:
        self._mute_after = None

    def hang_up(self, words: bytes) -> None:
        """Send the clients of all links something that the server did not say, and close the links."""
        for client in self._clients:
            client.write(words)
            client.close()

    def freeze(self) -> None:
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    def link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry a new link in a task of this wire. If the task were asyncio's, its cancellation would be logged."""
        task = asyncio.create_task(self._link(reader, writer))
        self._links.add(task)
        self.opened += 1
        if self._mute_after is not None:
            self._messages[task] = self._mute_after

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        ends = [writer]
        self._clients.add(writer)
        try:
            inner_reader, inner_writer = await self._reach()
            ends.append(inner_writer)
            both = [
                asyncio.create_task(self._carry(task, reader, inner_writer)),
                asyncio.create_task(self._carry(task, inner_reader, writer)),
            ]
            with suppress(asyncio.CancelledError):  # told to close
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for carrying in both:
                carrying.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        finally:
            for end in ends:
                end.transport.abort()
            self._links.discard(task)
            self._clients.discard(writer)

    async def close(self) -> None:
        links = list(self._links)
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)
        await asyncio.sleep(0.01)  # aborted transports close in the loop's next turns

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self._server["host"], int(self._server.get("port", 5432))
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)

    async def _carry(
        self, link: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while data := await reader.read(1 << 16):
            await self._flows.wait()
            if link in self._messages:
                self._messages[link] -= 1
                if self._messages[link] < 0:
                    self._swallowed.add(link)
            if link in self._swallowed:
                if data != _TERMINATE:
                    self.asked.add(link)
                continue
            if link in self._doomed:
                data = data[: self.bytes_left]
                self.bytes_left -= len(data)
            writer.write(data)
            await writer.drain()
            if link in self._doomed and not self.bytes_left:
                return


def target_of(settings: Settings) -> PostgresTarget:
    assert isinstance(settings.target, PostgresTarget)
    return settings.target


@asynccontextmanager
async def wire_to(target: PostgresTarget) -> AsyncIterator[tuple[Wire, str]]:
    """The wire, and the URL by which the same database is reached through it."""
    parts = conninfo_to_dict(target.conninfo)
    wire = Wire(parts)
    server = await asyncio.start_server(wire.link, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    login = quote(parts["user"], safe="") + (f":{quote(parts['password'], safe='')}" if "password" in parts else "")
    try:
        yield wire, f"postgresql://{login}@127.0.0.1:{port}/{parts['dbname']}"
    finally:
        server.close()
        await wire.close()
