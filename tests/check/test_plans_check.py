"""Scans as `check` finds them: with their place, unless a reason stands there or the table is small."""

import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from hangar_dal import ACCOUNTS, Catalog
from hangar_dal.check.databases.live import LiveDatabase, live_postgresql, live_sqlite
from hangar_dal.check.explain import explain
from hangar_dal.check.project.project import Project, given_project, read_project
from hangar_dal.check.run import check, check_against
from hangar_dal.errors import SettingsError
from hangar_dal.rules import Finding
from tests.conftest import BACKENDS
from tests.helpers.postgres_server import Server

STORE = Path(__file__).parent / "plans_store" / "migrations"
NOTE = "async def it(db: Executor, *, body: str) -> list[str]: ..."
BY_BODY = "SELECT notes.kind\nFROM notes\nWHERE notes.body = :body\nORDER BY notes.kind"
BY_KEY = "SELECT kind FROM notes WHERE id = :id"
COUNT = "async def it(db: Executor, *, kind: Literal['NOTE', 'TASK'] | None = None) -> int: ..."
COUNT_OF_KIND = "SELECT count(*) AS n\nFROM notes\nWHERE TRUE\n    AND kind = :kind  -- when kind\n"
Find = Callable[..., list[Finding]]


@pytest.fixture(scope="module")
def server(postgres_server: Server) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        if postgres_server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        yield postgres_server.url("postgres")


@pytest.fixture(scope="module")
def sources(server: str) -> Iterator[Sequence[LiveDatabase]]:
    project = Project((), (ACCOUNTS.migrations, STORE))
    with live_postgresql(project, server) as postgresql, live_sqlite(project) as sqlite:
        yield [postgresql, sqlite]


@pytest.fixture
def find(sources: Sequence[LiveDatabase], tmp_path: Path) -> Find:
    """What is found in the plans of one query `it`, whose twins have these lines under their headers."""

    def find(
        python: str, sql: str, *, sqlite: str = "", postgresql: str = "", small: Sequence[str] = ()
    ) -> list[Finding]:
        catalog = Catalog("store", sql=tmp_path)
        module = sys.modules["store.notes"] = ModuleType("store.notes")
        vars(module)["query"] = catalog.query
        source = f"from typing import Literal\nfrom uuid import UUID\nfrom hangar_dal import Executor\n@query\n{python}"
        exec(compile(source, "notes.py", "exec", dont_inherit=True), vars(module))
        for dialect, above in (("sqlite", sqlite), ("postgresql", postgresql)):
            (tmp_path / dialect).mkdir()
            (tmp_path / dialect / "notes.sql").write_text(f"-- name: it\n{above}{sql}\n;\n")
        try:
            return list(check_against(Project((catalog,), (), small_tables=tuple(small)), sources).findings)
        finally:
            del sys.modules["store.notes"]

    return find


def test_a_scan_names_the_table_where_it_stands_and_the_index(find: Find) -> None:
    findings = find(NOTE, BY_BODY)
    assert [(each.dialect, each.rule, each.severity, each.line, each.column) for each in findings] == [
        ("postgresql", "scan", "error", 3, 6),
        ("sqlite", "scan", "error", 3, 6),
    ]
    assert {each.message for each in findings} == {"reads the whole of notes, which can grow: no index finds its rows"}
    reason = "if that is right, write `-- scan: reason` under the header"
    directive, concurrent = "`-- transactional: false`", "CREATE INDEX CONCURRENTLY idx_notes_body ON notes (body)"
    assert [each.fix for each in findings] == [
        f"write in a migration that begins with {directive} {concurrent}; {reason}",
        f"write in a migration CREATE INDEX idx_notes_body ON notes (body); {reason}",
    ]


def test_a_condition_that_an_argument_turns_off_belongs_on_an_optional_line(find: Find) -> None:
    python = "async def it(db: Executor, *, body: str | None = None) -> list[UUID]: ..."
    findings = find(python, "SELECT id\nFROM notes\nWHERE CAST(:body AS text) IS NULL OR body = :body\nORDER BY id")
    optional = "write the condition that :body turns off on a line of its own, with `-- when body`"
    reason = "if that is right, write `-- scan: reason` under the header"
    assert {(each.rule, each.fix) for each in findings} == {("scan", f"{optional}; {reason}")}


def test_what_one_arm_alone_reads_says_which(find: Find) -> None:
    findings = find(COUNT, COUNT_OF_KIND)
    assert {each.message for each in findings} == {
        "reads the whole of notes, which can grow: nothing narrows it down (without optional lines)"
    }
    assert {each.rule for each in findings} == {"scan"}


