"""Translate a RAISE in a trigger to `TriggerViolation`.

Since SQLite 3.47, RAISE accepts any expression, so a message may contain values of rows. The message is kept only if a
trigger contains it as a literal. Runs in the connection's thread. Below `errors`.
"""

import sqlite3
from typing import Final

from hangar_dal.errors import TriggerViolation
from hangar_dal.trigger_rules import is_rule_of, rule_in

_TRIGGERS: Final = "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"


def trigger_violation(name: str, message: str, raw: sqlite3.Connection) -> TriggerViolation:
    """Return the error for a RAISE. `name` is the name of SQLite's error code.

    `table` of the error is None if triggers of several tables raise this rule.
    """
    rule = rule_in(message)
    triggers = raw.execute(_TRIGGERS).fetchall() if rule else []
    tables = {table for table, text in triggers if rule and is_rule_of(text, "sqlite", rule)}
    if rule is None or not tables:
        return TriggerViolation(None, sqlstate=name)
    return TriggerViolation(rule, sqlstate=name, table=tables.pop() if len(tables) == 1 else None)
