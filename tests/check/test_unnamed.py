"""What lies in a project's folder and is not named in its pyproject.toml is reported, with the lines to add."""

import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hangar_dal import cli
from hangar_dal.check.project.project import read_project
from hangar_dal.check.rules.unnamed import find_unnamed
from hangar_dal.migrations.new import SHIM
from hangar_dal.rules import Finding

CATALOG = """\
from pathlib import Path
from hangar_dal import ACCOUNTS, Catalog
CATALOG = Catalog("x", sql=Path(__file__).parent / "sql", uses=[ACCOUNTS])
"""
QUERIES = """\
from hangar_dal import Executor
from {catalog} import CATALOG

@CATALOG.query
async def count_users(db: Executor) -> int: ...
"""
SQL = "-- name: count_users\n-- scan: counts all of them.\nSELECT count(*) AS every FROM users;\n"

Write = Callable[[str, str], None]
Find = Callable[[], list[Finding]]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write a file below a new working directory; the modules that are imported from it are forgotten afterwards."""
    folder = tmp_path / "unnamed"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def written(name: str, text: str) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    before = set(sys.modules)
    yield written
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def application(write: Write) -> Write:
    """A package with a catalog, a module of queries, SQL and migrations, and a pyproject.toml without a section."""
    write("pyproject.toml", "[project]\nname = 'till'\n")
    write("src/till/__init__.py", CATALOG)
    write("src/till/domains.py", QUERIES.format(catalog="till"))
    for dialect in ("sqlite", "postgresql"):
        write(f"src/till/sql/{dialect}/domains.sql", SQL)
        write(f"migrations/{dialect}/1001_more.sql", "SELECT 1;")
        write(f"migrations/{dialect}/1001_more.rollback.sql", "SELECT 1;")
    write("migrations/1001_more.py", SHIM)
    return write


def lines_to_add(finding: Finding) -> dict[str, list[str]]:
    """The section that a fix shows."""
    return tomllib.loads(finding.fix.partition("\n")[2]).get("tool", {}).get("hangar_dal", {})


def found() -> list[Finding]:
    return find_unnamed(read_project())


def test_without_a_section_the_fix_shows_the_lines_that_make_the_check_complete(application: Write) -> None:
    findings = found()
    assert [(each.rule, each.path) for each in findings] == [
        ("not-checked", "src/till/__init__.py"),
        ("not-checked", "migrations/1001_more.py"),
    ]
    assert findings[0].message == "the catalog till:CATALOG was not checked: pyproject.toml has no [tool.hangar_dal]"
    section: dict[str, list[str]] = {}
    for each in findings:
        assert each.fix.startswith("add to pyproject.toml:\n[tool.hangar_dal]\n")
        section |= lines_to_add(each)
        assert lines_to_add(each) == section, "two sections in one file are not TOML"
    assert section == {"catalogs": ["till:CATALOG"], "modules": ["till"], "migrations": ["migrations"]}
    application(
        "pyproject.toml", "[tool.hangar_dal]\n" + "".join(f"{key} = {value}\n" for key, value in section.items())
    )
    assert found() == []
    assert list(read_project().catalogs[0].queries) == ["domains.count_users"]


@pytest.mark.parametrize("command", [["check", "--offline"], ["check"], ["explain", "--sqlite-only"]])
def test_each_command_fails_and_says_what_it_checked_instead(
    application: Write, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(command) == 1
    told = capsys.readouterr()
    assert told.out.startswith("project:    none (pyproject.toml has no [tool.hangar_dal])\ncatalogs:   none\n")
    assert "the catalog till:CATALOG was not checked" in told.out + told.err
    assert cli.main([*command, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["scope"]["project"], answer["scope"]["migrations"]) == (None, {})
    assert answer["scope"]["note"] == "pyproject.toml has no [tool.hangar_dal]"
    assert {each["rule"] for each in answer.get("findings", answer.get("not_checked"))} >= {"not-checked"}


def test_a_section_with_migrations_alone_is_enough(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write("pyproject.toml", '[tool.hangar_dal]\nmigrations = ["changes"]\n')
    write("changes/1001_more.py", SHIM)
    for dialect in ("sqlite", "postgresql"):
        write(f"changes/{dialect}/1001_more.sql", "SELECT 1;")
        write(f"changes/{dialect}/1001_more.rollback.sql", "SELECT 1;")
    assert cli.main(["migrations", "verify", "--sqlite-only"]) == 0
    assert "migrations: changes (1)\n" in capsys.readouterr().out
    assert cli.main(["check", "--offline"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("project:    pyproject.toml (it names no catalogs)\n")
    assert "nothing was checked: no catalog is named" in told
    assert "or pass --catalog module:NAME" in told


def test_named_on_the_command_line_a_catalog_needs_no_section(
    application: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    application("till.py", CATALOG + QUERIES.format(catalog="till").replace("from till import CATALOG\n", ""))
    for dialect in ("sqlite", "postgresql"):
        application(f"sql/{dialect}/till.sql", SQL)
    assert cli.main(["explain", "--sqlite-only", "--catalog", "till:CATALOG"]) == 0
    assert capsys.readouterr().out.startswith(
        "project:    none (the command line says what is checked)\ncatalogs:   till:CATALOG\n"
        "uses:       hangar_dal.ACCOUNTS (their tables; their queries are not checked here)\n"
    )


def test_a_catalog_of_the_command_line_without_queries_is_reported(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("booth/__init__.py", 'from hangar_dal import Catalog\nCATALOG = Catalog("booth")\n')
    assert cli.main(["check", "--offline", "--catalog", "booth:CATALOG"]) == 1
    assert "nothing was checked: booth:CATALOG declares no queries" in capsys.readouterr().out


NAMED = '[tool.hangar_dal]\ncatalogs = ["till:CATALOG"]\nmodules = ["till"]\nmigrations = ["migrations"]\n'


@pytest.mark.parametrize("mode", [["--update"], ["--offline"], []])
def test_a_folder_of_migrations_that_is_not_named_is_reported_without_what_follows_from_it(
    application: Write, mode: list[str], capsys: pytest.CaptureFixture[str], server: str
) -> None:
    for dialect in ("sqlite", "postgresql"):
        application(f"migrations/{dialect}/1001_more.sql", "CREATE TABLE tills (id integer NOT NULL PRIMARY KEY);")
        application(f"migrations/{dialect}/1001_more.rollback.sql", "DROP TABLE tills;")
        application(f"src/till/sql/{dialect}/domains.sql", SQL.replace("users;", "tills;"))
    arguments = ["check", *mode, "--postgresql", server]
    application("pyproject.toml", NAMED.replace('migrations = ["migrations"]', ""))
    assert cli.main([*arguments, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert [(each["rule"], each["path"]) for each in answer["findings"]] == [("not-checked", "migrations/1001_more.py")]
    assert (answer["checked"], answer["scope"]["dialects"]) == (0, [])
    assert not list(Path.cwd().rglob("snapshots"))
    application("pyproject.toml", NAMED)
    cli.main([*arguments, "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert {each["rule"] for each in answer["findings"]} <= {"snapshot-missing"}


def test_what_is_left_out_beside_a_section_is_reported(application: Write) -> None:
    application("pyproject.toml", NAMED)
    assert found() == []
    application("src/till/bar.py", CATALOG.replace("CATALOG =", "BAR: Catalog ="))
    application("reports/sql/sqlite/sums.sql", SQL)
    application("reports/sql/postgresql/sums.sql", SQL)
    application("src/till/sql/mysql/domains.sql", SQL)
    application("old/sqlite/0001_x.rollback.sql", "SELECT 1;")
    findings = found()
    assert [(each.path, each.message.partition(" was not checked")[0]) for each in findings] == [
        ("src/till/bar.py", "the catalog till.bar:BAR"),
        ("reports/sql/postgresql/sums.sql", "the SQL in reports/sql"),
        ("old/sqlite/0001_x.rollback.sql", "the migration folder old/"),
    ]
    assert findings[0].message.endswith("[tool.hangar_dal] of pyproject.toml does not name it")
    assert findings[0].fix.splitlines()[:3] == [
        "write in [tool.hangar_dal] of pyproject.toml:",
        'catalogs = ["till:CATALOG", "till.bar:BAR"]',
        'modules = ["till"]',
    ]
    assert 'migrations = ["migrations", "old"]' in findings[2].fix


def test_a_catalog_of_the_same_module_name_is_another(application: Write) -> None:
    application("pyproject.toml", NAMED.replace("till:CATALOG", "books:CATALOG").replace('["till"]', '["books"]'))
    application("books.py", CATALOG + QUERIES.format(catalog="books").replace("from books import CATALOG\n", ""))
    application("src/till/books.py", CATALOG)
    assert [each.message.partition(" was")[0] for each in found()] == [
        "the catalog till:CATALOG",
        "the catalog till.books:CATALOG",
    ]


def test_sql_in_the_folder_of_a_dialect_that_is_none_is_not_read(application: Write) -> None:
    application("pyproject.toml", NAMED)
    application("src/till/sql/postgres/domains.sql", SQL)
    [finding] = found()
    assert finding.message.startswith("the SQL in src/till/sql/postgres was not checked")


@pytest.mark.parametrize(
    "place",
    [
        "tests/x.sql",
        "a/test/x.sql",
        ".hidden/x.sql",
        "node_modules/a/x.sql",
        "build/x.sql",
        "venv/lib/x.sql",
        "legacy/x.sql",
    ],
)
def test_folders_that_are_no_part_of_a_project_are_not_searched(application: Write, place: str) -> None:
    application("pyproject.toml", NAMED + 'ignore = ["legacy"]\n')
    application("venv/pyvenv.cfg", "")
    application(place, SQL)
    assert found() == []


def test_a_file_may_be_left_out_by_the_line_that_the_fix_shows(application: Write) -> None:
    application("pyproject.toml", NAMED)
    application("scripts/once.sql", SQL)
    [finding] = found()
    application("pyproject.toml", NAMED + finding.fix.rpartition(": ")[2] + "\n")
    assert read_project().section.ignore == ("scripts",)
    assert found() == []


def test_a_folder_with_a_section_is_a_project_of_its_own(application: Write) -> None:
    application("pyproject.toml", NAMED)
    application("other/pyproject.toml", NAMED)
    application("other/sql/sqlite/x.sql", SQL)
    assert found() == []
    application("pyproject.toml", "")
    [*_, finding] = found()
    assert (finding.path, finding.fix) == ("other/pyproject.toml", "run the command in other")


def test_catalogs_that_declare_nothing_are_no_clean_check(application: Write) -> None:
    application("pyproject.toml", NAMED.replace("modules", "small_tables"))
    [finding] = found()
    assert finding.message == "nothing was checked: till:CATALOG declares no queries"


def test_no_file_is_imported_that_is_not_named_and_a_broken_one_is_passed_over(application: Write) -> None:
    application("pyproject.toml", NAMED)
    application("wild.py", "from hangar_dal import Catalog\nraise SystemExit('imported')\nX = Catalog('x')\n")
    application("torn.py", "from hangar_dal import Catalog\nX = Catalog(\n")
    application(
        "inner.py", "import hangar_dal as h\ndef make():\n    X = h.Catalog('x')\nif True:\n    Y = h.Catalog('x')\n"
    )
    assert [each.message.partition(" was")[0] for each in found()] == ["the catalog inner:Y", "the catalog wild:X"]
