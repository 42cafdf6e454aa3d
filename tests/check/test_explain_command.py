"""`hangar-dal explain`: what it prints, and with which exit code."""

import json

import pytest

from hangar_dal import cli
from hangar_dal.cli.options import NAME_SERVER

pytestmark = pytest.mark.usefixtures("accounts_project")


def test_both_databases_stand_side_by_side(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "users.list_users", "--postgresql", server]) == 0
    scope, _, out = capsys.readouterr().out.partition("\n\n")
    assert scope.startswith("project:    pyproject.toml\ncatalogs:   hangar_dal:ACCOUNTS\n")
    assert scope.endswith("\ndatabases:  SQLite, PostgreSQL")
    assert out.startswith(
        "users.list_users (order = newest)\n"
        "  sqlite: idx_users_created_at\n"
        "    SCAN users USING INDEX idx_users_created_at\n"
        "  postgresql: idx_users_created_at\n"
        "    Limit\n"
        "      Index Scan Backward using idx_users_created_at on users\n"
        "\n"
    )
    assert "[index cond: (status = :status)]" in out


def test_a_whole_table_is_pointed_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "--sqlite-only", "users.count_us*"]) == 0
    _, _, out = capsys.readouterr().out.partition("\n\n")
    assert out.startswith("users.count_users\n  sqlite: users_")
    assert out.count("  <- the whole of users\n") == 1
    assert "\033[" not in out


def test_a_query_without_a_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "--sqlite-only", "insert_user"]) == 0
    assert capsys.readouterr().out.endswith("\n\nusers.insert_user\n  sqlite: no index\n")


def test_colours_are_for_terminals(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert cli.main(["explain", "--sqlite-only", "count_users"]) == 0
    out = capsys.readouterr().out
    assert "\033[1musers.count_users\033[0m" in out
    assert "\033[33m  <- the whole of users\033[0m" in out


def test_every_query_is_in_the_json(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "--postgresql", server, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["scope"]["project"], answer["scope"]["dialects"]) == ("pyproject.toml", ["sqlite", "postgresql"])
    found = answer["plans"]
    assert {each["dialect"] for each in found} == {"sqlite", "postgresql"}
    assert {"users.get_user", "session_cookies.find_session_cookie"} <= {each["query"] for each in found}
    count = next(each for each in found if each["query"] == "users.count_users" and each["dialect"] == "postgresql")
    assert (count["when"], count["whole"], count["plan"][0]) == ("", ["users"], {"depth": 0, "text": "Aggregate"})


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], f"no PostgreSQL server is given; {NAME_SERVER}; or pass --sqlite-only"),
        (["--sqlite-only", "count_user"], "no query is called count_user; did you mean count_users?"),
        (["--sqlite-only", "zzz"], "no query is called zzz"),
    ],
)
def test_what_is_not_understood_exits_with_2(
    arguments: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["explain", *arguments]) == 2
    assert capsys.readouterr().err == f"error: {error}\n"
