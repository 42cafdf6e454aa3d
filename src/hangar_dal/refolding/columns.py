"""Which columns hold folds, and how each is derived: what the catalogs write, found again in the live schema."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from hangar_dal.database.types import Fold, ValueType, field_types
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
    """A text column and the column beside it that holds its fold.

    `uniques` are the unique keys that the fold is part of. `keep` gives the text as it is stored.
    """

    table: str
    text: str
    key: tuple[str, ...]
    fold: Fold
    uniques: tuple[tuple[str, ...], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.table}.{self.text}"

    @property
    def folded(self) -> str:
        return f"{self.text}_fold"

    @property
    def keep(self) -> Callable[[str, str], str]:
        """How the text itself is stored: an e-mail address with its domain as A-labels, a name as it is."""
        return keep_email if self.fold is fold_email else lambda name, text: text


def fold_columns(catalogs: Iterable[Catalog], schema: Schema, dialect: Dialect) -> tuple[list[FoldColumn], list[str]]:
    """Return the columns whose fold is known, and a sentence for each `_fold` column that is left out."""
    written: dict[tuple[str, str], set[Fold]] = {}
    for catalog in catalogs:
        catalog.load()
        for declared in catalog.queries.values():
            block = declared.blocks[dialect]
            for target in _targets(block):
                for text, fold in _folds(declared, block):
                    written.setdefault((target, text), set()).add(fold)
    columns, left_out = [], []
    for table in schema.tables:
        names = {column.name for column in table.columns}
        for folded in sorted(name for name in names if name.endswith("_fold")):
            text = folded.removesuffix("_fold")
            folds = written.get((table.name, text), set())
            if reason := _unknown(table, text, folds):
                left_out.append(f"{table.name}.{folded}: {reason}")
            else:
                columns.append(FoldColumn(table.name, text, table.primary_key, folds.pop(), _uniques(table, folded)))
    return columns, left_out


def _unknown(table: Table, text: str, folds: set[Fold]) -> str:
    if text not in {column.name for column in table.columns}:
        return f"the table has no column {text}"
    if not table.primary_key:
        return "the table has no primary key"
    if not folds:
        return f"no query of the catalogs writes :{text}_fold to this table"
    return "the catalogs fold it in two ways" if len(folds) > 1 else ""


def _uniques(table: Table, folded: str) -> tuple[tuple[str, ...], ...]:
    keys = [unique.columns for unique in table.uniques]
    keys += [index.columns for index in table.indexes if index.unique and _is_whole(index, table)]
    return tuple(dict.fromkeys(key for key in keys if folded in key))


def _is_whole(index: Index, table: Table) -> bool:
    """A partial index, or one over expressions, is left to the database, which checks it when rows are written."""
    return " where " not in index.text.lower() and set(index.columns) <= {column.name for column in table.columns}


def _targets(block: Block) -> Iterator[str]:
    """The table that a block writes, if it writes one only and names it plainly."""
    tokens = [token for token in block.all_arms.tokens if token.kind in (Kind.WORD, Kind.NAME)]
    words = [token.text for token in tokens]
    found = {
        after.strip('"')
        for before, word, after in zip(["", *words], words, words[1:], strict=False)
        if word.upper() in _WRITES and before.upper() not in ("FOR", "DO") and after.upper() not in ("SET", "OF")
    }
    if len(found) == 1:
        yield found.pop()


def _folds(declared: DeclaredQuery, block: Block) -> Iterator[tuple[str, Fold]]:
    for parameter in block.all_arms.parameters:
        source = resolve(parameter.name, parameter.line, declared.signature)
        if source.derived == "fold" and source.value and source.value.fold:
            yield parameter.name.removesuffix("_fold"), source.value.fold
        rows = declared.signature.arguments.get(source.argument)
        if source.value is None and not source.derived and rows and rows.model:
            for name, value in field_types(rows.model).items():
                if isinstance(value, ValueType) and value.fold:
                    yield name, value.fold
