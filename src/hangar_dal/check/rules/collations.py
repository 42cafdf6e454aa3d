"""Find texts that PostgreSQL sorts by the rules of a language. SQLite sorts by bytes, so the order differs.

The default collation of a database counts as a language too: it is chosen when the database is created, not by the
migrations.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import exp

from hangar_dal.check.model import TableColumn
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.derived_texts import derived_texts, sorted_values
from hangar_dal.check.sql.parse import of_type
from hangar_dal.rules import Rule

COLLATION_DIFFERS: Final = Rule(
    "collation-differs",
    "error",
    'Texts are sorted and compared by the collation "C" on PostgreSQL, as SQLite does it.',
    """\
This applies to `ORDER BY brand`, `brand > :brand` and `max(brand)` if the PostgreSQL column has another collation
than `"C"`. SQLite sorts texts by their bytes. A language sorts `a` before `B`, so lists and pages come in another
order. A column without COLLATE has the default of its database, which the migrations do not show. Write
`brand text COLLATE "C"` in a migration, or `ORDER BY brand COLLATE "C"` in the PostgreSQL file. Equality is the same
in every collation.

A text that comes from no column has the default collation too: `CASE WHEN price > 9 THEN 'Dear' ELSE 'cheap' END`, a
UNION of literals, and `CAST(data ->> 'key' AS text)`. SQLite has no collation `"C"`, so write
`ORDER BY CAST(data ->> 'key' AS text) COLLATE "C"` in the PostgreSQL file and let the blocks differ.
""",
    bad="""\
--- items.py
@query
async def list_items_by_brand(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_items_by_brand
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY brand, id;
""",
    good="""\
--- sqlite/items.sql
-- name: list_items_by_brand
-- differs: PostgreSQL sorts brands by a language, unless the collation is given.
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY brand, id;
--- postgresql/items.sql
-- name: list_items_by_brand
-- differs: PostgreSQL sorts brands by a language, unless the collation is given.
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY brand COLLATE "C", id;
""",
)
_ORDERED: Final = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between)
# Expressions whose result has the collation of their arguments.
_KEEPS_COLLATION: Final = (
    exp.Paren, exp.Lower, exp.Upper, exp.Coalesce, exp.Trim, exp.DPipe, exp.Concat, exp.Substring, exp.Max, exp.Min,
    exp.Tuple,
)  # fmt: skip
# Every collation sorts words that are all upper case, or all lower case, like their bytes.
_ONE_CASE: Final = re.compile(r"[A-Z]+(,[A-Z]+)*|[a-z]+(,[a-z]+)*")


def collations(binding: Binding) -> Iterator[Remark]:
    if binding.dialect != "postgresql":
        return
    for order in of_type(binding.nodes, exp.Order):
        for ordered in order.expressions:
            key = binding.sort_key(ordered)
            yield from _remarks(key, "sorts by", binding)
            yield from _derived_remarks(sorted_values(ordered, binding), "sorts by", binding)
            if _is_unique(key, binding):
                break  # later sort keys have no effect
    for node in of_type(binding.nodes, *_ORDERED):
        sides = [side for name in ("this", "expression", "low", "high") if (side := node.args.get(name)) is not None]
        if not any(side.find(exp.Collate) for side in sides):
            for side in sides:
                yield from _remarks(side, "compares the order of", binding)
            yield from _derived_remarks(sides, "compares the order of", binding)
    for extreme in of_type(binding.nodes, exp.Max, exp.Min):
        yield from _remarks(extreme, "takes the first or last of", binding)
        yield from _derived_remarks([extreme.this], "takes the first or last of", binding)


def _derived_remarks(values: Sequence[exp.Expr], does: str, binding: Binding) -> Iterator[Remark]:
    """Yield a remark if all texts that these values may be have the default collation of PostgreSQL."""
    found = [leaf for value in values for leaf in derived_texts(value, binding)]
    literals = sorted({leaf.name for leaf in found if isinstance(leaf, exp.Literal)})
    if not found or None in found or (len(literals) == len(found) == 1):
        return
    if all(isinstance(leaf, exp.Literal) for leaf in found) and _ONE_CASE.fullmatch(",".join(filter(None, literals))):
        return
    message = f"the statement {does} a text that has the default collation on PostgreSQL: SQLite sorts by bytes"
    fix = 'write COLLATE "C" behind it in the PostgreSQL file, in blocks that differ, or sort by a column or a number'
    yield Remark(COLLATION_DIFFERS, next(leaf for leaf in found if leaf is not None), message, fix)


def _remarks(value: exp.Expr, does: str, binding: Binding) -> Iterator[Remark]:
    for column in _texts(value):
        stored = _stored(column, binding)
        if (
            stored is not None
            and stored.kind == "text"
            and stored.detail == "locale"
            and not _ONE_CASE.fullmatch(",".join(stored.allowed))
        ):
            name = column.sql(comments=False)
            message = f'the statement {does} {name}, whose collation on PostgreSQL is not "C": SQLite sorts by bytes'
            fix = f'give {name} COLLATE "C" in a migration, as SQLite has it'
            yield Remark(COLLATION_DIFFERS, column, message, fix)


def _texts(value: exp.Expr) -> Iterator[exp.Column]:
    """Yield the columns whose order decides the order of this value."""
    if isinstance(value, exp.Column) and not isinstance(value.this, exp.Star):
        yield value
    elif isinstance(value, _KEEPS_COLLATION):
        for part in (value.args.get("this"), value.args.get("expression"), *value.args.get("expressions", ())):
            if isinstance(part, exp.Expr):
                yield from _texts(part)


def _stored(column: exp.Column, binding: Binding) -> TableColumn | None:
    origin = binding.origin(column)
    return binding.tables.columns[origin[0]][origin[1]] if origin is not None else None


def _is_unique(key: exp.Expr, binding: Binding) -> bool:
    origin = binding.origin(key)
    return origin is not None and (origin[1],) in binding.tables.keys.get(origin[0], ())
