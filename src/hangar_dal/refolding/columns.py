"""Find the columns with folds or grams in the live schema, and the rule of each in the queries of the catalogs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from hangar_dal.database.types import DERIVED, Fold, Grams, ValueType, field_types
from hangar_dal.emails import fold_email, keep_email
from hangar_dal.migrations.schema import Index, Schema, Table
from hangar_dal.query import Catalog
from hangar_dal.query.declared import DeclaredQuery
from hangar_dal.query.sources import resolve
from hangar_dal.sqlblock import Block
from hangar_dal.sqlscan import Dialect, Kind

_WRITES: Final = {"INTO", "UPDATE"}


@dataclass(frozen=True, slots=True)
class FoldColumn:
    """A text column and the column of the same table that stores its fold or its grams.

    `key` is the primary key, `fold` the function that computes the fold or the grams, and `uniques` are the unique keys
    that contain the fold. `kind` is "fold" or "grams".
    """

    table: str
    text: str
    key: tuple[str, ...]
    fold: Fold | Grams
    uniques: tuple[tuple[str, ...], ...] = ()
    kind: str = "fold"

    @property
    def name(self) -> str:
        return f"{self.table}.{self.text if self.kind == 'fold' else self.folded}"

    @property
    def folded(self) -> str:
        return f"{self.text}_{self.kind}"

    @property
    def keep(self) -> Callable[[str, str], str]:
        """The function that returns the text to store: an e-mail address gets A-labels, other text does not change."""
        return keep_email if self.fold is fold_email else lambda name, text: text


def fold_columns(catalogs: Iterable[Catalog], schema: Schema, dialect: Dialect) -> tuple[list[FoldColumn], list[str]]:
    """Return the columns whose rule is known, folds first, and a sentence for each column whose rule is not known."""
    written: dict[tuple[str, str, str], set[Fold | Grams]] = {}
    for catalog in catalogs:
        catalog.load()
        for declared in catalog.queries.values():
            block = declared.blocks[dialect]
            for target in _targets(block):
                for text, kind, rule in _rules(declared, block):
                    written.setdefault((target, text, kind), set()).add(rule)
    columns, left_out = [], []
    for kind, table in product(DERIVED, schema.tables):
        names = {column.name for column in table.columns}
        for folded in sorted(name for name in names if name.endswith(f"_{kind}")):
            text = folded.removesuffix(f"_{kind}")
            rules = written.get((table.name, text, kind), set())
            if reason := _unknown(table, text, kind, rules):
                left_out.append(f"{table.name}.{folded}: {reason}")
            else:
                key, uniques = table.primary_key, _uniques(table, folded)
                columns.append(FoldColumn(table.name, text, key, rules.pop(), uniques, kind))
    return columns, left_out


def _unknown(table: Table, text: str, kind: str, rules: set[Fold | Grams]) -> str:
    if text not in {column.name for column in table.columns}:
        return f"the table has no column {text}"
    if not table.primary_key:
        return "the table has no primary key"
    if not rules:
        return f"no query of the catalogs writes :{text}_{kind} to this table"
    return "the catalogs compute it by two different rules" if len(rules) > 1 else ""


def _uniques(table: Table, folded: str) -> tuple[tuple[str, ...], ...]:
    keys = [unique.columns for unique in table.uniques]
    keys += [index.columns for index in table.indexes if index.unique and _is_whole(index, table)]
    return tuple(dict.fromkeys(key for key in keys if folded in key))


def _is_whole(index: Index, table: Table) -> bool:
    """Whether the index covers all rows and has no expressions. The database checks other indexes on each write."""
    return not index.where and set(index.columns) <= {column.name for column in table.columns}


def _targets(block: Block) -> Iterator[str]:
    """Yield the table that a block writes, or nothing if the block writes several tables or none."""
    tokens = [token for token in block.all_lines.tokens if token.kind in (Kind.WORD, Kind.NAME)]
    words = [token.text for token in tokens]
    found = {
        after.strip('"')
        for before, word, after in zip(["", *words], words, words[1:], strict=False)
        if word.upper() in _WRITES and before.upper() not in ("FOR", "DO") and after.upper() not in ("SET", "OF")
    }
    if len(found) == 1:
        yield found.pop()


def _rules(declared: DeclaredQuery, block: Block) -> Iterator[tuple[str, str, Fold | Grams]]:
    """Yield each text whose fold or grams the block may write: its name, the kind ("fold" or "grams") and the rule."""
    for parameter in block.all_lines.parameters:
        source = resolve(parameter.name, parameter.line, declared.signature)
        if source.value and (rule := source.value.derives(source.derived)):
            yield parameter.name.removesuffix(f"_{source.derived}"), source.derived, rule
        rows = declared.signature.arguments.get(source.argument)
        if source.value is None and not source.derived and rows and rows.model:
            for name, value in field_types(rows.model, declared.signature.dialects).items():
                for kind in DERIVED:
                    if isinstance(value, ValueType) and (rule := value.derives(kind)):
                        yield name, kind, rule
