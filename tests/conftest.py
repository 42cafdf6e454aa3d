"""The databases of the tests: each test gets a real one with the rows of the migrations, on SQLite and on PostgreSQL.

``HANGAR_TEST_BACKENDS=sqlite`` or ``=postgresql`` runs one of them; ``helpers/postgres_server.py`` says where
PostgreSQL is found.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from secrets import token_hex

import hypothesis
import pytest

from hangar_dal import ACCOUNTS, Catalog, Database, Settings, open_database, sealing
from tests.helpers import pgbouncer
from tests.helpers.clock import Clock
from tests.helpers.database_templates import RUN
from tests.helpers.database_templates import _postgres_template as _postgres_template
from tests.helpers.database_templates import _postgres_templates as _postgres_templates
from tests.helpers.database_templates import _sqlite_template as _sqlite_template
from tests.helpers.database_templates import _sqlite_templates as _sqlite_templates
from tests.helpers.files_in_memory import use_memory
from tests.helpers.garbage_collection import pytest_collection as pytest_collection
from tests.helpers.garbage_collection import pytest_collection_finish as pytest_collection_finish
from tests.helpers.pgbouncer import PgBouncer, pooled_url
from tests.helpers.postgres_server import NONE_FOUND, Server, find_binaries, prepare_place, start_once
from tests.helpers.shared_by_workers import of_all_workers as of_all_workers

BACKENDS = tuple(os.environ.get("HANGAR_TEST_BACKENDS", "sqlite,postgresql").split(","))
# What a developer's shell may say about databases. None of it is meant for the tests.
FOREIGN = re.compile(r"DATABASE_URL|POSTGRES_.*|PG.*|HANGAR_(?!TEST_).*")
REAPER = pytest.StashKey[subprocess.Popen[bytes]]()
HEADER = pytest.StashKey[str]()
SEED = pytest.StashKey[int]()
DEFAULT_SEED = 1


def pytest_configure(config: pytest.Config) -> None:
    # A shell that runs the suite in the background makes it ignore SIGINT, and every program that a test starts too.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    choose_seed(config)
    if not hasattr(config, "workerinput"):
        os.environ[RUN] = token_hex(6)  # random: two runs may share a server
        use_memory()
    for name in filter(FOREIGN.fullmatch, list(os.environ)):
        del os.environ[name]
    if unknown := set(BACKENDS) - {"sqlite", "postgresql"}:
        raise pytest.UsageError(f"HANGAR_TEST_BACKENDS: {', '.join(sorted(unknown))}? sqlite and postgresql are known")
    if "postgresql" not in BACKENDS or hasattr(config, "workerinput"):
        return
    if given := os.environ.get("HANGAR_TEST_PG"):
        server = Server.named(given)
        config.stash[HEADER] = f"PostgreSQL {server.version()} at {server.host} (HANGAR_TEST_PG)"
    elif found := find_binaries():
        config.stash[HEADER] = f"PostgreSQL {found[1]} from {found[0]}"
        config.stash[REAPER] = prepare_place()
    else:
        raise pytest.UsageError(NONE_FOUND)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: many tests wait for a server or a limit."""
    return len(os.sched_getaffinity(0)) + 1


def choose_seed(config: pytest.Config) -> None:
    """The same random choices in every run, unless `--hypothesis-seed=N` asks for others."""
    asked = config.getoption("--hypothesis-seed")
    hypothesis.settings.register_profile(
        "hangar",
        deadline=None,  # a slow machine is not a defect
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
        derandomize=asked is None,
        database=None,
    )
    hypothesis.settings.load_profile("hangar")
    config.stash[SEED] = DEFAULT_SEED if asked is None else int(asked)


def pytest_unconfigure(config: pytest.Config) -> None:
    if reaper := config.stash.get(REAPER, None):
        reaper.communicate()
    if (given := os.environ.get("HANGAR_TEST_PG")) and HEADER in config.stash:
        Server.named(given).drop_databases(f"hangar_{os.environ[RUN]}_")


def pytest_report_header(config: pytest.Config) -> str:
    return f"databases: {', '.join(BACKENDS)}; {config.stash.get(HEADER, 'no PostgreSQL')}; seed {config.stash[SEED]}"


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """Where every random choice of a test starts."""
    return pytestconfig.stash[SEED]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The only event loop that both drivers know."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _empty_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ``.env`` of the checkout is read, and no default database is made in it."""
    directory = tmp_path / "cwd"
    directory.mkdir()
    monkeypatch.chdir(directory)


@pytest.fixture
def accounts_project(_empty_working_directory: None) -> Path:
    """The pyproject.toml of the working directory, which names the package's catalog."""
    project = Path("pyproject.toml")
    project.write_text('[tool.hangar_dal]\ncatalogs = ["hangar_dal:ACCOUNTS"]\n')
    return project.absolute()


