"""What leaves the house: a wheel that works with no checkout in sight."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

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

# Where there is no pyproject.toml, the command line names the catalogs.
ACCOUNTS = ("--catalog", "hangar_dal:ACCOUNTS")
DIARY = ("--catalog", "diary:CATALOG")

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


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a source archive, as a release is; from a copy, so that nothing is left in the checkout."""
    place = tmp_path_factory.mktemp("wheel")
    copy = place / "hangar_dal"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for name in ("src", "sql"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    run(sys.executable, "-m", "build", "--outdir", place / "dist", copy, cwd=place)
    (built,) = (place / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new virtual environment that holds the wheel and what it requires, and nothing else."""
    place = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", place, cwd=place)
    run(sys.executable, "-m", "pip", "--python", place / "bin" / "python", "install", "--quiet", wheel, cwd=place)
    return place / "bin"


def test_a_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    source, sql = ROOT / "src" / "hangar_dal", ROOT / "sql"
    of_source = {path.relative_to(source.parent) for path in source.rglob("*") if path.is_file()}
    of_sql = {"hangar_dal" / path.relative_to(sql.parent) for path in sql.rglob("[!.]*") if path.is_file()}
    packed = {Path(name) for name in zipfile.ZipFile(wheel).namelist() if name.startswith("hangar_dal/")}
    assert packed == {path for path in of_source | of_sql if "__pycache__" not in path.parts}


def test_an_installed_package_migrates_and_works(installed: Path, empty_database_url: str, tmp_path: Path) -> None:
    program = installed / "hangar-dal"
    applied = run(program, "migrations", "apply", *ACCOUNTS, cwd=tmp_path, DATABASE_URL=empty_database_url)
    assert "0003_session_cookies_indexes" in applied
    run(installed / "python", "-I", "-c", USE, empty_database_url, cwd=tmp_path)


def test_an_installed_application_carries_its_migrations(
    installed: Path, empty_database_url: str, tmp_path: Path
) -> None:
    """Of those of the package, which are installed too, it has none."""
    source = shutil.copytree(ROOT / "tests" / "diary", tmp_path / "diary")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, source, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    place, where = tmp_path / "site", {"DATABASE_URL": empty_database_url}
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", place, wheel, cwd=tmp_path)
    find = f"import sys; sys.path.append({str(place)!r}); "
    program = f"{find} from hangar_dal.cli import main; sys.exit(main(sys.argv[1:]))"
    command = (installed / "python", "-I", "-c", program, "migrations")
    assert run(*command, "apply", *DIARY, cwd=tmp_path, **where) == "applied 0001_users\n"
    assert run(*command, "status", *DIARY, cwd=tmp_path, **where).split()[:2] == ["applied", "0001_users"]
    use = f"{find} import asyncio, diary.__main__ as it; asyncio.run(it.main(['Ann']))"
    assert run(installed / "python", "-I", "-c", use, cwd=tmp_path, **where) == "Ann\n"
