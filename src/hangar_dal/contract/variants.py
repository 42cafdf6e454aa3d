"""The statements to put before the databases: each arm of each query. Builds on the query layer."""

from collections.abc import Iterator
from dataclasses import dataclass

from hangar_dal.query import Catalog
from hangar_dal.query.arms import arms
from hangar_dal.query.declared import DeclaredQuery
from hangar_dal.sqlblock import Block, Variant
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True)
class CheckedVariant:
    """One statement of a query in one dialect. `label` says when it is the one that runs: "after, order = name"."""

    query: DeclaredQuery
    block: Block
    label: str
    variant: Variant

    @property
    def name(self) -> str:
        """For messages: the query, and in brackets which of its statements."""
        return f"{self.query.name} ({self.label})" if self.label else self.query.name


def variants(declared: DeclaredQuery, dialect: Dialect) -> tuple[CheckedVariant, ...]:
    """Every statement of the query's block; none where the block is missing. The catalog must have been read."""
    block = declared.blocks.get(dialect)
    if block is None:
        return ()
    return tuple(CheckedVariant(declared, block, made.label, made.variant) for made in arms(block, declared.signature))


def statements(catalog: Catalog, dialect: Dialect, file: str | None = None) -> Iterator[CheckedVariant]:
    """Those of every query whose signature is understood, query by query. The catalog must have been read.

    `file` names one SQL file, without its suffix; by default the statements of all files are returned.
    """
    for declared in catalog.queries.values():
        if file in (None, declared.file) and not declared.signature.findings:
            yield from variants(declared, dialect)
