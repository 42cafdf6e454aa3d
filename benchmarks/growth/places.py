"""Databases of one kind for a run. They are gone afterwards."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Final

from pydantic import SecretStr

from benchmarks.growth.filling import START
from hangar_dal import Catalog, Database, Settings, open_database, sealing


@contextmanager
def sqlite(names: Sequence[str]) -> Iterator[list[str]]:
    with TemporaryDirectory(prefix="hangar-benchmark-") as directory:
        yield [f"sqlite:///{Path(directory, name)}.db" for name in names]


@contextmanager
def postgresql(names: Sequence[str]) -> Iterator[list[str]]:
    from tests import with_postgres  # noqa: PLC0415  (only then are the tests' packages needed)

    with with_postgres.server() as server:
        if server.needs_permission:
            os.environ["HANGAR_ALLOW_INSECURE_POSTGRES"] = "true"
        made = [f"hangar_benchmark_{name}_{token_hex(6)}" for name in names]
        with ExitStack() as stack:
            for name in made:
                stack.enter_context(server.database(name))
            yield [server.url(name) for name in made]


PLACES: Final[dict[str, Callable[[Sequence[str]], AbstractContextManager[list[str]]]]] = {
    "SQLite": sqlite,
    "PostgreSQL": postgresql,
}


@asynccontextmanager
async def opened(url: str, catalog: Catalog, rows: int) -> AsyncIterator[Database]:
    """A database whose clock is later than all of its rows."""
    settings = Settings(database_url=SecretStr(url), sealing_keys=SecretStr(sealing.new_key()), statement_timeout=0)
    later = START + timedelta(seconds=rows + 60)
    async with open_database(settings, catalog=catalog, clock=lambda: later) as db:
        yield db
