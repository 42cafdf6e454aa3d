"""`hangar-dal check --explain RULE`: explain a rule, with a wrong and a right example."""

import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from hangar_dal.check.rules.table import CHAPTERS, RULES, unknown_rule
from hangar_dal.cli.terminal import BOLD, DIM, GREEN, OK, RED, YELLOW, coloured
from hangar_dal.errors import SettingsError
from hangar_dal.rules import Rule

LIST: Final = "all"
_FILE: Final = "--- "


def explain_rule(name: str) -> int:
    """Print one rule, or a line for each rule if `name` is "all". Return the exit code.

    Raises `SettingsError` if there is no such rule.
    """
    if name == LIST:
        print("\n".join(_every_rule()))
        return OK
    rule = RULES.get(name)
    if rule is None:
        raise SettingsError(f"--explain: {unknown_rule(name)}")
    print("\n".join(_explained(rule)))
    return OK


def _every_rule() -> Iterator[str]:
    width = max(map(len, RULES))
    for number, (chapter, rules) in enumerate(CHAPTERS.items()):
        yield f"{chr(10) if number else ''}{coloured(chapter, BOLD, sys.stdout)}"
        for rule in rules:
            yield f"  {rule.id:<{width}}  {rule.summary}"


def _explained(rule: Rule) -> Iterator[str]:
    severity = coloured(rule.severity, RED if rule.severity == "error" else YELLOW, sys.stdout)
    yield f"{coloured(rule.id, BOLD, sys.stdout)} ({severity})"
    yield _without_tables(rule.text)
    if rule.bad:
        yield coloured("Wrong", RED, sys.stdout)
        yield from _example(rule.bad)
        yield f"\n{coloured('Right', GREEN, sys.stdout)}"
        yield from _example(rule.good)


def _example(text: str) -> Iterator[str]:
    for line, following in pairwise([*text.splitlines(), _FILE]):
        if line.startswith(_FILE):
            is_deleted = following.startswith(_FILE)
            yield f"  {coloured(f'{line} (deleted)' if is_deleted else line, DIM, sys.stdout)}"
        else:
            yield f"  {line}".rstrip()


def _without_tables(text: str) -> str:
    """Return the text with Markdown tables as lists, because the lines of a table can be wider than a terminal."""
    lines = [line for line in text.splitlines() if not line.startswith(("|---", "| ---"))]
    return "\n".join(_row(line) if line.startswith("| ") else line for line in [*lines, ""])


def _row(line: str) -> str:
    """Return one row of a table as lines, one for each cell. The other cells are indented below the first."""
    first, *others = [cell.replace(r"\|", "|") for cell in line[2:-2].split(" | ")]
    return "\n".join([f"- {first}", *(f"    {cell}" for cell in others)])
