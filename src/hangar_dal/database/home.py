"""The process and the event loop in which a database was opened. It refuses to be used in any other.

Two processes that share a connection after a fork would read each other's rows, and a connection works only in the
event loop that opened it. Below `transaction`.
"""

import asyncio
import os
import threading
from typing import Final, NoReturn, Protocol
from weakref import WeakSet

from hangar_dal.errors import DatabaseError, ForkedDatabase, WrongEventLoop

_NOWHERE: Final = object()  # not None, because None means that no event loop runs


class Inherited(Protocol):
    def disown(self) -> None:
        """Drop the connections without sending anything to the database: they belong to the parent."""
        ...


class Home:
    """The process and event loop in which a database was opened.

    For speed, frequent callers compare `loop` with the running loop themselves, and call `refuse` if they differ.
    """

    def __init__(self, fork_advice: str) -> None:
        loop = asyncio.get_running_loop()
        self.loop: object = loop
        self._described = _described(loop)
        self._process = os.getpid()
        self._fork_advice = fork_advice

    def leave(self) -> None:
        """In a forked child, refuse each later use, even if the child continues with the parent's event loop."""
        self.loop = _NOWHERE

    @property
    def is_forked(self) -> bool:
        return self._process != os.getpid()

    def check(self, query: str = "") -> None:
        """Raise `ForkedDatabase` or `WrongEventLoop` if the caller is in another process or event loop."""
        if asyncio._get_running_loop() is not self.loop:
            self.refuse(query)

    def refuse(self, query: str = "") -> NoReturn:
        """Raise the error of `check`. `query` is the name of the query that was called."""
        raise self._refusal().of(query)

    def _refusal(self) -> DatabaseError:
        if self.is_forked:
            return ForkedDatabase(
                f"the database was opened in process {self._process} and is used in its child {os.getpid()}. The child "
                f"shares the connections and would read the parent's answers: {self._fork_advice}. "
                "With `gunicorn --preload`, open it in the application's startup event."
            )
        running = asyncio._get_running_loop()
        here = f"in {_described(running)}" if running else f"without an event loop, {_thread()}"
        return WrongEventLoop(
            f"the database belongs to {self._described} and is used {here}. Open one database in each event loop, "
            "or send the call to the first loop with asyncio.run_coroutine_threadsafe."
        )


def _described(loop: asyncio.AbstractEventLoop) -> str:
    return f"the event loop {id(loop):#x} {_thread()}"


def _thread() -> str:
    return f"in thread {threading.current_thread().name}"


_opened: WeakSet[Inherited] = WeakSet()


def disown_after_fork(database: Inherited) -> None:
    """Call `disown` in each child process that is forked while the database exists."""
    _opened.add(database)


def _disown_all() -> None:
    for database in _opened:
        database.disown()


os.register_at_fork(after_in_child=_disown_all)
