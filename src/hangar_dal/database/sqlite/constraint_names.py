"""The names that a table gives to its keys. SQLite keeps them only in the text of CREATE TABLE. Below `errors`."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from hangar_dal.sqlscan import Kind, Token, tokens_of

Key = tuple[str, tuple[str, ...]]
_KINDS: Final[Mapping[str, Literal["FOREIGN", "PRIMARY", "UNIQUE"]]] = {
    "FOREIGN": "FOREIGN",
    "PRIMARY": "PRIMARY",
    "REFERENCES": "FOREIGN",
    "UNIQUE": "UNIQUE",
}


def constraint_names(table: str, raw: sqlite3.Connection) -> Mapping[Key, str]:
    """Return the names of FOREIGN, PRIMARY and UNIQUE keys by kind and columns, in lower case. Others have no name."""
    found = raw.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
    return {} if found is None else {key: name for part in _parts(found[0]) for key, name in _named(part)}


def key_of(kind: str, columns: Sequence[str]) -> Key:
    return kind, tuple(column.lower() for column in columns)


def name_of(token: Token) -> str:
    """Return the name without its quotes."""
    return token.text[1:-1].replace('""', '"') if token.kind is Kind.NAME else token.text


def _parts(text: str) -> Iterator[list[Token]]:
    """Yield the tokens of each column and each constraint of a CREATE TABLE."""
    depth, part = 0, list[Token]()
    for token in tokens_of(text, "sqlite"):
        depth -= token.text == ")"
        if depth == 1 and token.text == ",":
            yield part
            part = []
        elif depth >= 1 and token.kind is not Kind.COMMENT:
            part.append(token)
        depth += token.text == "("
    yield part


def _named(part: list[Token]) -> Iterator[tuple[Key, str]]:
    words = [token.text.upper() for token in part]
    for number, word in enumerate(words):
        kind = _KINDS.get("".join(words[number + 2 : number + 3]))
        if word == "CONSTRAINT" and kind is not None:
            after = number + 3 + (words[number + 3 : number + 4] == ["KEY"])
            columns = part[:1]
            if words[number + 2] != "REFERENCES" and words[after : after + 1] == ["("]:
                columns = [token for token in part[after + 1 : words.index(")", after)] if token.text != ","]
            yield key_of(kind, list(map(name_of, columns))), name_of(part[number + 1])
