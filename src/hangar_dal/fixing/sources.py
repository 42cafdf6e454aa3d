"""Find the table of a column that a list lacks, among the tables that the statement reads or changes."""

from collections.abc import Sequence

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.sql.bind import bind
from hangar_dal.check.sql.parse import below, of_type
from hangar_dal.fixing.lists import Entry
from hangar_dal.migrations.identifiers import written
from hangar_dal.sqlscan import Dialect


class NoSource(Exception):
    """Raised if a column cannot be added. The message says why, `fix` what to do."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


class Sources:
    """The tables of a statement by their aliases; None for a source that is not a table."""

    def __init__(self, text: str, dialect: Dialect, tables: Tables) -> None:
        binding = bind(text, dialect, tables)
        tree = binding.tree if binding is not None else None
        self._is_grouped = isinstance(tree, exp.Select) and _is_grouped(tree)
        found = binding.sources(binding.tree) if binding is not None else ()
        known = [(source.alias or "", source.table) for source in found]
        self._tables = tables
        # RETURNING returns rows of the changed table.
        self._known = dict(known if isinstance(tree, exp.Select) else known[:1])

    def column(self, name: str, owner: str, entries: Sequence[Entry]) -> str:
        """Return the text that selects the column `name`, qualified like the other entries. Raises `NoSource`."""
        fix = f"write `... AS {written(name)}` in the list, or add the column in a migration"
        if not self._known:
            raise NoSource(f"no column for {owner}.{name}: cannot determine the tables of the statement", fix)
        if self._is_grouped:
            raise NoSource(f"no column for {owner}.{name}: the statement groups its rows", fix)
        having = [source for source, table in self._known.items() if table and self._has(table, name)]
        used = {entry.qualifier for entry in entries if entry.is_plain}
        if len(used) == 1 and (only := used.pop()) and only.lower() in having:
            return f"{only}.{written(name)}"
        unknown = [source for source, table in self._known.items() if not table or table not in self._tables.columns]
        if len(having) == 1 and not unknown:
            source = having[0]
            is_short = len(self._known) == 1 and not any(entry.qualifier for entry in entries)
            return written(name) if is_short else f"{_qualifier(source, entries)}.{written(name)}"
        if having and not unknown:
            message = f"{name} is a column of {' and of '.join(having)}"
            raise NoSource(message, "write one of them in the list")
        named = ", ".join(source for source in self._known if source)
        raise NoSource(f"no column for {owner}.{name} in {named}", fix)

    def _has(self, table: str, name: str) -> bool:
        return name in self._tables.columns.get(table, ())


def _qualifier(source: str, entries: Sequence[Entry]) -> str:
    """Return the qualifier as the list spells it, else as the statement spells it."""
    return next((entry.qualifier for entry in entries if entry.qualifier.lower() == source), written(source))


def _is_grouped(tree: exp.Select) -> bool:
    """Return whether rows are grouped, so that a plain column may have several values per row."""
    if tree.args.get("group") is not None or tree.args.get("having") is not None:
        return True
    for entry in tree.expressions:
        nodes = below(entry)
        if of_type(nodes, exp.AggFunc) and not of_type(nodes, exp.Window, exp.Subquery):
            return True
    return False
