"""Read test cases from text files. A file has one of two forms.

A case of one line has what is expected, the database if it is about one only, and a statement. Indented lines below it
belong to the case. A comment is the group of the following cases:

    # Joins
    total: SELECT id FROM books ORDER BY id
    bad postgresql: SELECT ...
        an answer

A case of several texts has a title, a first text, and named texts:

    === a table that does not exist
    sqlite:statement-refused
    --- sql
    SELECT id FROM things
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hangar_dal.sqlscan import DIALECTS, Dialect


class Case(NamedTuple):
    """A case of one line. `dialects` are the databases that it is about, `answers` its indented lines."""

    group: str
    expected: str
    dialects: tuple[Dialect, ...]
    statement: str
    answers: tuple[str, ...]


def read_cases(path: Path) -> Iterator[Case]:
    """Yield the cases of one line."""
    group, case = "", None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("    ") and case:
            case = case._replace(answers=(*case.answers, line.strip()))
            continue
        if case:
            yield case
            case = None
        if line.startswith("# "):
            group = line[2:]
        elif line:
            head, separator, statement = line.partition(": ")
            assert separator, f"{path.name}: {line}"
            expected, _, dialect = head.rpartition(" ")
            named = [each for each in DIALECTS if each == dialect]
            case = Case(group, expected if named else head, tuple(named) or DIALECTS, statement, ())
    if case:
        yield case


def read_titled_cases(path: Path) -> dict[str, dict[str, str]]:
    """Return the cases of several texts by title. The first text has the name ""."""
    cases: dict[str, dict[str, str]] = {}
    for case in path.read_text(encoding="utf-8").split("=== ")[1:]:
        title, _, texts = case.partition("\n")
        first, *named = f"\n{texts}".split("\n--- ")
        assert title not in cases, f"{path.name}: {title} is there twice"
        cases[title] = {"": first.strip(), **dict(text.split("\n", 1) for text in named)}
    return cases
