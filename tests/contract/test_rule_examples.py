"""Each rule finds the mistake in its bad example, and nothing in its good one."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from contract.rule_applications import MIGRATIONS, corrected, files_of, paths_of, rules_broken
from hangar_dal.contract.live import live_postgresql, live_sqlite
from hangar_dal.contract.project import Project
from hangar_dal.contract.rules import RULES
from hangar_dal.contract.sources import DatabaseInfo
from hangar_dal.rules import Rule
from postgres_server import Server


@pytest.fixture(scope="module")
def sources(postgres_server: Server) -> Iterator[Sequence[DatabaseInfo]]:
    """Both databases with the tables of the examples."""
    project = Project((), (MIGRATIONS,))
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        if postgres_server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        url = postgres_server.url("postgres")
        yield [opened.enter_context(live_postgresql(project, url)), opened.enter_context(live_sqlite(project))]


WITH_EXAMPLES = {name: rule for name, rule in RULES.items() if rule.bad}


def test_every_rule_has_examples_unless_no_statement_is_known_that_breaks_it() -> None:
    assert {name for name, rule in RULES.items() if not rule.bad or not rule.good} == {"write-unseen"}


@pytest.mark.parametrize("rule", WITH_EXAMPLES.values(), ids=WITH_EXAMPLES)
def test_a_rule_is_broken_in_its_bad_example_alone(rule: Rule, sources: Sequence[DatabaseInfo], tmp_path: Path) -> None:
    package = rule.id.replace("-", "_")
    assert rules_broken(tmp_path, f"bad_{package}", paths_of(files_of(rule.bad)), sources) == {rule.id}
    assert rules_broken(tmp_path, f"good_{package}", corrected(rule.bad, rule.good), sources) == set()
