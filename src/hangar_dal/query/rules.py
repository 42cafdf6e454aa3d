"""What a statement must not say, whatever its signature: the mistakes that prepare and run, and are wrong.

Read from its words alone; each rule has a way to say that it is meant, which the finding names. Stands above
`sqlblock`, beside `comparison`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from hangar_dal.sqlblock import Block
from hangar_dal.sqlscan import Kind, Token

_CLOCKS: Final = {"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP"}
_CLOCK_FUNCTIONS: Final = {"NOW", "CLOCK_TIMESTAMP", "STATEMENT_TIMESTAMP", "TRANSACTION_TIMESTAMP"}
_LIST_STARTS: Final = {"SELECT", "DISTINCT", "ALL", "RETURNING"}
_AROUND_ORDER: Final = {"BY", "", ",", ")", "ASC", "DESC", "NULLS", "LIMIT", "OFFSET", "FETCH", "FOR"}
# Behind these, UPDATE and DELETE belong to another statement: DO UPDATE, FOR UPDATE, WHEN MATCHED THEN DELETE.
_NO_STATEMENT: Final = {"DO", "FOR", "KEY", "THEN", "ON"}

Finding = tuple[int, str]


@dataclass(slots=True)
class _Scope:
    """One level of parentheses: what its own words have said so far."""

    words: set[str] = field(default_factory=set)
    clause: str = ""
    changes: Token | None = None


def broken_rules(block: Block) -> Iterator[Finding]:
    """Each with its line, in the order of the text."""
    tokens = [token for token in block.all_arms.tokens if token.kind not in (Kind.SPACE, Kind.COMMENT)]
    texts = [token.text.upper() for token in tokens]
    for token, finding in sorted(_broken(tokens, texts), key=lambda found: found[0].start):
        yield block.all_arms.line_of(token).number, finding


def _broken(tokens: list[Token], texts: list[str]) -> Iterator[tuple[Token, str]]:
    scopes = [_Scope()]
    for index, (token, text) in enumerate(zip(tokens, texts, strict=True)):
        before = texts[index - 1] if index else ""
        after = texts[index + 1] if index + 1 < len(texts) else ""
        scope = scopes[-1]
        if token.kind is Kind.WORD:
            yield from _words(token, text, before, after, scope)
        elif text == "*" and (before in {*_LIST_STARTS, "."} or (before == "," and after in {",", "FROM", ""})):
            yield token, "`*` follows the table, not the model; list the columns in the model's order"
        elif text.strip("'") == "NOW" and token.kind is Kind.STRING:
            yield token, "'now' is the database's clock; write :now, the clock that tests can set"
        elif token.kind is Kind.PARAMETER and scope.clause == "ORDER" and {before, after} <= _AROUND_ORDER:
            yield token, f"ORDER BY {token.text} sorts nothing: a parameter is a value; write an arm for each order"
        elif text == "(":
            scopes.append(_Scope())
        elif text == ")" and len(scopes) > 1:
            yield from _unbounded(scopes.pop())
    for scope in scopes:
        yield from _unbounded(scope)


def _words(token: Token, text: str, before: str, after: str, scope: _Scope) -> Iterator[tuple[Token, str]]:
    if text in _CLOCKS or (text in _CLOCK_FUNCTIONS and after == "("):
        yield token, f"{token.text} is the database's clock; write :now, the clock that tests can set"
    if text in ("UPDATE", "DELETE") and before not in _NO_STATEMENT and "." not in (before, after):
        scope.changes = token
    if text == "LIMIT" and "ORDER" not in scope.words:
        yield token, "LIMIT without ORDER BY keeps rows by chance; say which come first"
    if text in ("ORDER", "GROUP", "LIMIT", "OFFSET", "FETCH", "WHERE", "RETURNING"):
        scope.clause = text
    scope.words.add(text)


def _unbounded(scope: _Scope) -> Iterator[tuple[Token, str]]:
    if scope.changes is not None and "WHERE" not in scope.words:
        verb = scope.changes.text.upper()
        yield scope.changes, f"{verb} without WHERE reaches every row; if all are meant, write WHERE TRUE"
