"""The lists of docs/domains.md, made from the pages of the domains and from the migrations.

`python tests/docs/domain_lists.py` writes them into the page again.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).parents[2] / "docs"
SQL: Final = Path(__file__).parents[2] / "sql"
PAGE: Final = DOCS / "domains.md"
PAGES: Final = (
    "videos",
    "social",
    "notifications",
    "outbox",
    "ledger",
    "payments",
    "idempotency_keys",
    "webhook_events",
    "subscriptions",
    "invoices",
    "ads",
    "livestreams",
)
RULES: Final = "| Rule | Constraint or trigger | Test |"
USERS: Final = "| Table | Export | Deletion and erasure of a user | Merge |"
DONE: Final = "it is done"  # by a trigger that refuses nothing
# What a name is in a migration, and so what the package raises when a statement breaks it. The first one counts.
ERRORS: Final = (
    (r"\bCONSTRAINT (\w+)\s+CHECK\b", "CheckViolation"),
    (r"\bCONSTRAINT (\w+)\s+(?:PRIMARY KEY|UNIQUE)\b", "UniqueViolation"),
    (r"\bUNIQUE INDEX (?:CONCURRENTLY )?(\w+)\b", "UniqueViolation"),
    (r"\bCONSTRAINT (\w+)\s+FOREIGN KEY\b", "ForeignKeyViolation"),
    (r"'(\w+): ", "TriggerViolation"),
    (r"\bCREATE TRIGGER (\w+)\b", DONE),
)


def written(text: str) -> str:
    """The page with its lists as they are now."""
    for mark, rows in (("rules", rules()), ("users", users())):
        begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->"
        before, _, rest = text.partition(begin)
        text = before + begin + "\n" + "\n".join(rows) + "\n\n" + end + rest.partition(end)[2]
    return text


def rules() -> Iterator[str]:
    yield "| Page | Rule | Constraint or trigger | SQLite | PostgreSQL | Test |"
    yield "|---|---|---|---|---|---|"
    for page in PAGES:
        for rule, names, tests in rows_of(page, RULES):
            answers = " | ".join(answer(names, dialect) for dialect in ("sqlite", "postgresql"))
            yield f"| [{page}]({page}.md) | {rule} | {names} | {answers} | {tests} |"


def users() -> Iterator[str]:
    yield f"| Page {USERS}"
    yield "|---|---|---|---|---|"
    for page in PAGES:
        for cells in rows_of(page, USERS):
            yield f"| [{page}]({page}.md) | {' | '.join(cells)} |"


def rows_of(page: str, header: str) -> Iterator[list[str]]:
    """The cells of each row below a header of a page."""
    lines = iter((DOCS / f"{page}.md").read_text(encoding="utf-8").splitlines())
    if header in lines:
        next(lines)
        for line in lines:
            if not line.startswith("| "):
                break
            yield [cell.strip() for cell in line.strip("|").split("|")]


def answer(names: str, dialect: str) -> str:
    """What breaking a rule raises: each error once, in the order of the constraints."""
    errors = errors_of(dialect)
    found = list(dict.fromkeys(errors[name] for name in re.findall(r"`(\w+)`", names) if name in errors))
    return ", ".join(f"`{error}`" for error in found if error != DONE) or (found or ["it cannot happen"])[0]


@cache
def errors_of(dialect: str) -> dict[str, str]:
    """For each constraint and trigger, what breaking it raises. A database lacks those that it does not need."""
    paths = sorted(SQL.glob(f"*/migrations/{dialect}/*.sql"))
    text = "".join(path.read_text(encoding="utf-8") for path in paths if ".rollback." not in path.name)
    return {name: error for pattern, error in reversed(ERRORS) for name in re.findall(pattern, text)}


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
