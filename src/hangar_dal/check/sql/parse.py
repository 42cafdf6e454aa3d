"""Parse statements with sqlglot, and walk their trees. An application that runs queries never imports sqlglot.

`bind` finds the column that a name means.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import Any, Final, TypeVar

from sqlglot import exp
from sqlglot.dialects import Postgres, SQLite
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import TokenType

from hangar_dal.check.sql.parser_input import NO_KEYWORD, parser_input, place_of
from hangar_dal.sqlscan import Dialect, Unterminated

# sqlglot logs a warning for each statement that it parses as a `Command`.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

_DIALECTS: Final[dict[Dialect, Any]] = {"sqlite": SQLite(), "postgresql": Postgres()}
# The parser's keywords that are ordinary names in statements of the database, such as a column `lock`.
_NAMES_ON_POSTGRESQL: Final = """
alter describe drop function glob lock partitioned_by qualify regexp revoke rlike rollback uncache xor
"""
_NAMES_ON_SQLITE: Final = """
current_user describe fetch for function grant ilike interval lateral lock partitioned_by qualify revoke rlike
tablesample uncache xor
"""
_SAME_VALUE: Final = (exp.Paren, exp.Cast, exp.Alias)

_Node = TypeVar("_Node", bound=exp.Expr)


def _null(parser: Any, token: Any) -> Any:
    """Return a NULL node with its offset. By default, the parser stores only offsets of names and literals."""
    return parser.expression(exp.Null()).update_positions(token)


def _parameter(parser: Any) -> Any:
    """Return the node of `:name` with its offset."""
    plain: Any = Parser.PLACEHOLDER_PARSERS[TokenType.COLON]
    found = plain(parser)
    return found.update_positions(parser._prev) if found is not None else None


def _key_and_value(parser: Any) -> Any:
    """Return a key and a value of `json_object()`. By default, the value may not be a comparison."""
    parser._match_text_seq("KEY")
    key = parser._parse_column()
    parser._match_set(parser.JSON_KEY_VALUE_SEPARATOR_TOKENS)
    parser._match_text_seq("VALUE")
    value = parser._parse_disjunction()
    return parser.expression(exp.JSONKeyValue(this=key, expression=value)) if key or value else None


def _parser_of(dialect: Any) -> Callable[[], Any]:
    """Return a factory for the dialect's parser, extended to store NULLS FIRST, and offsets of NULL and parameters."""
    known = dialect.parser_class

    def ordered(parser: Any, parse_method: Any = None) -> Any:
        found = known._parse_ordered(parser, parse_method)
        if found is not None:
            before = parser._tokens[parser._index - 2 : parser._index - 1]
            found.meta["has_place"] = [each.text.upper() for each in before] == ["NULLS"]
        return found

    kept = {
        "_parse_ordered": ordered,
        "PRIMARY_PARSERS": {**known.PRIMARY_PARSERS, TokenType.NULL: _null},
        "PLACEHOLDER_PARSERS": {**known.PLACEHOLDER_PARSERS, TokenType.COLON: _parameter},
        "_parse_json_key_value": _key_and_value,
    }
    with_places: Any = type("WithPlaces", (known,), kept)
    return partial(with_places, dialect=dialect)


def _tokenizer_of(dialect: Any, names: str) -> Callable[[str], Any]:
    """Return a function that splits a text into the dialect's tokens, in which these words are names."""
    known = dialect.tokenizer_class
    left_out = {name.upper() for name in names.split()}
    keywords = {word: type_ for word, type_ in known.KEYWORDS.items() if word not in left_out}
    made: Any = type("WithNames", (known,), {"KEYWORDS": keywords})
    return lambda text: made(dialect=dialect).tokenize(text)


_TOKENS: Final[dict[Dialect, Callable[[str], Any]]] = {
    "postgresql": _tokenizer_of(_DIALECTS["postgresql"], _NAMES_ON_POSTGRESQL),
    "sqlite": _tokenizer_of(_DIALECTS["sqlite"], _NAMES_ON_SQLITE),
}
_PARSERS: Final[dict[Dialect, Callable[[], Any]]] = {dialect: _parser_of(made) for dialect, made in _DIALECTS.items()}


