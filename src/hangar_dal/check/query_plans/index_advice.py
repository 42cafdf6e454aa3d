"""Find the index that a statement lacks from its text: the columns that it compares, then those that it sorts by."""

import re
from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.sql.bind import Binding, bind
from hangar_dal.check.sql.parse import conjuncts, has_place, of_type, parameter_name
from hangar_dal.check.sql.source_text import source_text
from hangar_dal.migrations.identifiers import written
from hangar_dal.sqlscan import Dialect

_EQUAL: Final = (exp.EQ, exp.NullSafeEQ, exp.Is, exp.In)
_RANGES: Final = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
# Operators that a GIN index of PostgreSQL serves, for arrays and jsonb.
_CONTAINS: Final = (exp.ArrayContainsAll, exp.ArrayOverlaps, exp.JSONBContainsTopKey, exp.JSONBContainsAnyTopKeys)
_DIRECTED: Final = re.compile(r"(.*?)((?: DESC)?(?: NULLS (?:FIRST|LAST))?)")
_GIN: Final = "USING gin "  # at the beginning of a key
_LONGEST_NAME: Final = 63  # in bytes; PostgreSQL cuts longer names

Keys = tuple[str, ...]


def missing_indexes(
    text: str, dialect: Dialect, table: str, tables: Tables, indexed: tuple[Keys, ...]
) -> tuple[str, ...]:
    """Return a CREATE INDEX for each part of the statement that reads the whole table; () if no index would help.

    `indexed` are the columns of the existing indexes. Columns with which one of them begins need no new index.
    """
    found: list[Keys] = []
    binding = bind(text, dialect, tables)
    if binding is None or table not in tables.keys:  # a view has no index
        return ()
    for scope in of_type(binding.nodes, exp.Select, exp.Update, exp.Delete):
        if table in {source.table for source in binding.sources(scope)}:
            found += _IndexSearch(text, scope, table, binding).keys()
    keys = dict.fromkeys(each for each in found if each and not _is_there(each, indexed))
    return tuple(_create(table, each, dialect) for each in keys)


def optional_parameter(text: str, dialect: Dialect, table: str, tables: Tables) -> str:
    """Return the first parameter whose NULL turns off a condition on the table, as in `:a IS NULL OR a = :a`; or ""."""
    binding = bind(text, dialect, tables)
    if binding is None:
        return ""
    for scope in of_type(binding.nodes, exp.Select, exp.Update, exp.Delete):
        for either in (each.unnest() for each in conjuncts(scope.args.get("where"))):
            arms = list(either.flatten()) if isinstance(either, exp.Or) else []
            columns = [binding.origin(column) for arm in arms for column in arm.find_all(exp.Column)]
            for arm in arms:
                given = arm.this.unnest() if isinstance(arm, exp.Is) and isinstance(arm.expression, exp.Null) else None
                given = given.this if isinstance(given, exp.Cast) else given
                if isinstance(given, exp.Placeholder) and any(found and found[0] == table for found in columns):
                    return parameter_name(given)
    return ""


