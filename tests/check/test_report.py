"""The same findings for a person, an editor, code scanning and GitHub's annotations."""

import json
import re
from io import StringIO
from pathlib import Path
from urllib.parse import unquote

import pytest

from hangar_dal.check.project.coverage import Coverage
from hangar_dal.check.report.formats import FORMATS, as_github, as_json, as_table, report_as
from hangar_dal.check.report.sarif import as_sarif
from hangar_dal.check.rules.table import RULES
from hangar_dal.cli.terminal import coloured, has_colours
from hangar_dal.rules import Finding

FILE = "sql/accounts/queries/sqlite/users.sql"
MISSING = Finding(
    FILE, 12, 5, "sqlite", "users.find_user", "column-missing", "error", "no column for User.email", "select it"
)
LOOSE = Finding(FILE, 7, 1, "", "users.list_users", "null-needless", "warning", "User.phone allows None")
NO_SERVER = Finding("", 0, 0, "postgresql", "", "postgresql-missing", "error", "no server", "pass --postgresql URL")
WHOLE_FILE = Finding(FILE, 0, 0, "sqlite", "", "file-missing", "error", "not there")
ODD = Finding(
    "my app/50%/a,b:c.sql",
    1,
    2,
    "postgresql",
    "a.b",
    "statement-refused",
    "error",
    "100%41 of\r\nwhat: it, said",
    "x\ny",
)
SCOPE = Coverage(
    "pyproject.toml", "", ("shop:CATALOG",), 12, {"hangar_dal": 3, "migrations": 2}, ("sqlite", "postgresql")
)
ALL = (NO_SERVER, ODD, WHOLE_FILE, LOOSE, MISSING)


def test_a_table_is_grouped_by_file_and_names_place_rule_database_and_query():
    assert as_table([MISSING, LOOSE]) == "\n".join(
        [
            FILE,
            f"  {FILE}:7:1   warning  null-needless   both    users.list_users",
            "      User.phone allows None",
            f"  {FILE}:12:5  error    column-missing  sqlite  users.find_user",
            "      no column for User.email",
            "      fix: select it",
        ]
    )


def test_what_has_no_file_stands_in_a_group_of_its_own():
    told, of_file = as_table([MISSING, NO_SERVER]).split("\n\n")
    assert told.splitlines()[:2] == ["The check itself", "  error  postgresql-missing  postgresql"]
    assert of_file.startswith(FILE)


def test_a_table_without_colours_has_none_and_what_would_steer_a_terminal_is_shown():
    hostile = Finding("a\x1b.sql", 1, 1, "", "", "star", "error", "\x1b[2J\x9b one", "\a")
    assert as_table([hostile]).isascii()
    assert "\x1b" not in as_table([hostile])
    assert r"\x1b[2J\x9b one" in as_table([hostile])
    assert r"fix: \x07" in as_table([hostile])


def test_colours_change_nothing_but_colours():
    painted = as_table(ALL, lambda text, style: f"<{style}>{text}</{style}>")
    assert "<error>error" in painted
    assert "<warning>warning" in painted
    assert re.sub(r"</?(error|warning|path|dim|removed|added)>", "", painted) == as_table(ALL)


def test_the_lines_of_a_diff_are_told_apart():
    differing = Finding(FILE, 1, 1, "", "", "twins-differ", "error", "differs:\n    - old\n    + new")
    painted = as_table([differing], lambda text, style: f"<{style}>{text.strip()}")
    assert "<removed>- old" in painted
    assert "<added>+ new" in painted


def test_json_is_one_object_with_every_part_of_every_finding():
    read = json.loads(as_json([NO_SERVER, MISSING, LOOSE], SCOPE, checked=84))
    assert read["scope"] == {
        "project": "pyproject.toml",
        "note": "",
        "catalogs": ["shop:CATALOG"],
        "queries": 12,
        "migrations": {"hangar_dal": 3, "migrations": 2},
        "dialects": ["sqlite", "postgresql"],
        "recorded": False,
        "uses": [],
        "left_out": [],
    }
    assert (read["checked"], read["errors"], read["warnings"]) == (84, 2, 1)
    assert read["findings"][1] == {
        "path": FILE,
        "line": 12,
        "column": 5,
        "dialect": "sqlite",
        "query": "users.find_user",
        "rule": "column-missing",
        "severity": "error",
        "message": "no column for User.email",
        "fix": "select it",
    }
    assert [Finding(**each) for each in read["findings"]] == [NO_SERVER, MISSING, LOOSE]


