"""Where one statement and the signature disagree, found without a database.

Builds on `binding` and `quoted`.
"""

from collections.abc import Iterator

from hangar_dal.query.binding import getter
from hangar_dal.query.disagreement import Disagreement
from hangar_dal.query.quoted import quoted_placeholders
from hangar_dal.query.signature import Signature, choices
from hangar_dal.query.sources import ParameterSource, Unresolved, resolve
from hangar_dal.sqlblock import Block, Parameter


def disagreements(block: Block, signature: Signature, used: set[str]) -> Iterator[Disagreement]:
    """Every one, with its place; `used` collects the arguments that the statement takes values from."""
    used_here: set[str] = set()
    yield from _parameters(block, signature, used_here)
    yield from _arms(block, signature, used_here)
    yield from quoted_placeholders(block, signature, used_here)
    yield from _result(block, signature)
    used |= used_here


def _parameters(block: Block, signature: Signature, used: set[str]) -> Iterator[Disagreement]:
    places = block.all_arms.parameters

    def wrong(place: Parameter, rule: str, message: str, fix: str) -> Disagreement:
        return Disagreement(*block.all_arms.place_at(place.start), rule, message, fix)

    names = {place.name for place in places}
    meanings: dict[str, ParameterSource] = {}
    for place in places:
        try:
            source = resolve(place.name, place.line, signature)
            used.add(source.argument)
        except Unresolved as reason:
            yield wrong(place, "parameter-unknown", reason.message, reason.fix)
            used.update((*signature.arguments, *signature.changes))  # any of them may be meant
            continue
        try:
            getter(source, place.line, signature)
        except Unresolved as reason:
            yield wrong(place, "parameter-unfit", reason.message, reason.fix)
            continue
        if meanings.setdefault(place.name, source) != source:
            message = f":{place.name} means two things in this statement"
            yield wrong(place, "parameter-unknown", message, "rename one argument")
        sealed = source.value.sealed if source.value and not source.derived else None
        if sealed and (missing := [f":{bound}" for bound in sealed.bind if bound not in names]):
            message = f":{place.name} is sealed to {', '.join(missing)}, which the statement must name"
            fix = f"write {' and '.join(missing)} to the same row"
            yield wrong(place, "parameter-unfit", f"{message}: it opens in no other row", fix)


def _arms(block: Block, signature: Signature, used: set[str]) -> Iterator[Disagreement]:
    for line in block.lines:
        for condition in line.conditions:
            used.add(condition.argument)
            for finding in _condition(condition.argument, condition.value, signature):
                yield Disagreement(line.number, len(line.text) + 1, "arm-condition", *finding)
    for argument in dict.fromkeys(c.argument for c in block.conditions if c.value is not None):
        arms = {condition.value for condition in block.conditions if condition.argument == argument}
        known = choices(signature.arguments[argument]) if argument in signature.arguments else ()
        if missing := [choice for choice in known if choice not in arms]:
            message = f"no line is kept when {argument} = {', '.join(missing)}"
            fix = f"write an arm for it: `-- when {argument} = {missing[0]}`"
            yield Disagreement(block.line, 1, "arm-missing", message, fix)


def _result(block: Block, signature: Signature) -> Iterator[Disagreement]:
    shape = signature.result.shape
    if shape in ("one", "optional", "list", "stream") and not block.returns_rows:
        message = f"{block.verb} without RETURNING gives no rows; the signature promises some"
        fix = "write RETURNING and the columns, or declare RowCount or None"
        yield Disagreement(block.line, 1, "returning-missing", message, fix)
    if shape == "count" and block.verb in ("SELECT", "VALUES"):
        fix = f"declare what this {block.verb} returns"
        yield Disagreement(block.line, 1, "count-of-read", "a RowCount counts changed rows", fix)
    if shape == "stream" and block.writes:
        yield Disagreement(block.line, 1, "stream-writes", "a stream reads", "declare a list for the rows of a write")


def _condition(name: str, value: str | None, signature: Signature) -> Iterator[tuple[str, str]]:
    argument = signature.arguments.get(name)
    if argument is None:
        there = ", ".join(signature.arguments) or "it has none"
        yield f"`when {name}`: the function has no such argument", f"name one of its arguments ({there})"
    elif value is None and not argument.optional:
        yield f"`when {name}`: the argument can never be None, so the line is always kept", "delete the comment"
    elif value is not None and value not in choices(argument):
        allowed = ", ".join(choices(argument)) or "none: it is no Literal and no Enum of text"
        yield (
            f"`when {name} = {value}`: the argument's values are {allowed}",
            "correct the value, or add it to the type",
        )
