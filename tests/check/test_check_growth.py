"""The work of a check grows with the number of queries, not with its square."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS
from hangar_dal.check.databases.info import DatabaseInfo
from hangar_dal.check.databases.live import live_postgresql, live_sqlite
from hangar_dal.check.databases.snapshot import outdated, write_snapshots
from hangar_dal.check.project.project import Project, read_project
from hangar_dal.check.run import check_against, check_offline
from tests.helpers.postgres_server import Server

CATALOG = """\
from pathlib import Path
from hangar_dal import ACCOUNTS, Catalog

CATALOG = Catalog("{package}", sql=Path(__file__).parent / "sql", uses=[ACCOUNTS])
"""
MODULE = """\
from uuid import UUID
from hangar_dal import Executor
from {package} import CATALOG

@CATALOG.query
async def list_users(db: Executor, *, phone: str, status: str | None = None) -> list[UUID]: ...
"""
SQL = """\
-- name: list_users
SELECT id FROM users
WHERE
    phone_number = :phone
    AND status = :status  -- when status
ORDER BY id;
"""


def application(folder: Path, package: str, modules: int) -> Project:
    """One query in each module; `package` has to be new, because it stays imported."""
    root = folder / package
    for dialect in ("sqlite", "postgresql"):
        (root / "sql" / dialect).mkdir(parents=True)
    (root / "__init__.py").write_text(CATALOG.format(package=package))
    for name in (f"part_{number}" for number in range(modules)):
        (root / f"{name}.py").write_text(MODULE.format(package=package))
        for dialect in ("sqlite", "postgresql"):
            (root / "sql" / dialect / f"{name}.sql").write_text(SQL)
    settings = folder / "pyproject.toml"
    settings.write_text(f'[tool.hangar_dal]\ncatalogs = ["{package}:CATALOG"]\nmodules = ["{package}"]\n')
    return read_project(settings)


def calls(function: Callable[[], object]) -> int:
    """The calls of Python functions that this one makes."""
    count = 0

    def called(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def test_four_times_as_many_queries_need_no_more_than_four_times_the_work(
    postgres_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if postgres_server.needs_permission:
        monkeypatch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
    with ExitStack() as opened:
        only_accounts = Project((), (ACCOUNTS.migrations,))
        url = postgres_server.url("postgres")
        sources: list[DatabaseInfo] = [opened.enter_context(live_postgresql(only_accounts, url))]
        sources.append(opened.enter_context(live_sqlite(only_accounts)))
        work = []
        for modules in (8, 32):
            monkeypatch.syspath_prepend(tmp_path / str(modules))
            project = application(tmp_path / str(modules), f"grows_{modules}", modules)
            assert check_against(project, sources).findings == ()
            write_snapshots(project, sources)
            assert check_offline(project).findings == ()
            work.append(
                (calls(lambda of=project: check_offline(of)), calls(lambda of=project: [*outdated(of, sources)]))
            )
    (offline, written), (offline_of_all, written_of_all) = work
    assert offline_of_all <= 4 * offline
    assert written_of_all <= 4 * written
