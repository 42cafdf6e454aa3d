"""Every annotation with every type of column in every position: a value comes back equal, or the pair is refused.

A pair is accepted if neither loading nor checking finds anything in the statement. Each finding says what to write.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hangar_dal import Catalog, Database, open_database
from hangar_dal.check.databases.live import live_postgresql, live_sqlite
from hangar_dal.check.project.project import Project
from hangar_dal.check.run import check_against
from hangar_dal.database import Statement
from hangar_dal.settings import Settings
from tests.helpers.postgres_server import Server
from tests.helpers.shared_by_workers import once

Open = Callable[[Catalog], Awaitable[Database]]
STORE = Path(__file__).parent / "pairs_store" / "migrations"
PREAMBLE = """\
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Literal
from uuid import UUID
from pydantic import Field, JsonValue
from hangar_dal import Executor, JsonArray, JsonObject, Row, RowCount

class Mood(StrEnum):
    GOOD = "good"
    BAD = "bad"

class Level(IntEnum):
    LOW = -1
    HIGH = 30000

Price = Annotated[Decimal, Field(max_digits=18, decimal_places=2)]

class Inner(Row):
    key: UUID
    at: datetime
    moods: list[Mood]
    price: Price
    length: timedelta | None
    clock: time
"""
# By the name of each column type: what PostgreSQL calls it.
COLUMNS = {
    "text": "text", "varchar5": "varchar(5)", "char5": "char(5)", "bigint": "bigint", "int4": "integer",
    "int2": "smallint", "boolean": "boolean", "float8": "double precision", "float4": "real", "numeric": "numeric",
    "bytea": "bytea", "uuid": "uuid", "instant": "timestamptz", "naive": "timestamp", "date": "date", "jsonb": "jsonb",
    "json": "json", "texts": "text[]", "bigints": "bigint[]", "uuids": "uuid[]", "inet": "inet", "money": "money",
    "mood": "mood", "pair": "pair", "interval": "interval", "xml": "xml", "price": "numeric(18, 2)",
    "small_price": "numeric(5, 2)", "units": "numeric(18, 0)", "long": "numeric(19, 2)", "days": "interval day",
    "time": "time", "time0": "time(0)", "prices": "numeric(18, 2)[]", "intervals": "interval[]", "times": "time[]",
}  # fmt: skip
IN_JSON_ON_SQLITE = ("jsonb", "json", "texts", "bigints", "uuids", "prices", "intervals", "times")
NUMBERS = ("price", "small_price", "units", "long", "numeric")  # which PostgreSQL writes into JSON as numbers
AT = datetime(2030, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
TEXTS = ["", "good", "a b ", "größer als grün", "10.0.0.1"]
DOCUMENTS: list[Any] = [{}, {"b": [1, None, 2.5], "a": "größe"}]
KEYS = "key=UUID(int=7), at=AT"
FULL = f"{KEYS}, moods=[Mood.BAD], price=Decimal('1.50'), length=timedelta(1, 2, 3), clock=time(4)"
EMPTY = f"{KEYS}, moods=[], price=Decimal('-2'), length=None, clock=time(5, 6)"
# By the name of each annotation: the annotation, values of it in Python, and the columns that must accept it.
ANNOTATIONS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "str": ("str", repr(TEXTS), ("text",)),
    "short": ("Annotated[str, Field(max_length=5)]", "['', 'abcde', 'größe']", ("text", "varchar5")),
    "int": ("int", "[0, 2**63 - 1, -(2**63)]", ("bigint",)),
    "small": ("Annotated[int, Field(ge=-5, lt=32768)]", "[-5, 0, 32767]", ("bigint", "int4", "int2")),
    "bool": ("bool", "[True, False]", ("boolean",)),
    "float": ("float", "[0.0, -1.5, 0.1, 1.7976931348623157e308]", ("float8",)),
    "bytes": ("bytes", "[b'', b'\\0\\xff']", ("bytea",)),
    "uuid": ("UUID", "[UUID(int=7)]", ("uuid",)),
    "datetime": ("datetime", "[AT]", ("instant",)),
    "date": ("date", "[date(2030, 1, 2)]", ("date",)),
    "json": ("JsonValue", "[False, 'x', '[1]', 5, {'a': [1.5, None]}]", ("jsonb", "json")),
    "object": ("JsonObject", repr(DOCUMENTS), ("jsonb", "json")),
    "counts": ("dict[str, int]", "[{}, {'a': 1}]", ("jsonb", "json")),
    "array": ("JsonArray", "[[], [1, 'x', None]]", ("jsonb", "json")),
    "strs": ("list[str]", "[[], ['', 'NULL', '{a,b}', '\"', '\\\\']]", ("texts",)),
    "ints": ("list[int]", "[[], [2**63 - 1, -(2**63)]]", ("bigints",)),
    "uuids": ("list[UUID]", "[[], [UUID(int=7)]]", ("uuids",)),
    "moods": ("list[Mood]", "[[], [Mood.BAD, Mood.GOOD]]", ("texts",)),
    "price": ("Price", "[Decimal('0'), Decimal('-0.10'), Decimal('9999999999999999.99')]", ("price",)),
    "small_price": (
        "Annotated[Decimal, Field(max_digits=5, decimal_places=2)]",
        "[Decimal('999.99'), Decimal('-1.5')]",
        ("price", "small_price"),
    ),
    "units": ("Annotated[Decimal, Field(max_digits=18, decimal_places=0)]", "[Decimal(10) ** 17]", ("units",)),
    "timedelta": ("timedelta", "[timedelta(0), timedelta(-3, 5, 7), timedelta(106751991)]", ("interval",)),
    "time": ("time", "[time(0), time(23, 59, 59, 999999), time(1, 2)]", ("time",)),
    "prices": ("list[Price]", "[[], [Decimal('0.01'), Decimal('-5')]]", ("prices",)),
    "timedeltas": ("list[timedelta]", "[[], [timedelta(1, 2, 3)] * 2]", ("intervals",)),
    "times": ("list[time]", "[[], [time(1), time(2, 0, 0, 5)]]", ("times",)),
    "enum": ("Mood", "[Mood.GOOD, Mood.BAD]", ("text", "varchar5", "mood")),
    "literal": ("Literal['good', 'bad']", "['good', 'bad']", ("text", "varchar5", "mood")),
    "level": ("Level", "[Level.LOW, Level.HIGH]", ("bigint", "int4", "int2")),
    "model": ("Inner", f"[Inner({FULL})]", ("jsonb", "json")),
    "models": ("list[Inner]", f"[[], [Inner({EMPTY})] * 2]", ("jsonb", "json")),
}
POSITIONS = ("argument", "field", "item", "read", "nested")
# The models that are written and read, and statements of each position in both dialects.
FUNCTIONS = {
    "argument": "async def argument_{0}(db: Executor, value: {1}) -> RowCount: ...",
    "field": "async def field_{0}(db: Executor, new: Of_{2}) -> Of_{2}: ...",
    "item": "async def item_{0}(db: Executor, news: list[Of_{2}]) -> RowCount: ...",
    "read": "async def read_{0}(db: Executor) -> {1}: ...",
    "nested": "async def nested_{0}(db: Executor) -> Around_{2}: ...",
}
WRITE = "INSERT INTO t_{column} (id, value) VALUES (1, :value)"
SQLITE = {
    "argument": WRITE,
    "field": WRITE + " RETURNING value",
    "item": "INSERT INTO t_{column} (id, value) SELECT 1, json_extract(value, '$.value') FROM json_each(:news)",
    "read": "SELECT value FROM t_{column} WHERE id = 1",
    "nested": "SELECT json_object('value', {inside}) AS inner_part FROM t_{column} WHERE id = 1",
}
POSTGRESQL = {
    **SQLITE,
    "item": "INSERT INTO t_{column} (id, value)\n"
    "SELECT 1, entry.value FROM json_to_recordset(:news) AS entry (value {type})",
    "nested": "SELECT json_build_object('value', {as_text}) AS inner_part FROM t_{column} WHERE id = 1",
}

Query = tuple[str, str, str]  # position, annotation, column
# A list as a result is many rows, and JSON has no bytes.
_LISTS = ("strs", "ints", "uuids", "moods", "prices", "timedeltas", "times")
_MODELS = ("model", "models")  # as an argument it hands out its fields, as a result it is a row
_NOWHERE = {
    "bytes": frozenset({"item", "nested"}),
    **dict.fromkeys(_LISTS, frozenset({"read"})),
    **dict.fromkeys(_MODELS, frozenset({"argument", "read"})),
}
# SQLite writes a float into JSON with fifteen digits, whatever its type.
_INEXACT = ("nested", "float")
# Of a composite type in a list of models nothing is known.
EVERY: list[Query] = [
    (position, annotation, column)
    for position in POSITIONS
    for annotation in ANNOTATIONS
    for column in COLUMNS
    if (position, column) != ("item", "pair")
    and (position, annotation) != _INEXACT
    and position not in _NOWHERE.get(annotation, frozenset())
]


def declared(queries: Sequence[Query], folder: Path) -> tuple[Catalog, ModuleType]:
    """A catalog of these queries, and the module that declares them."""
    catalog = Catalog("pairs", sql=folder)
    module = sys.modules["pairs.values"] = ModuleType("pairs.values")
    vars(module)["query"] = catalog.query
    lines, blocks = [PREAMBLE], {"sqlite": list[str](), "postgresql": list[str]()}
    for name, (annotation, _, _) in ANNOTATIONS.items():
        lines.append(f"class Of_{name}(Row):\n    value: {annotation}\n")
        lines.append(f"class Around_{name}(Row):\n    inner_part: Of_{name}\n")
    for position, annotation, column in queries:
        name = f"{annotation}_{column}"
        lines.append("@query\n" + FUNCTIONS[position].format(name, ANNOTATIONS[annotation][0], annotation))
        inside = "json(value)" if column in IN_JSON_ON_SQLITE else "value"
        as_text = f"CAST(value AS text{'[]' * (column == 'prices')})" if column in (*NUMBERS, "prices") else "value"
        words = {"column": column, "type": COLUMNS[column], "inside": inside, "as_text": as_text}
        texts = [statements[position].format(**words) for statements in (SQLITE, POSTGRESQL)]
        differs = "-- differs: here\n" if texts[0] != texts[1] else ""
        for dialect, text in zip(blocks, texts, strict=True):
            is_unsure = (position, dialect) == ("nested", "sqlite") and column not in IN_JSON_ON_SQLITE
            not_null = "-- not null: inner_part: an object is made for each row\n" if is_unsure else ""
            blocks[dialect].append(f"-- name: {position}_{name}\n{differs}{not_null}{text};\n")
    exec(compile("\n".join(lines), "values.py", "exec", dont_inherit=True), vars(module))
    for dialect, of_dialect in blocks.items():
        (folder / dialect).mkdir(parents=True, exist_ok=True)
        (folder / dialect / "values.sql").write_text("\n".join(of_dialect), encoding="utf-8")
    return catalog, module


@pytest.fixture(scope="module")
def accepted(
    postgres_server: Server, of_all_workers: Path, tmp_path_factory: pytest.TempPathFactory
) -> frozenset[Query]:
    """The queries in which nothing is found, on databases with a table for each type of column."""

    def ask() -> frozenset[Query]:
        project, catalog = Project((), (STORE,)), declared(EVERY, tmp_path_factory.mktemp("every"))[0]
        url = postgres_server.url("postgres")
        with pytest.MonkeyPatch.context() as patch:
            if postgres_server.needs_permission:
                patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
            with live_postgresql(project, url) as postgresql, live_sqlite(project) as sqlite:
                asked = Project((catalog,), (), small_tables=tuple(postgresql.tables.columns))
                report = check_against(asked, [postgresql, sqlite])
        assert all(finding.query and finding.message and finding.fix for finding in report.findings)
        wrong = {finding.query.removeprefix("values.") for finding in report.findings}
        return frozenset(query for query in EVERY if "_".join(query) not in wrong)

    return once(of_all_workers, "accepted-pairs", ask)


@pytest.fixture
async def open_values(settings: Settings) -> AsyncIterator[Open]:
    """Opens a database with the same tables, for the queries of a catalog."""
    async with AsyncExitStack() as opened:

        async def open_for(catalog: Catalog) -> Database:
            return await opened.enter_async_context(open_database(settings, catalog=catalog))

        async with open_database(settings) as db:
            text = (STORE / db.dialect / "0100_values.sql").read_text(encoding="utf-8")
            for statement in text.strip().split(";\n"):
                await db.run(Statement("pairs.tables", statement.removesuffix(";"), writes=True), ())
        yield open_for


def test_the_types_of_the_documentation_are_accepted_everywhere(accepted: frozenset[Query]) -> None:
    documented = [query for query in EVERY if query[2] in ANNOTATIONS[query[1]][2]]
    assert [query for query in documented if query not in accepted] == []


def alike(found: object, given: object) -> bool:
    return type(found) is type(given) and found == given


async def test_what_is_accepted_comes_back_equal(accepted: frozenset[Query], open_values: Open, tmp_path: Path) -> None:
    catalog, module = declared(sorted(accepted), tmp_path)
    catalog.load()
    db = await open_values(catalog)
    names: Mapping[str, Any] = vars(module)
    tried, wrong = 0, list[str]()
    for annotation, (_, values, _) in ANNOTATIONS.items():
        for column in COLUMNS:
            here = [position for position in POSITIONS if (position, annotation, column) in accepted]
            for value in eval(values, {**names, "AT": AT}):
                holder = names[f"Of_{annotation}"](value=value)
                for write in (position for position in here if position in ("argument", "field", "item")):
                    tried += 1
                    await db.run(Statement("pairs.empty", f"DELETE FROM t_{column}", writes=True), ())
                    given = {"argument": value, "field": holder, "item": [holder]}[write]
                    try:
                        back = await names[f"{write}_{annotation}_{column}"](db, given)
                        same = write != "field" or alike(back, holder)
                        if "read" in here:
                            same = same and alike(await names[f"read_{annotation}_{column}"](db), value)
                        if "nested" in here and "field" in here:
                            around = await names[f"nested_{annotation}_{column}"](db)
                            same = same and alike(around.inner_part, holder)
                    except Exception as fault:
                        same = False
                        wrong.append(repr(fault))
                    if not same:
                        wrong.append(f"{write}: {annotation} into {column}: {value!r}")
    assert not wrong, "\n".join(wrong)
    assert tried > len(ANNOTATIONS)
