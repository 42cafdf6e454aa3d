"""`hangar-dal check`: what it answers, and with which exit code."""

import json
import sys
from pathlib import Path

import pytest

from hangar_dal import cli
from hangar_dal.migrations.new import SHIM
from tests.migrations.everything import EVERYTHING

SQL = "-- name: get_name\nSELECT display_name FROM users WHERE id = :id;\n"
PYTHON = """\
from pathlib import Path
from uuid import UUID
from hangar_dal import ACCOUNTS, Catalog, Executor, RowCount

CATALOG = Catalog("store", sql=Path(__file__).parent / "sql", uses=[ACCOUNTS])

@CATALOG.query
async def {verb}_name(db: Executor, {arguments}) -> {result}: ...
"""


def write_project(folder: Path, module: str, result: str, arguments: str = "id: UUID") -> None:
    """A project of one query in the working directory; its module's name is its own, since it stays imported."""
    (folder / "pyproject.toml").write_text(f'[tool.hangar_dal]\ncatalogs = ["{module}:CATALOG"]\n')
    (folder / f"{module}.py").write_text(
        PYTHON.format(result=result, arguments=arguments, verb="set" if result == "RowCount" else "get")
    )
    for dialect in ("sqlite", "postgresql"):
        (folder / "sql" / dialect).mkdir(parents=True)
        (folder / "sql" / dialect / f"{module}.sql").write_text(SQL)


