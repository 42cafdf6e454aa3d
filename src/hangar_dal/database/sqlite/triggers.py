"""A rule that a trigger raises, as `TriggerViolation`.

Since SQLite 3.47 RAISE takes any expression, so that a row value may be in the message. It is carried only if a trigger
holds the same words as a literal. Runs in the connection's thread. Below `errors`.
"""

import sqlite3
from typing import Final

from hangar_dal.errors import TriggerViolation
from hangar_dal.trigger_rules import is_rule_of, rule_in

_TRIGGERS: Final = "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"


def trigger_violation(name: str, message: str, raw: sqlite3.Connection) -> TriggerViolation:
    """`name` is that of SQLite's error code. Of a rule that several tables share, the table is not known."""
    rule = rule_in(message)
    triggers = raw.execute(_TRIGGERS).fetchall() if rule else []
    tables = {table for table, text in triggers if rule and is_rule_of(text, "sqlite", rule)}
    if rule is None or not tables:
        return TriggerViolation(None, sqlstate=name)
    return TriggerViolation(rule, sqlstate=name, table=tables.pop() if len(tables) == 1 else None)
