"""Where one statement and the signature disagree, found without a database.

Stands above `binding`, beside `plan`.
"""

from collections.abc import Iterator

from hangar_dal.query.binding import getter
from hangar_dal.query.rules import broken_rules
from hangar_dal.query.signature import Signature, choices
from hangar_dal.query.sources import Source, Unresolved, resolve
from hangar_dal.sqlblock import Block

Finding = tuple[int, str]  # line and sentence


def disagreements(block: Block, signature: Signature, used: set[str]) -> Iterator[Finding]:
    """Every one, with its line; `used` collects the arguments that the statement takes values from."""
    yield from _parameters(block, signature, used)
    yield from _arms(block, signature, used)
    yield from ((block.line, finding) for finding in _result(block, signature))
    yield from broken_rules(block)


def _parameters(block: Block, signature: Signature, used: set[str]) -> Iterator[Finding]:
    places = block.all_arms.parameters
    names = {place.name for place in places}
    meanings: dict[str, Source] = {}
    for place in places:
        try:
            source = resolve(place.name, place.line, signature)
            used.add(source.argument)
        except Unresolved as reason:
            yield place.line.number, str(reason)
            used.update((*signature.arguments, *signature.changes))  # any of them may be meant
            continue
        try:
            getter(source, place.line, signature, {})
        except Unresolved as reason:
            yield place.line.number, str(reason)
            continue
        if meanings.setdefault(place.name, source) != source:
            yield place.line.number, f":{place.name} means two things in this statement; rename one argument"
        sealed = source.value.sealed if source.value and not source.derived else None
        if sealed and (missing := [f":{bound}" for bound in sealed.bind if bound not in names]):
            finding = f"is sealed to {', '.join(missing)}, which the statement must name: it opens in no other row"
            yield place.line.number, f":{place.name} {finding}"


def _arms(block: Block, signature: Signature, used: set[str]) -> Iterator[Finding]:
    for line in block.lines:
        for condition in line.conditions:
            used.add(condition.argument)
            for finding in _condition(condition.argument, condition.value, signature):
                yield line.number, finding
    for argument in dict.fromkeys(c.argument for c in block.conditions if c.value is not None):
        arms = {condition.value for condition in block.conditions if condition.argument == argument}
        known = choices(signature.arguments[argument]) if argument in signature.arguments else ()
        if missing := [choice for choice in known if choice not in arms]:
            yield block.line, f"no line is kept when {argument} = {', '.join(missing)}"


def _result(block: Block, signature: Signature) -> Iterator[str]:
    shape = signature.result.shape
    if shape in ("one", "optional", "list", "stream") and not block.returns_rows:
        yield f"{block.verb} without RETURNING gives no rows; the signature promises some"
    if shape == "count" and block.verb in ("SELECT", "VALUES"):
        yield f"a RowCount counts changed rows; declare what this {block.verb} returns"
    if shape == "stream" and block.writes:
        yield "a stream reads; declare a list for the rows of a write"


def _condition(name: str, value: str | None, signature: Signature) -> Iterator[str]:
    argument = signature.arguments.get(name)
    if argument is None:
        yield f"`when {name}`: the function has no such argument"
    elif value is None and not argument.optional:
        yield f"`when {name}`: the argument can never be None, so the line is always kept; delete the comment"
    elif value is not None and value not in choices(argument):
        allowed = ", ".join(choices(argument)) or "none: it is no Literal and no Enum of text"
        yield f"`when {name} = {value}`: the argument's values are {allowed}"
