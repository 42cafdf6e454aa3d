"""Remove findings of rules that a block turns off by `-- ignore: rule: reason`, or the project by `ignore_rules`."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from hangar_dal.check.project.project import Project
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.query.declared import DeclaredQuery
from hangar_dal.rules import Finding, Rule

IGNORE_NEEDLESS: Final = Rule(
    "ignore-needless",
    "error",
    "A `-- ignore:` line is only written where it turns off a finding.",
    """\
The line names a rule that finds nothing in this block, or one that does not exist. Delete the line, or correct the
name. A line counts for its own block alone: if both databases have the finding, both files need it. The line has no
effect on findings about the function itself, such as [signature](#signature).
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_items
-- ignore: list-unordered: the caller sorts them
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_items
-- ignore: list-unordered: the caller sorts them
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY name;
""",
)


Key = tuple[str, str]  # a block: the path of its file and the name of the query


def key_of(checked: CheckedVariant) -> Key:
    """Return the key of the block of a statement."""
    return checked.block.path, checked.query.name


def without_ignored(findings: Iterable[Finding], project: Project, asked: Collection[Key]) -> Iterator[Finding]:
    """Yield the findings that are not turned off, and a finding for each `-- ignore:` line that turns off nothing.

    `asked` are the blocks that were checked against their database. The lines of other blocks may be needed, so they
    are not reported.
    """
    queries = [query for catalog in project.catalogs for query in catalog.queries.values()]
    named: dict[str, list[DeclaredQuery]] = {}  # queries of two catalogs may have the same name
    for query in queries:
        named.setdefault(query.name, []).append(query)
    used: set[tuple[Key, str]] = set()
    for finding in findings:
        if any(query.ignores(finding) for query in named.get(finding.query, ())):
            used.add(((finding.path, finding.query), finding.rule))
        elif finding.rule not in project.ignore_rules:
            yield finding
    if IGNORE_NEEDLESS.id not in project.ignore_rules:
        yield from _needless(queries, asked, used)


def _needless(
    queries: Sequence[DeclaredQuery], asked: Collection[Key], used: Collection[tuple[Key, str]]
) -> Iterator[Finding]:
    for query in queries:
        for block in query.blocks.values():
            key, place = (block.path, query.name), (block.path, block.line, 1)
            for rule in block.ignored if key in asked else ():
                if (key, rule) not in used:
                    message = f"`-- ignore: {rule}` turns off no finding"
                    fix = "delete the line, or correct the name of the rule"
                    yield IGNORE_NEEDLESS.finding(*place, message, fix, dialect=block.dialect, query=query.name)