class _IndexSearch:
    """One SELECT, UPDATE or DELETE that reads the table."""

    def __init__(self, text: str, scope: exp.Expr, table: str, binding: Binding) -> None:
        self._statement = text
        self._scope = scope
        self._table = table
        self._binding = binding

    def keys(self) -> Iterator[Keys]:
        """Yield the columns of the index that would help, or of one index for each arm of an OR."""
        where = list(conjuncts(self._scope.args.get("where")))
        equal = self._equal(where) or self._joined()
        rest = self._order() or self._ranges(where)
        if equal or rest:
            yield tuple(dict.fromkeys((*equal, *rest)))
            return
        for either in (each.unnest() for each in where):
            if isinstance(either, exp.Or):
                arms = [self._equal(list(conjuncts(arm))) for arm in either.flatten()]
                yield from arms if all(arms) else ()  # an arm without an index reads the whole table
        yield from self._contained(where)

    def _joined(self) -> Keys:
        """Return the columns that joins compare. The condition of an outer join finds no rows of the preserved side."""
        found: list[str] = []
        for join in self._scope.args.get("joins") or ():
            conditions = [each for each in conjuncts(join.args.get("on")) if isinstance(each, _EQUAL)]
            side, padded = join.side, {id(node) for node in join.this.walk()}
            for each in conditions:
                key = self._compared(each)
                ours = [column for column in each.find_all(exp.Column) if self._is_ours(column)]
                sources = [self._binding.column(column) for column in ours]
                inside = {source is not None and id(source.source.node) in padded for source in sources}
                if key and (not side or (side, inside) in (("LEFT", {True}), ("RIGHT", {False}))):
                    found.append(key)
        return tuple(dict.fromkeys(found))

    def _contained(self, conditions: list[exp.Expr]) -> Iterator[Keys]:
        """Yield each column whose items or keys are searched, with the kind of index that finds them."""
        for each in conditions:
            if isinstance(each, _CONTAINS) and self._binding.dialect == "postgresql":
                sides = self._sides(each) if isinstance(each, exp.ArrayOverlaps) else [(each.this, each.expression)]
                for side, other in sides:
                    if isinstance(side, exp.Column) and self._is_ours(side) and not self._has_ours(other):
                        kind = self._binding.tables.columns[self._table][self._name(side)].kind
                        if kind == "json" or kind.startswith("list:"):
                            yield (f"{_GIN}{self._name(side)}",)
                            return

    def _equal(self, conditions: list[exp.Expr]) -> Keys:
        found = (self._compared(each) for each in conditions if isinstance(each, _EQUAL))
        return tuple(dict.fromkeys(key for key in found if key))

    def _ranges(self, conditions: list[exp.Expr]) -> Keys:
        for each in conditions:
            if isinstance(each, _RANGES):
                for side, other in self._sides(each):
                    columns = side.expressions if isinstance(side, exp.Tuple) else [side]
                    if columns and all(map(self._is_ours, columns)) and not self._has_ours(other):
                        return tuple(map(self._name, columns))
        return ()

    def _order(self) -> Keys:
        """Return the sort keys if the statement has LIMIT, since an index in their order then helps; else ()."""
        order = self._scope.args.get("order")
        if order is None or self._scope.args.get("limit") is None:
            return ()
        if not all(self._is_ours(each.this) for each in order.expressions):
            return ()
        downwards = [bool(each.args.get("desc")) for each in order.expressions]
        mixed = len(set(downwards)) > 1 or any(map(self._is_placed, order.expressions))
        return tuple(
            f"{self._name(each.this)}{' DESC' * (mixed and down)}{self._place(each)}"
            for each, down in zip(order.expressions, downwards, strict=True)
        )

    def _is_placed(self, ordered: exp.Expr) -> bool:
        """Return whether NULL has another place than in an index of PostgreSQL. SQLite has no such indexes."""
        if self._binding.dialect == "sqlite" or not has_place(ordered):
            return False
        return bool(ordered.args.get("nulls_first")) is not bool(ordered.args.get("desc"))

    def _place(self, ordered: exp.Expr) -> str:
        if not self._is_placed(ordered):
            return ""
        return " NULLS FIRST" if ordered.args.get("nulls_first") else " NULLS LAST"

    def _compared(self, condition: exp.Expr) -> str | None:
        """Return the column, or the expression of columns, that is compared with a value from elsewhere; else None."""
        for side, other in self._sides(condition):
            columns = list(side.find_all(exp.Column))
            plain = side.find(exp.Placeholder, exp.Select) is None
            # PostgreSQL refuses an index on the day of an instant, which depends on the time zone.
            plain &= self._binding.dialect == "sqlite" or side.find(exp.Date) is None
            if columns and plain and all(map(self._is_ours, columns)) and not self._has_ours(other):
                return self._name(side) if isinstance(side, exp.Column) else self._text(side, condition)
        return None

    def _sides(self, condition: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr | None]]:
        """Yield each side of a comparison with the other side, which is None for IN with a list."""
        one, other = condition.this, condition.args.get("expression")
        yield one, other
        if other is not None:
            yield other, one

    def _has_ours(self, other: exp.Expr | None) -> bool:
        return other is not None and any(map(self._is_ours, other.find_all(exp.Column)))

    def _is_ours(self, column: exp.Expr) -> bool:
        found = self._binding.origin(column)
        return found is not None and found[0] == self._table

    def _name(self, column: exp.Expr) -> str:
        """Return the name of the column in its table."""
        found = self._binding.origin(column)
        return found[1] if found is not None else column.name

    def _text(self, side: exp.Expr, condition: exp.Expr) -> str | None:
        """Return an expression in parentheses as it is written. SQLite uses the index only for the same expression."""
        text = source_text(side, condition, self._statement, self._binding.dialect)
        return f"({text})" if text is not None else None


def _is_there(columns: Keys, keys: tuple[tuple[str, ...], ...]) -> bool:
    return any(key[: len(columns)] == columns for key in keys)


def _create(table: str, keys: Keys, dialect: Dialect) -> str:
    method = _GIN if keys[0].startswith(_GIN) else ""
    keys = tuple(key.removeprefix(_GIN) for key in keys)
    words = "_".join(re.findall(r"\w+", " ".join([table, *keys]).lower()))
    words = re.sub("_desc(?=_|$)|_nulls_(?:first|last)(?=_|$)", "", words)
    listed = ", ".join(key if key.startswith("(") else _item(key) for key in keys)
    how = "INDEX CONCURRENTLY" if dialect == "postgresql" else "INDEX"
    return f"CREATE {how} {f'idx_{words}'[:_LONGEST_NAME]} ON {written(table)} {method}({listed})"


def _item(key: str) -> str:
    """Return a column of an index, with its name in quotes if it needs them."""
    found = _DIRECTED.fullmatch(key)
    return f"{written(found[1])}{found[2]}" if found else written(key)
