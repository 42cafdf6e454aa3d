"""Report equal blocks whose text has a different meaning on each database.

Needs no parser.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from hangar_dal.check.model import Tables
from hangar_dal.check.rules.narrow_columns import may_be_zero
from hangar_dal.check.statement_info import StatementInfo
from hangar_dal.check.statements.locations import finding_at
from hangar_dal.check.statements.sending import sources
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.check.storage_types import has_other_form
from hangar_dal.database.types import kind_of
from hangar_dal.query.meanings import MEANINGS
from hangar_dal.query.sources import Unresolved, resolve
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlblock import Parameter
from hangar_dal.sqlscan import Kind


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
Constants that do no harm, such as `substr(x, 1, 5)`, are fine. Of a query whose two blocks differ, only the texts that
SQLite stores for timestamps, dates and uuids are checked.

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
    for parameter in _divisors(checked) if checked.block.runs_on_both else ():
        meaning = MEANINGS["division_zero"]
        message = f":{parameter.name} may be 0. {meaning.message}"
        fix = f"divide by nullif(:{parameter.name}, 0), or limit the argument by Annotated[int, Field(ge=1)]"
        yield finding_at(checked, MEANING_DIFFERS, message, fix, at=parameter.start)
    for parameter in _counts(checked) if checked.block.runs_on_both else ():
        if _may_be_none(checked, parameter):
            meaning = MEANINGS["limit"]
            message = f":{parameter.name} may be None. {meaning.message}"
            yield finding_at(checked, MEANING_DIFFERS, message, meaning.instead, at=parameter.start)


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


def _divisors(checked: CheckedVariant) -> Iterator[Parameter]:
    """Return the parameters directly after `/` or `%` whose argument may be 0."""
    code = [token for token in checked.variant.tokens if token.kind is not Kind.COMMENT]
    places = {token.start for before, token in pairwise(code) if before.text in ("/", "%")}
    given = sources(checked)
    for parameter in checked.variant.parameters:
        source = given.get(parameter.name) if parameter.start in places else None
        value = source.value if source is not None and not source.derived else None
        if value is not None and kind_of(value) in ("int", "float") and may_be_zero(value):
            yield parameter


def _counts(checked: CheckedVariant) -> Iterator[Parameter]:
    """Return the parameters directly after LIMIT or OFFSET."""
    code = [token for token in checked.variant.tokens if token.kind is not Kind.COMMENT]
    places = {token.start for before, token in pairwise(code) if before.text.upper() in ("LIMIT", "OFFSET")}
    return (parameter for parameter in checked.variant.parameters if parameter.start in places)


def _may_be_none(checked: CheckedVariant, parameter: Parameter) -> bool:
    try:
        source = resolve(parameter.name, parameter.line, checked.query.signature)
    except Unresolved:  # `parameter-unknown` reports it
        return False
    conditional = {condition.argument for condition in parameter.line.conditions}
    return source.optional and source.argument not in conditional