def test_the_server_may_be_the_settings(
    server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", server)
    write_project(Path.cwd(), "store_of_settings", "str")
    assert cli.main(["check"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "project:    pyproject.toml",
        "catalogs:   store_of_settings:CATALOG",
        "uses:       hangar_dal.ACCOUNTS (their tables; their queries are not checked here)",
        "queries:    1",
        f"migrations: hangar_dal.ACCOUNTS ({len(EVERYTHING)})",
        "databases:  SQLite, PostgreSQL",
        "",
        "clean: 2 statements agree with their functions and tables",
    ]


def test_findings_name_their_place_from_here_and_fail(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(Path.cwd(), "store_of_findings", "int")
    assert cli.main(["check", "--postgresql", server, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(each["path"], each["line"], each["column"], each["rule"], each["query"]) for each in found] == [
        (f"sql/{dialect}/store_of_findings.sql", 2, 8, "column-kind", "store_of_findings.get_name")
        for dialect in ("postgresql", "sqlite")
    ]


def test_without_a_server_that_is_a_finding_and_the_rest_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    write_project(Path.cwd(), "store_of_no_server", "int")
    assert cli.main(["check", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(each["rule"], each["dialect"]) for each in found] == [
        ("postgresql-missing", "postgresql"),
        ("column-kind", "sqlite"),
    ]


def test_a_server_that_cannot_be_reached_is_a_finding_and_the_rest_is_checked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_project(Path.cwd(), "store_of_dead_server", "int")
    assert cli.main(["check", "--json", "--postgresql", "postgresql://localhost:1/x"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [each["rule"] for each in found] == ["postgresql-missing", "column-kind"]
    assert found[0]["message"] == "PostgreSQL at localhost:1/x: Connection refused"
    assert found[0]["fix"] == "check that it runs and that its URL is right"
    assert cli.main(["check", "--update", "--postgresql", "postgresql://localhost:1/x"]) == 1
    assert "Connection refused" in capsys.readouterr().err
    assert not list(Path.cwd().rglob("snapshots"))


def test_a_migration_that_fails_is_a_finding_and_the_rest_is_checked(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_project(Path.cwd(), "store_of_broken_migration", "int")
    with Path("pyproject.toml").open("a") as file:
        file.write('migrations = ["migrations"]\n')
    Path("migrations").mkdir()
    Path("migrations", "1001_more.py").write_text(SHIM)
    for dialect, sql in (("sqlite", "CREATE TABEL more (id text);"), ("postgresql", "SELECT 1;")):
        Path("migrations", dialect).mkdir()
        Path("migrations", dialect, "1001_more.sql").write_text(sql)
        Path("migrations", dialect, "1001_more.rollback.sql").write_text("SELECT 1;")
    assert cli.main(["check", "--json", "--postgresql", server]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(each["rule"], each["dialect"]) for each in found] == [
        ("migration-fails", "sqlite"),
        ("column-kind", "postgresql"),
    ]


def test_what_one_arm_alone_has_says_which_and_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    write_project(Path.cwd(), "store_of_arms", "RowCount", "id: UUID, role: str | None")
    for file in Path("sql").glob("*/*.sql"):
        file.write_text(
            "-- name: set_name\nUPDATE users SET display_name = 'x'\n"
            ", role = 'CHIEF'  -- when role\nWHERE id = :id AND role <> coalesce(:role, '');\n"
        )
    assert cli.main(["check", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(each["rule"], each["line"], each["message"].rpartition(" (")[2]) for each in found[1:]] == [
        ("value-refused", 3, "when role)")
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--postgresql", "sqlite:///x.db"], "not the URL of a PostgreSQL server"),
        (["--project", "absent.toml"], "absent.toml: cannot be read"),
        (["--project", "absent.toml", "--catalog", "hangar_dal:ACCOUNTS"], "pass only one of them"),
    ],
)
def test_what_is_not_understood_has_an_exit_code_of_its_own(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_since_is_nothing_without_the_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--offline", "--since", "0001_users"]) == 2
    assert "--since can only be used with --matrix" in capsys.readouterr().err


def test_without_the_parser_of_the_extra_a_snapshot_is_all_that_can_be_checked_against(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sqlglot", None)
    missing = "error: sqlglot is not installed; run: pip install 'hangar-dal[check]'\n"
    for arguments in (
        ["check"],
        ["check", "--matrix"],
        ["check", "--explain", "all"],
        ["explain", "--sqlite-only"],
        ["new", "query", "users.find_user"],
        ["migrations", "verify", "--format", "sarif"],
    ):
        assert cli.main(arguments) == 2
        assert capsys.readouterr() == ("", missing)
    offline = ["check", "--offline", "--catalog", "hangar_dal:OUTBOX"]
    assert cli.main(offline) == 0
    assert capsys.readouterr().out
    assert cli.main([*offline, "--format", "sarif"]) == 2
    told = capsys.readouterr()
    assert told == ("", missing)


def write_queries(module: str, functions: dict[str, str], sql: dict[str, str]) -> None:
    """A project of these functions, each with its statement."""
    write_project(Path.cwd(), module, "str")
    head = Path(f"{module}.py").read_text().partition("@CATALOG.query")[0].replace("RowCount", "RowCount, User")
    queries = (f"@CATALOG.query\nasync def {name}{rest}: ...\n" for name, rest in functions.items())
    Path(f"{module}.py").write_text(head + "\n".join(queries))
    for file in Path("sql").glob("*/*.sql"):
        file.write_text("\n".join(f"-- name: {name}\n{sql[name]};\n" for name in functions))


def test_a_list_where_one_value_belongs_is_reported_with_the_form_of_each_dialect(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = {
        name: f"-- scan: all\nSELECT display_name FROM users WHERE id {test}\nORDER BY display_name, id"
        for name, test in (("get_in", "IN (:ids)"), ("get_equal", "= :ids"), ("get_not_in", "NOT IN (:ids)"))
    }
    write_queries("store_of_lists", dict.fromkeys(sql, "(db: Executor, ids: list[UUID]) -> list[str]"), sql)
    assert cli.main(["check", "--postgresql", server, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    for name in sql:
        of_one = [each for each in found if each["query"] == f"store_of_lists.{name}"]
        assert {each["dialect"]: each["fix"] for each in of_one if each["rule"] == "parameter-kind"} == {
            "sqlite": "write IN (SELECT value FROM json_each(:ids)); for one value, change the annotation",
            "postgresql": "write = ANY(:ids), or <> ALL(:ids) for NOT IN; for one value, change the annotation",
        }


def test_a_write_without_returning_is_one_finding_in_each_dialect(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    results = {"put_one": "str", "put_all": "list[str]", "put_user": "User"}
    functions = {name: f"(db: Executor, id: UUID) -> {result}" for name, result in results.items()}
    write_queries(
        "store_of_writes", functions, dict.fromkeys(functions, "UPDATE users SET is_private = TRUE WHERE id = :id")
    )
    assert cli.main(["check", "--postgresql", server, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert sorted((each["query"].partition(".")[2], each["rule"], each["dialect"]) for each in found) == sorted(
        (name, "returning-missing", dialect) for name in results for dialect in ("postgresql", "sqlite")
    )
