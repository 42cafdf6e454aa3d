"""Count the queries that a block sends, by name and calling line, for the pytest fixture `hangar_queries`.

While a block is open, the methods that send statements are replaced by methods that first record the statement. Without
a block, calls have no overhead.
"""

import asyncio
import contextlib
import sys
from asyncio import tasks
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final, NamedTuple

from hangar_dal.database import Database, Statement, Transaction
from hangar_dal.database.batch import Batch, Call

# Queries are counted when they are added to a batch. A stream opens one cursor: fetching its rows sends no other
# statement of the application.
_SENDING: Final = ((Database, "run"), (Transaction, "run"), (Transaction, "_open_cursor"), (Batch, "_known"))
_ASYNCIO: Final = f"{Path(asyncio.__file__).parent}/"
# Code that calls a query on behalf of its own caller, in the same task.
_BETWEEN: Final = (f"{Path(__file__).parent}/", contextlib.__file__, tasks.__file__)
_ORIGIN_FRAMES: Final = 10  # the same number as in asyncio's debug mode
_LOOP: Final = 3  # this many runs of one query from one line are reported as a loop

_open: list["SentQueries"] = []
_replaced = contextlib.ExitStack()


class _Sent(NamedTuple):
    name: str
    place: str
    writes: bool


class SentQueries:
    """Context manager that counts queries: `with SentQueries(at_most=3): ...` raises AssertionError if there are more.

    It counts the statements of every `Database` and `Transaction` of the process, in all tasks, without BEGIN and
    COMMIT. Blocks can be nested. An exception in the block is raised unchanged. `folder` is removed from paths in the
    message.
    """

    def __init__(self, *, at_most: int | None = None, folder: Path | None = None) -> None:
        self._at_most = at_most
        self._folder = folder
        self._sent: list[_Sent] = []

    @property
    def names(self) -> list[str]:
        """The names of the queries sent so far, in order: `["users.get_user", ...]`."""
        return [sent.name for sent in self._sent]

    def __len__(self) -> int:
        return len(self._sent)

    def __enter__(self) -> "SentQueries":
        _start(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        __tracebackhide__ = True  # pytest shows the test instead
        _stop(self)
        if kind is None and self._at_most is not None and len(self) > self._at_most:
            found = (
                f"{len(self)} {'query was' if len(self) == 1 else 'queries were'} sent, at most {self._at_most} allowed"
            )
            raise AssertionError(f"hangar_queries: {found}\n{self.report()}")

    def report(self) -> str:
        """Return a text with each query, its count and its calling line, followed by the queries that run in a loop."""
        counts = Counter(self._sent)
        width = max((len(sent.name) for sent in counts), default=0)
        lines = [f"{count:4}  {sent.name:{width}}  {self._shown(sent.place)}" for sent, count in counts.items()]
        for sent, count in counts.items():
            if count >= _LOOP:
                where, verb = self._shown(sent.place), "write" if sent.writes else "fetch"
                advice = f"it runs in a loop; {verb} all rows with one statement"
                lines.append(f"{sent.name} ran {count} times at {where}: {advice}")
        return "\n".join(lines)

    def note(self, statement: Statement, place: str) -> None:
        """Record a statement. Called for each statement while the block is open."""
        self._sent.append(_Sent(statement.name, place, statement.writes))

    def _shown(self, place: str) -> str:
        return place.removeprefix(f"{self._folder}/")


def _start(block: SentQueries) -> None:
    if not _open:
        for owner, method in _SENDING:
            original = getattr(owner, method)
            setattr(owner, method, _noting(original))
            _replaced.callback(setattr, owner, method, original)
        # Record the line that created a coroutine, because the coroutine may run in another task.
        depth = sys.get_coroutine_origin_tracking_depth()
        sys.set_coroutine_origin_tracking_depth(max(depth, _ORIGIN_FRAMES))
        _replaced.callback(sys.set_coroutine_origin_tracking_depth, depth)
    _open.append(block)


def _stop(block: SentQueries) -> None:
    _open.remove(block)
    if not _open:
        _replaced.close()


def _noting(original: Callable[..., Any]) -> Callable[..., Any]:
    def noting(self: Any, sent: Statement | Call, *parameters: Any) -> Any:
        statement = sent.statement if isinstance(sent, Call) else sent
        if statement.name:  # the package's own statements have no name
            place = _place(sys._getframe(1))
            for block in _open:
                block.note(statement, place)
        return original(self, sent, *parameters)

    return noting


def _place(frame: FrameType | None) -> str:
    """Return the line of the application that called the query, or that created the coroutine in which it runs."""
    while frame is not None and frame.f_code.co_filename.startswith(_BETWEEN):
        frame = frame.f_back
    if frame is not None and not frame.f_code.co_filename.startswith(_ASYNCIO):
        return f"{frame.f_code.co_filename}:{frame.f_lineno}"
    task = asyncio.current_task()
    for file, line, _ in getattr(task and task.get_coro(), "cr_origin", None) or ():
        if not file.startswith((*_BETWEEN, _ASYNCIO)):
            return f"{file}:{line}"
    return "an unknown line"
