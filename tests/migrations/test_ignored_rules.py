"""`-- ignore: rule: reason` in a migration turns off a rule about how a schema should be, and nothing else."""

from pathlib import Path

import pytest

from hangar_dal.migrations.new import SHIM
from hangar_dal.migrations.verify import verify

TABLES = """\
CREATE TABLE items (id integer PRIMARY KEY NOT NULL) STRICT;
CREATE TABLE orders (id integer PRIMARY KEY NOT NULL, item_id integer REFERENCES items (id)) STRICT;
"""


def findings(folder: Path, head: str, tables: str = TABLES) -> list[tuple[str, str]]:
    (folder / "sqlite").mkdir(parents=True)
    (folder / "0001_items.py").write_text(SHIM)
    (folder / "sqlite/0001_items.sql").write_text(head + tables)
    (folder / "sqlite/0001_items.rollback.sql").write_text("DROP TABLE orders;\nDROP TABLE items;\n")
    found = verify([folder], postgresql=None, dialects=("sqlite",), lint=False)
    return [(each.rule, each.message) for each in found]


def test_a_rule_is_turned_off_for_the_file(tmp_path: Path) -> None:
    [(rule, _)] = findings(tmp_path / "plain", "")
    assert rule == "foreign-key-unindexed"
    assert findings(tmp_path / "ignored", f"-- ignore: {rule}: as imported\n") == []
    [(still, _)] = findings(tmp_path / "no reason", f"-- ignore: {rule}:\n")
    assert still == rule


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("table-not-strict", "table-not-strict finds nothing in this file"),
        ("rollback-differs", "rollback-differs is not a rule that a migration can turn off"),
        ("nothing", "nothing is not a rule that a migration can turn off"),
    ],
)
def test_a_line_that_turns_off_nothing_is_reported(tmp_path: Path, rule: str, message: str) -> None:
    head = f"-- ignore: foreign-key-unindexed: as imported\n-- ignore: {rule}: as imported\n"
    assert findings(tmp_path / "migrations", head) == [("migration-ignore", message)]


def test_a_line_may_be_needed_if_the_migration_was_not_tried_to_its_end(tmp_path: Path) -> None:
    broken = "CREATE TABLE items (id integer PRIMARY KEY) STRICT;\nCREATE TABLE items (id integer) STRICT;\n"
    found = findings(tmp_path / "migrations", "-- ignore: foreign-key-unindexed: as imported\n", broken)
    assert [rule for rule, _ in found] == ["apply-fails"]
