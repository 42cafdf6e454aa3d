"""docs/rules.md, and the lists of rules in docs/check.md and docs/migrations.md, made from the rules themselves.

`python -m tests.docs.check_rules` writes all three again.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hangar_dal.check.rules.table import CHAPTERS
from hangar_dal.rules import Rule
from tests.check.rule_applications import files_of

DOCS: Final = Path(__file__).parents[2] / "docs"
RULES_PAGE: Final = DOCS / "rules.md"
PAGES_WITH_LISTS: Final = (DOCS / "check.md", DOCS / "migrations.md")
TABLES: Final = "tests/check/rule_examples/migrations"
INTRODUCTION: Final = f"""\
# Rules

This page explains the rules of `hangar-dal check` and `hangar-dal migrations verify`, most of them with a wrong example
and its correction. `hangar-dal check --explain RULE` prints the same text. [Checks](check.md) describes the commands,
and [how to turn a rule off](check.md#turning-a-rule-off).

Each query has a *block* in the SQL file of each dialect. The two files, and the two blocks, are called *twins*. *Equal
blocks* are twins with the same text. An *optional line* is kept only for some arguments:
[optional lines](../sql/README.md#optional-lines).

The examples use [three tables](../{TABLES}/sqlite/0001_shop.sql): `users`, `items` and `orders`. `items.py` is a
module of the package `shop`. It begins with this code, which the examples do not repeat:

```python
from shop import CATALOG

query = CATALOG.query


class Item(Row):
    id: UUID
    name: str
```

`items.sql` without a folder means the files of both dialects, and so does `migrations/0002_x.sql`. If an example shows
a migration of one dialect only, the file of the other dialect is left out. A correction shows only the files that
change.

<!-- Written by tests/docs/check_rules.py: edit the rules in the code. -->
"""


# Files that a reader knows by their language.
UNNAMED: Final = ("items.py", "items.sql", "pyproject.toml", "command")


def rules_page() -> str:
    """The page of all rules."""
    chapters = (f"\n## {title}\n\n" + "\n".join(explained(rules)) for title, rules in CHAPTERS.items())
    return INTRODUCTION + "".join(chapters)


def explained(rules: tuple[Rule, ...]) -> Iterator[str]:
    for rule in rules:
        yield f"### {rule.id}\n\n{summary(rule)}\n\n{rule.explanation}"
        if rule.bad:
            yield from example(rule.bad)
            yield "Instead:\n"
            yield from example(rule.good)


def summary(rule: Rule) -> str:
    return f"Warning. {rule.summary}" if rule.severity == "warning" else rule.summary


def example(text: str) -> Iterator[str]:
    for name, content in files_of(text).items():
        if not content:
            yield f"`{name}` is deleted.\n"
            continue
        language = {"command": "sh", "py": "python", "toml": "toml", "sql": "sql"}[name.rpartition(".")[2]]
        yield f"```{language}"
        if name not in UNNAMED:
            yield f"{'#' if language == 'python' else '--'} {name}"
        yield f"{content}```\n"


def with_lists(text: str) -> str:
    """The page with its lists of rules as they are now."""
    for title, rules in CHAPTERS.items():
        begin, end = f"<!-- rules: {title} -->\n", "<!-- end of rules -->"
        before, mark, rest = text.partition(begin)
        if mark:
            rows = [f"| [{rule.id}](rules.md#{rule.id}) | {summary(rule)} |" for rule in rules]
            listed = "\n".join(["| Rule | What holds |", "|---|---|", *rows])
            text = f"{before}{begin}\n{listed}\n\n{end}{rest.partition(end)[2]}"
    return text


if __name__ == "__main__":
    RULES_PAGE.write_text(rules_page(), encoding="utf-8")
    for page in PAGES_WITH_LISTS:
        page.write_text(with_lists(page.read_text(encoding="utf-8")), encoding="utf-8")
