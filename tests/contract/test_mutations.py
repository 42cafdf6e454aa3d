"""What breaks the project's contract is found, and what leaves it whole is not suspected.

`mutations/` makes both out of the project's own files; a harmful one counts as found when a rule answers that is meant
for it. A fixed part of those of ACCOUNTS runs with all other tests, every one of all catalogs with
`pytest -m mutations`.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import pytest

from contract.mutations.application import (
    CATALOGS,
    TOGETHER,
    Mutant,
    found_in,
    found_in_migrations,
    found_in_query,
    own_texts,
)
from contract.mutations.every import harmful, harmful_to_others, harmless, harmless_to_others, sampled
from hangar_dal.contract.live import live_postgresql, live_sqlite
from hangar_dal.contract.project import given_project
from hangar_dal.contract.sources import Source
from hangar_dal.finding import Finding
from postgres_server import Server

HARMFUL, HARMLESS = harmful(), harmless()
SOME_HARMFUL, SOME_HARMLESS = sampled(HARMFUL, 60), sampled(HARMLESS, 30)
SURVIVORS = (Path(__file__).parent / "mutations" / "survivors.md").read_text(encoding="utf-8")
LISTED = set(re.findall(r"^- `(.+)`$", SURVIVORS, re.MULTILINE))

Ask = Callable[[Mutant], Sequence[Finding]]
pytestmark = pytest.mark.slow


def opened(server: Server, catalogs: Sequence[str]) -> Iterator[Sequence[Source]]:
    """Both databases as these catalogs migrate them; each statement is asked about once."""
    with ExitStack() as sources, pytest.MonkeyPatch.context() as patch:
        if server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        url, project = server.url("postgres"), given_project([f"hangar_dal:{name}" for name in catalogs], ())
        yield [sources.enter_context(live_postgresql(project, url)), sources.enter_context(live_sqlite(project))]


@pytest.fixture(scope="module")
def sources(postgres_server: Server) -> Iterator[Sequence[Source]]:
    yield from opened(postgres_server, ["ACCOUNTS"])


@pytest.fixture(scope="module")
def all_sources(postgres_server: Server) -> Iterator[Sequence[Source]]:
    yield from opened(postgres_server, [each.name.rpartition(".")[2] for each in CATALOGS])


def asking(sources: Sequence[Source], server: Server, folder: Path) -> Ask:
    """Applies a mutant to a copy of the project, and says what is found in that.

    For a harmful one, the query that it changes is enough if one of its rules answers there.
    """

    def found(mutant: Mutant) -> Sequence[Finding]:
        shutil.rmtree(folder, ignore_errors=True)
        if mutant.touches_migrations:
            return found_in_migrations(mutant, server.url("postgres"), folder)
        of_query = found_in_query(mutant, sources, folder) if mutant.rules else []
        if not mutant.rules.isdisjoint(found.rule for found in of_query):
            return of_query
        return found_in(mutant.applied_to(own_texts()), sources, folder, mutant.domains)

    return found


@pytest.fixture
def ask(sources: Sequence[Source], _allowed_postgres: Server, tmp_path: Path) -> Ask:
    return asking(sources, _allowed_postgres, tmp_path / "copy")


@pytest.fixture
def ask_all(all_sources: Sequence[Source], _allowed_postgres: Server, tmp_path: Path) -> Ask:
    return asking(all_sources, _allowed_postgres, tmp_path / "copy")


def survivors(mutants: Sequence[Mutant], ask: Ask) -> set[str]:
    return {mutant.name for mutant in mutants if mutant.rules.isdisjoint(found.rule for found in ask(mutant))}


def alarms(mutants: Sequence[Mutant], ask: Ask) -> list[str]:
    return [f"{mutant.name}: {found.rule}: {found.message}" for mutant in mutants for found in ask(mutant)]


def test_the_project_itself_is_whole(sources: Sequence[Source], tmp_path: Path) -> None:
    assert found_in(own_texts(), sources, tmp_path, TOGETHER[0]) == []


def test_there_are_enough_of_both() -> None:
    assert sum(map(len, SOME_HARMFUL.values())) >= 100
    assert sum(map(len, SOME_HARMLESS.values())) >= 20


@pytest.mark.mutations
def test_each_is_another_one_and_few_survive() -> None:
    assert set(harmful_to_others()) <= set(HARMFUL)
    assert set(harmless_to_others()) <= set(HARMLESS)
    harmful_ones, harmless_ones = (
        list(chain.from_iterable(chain.from_iterable(kinds.values()) for kinds in both))
        for both in ((HARMFUL, harmful_to_others()), (HARMLESS, harmless_to_others()))
    )
    assert (len(harmful_ones) > 7000, len(harmless_ones) > 2000) == (True, True)
    for mutants in (harmful_ones, harmless_ones):
        assert len({mutant.name for mutant in mutants}) == len(mutants)
        assert len({tuple(mutant.changed.items()) for mutant in mutants}) == len(mutants)
    assert {mutant.name for mutant in harmful_ones} >= LISTED
    assert len(LISTED) * 100 <= len(harmful_ones)


@pytest.mark.parametrize("kind", SOME_HARMFUL)
def test_what_is_harmful_is_found(kind: str, ask: Ask) -> None:
    mutants = SOME_HARMFUL[kind]
    assert survivors(mutants, ask) == LISTED & {mutant.name for mutant in mutants}


@pytest.mark.parametrize("kind", SOME_HARMLESS)
def test_what_is_harmless_is_not_suspected(kind: str, ask: Ask) -> None:
    assert alarms(SOME_HARMLESS[kind], ask) == []


@pytest.mark.mutations
@pytest.mark.parametrize("kind", HARMFUL)
def test_all_that_is_harmful_is_found(kind: str, ask_all: Ask) -> None:
    mutants = [*HARMFUL[kind], *harmful_to_others().get(kind, [])]
    assert survivors(mutants, ask_all) == LISTED & {mutant.name for mutant in mutants}


@pytest.mark.mutations
@pytest.mark.parametrize("kind", HARMLESS)
def test_all_that_is_harmless_is_not_suspected(kind: str, ask_all: Ask) -> None:
    assert alarms([*HARMLESS[kind], *harmless_to_others().get(kind, [])], ask_all) == []
