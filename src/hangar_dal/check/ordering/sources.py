"""Create the relations of tables, views and functions in FROM."""

from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, Dependency
from hangar_dal.check.ordering.names import ConditionalKey, Relation, RowFacts, StatementContext
from hangar_dal.check.sql.allowed_values import conditions_in


def opened(context: StatementContext, label: str = "") -> Relation:
    """Return a relation about which nothing is known, such as a function. It may have equal rows or not."""
    row = (context.new(), "row")
    facts = RowFacts([Dependency(NOTHING, frozenset({row}), is_proven=False)], {row})
    return Relation(row, [], facts, {row[0]}, (label,) if label else (), is_open=True)


def table_of(table: str, context: StatementContext) -> Relation:
    """Return the relation of a table or view. The keys of a view are not known."""
    number = context.new()
    row: Attribute = (number, "row")
    columns: list[Attribute] = []
    facts = RowFacts(never_null={row})
    for each in context.tables.columns[table].values():
        attribute = (number, f".{context.stored_name(each.name)}")
        columns.append(attribute)
        context.kinds[attribute] = each.kind
        context.origins[attribute] = (table, context.stored_name(each.name))
        if each.allowed:
            context.allowed[attribute] = {*each.allowed, *([None] if each.nullable else [])}
        if not each.nullable:
            facts.never_null.add(attribute)
    facts.rules.append(Dependency(frozenset({row}), frozenset(columns), is_kept=True))
    keys = context.tables.keys.get(table)
    if keys is None:
        facts.rules.append(Dependency(NOTHING, frozenset({row}), is_proven=False))
    for key in keys or ():
        wanted = frozenset((number, f".{context.stored_name(name)}") for name in key)
        facts.rules.append(Dependency(wanted, frozenset({row})))
    for loose in context.tables.loose.get(table, ()):
        wanted_in_order = tuple((number, f".{context.stored_name(name)}") for name in loose.columns if name)
        where, has_expression = (
            tuple(conditions_in(loose.where, context.dialect)),
            len(wanted_in_order) < len(loose.columns),
        )
        conditional = ConditionalKey(wanted_in_order, row, where, bool(loose.where), has_expression)
        facts.conditional_keys.append(conditional)
    has_rowid = context.dialect == "sqlite" and keys is not None
    return Relation(row, columns, facts, {number}, (table,), has_rowid=has_rowid)
