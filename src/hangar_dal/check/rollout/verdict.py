"""Decide whether to deploy a migration or the code that comes with it first.

Two questions decide. Does the new code work on the schema before the migration? Does the migration keep everything that
older code may use? The deployed code is not available here, so everything in the earlier schema counts as used.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from hangar_dal.check.sql.allowed_values import allowed_values, only_lists_values
from hangar_dal.migrations.formatting import readable
from hangar_dal.migrations.schema import Check, Column, Schema, Table
from hangar_dal.sqlscan import Dialect

Breaks = Mapping[tuple[str, str], str]  # the reason why a query breaks, by query and dialect
Order = Literal["schema first", "code first", "either", "neither"]
_NO_NULLS: Final = "nulls not distinct"


class _Key(NamedTuple):
    """A unique key of the rows of which `where` is true; empty means all rows."""

    columns: tuple[str, ...]
    where: str = ""
    nulls_not_distinct: bool = False

    @property
    def rows(self) -> str:
        """Which rows the key is about, for a message."""
        return (f" where {readable(self.where)}" if self.where else "") + (
            f", {_NO_NULLS}" if self.nulls_not_distinct else ""
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to deploy first, and the reasons. There are no reasons if `order` is "either"."""

    migration: str
    order: Order
    reasons: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The advice in one line."""
        advice = {
            "schema first": "deploy the schema first",
            "code first": "deploy the code first",
            "either": "either may be deployed first",
            "neither": "neither may be deployed first: split the change",
        }[self.order]
        return f"{self.migration}: {advice}"


def verdict(migration: str, *, before: Breaks, after: Breaks, narrowed: tuple[str, ...]) -> Verdict:
    """Return the verdict on a migration. `narrowed` describes what the migration takes from older code.

    Ignores queries that break before and after the migration for the same reason. `check` reports them.
    """
    needs, loses = _only_in(before, after), _only_in(after, before)
    is_needed = [f"this code needs it: {', '.join(needs)}"] if needs else []
    is_harmful = [f"this code breaks by it: {', '.join(loses)}"] if loses else []
    is_harmful += [f"older code may break: {what}" for what in narrowed]
    order: Order = "schema first" if needs else "either"
    if is_harmful:
        order = "neither" if needs else "code first"
    return Verdict(migration, order, (*is_needed, *is_harmful))


def _only_in(breaks: Breaks, others: Breaks) -> list[str]:
    return sorted({query for (query, dialect), reason in breaks.items() if others.get((query, dialect)) != reason})


def narrowed(before: Schema, after: Schema, dialect: Dialect) -> Iterator[str]:
    """Yield a description of each change by which statements may fail that worked with the schema `before`."""
    there = {table.name: table for table in after.tables}
    for table in before.tables:
        if table.name not in there:
            yield f"table {table.name} is removed"
            continue
        yield from _columns(table, there[table.name])
        yield from _rules(table, there[table.name], dialect)
    left = {(other.kind, other.name) for other in after.others}
    yield from (
        f"{other.kind} {other.name} is removed" for other in before.others if (other.kind, other.name) not in left
    )


def _columns(before: Table, after: Table) -> Iterator[str]:
    known, there = ({column.name: column for column in table.columns} for table in (before, after))
    for name, column in known.items():
        if name not in there:
            yield f"column {before.name}.{name} is removed"
        elif column.type != there[name].type:
            yield f"column {before.name}.{name} becomes {there[name].type}"
        elif column.nullable and not there[name].nullable:
            yield f"column {before.name}.{name} no longer accepts NULL"
        elif not _is_required(column) and _is_required(there[name]):
            yield f"column {before.name}.{name} has no default any more"
    for name, column in there.items():
        if name not in known and _is_required(column):
            yield f"column {before.name}.{name} is new, NOT NULL, and has no default"


def _is_required(column: Column) -> bool:
    return not column.nullable and column.default is None and column.generated is None


def _rules(before: Table, after: Table, dialect: Dialect) -> Iterator[str]:
    names = {column.name for column in before.columns}
    old, new = _keys(before), _keys(after)
    # ON CONFLICT (columns) needs a unique key of these columns, for all rows or for the rows that it names.
    for key in old:
        if not any(each.columns == key.columns and each.where in ("", key.where) for each in new):
            yield f"{before.name} {_listed(key.columns)} is no longer unique{key.rows}"
    for key in new:
        if names.issuperset(key.columns) and not any(_forbids(each, key) for each in old):
            yield f"{before.name} {_listed(key.columns)} becomes unique{key.rows}"
    checks = {check.name: check for check in before.checks}
    for check in after.checks:
        is_about_old = bool(names & set(re.findall(r"\w+", check.rule)))
        is_a_type = check.name in after.type_checks
        if is_about_old and not is_a_type and not _allows(checks.get(check.name), check, dialect):
            yield f"{before.name} gets a new rule: {check.name}"
    foreign = {link.name for link in before.foreign_keys}
    for link in after.foreign_keys:
        if link.name not in foreign and names.issuperset(link.columns):
            yield f"{before.name} {_listed(link.columns)} must refer to a row of {link.table}"


def _keys(table: Table) -> list[_Key]:
    keys = [_Key(table.primary_key), *(_Key(each.columns, "", _NO_NULLS in each.options) for each in table.uniques)]
    keys += [_Key(each.columns, each.where, each.nulls_not_distinct) for each in table.indexes if each.unique]
    return list(dict.fromkeys(key._replace(columns=tuple(sorted(key.columns))) for key in keys if key.columns))


def _forbids(old: _Key, new: _Key) -> bool:
    """Return whether the old key forbids all that the new one forbids."""
    return (
        old.columns == new.columns
        and old.where in ("", new.where)
        and (old.nulls_not_distinct or not new.nulls_not_distinct)
    )


def _allows(before: Check | None, after: Check, dialect: Dialect) -> bool:
    """Return whether the new CHECK certainly accepts all rows that the old one accepts.

    That is the case if both are equal, or if the new one consists of longer lists of values.
    """
    if before is None or before.rule == after.rule:
        return before is not None
    if not only_lists_values(after.rule, dialect):
        return False
    old, new = (allowed_values([check.rule], dialect) for check in (before, after))
    return bool(old) and old.keys() == new.keys() and all(set(old[name]) <= set(new[name]) for name in old)


def _listed(columns: tuple[str, ...]) -> str:
    return f"({', '.join(columns)})"
