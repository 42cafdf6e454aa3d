"""`hangar-dal migrations status`, `verify` and `adopt`, and `hangar-dal schema`, as scripts and people use them."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from hangar_dal import ACCOUNTS, migrations
from tests.migrations.everything import EVERYTHING
from tests.migrations.shell import Run, on_a_terminal

Add = Callable[..., None]
InProcess = Callable[..., Run]
Query = Callable[[str, str], list[tuple[Any, ...]]]

ESCAPE = "\033"
DRIFT = "DROP INDEX idx_session_expires"
LOST = "- session_cookies: index idx_session_expires"

pytestmark = pytest.mark.usefixtures("accounts_project")


@pytest.fixture
def drifted(database_url: str, query: Query) -> str:
    query(database_url, DRIFT)
    return database_url


def test_status_tells_a_deploy_script_by_its_exit_code(
    in_process: InProcess, empty_database_url: str, packaged: Path, add_migration: Add
) -> None:
    on = ("migrations", "status", "--database", empty_database_url)
    before = in_process(*on)
    assert (before.returncode, before.stderr) == (3, "")
    assert before.stdout.splitlines() == [f"pending  {each}" for each in EVERYTHING]
    migrations.apply(empty_database_url, catalog=ACCOUNTS)
    after = in_process(*on)
    assert after.returncode == 0
    line = r"applied  (\w+) +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert [re.sub(rf"^{line}$", r"\1", each) for each in after.stdout.splitlines()] == list(EVERYTHING)
    add_migration(packaged, "9004_more")
    assert in_process(*on).returncode == 3
    script = packaged / "postgresql" / "0001_users.sql", packaged / "sqlite" / "0001_users.sql"
    for path in script:
        path.write_text(f"{path.read_text()}-- edited")
    edited = in_process(*on)
    assert (edited.returncode, edited.stdout.split()[:2]) == (4, ["edited", "0001_users"])


def test_status_shows_what_no_file_knows(in_process: InProcess, empty_database_url: str, application: Path) -> None:
    migrations.apply(empty_database_url, folders=[application], catalog=ACCOUNTS)
    on = ("migrations", "status", "--database", empty_database_url)
    unknown = in_process(*on)
    assert (unknown.returncode, unknown.stdout.splitlines()[-1].split()[:2]) == (4, ["unknown", "1001_orders"])
    both = ("--catalog", "hangar_dal:ACCOUNTS", "--folder", str(application))
    assert in_process(*on, *both).returncode == 0


def test_the_project_file_names_catalogs_and_folders_and_the_catalogs_come_first(
    in_process: InProcess, empty_database_url: str, application: Path, accounts_project: Path
) -> None:
    accounts_project.write_text(f'{accounts_project.read_text()}migrations = ["{application}"]\n')
    applied = in_process("migrations", "apply", "--database", empty_database_url)
    assert applied.stdout.split()[1::2] == [*EVERYTHING, "1001_orders"]
    assert in_process("migrations", "status", "--database", empty_database_url).returncode == 0


@pytest.mark.parametrize("command", ["apply", "pending", "status", "adopt", "edited", "verify"])
def test_nothing_is_migrated_that_is_not_named(
    in_process: InProcess, empty_database_url: str, accounts_project: Path, command: str
) -> None:
    arguments = ("migrations", command, *(["--sqlite-only"] if command == "verify" else []))
    for text, where in (("", ""), ("[tool.hangar_dal]\n", f"{accounts_project}: ")):
        accounts_project.write_text(text)
        refused = in_process(*arguments, "--database", empty_database_url)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr.startswith(f"error: {where}no migrations are named; write catalogs = ")
        assert refused.stderr.rstrip().endswith("or pass --catalog module:NAME")
    assert in_process("schema", "--database", empty_database_url, "--scratch").returncode == 2


def test_options_name_catalogs_and_folders_in_the_place_of_the_section(
    in_process: InProcess, empty_database_url: str, accounts_project: Path, application: Path
) -> None:
    accounts_project.write_text("no section, and no TOML either [")
    on = ("--database", empty_database_url)
    of_folder = in_process("migrations", "pending", *on, "--folder", str(application))
    assert of_folder.stdout.split() == ["1001_orders"]
    of_catalog = in_process("migrations", "pending", *on, "--catalog", "hangar_dal:ACCOUNTS")
    assert of_catalog.stdout.split() == list(EVERYTHING)
    unknown = in_process("migrations", "pending", *on, "--catalog", "hangar_dal:NONE")
    assert unknown.stderr == 'error: --catalog: hangar_dal:NONE is not a Catalog; write "module:NAME"\n'


def test_status_as_json(in_process: InProcess, database_url: str) -> None:
    found = json.loads(in_process("migrations", "status", "--json", "--database", database_url).stdout)
    assert [one["state"] for one in found["migrations"]] == ["applied"] * len(EVERYTHING)
    assert all(one["applied_at"].endswith("+00:00") for one in found["migrations"])


def test_verify_says_what_is_clean(in_process: InProcess, empty_postgres_url: str, first_three: Path) -> None:
    verified = in_process("migrations", "verify", "--postgresql", empty_postgres_url)
    assert (verified.returncode, verified.stderr) == (0, "")
    assert verified.stdout.splitlines() == [
        "project:    pyproject.toml",
        "migrations: hangar_dal.ACCOUNTS (3)",
        "databases:  SQLite, PostgreSQL",
        "",
        "clean: every migration can be applied, rolled back and applied again",
    ]


def test_verify_reports_a_folder_of_migrations_that_is_not_named(
    in_process: InProcess, application: Path, first_three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, command = application.parent, ("migrations", "verify", "--sqlite-only", "--no-squawk")
    monkeypatch.chdir(project)
    (project / "pyproject.toml").write_text('[tool.hangar_dal]\ncatalogs = ["hangar_dal:ACCOUNTS"]\n')
    left_out = in_process(*command)
    assert left_out.returncode == 1
    assert "was not checked: [tool.hangar_dal] of pyproject.toml does not name it" in left_out.stdout
    [found] = json.loads(in_process(*command, "--json").stdout)["findings"]
    assert (found["rule"], found["path"]) == ("not-checked", f"{application.name}/1001_orders.py")
    table = f'[tool.hangar_dal]\ncatalogs = ["hangar_dal:ACCOUNTS"]\nmigrations = ["{application.name}"]\n'
    (project / "pyproject.toml").write_text(table)
    named = in_process(*command)
    assert named.returncode == 0
    assert named.stdout.splitlines()[:2] == [
        "project:    pyproject.toml",
        f"migrations: hangar_dal.ACCOUNTS (3), {application.name} (1)",
    ]
    (project / "pyproject.toml").unlink()
    given = in_process(*command, "--folder", str(application))
    first = "project:    none (the command line says what is checked)"
    assert (given.returncode, given.stdout.splitlines()[0]) == (0, first)


def test_verify_names_file_line_and_rule_and_shows_the_diff(
    in_process: InProcess, first_three: Path, add_migration: Add
) -> None:
    add_migration(first_three, "0004_more", apply="CREATE INDEX i ON users (role);")
    command = ("migrations", "verify", "--sqlite-only")
    verified = in_process(*command)
    assert verified.returncode == 1
    for told in (
        r"postgresql/0004_more\.sql\b",
        r"\bsquawk:require-concurrent-index-creation\b",
        r"sqlite/0004_more\.rollback\.sql\b",
        r"\brollback-differs\b",
        r"\n +\+ users: index i ",
        r"\n2 findings\n$",
    ):
        assert re.search(told, verified.stdout), told
    found = in_process(*command, "--json").stdout
    rules = [one["rule"] for one in json.loads(found)["findings"]]
    assert rules == ["squawk:require-concurrent-index-creation", "rollback-differs"]
    assert in_process(*command, "--no-squawk").stdout.endswith("\n1 finding\n")


def test_verify_without_a_server_is_refused_rather_than_half_done(in_process: InProcess) -> None:
    refused = in_process("migrations", "verify")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--sqlite-only" in refused.stderr


def test_drift_is_shown_and_told_by_the_exit_code(in_process: InProcess, drifted: str) -> None:
    for command in (("schema", "diff", "--database", drifted), ("schema", "--database", drifted, "diff")):
        shown = in_process(*command)
        assert (shown.returncode, shown.stderr) == (1, "")
        assert shown.stdout.startswith(LOST)
        assert "clean:" not in shown.stdout


def test_no_drift_is_told_too(in_process: InProcess, database_url: str, query: Query) -> None:
    query(database_url, "CREATE TABLE theirs (id integer)")
    shown = in_process("schema", "diff", "--database", database_url)
    assert (shown.returncode, shown.stderr) == (0, "not compared: theirs\n")
    assert shown.stdout.startswith("clean: ")


def test_adopt_shows_drift_in_the_same_way(in_process: InProcess, drifted: str, query: Query) -> None:
    query(drifted, "DELETE FROM _yoyo_migration")
    query(drifted, "ALTER TABLE users ADD COLUMN note text")
    refused = in_process("migrations", "adopt", "--database", drifted)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"that after {EVERYTHING[-1]}" in refused.stderr
    assert f"\n  {LOST}" in refused.stderr
    assert "\n  + users: column note text null\n" in refused.stderr


def test_schema_prints_what_the_database_has_or_what_the_migrations_give(in_process: InProcess, drifted: str) -> None:
    has = in_process("schema", "--database", drifted).stdout
    given = in_process("schema", "--scratch", "--database", drifted).stdout
    assert "idx_session_expires" not in has
    assert "idx_session_expires" in given
    assert [line for line in given.splitlines() if line not in has.splitlines()] == [
        line for line in given.splitlines() if "idx_session_expires" in line
    ]
    tables = json.loads(in_process("schema", "--json", "--database", drifted).stdout)["tables"]
    assert {"users", "session_cookies"} <= {table["name"] for table in tables}


def test_a_database_without_tables_says_so(in_process: InProcess, empty_database_url: str, query: Query) -> None:
    query(empty_database_url, "SELECT 1")  # by which SQLite makes its file
    shown = in_process("schema", "--database", empty_database_url)
    assert (shown.returncode, shown.stdout) == (0, "The database has no tables.\n")


def test_schema_draws(in_process: InProcess, database_url: str, tmp_path: Path) -> None:
    on = ("schema", "--database", database_url)
    drawn = in_process(*on, "--mermaid").stdout
    assert drawn.startswith("erDiagram\n")
    assert "\n    users ||--o{ session_cookies" in drawn
    assert in_process(*on, "--svg", str(tmp_path / "s.svg")).stdout == ""
    ElementTree.parse(tmp_path / "s.svg")
    assert (tmp_path / "s.svg").read_text() == in_process(*on, "--svg", "-").stdout
    assert not Path("-").exists()
    assert "cannot be written" in in_process(*on, "--svg", str(tmp_path / "no" / "s.svg")).stderr


@pytest.mark.parametrize("command", [("migrations", "status"), ("schema",), ("schema", "diff")])
def test_colours_are_for_terminals_alone(in_process: InProcess, drifted: str, command: tuple[str, ...]) -> None:
    piped = in_process(*command, "--database", drifted)
    assert ESCAPE not in piped.stdout + piped.stderr
    assert ESCAPE in on_a_terminal(*command, "--database", drifted)
    assert ESCAPE not in on_a_terminal(*command, "--database", drifted, NO_COLOR="1")
