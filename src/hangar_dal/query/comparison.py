"""Compare one statement with the signature of its function, without a database."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from hangar_dal.query.binding import getter
from hangar_dal.query.disagreement import Disagreement
from hangar_dal.query.quoted import quoted_placeholders
from hangar_dal.query.signature import Signature, choices
from hangar_dal.query.sources import ParameterSource, Unresolved, resolve
from hangar_dal.rules import Rule
from hangar_dal.sqlblock import Block, Parameter


def disagreements(block: Block, signature: Signature, used: set[str]) -> Iterator[Disagreement]:
    """Yield each disagreement between a block and its signature. Adds the arguments that the block uses to `used`."""
    used_here: set[str] = set()
    yield from _parameters(block, signature, used_here)
    yield from _conditions(block, signature, used_here)
    yield from quoted_placeholders(block, signature, used_here)
    yield from _result(block, signature)
    used |= used_here


PARAMETER_UNKNOWN: Final = Rule(
    "parameter-unknown",
    "error",
    "Each parameter comes from exactly one argument or field, or is derived.",
    """\
No argument has this name, or two arguments could supply the parameter. Correct the name, or rename an argument.
[sql/README.md](../sql/README.md#where-a-name-comes-from) says which parameters are derived: `:now`, `:name_fold`
and others.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID, *, name: str) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name FROM items WHERE owner_id = :owner_id AND name = :nmae ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name FROM items WHERE owner_id = :owner_id AND name = :name ORDER BY id;
""",
)
PARAMETER_UNFIT: Final = Rule(
    "parameter-unfit",
    "error",
    "A parameter is used in a way that fits its declared type.",
    """\
A parameter cannot be sent in these cases:

- A sealed value is bound to columns whose parameters the statement does not use. The value opens only in the row that
  has the same values in these columns. Use the parameters: `AND id = :id`.
- A model inside of JSON, such as an item of `list[NewItem]`, has a field of bytes or a sealed field. Store this field
  in a column of its own, or insert the rows one by one.
- A model inside of JSON contains itself, or allows extra fields. Use `JsonObject`.
""",
    bad="""\
--- items.py
Note = Annotated[str, Sealed("items", "note", bind=("id",))]

@query
async def update_notes(db: Executor, owner_id: UUID, *, note: Note) -> RowCount: ...
--- items.sql
-- name: update_notes
UPDATE items SET note = :note WHERE owner_id = :owner_id;
""",
    good="""\
--- items.py
Note = Annotated[str, Sealed("items", "note", bind=("id",))]

@query
async def update_note(db: Executor, id: UUID, *, note: Note) -> RowCount: ...
--- items.sql
-- name: update_note
UPDATE items SET note = :note WHERE id = :id;
""",
)


def _parameters(block: Block, signature: Signature, used: set[str]) -> Iterator[Disagreement]:
    places = block.all_lines.parameters

    def wrong(place: Parameter, rule: Rule, message: str, fix: str) -> Disagreement:
        return Disagreement(*block.all_lines.place_at(place.start), rule, message, fix)

    names = {place.name for place in places}
    meanings: dict[str, ParameterSource] = {}
    for place in places:
        try:
            source = resolve(place.name, place.line, signature)
            used.add(source.argument)
        except Unresolved as reason:
            yield wrong(place, PARAMETER_UNKNOWN, *reason.problem)
            used.update((*signature.arguments, *signature.changes))  # the name may be a misspelling of any of them
            continue
        try:
            getter(source, place.line, signature)
        except Unresolved as reason:
            yield wrong(place, PARAMETER_UNFIT, *reason.problem)
            continue
        if meanings.setdefault(place.name, source) != source:
            message = f":{place.name} comes from two different arguments in this statement"
            yield wrong(place, PARAMETER_UNKNOWN, message, "rename one argument")
        sealed = source.value.sealed if source.value and not source.derived else None
        if sealed and (missing := [f":{bound}" for bound in sealed.bind if bound not in names]):
            message = f":{place.name} is sealed to {', '.join(missing)}, which the statement does not use"
            fix = f"write {' and '.join(missing)} to the same row"
            yield wrong(place, PARAMETER_UNFIT, f"{message}; the value opens only in a row with these values", fix)


WHEN_CONDITION: Final = Rule(
    "when-condition",
    "error",
    "The condition of an optional line names an argument that may be None, or a value that the argument may have.",
    """\
The condition names something that is not an argument, an argument that is never None, or a value that its Literal
or Enum does not have. Correct the name or the value, or change the type of the argument. A line with two values of one
argument is never kept, because all conditions of a line must hold: write a line for each value.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID, *, name: str) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE
    owner_id = :owner_id
    AND name = :name  -- when name
ORDER BY id;
""",
    good="""\
--- items.py
@query
async def list_items(
    db: Executor, owner_id: UUID, *, name: str | None = None
) -> list[Item]: ...
""",
)
WHEN_MISSING: Final = Rule(
    "when-missing",
    "error",
    "Lines marked `-- when argument = value` cover each value that the argument may have.",
    """\
No line is kept for one of the values. Write a line for it.
""",
    bad="""\
