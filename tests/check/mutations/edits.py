"""How a text becomes a mutant's: in a block of both twins, in one of them, in a declared function, in a model."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from hangar_dal import Catalog
from hangar_dal.sqlscan import DIALECTS
from tests.check.mutations.application import CATALOGS, Mutant, Texts, domains_of

Edit = Callable[[str], str]
T = TypeVar("T")


def nullable(texts: Texts) -> frozenset[str]:
    """The columns that accept NULL in a table of the catalog or of ACCOUNTS, by the SQLite migrations."""
    return _nullable_beside(domains_of(texts)[0])


@cache
def _nullable_beside(domain: str) -> frozenset[str]:
    own = (each for each in CATALOGS if (each.folder / "sqlite" / f"{domain}.sql").is_file())
    return frozenset().union(*map(_nullable, {CATALOGS[0], *own}))


@cache
def _nullable(catalog: Catalog) -> frozenset[str]:
    folder = Path(str(catalog.migrations), "sqlite")
    scripts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sql"))]
    column = re.compile(r"^(?:    |ALTER TABLE \w+ ADD COLUMN )(\w+) (?:text|integer|real|blob)\b(.*)$", re.MULTILINE)
    return frozenset(name for script in scripts for name, rest in column.findall(script) if "NOT NULL" not in rest)


@dataclass(frozen=True)
class Editor:
    """Makes mutants of one kind. Whatever an edit leaves as it is makes none."""

    texts: Texts
    kind: str
    rules: frozenset[str]

    def both(self, title: str, query: str, *edits: Edit) -> Iterator[Mutant]:
        """The same change in both twins, so that comparing them tells nothing."""
        files = [f"queries/{dialect}/{query.partition('.')[0]}.sql" for dialect in DIALECTS]
        yield from self.files(f"{query}: {title}", files, *(in_block(query, edit) for edit in edits))

    def one(self, title: str, query: str, dialect: str, *edits: Edit) -> Iterator[Mutant]:
        """In one twin alone."""
        files = [f"queries/{dialect}/{query.partition('.')[0]}.sql"]
        yield from self.files(f"{query}, {dialect}: {title}", files, *(in_block(query, edit) for edit in edits))

    def migration(self, title: str, migration: str, dialects: Sequence[str], *edits: Edit) -> Iterator[Mutant]:
        """In a migration's file (or `<id>.rollback`) of these dialects."""
        files = [f"migrations/{dialect}/{migration}.sql" for dialect in dialects]
        yield from self.files(f"{migration}, {' and '.join(dialects)}: {title}", files, *edits)

    def files(self, title: str, paths: Iterable[str], *edits: Edit) -> Iterator[Mutant]:
        changed: dict[str, str | None] = {}
        for path in paths:
            if path not in self.texts:  # of another catalog
                return
            text = self.texts[path]
            for edit in edits:
                text = edit(text)
            changed[path] = text
        if all(text != self.texts[path] for path, text in changed.items()):
            yield Mutant(self.kind, title, changed, self.rules)

    def gone(self, path: str) -> Iterator[Mutant]:
        yield Mutant(self.kind, path, {path: None}, self.rules)


def queries(texts: Texts) -> Sequence[str]:
    """Every block as `file.block`, in the order of the files."""
    return [
        f"{domain}.{name}"
        for domain in domains_of(texts)
        for name in re.findall(r"^-- name: (\w+)$", texts[f"queries/sqlite/{domain}.sql"], re.MULTILINE)
    ]


def block(texts: Texts, query: str, dialect: str = "sqlite") -> str:
    """From its header to the next; nothing if its file is not among the texts."""
    text = texts.get(f"queries/{dialect}/{query.partition('.')[0]}.sql")
    if text is None:  # of another catalog
        return ""
    start, end = _span(text, query)
    assert end, query
    return text[start:end]


def in_block(query: str, edit: Edit) -> Edit:
    """The edit, of one block of a file."""

    def change(text: str) -> str:
        start, end = _span(text, query)
        return text[:start] + edit(text[start:end]) + text[end:] if end else text

    return change


def _span(text: str, query: str) -> tuple[int, int]:
    """Where the block begins and ends; twice 0 if there is none. A regular expression takes several times as long."""
    header = f"-- name: {query.partition('.')[2]}\n"
    start = 0 if text.startswith(header) else text.find(f"\n{header}") + 1
    if not text.startswith(header, start):
        return 0, 0
    return start, text.find("\n-- name:", start) + 1 or len(text)


def in_function(name: str, edit: Edit) -> Edit:
    """The edit, of one declared function of a module."""
    return within(rf"^@query\nasync def {name}\(.*?^    \.\.\.\n", edit)


def in_class(name: str, edit: Edit) -> Edit:
    """The edit, of one class of a module."""
    return within(rf"^class {name}\(.*?(?=^\S|\Z)", edit)


def within(pattern: str, edit: Edit) -> Edit:
    """The edit, of the first part that the pattern finds."""

    def change(text: str) -> str:
        found = re.search(pattern, text, re.MULTILINE | re.DOTALL)
        return text if found is None else text[: found.start()] + edit(found[0]) + text[found.end() :]

    return change


def sub(pattern: str, replacement: str | Callable[[re.Match[str]], str], count: int = 1) -> Edit:
    """A regular expression, of which the first match is replaced; all of them if `count` is 0."""
    return lambda text: re.sub(pattern, replacement, text, count=count, flags=re.MULTILINE)


def put(old: str, new: str, count: int = -1) -> Edit:
    """A text in place of another."""
    return lambda text: text.replace(old, new, count)


def columns_of(text: str) -> list[str]:
    """The plain list that a statement gives back, as it is written; none where there is no such list."""
    found = _listed(text)
    return [] if found is None else re.split(r",\s+", found[2].strip())


def in_columns(change: Callable[[list[str]], list[str]]) -> Edit:
    """The edit, of the list that a statement gives back."""

    def edit(text: str) -> str:
        found = _listed(text)
        if found is None:
            return text
        changed = change(re.split(r",\s+", found[2].strip()))
        behind = text[found.end(2) :] if changed else text[found.end(2) :].removeprefix(",\n")
        listed = ",\n    ".join(changed)
        return f"{text[: found.start(2)]}    {listed}{behind}"

    return edit


def _listed(text: str) -> re.Match[str] | None:
    found = list(
        re.finditer(
            r"^(SELECT|RETURNING)\n(    [a-z_.]++(?:,\n    [a-z_.]++(?=[,;\n]))*)(?=[,;\n])", text, re.MULTILINE
        )
    )
    return next((each for each in found if each[1] == "RETURNING"), found[0] if found else None)


def bare(column: str) -> str:
    """Its name without its table's."""
    return column.rpartition(".")[2]


def misspelt(name: str) -> str:
    """Two letters in the wrong order, as fingers do."""
    middle = len(name) // 2
    at = next(at for at in (*range(middle, len(name) - 1), *range(middle)) if name[at] != name[at + 1])
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def thinned(given: Iterable[T], most: int) -> list[T]:
    """As many at most, taken evenly, the same ones each time."""
    every = list(given)
    return every if len(every) <= most else [every[at * len(every) // most] for at in range(most)]