def test_an_annotation_for_github_names_file_line_and_column():
    assert as_github([MISSING]) == (
        f"::error file={FILE},line=12,col=5,title=column-missing sqlite::"
        "users.find_user: no column for User.email%0Aselect it"
    )
    assert as_github([NO_SERVER]).startswith("::error title=postgresql-missing postgresql::no server%0A")
    assert as_github([LOOSE]).startswith("::warning ")


def test_an_annotation_is_read_back_as_it_was_meant():
    line = as_github([ODD])
    assert "\n" not in line
    parts = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
    assert parts
    command, properties, message = parts.groups()
    read = {name: unquote(value) for name, _, value in (each.partition("=") for each in properties.split(","))}
    assert command == "error"
    assert read == {"file": ODD.path, "line": "1", "col": "2", "title": "statement-refused postgresql"}
    assert unquote(message) == "a.b: 100%41 of\r\nwhat: it, said\nx\ny"


def test_sarif_has_what_its_schema_requires():
    log = json.loads(as_sarif(ALL, SCOPE))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"]
    assert [rule["id"] for rule in rules] == sorted({finding.rule for finding in ALL})
    for rule in rules:
        assert rule["help"]["text"].startswith(RULES[rule["id"]].summary)
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note", "none"}
    for result, finding in zip(run["results"], ALL, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        assert result["level"] == finding.severity
        assert finding.message in result["message"]["text"]
        for location in result.get("locations", []):
            region = location["physicalLocation"]["region"]
            assert region["startLine"] >= 1
            assert region["startColumn"] >= 1
    assert run["properties"]["scope"] == json.loads(as_json([], SCOPE))["scope"]
    json_types = (dict, list, str, int)
    assert all(isinstance(value, json_types) for value in [log, *run.values(), *run["results"]])


def test_sarif_paths_are_relative_uris_below_the_root_that_the_run_declares(tmp_path: Path):
    outside = Finding(str(tmp_path / "a b.sql"), 1, 1, "", "", "star", "error", "*")
    [run] = json.loads(as_sarif([ODD, outside, NO_SERVER], SCOPE))["runs"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"][:2]]
    assert places[0]["uriBaseId"] in run["originalUriBaseIds"]
    assert places[0]["uri"] == "my%20app/50%25/a%2Cb%3Ac.sql"
    assert places[1] == {"uri": (tmp_path / "a b.sql").as_uri()}
    assert "locations" not in run["results"][2]


def test_sarif_knows_a_finding_again_when_lines_were_added_above_it():
    def print_of(finding: Finding) -> str:
        [run] = json.loads(as_sarif([finding], SCOPE))["runs"]
        return run["results"][0]["partialFingerprints"]["finding/v1"]

    moved = Finding(FILE, 99, 9, *MISSING[3:])
    assert print_of(moved) == print_of(MISSING)
    assert print_of(LOOSE) != print_of(MISSING)


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_says_something_and_says_it_without_findings_too(form):
    assert "column-missing" in report_as(form, [MISSING], SCOPE, checked=1)
    empty = report_as(form, [], SCOPE, checked=1)
    assert json.loads(empty) if form in ("json", "sarif") else empty == ""


def test_colours_are_for_terminals_and_the_environment_has_the_last_word(monkeypatch: pytest.MonkeyPatch):
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    class Pipe(StringIO):
        def isatty(self) -> bool:
            return False

    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert has_colours(Terminal())
    assert not has_colours(Pipe())
    monkeypatch.setenv("TERM", "dumb")
    assert not has_colours(Terminal())
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert has_colours(Pipe())
    assert coloured("x", "31", Pipe()) == "\033[31mx\033[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert not has_colours(Terminal())
