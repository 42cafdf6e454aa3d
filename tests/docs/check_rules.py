"""The chapters of docs/check.md that explain the rules, made from the rules themselves.

`python tests/docs/check_rules.py` writes them into the page again.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from contract.rule_applications import files_of
from hangar_dal.contract.rules import CHAPTERS
from hangar_dal.rules import Rule

PAGE: Final = Path(__file__).parents[2] / "docs" / "check.md"


def written(text: str) -> str:
    """The page with its chapters as the rules are now."""
    for chapter, rules in CHAPTERS.items():
        begin, end = f"<!-- rules: {chapter} -->\n", "<!-- end of rules -->"
        before, _, rest = text.partition(begin)
        explained = "\n".join(line for rule in rules for line in explanation(rule))
        text = before + begin + "\n" + explained + "\n" + end + rest.partition(end)[2]
    return text


def explanation(rule: Rule) -> Iterator[str]:
    yield f"### {rule.id}"
    warning = "Warning. " if rule.severity == "warning" else ""
    yield f"{warning}{rule.summary}\n\n{rule.explanation}"
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


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
