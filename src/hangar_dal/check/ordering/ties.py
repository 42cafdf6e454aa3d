"""Find an ORDER BY that leaves ties: different rows that are equal in all sort keys.

It leaves ties if the sort keys determine neither the row of each relation nor every column of the result. The
dependencies come from the keys of the tables and from the equations of the statement. Where they are not understood,
nothing is reported.
"""

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.ordering.dependencies import Attribute, closure
from hangar_dal.check.ordering.queries import query
from hangar_dal.check.ordering.scopes import OrderScope, Relation, StatementContext
from hangar_dal.check.ordering.values import is_coarse, value_of
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.functions import steadiness
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import parsed
from hangar_dal.sqlscan import Dialect


def ties(text: str, dialect: Dialect, tables: Tables) -> tuple[str, ...]:
    """Return the tables with no unique key among the sort keys of the outermost ORDER BY.

    Also returns the joined tables that repeat rows. Such rows are equal, so their order has no effect, but the join is
    probably a mistake. Returns () if there are neither, or no ORDER BY, or if this is unknown.
    """
    tree = parsed(text, dialect)
    tied, repeating = _ties(tree, dialect, tables) if tree is not None else ((), ())
    return tied or repeating


def ties_of_tree(tree: exp.Expr, dialect: Dialect, tables: Tables) -> tuple[str, ...]:
    """Return the same as `ties` for a tree, without the tables that repeat rows."""
    return _ties(tree, dialect, tables)[0]


def _ties(tree: exp.Expr, dialect: Dialect, tables: Tables) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the tables with no unique key among the sort keys, and the joined tables that repeat rows."""
    while isinstance(tree, exp.Subquery) and {key for key, value in tree.args.items() if value} == {"this"}:
        tree = tree.this
    if not isinstance(tree, exp.Query) or tree.args.get("order") is None:
        return (), ()
    distinct = tree.args.get("distinct")
    if isinstance(distinct, exp.Distinct) and distinct.args.get("on"):  # returns any of the rows that tie
        tree = tree.copy()
        tree.set("distinct", None)
    context = StatementContext(Binding(tree, dialect, tables))
    try:
        relation, scope = query(tree, context, is_outermost=True)
        keys = _sort_keys(tree, relation, scope, context)
    except (NotUnderstood, RecursionError):
        return (), ()
    known = closure(keys, scope.all_rules() if scope is not None else relation.rules)
    if relation.row in known:
        return (), ()
    if not known.issuperset(relation.columns):
        return _lacking(relation, scope, known), ()
    return (), _repeating(tree, scope, known)


def _repeating(tree: exp.Query, scope: OrderScope | None, known: set[Attribute]) -> tuple[str, ...]:
    """Return the labels of joined relations that add no column to the result and may match each row several times."""
    if scope is None or len(scope.sources) == 1 or scope.group or any(value.is_star for value in tree.selects):
        return ()
    shown = {scope.resolve(column)[0] for value in tree.selects for column in value.find_all(exp.Column)}
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


def _sort_keys(
    tree: exp.Query, relation: Relation, scope: OrderScope | None, context: StatementContext
) -> set[Attribute]:
    """Return the attributes of the keys of ORDER BY. Raises `NotUnderstood` if a key is not understood."""
    found: set[Attribute] = set()
    outputs = list(map(id, context.binding.outputs(tree) or ()))
    for ordered in tree.args["order"].expressions:
        key = (ordered.this if isinstance(ordered, exp.Ordered) else ordered).unnest()
        output, is_number = context.binding.output_of(key, tree), isinstance(key, exp.Literal)
        if output is None and (scope is None or (is_number and relation.is_open)):
            raise NotUnderstood
        if steadiness(key) is False:
            raise NotUnderstood  # `ORDER BY random()` asks for any order
        if scope is not None and isinstance(key, exp.Collate) and is_coarse(key, scope):
            continue
        if output is not None and id(output) in outputs and outputs.index(id(output)) < len(relation.columns):
            found.add(relation.columns[outputs.index(id(output))])
        elif scope is not None and not is_number:  # another constant has no effect
            found.add(value_of(output.value if output is not None and output.value is not None else key, scope))
    is_expression = scope is not None and found & scope.expressions
    if scope is not None and is_expression and any(key.has_expression and not key.where for key in scope.keys):
        raise NotUnderstood  # a sort key may be the expression of a unique index
    return found
