"""Translate a RAISE in a trigger to `TriggerViolation`, with any SQLSTATE.

PL/pgSQL formats messages, so a message may contain values of rows. It is kept only if one of the running functions
contains the same message as a literal. The source of the functions is read from the server. Below `errors`.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import psycopg

from hangar_dal.errors import TriggerViolation
from hangar_dal.trigger_rules import is_rule_of, rule_in

# The name of PostgreSQL's C function for RAISE, which is not translated, unlike the text of the context.
_RAISE: Final = "exec_stmt_raise"
_FUNCTION: Final = re.compile(r'("(?:[^"]|"")+"|[\w$]+)\(')
# Find functions by name only: the context may lack the schema. The copies of a trigger on partitions are not counted.
FIND_FUNCTIONS: Final = """
SELECT
    p.proname::text,
    p.prosrc,
    p.prorettype = 'pg_catalog.trigger'::regtype,
    ARRAY(
        SELECT DISTINCT c.relname::text
        FROM pg_catalog.pg_trigger AS t
        INNER JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
        WHERE t.tgfoid = p.oid AND t.tgparentid = 0
    )
FROM pg_catalog.pg_proc AS p
INNER JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE
    l.lanname = 'plpgsql'
    AND p.proname = ANY(%s::text[])
"""

# The name of a function, its source, whether it is a trigger function, and the tables of its triggers.
Function = tuple[str, str, bool, Sequence[str]]


class Raised(NamedTuple):
    """A RAISE: its message, and the names of the running functions, the innermost first.

    The context of an error also contains dynamic SQL, so some of the names may not be functions.
    """

    message: str
    running: list[str]
    sqlstate: str | None


def raised_in(error: Exception) -> Raised | None:
    """Return the RAISE in a function that caused the error; None if the error has another cause."""
    if not isinstance(error, psycopg.Error) or error.diag.source_function != _RAISE:
        return None
    found = (name[1] for name in _FUNCTION.finditer(error.diag.context or ""))
    names = dict.fromkeys(name[1:-1].replace('""', '"') if name[0] == '"' else name for name in found)
    return Raised(error.diag.message_primary or "", list(names), error.sqlstate) if names else None


def trigger_violation(raised: Raised, functions: Sequence[Function]) -> TriggerViolation | None:
    """Return the error for a RAISE; None if no trigger was running, so the query itself has called the function."""
    triggers = [(raised.running.index(name), tables) for name, _, is_trigger, tables in functions if is_trigger]
    if not triggers:
        return None
    rule = rule_in(raised.message)
    if rule is None or not any(is_rule_of(text, "postgresql", rule) for _, text, _, _ in functions):
        return TriggerViolation(None, sqlstate=raised.sqlstate)
    innermost, _ = min(triggers)
    tables = {table for place, found in triggers if place == innermost for table in found}
    return TriggerViolation(rule, sqlstate=raised.sqlstate, table=tables.pop() if len(tables) == 1 else None)
