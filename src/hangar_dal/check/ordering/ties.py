"""Whether an ORDER BY leaves ties: rows that differ, and are equal in all sort keys.

The sort keys, and what follows from them by the keys of the tables and by what the statement calls equal or constant,
decide which row of each relation it is, or at least every column of the result: then rows that tie are equal.
"""

from dataclasses import dataclass, field

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, closure
from hangar_dal.check.ordering.names import Relation, Scope, Statement, number_of
from hangar_dal.check.ordering.queries import query
from hangar_dal.check.ordering.values import is_bytewise, is_coarse, value_of
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import parsed
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True, slots=True)
class Order:
    """`is_total`: proved to leave no ties. `lacking`: tables with no unique key in the sort keys. Neither: unknown.

    `are_equal`: the rows that tie are equal in every column of the result.
    """

    is_total: bool = False
    lacking: tuple[str, ...] = ()
    are_equal: bool = False


@dataclass(slots=True)
class _Keys:
    """`is_proven`: every sort key was understood."""

    statement: Statement
    found: set[Attribute] = field(default_factory=set)
    is_proven: bool = True


def ties(text: str, dialect: Dialect, tables: Tables) -> tuple[str, ...] | None:
    """The tables with no unique key in the sort keys; None if there are no ties, or if this cannot be determined."""
    return order_of(text, dialect, tables).lacking or None


def order_of(text: str, dialect: Dialect, tables: Tables) -> Order:
    """What is known of the outermost ORDER BY."""
    tree = parsed(text, dialect)
    return order_of_tree(tree, dialect, tables) if tree is not None else Order()


def order_of_tree(tree: exp.Expr, dialect: Dialect, tables: Tables) -> Order:
    """The same of a tree."""
    while isinstance(tree, exp.Subquery) and {key for key, value in tree.args.items() if value} == {"this"}:
        tree = tree.this
    if not isinstance(tree, exp.Query) or tree.args.get("order") is None:
        return Order()
    try:
        return _judged(tree, Statement(Binding(tree, dialect, tables)))
    except (NotUnderstood, RecursionError):
        return Order()


def _judged(tree: exp.Query, statement: Statement) -> Order:
    relation, scope = query(tree, statement, is_outermost=True)
    keys = _keys(tree, relation, scope, statement)
    if scope is not None:
        scope.weigh_extremes()
    if scope is not None and keys.found & scope.expressions:
        # A unique index on an expression might be on this one.
        for key in scope.facts.loose:
            scope.give(NOTHING, frozenset({key.row}) if key.where == "?" else NOTHING, is_proven=False)
    rules = scope.all_rules() if scope is not None else tuple(relation.facts.rules)
    outputs = set(relation.columns)
    surely, maybe = closure(keys.found, rules), closure(keys.found, rules, optimistic=True)
    if outputs <= surely and relation.row not in maybe and (repeated := _repeated(tree, scope, maybe)):
        return Order(lacking=repeated, are_equal=True)
    if relation.row in surely or outputs <= surely:
        return Order(is_total=True)
    if relation.row in maybe or outputs <= maybe or not keys.is_proven:
        return Order()
    return Order(lacking=_lacking(relation, scope, maybe))


def _repeated(tree: exp.Query, scope: Scope | None, known: set[Attribute]) -> tuple[str, ...]:
    """Relations of a join that give the result no column, and to each row of the others any number of rows.

    These are equal, so that no order tells them apart; but who wrote the join did not mean them.
    """
    if scope is None or len(scope.sources) == 1 or scope.group or tree.args.get("distinct"):
        return ()
    columns = [column for value in tree.selects for column in value.find_all(exp.Column)]
    if any(value.is_star for value in tree.selects):
        return ()
    shown = {scope.resolve(column)[0] for column in columns}
    found = [each for each in scope.sources if each.relation.row not in known and not each.relation.members & shown]
    return tuple(dict.fromkeys(source.label for source in found))


def _lacking(relation: Relation, scope: Scope | None, known: set[Attribute]) -> tuple[str, ...]:
    if scope is None:
        return relation.read
    undecided = [source.label for source in scope.sources if source.relation.row not in known]
    missing = {number for number, _ in scope.group - known}
    grouped = [source.label for source in scope.sources if source.relation.members & missing]
    return tuple(dict.fromkeys(grouped or undecided or [source.label for source in scope.sources]))


def _keys(tree: exp.Query, relation: Relation, scope: Scope | None, statement: Statement) -> _Keys:
    keys = _Keys(statement)
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


def _add_numbered(key: exp.Literal, tree: exp.Query, relation: Relation, scope: Scope | None, keys: _Keys) -> None:
    """`ORDER BY 2` is a column of the result; of any other constant SQLite makes nothing."""
    place = number_of(key)
    if place is None or not 0 < place <= len(relation.columns):
        return
    if relation.is_open:
        keys.is_proven = False
    else:
        keys.found.add(relation.columns[place - 1])


def _add_named(key: exp.Expr, tree: exp.Query, relation: Relation, scope: Scope | None, keys: _Keys) -> bool:
    """By the name of a column of the result, which wins over one of a table: on SQLite only if it was given by AS."""
    statement = keys.statement
    is_one = isinstance(tree, exp.Select)
    collated = key.this if isinstance(key, exp.Collate) and (statement.dialect == "sqlite" or not is_one) else None
    column = key if collated is None else collated
    if not isinstance(column, exp.Column) or isinstance(column.this, exp.Star) or column.table:
        return False
    if scope is None:
        name = statement.name_of(column.this)
        outputs = enumerate(statement.binding.outputs(tree) or ())
        found = {relation.columns[at] for at, output in outputs if output.name == name and at < len(relation.columns)}
    else:
        found = {value_of(value, scope) for value in statement.binding.selected_as(column)}
    if not found:
        return False
    if len(found) > 1:
        keys.is_proven = False
    elif collated is None or is_bytewise(key, statement.dialect):
        keys.found |= found
    elif not is_coarse(key, statement.dialect):
        keys.is_proven = False
    return True
