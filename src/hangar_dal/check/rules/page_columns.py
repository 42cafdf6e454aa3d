"""Find pages that begin after a value of one column with ties, so that rows with the same value are skipped.

`made_at < :after ORDER BY made_at DESC, id DESC LIMIT 20` may also be a filter. The name of the parameter decides:
`:after`, `:before`, `:cursor` and `:last_made_at` begin a page. Two bounds of one column are a range, and begin no
page. If a comparison of several columns begins the page, any other bound is a filter.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import exp

from hangar_dal.check.rules.keysets import KEYSET_ORDER, keysets_of
from hangar_dal.check.rules.page_bounds import Bound, Key, compared, decides, fixed_by, name_of, sorted_by
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.filters import filters
from hangar_dal.check.sql.parse import of_type, parameter_name

_WORDS: Final = frozenset({"after", "before", "cursor", "last", "previous"})
_CURSORS: Final = frozenset({"cursor", "last", "previous"})
_PARTS: Final = frozenset({"at", "id", "key", "value"})


def page_columns(binding: Binding) -> Iterator[Remark]:
    for select in of_type(binding.nodes, exp.Select):
        order = select.args.get("order")
        if order is None or not _is_page(select):
            continue
        held = list(filters(select, binding))
        if any(keysets_of(held, binding)):
            continue
        fixed = fixed_by(held, binding)
        keys = [key for key in (sorted_by(each, binding) for each in order.expressions) if key[0] not in fixed]
        bounds = [found for test in held if (found := compared(test.unnest(), binding)) is not None]
        of_first = [each for each in bounds if keys and name_of(each.column, binding) == keys[0][0]]
        if len(of_first) == 1 and of_first[0].is_down == keys[0][1]:
            whole = len(keys) == 1 or decides([keys[0][0], *fixed], of_first[0].column, binding)
            names = [name for name, _ in keys]
            is_page = any(_is_second(each, keys, binding) for each in bounds)
            yield from _judged(of_first[0], names, held, is_whole=whole, is_page=is_page)
        elif len(of_first) == 1:
            yield from _turned(of_first[0])
        elif not of_first:
            yield from _behind(bounds, keys, binding)


def _judged(
    found: Bound, sorts: Sequence[str], held: Sequence[exp.Expr], *, is_whole: bool, is_page: bool
) -> Iterator[Remark]:
    column, name = found.column, parameter_of(found.value)
    if not isinstance(column, exp.Column) or not name or not (is_page or begins_a_page(name, column.name.lower())):
        return
    sign = ("<" if found.is_down else ">") + ("" if found.is_strict else "=")
    if (found.is_strict or is_page) and not is_whole:
        message = f"{sign} :{name} skips the rows that are equal to the last one in {column.name}"
        listed = ", ".join(each.rpartition(".")[2] for each in sorts)
        fix = f"compare ({listed}), all columns of the ORDER BY; name the parameter otherwise if it is a filter"
        yield Remark(KEYSET_ORDER, column, message, fix, column=column.name.lower())
    elif not found.is_strict and is_whole and not any(isinstance(test.unnest(), exp.Or) for test in held):
        message = f"{sign}= :{name} returns the last row of the page before again"
        fix = f"write {sign.removesuffix('=')}"
        yield Remark(KEYSET_ORDER, column, message, fix, column=column.name.lower())


def _turned(found: Bound) -> Iterator[Remark]:
    """Yield a remark if the page of a cursor goes in the other direction than the ORDER BY.

    `:after` and `:before` may be filters there: the newest rows after a time.
    """
    column, name = found.column, parameter_of(found.value)
    is_cursor = name.partition("_")[0] in _CURSORS or name.endswith("_cursor")
    if isinstance(column, exp.Column) and is_cursor and begins_a_page(name, column.name.lower()):
        sign, way = ("<", "ascending") if found.is_down else (">", "descending")
        message = f"{sign} is the wrong direction for the ORDER BY, which is {way}"
        fix = f"write {'>' if found.is_down else '<'}; name the parameter otherwise if it is a filter"
        yield Remark(KEYSET_ORDER, column, message, fix, column=column.name.lower())


def _behind(bounds: Sequence[Bound], keys: Sequence[Key], binding: Binding) -> Iterator[Remark]:
    """Yield a remark if the page begins after a column that is not the first of the ORDER BY."""
    later = {name for name, _ in keys[1:]}
    for found in bounds:
        column, name = found.column, parameter_of(found.value)
        is_key = isinstance(column, exp.Column) and name_of(column, binding) in later
        if is_key and name and begins_a_page(name, column.name.lower()):
            first = keys[0][0].rpartition(".")[2]
            message = f"the page begins after {column.name}, but the rows are sorted by {first} first"
            fix = "compare the columns of the ORDER BY, all of them, in its order"
            yield Remark(KEYSET_ORDER, column, message, fix, column=column.name.lower())


def _is_second(found: Bound, keys: Sequence[Key], binding: Binding) -> bool:
    """Return whether this is `id < :id` in a query that also has `made_at < :made_at`.

    A bound of a unique key is no filter, so the two comparisons begin a page.
    """
    names = [name_of(found.column, binding)]
    is_key = isinstance(found.column, exp.Column) and decides(names, found.column, binding)
    return found.is_strict and is_key and keys[1:2] == [(names[0], found.is_down)]


def _is_page(select: exp.Select) -> bool:
    """Return whether LIMIT takes a page of the rows. `LIMIT 1`, OFFSET and GROUP BY do not make a page by key."""
    limit = select.args.get("limit")
    count = limit.args.get("expression") or limit.args.get("count") if limit is not None else None
    is_one = isinstance(count, exp.Literal) and count.name == "1"
    others = (select.args.get("group"), select.args.get("offset"))
    return count is not None and not is_one and not any(others)


def parameter_of(value: exp.Expr) -> str:
    """Return the name of the parameter; "" for any other expression."""
    while isinstance(value, exp.Paren | exp.Cast):
        value = value.this
    return parameter_name(value) if isinstance(value, exp.Placeholder) else ""


def begins_a_page(parameter: str, column: str) -> bool:
    """Return whether the name of the parameter refers to the last row of the previous page."""
    first, _, rest = parameter.partition("_")
    if parameter == column or first not in _WORDS:
        return parameter.endswith("_cursor")
    return rest in ("", column, *column.split("_"), *_PARTS)
