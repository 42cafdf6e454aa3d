"""A catalog for one database: one folder of SQL, one of migrations, no twins, and no rule about twins."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from hangar_dal import Settings, cli, open_database
from hangar_dal.errors import CatalogError, StatementError
from hangar_dal.migrations.new import SHIM
from hangar_dal.sqlscan import DATABASES, DIALECTS, Dialect

OTHER: dict[Dialect, Dialect] = {"sqlite": "postgresql", "postgresql": "sqlite"}
PYTHON = """\
from pathlib import Path
from hangar_dal import ACCOUNTS, Catalog, Executor, Row, RowCount

HERE = Path(__file__).parent
CATALOG = Catalog("{name}", sql=HERE / "sql", migrations=HERE / "migrations", dialects=["{dialect}"], uses=[{uses}])

class Ticket(Row):
    id: int
    title: str
    note: str | None

@CATALOG.query
async def list_tickets(db: Executor, prefix: str) -> list[Ticket]: ...

@CATALOG.query
async def insert_ticket(db: Executor, id: int, *, title: str, note: str | None = None) -> RowCount: ...
"""
# Each line of ORDER BY, LIKE and the function upper would be a finding for a query that runs on both databases.
LIST = """\
SELECT id, title, note
FROM tickets
WHERE title LIKE :prefix || '%' OR upper(title) = upper(:prefix)
ORDER BY note, title, id;
"""
INSERT = "INSERT INTO tickets (id, title, note) VALUES (:id, :title, :note);\n"
TABLES: dict[Dialect, str] = {
    "sqlite": "CREATE TABLE tickets (id integer PRIMARY KEY, title text NOT NULL, note text) STRICT;",
    "postgresql": "CREATE TABLE tickets (id bigint PRIMARY KEY, title text NOT NULL, note text);",
}
CONFIGURATION = '[tool.hangar_dal]\ncatalogs = ["{name}:CATALOG"]\nsmall_tables = ["tickets"]\n'
Written = Callable[..., ModuleType]


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return request.param  # type: ignore[no-any-return]  # Any in pytest


@pytest.fixture
def application(dialect: Dialect, monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """Writes an application for one database into the working directory, and imports it."""
    here, made = Path.cwd(), list[str]()
    monkeypatch.syspath_prepend(here)

    def write(uses: str = "") -> ModuleType:
        name = f"tickets_of_{here.name.replace('-', '_')}"
        made.append(name)
        (here / "pyproject.toml").write_text(CONFIGURATION.format(name=name))
        (here / f"{name}.py").write_text(PYTHON.format(name=name, dialect=dialect, uses=uses))
        (here / "sql" / dialect).mkdir(parents=True)
        sql = f"-- name: list_tickets\n{LIST}\n-- name: insert_ticket\n{INSERT}"
        (here / "sql" / dialect / f"{name}.sql").write_text(sql)
        (here / "migrations" / dialect).mkdir(parents=True)
        (here / "migrations" / "9001_tickets.py").write_text(SHIM)
        (here / "migrations" / dialect / "9001_tickets.sql").write_text(TABLES[dialect])
        (here / "migrations" / dialect / "9001_tickets.rollback.sql").write_text("DROP TABLE tickets;")
        return import_module(name)

    yield write
    for name in made:
        sys.modules.pop(name, None)


@pytest.fixture
def options(dialect: Dialect, request: pytest.FixtureRequest) -> list[str]:
    """The server that PostgreSQL needs."""
    return ["--postgresql", request.getfixturevalue("server")] if dialect == "postgresql" else []


@pytest.fixture
def urls(empty_sqlite_url: str, empty_postgres_url: str) -> dict[Dialect, str]:
    return {"sqlite": empty_sqlite_url, "postgresql": empty_postgres_url}


async def test_its_functions_run_on_its_database(
    application: Written, dialect: Dialect, urls: dict[Dialect, str]
) -> None:
    module, url = application(), urls[dialect]
    assert cli.main(["migrations", "apply", "--database", url]) == 0
    async with open_database(Settings(database_url=url), catalog=module.CATALOG) as db:
        assert await module.insert_ticket(db, 1, title="Broken lamp") == 1
        assert [each.title for each in await module.list_tickets(db, "Broken")] == ["Broken lamp"]


async def test_it_is_not_opened_on_the_other_database(
    application: Written, dialect: Dialect, urls: dict[Dialect, str]
) -> None:
    module, other = application(), OTHER[dialect]
    sentence = f"is written for {DATABASES[dialect]} only, not for {DATABASES[other]}; open a {DATABASES[dialect]} data"
    with pytest.raises(CatalogError, match=sentence):
        async with open_database(Settings(database_url=urls[other]), catalog=module.CATALOG):
            raise AssertionError


def test_its_migrations_are_not_applied_to_the_other_database(
    application: Written, dialect: Dialect, urls: dict[Dialect, str], capsys: pytest.CaptureFixture[str]
) -> None:
    application()
    assert cli.main(["migrations", "apply", "--database", urls[OTHER[dialect]]]) == 1
    assert f"these migrations are written for {DATABASES[dialect]} only" in capsys.readouterr().err


def test_check_needs_its_database_alone_and_compares_nothing_with_another(
    application: Written, dialect: Dialect, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    application()
    assert cli.main(["check", *options, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["findings"], report["checked"], report["scope"]["dialects"]) == ([], 2, [dialect])


def test_check_finds_a_mistake(
    application: Written, dialect: Dialect, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    module = application()
    file = Path("sql", dialect, f"{module.__name__}.sql")
    file.write_text(file.read_text().replace("ORDER BY note, title, id", "ORDER BY note, title"))
    assert cli.main(["check", *options, "--json"]) == 1
    assert [each["rule"] for each in json.loads(capsys.readouterr().out)["findings"]] == ["list-unordered"]


def test_snapshots_hold_its_database_alone(
    application: Written, dialect: Dialect, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    module = application()
    assert cli.main(["check", "--update", *options]) == 0
    assert list(json.loads(Path("sql", "snapshots", f"{module.__name__}.json").read_text())["databases"]) == [dialect]
    assert cli.main(["check", "--offline"]) == 0
    assert cli.main(["check", *options]) == 0
    file = Path("migrations", dialect, "9001_tickets.sql")
    file.write_text(file.read_text().replace("note text", "note text, place text"))
    capsys.readouterr()
    assert cli.main(["check", "--offline"]) == 1
    assert "snapshot-stale" in capsys.readouterr().out


def test_its_migrations_are_verified_on_its_database_alone(
    application: Written, dialect: Dialect, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    application()
    assert cli.main(["migrations", "verify", *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scope"]["dialects"] == [dialect]
    Path("migrations", dialect, "9001_tickets.rollback.sql").write_text("SELECT 1;")
    assert cli.main(["migrations", "verify", *options, "--json"]) == 1
    assert "rollback-differs" in {each["rule"] for each in json.loads(capsys.readouterr().out)["findings"]}


def test_explain_and_matrix_show_its_database_alone(
    application: Written, dialect: Dialect, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    application()
    assert cli.main(["explain", *options, "--json"]) == 0
    assert {each["dialect"] for each in json.loads(capsys.readouterr().out)["plans"]} == {dialect}
    assert cli.main(["check", "--matrix", *options]) == 0
    assert f"databases:  {DATABASES[dialect]}\n" in capsys.readouterr().out


def test_fix_and_new_query_write_one_file_of_sql(
    application: Written, dialect: Dialect, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    module = application()
    file = Path("sql", dialect, f"{module.__name__}.sql")
    file.write_text(file.read_text().replace("SELECT id, title, note", "SELECT id, note"))
    assert cli.main(["check", "--fix", "--yes", *options]) == 0
    assert "    title,\n" in file.read_text()
    wanted = f"{module.__name__}.find_ticket"
    assert cli.main(["new", "query", wanted, "--returns", "Ticket", "--where", "id", *options]) == 0
    assert "-- name: find_ticket" in file.read_text()
    assert [path.parent.name for path in Path("sql").rglob("*.sql")] == [dialect]


def test_it_may_use_a_catalog_for_both(
    application: Written, dialect: Dialect, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    application("ACCOUNTS")
    assert cli.main(["check", *options, "--json"]) == 0
    assert cli.main(["migrations", "verify", *options, "--json"]) == 0


def test_a_file_of_the_other_database_is_reported(
    application: Written, dialect: Dialect, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    module, other = application(), OTHER[dialect]
    Path("sql", other).mkdir()
    Path("sql", other, f"{module.__name__}.sql").write_text(f"-- name: list_tickets\n{LIST}")
    assert cli.main(["check", *options, "--json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert (found["rule"], found["path"]) == ("file-orphan", f"sql/{other}/{module.__name__}.sql")
    assert found["message"] == f"the catalog is not written for {DATABASES[other]}"


def test_catalogs_for_different_databases_are_checked_one_at_a_time(
    application: Written, dialect: Dialect, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    module = application()
    given = ["--catalog", f"{module.__name__}:CATALOG", "--catalog", "hangar_dal:ACCOUNTS"]
    assert cli.main(["check", *given, *options]) == 2
    assert "are written for different databases; check them one at a time" in capsys.readouterr().err


def test_sqlite_only_is_refused_for_a_catalog_without_sqlite(
    application: Written, dialect: Dialect, capsys: pytest.CaptureFixture[str]
) -> None:
    application()
    for command in (["check"], ["explain"], ["migrations", "verify"]):
        assert cli.main([*command, "--sqlite-only"]) == (0 if dialect == "sqlite" else 2)
        assert ("written for PostgreSQL only" in capsys.readouterr().err) is (dialect == "postgresql")


def test_a_catalog_for_both_whose_migrations_lack_a_folder_is_reported(
    application: Written, dialect: Dialect, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    module, other = application(), OTHER[dialect]
    file = Path(f"{module.__name__}.py")
    file.write_text(file.read_text().replace(f', dialects=["{dialect}"]', ""))
    del sys.modules[module.__name__]
    assert cli.main(["migrations", "verify", "--postgresql", server, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    missing = ["9001_tickets.rollback.sql", "9001_tickets.sql"]
    assert [each["path"] for each in found] == [f"migrations/{other}/{name}" for name in missing]
    assert {each["rule"] for each in found} == {"migration-file"}
    assert cli.main(["check", "--postgresql", server, "--json"]) == 1
    rules = {(each["rule"], each["dialect"]) for each in json.loads(capsys.readouterr().out)["findings"]}
    assert rules >= {("migration-fails", other), ("file-missing", other)}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("column", "broken"),
    [
        ("done integer NOT NULL DEFAULT 7", ["value-unreadable"]),
        ("done integer NOT NULL DEFAULT 2 CHECK (done IN (0, 1, 2))", ["value-unreadable"]),
        ("done integer NOT NULL DEFAULT 0 CHECK (done IN (0, 1))", []),
        ("done integer NOT NULL DEFAULT 0 CHECK (done = 0 OR done = 1)", []),
        ("done boolean NOT NULL DEFAULT 0", []),
    ],
)
async def test_a_bool_needs_a_check_in_sqlite_alone(
    application: Written, empty_sqlite_url: str, column: str, broken: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    name = application().__name__
    for path, old, new in (
        (Path(f"{name}.py"), "note: str | None\n\n", "note: str | None\n    done: bool\n\n"),
        (Path("sql", "sqlite", f"{name}.sql"), "title, note\nFROM", "title, note, done\nFROM"),
        (Path("migrations", "sqlite", "9001_tickets.sql"), "note text) STRICT", f"note text, {column})"),
    ):
        path.write_text(path.read_text().replace(old, new))
    del sys.modules[name]
    cli.main(["check", "--json"])
    assert [each["rule"] for each in json.loads(capsys.readouterr().out)["findings"]] == broken
    assert cli.main(["migrations", "apply", "--database", empty_sqlite_url]) == 0
    module = import_module(name)
    async with open_database(Settings(database_url=empty_sqlite_url), catalog=module.CATALOG) as db:
        await module.insert_ticket(db, 1, title="Broken lamp")
        with pytest.raises(StatementError) if broken else nullcontext():
            await module.list_tickets(db, "Broken")


# A column called `cross`, and a number of digits below zero: the databases accept both.
UNREAD = {"sqlite": "(SELECT cross FROM (SELECT 1 AS cross)) = 1", "postgresql": "CAST(1 AS numeric(3, -2)) = 0"}


def test_a_statement_that_the_parser_does_not_understand_is_named(
    application: Written, dialect: Dialect, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    name = application().__name__
    path = Path("sql", dialect, f"{name}.sql")
    assert cli.main(["check", *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scope"]["left_out"] == []
    path.write_text(path.read_text().replace("WHERE", f"WHERE {UNREAD[dialect]} AND"))
    for command in (["--update"], [], ["--offline"]):
        cli.main(["check", *([] if command == ["--offline"] else options), *command, "--json"])
        told = json.loads(capsys.readouterr().out)["scope"]["left_out"]
        parser = "the parser of `check` does not understand the SQL"
        assert told == [f"most rules for {name}.list_tickets on {DATABASES[dialect]}: {parser}"]
