"""Write Python as `ruff format` does, so that it stays unchanged when a project formats its code.

What is longer than the shorter usual length of a line is split with a comma behind each part. `ruff format` keeps such
parts apart, also if the project has longer lines.
"""

import ast
import re
import tokenize
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Final

WIDTH: Final = 88
_INDENT: Final = "    "
_PREFIX: Final = re.compile("[A-Za-z]*")


def quoted(value: str) -> str:
    """Return a literal of the text, in double quotes unless it has more double quotes than single quotes."""
    quote = '"' if value.count('"') <= value.count("'") else "'"
    return quote + "".join(_escaped(each, quote) for each in value) + quote


def as_text(node: ast.AST) -> str:
    """Return an expression in one line."""
    parts: list[str] = []
    text, end = ast.unparse(node), 0  # one line, and its strings are in single quotes
    for token in tokenize.generate_tokens(StringIO(text).readline):
        if token.type == tokenize.STRING:
            parts += [text[end : token.start[1]], _requoted(token.string)]
            end = token.end[1]
    return "".join([*parts, text[end:]])


def in_lines(text: str, indent: int, before: str, after: str) -> list[str]:
    """Return an expression between `before` and `after`: in one line if it fits, else with a line for each part."""
    line = f"{_INDENT * indent}{before}{text}{after}"
    return [line] if len(line) <= WIDTH else list(_split(ast.parse(text, mode="eval").body, indent, before, after))


def _split(node: ast.expr, indent: int, before: str, after: str) -> Iterator[str]:
    margin, text = _INDENT * indent, as_text(node)
    parts = _parts(node)
    if len(f"{margin}{before}{text}{after}") <= WIDTH or parts is None:
        yield f"{margin}{before}{text}{after}"
        return
    opened, items, closed = parts
    comma = "," if len(items) > 1 or closed == ")" else ""  # `list[int,]` is not `list[int]`
    yield f"{margin}{before}{opened}"
    for name, item in items:
        yield from _split(item, indent + 1, name, comma)
    yield f"{margin}{closed}{after}"


def _parts(node: ast.expr) -> tuple[str, Sequence[tuple[str, ast.expr]], str] | None:
    """Return an expression with brackets as what is before, in, and behind them; None if it has none."""
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) and node.slice.elts else [node.slice]
        return f"{as_text(node.value)}[", [("", each) for each in inner], "]"
    if isinstance(node, ast.Call) and (node.args or node.keywords):
        named = [(f"{each.arg}=" if each.arg else "**", each.value) for each in node.keywords]
        return f"{as_text(node.func)}(", [*(("", each) for each in node.args), *named], ")"
    return None


def _requoted(literal: str) -> str:
    prefix = _PREFIX.match(literal)
    value = ast.literal_eval(literal)
    return quoted(value) if isinstance(value, str) and not (prefix and prefix[0]) else literal


def _escaped(char: str, quote: str) -> str:
    if char in (quote, "\\"):
        return f"\\{char}"
    return char if char.isprintable() else repr(char)[1:-1]
