"""Tables of a PostgreSQL database as statements: partitions, keys and indexes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hangar_dal.importing.postgresql.items import Item, Key, Names
from hangar_dal.importing.postgresql.table_rows import ConstraintRow, IndexRow, TableRow, TableRows
from hangar_dal.migrations.identifiers import written

_IN_TABLE: Final = frozenset({"p", "u", "x", "c"})
_KEYS: Final = frozenset({"p", "u", "x"})


class Tables:
    """Reads all tables at once. `items` has the tables, their foreign keys and their indexes.

    `inner` are the constraints and indexes that a CREATE TABLE or a partitioned table makes, with their table.
    """

    def __init__(self, connection: Any, values: Mapping[str, Any], names: Names) -> None:
        self._names = names
        self._rows = TableRows(connection, values)
        self._called = {oid: names.of(table.schema, table.name) for oid, table in self._rows.tables.items()}
        self._constraints: defaultdict[int, list[ConstraintRow]] = defaultdict(list)
        for one in self._rows.constraints:
            self._constraints[one.table].append(one)
        self._split = self._named_in_partitions()
        self.inner: dict[Key, Key] = {}
        self.items = list(self._items())

    def own(self, sequences: Mapping[Key, Item]) -> None:
        """Make each table need the sequences of its columns, and own them."""
        by_key = {item.key: item for item in self.items}
        for table, owned in self._rows.owned.items():
            item = by_key.get(("pg_class", table))
            for sequence, column in owned:
                one = sequences.get(("pg_class", sequence))
                if item is not None and one is not None:
                    item.needs.add(one.key)
                    item.after.append(f"ALTER SEQUENCE {one.label} OWNED BY {self._called[table]}.{written(column)}")
                    one.drop = ""  # dropped with the table

    def _named_in_partitions(self) -> frozenset[int]:
        """Return the oids of keys and indexes of partitioned tables that partitions have under names of their own.

        PostgreSQL would choose other names for them, so the parts of the partitions are made first.
        """
        found: set[int] = set()
        parents = {one.oid: one.parent for one in self._rows.constraints}
        for one in self._rows.constraints:
            table = self._rows.tables[one.table].name
            usual = f"{table}_pkey" if one.kind == "p" else _usual(table, one.columns, "key")
            if one.parent in parents and one.kind in _KEYS and one.name != usual:
                found |= set(_up(one.oid, parents))
        parents = {index.oid: index.parent for index in self._rows.indexes}
        for index in self._rows.indexes:
            if index.parent and index.name != _usual(self._rows.tables[index.table].name, index.columns, "idx"):
                found |= set(_up(index.oid, parents))
        return frozenset(found)

    def _items(self) -> Iterator[Item]:
        for table in self._rows.tables.values():
            yield self._table(table)
            yield from self._keys(table.oid)
        for index in self._rows.indexes:
            if index.parent and index.oid not in self._split:
                self.inner["pg_class", index.oid] = ("pg_class", index.table)
            else:
                yield self._index(index)

    def _table(self, table: TableRow) -> Item:
        called, bound = self._called[table.oid], table.bound
        columns = () if bound else self._rows.columns[table.oid]
        parts = [row.definition(table.name) for row in columns if row.is_local]
        for one in self._constraints[table.oid]:
            if one.kind in _IN_TABLE and one.oid not in self._split:
                self.inner["pg_constraint", one.oid] = ("pg_class", table.oid)
                if one.is_local and not one.is_late and not (one.parent or (bound and one.is_inherited)):
                    parts.append(one.written)
        parents = ", ".join(self._called[parent] for parent in table.parents if parent in self._called)
        text = f"CREATE {table.unlogged}TABLE {called}"
        text += f" PARTITION OF {parents}" if bound else ""
        text += f" {block(parts)}" if parts or not bound else ""
        text += f"\n{bound}" if bound else f"\nINHERITS ({parents})" if parents else ""
        text += f"\nPARTITION BY {table.partitioned}" if table.partitioned else ""
        text += f"\nWITH ({table.options})" if table.options else ""
        item = Item(("pg_class", table.oid), "table", called, text, f"DROP TABLE {called}")
        item.needs |= {("pg_class", parent) for parent in table.parents}
        if bound:
            item.home = ("pg_class", table.parents[0])
        for parent in table.parents:
            item.after += self._own_of_heir(table.oid, parent)
        if table.has_policies:
            item.after.append(f"ALTER TABLE {called} ENABLE ROW LEVEL SECURITY")
        if table.is_forced:
            item.after.append(f"ALTER TABLE {called} FORCE ROW LEVEL SECURITY")
        return item

    def _own_of_heir(self, oid: int, parent: int) -> Iterator[str]:
        """Yield statements for what inherited columns have, and the columns of the parent have not."""
        above = {row.name: row for row in self._rows.columns[parent]}
        for row in self._rows.columns[oid]:
            if row.is_local and not self._rows.tables[oid].bound:
                continue
            column = f"ALTER TABLE ONLY {self._called[oid]} ALTER COLUMN {written(row.name)}"
            if row.name in above and row.not_null and not above[row.name].not_null:
                yield f"{column} SET NOT NULL"
            if row.name in above and row.default != above[row.name].default and not row.generated:
                yield f"{column} DROP DEFAULT" if row.default is None else f"{column} SET DEFAULT {row.default}"

    def _keys(self, oid: int) -> Iterator[Item]:
        """Yield the foreign keys, and the constraints that are not made with their table."""
        called, home = self._called[oid], ("pg_class", oid)
        for one in self._constraints[oid]:
            kind = "foreign key" if one.kind == "f" else "constraint"
            alter = f"ALTER TABLE {called} ADD {one.written}"
            drop = f"ALTER TABLE {called} DROP CONSTRAINT {written(one.name)}"
            item = Item(("pg_constraint", one.oid), kind, f"{one.name} on {called}", alter, drop, home=home)
            item.needs = {home}
            if one.kind == "f" and not one.parent:
                item.needs.add(("pg_class", one.referred))
                yield item
            elif one.is_late and one.is_local:
                yield item
            elif one.oid in self._split:
                # All partitions come first, so that each key is attached and none is made.
                item.needs |= {("pg_constraint", each.oid) for each in self._rows.constraints if each.parent == one.oid}
                item.needs |= {("pg_class", each) for each in self._below(oid)}
                yield item

    def _index(self, index: IndexRow) -> Item:
        below = self._below(index.table)
        create = index.text.replace(" ON ONLY ", " ON ", 1)  # so that the partitions get the index too
        called, home = self._names.of(index.schema, index.name), ("pg_class", index.table)
        is_made = index.is_valid or below
        item = Item(("pg_class", index.oid), "index", called, create if is_made else "", f"DROP INDEX {called}")
        item.home, item.needs = home, {home}
        if index.oid in self._split:
            item.needs |= {("pg_class", each.oid) for each in self._rows.indexes if each.parent == index.oid}
            item.needs |= {("pg_class", each) for each in below}
        return item

    def _below(self, table: int) -> set[int]:
        """Return the partitions of a table, and their partitions."""
        found = {each.oid for each in self._rows.tables.values() if each.bound and table in each.parents}
        return found | {deeper for each in found for deeper in self._below(each)}


def in_tables(order: Sequence[Item], items: Mapping[Key, Item]) -> None:
    """Write each foreign key into the CREATE TABLE of its table, if what the key needs is made before the table.

    The keys that are left are made after both tables, by ALTER TABLE.
    """
    places = {item.key: place for place, item in enumerate(order)}
    for item in order:
        table = items.get(item.home) if item.home else None
        if item.kind != "foreign key" or table is None or not item.create:
            continue
        if " PARTITION OF " in table.create.partition("(")[0]:
            continue
        if all(places.get(need, -1) <= places[table.key] for need in item.needs if need in places):
            constraint = item.create.partition(" ADD ")[2]
            head, close, tail = table.create.rpartition("\n)")
            if close and not constraint.endswith("NOT VALID"):
                table.create = f"{head},\n    {constraint}{close}{tail}"
                item.create = ""


def block(parts: Sequence[str]) -> str:
    """Return the parts in parentheses, each in a line."""
    lines = ",\n".join(f"    {part}" for part in parts)
    return f"(\n{lines}\n)" if parts else "()"


def _usual(table: str, columns: Sequence[str], suffix: str) -> str:
    names = [column.strip('"') if column.replace('"', "").isidentifier() else "expr" for column in columns]
    return "_".join((table, *names, suffix))


def _up(oid: int, parents: Mapping[int, int]) -> Iterator[int]:
    while oid in parents:
        yield oid
        oid = parents[oid]
