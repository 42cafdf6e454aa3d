"""Create the relation of a set operation: UNION, INTERSECT or EXCEPT."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlglot import exp

from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, Dependency, SetArm, SetDependency
from hangar_dal.check.ordering.names import Relation, RowFacts, StatementContext
from hangar_dal.check.sql.names import NotUnderstood

Outputs = tuple[Attribute, ...]


def combined(operation: exp.SetOperation, left: Relation, right: Relation, context: StatementContext) -> Relation:
    """Return the relation of a set operation with these arms. Raises `NotUnderstood` if the columns are unknown."""
    if left.is_open or right.is_open or len(left.columns) != len(right.columns):
        raise NotUnderstood
    number = context.new()
    row: Attribute = (number, "row")
    outputs = tuple((number, f"#{at}") for at in range(len(left.columns)))
    arms = tuple(SetArm(tuple(each.columns), each.row, tuple(each.facts.rules)) for each in (left, right))
    facts = RowFacts([Dependency(frozenset({row}), frozenset(outputs))], {row})
    facts.never_null |= {
        output
        for output, one, other in zip(outputs, arms[0].outputs, arms[1].outputs, strict=True)
        if one in left.facts.never_null and (other in right.facts.never_null or not isinstance(operation, exp.Union))
    }
    if operation.args.get("distinct"):
        facts.rules.append(Dependency(frozenset(outputs), frozenset({row})))
    nested = [each for each in (operation.this, operation.expression) if isinstance(each, exp.SetOperation)]
    if any(type(each) is not type(operation) for each in nested):  # the databases give them different precedence
        facts.rules.append(Dependency(NOTHING, frozenset({row}), is_proven=False))
    if isinstance(operation, exp.Union):
        apart = frozenset(
            at
            for at in range(len(outputs))
            if _have_distinct_literals(arms[0].outputs[at], arms[1].outputs[at], context)
        )
        may_be = bool(set(left.read) & set(right.read)) or not (left.read and right.read)
        facts.rules.append(SetDependency(outputs, row, arms, apart, may_be))
        facts.rules += _shared_key_dependencies(outputs, arms, context)
        _add_literals(outputs, arms, context)
        read = tuple(dict.fromkeys((*left.read, *right.read)))
    else:  # each row comes from the first arm
        facts.rules += left.facts.rules
        facts.rules += [
            Dependency(frozenset({a}), frozenset({b})) for a, b in zip(outputs, arms[0].outputs, strict=True)
        ]
        facts.rules += [
            Dependency(frozenset({b}), frozenset({a})) for a, b in zip(outputs, arms[0].outputs, strict=True)
        ]
        facts.rules.append(Dependency(frozenset({left.row}), frozenset({row})))
        facts.rules.append(Dependency(frozenset({row}), frozenset({left.row})))
        if isinstance(operation, exp.Intersect) or set(left.read) & set(right.read):
            facts.rules.append(Dependency(NOTHING, frozenset({row}), is_proven=False))
        read = left.read
    members = {number} | left.members | right.members
    return Relation(row, list(outputs), facts, members, read, frozenset((*left.read, *right.read)))


def _have_distinct_literals(one: Attribute, other: Attribute, context: StatementContext) -> bool:
    """Return whether two columns have no constant in common. Compares only texts and integers, because 1 equals 1.0."""
    first, second = context.literals.get(one), context.literals.get(other)
    if first is None or second is None or first[0] != second[0]:
        return False
    if first[0]:
        return not first[1] & second[1]
    if not all(each.isdecimal() for each in first[1] | second[1]):
        return False
    return not {each.lstrip("0") for each in first[1]} & {each.lstrip("0") for each in second[1]}


def _shared_key_dependencies(
    outputs: Outputs, arms: Sequence[SetArm], context: StatementContext
) -> Iterator[Dependency]:
    """Yield the dependencies on a key if all arms select the same columns of one table, including this key."""
    together: dict[tuple[tuple[int, str], ...], dict[str, Attribute]] = defaultdict(dict)
    for at, output in enumerate(outputs):
        origins = [context.origins.get(arm.outputs[at]) for arm in arms]
        if origins[0] is not None and all(origin == origins[0] for origin in origins):
            table, column = origins[0]
            instances = tuple((arm.outputs[at][0], table) for arm in arms)
            together[instances][column] = output
    tables = [instances[0][1] for instances in together]
    for instances, columns in together.items():
        for key in context.tables.keys.get(instances[0][1], ()):
            wanted = [context.stored_name(name) for name in key]
            if all(name in columns for name in wanted):
                yield Dependency(frozenset(columns[name] for name in wanted), frozenset(columns.values()))
                if tables.count(instances[0][1]) == 1:  # so that the next arm of the union is compared with this table
                    context.origins.update({column: (instances[0][1], name) for name, column in columns.items()})


def _add_literals(outputs: Outputs, arms: Sequence[SetArm], context: StatementContext) -> None:
    """Record the constants of each column that is a constant in all arms."""
    for at, output in enumerate(outputs):
        found = [context.literals.get(arm.outputs[at]) for arm in arms]
        if all(each is not None for each in found) and len({each[0] for each in found if each is not None}) == 1:
            values = [each for each in found if each is not None]
            context.literals[output] = (values[0][0], frozenset().union(*(each[1] for each in values)))
