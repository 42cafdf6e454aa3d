"""Parse a SQL file into named blocks.

Reports all violations of the format (`sql/README.md`) with file and line. Independent of Python signatures.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from pathlib import PurePath
from typing import Final

from hangar_dal.near_directives import CONDITION, DIRECTIVE, WHEN, nearly, nearly_when
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlblock import Block, Condition, Line
from hangar_dal.sqlscan import Dialect, Kind, Token, Unterminated, scan
from hangar_dal.textlines import TextLines

FILE_FORMAT: Final = Rule(
    "file-format",
    "error",
    "A SQL file holds named blocks of one statement each, as sql/README.md says.",
    """\
[sql/README.md](../sql/README.md) describes the format. A placeholder is written as `:name` on both databases. A
misspelt header, directive or condition (`-- When status`), two statements in a block, an optional line that continues
and a directive without its reason break this rule too. Write what the finding says.
""",
    bad="""\
--- items.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...
--- items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = $1;
""",
    good="""\
--- items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;
""",
)

_HEADER = re.compile(r"-- name: ([a-z_][a-z0-9_]*)$")
_NAME_AND_REASON = re.compile(r"([^\s:]+):\s*(\S.*)$")

Place = tuple[int, int]  # line and column, from 1


class SqlFile:
    """The blocks of a file by name, in the order of the file, and its faults.

    `headers` contains the line of every header, including headers of rejected blocks. If the file cannot be read,
    it is empty and `readable` is False.
    """

    def __init__(self, path: str, dialect: Dialect, *, readable: bool = True) -> None:
        self.path = path
        self.dialect: Dialect = dialect
        self.readable = readable
        self.blocks: dict[str, Block] = {}
        self.headers: dict[str, int] = {}
        self.faults: list[Finding] = []
        self._order: list[tuple[int, str]] = []  # the headers again, by line

    @property
    def findings(self) -> list[str]:
        """A sentence with file and line for each fault."""
        return [fault.sentence for fault in self.faults]

    @property
    def name(self) -> str:
        """The first part of the names of its queries: `users` for `users.sql`."""
        return PurePath(self.path).stem

    def add_header(self, name: str, line: int) -> None:
        self.headers[name] = line
        self._order.append((line, name))

    def refuse(self, place: Place, message: str, fix: str = "", *, rule: Rule = FILE_FORMAT) -> None:
        before = bisect_right(self._order, place[0], key=itemgetter(0))
        query = f"{self.name}.{self._order[before - 1][1]}" if before else ""
        self.faults.append(rule.finding(self.path, *place, message, fix, dialect=self.dialect, query=query))


def unreadable(
    path: str, dialect: Dialect, reason: str, fix: str = "", *, place: Place = (1, 1), rule: Rule = FILE_FORMAT
) -> SqlFile:
    """Return a file that cannot be read, with the reason as its only fault."""
    file = SqlFile(path, dialect, readable=False)
    file.refuse(place, reason, fix, rule=rule)
    return file


def parse(text: str, *, path: str, dialect: Dialect) -> SqlFile:
    """Parse the text of a file. Raises nothing: `findings` contains a sentence with file and line for each fault."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")  # as some editors on Windows write it
    try:
        tokens = list(scan(text, dialect))
    except Unterminated as fault:
        return unreadable(path, dialect, f"this {fault.what} never ends", place=TextLines(text).place_of(fault.start))
    file, at = SqlFile(path, dialect), TextLines(text)
    comments = [(index, token) for index, token in enumerate(tokens) if token.kind is Kind.COMMENT]
    headers = {index: name for index, token in comments if (name := _header(text, token))}
    early = [token for token in tokens[: min(headers, default=None)] if token.kind is not Kind.COMMENT]
    if early:
        place = at.place_of(early[0].start)
        file.refuse(place, "text before the first header", "start the block with `-- name: lower_case`")
    for index, following in pairwise([*headers, len(tokens)]):
        _add_block(file, at, headers[index], at.line_of(tokens[index].start), tokens[index + 1 : following])
    for index, token in comments:
        if index not in headers:
            for message, fix in nearly(token.text):
                file.refuse(at.place_of(token.start), message, fix)
    file.faults.sort(key=lambda fault: fault.line)
    return file


def _add_block(file: SqlFile, at: TextLines, name: str, line: int, body: Sequence[Token]) -> None:
    if name in file.headers:
        file.refuse((line, 1), f"{name} is defined twice; the first is in line {file.headers[name]}")
        return
    file.add_header(name, line)
    code = [token for token in body if token.kind is not Kind.COMMENT]
    if not code or code[0].kind is Kind.SEMICOLON:
        file.refuse((line, 1), f"{name} is empty", "write its statement or delete the header")
        return
    semicolons = [index for index, token in enumerate(code) if token.kind is Kind.SEMICOLON]
    if not semicolons:
        file.refuse((line, 1), f"{name} does not end with a semicolon")
    elif semicolons[0] < len(code) - 1:
        second = code[semicolons[0] + 1]
        file.refuse(at.place_of(second.start), f"{name} holds two statements", "one block is one statement")
        return
    start, end = code[0].start, code[-1].start if semicolons else code[-1].end
    comments = [token for token in body if token.kind is Kind.COMMENT and token.start < start]
    directives = {match[1]: match[2] for token in comments if (match := DIRECTIVE.match(token.text))}
    overrides = dict(_reasons(file, at, comments, "not null", "column"))
    ignored = dict(_reasons(file, at, comments, "ignore", "rule"))
    for token in comments:
        if (found := WHEN.search(token.text)) and found.start():
            file.refuse(
                at.place_of(token.start), f"{name}: a `-- when` before the statement", "write it after the first line"
            )
    for token in body:
        if token.kind is Kind.COMMENT and token.start > start and (found := DIRECTIVE.match(token.text)):
            file.refuse(
                at.place_of(token.start),
                f"{name}: `-- {found[1]}:` is read only between the header and the statement",
                "move it there",
            )
    refused = len(file.faults)
    lines = tuple(_lines(file, at, [token for token in body if token.start >= start], start, end))
    prose = tuple(token.text for token in comments if not DIRECTIVE.match(token.text))
    scanned = None if any(each.conditions for each in lines) else tuple(_moved(body, start, end))
    block = Block(name, file.dialect, file.path, line, prose, directives, lines, overrides, ignored, scanned)
    if len(file.faults) == refused and _is_whole(file, block):
        file.blocks[name] = block


