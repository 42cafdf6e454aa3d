"""One call on both databases, held against each other: equal models, equal order, equal errors. For tests.

    async with open_both(sqlite_url, postgresql_url, catalog=CATALOG, clock=clock) as both:
        await both.same(lambda db: orders.create_order(db, new))
        async for name, outcome in both.walk(random_calls(seed=7)):
            ...

What a call needs (ids, times, texts) is made before it: made inside, it would differ for no reason of the databases'.
Builds on the database layer; the pytest plugin offers it with databases of its own as `hangar_both`.
"""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
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

# What an error tells beside its message. `sqlstate` is each database's own name, and left out.
_TOLD: Final = ("query", "constraint", "table", "columns")
_STEPS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the caller of a function sees: a value, or all that an error of this package tells."""

    value: Any = None
    error: type[HangarError] | None = None
    told: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return repr(self.value) if self.error is None else f"{self.error.__name__}: {self.told[0]}"


class Differs(AssertionError):
    """The databases disagree: `sqlite` and `postgresql` are what each of them did."""

    def __init__(self, message: str, *, sqlite: Outcome, postgresql: Outcome) -> None:
        super().__init__(f"{message}\n  sqlite:     {sqlite}\n  postgresql: {postgresql}")
        self.sqlite = sqlite
        self.postgresql = postgresql


@dataclass(frozen=True, slots=True)
class Both:
    """A SQLite and a PostgreSQL database that are meant to hold the same, with one clock and the same keys."""

    sqlite: Database
    postgresql: Database
    go_on: Callable[[], None] = lambda: None  # so that time does, between two calls

    async def same(self, call: Call, *, name: str = "the call") -> Outcome:
        """Run it on both; `Differs` unless both do the same. Errors that are not this package's are raised."""
        self.go_on()
        sqlite, postgresql = await outcome(self.sqlite, call), await outcome(self.postgresql, call)
        if not is_same(sqlite, postgresql):
            raise Differs(f"{name} does not do the same on both databases", sqlite=sqlite, postgresql=postgresql)
        return sqlite

    async def walk(self, steps: Iterable[tuple[str, Call]]) -> AsyncIterator[tuple[str, Outcome]]:
        """Run named calls one after the other. A step may depend on the outcomes before it: it is taken when its
        turn comes. `Differs` tells the number of the step, and the names of the last ones.
        """
        last: deque[str] = deque(maxlen=_STEPS_SHOWN)
        for number, (name, call) in enumerate(steps, 1):
            last.append(name)
            yield name, await self.same(call, name=f"step {number} ({' -> '.join(last)})")


@dataclass(slots=True)
class _Time:
    """The real one, as of the last call."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def go_on(self) -> None:
        self.now = max(datetime.now(UTC), self.now + timedelta(microseconds=1))


@asynccontextmanager
async def open_both(
    sqlite: str, postgresql: str, *, catalog: Catalog, clock: Callable[[], datetime] | None = None
) -> AsyncIterator[Both]:
    """Two migrated databases by their URLs, opened with a catalog and with a throw-away sealing key.

    Without a `clock` of the caller's, time goes on from call to call, and is the same for both databases within one.
    """
    key, time = SecretStr(new_key()), _Time()
    # In a new database every role may create in public, unless the server is PostgreSQL 15 or newer.
    target = Settings(database_url=SecretStr(postgresql), sealing_keys=key, allow_public_create=True)
    file = Settings(database_url=SecretStr(sqlite), sealing_keys=key)
    async with (
        open_database(file, catalog=catalog, clock=clock or time) as one,
        open_database(target, catalog=catalog, clock=clock or time) as other,
    ):
        yield Both(one, other, time.go_on)


async def outcome(db: Database, call: Call) -> Outcome:
    """What the call does on one database."""
    try:
        return Outcome(await call(db))
    except HangarError as error:
        return Outcome(None, type(error), (str(error), *(getattr(error, name, None) for name in _TOLD)))


def is_same(one: Any, other: Any) -> bool:
    """Equal in type as in value, however deep: to Python alone, True is 1 and 0.0 is -0.0."""
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
