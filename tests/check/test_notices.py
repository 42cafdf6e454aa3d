"""What single statements show to be wrong, rule by rule: `notices/<rule>.txt` holds statements that are bad or good.

A bad one has a `^` before the word at which the finding points. Both databases have to accept each statement, unless
the line names one of them.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from hangar_dal.check.databases.live import LiveDatabase, live_postgresql, live_sqlite
from hangar_dal.check.project.project import Project
from hangar_dal.check.reader import read
from hangar_dal.check.rules.table import RULES
from hangar_dal.check.statement_info import StatementInfo
from hangar_dal.sqlblock import Line, Variant
from hangar_dal.sqlscan import Dialect
from tests.helpers.cases import read_cases
from tests.helpers.postgres_server import Server

UNKEYED = "row-unkeyed"  # a finding only of a function that returns one row
HERE = Path(__file__).parent / "notices"


class Case(NamedTuple):
    rule: str
    is_bad: bool
    dialect: Dialect
    marked: str

    @property
    def text(self) -> str:
        return self.marked.replace("^", "")


def cases_of(path: Path) -> Iterator[Case]:
    for case in read_cases(path):
        assert case.expected in ("bad", "good"), case
        is_bad = case.expected == "bad"
        assert case.statement.count("^") == (is_bad and path.stem != UNKEYED), case
        yield from (Case(path.stem, is_bad, dialect, case.statement) for dialect in case.dialects)


CASES = [case for path in sorted(HERE.glob("*.txt")) for case in cases_of(path)]


@pytest.fixture(scope="module")
def databases(postgres_server: Server) -> Iterator[Mapping[Dialect, LiveDatabase]]:
    project = Project((), (HERE / "migrations",))
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        if postgres_server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        url = postgres_server.url("postgres")
        yield {
            "postgresql": opened.enter_context(live_postgresql(project, url)),
            "sqlite": opened.enter_context(live_sqlite(project)),
        }


@pytest.fixture(scope="module")
def cases(postgres_server: Server) -> list[Case]:
    """Those that the server understands: PostgreSQL 14 has no MERGE."""
    has_merge = int(postgres_server.version().split(".")[0]) >= 15
    return [case for case in CASES if has_merge or "MERGE INTO" not in case.text]


def info_of(case: Case, databases: Mapping[Dialect, LiveDatabase]) -> StatementInfo:
    live = databases[case.dialect]
    described = live.probe.describe(Variant(case.dialect, (Line(case.text, 1),)))
    assert described.refusal is None, case
    return read(case.text, case.dialect, live.tables, described)


def test_every_such_rule_is_an_error() -> None:
    """A snapshot keeps only the id of the rule."""
    assert {RULES[case.rule].severity for case in CASES} == {"error"}


def test_each_rule_finds_its_mistakes_where_they_are_and_nothing_else(
    cases: list[Case], databases: Mapping[Dialect, LiveDatabase]
) -> None:
    wrong = {}
    for case in (case for case in cases if case.rule != UNKEYED):
        found = [notice.at for notice in info_of(case, databases).notices if notice.rule == case.rule]
        if found != ([case.marked.index("^")] if case.is_bad else []):
            wrong[case] = found
    assert wrong == {}


def test_a_statement_without_a_key_may_give_several_rows(
    cases: list[Case], databases: Mapping[Dialect, LiveDatabase]
) -> None:
    wrong = []
    for case in (case for case in cases if case.rule == UNKEYED):
        found = info_of(case, databases)
        if [bool(found.unkeyed), bool(found.either_rows)].count(True) != case.is_bad:
            wrong.append(case)
    assert wrong == []
