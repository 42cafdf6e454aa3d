"""`PostgresType`: values of a type that neither Python nor the driver knows, in a catalog for PostgreSQL alone."""

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import pytest

from hangar_dal import CaseInsensitive, Catalog, Database, PostgresType, Row, Sealed, Settings, open_database
from hangar_dal.database import Statement
from hangar_dal.database.refused_types import UnsupportedType
from hangar_dal.database.types import value_type
from hangar_dal.errors import CatalogError, InvalidValue, StatementError
from hangar_dal.query.signature import read_signature

ALONE = ("postgresql",)
PREAMBLE = """\
import os
from datetime import date
from typing import Annotated
from hangar_dal import Executor, PostgresType, Range, Row, RowCount, Stream

class Colour:
    def __init__(self, red: int, blue: int) -> None:
        self.parts = red, blue

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Colour) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

def dump(colour: Colour) -> str:
    if colour.parts == (6, 6):
        raise LookupError("secret")
    return 5 if colour.parts == (5, 5) else "({},{})".format(*colour.parts)

def load(text: str) -> Colour:
    red, blue = map(int, text[1:-1].split(","))
    if red == 9:
        raise ValueError("secret")
    return Colour(red, blue)

Paint = Annotated[Colour, PostgresType("colour", dump=dump, load=load)]

class Car(Row):
    id: int
    paint: Paint
    others: list[Paint]
    maybe: Paint | None

@query
async def insert_car(db: Executor, car: Car) -> Car: ...
@query
async def insert_cars(db: Executor, cars: list[Car]) -> RowCount: ...
@query
async def find_painted(db: Executor, paints: list[Paint]) -> list[int]: ...
@query
async def repaint(db: Executor, id: int, paint: Paint) -> RowCount: ...
@query
def stream_cars(db: Executor) -> Stream[Car]: ...
"""
# The same type as text, in another catalog of the same program.
OF_TEXT = """\
from typing import Annotated
from hangar_dal import Executor, PostgresType
@query
async def list_paints(db: Executor) -> list[Annotated[str, PostgresType("colour")]]: ...
"""
SQL = """\
-- name: insert_car
INSERT INTO cars (id, paint, others, maybe) VALUES (:id, :paint, :others, :maybe)
RETURNING id, paint, others, maybe;

-- name: insert_cars
INSERT INTO cars (id, paint, others, maybe)
SELECT entry.id, entry.paint, entry.others, entry.maybe
FROM json_to_recordset(:cars) AS entry (id bigint, paint colour, others colour[], maybe colour);

-- name: find_painted
SELECT id FROM cars WHERE paint = ANY(CAST(:paints AS colour[])) ORDER BY id;

-- name: repaint
UPDATE cars SET paint = :paint WHERE id = :id;

-- name: stream_cars
SELECT id, paint, others, maybe FROM cars ORDER BY id;
"""
TABLES = """\
CREATE TYPE colour AS (red integer, blue integer);
CREATE TABLE cars (id bigint PRIMARY KEY, paint colour NOT NULL, others colour[] NOT NULL, maybe colour)
"""


def declared(folder: Path, name: str, source: str, sql: str) -> tuple[Catalog, ModuleType]:
    catalog = Catalog(name, sql=folder / name, dialects=["postgresql"])
    module = sys.modules[f"{name}.cars"] = ModuleType(f"{name}.cars")
    vars(module)["query"] = catalog.query
    exec(compile(source, "cars.py", "exec", dont_inherit=True), vars(module))
    (folder / name / "postgresql").mkdir(parents=True)
    (folder / name / "postgresql" / "cars.sql").write_text(sql)
    return catalog, module


@pytest.fixture
def cars(tmp_path: Path) -> tuple[Catalog, Any]:
    return declared(tmp_path, "painting", PREAMBLE, SQL)


@pytest.fixture
async def db(cars: tuple[Catalog, Any], empty_postgres_url: str) -> AsyncIterator[Database]:
    settings = Settings(database_url=empty_postgres_url)
    async with open_database(settings) as made:
        for statement in TABLES.split(";\n"):
            await made.run(Statement("cars.tables", statement, writes=True), ())
    async with open_database(settings, catalog=cars[0]) as opened:
        yield opened


async def test_a_class_of_the_application_comes_back_from_calls_streams_and_transactions(
    cars: tuple[Catalog, Any], db: Database
) -> None:
    module = cars[1]
    red, blue = module.Colour(1, 0), module.Colour(0, 1)
    first = module.Car(id=1, paint=red, others=[red, blue], maybe=None)
    assert await module.insert_car(db, first) == first
    async with db.transaction() as transaction:
        second = module.Car(id=2, paint=blue, others=[], maybe=red)
        assert await module.insert_cars(transaction, [second]) == 1
        assert await module.find_painted(transaction, [blue, red]) == [1, 2]
        async with module.stream_cars(transaction) as stream:
            assert [car async for car in stream] == [first, second]
    assert await module.repaint(db, 1, blue) == 1
    async with module.stream_cars(db) as stream:
        assert [car.paint async for car in stream] == [blue, blue]


async def test_a_new_connection_reads_the_type_too(
    cars: tuple[Catalog, Any], db: Database, empty_postgres_url: str
) -> None:
    module = cars[1]
    car = module.Car(id=1, paint=module.Colour(1, 2), others=[], maybe=None)
    await module.insert_car(db, car)
    end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
    async with open_database(Settings(database_url=empty_postgres_url)) as other:
        await other.run(Statement("cars.end", f"{end} AND pid <> pg_backend_pid()", writes=True), ())
    async with module.stream_cars(db) as stream:
        assert [found async for found in stream] == [car]


