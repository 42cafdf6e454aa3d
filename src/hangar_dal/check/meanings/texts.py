"""Find texts, times and JSON that the databases understand in different ways."""

import re
from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.sql.value_kinds import Kinds

_KEY: Final = re.compile(r"(?!\d+\Z)[^$.\[\]\"]+")
_TIMES: Final = frozenset({"instant", "date"})
_SORTED_APART: Final = frozenset({"enum", "json", "list"})
_COMPARED: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
_ORDERS: Final = (exp.GT, exp.GTE, exp.LT, exp.LTE)


def in_texts(node: exp.Expr, kinds: Kinds) -> Iterator[str]:
    """Yield the names of the differences in texts, times and JSON."""
    match node:
        case exp.Lower() | exp.Upper():
            if _may_hold_other_letters(node.this, kinds):
                yield "case_folding"
        case exp.Substring():
            yield from _substring(node, kinds)
        case exp.Format():
            text = node.this.name if isinstance(node.this, exp.Literal) else "%s"
            if re.search(r"%(?!s|%)", text.replace("%%", "")):
                yield "format"
        case exp.HexString():
            yield "bit_string"
        case exp.Add() | exp.Sub():
            if _TIMES & {kinds.of(node.this).name, kinds.of(node.expression).name}:
                yield "time_arithmetic"
        case exp.JSONExtractScalar() | exp.JSONExtract():
            yield from _json(node)
        case exp.Anonymous() if node.name.lower() == "json_each":
            yield "json_each"
    yield from _ordered(node, kinds)


def _may_hold_other_letters(value: exp.Expr, kinds: Kinds) -> bool:
    """Return whether lower() or upper() may change a letter beyond ASCII on PostgreSQL.

    In the collation "C", PostgreSQL changes only ASCII letters, as SQLite does.
    """
    if isinstance(value, exp.Literal):
        return not value.name.isascii()
    if value.find(exp.JSONExtractScalar) is not None and value.find(exp.Collate) is None:
        return True  # a text from JSON has the default collation
    texts = [each for each in value.find_all(exp.Column, exp.Placeholder) if kinds.of(each).name == "text"]
    columns = [kinds.column(each) for each in texts]
    if any(column is None and isinstance(text, exp.Column) for column, text in zip(columns, texts, strict=True)):
        return False  # the collation of a column of a subquery is not known
    known = [column for column in columns if column is not None]
    return any(column.detail == "locale" for column in known) if known else bool(texts)


def _substring(node: exp.Substring, kinds: Kinds) -> Iterator[str]:
    start, length = node.args.get("start"), node.args.get("length")
    if any(isinstance(each, exp.Expr) and _may_be_negative(each.unnest(), node) for each in (start, length)):
        yield "substr_negative"
    elif start is not None and length is None and kinds.of(start).name == "text":
        yield "substring_pattern"


def _may_be_negative(value: exp.Expr, substring: exp.Expr) -> bool:
    """Return whether a start or a length is negative, or is a difference that no condition of the statement limits."""
    if not isinstance(value, exp.Sub):
        return isinstance(value, exp.Neg)
    parts = [each for each in value.find_all(exp.Column, exp.Placeholder, exp.Func) if not isinstance(each, exp.Cast)]
    compared = (side for test in substring.root().find_all(*_COMPARED) for side in test.iter_expressions())
    return bool(parts) and not any(side.unnest() in (value, value.this.unnest()) for side in compared)


def _json(node: exp.Expr) -> Iterator[str]:
    key = node.expression
    if isinstance(key, exp.JSONPath):
        names = [part.this for part in key.expressions if isinstance(part, exp.JSONPathKey)]
        if any(not _KEY.fullmatch(str(name)) for name in names):
            yield "json_key"
    elif isinstance(key, exp.Neg):
        yield "json_key"
    if isinstance(node, exp.JSONExtractScalar) and not isinstance(node.parent, exp.Cast) and not _is_tested(node):
        yield "json_text"


def _is_tested(node: exp.Expr) -> bool:
    return isinstance(node.parent, exp.Is) and isinstance(node.parent.expression, exp.Null)


def _ordered(node: exp.Expr, kinds: Kinds) -> Iterator[str]:
    compared: list[exp.Expr] = []
    if isinstance(node, exp.Ordered):
        compared = [kinds.binding.sort_key(node)]
    elif isinstance(node, exp.Max | exp.Min):
        compared = [node.this]
    elif isinstance(node, _ORDERS):
        compared = [node.this, node.expression]
    elif isinstance(node, exp.Between):
        compared = [node.this]
    if any(kinds.of(each).name in _SORTED_APART for each in compared):
        yield "order"
