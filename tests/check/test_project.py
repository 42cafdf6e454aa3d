"""Which catalogs and migrations a check is about: those that the nearest pyproject.toml names."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS
from hangar_dal.check.project.project import read_project
from hangar_dal.errors import SettingsError

TABLE = (
    '[tool.hangar_dal]\ncatalogs = ["store_queries:CATALOG"]\nmodules = ["store_domains"]\nmigrations = ["changes"]\n'
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    """A folder with a project in it; the modules that are imported from it are forgotten afterwards."""
    folder = tmp_path / "store"
    (folder / "src" / "store_domains").mkdir(parents=True)
    (folder / "changes").mkdir()
    (folder / "pyproject.toml").write_text(TABLE)
    (folder / "store_queries.py").write_text('from hangar_dal import Catalog\nCATALOG = Catalog("store")\nNONE = 1\n')
    (folder / "src" / "store_domains" / "__init__.py").touch()
    (folder / "src" / "store_domains" / "items.py").write_text(
        "from hangar_dal import Executor\nfrom store_queries import CATALOG\n"
        "@CATALOG.query\nasync def get_item(db: Executor) -> int: ...\n"
    )
    path = list(sys.path)
    yield folder
    assert sys.path == path
    for name in [name for name in sys.modules if name.startswith("store_")]:
        del sys.modules[name]


@pytest.mark.parametrize("text", ["[project]\nname = 'other'\n", "[tool.hangar_dal]\n"])
def test_what_is_not_named_is_not_part_of_a_project(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    project = read_project(tmp_path / "pyproject.toml")
    assert (project.catalogs, project.migrations, project.names) == ((), (), ())


def test_the_package_s_own_catalog_knows_its_modules(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.hangar_dal]\ncatalogs = ["hangar_dal:ACCOUNTS"]\n')
    project = read_project(tmp_path / "pyproject.toml")
    assert {name.partition(".")[0] for name in project.catalogs[0].queries} >= {"users", "session_cookies"}
    assert project.migrations == (ACCOUNTS.migrations,)


def test_what_used_catalogs_carry_comes_first_and_once(store: Path) -> None:
    """Twice named, as a catalog and as a folder, a folder of migrations is still one."""
    (store / "store_queries.py").write_text(
        "from pathlib import Path\nfrom hangar_dal import ACCOUNTS, Catalog\nHERE = Path(__file__).parent\n"
        'CATALOG = Catalog("store", sql=HERE, migrations=HERE / "changes", uses=[ACCOUNTS])\n'
    )
    project = read_project(store / "pyproject.toml")
    assert project.migrations == (ACCOUNTS.migrations, store / "changes")
    assert [catalog.name for catalog in project.lineage] == ["hangar_dal.ACCOUNTS", "store"]
    assert [catalog.name for catalog in project.catalogs] == ["store"]


def test_a_table_names_catalogs_modules_and_migrations(store: Path) -> None:
    project = read_project(store / "pyproject.toml")
    assert [list(catalog.queries) for catalog in project.catalogs] == [["items.get_item"]]
    assert project.migrations == (store / "changes",)
    assert (project.file, project.names) == (str(store / "pyproject.toml"), ("store_queries:CATALOG",))


def test_the_nearest_table_above_is_taken(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(store / "src" / "store_domains")
    assert read_project().file == str(store / "pyproject.toml")


WRONG = {
    "an unknown key": (TABLE + "catalog = []\n", r"\[tool.hangar_dal\] has no catalog; it has catalogs, modules, migr"),
    "no list": ('[tool.hangar_dal]\ncatalogs = "x:Y"\n', "catalogs must be a list of texts"),
    "modules of no catalog": ('[tool.hangar_dal]\nmodules = ["x"]\n', r'add catalogs = \["module:NAME"\]'),
    "a module that is not there": (TABLE.replace("store_domains", "store_domain"), "store_domain cannot be imported"),
    "a catalog that is not there": (TABLE.replace(":CATALOG", ":CAT"), "store_queries:CAT is not a Catalog"),
    "a catalog that is none": (TABLE.replace(":CATALOG", ":NONE"), "store_queries:NONE is not a Catalog"),
    "a catalog without a name": (TABLE.replace(":CATALOG", ""), 'store_queries is not a Catalog; write "module:NAME"'),
    "a folder that is not there": (
        TABLE.replace("changes", "change"),
        "the migration folder .*change does not exist",
    ),
    "no TOML": ("[tool", "cannot be read"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_table_says_what_is_wrong(store: Path, text: str, message: str) -> None:
    (store / "pyproject.toml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        read_project(store / "pyproject.toml")


def test_a_module_that_fails_says_how(store: Path) -> None:
    (store / "src" / "store_domains" / "items.py").write_text("1 / 0\n")
    with pytest.raises(SettingsError, match=r"store_domains.items cannot be imported: ZeroDivisionError"):
        read_project(store / "pyproject.toml")