--- items.py
Order = Literal["newest", "oldest"]

@query
async def list_items(db: Executor, owner_id: UUID, *, order: Order) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY
    created_at DESC,  -- when order = newest
    id;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY
    created_at DESC,  -- when order = newest
--  created_at,  -- when order = oldest
    id;
""",
)


def _conditions(block: Block, signature: Signature, used: set[str]) -> Iterator[Disagreement]:
    for line in block.lines:
        for condition in line.conditions:
            used.add(condition.argument)
            for finding in _condition(condition.argument, condition.value, signature):
                yield Disagreement(line.number, len(line.text) + 1, WHEN_CONDITION, *finding)
        values = Counter(each.argument for each in dict.fromkeys(line.conditions) if each.value is not None)
        for argument in (name for name, number in values.items() if number > 1):
            message = f"the line is never kept: {argument} cannot have two values at once"
            fix = "write a line for each value"
            yield Disagreement(line.number, len(line.text) + 1, WHEN_CONDITION, message, fix)
    for argument in dict.fromkeys(c.argument for c in block.conditions if c.value is not None):
        chosen = {condition.value for condition in block.conditions if condition.argument == argument}
        known = choices(signature.arguments[argument]) if argument in signature.arguments else ()
        if missing := [choice for choice in known if choice not in chosen]:
            message = f"no line is kept when {argument} = {', '.join(missing)}"
            fix = f"write a line for it: `-- when {argument} = {missing[0]}`"
            yield Disagreement(block.line, 1, WHEN_MISSING, message, fix)


RETURNING_MISSING: Final = Rule(
    "returning-missing",
    "error",
    "A write returns rows only with RETURNING.",
    """\
The function promises a row or rows, and its statement returns none. Add `RETURNING` and the model's columns, or
declare `RowCount` or `None`.
""",
    bad="""\
--- items.py
@query
async def rename_item(db: Executor, id: UUID, *, name: str) -> Item: ...
--- items.sql
-- name: rename_item
UPDATE items SET name = :name WHERE id = :id;
""",
    good="""\
--- items.sql
-- name: rename_item
UPDATE items SET name = :name WHERE id = :id RETURNING id, name;
""",
)
COUNT_OF_READ: Final = Rule(
    "count-of-read",
    "error",
    "A RowCount counts the rows that a statement changed.",
    """\
A SELECT, VALUES or TABLE changes no rows. Declare the type that the statement returns.
""",
    bad="""\
--- items.py
@query
async def count_items(db: Executor, owner_id: UUID) -> RowCount: ...
--- items.sql
-- name: count_items
SELECT count(*) AS number FROM items WHERE owner_id = :owner_id;
""",
    good="""\
--- items.py
@query
async def count_items(db: Executor, owner_id: UUID) -> int: ...
""",
)
STREAM_WRITES: Final = Rule(
    "stream-writes",
    "error",
    "A stream only reads. A write that returns rows returns a list.",
    """\
The statement of a stream changes rows, or locks them with `FOR UPDATE` or `FOR SHARE`. Declare a list.
""",
    bad="""\
--- items.py
@query
def take_items(db: Executor, owner_id: UUID) -> Stream[Item]: ...
--- items.sql
-- name: take_items
DELETE FROM items WHERE owner_id = :owner_id RETURNING id, name;
""",
    good="""\
--- items.py
@query
async def take_items(db: Executor, owner_id: UUID) -> list[Item]: ...
""",
)


def _result(block: Block, signature: Signature) -> Iterator[Disagreement]:
    if block.command:  # `commands` reports a function that promises a result
        return
    shape = signature.result.shape
    if shape in ("one", "optional", "list", "stream") and not block.returns_rows:
        message = f"{block.verb} without RETURNING returns no rows, but the signature promises rows"
        fix = "write RETURNING and the columns, or declare RowCount or None"
        yield Disagreement(block.line, 1, RETURNING_MISSING, message, fix)
    if shape == "count" and block.verb in ("SELECT", "VALUES", "TABLE"):
        fix = f"declare what this {block.verb} returns"
        yield Disagreement(
            block.line, 1, COUNT_OF_READ, "a RowCount counts changed rows, and this statement changes none", fix
        )
    if shape == "stream" and block.writes:
        yield Disagreement(
            block.line, 1, STREAM_WRITES, "a stream must only read", "declare a list for the rows of a write"
        )


def _condition(name: str, value: str | None, signature: Signature) -> Iterator[tuple[str, str]]:
    argument = signature.arguments.get(name)
    if argument is None:
        there = ", ".join(signature.arguments) or "it has no arguments"
        yield f"`when {name}`: the function has no such argument", f"name one of its arguments ({there})"
    elif value is None and not argument.optional:
        yield f"`when {name}`: the argument can never be None, so the line is always kept", "delete the comment"
    elif value is not None and value not in choices(argument):
        allowed = ", ".join(choices(argument)) or "unknown, because its type is not a Literal or an Enum of text"
        yield (
            f"`when {name} = {value}`: the argument's values are {allowed}",
            "correct the value, or add it to the type",
        )
