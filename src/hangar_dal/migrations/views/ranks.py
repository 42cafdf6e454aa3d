"""Find groups of related tables, and the horizontal order of the tables in a picture."""

from collections.abc import Iterator, Mapping, Sequence

from hangar_dal.migrations.schema import Schema

Referred = Mapping[str, Sequence[str]]


def references(schema: Schema) -> dict[str, list[str]]:
    """Return the other tables to which each table refers."""
    return {
        table.name: sorted({key.table for key in table.foreign_keys} & schema.names - {table.name})
        for table in schema.tables
    }


def groups(referred: Referred) -> list[list[str]]:
    """Return the groups of tables that are related directly or through other tables, the largest group first."""
    related: dict[str, set[str]] = {name: set(others) for name, others in referred.items()}
    for name, others in referred.items():
        for other in others:
            related[other].add(name)
    found: list[list[str]] = []
    left = set(related)
    while left:
        group, waiting = set[str](), [min(left)]
        while waiting:
            name = waiting.pop()
            if name not in group:
                group.add(name)
                waiting += related[name]
        left -= group
        found.append(sorted(group))
    return sorted(found, key=lambda group: (-len(group), group))


def depths(group: Sequence[str], referred: Referred) -> dict[str, int]:
    """Return the rank of each table, counted from the left. A table is to the right of all tables that it refers to.

    If tables refer to each other in a cycle, one of these references is ignored. They all get different ranks.
    """
    depth: dict[str, int] = {}
    for name in group:
        for visited in _referred_first(name, referred, set(depth)):
            depth[visited] = 1 + max((depth[other] for other in referred[visited] if other in depth), default=-1)
    return depth


def _referred_first(name: str, referred: Referred, seen: set[str]) -> Iterator[str]:
    if name in seen:
        return
    seen.add(name)
    for other in referred[name]:
        yield from _referred_first(other, referred, seen)
    yield name
