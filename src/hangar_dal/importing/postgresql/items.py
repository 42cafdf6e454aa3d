"""Objects of a PostgreSQL database, with the statements that make them, each after what it needs."""

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from hangar_dal.migrations.identifiers import written

Key = tuple[str, int]
"""An object: the catalog that lists it, such as `pg_class`, and its oid there."""

# The order of kinds that do not need each other.
RANKS: Final = (
    "extension",
    "schema",
    "collation",
    "type",
    "sequence",
    "table",
    "function",
    "view",
    "materialized view",
    "statistics",
    "trigger",
    "rule",
    "policy",
)
# These follow their table, as soon as what they need is there.
_PARTS: Final = ("constraint", "index")


@dataclass(frozen=True, slots=True)
class Names:
    """The names of objects as they are written in the baseline: without the schema if it is the main one."""

    main: str

    def of(self, schema: str, name: str) -> str:
        return written(name) if schema == self.main else f"{written(schema)}.{written(name)}"

    def shown(self, schema: str) -> str:
        """Return the schema of an `ImportedTable`."""
        return "" if schema == self.main else schema


@dataclass
class Item:
    """An object. `after` are further statements, such as comments, and `last` those after all objects.

    `home` is the table of an index, a key or a trigger, and of a partition. Dropping it drops the item.
    `soft` are objects that should come first, if possible: the tables that the foreign keys of a table refer to.
    """

    key: Key
    kind: str
    label: str
    create: str
    drop: str = ""
    after: list[str] = field(default_factory=list)
    last: list[str] = field(default_factory=list)
    home: Key | None = None
    needs: set[Key] = field(default_factory=set)
    soft: set[Key] = field(default_factory=set)


def ordered(items: Mapping[Key, Item]) -> Iterator[Item]:
    """Yield the items, each after what it needs. Items that need each other are not yielded."""
    waiting = {key: {need for need in item.needs if need in items and need != key} for key, item in items.items()}
    needed_by: defaultdict[Key, list[Key]] = defaultdict(list)
    for key, needs in waiting.items():
        for need in needs:
            needed_by[need].append(key)
    places: dict[Key, int] = {}
    ready = sorted((_rank(items[key], places), key) for key, needs in waiting.items() if not needs)
    while ready:
        alike = (at for at, (rank, _) in enumerate(ready) if rank[0] == ready[0][0][0])
        at = next((at for at in alike if _may_come(items[ready[at][1]], items, places)), 0)
        _, key = ready.pop(at)
        places[key] = len(places)
        yield items[key]
        for other in needed_by[key]:
            waiting[other].discard(key)
            if not waiting[other]:
                insort(ready, (_rank(items[other], places), other))


def _may_come(item: Item, items: Mapping[Key, Item], places: Mapping[Key, int]) -> bool:
    """Return whether the tables that should come first are there."""
    return all(key in places or key not in items or key == item.key for key in item.soft)


def _rank(item: Item, places: Mapping[Key, int]) -> tuple[int, int, int, str]:
    home = places.get(item.home) if item.home else None
    if item.kind in _PARTS and home is not None:
        return RANKS.index("table"), home, _PARTS.index(item.kind), item.label
    kind = item.kind if item.kind in RANKS else "table"
    return RANKS.index(kind), 1_000_000_000, 0, item.label


def without_dependents(items: dict[Key, Item], gone: Iterable[tuple[Key, str]]) -> Iterator[tuple[Item, str]]:
    """Remove the items that need one that is gone, from `items` too, and yield each with the name of what it needs."""
    missing = dict(gone)
    while True:
        found = [(item, missing[need]) for item in items.values() for need in sorted(item.needs & missing.keys())[:1]]
        if not found:
            return
        for item, need in found:
            del items[item.key]
            missing[item.key] = item.label
            yield item, need
