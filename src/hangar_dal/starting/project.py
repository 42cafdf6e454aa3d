"""The files of a new project, around those of its first domain."""

import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from string import Template
from typing import Final

from hangar_dal.errors import SettingsError
from hangar_dal.sqlscan import DIALECTS, Dialect
from hangar_dal.starting.domain import Domain, domain_files, is_name

FIRST_NUMBER: Final = 1001  # the migrations of the package's own catalogs have lower ones

_PYPROJECT: Final = Template("""\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "$distribution"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["hangar-dal[$extras]"]

[dependency-groups]
test = ["anyio>=4.12", "hangar-dal[check]", "pytest>=9"]

[tool.setuptools]
packages = ["$package"]

[tool.setuptools.package-data]
$package = ["sql/*/*.sql", "migrations/*.py", "migrations/*/*.sql"]

# What `hangar-dal check` and `hangar-dal migrations` are about.
[tool.hangar_dal]
catalogs = ["$package:CATALOG"]

[tool.pytest]
anyio_mode = "auto"
pythonpath = ["."]
testpaths = ["tests"]
""")
_YOYO: Final = Template("""\
[DEFAULT]
sources = $package/migrations
database = hangar://
batch_mode = on
verbosity = 1
post_create_command = python -m hangar_dal.migrations.new "{}"
""")
_CATALOG: Final = Template('''\
"""The queries of $package, their SQL files, and the migrations of their tables."""

from hangar_dal import ${imported}Catalog

CATALOG = Catalog("$package", migrations="migrations", modules="$package"$more)
''')
_CONFTEST: Final = '''\
"""What all tests share."""

import pytest


@pytest.fixture
def anyio_backend():
    """The event loop that the databases need."""
    return "asyncio"
'''
_CHECK: Final = '''\
"""The SQL files agree with their functions, their models and the tables."""


def test_the_queries_agree_with_the_tables(hangar_check):
    hangar_check()
'''
_README: Final = Template("""\
# $package

```sh
pip install -U pip              # --group needs pip 25.1
pip install -e . --group test
hangar-dal migrations apply     # the database of DATABASE_URL$or_file
pytest
hangar-dal check                # do signatures, SQL and tables agree?
hangar-dal migrations verify    # can each migration be applied, undone, and applied again?
```

$server

| To | Write |
|---|---|
| add a domain | `hangar-dal new domain NAME` |
| add a query | `hangar-dal new query $query --returns ...` |
| change tables | `hangar-dal migrations new "add a column"` |
""")
_NEEDS_SERVER: Final = """\
PostgreSQL is found by `HANGAR_TEST_PG=postgresql://user:password@host/postgres`, a server on which tests may create
databases; `hangar-dal check` and `verify` take `--postgresql URL`."""
_OR_SQLITE: Final = """
Without a server, `pytest --hangar-sqlite-only` and `--sqlite-only` of the commands leave PostgreSQL out and say so."""
_NEEDS_NOTHING: Final = "Nothing else is needed: the databases of the tests are SQLite files."
_IGNORED: Final = """\
*.db
*.db-shm
*.db-wal
*.egg-info/
*.key
.env
.venv/
__pycache__/
"""


def check_package(name: str) -> None:
    """Raise `SettingsError` unless a new package may have this name, which no other module may have."""
    if not is_name(name):
        raise SettingsError(f"{name}: not a name for a package; write lower-case words joined by _")
    found = PathFinder.find_spec(name)  # without modules that were imported from other folders
    is_taken = found is not None and found.origin is not None  # an empty folder has no origin
    if is_taken or name in (*sys.stdlib_module_names, "hangar_dal", "tests"):
        raise SettingsError(f"{name}: another module has this name; choose one that cannot be imported yet")


def project_files(
    package: str, domain: Domain, dialects: Sequence[Dialect], *, with_accounts: bool = False
) -> dict[Path, str]:
    """Return the texts of the files of a new project by their paths, from the folder of the project."""
    folder = Path(package)
    return {
        **base_files(
            package, dialects, f"{domain.plural}.find_{domain.singular}_by_title", with_accounts=with_accounts
        ),
        **domain_files(
            domain,
            package,
            dialects,
            module=folder,
            sql=folder / "sql",
            migrations=folder / "migrations",
            number=FIRST_NUMBER,
            tests=Path("tests"),
        ),
    }


def base_files(
    package: str, dialects: Sequence[Dialect], query: str, *, with_accounts: bool = False
) -> dict[Path, str]:
    """Return the files of a project that has no domain yet. `query` is an example for its README."""
    more = "" if len(dialects) == len(DIALECTS) else f', dialects=["{dialects[0]}"]'
    more += ", uses=[ACCOUNTS]" if with_accounts else ""
    server = _NEEDS_NOTHING
    if "postgresql" in dialects:
        server = _NEEDS_SERVER + (_OR_SQLITE if "sqlite" in dialects else "")
    names = {
        "package": package,
        "distribution": package.replace("_", "-"),
        "imported": "ACCOUNTS, " if with_accounts else "",
        "more": more,
        "extras": ",".join([*["accounts"] * with_accounts, *sorted(dialects)]),
        "server": server,
        "or_file": "; without it, a SQLite file" if "sqlite" in dialects else "",
        "query": query,
    }
    return {
        Path("pyproject.toml"): _PYPROJECT.substitute(names),
        Path("yoyo.ini"): _YOYO.substitute(names),
        Path(".gitignore"): _IGNORED,
        Path("README.md"): _README.substitute(names),
        Path(package, "__init__.py"): _CATALOG.substitute(names),
        Path("tests/conftest.py"): _CONFTEST,
        Path("tests/test_queries.py"): _CHECK,
    }
