"""A catalog for PostgreSQL with tables in several schemas: queries and migrations are checked like any others."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from hangar_dal import Settings, cli, open_database
from hangar_dal.migrations.new import SHIM

PYTHON = """\
from pathlib import Path
from hangar_dal import Catalog, Executor, Row

HERE = Path(__file__).parent
CATALOG = Catalog("bills", sql=HERE / "sql", migrations=HERE / "migrations", dialects=["postgresql"])

class Bill(Row):
    id: int
    customer_id: int
    note: str | None

@CATALOG.query
async def insert_bill(db: Executor, bill: Bill) -> Bill: ...

@CATALOG.query
async def list_bills(db: Executor, customer_id: int) -> list[Bill]: ...

@CATALOG.query
async def list_names(db: Executor) -> list[str]: ...
"""
SQL = """\
-- name: insert_bill
INSERT INTO billing.bills (id, customer_id, note) VALUES (:id, :customer_id, :note) RETURNING id, customer_id, note;

-- name: list_bills
SELECT id, customer_id, note FROM billing.bills WHERE customer_id = :customer_id ORDER BY id;

-- name: list_names
-- scan: few customers
SELECT c.name
FROM customers AS c
WHERE EXISTS (SELECT 1 FROM billing.bills AS b WHERE b.customer_id = c.id)
ORDER BY c.name;
"""
APPLY = """\
CREATE SCHEMA billing;
CREATE TABLE customers (id bigint PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE);
CREATE TABLE billing.bills (
    id bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers (id),
    note text COLLATE "C"
);
CREATE INDEX bills_customer_id_idx ON billing.bills (customer_id);
"""
ROLLBACK = "DROP TABLE billing.bills; DROP TABLE customers; DROP SCHEMA billing;"
MIGRATION = "migrations/postgresql/0001_bills"


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """An application in the working directory."""
    monkeypatch.syspath_prepend(Path.cwd())
    for folder in ("sql/postgresql", "migrations/postgresql"):
        Path(folder).mkdir(parents=True)
    Path("bills.py").write_text(PYTHON)
    Path("sql/postgresql/bills.sql").write_text(SQL)
    Path("migrations/0001_bills.py").write_text(SHIM)
    Path(f"{MIGRATION}.sql").write_text(APPLY)
    Path(f"{MIGRATION}.rollback.sql").write_text(ROLLBACK)
    Path("pyproject.toml").write_text('[tool.hangar_dal]\ncatalogs = ["bills:CATALOG"]\n')
    yield import_module("bills")
    sys.modules.pop("bills", None)


def test_check_and_verify_accept_them(application: ModuleType, server: str) -> None:
    assert cli.main(["check", "--update", "--postgresql", server]) == 0
    assert cli.main(["check", "--offline"]) == 0
    assert cli.main(["migrations", "verify", "--postgresql", server]) == 0


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("ORDER BY id", "ORDER BY note, customer_id", "list-unordered"),
        ("FROM billing.bills WHERE customer_id", "FROM billing.bills WHERE note", "parameter-kind"),
        (
            "(id, customer_id, note) VALUES (:id, :customer_id, :note)",
            "(id, note) VALUES (:id, :note)",
            "required-column",
        ),
        ("-- scan: few customers\n", "", "scan"),
        ("billing.bills AS b", "bills AS b", "statement-refused"),
    ],
)
def test_check_knows_their_keys_and_columns(
    before: str, after: str, rule: str, application: ModuleType, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("sql/postgresql/bills.sql").write_text(SQL.replace(before, after))
    assert cli.main(["check", "--postgresql", server]) == 1
    assert f" {rule} " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rollback", "message"),
    [
        ("DROP TABLE billing.bills; DROP TABLE customers;", "+ schema billing"),
        ("DROP TABLE customers CASCADE;", "+ table billing.bills"),
    ],
)
def test_verify_sees_what_a_rollback_leaves_in_a_schema(
    rollback: str, message: str, application: ModuleType, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(f"{MIGRATION}.rollback.sql").write_text(rollback)
    assert cli.main(["migrations", "verify", "--postgresql", server]) == 1
    out = capsys.readouterr().out
    assert "rollback-differs" in out
    assert message in out


async def test_queries_run_and_drift_is_found(
    application: ModuleType, empty_postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["migrations", "apply", "--database", empty_postgres_url]) == 0
    async with open_database(Settings(database_url=empty_postgres_url), catalog=application.CATALOG) as db:
        async with db.driver() as connection:
            await connection.execute("INSERT INTO customers VALUES (1, 'Ada')")
        bill = await application.insert_bill(db, application.Bill(id=7, customer_id=1, note=None))
        assert await application.list_bills(db, 1) == [bill]
        assert await application.list_names(db) == ["Ada"]
        assert cli.main(["schema", "diff", "--database", empty_postgres_url]) == 0
        async with db.driver() as connection:
            await connection.execute("CREATE SCHEMA unrelated")
            await connection.execute("CREATE TABLE unrelated.others (n bigint)")
        assert cli.main(["schema", "diff", "--database", empty_postgres_url]) == 0
        async with db.driver() as connection:
            await connection.execute("ALTER TABLE billing.bills ADD COLUMN n bigint")
        capsys.readouterr()
        assert cli.main(["schema", "diff", "--database", empty_postgres_url]) == 1
        assert "+ billing.bills: column n bigint null" in capsys.readouterr().out
