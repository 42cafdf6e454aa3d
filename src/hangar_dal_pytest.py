"""The pytest plugin of hangar_dal: `hangar_check`, `hangar_db`, `hangar_both` and `hangar_queries`.

    def test_our_queries(hangar_check):
        hangar_check()

    async def test_an_order_is_stored(hangar_db):
        async with hangar_db() as db:
            await orders.insert_order(db, new)

    async def test_orders_behave_alike(hangar_both):
        async with hangar_both() as both:
            await both.same(lambda db: orders.list_orders(db))

    async def test_a_page_takes_few_queries(db, hangar_queries):
        with hangar_queries(at_most=3):
            await show_page(db)

This module is outside of the package because pytest imports every plugin when it starts. Only tests that use the
package should take the time to import its models and settings.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from pathlib import Path

    from hangar_dal.check.databases.templates import Templates
    from hangar_dal.check.project.project import Project
    from hangar_dal.counting import SentQueries
    from hangar_dal.database import Database
    from hangar_dal.migrations.scratch import Throwaway
    from hangar_dal.query import Catalog
    from hangar_dal.sqlscan import Dialect
    from hangar_dal.testing import Both

_SCOPE = "hangar_check"
_NO_SERVER = (
    "no PostgreSQL server for hangar_dal: set HANGAR_TEST_PG=postgresql://user:password@host/postgres, pass "
    "--hangar-postgresql, or write hangar_postgresql into pytest's configuration; a role "
    "without CREATEDB also needs an empty database: HANGAR_THROWAWAY_URL, --hangar-throwaway or hangar_throwaway"
)


class HangarCheck(Protocol):
    """`hangar_check()` needs a PostgreSQL server, and fails without one. With `offline=True`, it uses the snapshots."""

    def __call__(self, *, offline: bool = False) -> None: ...


class HangarDb(Protocol):
    """`async with hangar_db(clock=...) as db`: a new migrated database for each test, on each dialect in turn."""

    def __call__(self, *, clock: "Callable[[], datetime] | None" = None) -> "AbstractAsyncContextManager[Database]": ...


class HangarBoth(Protocol):
    """`async with hangar_both(clock=...) as both`: new databases for each test, migrated."""

    def __call__(self, *, clock: "Callable[[], datetime] | None" = None) -> "AbstractAsyncContextManager[Both]": ...


class HangarQueries(Protocol):
    """`with hangar_queries(at_most=3) as sent: ...`; without `at_most`, it only counts."""

    def __call__(self, *, at_most: int | None = None) -> "SentQueries": ...


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and settings, all of them beginning with `hangar`."""
    server = "URL of a PostgreSQL server on which hangar_dal may create scratch databases"
    throwaway = "URL of an empty PostgreSQL database that is filled and emptied instead, for a role without CREATEDB"
    parser.addini("hangar_postgresql", f"{server}; HANGAR_TEST_PG is read before it", default="")
    parser.addini("hangar_project", "the pyproject.toml with [tool.hangar_dal], from pytest's rootdir", default="")
    parser.addini("hangar_throwaway", f"{throwaway}; HANGAR_THROWAWAY_URL is read before it", default="")
    group = parser.getgroup("hangar_dal")
    group.addoption("--hangar-postgresql", metavar="URL", default=None, help=server)
    group.addoption("--hangar-throwaway", metavar="URL", default=None, help=throwaway)
    group.addoption("--hangar-sqlite-only", action="store_true", help="run hangar_db and hangar_check on SQLite alone")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of `hangar_db` once for each dialect of the project."""
    if "hangar_dialect" in metafunc.fixturenames:
        dialects = _project(_pyproject(metafunc.config)).dialects
        if metafunc.config.getoption("--hangar-sqlite-only"):
            dialects = tuple(each for each in dialects if each == "sqlite")
        metafunc.parametrize("hangar_dialect", dialects, indirect=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what each `hangar_check` checked; a clean result says nothing of anything else."""
    reports = [report for each in ("passed", "failed") for report in terminalreporter.getreports(each)]
    scopes = [value for report in reports for name, value in report.user_properties if name == _SCOPE]
    if scopes:
        terminalreporter.section("checked by hangar_dal")
        terminalreporter.write_line("\n\n".join(dict.fromkeys(scopes)))
    if terminalreporter.config.getoption("--hangar-sqlite-only"):
        terminalreporter.write_line("NOT RUN: the tests of hangar_db on PostgreSQL, because of --hangar-sqlite-only")


@pytest.fixture(scope="session")
def hangar_postgresql(pytestconfig: pytest.Config) -> "str | Throwaway":
    """The throwaway database if one is named, else the URL of a server for scratch databases.

    A test that needs one and has none fails; it is never skipped.
    """
    if named := _named(pytestconfig, "throwaway", "HANGAR_THROWAWAY_URL"):
        from hangar_dal.migrations.scratch import Throwaway  # noqa: PLC0415 - see the top of this file

        return Throwaway(named)
    if found := _named(pytestconfig, "postgresql", "HANGAR_TEST_PG"):
        return found
    pytest.fail(_NO_SERVER, pytrace=False)


def _named(pytestconfig: pytest.Config, what: str, variable: str) -> str:
    """Return the URL of the option, the variable or the setting, in this order; "" if none of them is set."""
    from hangar_dal.errors import SettingsError  # noqa: PLC0415 - see the top of this file
    from hangar_dal.settings import require_postgresql  # noqa: PLC0415 - see the top of this file

    sources = {
        f"--hangar-{what}": pytestconfig.getoption(f"--hangar-{what}"),
        variable: os.environ.get(variable),
        f"hangar_{what} in pytest's configuration": pytestconfig.getini(f"hangar_{what}"),
    }
    for source, url in sources.items():
        if url:
            try:
                require_postgresql(str(url), source)
            except SettingsError as error:
                pytest.fail(str(error), pytrace=False)
            return str(url)
    return ""


