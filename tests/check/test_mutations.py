"""What breaks the project's contract is found, and what leaves it whole is not suspected.

`mutations/` makes both out of the project's own files; a harmful one counts as found when a rule answers that is meant
for it. A fixed part of those of ACCOUNTS runs with all other tests, every one of all catalogs with
`pytest -m mutations`.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import pytest

from hangar_dal.check.databases.info import DatabaseInfo
from hangar_dal.check.databases.live import live_postgresql, live_sqlite
from hangar_dal.check.project.project import given_project
from hangar_dal.rules import Finding
from tests.check.mutations.application import CATALOGS, Mutant, found_in_migrations, found_nearby
from tests.check.mutations.every import Kinds, harmful, harmful_to_others, harmless, harmless_to_others, sampled
from tests.helpers.postgres_server import Server

SURVIVORS = (Path(__file__).parent / "mutations" / "survivors.md").read_text(encoding="utf-8")
LISTED = set(re.findall(r"^- `(.+)`$", SURVIVORS, re.MULTILINE))
# The long run is so many tests, for processes to share.
PARTS = 64

Ask = Callable[[Mutant], Iterator[Finding]]
pytestmark = pytest.mark.slow


def opened(server: Server, catalogs: Sequence[str]) -> Iterator[Sequence[DatabaseInfo]]:
    """Both databases as these catalogs migrate them; each statement is asked about once."""
    with ExitStack() as sources, pytest.MonkeyPatch.context() as patch:
        if server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        url, project = server.url("postgres"), given_project([f"hangar_dal:{name}" for name in catalogs], ())
        yield [sources.enter_context(live_postgresql(project, url)), sources.enter_context(live_sqlite(project))]


@pytest.fixture(scope="module")
def sources(postgres_server: Server) -> Iterator[Sequence[DatabaseInfo]]:
    yield from opened(postgres_server, ["ACCOUNTS"])


@pytest.fixture(scope="module")
def all_sources(postgres_server: Server) -> Iterator[Sequence[DatabaseInfo]]:
    yield from opened(postgres_server, [each.name.rpartition(".")[2] for each in CATALOGS])


def asking(sources: Sequence[DatabaseInfo], server: Server, folder: Path) -> Ask:
    """Applies a mutant to a copy of the project, and finds what is wrong with that, the cheapest first."""

    def found(mutant: Mutant) -> Iterator[Finding]:
        shutil.rmtree(folder, ignore_errors=True)
        if mutant.touches_migrations:
            yield from chain.from_iterable(found_in_migrations(mutant, server.url("postgres"), folder))
        else:
            yield from chain.from_iterable(found_nearby(mutant, sources, folder))

    return found


@pytest.fixture
def ask(sources: Sequence[DatabaseInfo], _allowed_postgres: Server, tmp_path: Path) -> Ask:
    return asking(sources, _allowed_postgres, tmp_path / "copy")


@pytest.fixture
def ask_all(all_sources: Sequence[DatabaseInfo], _allowed_postgres: Server, tmp_path: Path) -> Ask:
    return asking(all_sources, _allowed_postgres, tmp_path / "copy")


def all_of(*kinds: Kinds) -> list[Mutant]:
    return list(chain.from_iterable(chain.from_iterable(each.values()) for each in kinds))


def survivors(mutants: Iterable[Mutant], ask: Ask) -> set[str]:
    return {mutant.name for mutant in mutants if not any(found.rule in mutant.rules for found in ask(mutant))}


def alarms(mutants: Iterable[Mutant], ask: Ask) -> list[str]:
    return [f"{mutant.name}: {found.rule}: {found.message}" for mutant in mutants for found in ask(mutant)]


def test_what_is_harmful_is_found(ask: Ask) -> None:
    mutants = all_of(sampled(harmful(), 60))
    assert len(mutants) >= 100
    assert survivors(mutants, ask) == LISTED & {mutant.name for mutant in mutants}


def test_what_is_harmless_is_not_suspected(ask: Ask) -> None:
    mutants = all_of(sampled(harmless(), 30))
    assert len(mutants) >= 20
    assert alarms(mutants, ask) == []


@pytest.mark.mutations
def test_each_is_another_one_and_few_survive() -> None:
    assert set(harmful_to_others()) <= set(harmful())
    assert set(harmless_to_others()) <= set(harmless())
    harmful_ones, harmless_ones = all_of(harmful(), harmful_to_others()), all_of(harmless(), harmless_to_others())
    assert (len(harmful_ones) > 7000, len(harmless_ones) > 2000) == (True, True)
    for mutants in (harmful_ones, harmless_ones):
        assert len({mutant.name for mutant in mutants}) == len(mutants)
        assert len({tuple(mutant.changed.items()) for mutant in mutants}) == len(mutants)
    assert {mutant.name for mutant in harmful_ones} >= LISTED
    assert len(LISTED) * 100 <= len(harmful_ones)


@pytest.mark.mutations
@pytest.mark.parametrize("part", range(PARTS))
def test_all_that_is_harmful_is_found(part: int, ask_all: Ask) -> None:
    mutants = all_of(harmful(), harmful_to_others())[part::PARTS]
    assert survivors(mutants, ask_all) == LISTED & {mutant.name for mutant in mutants}


@pytest.mark.mutations
@pytest.mark.parametrize("part", range(PARTS))
def test_all_that_is_harmless_is_not_suspected(part: int, ask_all: Ask) -> None:
    assert alarms(all_of(harmless(), harmless_to_others())[part::PARTS], ask_all) == []
