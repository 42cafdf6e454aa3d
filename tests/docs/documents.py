"""Reads the code blocks of a Markdown page, each with the comments before it that say what it is.

<!-- file: shop/orders.py -->     the block is this file; several comments, several files
<!-- twin: a.sql -> b.sql -->     b.sql is a.sql with the block of this name replaced
<!-- from: src/x.py -->           these lines are in that file of the repository
<!-- change: shop/models.py -->   a diff: in this file, its line with - becomes its line with +
<!-- run -->                      commands that work, in the order of the page
<!-- fails -->                    commands that must fail
<!-- sql: superuser in shop -->   statements for PostgreSQL, and who runs them where
<!-- by hand -->                  commands that need a network, a server or another place
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TUTORIAL = ROOT / "docs" / "tutorial.md"
IMPORTING = ROOT / "docs" / "importing.md"
OPERATING = ROOT / "docs" / "operating.md"
DEPLOYMENT = ROOT / "docs" / "deployment.md"
BACKUP = ROOT / "docs" / "backup.md"
ACCOUNTS = ROOT / "docs" / "accounts.md"
COOKIES = ROOT / "docs" / "cookies.md"

_BLOCK = re.compile(r"((?:^<!-- [^\n]* -->\n)*)^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!-- (file|twin|change|from|run|fails|sql|by hand)(?:: (.*?))? -->")


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    marks: tuple[tuple[str, str], ...]
    line: int

    def values(self, mark: str) -> list[str]:
        return [value for name, value in self.marks if name == mark]


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(match[2], match[3], tuple(_COMMENT.findall(match[1])), text.count("\n", 0, match.start(2)) + 1)
        for match in _BLOCK.finditer(text)
    ]


def write_files(page: Path, folder: Path) -> None:
    """Every file of the page, as a reader would have it at its end."""
    for block in blocks(page):
        write_block(block, folder)


def write_block(block: Block, folder: Path) -> None:
    """The files of a block, and its changes of files."""
    for name in block.values("file"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")
    for twin in block.values("twin"):
        source, target = (folder / name for name in twin.split(" -> "))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_with_block(source.read_text(encoding="utf-8"), block.text), encoding="utf-8")
    for name in block.values("change"):
        text = (folder / name).read_text(encoding="utf-8")
        removed, added = (f"\n{line[1:]}\n" for line in block.text.splitlines())
        assert text.count(removed) == 1, f"{name}: {removed}"
        (folder / name).write_text(text.replace(removed, added), encoding="utf-8")


def _with_block(text: str, replacement: str) -> str:
    name = replacement.partition("\n")[0]
    start = text.index(name)
    end = text.find("\n-- name:", start)
    return text[:start] + replacement + (text[end:] if end >= 0 else "")
