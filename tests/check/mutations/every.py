"""All mutants of all kinds, in an order that stays, and a sample of them.

They are made when they are asked for. Those of the other catalogs only the long run tries.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain

from tests.check.mutations import (
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
from tests.check.mutations.application import Mutant, Texts, own_texts, parts_of
from tests.check.mutations.edits import thinned

Generator = Callable[[Texts], Iterator[Mutant]]

# Of the queries of all catalogs; those of models and migrations name those of ACCOUNTS.
_HARMFUL_QUERIES: Iterable[Generator] = (
    harmful_columns.mutants,
    harmful_writes.mutants,
    harmful_clauses.mutants,
    harmful_files.mutants,
    harmful_signatures.mutants,
    harmful_mistakes.mutants,
)
_HARMFUL_OTHERS: Iterable[Generator] = (harmful_models.mutants, harmful_migrations.mutants)
_HARMLESS_QUERIES: Iterable[Generator] = (harmless_queries.mutants,)
_HARMLESS_OTHERS: Iterable[Generator] = (harmless_python.mutants, harmless_migrations.mutants)


Kinds = Mapping[str, list[Mutant]]


@cache
def harmful() -> Kinds:
    """By kind: changes of ACCOUNTS that break the contract."""
    return _by_kind(_parts()[:1], (*_HARMFUL_QUERIES, *_HARMFUL_OTHERS))


@cache
def harmless() -> Kinds:
    """By kind: edits of ACCOUNTS that leave it whole."""
    return _by_kind(_parts()[:1], (*_HARMLESS_QUERIES, *_HARMLESS_OTHERS))


@cache
def harmful_to_others() -> Kinds:
    """The same of the other catalogs, by the same kinds."""
    return _by_kind(_parts()[1:], _HARMFUL_QUERIES)


@cache
def harmless_to_others() -> Kinds:
    return _by_kind(_parts()[1:], _HARMLESS_QUERIES)


def sampled(kinds: Kinds, part: int) -> Kinds:
    """One in `part` of each kind, the same ones each time, and at least one.

    Mutants of migrations are slow, because each needs databases of its own: only every sixth kind has one here.
    """
    of_migrations = [kind for kind, mutants in kinds.items() if mutants[0].touches_migrations]
    sample = {kind: thinned(kinds[kind], 1) for kind in of_migrations[::6]}
    others = {kind: mutants for kind, mutants in kinds.items() if kind not in of_migrations}
    return sample | {kind: thinned(mutants, -(-len(mutants) // part)) for kind, mutants in others.items()}


def _parts() -> Sequence[Texts]:
    return list(parts_of(own_texts()))


def _by_kind(parts: Iterable[Texts], generators: Iterable[Generator]) -> Kinds:
    found: dict[str, list[Mutant]] = {}
    for mutant in chain.from_iterable(make(texts) for texts in parts for make in generators):
        found.setdefault(mutant.kind, []).append(mutant)
    return found
