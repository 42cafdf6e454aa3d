"""A SQL file as named blocks, and a block as the statements its arms can make.

Reads files, refuses what is not the format (`sql/README.md`), and says so with file and line, all findings at
once. Knows nothing of Python signatures. Stands above `sqlscan`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Final

from hangar_dal.sqlscan import Dialect, Kind, Token, Unterminated, scan

_HEADER = re.compile(r"-- name: ([a-z_][a-z0-9_]*)$")
_LABEL = re.compile(r"--\s*(\w+)\s*:?\s*(\S.*)?$")
_WHEN = re.compile(r"--\s*when\s+(.*)$")
_CONDITION = re.compile(r"([a-z_][a-z0-9_]*)(?:\s*=\s*([\w-]+))?$")
_DIRECTIVE = re.compile(r"--\s*(differs|scan):\s*(.*)$")
_READING: Final = frozenset({"SELECT", "VALUES"})
_WRITING: Final = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})
_VERBS: Final = _READING | _WRITING | {"REPLACE"}


@dataclass(frozen=True, slots=True)
class Condition:
    """`-- when argument` (it is not None) or `-- when argument = value`."""

    argument: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement, kept when all its conditions hold."""

    text: str
    number: int
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One place where `:name` stands, and what has to hold for its line to be there."""

    name: str
    start: int
    end: int
    line: Line


@dataclass(frozen=True)
class Block:
    """A named statement of one dialect."""

    name: str
    dialect: Dialect
    path: str
    line: int
    comment: tuple[str, ...]
    directives: dict[str, str]
    lines: tuple[Line, ...]

    @property
    def where(self) -> str:
        """`file:line` of the header, for messages."""
        return f"{self.path}:{self.line}"

    @property
    def differs(self) -> str | None:
        """The reason why this statement is not the same text in both dialects."""
        return self.directives.get("differs")

    @cached_property
    def source(self) -> str:
        """Everything that twins have in common: comment and text, without what says that they differ."""
        return "\n".join([*self.comment, *(f"{line.text} {line.conditions}" for line in self.lines)])

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition of the block once, in the order of the text."""
        return tuple(dict.fromkeys(condition for line in self.lines for condition in line.conditions))

    @cached_property
    def _words(self) -> tuple[tuple[str, int], ...]:
        """The bare words of all lines in upper case, each with the depth of its parentheses."""
        found, depth = [], 0
        for token in scan("\n".join(line.text for line in self.lines), self.dialect):
            if token.kind is Kind.WORD:
                found.append((token.text.upper(), depth))
            elif token.kind is Kind.OPERATOR:
                depth += (token.text == "(") - (token.text == ")")
        return tuple(found)

    @cached_property
    def verb(self) -> str:
        """What the statement does: its first word, or behind `WITH` the first verb outside of parentheses."""
        first = self._words[0][0] if self._words else ""
        if first != "WITH":
            return first
        return next((word for word, depth in self._words if depth == 0 and word in _VERBS), first)

    @cached_property
    def writes(self) -> bool:
        """Whether it changes or locks rows: its own verb does, or that of a `WITH` part, or it says FOR UPDATE."""
        return self.verb not in _READING or any(word in _WRITING for word, _ in self._words)

    @cached_property
    def returns_rows(self) -> bool:
        """Whether rows come back: it reads, or it writes with RETURNING."""
        return self.verb in _READING or ("RETURNING", 0) in self._words

    def variant(self, holds: Callable[[Condition], bool]) -> "Variant":
        """The statement that the arms make where these conditions hold."""
        return Variant(self.dialect, tuple(line for line in self.lines if all(map(holds, line.conditions))))


@dataclass(frozen=True)
class Variant:
    """One complete statement."""

    dialect: Dialect
    lines: tuple[Line, ...]

    @cached_property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Each place of each parameter, in the order of the text."""
        starts, position = [], 0
        for line in self.lines:
            starts.append(position)
            position += len(line.text) + 1
        found, index = [], 0
        for token in scan(self.text, self.dialect):
            if token.kind is Kind.PARAMETER:
                while index + 1 < len(starts) and starts[index + 1] <= token.start:
                    index += 1
                found.append(Parameter(token.text[1:], token.start, token.end, self.lines[index]))
        return tuple(found)

    def rewritten(self, placeholder: Callable[[str], str]) -> str:
        """The text with each `:name` replaced."""
        pieces, position = [], 0
        for parameter in self.parameters:
            pieces += [self.text[position : parameter.start], placeholder(parameter.name)]
            position = parameter.end
        return "".join([*pieces, self.text[position:]])


@dataclass
class SqlFile:
    """The blocks of one file by name, in the file's order, and what is wrong with it."""

    path: str
    dialect: Dialect
    blocks: dict[str, Block] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)