async def test_two_catalogs_of_one_program_read_a_type_in_different_ways(
    cars: tuple[Catalog, Any], db: Database, empty_postgres_url: str, tmp_path: Path
) -> None:
    module = cars[1]
    await module.insert_car(db, module.Car(id=1, paint=module.Colour(1, 2), others=[], maybe=None))
    text = "-- name: list_paints\nSELECT paint FROM cars ORDER BY id;\n"
    catalog, other = declared(tmp_path, "printing", OF_TEXT, text)
    async with open_database(Settings(database_url=empty_postgres_url), catalog=catalog) as opened:
        assert await other.list_paints(opened) == ["(1,2)"]
    async with module.stream_cars(db) as stream:
        assert [car.paint async for car in stream] == [module.Colour(1, 2)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda module: module.Colour(6, 6), "paint: dump of PostgresType('colour') failed with LookupError"),
        (lambda module: module.Colour(5, 5), "paint: dump of PostgresType('colour') returned int, not str"),
        (lambda module: "(1,2)", "paint: dump of PostgresType('colour') failed with AttributeError"),
        (lambda module: None, "paint: must not be None"),
        (lambda module: type("Other", (), {"parts": (1, 2)})(), "paint: Input should be an instance of Colour"),
    ],
    ids=["failing", "another_result", "text", "none", "another_class"],
)
async def test_a_value_that_cannot_be_written_is_refused(
    make: Callable[[Any], Any], message: str, cars: tuple[Catalog, Any], db: Database
) -> None:
    with pytest.raises(InvalidValue) as refused:
        await cars[1].repaint(db, 1, make(cars[1]))
    assert str(refused.value) == message
    assert refused.value.__context__ is None


async def test_a_value_that_cannot_be_read_is_reported(cars: tuple[Catalog, Any], db: Database) -> None:
    write = "INSERT INTO cars (id, paint, others) VALUES (1, '(9,9)', '{}')"
    await db.run(Statement("cars.write", write, writes=True), ())
    with pytest.raises(StatementError) as failed:
        async with cars[1].stream_cars(db) as stream:
            [car async for car in stream]
    assert "cars.stream_cars: paint: the value of the column does not have the type of the field" in str(failed.value)


class Address(Row):
    street: str


class Secret(Row):
    note: Annotated[str, Sealed("t", "note", bind=())]


class Nested(Row):
    address: Address


class Self(Row):
    inner: "Annotated[Self, PostgresType('self')] | None"


class Around(Row):
    home: Annotated[Address, PostgresType("address")]


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Annotated[str, PostgresType("xml"), PostgresType("ltree")], "one value cannot have the types xml and ltree"),
        (Annotated[str, PostgresType("xml"), CaseInsensitive], "neither sealed, folded nor searched"),
        (Annotated[str, PostgresType("xml"), Sealed("t", "c", bind=())], "neither sealed, folded nor searched"),
        (Annotated[list[int], PostgresType("int[]")], "mark the items of a list, or give dump and load"),
        (Annotated[complex, PostgresType("point")], "complex has no column type"),
        (Annotated[Secret, PostgresType("secret")], "Secret.note is sealed or a model, which no composite type holds"),
        (Annotated[Nested, PostgresType("nested")], "Nested.address is sealed or a model"),
        (Annotated[Self, PostgresType("self")], "Self contains itself"),
    ],
    ids=["two", "folded", "sealed_text", "list", "unknown", "sealed_field", "model_field", "recursive"],
)
def test_a_marker_that_means_nothing_is_refused(annotation: Any, message: str) -> None:
    with pytest.raises(UnsupportedType, match=message) as refused:
        value_type(annotation, ALONE)
    assert refused.value.problem.fix


def test_a_catalog_for_both_databases_names_the_catalog_that_takes_it() -> None:
    with pytest.raises(UnsupportedType, match=r"write the catalog for PostgreSQL alone: dialects=\[.postgresql"):
        value_type(Annotated[str, PostgresType("xml")])


def test_half_a_conversion_is_refused() -> None:
    with pytest.raises(TypeError, match="give both dump and load, or neither"):
        PostgresType("colour", dump=str)


def test_a_composite_value_is_not_read_from_json() -> None:
    class Outer(Row):
        around: Around

    async def get_outer(db: Any) -> Outer: ...

    get_outer.__annotations__["return"] = Outer
    [problem] = read_signature(get_outer, ALONE).findings
    assert problem.message.startswith("Around.home: a nested model is read from JSON")


async def test_a_composite_value_is_not_stored_in_json(empty_postgres_url: str, tmp_path: Path) -> None:
    source = """\
from typing import Annotated
from hangar_dal import Executor, PostgresType, Row, RowCount
class Address(Row):
    street: str
class Around(Row):
    home: Annotated[Address, PostgresType("address")]
class New(Row):
    doc: Around
@query
async def insert_doc(db: Executor, new: New) -> RowCount: ...
"""
    sql = "-- name: insert_doc\nINSERT INTO docs (doc) VALUES (:doc);\n"
    catalog, module = declared(tmp_path, "documents", source, sql)
    async with open_database(Settings(database_url=empty_postgres_url), catalog=catalog) as db:
        with pytest.raises(CatalogError, match=":doc: home is a value of a composite type"):
            await module.insert_doc(db, module.New(doc=module.Around(home=module.Address(street="x"))))
