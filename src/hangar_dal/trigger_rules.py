"""Find the rules in the text of a trigger: each RAISE that rejects a row, with its message `name: text`.

Only a message that is one string literal certainly contains no row value. SQLite up to 3.46 accepts only literals;
later versions accept any expression, and PostgreSQL formats its messages.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from hangar_dal.sqlscan import Dialect, Kind, Token, Unterminated, scan

_RULE: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,62}): (\S.*)")
_REFUSING: Final = frozenset({"ABORT", "FAIL", "ROLLBACK"})
_TELLING: Final = frozenset({"DEBUG", "LOG", "INFO", "NOTICE", "WARNING"})
# Tokens that precede a PL/pgSQL statement. Elsewhere, RAISE is an ordinary word.
_BEFORE_STATEMENT: Final = frozenset({";", "BEGIN", "THEN", "ELSE", "LOOP", ">"})


class TriggerRule(NamedTuple):
    """A message of the form `name: text`."""

    name: str
    text: str


class Raise(NamedTuple):
    """A RAISE that rejects a row, and its offset. `action` is the action of SQLite, or `EXCEPTION` on PostgreSQL.

    `rule` is None if the message is not one string literal of the form `name: text`.
    """

    start: int
    action: str
    rule: TriggerRule | None


def rule_in(message: str) -> TriggerRule | None:
    """Return the rule in a message; None if the message is not `name: text` in one line."""
    found = _RULE.fullmatch(message)
    return TriggerRule(found[1], found[2]) if found else None


def raises_in(text: str, dialect: Dialect) -> Iterator[Raise]:
    """Yield each RAISE that rejects a row in a SQLite trigger or the body of a PL/pgSQL function."""
    try:
        tokens = [token for token in scan(text, dialect) if token.kind is not Kind.COMMENT]
    except Unterminated:
        return
    for at, token in enumerate(tokens):
        if token.kind is Kind.WORD and token.text.upper() == "RAISE":
            found = _sqlite(tokens[at:]) if dialect == "sqlite" else _postgresql(tokens, at)
            if found is not None:
                yield found


def is_rule_of(text: str, dialect: Dialect, rule: TriggerRule) -> bool:
    """Return whether a RAISE in this trigger or function has exactly this message."""
    return rule.name in text and any(found.rule == rule for found in raises_in(text, dialect))


def _sqlite(tokens: Sequence[Token]) -> Raise | None:
    """Parse `RAISE(ABORT, 'name: text')`; None if it does not reject a row."""
    words = [token.text.upper() for token in tokens[:4]]
    if len(words) < 4 or words[1] != "(" or words[2] not in _REFUSING or words[3] != ",":
        return None
    is_literal = [token.text for token in tokens[5:6]] == [")"]
    return Raise(tokens[0].start, words[2], _literal(tokens[4]) if is_literal else None)


def _postgresql(tokens: Sequence[Token], at: int) -> Raise | None:
    """Parse `RAISE EXCEPTION 'name: text' USING ...`, or with the message in USING.

    None for other levels and a bare RAISE.
    """
    if at and tokens[at - 1].text.upper() not in _BEFORE_STATEMENT:
        return None
    start = tokens[at].start
    end = next((n for n in range(at, len(tokens)) if tokens[n].kind is Kind.SEMICOLON), len(tokens))
    rest = tokens[at + 1 : end]
    level = rest[0].text.upper() if rest else ";"
    if level in _TELLING or level == ";":
        return None
    rest = rest[1:] if level == "EXCEPTION" else rest
    if rest and rest[0].kind is Kind.STRING:
        is_plain = len(rest) == 1 or rest[1].text.upper() == "USING"  # after a comma comes a value for a `%`
        return Raise(start, "EXCEPTION", _literal(rest[0], is_format=True) if is_plain else None)
    message = list(_message(rest))
    return Raise(start, "EXCEPTION", _literal(message[0]) if len(message) == 1 else None)


def _message(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens of the expression after `USING ... MESSAGE =`."""
    depth = 0
    is_message = False
    before = ""
    for token in tokens:
        word = token.text.upper()
        depth += (word in ("(", "[")) - (word in (")", "]"))
        if depth == 0 and word in ("USING", ","):
            is_message = False
        elif depth == 0 and word == "MESSAGE" and before in ("USING", ","):
            is_message = True
        elif is_message and not (word in (":", "=") and before in ("MESSAGE", ":")):
            yield token
        before = word


def _literal(token: Token, *, is_format: bool = False) -> TriggerRule | None:
    text = token.text
    if token.kind is not Kind.STRING or not text.startswith("'"):  # E'...' and $$...$$ exist only in PostgreSQL
        return None
    text = text[1:-1].replace("''", "'")
    if is_format:
        text = text.replace("%%", "\0")
        if "%" in text:
            return None
    return rule_in(text.replace("\0", "%"))
