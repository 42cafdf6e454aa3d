"""A rule that is turned off, for a block or for the project, finds nothing; a line that turns off nothing is found."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from hangar_dal import cli
from hangar_dal.check import read_project
from hangar_dal.check.databases.info import DatabaseInfo
from hangar_dal.check.databases.live import live_postgresql, live_sqlite
from hangar_dal.check.project.project import Project
from hangar_dal.check.rollout.matrix import matrix
from hangar_dal.check.rules.table import RULES
from hangar_dal.check.run import check, check_against, check_offline
from hangar_dal.errors import CatalogError, SettingsError
from tests.check.rule_applications import MIGRATIONS, QUERY, files_of, paths_of, rules_broken, write_application
from tests.helpers.postgres_server import Server

# Found in the text alone, with the tables, in the plan, and in the answers to all queries.
OF_EACH_KIND = ("star", "row-unkeyed", "scan", "null-needless")


@pytest.fixture
def allowed_postgres(_allowed_postgres: Server) -> Server:
    return _allowed_postgres


@pytest.fixture(scope="module")
def sources(postgres_server: Server) -> Iterator[Sequence[DatabaseInfo]]:
    """Both databases with the tables of the examples."""
    project = Project((), (MIGRATIONS,))
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        if postgres_server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        url = postgres_server.url("postgres")
        yield [opened.enter_context(live_postgresql(project, url)), opened.enter_context(live_sqlite(project))]


def broken(rule: str) -> dict[str, str]:
    """The files of the example that breaks it."""
    return paths_of(files_of(RULES[rule].bad))


def ignoring(files: Mapping[str, str], rule: str) -> dict[str, str]:
    """The same, where each block turns the rule off."""
    line = rf"\g<0>\n-- ignore: {rule}: the test says so"
    return {path: re.sub(r"^-- name: \w+$", line, text, flags=re.MULTILINE) for path, text in files.items()}


@pytest.mark.parametrize("rule", OF_EACH_KIND[:-1])  # the last is found in one of the two blocks
def test_a_block_turns_a_rule_off(rule: str, sources: Sequence[DatabaseInfo], tmp_path: Path) -> None:
    package = f"ignored_{rule}".replace("-", "_")
    assert rules_broken(tmp_path, package, ignoring(broken(rule), rule), sources) == set()


def test_a_block_turns_off_what_is_reported_in_it_alone(sources: Sequence[DatabaseInfo], tmp_path: Path) -> None:
    files = broken("null-needless")
    files |= ignoring({path: text for path, text in files.items() if "/postgresql/" in path}, "null-needless")
    assert rules_broken(tmp_path, "ignored_null_needless", files, sources) == set()


@pytest.mark.parametrize("rule", OF_EACH_KIND)
def test_a_project_turns_a_rule_off(rule: str, sources: Sequence[DatabaseInfo], tmp_path: Path) -> None:
    project = write_application(tmp_path, f"project_{rule}".replace("-", "_"), broken(rule))
    project.write_text(f'{project.read_text()}ignore_rules = ["{rule}"]\n')
    assert check_against(read_project(project), sources).findings == ()


def test_a_line_of_one_block_leaves_the_finding_of_its_twin(sources: Sequence[DatabaseInfo], tmp_path: Path) -> None:
    files = broken("star")
    files |= ignoring({path: text for path, text in files.items() if path.startswith("sql/sqlite/")}, "star")
    project = read_project(write_application(tmp_path, "ignored_in_one", files))
    found = {(finding.dialect, finding.rule) for finding in check_against(project, sources).findings}
    assert found == {("postgresql", "star")}


def test_a_line_leaves_a_query_of_the_same_name_in_another_catalog(
    sources: Sequence[DatabaseInfo], tmp_path: Path
) -> None:
    catalogs = []
    for package, files in (("named_first", broken("star")), ("named_second", ignoring(broken("star"), "star"))):
        catalogs += read_project(write_application(tmp_path / package, package, files)).catalogs
    found = check_against(Project(tuple(catalogs), ()), sources).findings
    assert {(Path(finding.path).parts[-4], finding.rule) for finding in found} == {("named_first", "star")}


def test_a_line_that_turns_off_nothing_is_found_where_the_database_was_asked(
    sources: Sequence[DatabaseInfo], tmp_path: Path
) -> None:
    files = ignoring(broken("row-unkeyed"), "row-unkeyd")
    project = read_project(write_application(tmp_path, "ignored_misspelt", files))
    sqlite = [source for source in sources if source.dialect == "sqlite"]
    found = {(finding.dialect, finding.rule) for finding in check_against(project, sqlite).findings}
    assert found == {("sqlite", "row-unkeyed"), ("sqlite", "ignore-needless")}


def test_that_a_statement_is_not_known_cannot_be_turned_off_and_lines_are_not_judged_then(
    allowed_postgres: Server, tmp_path: Path
) -> None:
    files = broken("row-unkeyed")
    project = read_project(write_application(tmp_path, "ignored_stale", files))
    check(project, postgresql=allowed_postgres.url("postgres"), update=True)
    changed = {path: text.replace("SELECT id", "SELECT DISTINCT id") for path, text in files.items()}
    assert changed != files
    write_application(tmp_path, "ignored_stale", ignoring(ignoring(changed, "row-unkeyed"), "snapshot-stale"))
    assert {finding.rule for finding in check_offline(project).findings} == {"snapshot-stale"}


def test_a_query_can_be_called_though_it_breaks_a_rule_that_it_turns_off(tmp_path: Path) -> None:
    """A catalog refuses what it finds without a database, unless the block turns it off."""
    [catalog] = read_project(write_application(tmp_path / "a", "loaded_without", broken("star"))).catalogs
    with pytest.raises(CatalogError, match="list the columns"):
        catalog.load()
    files = ignoring(broken("star"), "star")
    [catalog] = read_project(write_application(tmp_path / "b", "loaded_with", files)).catalogs
    catalog.load()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("row-unkeyd", "ignore_rules: there is no rule row-unkeyd; did you mean row-unkeyed"),
        ("everything", "ignore_rules: there is no rule everything; `hangar-dal check --explain all` lists the rules"),
        ("snapshot-stale", "ignore_rules: snapshot-stale cannot be turned off; do what its finding says"),
    ],
)
def test_what_cannot_be_turned_off_is_refused(
    name: str, message: str, sources: Sequence[DatabaseInfo], tmp_path: Path
) -> None:
    project = write_application(tmp_path, f"refused_{name}".replace("-", "_"), broken("star"))
    project.write_text(f'{project.read_text()}ignore_rules = ["{name}"]\n')
    with pytest.raises(SettingsError, match=re.escape(message)):
        check_against(read_project(project), sources)


def test_the_matrix_leaves_out_what_is_turned_off(allowed_postgres: Server, tmp_path: Path) -> None:
    wrong = broken("row-unkeyed")
    for package, files, is_broken in (
        ("matrix_with", wrong, True),
        ("matrix_without", ignoring(wrong, "row-unkeyed"), False),
    ):
        project = read_project(write_application(tmp_path / package, package, files))
        last = matrix(project, postgresql=allowed_postgres.url("postgres")).states[-1]
        assert bool(last.breaks) is is_broken


def test_verify_leaves_out_what_is_turned_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verify = ["migrations", "verify", "--no-squawk", "--sqlite-only"]
    tables = {"migrations/sqlite/0002_loose.sql": "CREATE TABLE loose (id text);\n"}
    tables |= {"migrations/sqlite/0002_loose.rollback.sql": "DROP TABLE loose;\n"}
    tables |= {path.replace("sqlite", "postgresql"): "SELECT 1;\n" for path in tables}
    project = write_application(tmp_path, "verified_without", {**paths_of(QUERY), **tables})
    monkeypatch.chdir(tmp_path)
    assert cli.main([*verify, "--json"]) == 1
    assert [finding["rule"] for finding in json.loads(capsys.readouterr().out)["findings"]] == ["table-not-strict"]
    project.write_text(f'{project.read_text()}ignore_rules = ["table-not-strict"]\n')
    assert cli.main(verify) == 0
