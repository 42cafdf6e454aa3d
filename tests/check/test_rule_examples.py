"""Each rule finds the mistake in its bad example, and nothing in its good one."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from operator import attrgetter
from pathlib import Path

import pytest

from hangar_dal.check.databases.info import DatabaseInfo
from hangar_dal.check.databases.live import live_postgresql, live_sqlite
from hangar_dal.check.project.project import Project
from hangar_dal.check.rules.table import CHAPTERS, OF_MIGRATIONS, RULES
from hangar_dal.rules import Rule
from tests.check.rule_applications import (
    COMMANDS,
    MIGRATIONS,
    corrected,
    files_of,
    paths_of,
    rules_broken,
    rules_of_migrations,
    rules_reported,
)
from tests.helpers.postgres_server import Server


@pytest.fixture(scope="module")
def sources(postgres_server: Server) -> Iterator[Sequence[DatabaseInfo]]:
    """Both databases with the tables of the examples."""
    project = Project((), (MIGRATIONS,))
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        if postgres_server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        url = postgres_server.url("postgres")
        yield [opened.enter_context(live_postgresql(project, url)), opened.enter_context(live_sqlite(project))]


EXAMPLES = [rule for rule in RULES.values() if rule.bad]
MIGRATIONS_ALONE = [rule for rule in EXAMPLES if rule in CHAPTERS[OF_MIGRATIONS]]
OF_COMMANDS = [rule for rule in EXAMPLES if COMMANDS in files_of(rule.bad)]
OF_APPLICATIONS = [rule for rule in EXAMPLES if rule not in (*OF_COMMANDS, *MIGRATIONS_ALONE)]
# No statement is known that breaks the first one; the others need two folders, rows, functions or an older file.
WITHOUT_EXAMPLES = {"write-unseen", "table-shared", "apply-again-differs", "trigger-twins", "edited"}
ids = attrgetter("id")


def test_every_rule_has_examples_unless_they_would_be_long() -> None:
    assert {name for name, rule in RULES.items() if not rule.bad or not rule.good} == WITHOUT_EXAMPLES


@pytest.mark.parametrize("rule", OF_APPLICATIONS, ids=ids)
def test_a_rule_is_broken_in_its_bad_example_alone(rule: Rule, sources: Sequence[DatabaseInfo], tmp_path: Path) -> None:
    package = rule.id.replace("-", "_")
    assert rules_broken(tmp_path / "bad", f"bad_{package}", paths_of(files_of(rule.bad)), sources) == {rule.id}
    assert rules_broken(tmp_path / "good", f"good_{package}", corrected(rule.bad, rule.good), sources) == set()


@pytest.mark.parametrize("rule", OF_COMMANDS, ids=ids)
def test_a_command_reports_the_rule_for_its_bad_example_alone(rule: Rule, server: str, tmp_path: Path) -> None:
    package = rule.id.replace("-", "_")
    assert rules_reported(tmp_path / "bad", f"bad_{package}", paths_of(files_of(rule.bad)), server) == {rule.id}
    assert rules_reported(tmp_path / "good", f"good_{package}", corrected(rule.bad, rule.good), server) == set()


@pytest.mark.parametrize("rule", MIGRATIONS_ALONE, ids=ids)
def test_migrations_break_a_rule_in_its_bad_example_alone(rule: Rule, server: str, tmp_path: Path) -> None:
    bad, good = paths_of(files_of(rule.bad)), corrected(rule.bad, rule.good)
    asks_postgresql = any("/postgresql/" in path for path in bad)
    for name, files, broken in (("bad", bad, {rule.id}), ("good", good, set())):
        if not asks_postgresql:  # which has files of its own then, and does nothing
            files |= {path.replace("/sqlite/", "/postgresql/"): "SELECT 1;\n" for path in files}
        found = rules_of_migrations(tmp_path / name, files, server if asks_postgresql else None)
        assert found == broken, name
