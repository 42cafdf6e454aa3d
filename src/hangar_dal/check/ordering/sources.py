"""What FROM names directly: tables, with the keys that the schema gives them, and functions, whose rows are unknown."""

from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, Dependency
from hangar_dal.check.ordering.names import Facts, Loose, Relation, Statement


def opened(statement: Statement, label: str = "") -> Relation:
    """A function, for example. It cannot be determined whether two of its rows are equal."""
    row = (statement.new(), "row")
    facts = Facts([Dependency(NOTHING, frozenset({row}), is_proven=False)], {row})
    return Relation(row, [], facts, {row[0]}, (label,) if label else (), is_open=True)


def table_of(table: str, statement: Statement) -> Relation:
    """A base table by its keys; a view, of which they are not known, by its columns."""
    number = statement.new()
    row: Attribute = (number, "row")
    columns: list[Attribute] = []
    facts = Facts(never_null={row})
    for each in statement.tables.columns[table].values():
        attribute = (number, f".{statement.same(each.name)}")
        columns.append(attribute)
        statement.kinds[attribute] = each.kind
        statement.origins[attribute] = (table, statement.same(each.name))
        if not each.nullable:
            facts.never_null.add(attribute)
    facts.rules.append(Dependency(frozenset({row}), frozenset(columns), is_kept=True))
    keys = statement.tables.keys.get(table)
    if keys is None:
        facts.rules.append(Dependency(NOTHING, frozenset({row}), is_proven=False))
    for key in keys or ():
        wanted = frozenset((number, f".{statement.same(name)}") for name in key)
        facts.rules.append(Dependency(wanted, frozenset({row})))
    for loose in statement.tables.loose.get(table, ()):
        wanted_in_order = tuple((number, f".{statement.same(name)}") for name in loose.columns if name)
        if len(wanted_in_order) == len(loose.columns):
            facts.loose.append(Loose(wanted_in_order, row, loose.where))
        else:  # an expression, which a sort by another one may be
            facts.loose.append(Loose(wanted_in_order, row, "?"))
    has_rowid = statement.dialect == "sqlite" and keys is not None
    return Relation(row, columns, facts, {number}, (table,), has_rowid=has_rowid)