@pytest.fixture(scope="session")
def hangar_pyproject(pytestconfig: pytest.Config) -> "Path":
    """The pyproject.toml whose [tool.hangar_dal] says what is checked."""
    return _pyproject(pytestconfig)


def _pyproject(config: pytest.Config) -> "Path":
    return config.rootpath / (config.getini("hangar_project") or "pyproject.toml")


@cache
def _project(pyproject: "Path") -> "Project":
    from hangar_dal.check.project.project import read_project  # noqa: PLC0415 - see the top of this file

    return read_project(pyproject)


@pytest.fixture
def hangar_check(request: pytest.FixtureRequest, hangar_pyproject: "Path") -> HangarCheck:
    """`hangar-dal check` as an assertion, which fails with all findings. The run's summary says what it checked."""

    def run(*, offline: bool = False) -> None:
        from hangar_dal.check.report.formats import as_table  # noqa: PLC0415 - an extra
        from hangar_dal.check.run import check, check_offline  # noqa: PLC0415 - see the top of this file

        project = _project(hangar_pyproject)
        if offline:
            report = check_offline(project)
        elif "postgresql" not in project.dialects:
            report = check(project, postgresql=None)
        elif request.config.getoption("--hangar-sqlite-only"):
            report = check(project, postgresql=None, sqlite_only=True)
        else:
            report = check(project, postgresql=request.getfixturevalue("hangar_postgresql"))
        scope = "\n".join(report.scope.lines())
        request.node.user_properties.append((_SCOPE, scope))
        if not report.is_clean:
            count, rules = len(report.findings), sorted({finding.rule for finding in report.findings})
            # pytest's summary shows the first line only.
            found = f"hangar_check: {count} finding{'s' if count > 1 else ''} ({', '.join(rules)})"
            pytest.fail(f"{found}\n\n{scope}\n\n{as_table(report.findings)}", pytrace=False)

    return run


@pytest.fixture
def hangar_dialect(request: pytest.FixtureRequest) -> "Dialect":
    """The database of `hangar_db` in this test: "sqlite" or "postgresql"."""
    return request.param  # type: ignore[no-any-return]  # Any in pytest; `pytest_generate_tests` sets it


@pytest.fixture(scope="session")
def _hangar_templates(hangar_pyproject: "Path") -> "Iterator[Templates]":
    from hangar_dal.check.databases.templates import Templates  # noqa: PLC0415 - see the top of this file

    with Templates(_project(hangar_pyproject)) as templates:
        yield templates


@pytest.fixture(scope="session")
def _hangar_catalog(hangar_pyproject: "Path") -> "Catalog":
    """All catalogs of the project in one."""
    from hangar_dal.query import Catalog  # noqa: PLC0415 - see the top of this file

    project = _project(hangar_pyproject)
    return Catalog("hangar_dal", name="tests", uses=project.catalogs, dialects=project.dialects)


@pytest.fixture
def hangar_db(
    request: pytest.FixtureRequest,
    hangar_dialect: "Dialect",
    tmp_path: "Path",
    _hangar_templates: "Templates",
    _hangar_catalog: "Catalog",
) -> Iterator[HangarDb]:
    """Opens a new migrated database, on each dialect of the project in turn."""
    from hangar_dal.testing import open_one  # noqa: PLC0415 - see the top of this file

    with ExitStack() as made:

        def opened(*, clock: "Callable[[], datetime] | None" = None) -> "AbstractAsyncContextManager[Database]":
            if hangar_dialect == "sqlite":
                url = made.enter_context(_hangar_templates.sqlite(tmp_path))
            else:
                url = made.enter_context(_hangar_templates.postgresql(request.getfixturevalue("hangar_postgresql")))
            return open_one(url, catalog=_hangar_catalog, clock=clock)

        yield opened


@pytest.fixture
def hangar_both(
    hangar_postgresql: "str | Throwaway", tmp_path: "Path", _hangar_templates: "Templates", _hangar_catalog: "Catalog"
) -> Iterator[HangarBoth]:
    """Opens a SQLite and a PostgreSQL database, new and migrated, to compare what functions do on them."""
    from hangar_dal.testing import open_both  # noqa: PLC0415 - see the top of this file

    if len(_hangar_catalog.dialects) < 2:
        pytest.fail(
            f"the project is written for {''.join(_hangar_catalog.dialects)} alone: use hangar_db", pytrace=False
        )
    with ExitStack() as made:

        def opened(*, clock: "Callable[[], datetime] | None" = None) -> "AbstractAsyncContextManager[Both]":
            file = made.enter_context(_hangar_templates.sqlite(tmp_path))
            server = made.enter_context(_hangar_templates.postgresql(hangar_postgresql))
            return open_both(file, server, catalog=_hangar_catalog, clock=clock)

        yield opened


@pytest.fixture
def hangar_queries(pytestconfig: pytest.Config) -> HangarQueries:
    """Counts and names the queries that a block sends, and fails if they are too many.

    `sent.names` are their names so far, `len(sent)` is their number.
    """

    def block(*, at_most: int | None = None) -> "SentQueries":
        from hangar_dal.counting import SentQueries  # noqa: PLC0415 - see the top of this file

        return SentQueries(at_most=at_most, folder=pytestconfig.rootpath)

    return block
