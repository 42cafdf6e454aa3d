"""Each disagreement between a statement and the databases is found, on both, and nothing is found where they agree.

`agreement.txt` holds both of each: the rules that fire in the wrong query, and what differs in the right one.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from hangar_dal import Catalog
from hangar_dal.check.databases.info import DatabaseInfo
from hangar_dal.check.databases.live import live_postgresql, live_sqlite
from hangar_dal.check.project.project import Project
from hangar_dal.check.run import check_against
from hangar_dal.check.statement_info import SentAs, StatementInfo
from hangar_dal.rules import Finding
from hangar_dal.sqlblock import Variant
from tests.helpers.cases import read_titled_cases
from tests.helpers.postgres_server import Server

HERE = Path(__file__).parent
MODELS = """\
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, TypedDict
from uuid import UUID
from pydantic import Field
from typing_extensions import Unpack
from hangar_dal import CaseInsensitive, Executor, JsonObject, Row, RowCount, Sealed, Stream

class Named(Row):
    id: UUID
    name: str

class Noted(Row):
    id: UUID
    note: str | None

class Size(StrEnum):
    S = "S"
    M = "M"
    L = "L"
"""


# The rules that fire (`dialect:rule`), `python` and `sql` that are wrong, and what differs in the right ones.
CASES = read_titled_cases(HERE / "agreement.txt")


@pytest.fixture(scope="module")
def sources(postgres_server: Server) -> Iterator[Sequence[DatabaseInfo]]:
    """Both databases with the tables of `store`."""
    project = Project((), (HERE / "store" / "migrations",))
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        if postgres_server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        url = postgres_server.url("postgres")
        yield [opened.enter_context(live_postgresql(project, url)), opened.enter_context(live_sqlite(project))]


def checked(sources: Sequence[DatabaseInfo], folder: Path, python: str, sqlite: str, postgresql: str) -> list[Finding]:
    """What is found in one query `it` of a throw-away application."""
    catalog = Catalog("store", sql=folder)
    module = sys.modules["store.items"] = ModuleType("store.items")
    vars(module)["query"] = catalog.query
    source = python.replace("async def ", "@query\nasync def ").replace("\ndef ", "\n@query\ndef ")
    exec(compile(MODELS + "\n" + source, "items.py", "exec", dont_inherit=True), vars(module))
    for dialect, sql in (("sqlite", sqlite), ("postgresql", postgresql)):
        differs = "-- differs: here\n" if sqlite != postgresql else ""
        (folder / dialect).mkdir(parents=True)
        (folder / dialect / "items.sql").write_text(f"-- name: it\n{differs}{sql.strip()};\n")
    try:
        small = tuple(sources[0].tables.columns)  # plans are tried elsewhere
        return list(check_against(Project((catalog,), (), small_tables=small), sources).findings)
    finally:
        del sys.modules["store.items"]


def found_in(case: dict[str, str], prefix: str, sources: Sequence[DatabaseInfo], folder: Path) -> list[Finding]:
    def part(name: str) -> str | None:
        return case.get(prefix + name, case.get(name))

    sql = part("sql") or ""
    return checked(sources, folder, part("python") or "", part("sqlite") or sql, part("postgresql") or sql)


def test_a_disagreement_is_found(sources: Sequence[DatabaseInfo], tmp_path: Path) -> None:
    for title, case in CASES.items():
        findings = found_in(case, "", sources, tmp_path / title)
        rules = {f"{finding.dialect}:{finding.rule}" for finding in findings}
        assert sorted(rules) == sorted(case[""].split()), (title, findings)


def test_an_agreement_is_silent(sources: Sequence[DatabaseInfo], tmp_path: Path) -> None:
    for title, case in CASES.items():
        assert found_in(case, "right ", sources, tmp_path / title) == [], title


def test_a_message_lists_the_first_of_many_values(sources: Sequence[DatabaseInfo], tmp_path: Path) -> None:
    python = 'class Marked(Row):\n    state: Literal["A"]\nasync def it(db: Executor) -> list[Marked]: ...'
    sql = "SELECT state FROM marks ORDER BY state"
    messages = {finding.message for finding in checked(sources, tmp_path, python, sql, sql)}
    assert messages == {"marks.state may be B, C, D, E, F and 2 more, which Marked.state refuses"}


@pytest.mark.parametrize(("reads_only", "rules"), [(False, ["write-unseen"]), (True, []), (None, [])])
def test_a_statement_that_writes_unseen_is_found(
    reads_only: bool | None, rules: list[str], sources: Sequence[DatabaseInfo], tmp_path: Path
) -> None:
    source = next(source for source in sources if source.dialect == "sqlite")

    class Writing:
        """As SQLite would answer if a function of an application wrote."""

        dialect, tables, has_all_tables = source.dialect, source.tables, True

        def ask(self, variant: Variant, sent: tuple[SentAs, ...] = ()) -> StatementInfo | None:
            info = source.ask(variant, sent)
            return info and replace(info, reads_only=reads_only)

    sql = "SELECT id, name FROM items ORDER BY id"
    findings = checked([Writing()], tmp_path, "async def it(db: Executor) -> list[Named]: ...", sql, sql)
    assert [finding.rule for finding in findings] == rules