def _moved(tokens: Sequence[Token], start: int, end: int) -> Iterator[Token]:
    """Yield the tokens of the text between `start` and `end`, with their offsets in that text."""
    for kind, first, last, text in tokens:
        if start <= first < end:
            yield Token(kind, first - start, last - start, text)


def _reasons(
    file: SqlFile, at: TextLines, comments: Sequence[Token], directive: str, what: str
) -> Iterator[tuple[str, str]]:
    """Yield name and reason of each `-- not null: column: reason` or `-- ignore: rule: reason` of a block."""
    seen: set[str] = set()
    for token in comments:
        written = DIRECTIVE.match(token.text)
        if written is None or written[1] != directive or not written[2].strip():
            continue
        place, found = at.place_of(token.start), _NAME_AND_REASON.match(written[2])
        if found is None:
            message = f"`-- {directive}:` needs a {what} and a reason"
            file.refuse(place, message, f"write `-- {directive}: {what}: reason`")
        elif found[1] in seen:
            file.refuse(place, f"`-- {directive}: {found[1]}` is written twice", "delete one of them")
        else:
            seen.add(found[1])
            yield found[1], found[2]


def _lines(file: SqlFile, at: TextLines, tokens: Sequence[Token], start: int, end: int) -> Iterator[Line]:
    """Yield the lines of a statement, without their `-- when` comments."""
    whens = {
        at.line_of(token.start): (token, match)
        for token in tokens
        if token.kind is Kind.COMMENT and token.text.startswith("--") and (match := WHEN.search(token.text))
    }
    for token in tokens:
        is_of_statement = token.kind is Kind.COMMENT and at.line_of(token.start) <= at.line_of(end)
        if is_of_statement and (near := nearly_when(token.text)):
            file.refuse(at.place_of(token.start + near[0]), *near[1:])
        if "\n" not in token.text:
            continue
        first, last = at.line_of(token.start), at.line_of(token.end)
        if not whens.keys().isdisjoint(range(first, last + 1)):
            place = at.place_of(token.start)
            file.refuse(place, f"an optional line ends with its line, and this {token.kind.value} continues")
    # The text ends before the semicolon; a `when` behind the semicolon still belongs to the last line.
    for number, content in enumerate(at.text[start:end].split("\n"), at.line_of(start)):
        if number not in whens:
            yield Line(content, number)
            continue
        token, match = whens.pop(number)
        place = at.place_of(token.start + match.start())
        conditions = tuple(_conditions(file, match[1], place))
        if not content.lstrip().startswith("--"):
            yield Line(content.removesuffix(token.text).rstrip(), number, conditions)
        elif token.text[: match.start()].strip("- "):  # a conditional line that is commented out
            yield Line(token.text[: match.start()].replace("--", "  ", 1).rstrip(), number, conditions)
        else:
            file.refuse(place, "this line has a `when` but no SQL", "write it behind the line that it keeps")
    for token, _ in whens.values():
        file.refuse(at.place_of(token.start), "an optional line after the semicolon belongs to no statement")


def _conditions(file: SqlFile, text: str, place: Place) -> Iterator[Condition]:
    for part in text.split(","):
        if match := CONDITION.match(part.strip()):
            yield Condition(match[1], match[2])
        else:
            fix = "begin the comment with another word if it is not a condition"
            file.refuse(place, "`when` takes `argument` or `argument = value`, separated by commas", fix)


def _is_whole(file: SqlFile, block: Block) -> bool:
    """Return whether each conditional line can be scanned alone; report semicolons and foreign placeholders."""
    for line in block.lines:
        try:
            tokens = scan(line.text, block.dialect) if line.conditions else ()
            end = next((token for token in tokens if token.kind is Kind.SEMICOLON), None)
            if end is not None:
                place = (line.number, end.start + 1)
                file.refuse(place, f"{block.name}: a semicolon in an optional line", "write it behind the last of them")
                return False
        except Unterminated as fault:
            file.refuse((line.number, fault.start + 1), f"{block.name}: this {fault.what} does not end in its line")
            return False
    for token in block.all_lines.tokens:
        if token.kind is Kind.FOREIGN:
            place = block.all_lines.place_at(token.start)
            is_ours = token.text.startswith(":") and not token.text.isascii()
            fix = "use only ASCII letters, digits and _ in its name" if is_ours else "write :name, a cast as CAST(…)"
            file.refuse(place, f"{block.name} uses the placeholder {token.text}", fix)
            return False  # a database would interpret it differently
    return True


def _header(text: str, comment: Token) -> str:
    """Return the name in a header; an empty string if the comment is not a header."""
    if not (comment.start == 0 or text[comment.start - 1] == "\n"):
        return ""
    match = _HEADER.match(comment.text.rstrip())
    return match[1] if match else ""
