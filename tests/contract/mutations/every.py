"""All mutants of all kinds, in an order that stays, and a sample of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from contract.mutations import (
    harmful_clauses,
    harmful_columns,
    harmful_files,
    harmful_migrations,
    harmful_mistakes,
    harmful_models,
    harmful_signatures,
    harmful_writes,
    harmless_migrations,
    harmless_python,
    harmless_queries,
)
from contract.mutations.application import Mutant, Texts, own_texts
from contract.mutations.edits import thinned

Generator = Callable[[Texts], Iterator[Mutant]]

_HARMFUL: Iterable[Generator] = (
    harmful_columns.mutants,
    harmful_writes.mutants,
    harmful_clauses.mutants,
    harmful_files.mutants,
    harmful_signatures.mutants,
    harmful_models.mutants,
    harmful_migrations.mutants,
    harmful_mistakes.mutants,
)
_HARMLESS: Iterable[Generator] = (harmless_queries.mutants, harmless_python.mutants, harmless_migrations.mutants)


def harmful() -> Mapping[str, list[Mutant]]:
    """By kind: changes that break the contract."""
    return _by_kind(_HARMFUL)


def harmless() -> Mapping[str, list[Mutant]]:
    """By kind: edits that leave it whole."""
    return _by_kind(_HARMLESS)


def sampled(kinds: Mapping[str, list[Mutant]], part: int) -> Mapping[str, list[Mutant]]:
    """One in `part` of each kind, the same ones each time, and at least one.

    Mutants of migrations are slow, because each needs databases of its own: only every sixth kind has one here.
    """
    of_migrations = [kind for kind, mutants in kinds.items() if mutants[0].touches_migrations]
    sample = {kind: thinned(kinds[kind], 1) for kind in of_migrations[::6]}
    others = {kind: mutants for kind, mutants in kinds.items() if kind not in of_migrations}
    return sample | {kind: thinned(mutants, -(-len(mutants) // part)) for kind, mutants in others.items()}


def _by_kind(generators: Iterable[Generator]) -> Mapping[str, list[Mutant]]:
    found: dict[str, list[Mutant]] = {}
    for mutant in chain.from_iterable(make(own_texts()) for make in generators):
        found.setdefault(mutant.kind, []).append(mutant)
    return found
