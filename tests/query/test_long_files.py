"""Reading a SQL file takes work in proportion to its length.

The work is counted, not timed: the bytecode instructions of this package, and the characters that a text searches
through for them. Of three files, each twice as long as the one before, the second doubling adds twice what the first
one added, as nearly as a few words of different length allow.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import hangar_dal
from hangar_dal.migrations.scripts import Script
from hangar_dal.sqlfile import parse

PACKAGE = str(Path(hangar_dal.__file__).parent)
Work = Callable[[int], object]


class CountedText(str):
    """A text that counts the characters which its own methods look at."""

    seen = 0

    def count(self, sub: str, start: int = 0, end: int | None = None) -> int:
        CountedText.seen += (len(self) if end is None else end) - start
        return str.count(self, sub, start, end)

    def rfind(self, sub: str, start: int = 0, end: int | None = None) -> int:
        found = str.rfind(self, sub, start, end)
        CountedText.seen += (len(self) if end is None else end) - max(found, 0)
        return found

    def removeprefix(self, prefix: str) -> "CountedText":
        return CountedText(str.removeprefix(self, prefix))

    def replace(self, old: str, new: str, count: int = -1) -> "CountedText":
        return CountedText(str.replace(self, old, new, count))


def cost(work: Work, size: int) -> int:
    instructions = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal instructions
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        instructions += event == "opcode"
        return trace

    before, CountedText.seen = sys.gettrace(), 0
    sys.settrace(trace)
    try:
        work(size)
    finally:
        sys.settrace(before)
    return instructions + CountedText.seen


def blocks(body: str) -> Callable[[int], CountedText]:
    return lambda size: CountedText("\n".join(f"-- name: query_{number:04}\n{body}\n" for number in range(size)))


FILES = {
    "whole blocks": blocks("-- scan: few\nSELECT id\nFROM users\nWHERE id = :id  -- when id\n;"),
    "refused blocks": blocks("SELECT $1"),
    "empty blocks": blocks(""),
    "misspelt headers": blocks("SELECT 1;\n-- nme: other"),
    "one block twice": lambda size: CountedText("-- name: one\nSELECT 1;\n" * size),
    "one long block": lambda size: CountedText("-- name: one\nSELECT 1" + "\n, :b  -- when b" * size + ";"),
}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_a_file_of_twice_the_length_takes_twice_the_work(file: Callable[[int], CountedText]) -> None:
    def read(size: int) -> None:
        parse(file(size), path="long.sql", dialect="postgresql")

    cost(read, 1)  # patterns are compiled, and Python 3.12 counts from the second time on
    small, middle, large = (cost(read, size) for size in (40, 80, 160))
    assert middle > small > 0
    assert large - middle <= 2.05 * (middle - small)


def test_a_migration_of_twice_the_length_takes_twice_the_work() -> None:
    def cut(size: int) -> None:
        Script("0001_rows.sql", "sqlite", CountedText("INSERT INTO users VALUES (1);\n" * size), True).statements()

    cut(1)
    small, middle, large = (cost(cut, size) for size in (40, 80, 160))
    assert middle > small > 0
    assert large - middle <= 2.05 * (middle - small)
