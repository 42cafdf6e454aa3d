"""Queries on tables and indexes that only one database has: full text in SQLite's FTS5, and in a list in PostgreSQL."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from hangar_dal import ACCOUNTS, Catalog
from hangar_dal.check.explain import explain
from hangar_dal.check.project.project import Project
from hangar_dal.check.run import check, check_offline
from tests.helpers.postgres_server import Server

SQLITE = """
-- differs: table pilots_search: words here, a list there
-- differs: trigger pilots_search_insert: fills pilots_search
CREATE TABLE pilots (id text NOT NULL PRIMARY KEY, number integer NOT NULL, name text NOT NULL, terms text NOT NULL,
    CONSTRAINT pilots_number_key UNIQUE (number),
    CONSTRAINT pilots_id_type_check CHECK (length(id) = 36),
    CONSTRAINT pilots_terms_type_check CHECK (json_valid(terms))) STRICT;
CREATE VIRTUAL TABLE pilots_search USING fts5(terms, content='pilots', content_rowid='number');
CREATE TRIGGER pilots_search_insert AFTER INSERT ON pilots BEGIN
    INSERT INTO pilots_search (rowid, terms) VALUES (new.number, new.terms);
END;
"""
POSTGRESQL = """
-- differs: index idx_pilots_terms: a list here, words there
CREATE TABLE pilots (id uuid NOT NULL PRIMARY KEY, number bigint NOT NULL, name text COLLATE "C" NOT NULL,
    terms text[] COLLATE "C" NOT NULL,
    CONSTRAINT pilots_number_key UNIQUE (number));
CREATE INDEX idx_pilots_terms ON pilots USING gin (terms);
"""
UNDO = {
    "sqlite": "DROP TRIGGER pilots_search_insert; DROP TABLE pilots_search; DROP TABLE pilots;",
    "postgresql": "DROP TABLE pilots;",
}
FUNCTION = """
from hangar_dal import Executor

@query
async def search_pilots(db: Executor, *, terms: list[str]) -> list[str]: ...
"""
DIFFERS = "-- differs: an index of words here, a list there\n"
WORDS = """SELECT pilots.name
FROM pilots_search
INNER JOIN pilots ON pilots.number = pilots_search.rowid
WHERE pilots_search MATCH (SELECT group_concat('"' || replace(value, '"', '""') || '"', ' ') FROM json_each(:terms))
ORDER BY pilots.id"""
LIST = """SELECT name
FROM pilots
WHERE terms @> :terms
ORDER BY id"""


@pytest.fixture(scope="module")
def server(postgres_server: Server) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        if postgres_server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        yield postgres_server.url("postgres")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Its migration and the function `search_pilots`, whose blocks a test writes."""
    migrations = tmp_path / "migrations"
    for dialect, script in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
        (migrations / dialect).mkdir(parents=True)
        (migrations / dialect / "0001_pilots.sql").write_text(script)
        (migrations / dialect / "0001_pilots.rollback.sql").write_text(UNDO[dialect])
    shutil.copy(ACCOUNTS.migrations / "0001_users.py", migrations / "0001_pilots.py")
    catalog = Catalog("hangar", sql=tmp_path / "sql")
    module = ModuleType("hangar.pilots")
    monkeypatch.setitem(sys.modules, "hangar.pilots", module)
    vars(module)["query"] = catalog.query
    exec(compile(FUNCTION, "pilots.py", "exec", dont_inherit=True), vars(module))
    return Project((catalog,), (migrations,))


def write(project: Project, sqlite: str, postgresql: str) -> None:
    for dialect, text in (("sqlite", sqlite), ("postgresql", postgresql)):
        folder = Path(str(project.catalogs[0].folder)) / dialect
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pilots.sql").write_text(f"-- name: search_pilots\n{text};\n")


def test_a_query_on_a_declared_difference_is_checked_and_explained_like_any_other(
    project: Project, server: str
) -> None:
    write(project, DIFFERS + WORDS, DIFFERS + LIST)
    report = check(project, postgresql=server, update=True)
    assert [found.sentence for found in report.findings] == []
    assert report.checked == 2
    assert [found.sentence for found in check_offline(project).findings] == []
    steps = [step for each in explain(project, postgresql=server) if each.plan for step in each.plan.steps]
    assert {step.index for step in steps if step.index} == {"pilots_number_key", "idx_pilots_terms"}
    assert [step.text for step in steps if step.whole] == []


def test_equal_blocks_on_a_table_of_one_database_are_refused_by_the_other(project: Project, server: str) -> None:
    write(project, WORDS, WORDS)
    found = check(project, postgresql=server).findings
    assert ("postgresql", "statement-refused") in {(one.dialect, one.rule) for one in found}


def test_a_declaration_that_is_added_leaves_the_snapshot_as_it_is(project: Project, server: str) -> None:
    write(project, DIFFERS + WORDS, DIFFERS + LIST)
    check(project, postgresql=server, update=True)
    script = project.migrations[0] / "postgresql" / "0001_pilots.sql"
    script.write_text(POSTGRESQL.replace("there\n", "there\n-- differs: table pilots: one more\n"))
    assert [found.sentence for found in check_offline(project).findings] == []
    script.write_text(f"{POSTGRESQL}-- A comment.\n")
    assert {found.rule for found in check_offline(project).findings} == {"snapshot-stale"}
