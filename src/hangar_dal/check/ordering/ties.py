"""Determine whether an ORDER BY leaves ties: different rows that are equal in all sort keys.

It leaves none if the sort keys determine the row of each relation, or every column of the result. The dependencies come
from the keys of the tables and from the equations of the statement.
"""

from dataclasses import dataclass, field

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, closure
from hangar_dal.check.ordering.names import OrderScope, Relation, StatementContext, number_of
from hangar_dal.check.ordering.queries import query
from hangar_dal.check.ordering.values import is_bytewise, is_coarse, value_of
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import parsed
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True, slots=True)
class Order:
    """The properties of an ORDER BY.

    `is_total` is True if it is proven to leave no ties. `lacking` are the tables with no unique key among the sort
    keys. If both are unset, neither could be proven. `are_equal` is True if the tied rows are equal in every column of
    the result.
    """

    is_total: bool = False
    lacking: tuple[str, ...] = ()
    are_equal: bool = False


@dataclass(slots=True)
class _SortKeys:
    """The attributes of the sort keys. `is_proven` is True if every sort key was understood."""

    context: StatementContext
    found: set[Attribute] = field(default_factory=set)
    is_proven: bool = True


def ties(text: str, dialect: Dialect, tables: Tables) -> tuple[str, ...] | None:
    """Return the tables with no unique key among the sort keys; None if there are no ties, or if this is unknown."""
    return order_of(text, dialect, tables).lacking or None


def order_of(text: str, dialect: Dialect, tables: Tables) -> Order:
    """Return the properties of the outermost ORDER BY; `Order()` if there is none, or if it is not understood."""
    tree = parsed(text, dialect)
    return order_of_tree(tree, dialect, tables) if tree is not None else Order()


def order_of_tree(tree: exp.Expr, dialect: Dialect, tables: Tables) -> Order:
    """Return the same as `order_of` for a tree."""
    while isinstance(tree, exp.Subquery) and {key for key, value in tree.args.items() if value} == {"this"}:
        tree = tree.this
    if not isinstance(tree, exp.Query) or tree.args.get("order") is None:
        return Order()
    try:
        return _order_of_query(tree, StatementContext(Binding(tree, dialect, tables)))
    except (NotUnderstood, RecursionError):
        return Order()


def _order_of_query(tree: exp.Query, context: StatementContext) -> Order:
    """Return the properties of the ORDER BY of a query."""
    relation, scope = query(tree, context, is_outermost=True)
    keys = _sort_keys(tree, relation, scope, context)
    if scope is not None:
        scope.add_extremes()
    if scope is not None and keys.found & scope.expressions:
        # A sort key may be the expression of a unique index.
        for key in scope.facts.conditional_keys:
            if key.has_expression and not key.where:
                scope.add_dependency(NOTHING, frozenset({key.row}), is_proven=False)
    rules = scope.all_rules() if scope is not None else tuple(relation.facts.rules)
    outputs = set(relation.columns)
    surely, maybe = closure(keys.found, rules), closure(keys.found, rules, optimistic=True)
    if outputs <= surely and relation.row not in maybe and (repeated := _multiplying(tree, scope, maybe)):
        return Order(lacking=repeated, are_equal=True)
    if relation.row in surely or outputs <= surely:
        return Order(is_total=True)
    if relation.row in maybe or outputs <= maybe or not keys.is_proven:
        return Order()
    return Order(lacking=_lacking(relation, scope, maybe))


def _multiplying(tree: exp.Query, scope: OrderScope | None, known: set[Attribute]) -> tuple[str, ...]:
    """Return the labels of joined relations that add no column to the result and may match each row several times.

    Such a join repeats rows. They are identical, so their order has no effect, but the join is probably a mistake.
    """
    if scope is None or len(scope.sources) == 1 or scope.group or tree.args.get("distinct"):
        return ()
    columns = [column for value in tree.selects for column in value.find_all(exp.Column)]
    if any(value.is_star for value in tree.selects):
        return ()
    shown = {scope.resolve(column)[0] for column in columns}
    found = [each for each in scope.sources if each.relation.row not in known and not each.relation.members & shown]
    return tuple(dict.fromkeys(source.label for source in found))


def _lacking(relation: Relation, scope: OrderScope | None, known: set[Attribute]) -> tuple[str, ...]:
    """Return the labels of the relations whose rows the known attributes do not determine."""
    if scope is None:
        return relation.read
    undecided = [source.label for source in scope.sources if source.relation.row not in known]
    missing = {number for number, _ in scope.group - known}
    grouped = [source.label for source in scope.sources if source.relation.members & missing]
    return tuple(dict.fromkeys(grouped or undecided or [source.label for source in scope.sources]))


def _sort_keys(tree: exp.Query, relation: Relation, scope: OrderScope | None, context: StatementContext) -> _SortKeys:
    """Return the attributes of the keys of ORDER BY."""
    keys = _SortKeys(context)
    for ordered in tree.args["order"].expressions:
        key = ordered.this if isinstance(ordered, exp.Ordered) else ordered
        while isinstance(key, exp.Paren):
            key = key.this
        if isinstance(key, exp.Literal):
            _add_numbered(key, tree, relation, scope, keys)
        elif not _add_named(key, tree, relation, scope, keys):
            if scope is None:
                keys.is_proven = False
            else:
                keys.found.add(value_of(key, scope))
    return keys


def _add_numbered(
    key: exp.Literal, tree: exp.Query, relation: Relation, scope: OrderScope | None, keys: _SortKeys
) -> None:
    """Add the result column that a sort key such as `2` means. SQLite ignores any other constant."""
    place = number_of(key)
    if place is None or not 0 < place <= len(relation.columns):
        return
    if relation.is_open:
        keys.is_proven = False
    else:
        keys.found.add(relation.columns[place - 1])


def _add_named(key: exp.Expr, tree: exp.Query, relation: Relation, scope: OrderScope | None, keys: _SortKeys) -> bool:
    """Add the result column that a name in ORDER BY means, and return whether it means one.

    A result column has precedence over a column of a source. On SQLite, only names that AS gives count.
    """
    context = keys.context
    is_one = isinstance(tree, exp.Select)
    collated = key.this if isinstance(key, exp.Collate) and (context.dialect == "sqlite" or not is_one) else None
    column = key if collated is None else collated
    if not isinstance(column, exp.Column) or isinstance(column.this, exp.Star) or column.table:
        return False
    if scope is None:
        name = context.name_of(column.this)
        outputs = enumerate(context.binding.outputs(tree) or ())
        found = {relation.columns[at] for at, output in outputs if output.name == name and at < len(relation.columns)}
    else:
        found = {value_of(value, scope) for value in context.binding.selected_as(column)}
    if not found:
        return False
    if len(found) > 1:
        keys.is_proven = False
    elif collated is None or is_bytewise(key, context.dialect):
        keys.found |= found
    elif not is_coarse(key, context.dialect):
        keys.is_proven = False
    return True
