"""Report equal blocks whose text has a different meaning on each database.

Needs no parser.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Final

from hangar_dal.check.model import Tables
from hangar_dal.check.rules.narrow_columns import may_be_negative, may_be_zero
from hangar_dal.check.statement_info import StatementInfo
from hangar_dal.check.statements.locations import finding_at
from hangar_dal.check.statements.sending import sources
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.check.storage_types import has_other_form
from hangar_dal.database.types import ValueType, kind_of
from hangar_dal.query.clauses import ClauseScope, scopes
from hangar_dal.query.meanings import MEANINGS
from hangar_dal.query.sources import Unresolved, resolve
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlblock import Parameter
from hangar_dal.sqlscan import Kind, between_commas


def _row(cells: Sequence[str]) -> str:
    escaped = [cell.replace("|", r"\|") for cell in cells]
    return f"| {' | '.join(cell[0].upper() + cell[1:] for cell in escaped)} |"


_TABLE: Final = "\n".join(map(_row, [("construct", "why", "instead"), ("---", "---", "---"), *MEANINGS.values()]))
MEANING_DIFFERS: Final = Rule(
    "meaning-differs",
    "error",
    "A statement that is equal in both SQL files means the same on both databases.",
    f"""\
Both databases accept each of these constructs, and understand it in different ways. The types of columns, as
PostgreSQL has them, decide where it matters: `round(price)` is refused for a `double precision`, not for a `bigint`.
Constants that do no harm, such as `substr(x, 1, 5)`, are fine. So are numbers whose annotation leaves out the values
that make the difference: declare a parameter of LIMIT, OFFSET or substr() as `Annotated[int, Field(ge=0)]`. Of a query
whose two blocks differ, only the texts that SQLite stores for timestamps, dates and uuids are checked.

{_TABLE}

Not refused, although it differs: arithmetic on columns that overflows or leaves a function's domain, such as `sqrt` of
a negative number, which PostgreSQL reports as an error; decimal fractions, which are exact on PostgreSQL only; what
depends on the content of a JSON document; and `ON CONFLICT DO UPDATE` of a list that has a key twice, which is an error
on PostgreSQL, while SQLite updates the row twice. The bodies of views and triggers are not checked.

`CAST(doc ->> 'key' AS text)` is the same for texts and integers. But true is `true` on PostgreSQL and `1` on SQLite,
and objects and lists have other spaces. `CAST(doc ->> 'key' AS bigint)` raises an error on PostgreSQL if the value is
no integer. `CAST(doc ->> 'key' AS boolean)` is the same for true and false, and `doc -> 'key'` as a `JsonValue` is the
same for every value. SQLite has `->` and `->>` since 3.38. For 3.37, let the blocks differ and write
`json_extract(doc, '$.key')` for SQLite.
""",
    bad="""\
--- items.py
@query
async def list_new_items(
    db: Executor, owner_id: UUID, since: datetime
) -> list[Item]: ...
--- items.sql
-- name: list_new_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id AND created_at >= CAST(:since AS timestamptz)
ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_new_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id AND created_at >= :since
ORDER BY id;
""",
)


def compare_meanings(checked: CheckedVariant, info: StatementInfo, twin: Tables | None) -> Iterator[Finding]:
    """Yield a finding for each difference in a PostgreSQL block.

    For blocks that do not run on both databases, reports only subqueries that may return several rows where one value
    is expected, and texts that SQLite would store in another form. `twin` are the tables of PostgreSQL for SQLite.
    """
    if checked.block.dialect == "sqlite":
        yield from () if checked.block.runs_on_both or twin is None else _written(checked, info, twin)
        return
    for difference in info.differences:
        if not checked.block.runs_on_both and difference.meaning != "many_as_one":
            continue
        meaning = MEANINGS[difference.meaning]
        yield finding_at(checked, MEANING_DIFFERS, meaning.message, meaning.instead, at=difference.at)
    if checked.block.runs_on_both:
        for name, parameter, may_be, fix in _of_arguments(checked):
            message = f":{parameter.name} may be {may_be}. {MEANINGS[name].message}"
            yield finding_at(checked, MEANING_DIFFERS, message, fix, at=parameter.start)


def _of_arguments(checked: CheckedVariant) -> Iterator[tuple[str, Parameter, str, str]]:
    """Yield the difference, the parameter, the value that its annotation allows, and what to write instead."""
    limited = "limit the argument by Annotated[int, Field(ge={})]"
    for parameter, value in _numbers(checked, _after(checked, "/", "%")):
        if may_be_zero(value):
            yield "division_zero", parameter, "0", f"divide by nullif(:{parameter.name}, 0), or {limited.format(1)}"
    for parameter, value in _numbers(checked, _after(checked, "LIMIT", "OFFSET")):
        if may_be_negative(value):
            yield "limit", parameter, "negative", limited.format(0)
        if _may_be_none(checked, parameter):
            yield "limit", parameter, "None", MEANINGS["limit"].instead
    for parameter, value in _numbers(checked, set(_places_in_texts(checked))):
        if may_be_negative(value):
            yield "substr_negative", parameter, "negative", limited.format(0)


def _written(checked: CheckedVariant, info: StatementInfo, twin: Tables) -> Iterator[Finding]:
    """Yield a finding for each text that SQLite stores in another form than that of its column's kind.

    Lists and bytes have a form of their own on SQLite, in blocks that differ.
    """
    meaning = MEANINGS["literal_form"]
    for use in info.column_uses:
        column = twin.columns.get(use.table, {}).get(use.column)
        if column is None or use.text is None or not use.written or column.kind in ("bytes", "bool"):
            continue
        if not column.kind.startswith("list:") and has_other_form(column.kind, use.text):
            yield finding_at(checked, MEANING_DIFFERS, meaning.message, meaning.instead, at=use.at)


def _numbers(checked: CheckedVariant, places: Collection[int]) -> Iterator[tuple[Parameter, ValueType]]:
    """Yield the parameters at these offsets with their types, if they are arguments and numbers."""
    given = sources(checked)
    for parameter in checked.variant.parameters:
        source = given.get(parameter.name) if parameter.start in places else None
        value = source.value if source is not None and not source.derived else None
        if value is not None and kind_of(value) in ("int", "float"):
            yield parameter, value


def _after(checked: CheckedVariant, *words: str) -> set[int]:
    """Return the offsets of the tokens directly after one of these words or operators."""
    code = [token for token in checked.variant.tokens if token.kind is not Kind.COMMENT]
    return {token.start for before, token in pairwise(code) if before.text.upper() in words}


def _places_in_texts(checked: CheckedVariant) -> Iterator[int]:
    """Yield the offset of each start and each length in substr(), alone or in CAST."""
    for scope in scopes(checked.variant):
        for argument in list(between_commas(scope.items))[1:] if scope.before in ("SUBSTR", "SUBSTRING") else ():
            first, last = argument[0], argument[-1]
            if isinstance(last, ClauseScope) and len(argument) == 2 and last.before == "CAST":
                yield last.offset(0)
            elif len(argument) == 1:
                yield first.start


def _may_be_none(checked: CheckedVariant, parameter: Parameter) -> bool:
    try:
        source = resolve(parameter.name, parameter.line, checked.query.signature)
    except Unresolved:  # `parameter-unknown` reports it
        return False
    conditional = {condition.argument for condition in parameter.line.conditions}
    return source.optional and source.argument not in conditional
