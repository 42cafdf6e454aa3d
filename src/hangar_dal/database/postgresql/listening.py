"""Listening connections, outside of the pool. A lost connection is opened again.

A task reads each connection all the time. Unread notifications would fill the server's queue, which all databases
share.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import psycopg
from psycopg import sql

from hangar_dal.database.home import Home
from hangar_dal.database.listening import Gap, Notification, Notifications
from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.shielding import spawn, wait_through_cancellation
from hangar_dal.errors import (
    ConnectionFailed,
    DatabaseClosed,
    InvalidValue,
    ListenNotSupported,
    raise_alone,
)

# A connection without notifications for this many seconds is checked: a network can lose a connection silently.
CHECK_SECONDS: Final = 30.0
# If more notifications than this are unread, a `Gap` replaces them.
KEPT: Final = 10_000
# PostgreSQL truncates longer names, and would listen to another channel.
_LONGEST_NAME: Final = 63

_POOLED: Final = (
    "the connection goes through a connection pooler (or HANGAR_PREPARED_STATEMENTS is off), which would give the "
    "notifications to another client. Open another database with the URL of the server itself, and listen on that."
)
_CLOSED: Final = "the database was closed while the call waited for notifications"


class Listener:
    """One connection that listens to one channel. One task at a time iterates over the notifications."""

    def __init__(self, home: Home, channel: str, open_driver: Callable[[], Awaitable[Driver]]) -> None:
        self._home = home
        self._listen = sql.SQL("LISTEN {}").format(sql.Identifier(channel))
        self._open_driver = open_driver
        self._driver: Driver | None = None
        self._reading: asyncio.Task[None] | None = None
        self._arrived: deque[Notification | Gap] = deque()
        self._news = asyncio.Event()
        self._is_closed = False

    async def start(self) -> None:
        """Start to listen. Each notification that is committed after this returns will arrive."""
        self._driver = await self._opened()
        self._read()

    def __aiter__(self) -> Notifications:
        return self

    async def __anext__(self) -> Notification | Gap:
        """Return the next notification. Raises `ConnectionFailed` if the connection is lost and cannot be opened again.

        After that error, the next call tries again, and returns a `Gap` if it succeeds.
        """
        self._home.check()
        while not self._arrived:
            if self._is_closed:
                raise DatabaseClosed(_CLOSED)
            if self._reading is None:
                self._read()
            elif self._reading.done():
                ended, self._reading = self._reading, None
                ended.result()  # raises
            self._news.clear()
            await self._news.wait()
            self._home.check()
        return self._arrived.popleft()

    async def close(self) -> None:
        self._is_closed = True
        self._arrived.clear()
        self._news.set()
        if self._reading is not None:
            self._reading.cancel()
            await wait_through_cancellation(self._reading)
            if not self._reading.cancelled():
                self._reading.exception()  # retrieve it, so that asyncio does not report it
        if self._driver is not None:
            await self._driver.close()

    def disown(self) -> None:
        if self._driver is not None:
            self._driver.disown()

    def _read(self) -> None:
        self._reading = spawn(self._read_on())
        self._reading.add_done_callback(lambda _: self._news.set())

    async def _read_on(self) -> None:
        """Read notifications. Raises an error when the connection is lost and cannot be opened again."""
        while True:
            if self._driver is None:
                self._driver = await self._opened()
                self._add_gap()
            with suppress(psycopg.Error):
                await self._read_from(self._driver)
            driver, self._driver = self._driver, None
            await driver.close()

    async def _read_from(self, driver: Driver) -> None:
        """Read notifications from one connection. Raises `psycopg.Error` when the connection is lost."""
        while True:
            async for found in driver.notifies(timeout=CHECK_SECONDS):
                if len(self._arrived) >= KEPT:
                    self._add_gap()
                else:
                    self._arrived.append(Notification(found.payload))
                    self._news.set()
            deadline = asyncio.get_running_loop().call_later(CHECK_SECONDS, driver.hang_up)
            try:
                await driver.execute("SELECT 1")
            finally:
                deadline.cancel()

    def _add_gap(self) -> None:
        """Replace all unread notifications with a `Gap`, after which the reader reads the tables anyway."""
        self._arrived.clear()
        self._arrived.append(Gap())
        self._news.set()

    async def _opened(self) -> Driver:
        """Open a connection and listen. Raises `ListenNotSupported` behind a pooler and on a standby."""
        driver = await self._open_driver()
        try:
            if not driver.reset:  # `reset` is empty behind a pooler
                raise ListenNotSupported(_POOLED)
            await driver.execute(self._listen)
        except psycopg.errors.ReadOnlySqlTransaction:
            await driver.close()
            raise_alone(ListenNotSupported("the server is a standby, which cannot listen. Listen on the primary."))
        except psycopg.Error:
            await driver.close()
            raise_alone(ConnectionFailed("the connection was lost before it listened to the channel"))
        except BaseException:
            await driver.close()
            raise
        return driver


class PostgresListeners:
    """The open listeners of one database."""

    def __init__(self, open_driver: Callable[[], Awaitable[Driver]]) -> None:
        self._open_driver = open_driver
        self._open: set[Listener] = set()
        self._is_closed = False

    @asynccontextmanager
    async def listen(self, home: Home, channel: str) -> AsyncIterator[Notifications]:
        home.check()
        if not channel or "\0" in channel or len(channel.encode()) > _LONGEST_NAME:
            raise InvalidValue(f"channel: must be a name of 1 to {_LONGEST_NAME} bytes in UTF-8")
        if self._is_closed:
            raise DatabaseClosed("the database was closed; use it inside `async with open_database(...)`")
        listener = Listener(home, channel, self._open_driver)
        self._open.add(listener)
        try:
            await listener.start()
            if self._is_closed:
                raise DatabaseClosed(_CLOSED)
            yield listener
        finally:
            self._open.discard(listener)
            if not home.is_forked:
                await listener.close()

    async def close(self) -> None:
        self._is_closed = True
        await asyncio.gather(*(listener.close() for listener in list(self._open)))

    def disown(self) -> None:
        for listener in self._open:
            listener.disown()
        self._open.clear()
