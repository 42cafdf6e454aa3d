"""Whatever a database accepts, `check` gets to its end. Each kind of input here once ended in a traceback."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

from hangar_dal import Catalog
from hangar_dal.check import check, check_offline
from hangar_dal.check.project.project import Project
from tests.helpers.postgres_server import Server

SHIM = """\
from hangar_dal.migrations.loader import load

__depends__, __transactional__, steps = load(__file__)
"""
TABLES = {
    "sqlite": """
CREATE TABLE words (name text NOT NULL PRIMARY KEY, raw blob) STRICT;
CREATE TABLE dots ("a.b" text NOT NULL PRIMARY KEY) STRICT;
CREATE VIRTUAL TABLE pages USING fts5 (title, body);
""",
    "postgresql": """
CREATE TABLE words (name text NOT NULL PRIMARY KEY, raw bytea);
CREATE TABLE dots ("a.b" text NOT NULL PRIMARY KEY);
CREATE TABLE pages (title text, body text);
""",
}
ROLLBACK = "DROP TABLE pages;\nDROP TABLE dots;\nDROP TABLE words;\n"
MANY = " OR ".join(f"name = 'word {number}'" for number in range(900))
# By name a statement for SQLite, and one for PostgreSQL.
STATEMENTS = {
    "rowid_of_a_table": ("SELECT rowid FROM words", "SELECT ctid FROM words"),
    "rowid_of_a_virtual_table": ("SELECT rowid, title FROM pages ORDER BY rowid", "SELECT title FROM pages"),
    "written_rowid": ("INSERT INTO words (name) VALUES ('a') RETURNING rowid", "SELECT xmin FROM words"),
    "a_name_with_a_dot": ('SELECT "a.b" FROM dots', 'SELECT "a.b" FROM dots'),
    "merge": (
        "SELECT name FROM words",
        """MERGE INTO words AS w USING (SELECT :name AS name) AS v ON v.name = w.name
        WHEN MATCHED THEN UPDATE SET raw = :raw WHEN NOT MATCHED THEN INSERT (name) VALUES (v.name)""",
    ),
    "empty_bytes": ("SELECT raw = x'' AS is_empty FROM words", "SELECT B'' = B'1' AS is_empty FROM words"),
    "empty_bytes_in_order": ("SELECT name FROM words ORDER BY raw = x''", "SELECT name FROM words ORDER BY X'' = B'1'"),
    "deep_condition": (f"SELECT name FROM words WHERE {MANY}", f"SELECT name FROM words WHERE {MANY}"),
}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0100_words.py").write_text(SHIM)
    for dialect, tables in TABLES.items():
        migrations, sql = tmp_path / "migrations" / dialect, tmp_path / "sql" / dialect
        migrations.mkdir()
        sql.mkdir(parents=True)
        (migrations / "0100_words.sql").write_text(tables)
        (migrations / "0100_words.rollback.sql").write_text(ROLLBACK)
    for at, dialect in enumerate(("sqlite", "postgresql")):
        blocks = (f"-- name: {name}\n-- differs: here\n{both[at]}\n;\n" for name, both in STATEMENTS.items())
        (tmp_path / "sql" / dialect / "words.sql").write_text("\n".join(blocks))
    catalog = Catalog("odd", sql=tmp_path / "sql")
    module = sys.modules["odd.words"] = ModuleType("odd.words")
    vars(module)["query"] = catalog.query
    head = "from hangar_dal import Executor, Row\n\nclass Found(Row):\n    rowid: int\n\n"
    queries = (f"@query\nasync def {name}(db: Executor) -> list[Found]: ...\n" for name in STATEMENTS)
    exec(compile(head + "\n".join(queries), "words.py", "exec", dont_inherit=True), vars(module))
    yield Project((catalog,), (tmp_path / "migrations",))
    del sys.modules["odd.words"]


@pytest.mark.usefixtures("_allowed_postgres")
def test_every_statement_that_a_database_accepts_is_checked(project: Project, postgres_server: Server) -> None:
    url = postgres_server.url("postgres")
    report = check(project, postgresql=url, update=True)
    assert report.checked == 2 * len(STATEMENTS)
    refused = {finding.query.rpartition(".")[2] for finding in report.findings if finding.rule == "statement-refused"}
    with psycopg.connect(url) as connection:
        is_new = connection.info.server_version >= 150_000
    assert refused == (set() if is_new else {"merge"}), "MERGE came with PostgreSQL 15"
    assert check(project, postgresql=url).findings == check_offline(project).findings == report.findings


def test_a_view_whose_table_was_dropped_is_named(project: Project) -> None:
    [folder] = project.migrations
    broken = "CREATE VIEW seen AS SELECT name FROM words;\nDROP TABLE words;\n"
    (folder / "sqlite" / "0100_words.sql").write_text(TABLES["sqlite"] + broken)
    found = [each for each in check(project, postgresql=None).findings if each.rule == "migration-fails"]
    assert [each.message.partition(": ")[0] for each in found] == ["SQLite cannot read seen"]
