"""`hangar-dal init` and `hangar-dal new domain`: what they write passes its own tests and checks at once."""

import re
from pathlib import Path

import pytest

from hangar_dal import cli
from hangar_dal.errors import SettingsError
from hangar_dal.sqlscan import DATABASES
from hangar_dal.starting import read_domain
from tests.check.test_pytest_plugin import run
from tests.helpers.commands import run_module

KINDS = {
    "both": ["--dialect", "both", "--accounts"],
    "sqlite": ["--dialect", "sqlite"],
    "postgresql": ["--dialect", "postgresql"],
}


@pytest.mark.parametrize(("kind", "options"), KINDS.items(), ids=KINDS)
def test_a_new_project_passes_at_once(kind: str, options: list[str], request: pytest.FixtureRequest) -> None:
    server = "" if kind == "sqlite" else request.getfixturevalue("server")
    named = ["--postgresql", server] if server else []
    assert cli.main(["init", "shop", *options]) == 0
    for command in ("new", "domain", "purchase_orders"), ("check", *named), ("migrations", "verify", *named):
        done = run_module("hangar_dal.cli", *command, cwd=Path.cwd())
        assert done.returncode == 0, done.stdout + done.stderr
    told = run(Path.cwd(), HANGAR_TEST_PG=server)
    tests = 4 * (2 if kind == "both" else 1) + 1
    assert f"{tests} passed" in told, told
    written = {path.parent.name for path in Path("shop").rglob("*.sql")}
    assert written == ({"sqlite", "postgresql"} if kind == "both" else {kind})


def test_without_a_server_the_sqlite_half_of_the_tests_passes() -> None:
    assert cli.main(["init", "shop"]) == 0
    told = run(Path.cwd(), "--hangar-sqlite-only", HANGAR_TEST_PG="")
    assert "3 passed" in told, told


def test_its_files_are_formatted_and_its_lines_are_short() -> None:
    assert cli.main(["init", "shop"]) == 0
    files = [path for path in Path().rglob("*") if path.suffix in (".py", ".sql", ".toml", ".md")]
    assert len(files) > 10
    for path in files:
        text = path.read_text()
        assert text.endswith("\n"), path
        assert not re.search(r"[ \t]$", text, re.MULTILINE), path
    for path in Path().rglob("*.py"):
        assert max(map(len, path.read_text().splitlines())) <= 88, path


def test_nothing_is_written_if_a_file_exists(capsys: pytest.CaptureFixture[str]) -> None:
    Path("README.md").write_text("mine")
    assert cli.main(["init", "shop"]) == 2
    assert "README.md exists; nothing was written" in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["README.md"]
    Path("README.md").unlink()
    assert cli.main(["init", "shop"]) == 0
    before = {path: path.read_text() for path in Path().rglob("*.sql")}
    assert cli.main(["new", "domain", "items"]) == 2
    assert {path: path.read_text() for path in Path().rglob("*.sql")} == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["init", "my-shop"], "my-shop: not a name for a package"),
        (["init", "class"], "class: not a name for a package"),
        *((["init", name], f"{name}: another module has this name") for name in ("json", "yoyo", "pytest", "tests")),
        (["init", "shop", "--domain", "Items"], "Items: not a name for a module"),
        (["init", "shop", "--domain", "staff"], "if staff is one, pass its singular with --singular"),
        (["init", "shop", "--domain", "references"], "references: SQL has this word for itself"),
        (["init", "shop", "--domain", "users", "--accounts"], "ACCOUNTS has a table users"),
        (["new", "domain", "items"], "the project has several catalogs, or none"),
        (["new", "domain", "items", "--catalog", "hangar_dal:ACCOUNTS"], "is outside of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_name_writes_nothing(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    assert message in capsys.readouterr().err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("plural", "singular", "model"),
    [
        ("items", "item", "Item"),
        ("categories", "category", "Category"),
        ("addresses", "address", "Address"),
        ("boxes", "box", "Box"),
        ("purchase_orders", "purchase_order", "PurchaseOrder"),
    ],
)
def test_the_singular_is_guessed(plural: str, singular: str, model: str) -> None:
    domain = read_domain(plural)
    assert (domain.singular, domain.names["Model"]) == (singular, model)
    assert read_domain("staff", "employee").singular == "employee"
    with pytest.raises(SettingsError):
        read_domain("staff")


def test_the_readme_of_a_project_names_what_it_needs() -> None:
    for kind, database in {"both": "PostgreSQL", **DATABASES}.items():
        assert cli.main(["init", "shop", "--dialect", kind]) == 0
        readme = Path("README.md").read_text()
        assert database in readme
        assert ("without it, a SQLite file" in readme) == (kind != "postgresql")
        assert readme.index("pip install -U pip") < readme.index("--group")  # the pip of Python 3.11 has no groups
        for path in [path for path in Path().rglob("*") if path.is_file()]:
            path.unlink()
