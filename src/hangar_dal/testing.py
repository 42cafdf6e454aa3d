"""Compare one call on both databases in tests: equal models, equal order, equal errors.

    async with open_both(sqlite_url, postgresql_url, catalog=CATALOG, clock=clock) as both:
        await both.same(lambda db: orders.create_order(db, new))
        async for name, outcome in both.walk(random_calls(seed=7)):
            ...

Make ids, times and random texts before the call. If the call makes them, they differ between the databases. The fixture
`hangar_both` of the pytest plugin makes the databases, too.
"""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, SecretStr

from hangar_dal.database import Database, open_database
from hangar_dal.errors import HangarError
from hangar_dal.query import Catalog
from hangar_dal.sealing import new_key
from hangar_dal.settings import Settings

Call = Callable[[Database], Awaitable[Any]]

# The attributes of errors that are compared beside the message. `sqlstate` is not, since each database has its own.
_TOLD: Final = ("query", "constraint", "table", "columns")
_STEPS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a call: its value, or the type, the message and the attributes of its error."""

    value: Any = None
    error: type[HangarError] | None = None
    told: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return repr(self.value) if self.error is None else f"{self.error.__name__}: {self.told[0]}"


class Differs(AssertionError):
    """Raised if a call has different outcomes on the two databases: `sqlite` and `postgresql`."""

    def __init__(self, message: str, *, sqlite: Outcome, postgresql: Outcome) -> None:
        super().__init__(f"{message}\n  sqlite:     {sqlite}\n  postgresql: {postgresql}")
        self.sqlite = sqlite
        self.postgresql = postgresql


@dataclass(frozen=True, slots=True)
class Both:
    """A SQLite and a PostgreSQL database that should hold the same rows, with the same clock and the same keys."""

    sqlite: Database
    postgresql: Database
    go_on: Callable[[], None] = lambda: None  # moves the clock forward between two calls

    async def same(self, call: Call, *, name: str = "the call") -> Outcome:
        """Run the call on both databases and return its outcome. Raises `Differs` if the outcomes differ.

        Errors that do not come from this package are raised.
        """
        self.go_on()
        sqlite, postgresql = await outcome(self.sqlite, call), await outcome(self.postgresql, call)
        if not is_same(sqlite, postgresql):
            raise Differs(f"{name} does not do the same on both databases", sqlite=sqlite, postgresql=postgresql)
        return sqlite

    async def walk(self, steps: Iterable[tuple[str, Call]]) -> AsyncIterator[tuple[str, Outcome]]:
        """Run named calls one after the other, and yield the name and the outcome of each.

        Steps are taken from the iterable one by one, so a step may depend on earlier outcomes. The message of `Differs`
        has the number of the step and the names of the last steps.
        """
        last: deque[str] = deque(maxlen=_STEPS_SHOWN)
        for number, (name, call) in enumerate(steps, 1):
            last.append(name)
            yield name, await self.same(call, name=f"step {number} ({' -> '.join(last)})")


@dataclass(slots=True)
class _Time:
    """A clock that shows the real time of the last `go_on()`."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def go_on(self) -> None:
        self.now = max(datetime.now(UTC), self.now + timedelta(microseconds=1))


@asynccontextmanager
async def open_both(
    sqlite: str, postgresql: str, *, catalog: Catalog, clock: Callable[[], datetime] | None = None
) -> AsyncIterator[Both]:
    """Open two migrated databases by their URLs, with a catalog and with a new sealing key that is not stored.

    Without `clock`, both databases get the same time during a call, and a later time in the next call.
    """
    key, time = SecretStr(new_key()), _Time()
    async with (
        open_one(sqlite, catalog=catalog, clock=clock or time, key=key) as one,
        open_one(postgresql, catalog=catalog, clock=clock or time, key=key) as other,
    ):
        yield Both(one, other, time.go_on)


def open_one(
    url: str, *, catalog: Catalog, clock: Callable[[], datetime] | None = None, key: SecretStr | None = None
) -> AbstractAsyncContextManager[Database]:
    """Open a migrated database by its URL, with a catalog and with a new sealing key that is not stored."""
    # Before PostgreSQL 15, every role may create tables in the schema public of a new database.
    settings = Settings(database_url=SecretStr(url), sealing_keys=key or SecretStr(new_key()), allow_public_create=True)
    return open_database(settings, catalog=catalog, clock=clock)


async def outcome(db: Database, call: Call) -> Outcome:
    """Run the call on one database and return its outcome. Errors of other packages are raised."""
    try:
        return Outcome(await call(db))
    except HangarError as error:
        return Outcome(None, type(error), (str(error), *(getattr(error, name, None) for name in _TOLD)))


def is_same(one: Any, other: Any) -> bool:
    """Return whether two values are equal in type and value at all levels. Python's `==` treats True and 1 as equal."""
    if type(one) is not type(other):
        return False
    match one:
        case Outcome():
            return (one.error, one.told) == (other.error, other.told) and is_same(one.value, other.value)
        case BaseModel():
            return is_same(one.__dict__, other.__dict__)
        case Mapping():
            return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
        case list() | tuple():
            return len(one) == len(other) and all(map(is_same, one, other))
        case float():
            return repr(one) == repr(other)
        case _:
            return bool(one == other)
