"""Copy blocks between the files of the two dialects, and give both the same order."""

import re
from collections.abc import Sequence
from typing import Final

from hangar_dal.fixing.blocks import SqlText
from hangar_dal.fixing.statements import read_statement
from hangar_dal.sqlblock import Block
from hangar_dal.sqlscan import Dialect

# `-- scan:`, `-- not null:` with its column, and `-- ignore:` with its rule. A block has each at most once.
_OF_ONE_DATABASE: Final = re.compile(r"\s*--\s*(?:(scan)|not null:\s*([^\s:]+)|ignore:\s*([^\s:]+)):")

Files = dict[Dialect, SqlText]


def block_of(file: SqlText, name: str) -> Block | None:
    """Return the parsed block with this name; None if the file has none."""
    text = file.block(name)
    statement = read_statement(text.text, str(file.path), file.dialect) if text else None
    return statement.block if statement else None


def with_copied(files: Files, source: Dialect, target: Dialect, name: str) -> Files:
    """Return the files with the source's block in the target. A new block gets the same position as in the source."""
    block = files[source].block(name)
    if block is None:
        return files
    theirs = files[target].block(name)
    if theirs is not None:
        text = _with_directives(block.text, theirs.text, files[source])
        return {**files, target: files[target].with_text(name, files[target].with_line_breaks(text))}
    before = files[source].names[: files[source].names.index(name)]
    after = next((each for each in reversed(before) if files[target].block(each)), None)
    return {**files, target: files[target].with_block(block, after=after)}


def _with_directives(text: str, replaced: str, file: SqlText) -> str:
    """Return the text with the database-specific directives of the replaced block."""
    statement = read_statement(text, str(file.path), file.dialect)
    found = {directive: line for line in replaced.split("\n") if (directive := _directive(line))}
    if statement is None or not found:
        return text
    *lines, last = statement.before.split("\n")
    kept = [line for line in lines if _directive(line) not in found]
    before = "\n".join([*kept, *found.values(), last])
    return f"{before}{statement.text}{statement.behind}"


def _directive(line: str) -> tuple[str | None, ...] | None:
    match = _OF_ONE_DATABASE.match(line)
    return match.groups() if match else None


def sorted_alike(files: Files, declared: Sequence[str], like: Dialect | None) -> Files:
    """Return the files with their common blocks in the order of `like`, or else of the functions.

    Blocks that no function declares or that the other file lacks stay behind the block before them.
    """
    common = [name for name in declared if all(file.block(name) for file in files.values())]
    orders = {dialect: [name for name in file.names if name in common] for dialect, file in files.items()}
    if len({tuple(order) for order in orders.values()}) == 1:
        return files
    wanted = orders[like] if like is not None else common
    return {dialect: _in_order(file, wanted) for dialect, file in files.items()}


def _in_order(file: SqlText, wanted: Sequence[str]) -> SqlText:
    groups: list[list[str]] = [[]]
    for name in file.names:
        if name in wanted:
            groups.append([name])
        else:
            groups[-1].append(name)
    ordered = sorted(groups[1:], key=lambda group: wanted.index(group[0]))
    return file.in_order([name for group in (groups[0], *ordered) for name in group])