@lru_cache(maxsize=4096)
def parsed(text: str, dialect: Dialect) -> exp.Expr | None:
    """Return the tree of a statement; None if it is not understood, or if the text has several statements.

    The tree is cached. Callers must not change it.
    """
    try:
        read = parser_input(text, dialect)
        trees = _PARSERS[dialect]().parse(_TOKENS[dialect](read), read) if read is not None else []
    except (SqlglotError, Unterminated, RecursionError):
        return None
    tree: exp.Expr | None = trees[0] if len(trees) == 1 else None
    if tree is None or isinstance(tree, exp.Command):
        return None
    for empty in tree.find_all(exp.HexString, exp.BitString) if "''" in text else ():
        empty.set("this", empty.this or "0")  # the parser would fail to write X'' back
    return tree


@lru_cache(maxsize=64)  # the rules ask about one statement after the other
def nodes_of(text: str, dialect: Dialect) -> tuple[exp.Expr, ...]:
    """Return all nodes of the tree, the root first; () if the statement is not understood."""
    tree = parsed(text, dialect)
    return tuple(below(tree)) if tree is not None else ()


def below(root: exp.Expr) -> list[exp.Expr]:
    """Return the node and everything below it, in the order of `root.walk()`, which is several times slower."""
    found = [root]
    for node in found:  # the loop adds to the list it reads
        found += node.iter_expressions()
    return found


def of_type(nodes: Iterable[exp.Expr], *types: type[_Node]) -> list[_Node]:
    """Return the nodes of these types, in the same order."""
    return [node for node in nodes if isinstance(node, types)]


def place_in(node: exp.Expr, text: str, dialect: Dialect) -> int | None:
    """Return the offset of the node's first name, literal, parameter or NULL in the text; None if it has none."""
    starts = [each.meta["start"] for each in node.walk() if "start" in each.meta]
    return place_of(min(starts), text, dialect) if starts else None


def has_place(ordered: exp.Expr) -> bool:
    """Return whether a sort key has NULLS FIRST or NULLS LAST."""
    return bool(ordered.meta.get("has_place"))


def conjuncts(condition: exp.Expr | None) -> Iterator[exp.Expr]:
    """Yield the conditions that AND joins, in order; nothing for None."""
    waiting = [condition]  # a recursion would take quadratic time for a long chain
    while waiting:
        each = waiting.pop()
        if isinstance(each, exp.Where | exp.Paren):
            waiting.append(each.this)
        elif isinstance(each, exp.And):
            waiting += [each.expression, each.this]
        elif each is not None:
            yield each


def disjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the arms of an OR, in order; the condition itself if it is no OR."""
    waiting = [condition]
    while waiting:
        each = waiting.pop()
        if isinstance(each, exp.Or):
            waiting += [each.expression.unnest(), each.this.unnest()]
        else:
            yield each


def arms_of(query: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the queries that a UNION, EXCEPT or INTERSECT combines; the query itself if it is none.

    They are SELECT and VALUES.
    """
    if isinstance(query, exp.SetOperation):
        yield from arms_of(query.this)
        yield from arms_of(query.expression)
    elif isinstance(query, exp.Subquery):
        yield from arms_of(query.this)
    else:
        yield query


def copied_with(root: _Node, node: exp.Expr, other: exp.Expr) -> _Node:
    """Return a copy of the tree in which `other` replaces `node`."""
    place = [id(each) for each in root.walk()].index(id(node))
    copy = root.copy()
    list(copy.walk())[place].replace(other)
    return copy


def leaves(value: exp.Expr, *, is_exact: bool) -> Iterator[tuple[exp.Expr, bool]]:
    """Yield the values that an expression may return unchanged, such as the branches of a CASE.

    The second item is False for a value that is an argument of COALESCE, and `is_exact` otherwise.
    """
    if isinstance(value, _SAME_VALUE):
        yield from leaves(value.this, is_exact=is_exact)
    elif isinstance(value, exp.Case):
        for branch in (*(each.args["true"] for each in value.args["ifs"]), value.args.get("default")):
            if branch is not None:
                yield from leaves(branch, is_exact=is_exact)
    elif isinstance(value, exp.Coalesce):
        for each in (value.this, *value.expressions):
            yield from leaves(each, is_exact=False)
    else:
        yield value, is_exact


def parameter_name(placeholder: exp.Placeholder) -> str:
    """Return the name of a parameter as it is written in the file."""
    return placeholder.name.removeprefix(NO_KEYWORD)
