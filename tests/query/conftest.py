"""Throw-away applications: a catalog over a folder of this test, and modules that declare queries in it."""

import re
import sys
from asyncio import Runner
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from hangar_dal import Catalog, Database, open_database
from hangar_dal.errors import CatalogError
from hangar_dal.settings import Settings
from tests.helpers.clock import Clock
from tests.shop import CATALOG, samples
from tests.shop.models import Colour, Sample
from tests.shop.tables import create_tables

PREAMBLE = """\
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from ipaddress import IPv4Address
from typing import Annotated, Any, Generic, Literal, NewType, Optional, TypedDict, TypeVar
from uuid import UUID
from pydantic import Base64Bytes, Base64Str, Base64UrlStr, BaseModel, ConfigDict, Field, Json, JsonValue, RootModel
from pydantic import IPvAnyNetwork, NaiveDatetime, SecretStr, StringConstraints
from pydantic import computed_field, field_serializer
from typing_extensions import NotRequired, Required, Unpack
from hangar_dal import CaseInsensitive, Executor, JsonArray, JsonObject, Row, RowCount, Sealed, Stream

class Order(Row):
    id: int
    note: str

"""


class Shop:
    """An application with a SQL folder and any number of modules."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = Catalog("shop", sql=folder)
        self.modules: dict[str, ModuleType] = {}

    def write(self, file: str, sqlite: str | bytes, postgresql: str | bytes | None = None) -> None:
        """The file in both dialects: twins, unless a second text is given."""
        for dialect, text in (("sqlite", sqlite), ("postgresql", sqlite if postgresql is None else postgresql)):
            path = self.folder / dialect / f"{file}.sql"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def declare(self, source: str, module: str = "shop.orders", preamble: str = PREAMBLE) -> ModuleType:
        """Import a module of this source; `query` is the catalog's, line 1 the first behind the preamble."""
        found = sys.modules[module] = self.modules[module] = ModuleType(module)
        vars(found)["query"] = self.catalog.query
        exec(compile(preamble, f"{module}.preamble", "exec", dont_inherit=True), vars(found))
        exec(compile(source, f"{module.rpartition('.')[2]}.py", "exec", dont_inherit=True), vars(found))
        return found

    def findings(self) -> list[str]:
        """What `load()` finds, the folder's own path left out."""
        try:
            self.catalog.load()
        except CatalogError as error:
            return [finding.replace(f"{self.folder}/", "") for finding in error.findings]
        return []

    def query(self, python: str, sql: str) -> None:
        """One query `it` in a module `orders`, and whatever its source defines beside it."""
        self.declare(re.sub(r"^(async )?def ", r"@query\n\g<0>", python, flags=re.MULTILINE))
        self.write("orders", f"-- name: it\n{sql.rstrip()}\n;\n")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "sql")
    yield shop
    for module in shop.modules:
        sys.modules.pop(module, None)


@pytest.fixture
def everything(shop: Shop) -> Catalog:
    """The catalogs of the throw-away application and of `tests/shop`, which uses the package's."""
    return Catalog("tests", uses=[shop.catalog, CATALOG])


@pytest.fixture
async def database(
    settings: Settings, clock: Clock, everything: Catalog, anyio_backend: str
) -> AsyncIterator[Database]:
    async with open_database(settings, catalog=everything, clock=clock) as db:
        yield db


@pytest.fixture
async def shop_database(database: Database) -> Database:
    """A database that holds the tables of the application in `tests/shop`."""
    await create_tables(database)
    return database


@pytest.fixture
async def two(shop_database: Database) -> list[Sample]:
    """Two rows of the table `samples`."""
    made = [
        Sample(text="a", words=["x", "y"], at=datetime(2030, 1, 2, 3, 4, 5, 600, tzinfo=UTC), flag=True),
        Sample(text="b", whole=7, colour=Colour.GREEN),
    ]
    return [await samples.insert_sample(shop_database, sample) for sample in made]


@pytest.fixture
def calls(settings: Settings) -> Iterator[Runner]:
    """For properties, whose examples are many calls of a plain function: an event loop to run each in."""
    with Runner() as runner:
        yield runner


@pytest.fixture
def loop_database(calls: Runner, settings: Settings) -> Iterator[Database]:
    """The same as `shop_database`, open in the loop of `calls`."""

    async def opened() -> Database:
        database = await open_database(settings, catalog=CATALOG)
        await create_tables(database)
        return database

    database = calls.run(opened())
    yield database
    calls.run(database.close())