@pytest.fixture(autouse=True)
def _plain_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colour of the test run must not change the output of the commands under test."""
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture(scope="session")
def postgres_server() -> Server:
    if "postgresql" not in BACKENDS:  # asked for by name; a server that is merely missing fails the run
        pytest.skip("HANGAR_TEST_BACKENDS leaves PostgreSQL out")
    given = os.environ.get("HANGAR_TEST_PG")
    return Server.named(given) if given else start_once()


@pytest.fixture
def _allowed_postgres(postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    if postgres_server.needs_permission:
        monkeypatch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
    return postgres_server


@pytest.fixture
def server(_allowed_postgres: Server) -> str:
    """The URL of a PostgreSQL server, for commands that create databases of their own there."""
    return _allowed_postgres.url("postgres")


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """What the databases of the tests have; the tests of another catalog's domains override it."""
    return ACCOUNTS


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    if "sqlite" not in BACKENDS:  # asked for by name; SQLite itself is never missing
        pytest.skip("HANGAR_TEST_BACKENDS leaves SQLite out")
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def empty_postgres_url(_allowed_postgres: Server) -> Iterator[str]:
    """A PostgreSQL database without a table."""
    name = f"hangar_{token_hex(6)}"
    with _allowed_postgres.database(name):
        yield _allowed_postgres.url(name)


@pytest.fixture
def sqlite_url(
    empty_sqlite_url: str, _sqlite_templates: Callable[[Catalog], Path], catalog: Catalog, tmp_path: Path
) -> str:
    """A migrated SQLite file."""
    return f"sqlite:///{shutil.copy(_sqlite_templates(catalog), tmp_path / 'test.db')}"


@pytest.fixture
def own_postgres_url(
    _allowed_postgres: Server, _postgres_templates: Callable[[Catalog], str], catalog: Catalog
) -> Iterator[str]:
    """A migrated PostgreSQL database that no other test has had."""
    name = f"hangar_{token_hex(6)}"
    with _allowed_postgres.database(name, template=_postgres_templates(catalog)):
        yield _allowed_postgres.url(name)


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, own_postgres_url: str) -> str:
    """A migrated PostgreSQL database; for tests marked `pooled`, also through PgBouncer."""
    mode = getattr(request, "param", None)
    return own_postgres_url if mode is None else pooled_url(request, mode, own_postgres_url)


@pytest.fixture(scope="session")
def _pgbouncer_transaction(postgres_server: Server) -> Iterator[PgBouncer]:
    with pgbouncer.started("transaction", postgres_server) as pooler:
        yield pooler


@pytest.fixture(scope="session")
def _pgbouncer_session(postgres_server: Server) -> Iterator[PgBouncer]:
    with pgbouncer.started("session", postgres_server) as pooler:
        yield pooler


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each backend in turn, and for tests marked `pooled` each mode of PgBouncer, if it is installed."""
    is_pooled = metafunc.definition.get_closest_marker("pooled") is not None and "postgresql" in BACKENDS
    modes = [
        pytest.param(mode, id=f"pgbouncer-{mode}")
        for mode in (pgbouncer.MODES if is_pooled and pgbouncer.program() else ())
    ]
    if "database_url" in metafunc.fixturenames:
        metafunc.parametrize("database_url", [*BACKENDS, *modes], indirect=True)
    elif is_pooled and "postgres_url" in metafunc.fixturenames:
        metafunc.parametrize("postgres_url", [pytest.param(None, id="direct"), *modes], indirect=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if "postgresql" in BACKENDS and pgbouncer.program() is None:
        line = "NOT RUN: the tests through PgBouncer, which is not installed (Debian: apt install pgbouncer)"
        terminalreporter.write_line(line)


@pytest.fixture(params=BACKENDS)
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """An unmigrated database, on each backend in turn."""
    return request.getfixturevalue({"sqlite": "empty_sqlite_url", "postgresql": "empty_postgres_url"}[request.param])


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database, on each backend in turn; for tests marked `pooled`, also through PgBouncer."""
    if request.param in BACKENDS:
        return request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param])
    return pooled_url(request, request.param, request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def sealing_key() -> str:
    """The same for all tests of a process, because they share databases that are open."""
    return sealing.new_key()


@pytest.fixture
def settings(database_url: str, sealing_key: str) -> Settings:
    """Settings for a migrated database."""
    return Settings(database_url=database_url, sealing_keys=sealing_key)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(settings: Settings, clock: Clock, catalog: Catalog, anyio_backend: str) -> AsyncIterator[Database]:
    """An open, migrated database with the catalog of the tests, on each backend in turn, whose time is ``clock``'s."""
    async with open_database(settings, catalog=catalog, clock=clock) as db:
        yield db
