"""docs/rules.md, and the lists of rules in docs/check.md and docs/migrations.md, made from the rules themselves.

`PYTHONPATH=tests python tests/docs/check_rules.py` writes all three again.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from contract.rule_applications import files_of
from hangar_dal.contract.rules import CHAPTERS
from hangar_dal.rules import Rule

DOCS: Final = Path(__file__).parents[2] / "docs"
RULES_PAGE: Final = DOCS / "rules.md"
PAGES_WITH_LISTS: Final = (DOCS / "check.md", DOCS / "migrations.md")
TABLES: Final = "tests/contract/rule_examples/migrations"
INTRODUCTION: Final = f"""\
# Rules

What `hangar-dal check` and `hangar-dal migrations verify` hold, with a wrong example and its correction.
`hangar-dal check --explain RULE` shows the same on a terminal. [Checks](check.md) says how to use the commands, and
how to [turn a rule off](check.md#turning-a-rule-off).

The examples use [three tables](../{TABLES}/sqlite/0001_shop.sql): `users`, `items` and `orders`. `items.py` is a
module of the package `shop`, with this before the functions:

```python
from shop import CATALOG

query = CATALOG.query


class Item(Row):
    id: UUID
    name: str
```

SQL without a file name stands in the files of both dialects. Where the correction shows fewer files, the others stay as
they are.

<!-- Written by tests/docs/check_rules.py: edit the rules in the code. -->
"""


def rules_page() -> str:
    """The page of all rules."""
    chapters = (f"\n## {title}\n\n" + "\n".join(explained(rules)) for title, rules in CHAPTERS.items())
    return INTRODUCTION + "".join(chapters)


def explained(rules: tuple[Rule, ...]) -> Iterator[str]:
    for rule in rules:
        warning = "Warning. " if rule.severity == "warning" else ""
        yield f"### {rule.id}\n\n{warning}{rule.summary}\n\n{rule.explanation}"
        if rule.bad:
            yield from example(rule.bad)
            yield "Instead:\n"
            yield from example(rule.good)


def example(text: str) -> Iterator[str]:
    for name, content in files_of(text).items():
        if not content:
            yield f"`{name}` is deleted.\n"
            continue
        language = {"command": "sh", "py": "python", "toml": "toml", "sql": "sql"}[name.rpartition(".")[2]]
        yield f"```{language}"
        if "/" in name:
            yield f"{'#' if language == 'python' else '--'} {name}"
        yield f"{content}```\n"


def with_lists(text: str) -> str:
    """The page with its lists of rules as they are now."""
    for title, rules in CHAPTERS.items():
        begin, end = f"<!-- rules: {title} -->\n", "<!-- end of rules -->"
        before, mark, rest = text.partition(begin)
        if mark:
            rows = [f"| [{rule.id}](rules.md#{rule.id}) | {rule.summary} |" for rule in rules]
            listed = "\n".join(["| Rule | What holds |", "|---|---|", *rows])
            text = f"{before}{begin}\n{listed}\n\n{end}{rest.partition(end)[2]}"
    return text


if __name__ == "__main__":
    RULES_PAGE.write_text(rules_page(), encoding="utf-8")
    for page in PAGES_WITH_LISTS:
        page.write_text(with_lists(page.read_text(encoding="utf-8")), encoding="utf-8")
