"""What leaves the house: a wheel that works with no checkout in sight."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.helpers.commands import run_module
from tests.helpers.postgres_server import Server
from tests.helpers.shared_by_workers import once

ROOT = Path(__file__).parents[2]
USE = """
import asyncio
import sys
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe

from pydantic import SecretStr

import hangar_dal
from hangar_dal import ACCOUNTS, NewSessionCookie, NewUser, Settings, open_database, sealing, session_cookies, users


async def main(url):
    assert hangar_dal.__file__.startswith(sys.prefix), hangar_dal.__file__
    settings = Settings(database_url=url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=ACCOUNTS) as db:
        password = SecretStr(token_urlsafe())
        user = await users.create_user(db, NewUser(username="capsuleer", email="c@example.org", password=password))
        assert await users.authenticate(db, "CAPSULEER", password) == user
        exported = {"cookies": [{"name": "sid", "value": token_urlsafe()}]}
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        new = NewSessionCookie(user_id=user.id, platform="example", cookies=exported, expires_at=tomorrow)
        stored = await session_cookies.create_session_cookie(db, new)
        assert stored.cookies == exported
        assert await session_cookies.list_users_with_session_cookies(db)


asyncio.run(main(sys.argv[1]))
"""

OWN = """
import asyncio
from hangar_dal import open_database
from hangar_dal.errors import NotInstalled
from shop import CATALOG

async def main():
    async with open_database(catalog=CATALOG):
        pass

asyncio.run(main())
try:
    from hangar_dal import users
except NotInstalled as error:
    print(error)
"""
PLUGIN = """
import asyncio
from diary import users

def test_check(hangar_check):
    hangar_check(offline=True)

def test_both(hangar_both):
    async def add():
        async with hangar_both() as both:
            assert (await both.same(lambda db: users.add_user(db, id=1, name="Ann"))).value.name == "Ann"

    asyncio.run(add())
"""

# Where there is no pyproject.toml, the command line names the catalogs.
ACCOUNTS = ("--catalog", "hangar_dal:ACCOUNTS")
DIARY = ("--catalog", "diary:CATALOG")

# What pyproject.toml names, and the program that asks it.
BUILDS = ("build", *tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"])

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}"
    return done.stdout


def new_environment(place: Path, *packages: str | Path) -> Path:
    """The programs of a new virtual environment that holds these packages, and nothing else."""
    place.mkdir()
    run(sys.executable, "-m", "venv", "--without-pip", place, cwd=place)
    into = ("--python", place / "bin" / "python")
    run(sys.executable, "-m", "pip", *into, "install", "--quiet", "--no-compile", *packages, cwd=place)
    return place / "bin"


@pytest.fixture(scope="module")
def builder(of_all_workers: Path) -> Path:
    """The Python that has what builds wheels: `build` would install it anew for each archive."""
    return once(of_all_workers, "builder", lambda: new_environment(of_all_workers / "builder", *BUILDS) / "python")


@pytest.fixture(scope="module")
def wheel(builder: Path, of_all_workers: Path) -> Path:
    """Built from a source archive, as a release is; from a copy, so that nothing is left in the checkout."""

    def build() -> Path:
        place = of_all_workers / "wheel"
        copy = place / "hangar_dal"
        copy.mkdir(parents=True)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, copy)
        for name in ("src", "sql"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
        run(builder, "-m", "build", "--no-isolation", "--outdir", place / "dist", copy, cwd=place)
        (built,) = (place / "dist").glob("*.whl")
        return built

    return once(of_all_workers, "wheel", build)


@pytest.fixture(scope="module")
def installed(wheel: Path, of_all_workers: Path) -> Path:
    """The programs of an environment that holds the wheel and what it requires, pytest, and nothing else."""
    packages = (f"{wheel}[accounts,postgresql,sqlite]", "pytest")
    return once(of_all_workers, "installed", lambda: new_environment(of_all_workers / "installed", *packages))


def test_a_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    source, sql = ROOT / "src" / "hangar_dal", ROOT / "sql"
    of_source = {path.relative_to(source.parent) for path in source.rglob("*") if path.is_file()}
    of_sql = {"hangar_dal" / path.relative_to(sql.parent) for path in sql.rglob("[!.]*") if path.is_file()}
    packed = {Path(name) for name in zipfile.ZipFile(wheel).namelist() if name.startswith("hangar_dal/")}
    assert packed == {path for path in of_source | of_sql if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def small(wheel: Path, of_all_workers: Path) -> Path:
    """The programs of an environment that holds the wheel with the driver of SQLite, and nothing else."""
    return once(of_all_workers, "small", lambda: new_environment(of_all_workers / "small", f"{wheel}[sqlite]"))


def test_an_application_of_its_own_needs_only_the_driver_of_its_database(small: Path, tmp_path: Path) -> None:
    """Nothing of the package's own domains is installed, and whatever needs more says what to run."""
    python, program = small / "python", small / "hangar-dal"
    absent = "import importlib.util as u; print([n for n in {!r}.split() if u.find_spec(n)])"
    assert run(python, "-c", absent.format("argon2 cryptography psycopg sqlglot zxcvbn_rs_py"), cwd=tmp_path) == "[]\n"
    run(program, "init", "shop", "--dialect", "sqlite", cwd=tmp_path)
    run(program, "migrations", "apply", cwd=tmp_path)
    assert run(python, "-c", OWN, cwd=tmp_path).endswith(" is not installed; run: pip install 'hangar-dal[accounts]'\n")