def test_a_reason_silences_it_in_its_own_file(find: Find) -> None:
    findings = find(NOTE, BY_BODY, sqlite="-- scan: few ask\n")
    assert [(each.dialect, each.rule) for each in findings] == [("postgresql", "scan")]


def test_reasons_silence_it(find: Find) -> None:
    assert find(COUNT, COUNT_OF_KIND, sqlite="-- scan: few ask\n", postgresql="-- scan: few ask\n") == []


def test_a_needless_reason_is_a_warning(find: Find) -> None:
    python = "async def it(db: Executor, *, id: UUID) -> str | None: ..."
    findings = find(python, BY_KEY, sqlite="-- scan: few ask\n", postgresql="-- scan: few ask\n")
    assert [(each.dialect, each.rule, each.severity, each.line) for each in findings] == [
        ("postgresql", "scan-needless", "warning", 1),
        ("sqlite", "scan-needless", "warning", 1),
    ]


def test_a_small_table_may_be_read_whole_and_needs_no_reason(find: Find) -> None:
    findings = find(NOTE, BY_BODY, postgresql="-- scan: few ask\n", small=["notes"])
    assert [(each.dialect, each.rule) for each in findings] == [("postgresql", "scan-needless")]


def test_a_small_table_that_is_none_is_found(find: Find) -> None:
    python = "async def it(db: Executor, *, id: UUID) -> str | None: ..."
    findings = find(python, BY_KEY, small=["notse"])
    assert [(each.rule, each.message) for each in findings] == [
        ("small-table-unknown", "small_tables names notse, which is not a table")
    ]


def test_small_tables_stand_in_the_projects_file(tmp_path: Path) -> None:
    table = '[tool.hangar_dal]\ncatalogs = ["hangar_dal:ACCOUNTS"]\nsmall_tables = ["colours"]\n'
    (tmp_path / "pyproject.toml").write_text(table)
    assert read_project(tmp_path / "pyproject.toml").small_tables == ("colours",)


@pytest.mark.parametrize(
    ("indexes", "missed"),
    [
        # Two at once where they are of different tables.
        (
            ["idx_session_user_platform", "idx_users_created_at"],
            {
                ("session_cookies", "list_session_cookies"),
                ("session_cookies", "list_users_with_session_cookies"),
                ("session_cookies", "delete_session_cookies"),
                ("session_cookies", "stream_session_cookies"),
                ("users", "list_users"),
                ("users", "list_users_with_session_cookies"),
                ("users", "count_new_users_by_day"),
            },
        ),
        (["idx_session_expires"], {("session_cookies", "delete_expired_session_cookies")}),
    ],
    ids=["of two tables", "of one"],
)
def test_an_index_that_is_dropped_is_missed_on_both_databases(
    indexes: list[str], missed: set[tuple[str, str]], server: str, tmp_path: Path
) -> None:
    folder = shutil.copytree(ACCOUNTS.migrations, tmp_path / "migrations")
    created = re.compile(rf"^CREATE INDEX .*\b({'|'.join(indexes)}) .*\n", re.MULTILINE)
    for file in folder.glob("*/*.sql"):
        file.write_text(created.sub("", file.read_text()))
    project = Project((ACCOUNTS,), (folder,))
    findings = [each for each in check(project, postgresql=server).findings if each.rule == "scan"]
    for dialect in BACKENDS:
        of_dialect = [each for each in findings if each.dialect == dialect]
        read = [each.message.removeprefix("reads the whole of ").partition(",")[0] for each in of_dialect]
        queries = [each.query.partition(".")[2] for each in of_dialect]
        assert set(zip(read, queries, strict=True)) == missed
    assert all("CREATE INDEX" in each.fix for each in findings)


ORDERS = {"newest": "created_at", "oldest": "created_at", "name": "display_name"}


def test_each_arm_of_list_users_goes_by_an_index_of_its_own(server: str) -> None:
    found = explain(given_project(["hangar_dal:ACCOUNTS"], ()), ["users.list_users"], postgresql=server)
    assert [each.plan.whole for each in found if each.plan] == [()] * len(found)
    by_status = [each for each in found if not re.search("role|user_type|created_|signed_in", each.when)]
    assert [each.dialect for each in by_status] == ["sqlite", "postgresql"] * 7
    for each in by_status:
        order = ORDERS[each.when.rpartition(" ")[2]]
        assert each.plan is not None
        assert each.plan.indexes == (f"idx_users_{'status_' if 'status' in each.when else ''}{order}",), each


def test_a_pattern_that_means_no_query_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"no query is called list_user; did you mean list_users\?"):
        explain(given_project(["hangar_dal:ACCOUNTS"], ()), ["count_users", "list_user"], postgresql=None)
