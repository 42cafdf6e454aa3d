"""What FROM names directly: tables, with the keys that the schema gives them, and functions, whose rows are unknown.

Builds on `orders_names`.
"""

from dataclasses import replace

from sqlglot import exp

from hangar_dal.contract.dependencies import NOTHING, Attribute, Dependency
from hangar_dal.contract.names import NotUnderstood
from hangar_dal.contract.orders_names import Facts, Loose, Relation, Statement


def opened(statement: Statement, label: str = "") -> Relation:
    """A function, for example. It cannot be determined whether two of its rows are equal."""
    row = (statement.new(), "row")
    facts = Facts([Dependency(NOTHING, frozenset({row}), is_proven=False)], {row})
    return Relation(row, [], facts, {row[0]}, (label,) if label else (), is_open=True)


def table_of(node: exp.Table, statement: Statement) -> Relation:
    """A base table by its keys; a view, of which they are not known, by its columns."""
    found = statement.table(node)
    if found is None or node.args.get("catalog") is not None:
        return opened(statement, statement.name_of(node.this))
    table, stored = found
    number = statement.new()
    row: Attribute = (number, "row")
    columns: list[tuple[str | None, Attribute]] = []
    facts = Facts(never_null={row})
    for each in stored:
        attribute = (number, f".{statement.same(each.name)}")
        columns.append((statement.same(each.name), attribute))
        statement.kinds[attribute] = each.kind
        statement.origins[attribute] = (table, statement.same(each.name))
        if not each.nullable:
            facts.never_null.add(attribute)
    facts.rules.append(Dependency(frozenset({row}), frozenset(attribute for _, attribute in columns), is_kept=True))
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


def named_anew(relation: Relation, alias: exp.Expr | None, statement: Statement) -> Relation:
    """`AS t (a, b)` gives the first columns new names."""
    given = alias.args.get("columns") if alias is not None else None
    if not given:
        return relation
    names = [statement.name_of(each.this if isinstance(each, exp.ColumnDef) else each) for each in given]
    if relation.is_open:
        return relation
    if len(names) > len(relation.columns):
        raise NotUnderstood
    renamed = [(name, attribute) for name, (_, attribute) in zip(names, relation.columns, strict=False)]
    return replace(relation, columns=[*renamed, *relation.columns[len(names) :]])