def test_an_installed_package_migrates_and_works(installed: Path, empty_database_url: str, tmp_path: Path) -> None:
    program = installed / "hangar-dal"
    applied = run(program, "migrations", "apply", *ACCOUNTS, cwd=tmp_path, DATABASE_URL=empty_database_url)
    assert "0003_session_cookies_indexes" in applied
    run(installed / "python", "-I", "-c", USE, empty_database_url, cwd=tmp_path)


@pytest.fixture(scope="module")
def application(postgres_server: Server, builder: Path, of_all_workers: Path) -> Path:
    """Where the diary is installed from its wheel, with the snapshots that `check --update` wrote before."""

    def install() -> Path:
        place = of_all_workers / "application"
        source = shutil.copytree(ROOT / "tests" / "diary", place / "diary")
        with pytest.MonkeyPatch.context() as patch:
            if postgres_server.needs_permission:
                patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
            server = postgres_server.url("postgres")
            checked = run_module("hangar_dal.cli", "check", "--update", "--postgresql", server, cwd=source)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        run(builder, "-m", "build", "--no-isolation", "--wheel", "--outdir", place, source, cwd=place)
        shutil.rmtree(source)
        (wheel,) = place.glob("*.whl")
        run(
            sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", place / "site", wheel, cwd=place
        )
        return place / "site"

    return once(of_all_workers, "application", install)


def python(installed: Path, application: Path, program: str, *arguments: str, cwd: Path, **environment: str) -> str:
    """What a program of the installed Python says that finds the application."""
    find = f"import sys; sys.path.append({str(application)!r}); "
    return run(installed / "python", "-I", "-c", find + program, *arguments, cwd=cwd, **environment)


def test_the_commands_know_an_installed_application(
    installed: Path, application: Path, empty_database_url: str, tmp_path: Path
) -> None:
    """It carries its migrations and its snapshots. Of those of the package, which are installed too, it has none."""
    main = (
        "import asyncio, diary.__main__ as it; from hangar_dal.cli import main;"
        " code = max(main(one.split()) for one in sys.argv[1:]); asyncio.run(it.main(['Ann'])); sys.exit(code)"
    )
    commands = (
        f"{command} {' '.join(DIARY)}"
        for command in ("migrations apply", "migrations status", "check --offline", "schema diff")
    )
    told = python(installed, application, main, *commands, cwd=tmp_path, DATABASE_URL=empty_database_url)
    assert "applied 0001_users\n" in told
    for line in (r"applied +0001_users\b", "clean: 4 statements ", "clean: .* has the schema of its migrations"):
        assert re.search(rf"^{line}", told, re.MULTILINE), told
    assert "session_cookies" not in told
    assert told.endswith("\nAnn\n"), told


def test_the_plugin_knows_an_installed_application(
    installed: Path, application: Path, server: str, tmp_path: Path
) -> None:
    """Its migrations and its snapshots, on both databases at once."""
    (tmp_path / "pyproject.toml").write_text('[tool.hangar_dal]\ncatalogs = ["diary:CATALOG"]\n')
    (tmp_path / "test_diary.py").write_text(PLUGIN)
    pytest_main = "import pytest; sys.exit(pytest.main(['-p', 'no:cacheprovider']))"
    told = python(installed, application, pytest_main, cwd=tmp_path, HANGAR_TEST_PG=server)
    assert "migrations: diary (1)" in told
    assert "2 passed" in told