def parse(text: str, *, path: str, dialect: Dialect) -> SqlFile:
    """Read one file. Nothing is raised: `findings` holds a sentence with file and line for each fault."""
    file = SqlFile(path, dialect)
    try:
        tokens = list(scan(text, dialect))
    except Unterminated as fault:
        file.findings.append(f"{path}:{_line_of(text, fault.start)}: this {fault.what} never ends")
        return file
    headers = [index for index, token in enumerate(tokens) if _header(text, token)]
    for token in tokens[: headers[0]] if headers else tokens:
        if token.kind not in (Kind.SPACE, Kind.COMMENT):
            where = f"{path}:{_line_of(text, token.start)}"
            file.findings.append(f"{where}: text before the first header; start the block with `-- name: …`")
            break
    for index, following in zip(headers, [*headers[1:], len(tokens)], strict=True):
        _add_block(file, text, tokens[index], tokens[index + 1 : following])
    for token in tokens:
        file.findings.extend(_suspicious_comment(text, token, path))
    file.findings.sort(key=_by_line)
    return file


def _add_block(file: SqlFile, text: str, header: Token, body: Sequence[Token]) -> None:
    line = _line_of(text, header.start)
    where = f"{file.path}:{line}"
    name = _header(text, header)
    if name in file.blocks:
        file.findings.append(f"{where}: {name} is defined twice; the first stands in line {file.blocks[name].line}")
        return
    code = [token for token in body if token.kind not in (Kind.SPACE, Kind.COMMENT)]
    if not code or code[0].kind is Kind.SEMICOLON:
        file.findings.append(f"{where}: {name} is empty; write its statement or delete the header")
        return
    semicolons = [token for token in code if token.kind is Kind.SEMICOLON]
    if not semicolons:
        file.findings.append(f"{where}: {name} does not end with a semicolon")
    elif semicolons[0] is not code[-1]:
        second = code[code.index(semicolons[0]) + 1]
        file.findings.append(
            f"{file.path}:{_line_of(text, second.start)}: {name} holds two statements; one block is one statement"
        )
        return
    for token in code:
        if token.kind is Kind.FOREIGN:
            file.findings.append(
                f"{file.path}:{_line_of(text, token.start)}: {name} uses the placeholder {token.text}; write :name"
            )
    comments = [token for token in body if token.kind is Kind.COMMENT and token.start < code[0].start]
    directives = {m[1]: m[2] for token in comments if (m := _DIRECTIVE.match(token.text))}
    start, end = code[0].start, semicolons[-1].start if semicolons else code[-1].end
    lines = tuple(_lines(file, text, [token for token in body if token.start >= start], start, end))
    prose = tuple(token.text for token in comments if not _DIRECTIVE.match(token.text))
    file.blocks[name] = Block(name, file.dialect, file.path, line, prose, directives, lines)


def _lines(file: SqlFile, text: str, tokens: Sequence[Token], start: int, end: int) -> Iterator[Line]:
    """The lines of a statement, arms without the comments that make them arms."""
    whens = {
        _line_of(text, token.start): (token, match)
        for token in tokens
        if token.kind is Kind.COMMENT and token.text.startswith("--") and (match := _WHEN.search(token.text))
    }
    # The text ends before the semicolon; a `when` behind the semicolon still belongs to the last line.
    for number, content in enumerate(text[start:end].split("\n"), _line_of(text, start)):
        if number not in whens:
            yield Line(content.rstrip(), number)
            continue
        token, match = whens[number]
        conditions = _conditions(file, match[1], number)
        if content.lstrip().startswith("--"):  # an arm that is not the first
            yield Line(token.text[: match.start()].replace("--", "  ", 1).rstrip(), number, conditions)
        else:
            yield Line(content.removesuffix(token.text).rstrip(), number, conditions)


def _conditions(file: SqlFile, text: str, line: int) -> tuple[Condition, ...]:
    found = []
    for part in text.split(","):
        match = _CONDITION.match(part.strip())
        if match is None:
            file.findings.append(f"{file.path}:{line}: `when` takes `argument` or `argument = value`, parted by commas")
            continue
        found.append(Condition(match[1], match[2]))
    return tuple(found)


def _header(text: str, token: Token) -> str:
    """The name in a header, or nothing."""
    at_line_start = token.start == 0 or text[token.start - 1] == "\n"
    match = _HEADER.match(token.text.rstrip()) if token.kind is Kind.COMMENT and at_line_start else None
    return match[1] if match else ""


def _suspicious_comment(text: str, token: Token, path: str) -> Iterator[str]:
    """Headers and directives that are nearly right: silently taken for prose, they would hide a block or a rule."""
    if token.kind is not Kind.COMMENT or _header(text, token) or _DIRECTIVE.match(token.text):
        return
    match = _LABEL.match(token.text)
    if match is None:
        return
    word, rest = match[1], match[2] or ""
    where = f"{path}:{_line_of(text, token.start)}"
    if (
        get_close_matches(word.lower(), ["name"], cutoff=0.7)
        and re.fullmatch(r":?\s*[\w.-]+\(?.*", rest)
        and (":" in token.text or len(rest.split()) == 1)
    ):
        yield f"{where}: misspelt header; write `-- name: lower_case_name` at the start of a line"
    elif ":" in token.text.split(word, 1)[1][:2] and get_close_matches(word.lower(), ["differs", "scan"], cutoff=0.75):
        yield f"{where}: misspelt directive; write `-- differs: reason`"


def _line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _by_line(finding: str) -> tuple[str, int]:
    path, _, rest = finding.partition(":")
    number = rest.partition(":")[0]
    return path, int(number) if number.isdigit() else 0
