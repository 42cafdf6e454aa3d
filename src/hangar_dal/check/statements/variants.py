"""The statements that a check sends to the databases: each variant of each query."""

from collections.abc import Iterator
from dataclasses import dataclass

from hangar_dal.query import Catalog
from hangar_dal.query.declared import DeclaredQuery
from hangar_dal.query.variants import variants
from hangar_dal.sqlblock import Block, Variant
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True)
class CheckedVariant:
    """One statement of a query in one dialect. `label` says when it runs, as in "after, order = name"."""

    query: DeclaredQuery
    block: Block
    label: str
    variant: Variant

    @property
    def name(self) -> str:
        """The name of the query for messages, with the label of the statement in parentheses."""
        return f"{self.query.name} ({self.label})" if self.label else self.query.name


def checked_variants(declared: DeclaredQuery, dialect: Dialect) -> tuple[CheckedVariant, ...]:
    """Return all statements of the query's block; () if it has none. Load the catalog first."""
    block = declared.blocks.get(dialect)
    if block is None:
        return ()
    made = variants(block, declared.signature)
    return tuple(CheckedVariant(declared, block, each.label, each.variant) for each in made)


def statements(catalog: Catalog, dialect: Dialect, file: str | None = None) -> Iterator[CheckedVariant]:
    """Yield the statements of all queries whose signature is valid. Load the catalog first.

    `file` is the name of one SQL file without its suffix. By default, yields the statements of all files.
    """
    for declared in catalog.queries.values():
        if file in (None, declared.file) and not declared.signature.findings:
            yield from checked_variants(declared, dialect)
