"""A rule that a trigger raises, as `TriggerViolation`, whatever SQLSTATE its author has chosen.

PL/pgSQL formats its messages, so that any row value may be in one. A message is carried only if one of the functions
that were running holds the same words as a literal: the server is asked for their texts. Below `errors`.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import psycopg

from hangar_dal.errors import TriggerViolation
from hangar_dal.trigger_rules import is_rule_of, rule_in

# PostgreSQL translates the words of the context, but not the name of its own C function for RAISE.
_RAISE: Final = "exec_stmt_raise"
_FUNCTION: Final = re.compile(r'("(?:[^"]|"")+"|[\w$]+)\(')
# By name alone: the context may lack the schema. A trigger on a partitioned table has a copy on each partition.
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

# A function's name, its text, whether triggers call it, and the tables of these.
Function = tuple[str, str, bool, Sequence[str]]


class Raised(NamedTuple):
    """A RAISE: its message, and the functions that were running, the innermost first.

    The context of an error holds dynamic SQL too, so that words that are no functions may be among them.
    """

    message: str
    running: list[str]
    sqlstate: str | None


def raised_in(error: Exception) -> Raised | None:
    """None if the error has another cause than a RAISE in a function."""
    if not isinstance(error, psycopg.Error) or error.diag.source_function != _RAISE:
        return None
    found = (name[1] for name in _FUNCTION.finditer(error.diag.context or ""))
    names = dict.fromkeys(name[1:-1].replace('""', '"') if name[0] == '"' else name for name in found)
    return Raised(error.diag.message_primary or "", list(names), error.sqlstate) if names else None


def trigger_violation(raised: Raised, functions: Sequence[Function]) -> TriggerViolation | None:
    """None if no trigger had a part in it: then a query has called a function that raises."""
    triggers = [(raised.running.index(name), tables) for name, _, is_trigger, tables in functions if is_trigger]
    if not triggers:
        return None
    rule = rule_in(raised.message)
    if rule is None or not any(is_rule_of(text, "postgresql", rule) for _, text, _, _ in functions):
        return TriggerViolation(None, sqlstate=raised.sqlstate)
    innermost, _ = min(triggers)
    tables = {table for place, found in triggers if place == innermost for table in found}
    return TriggerViolation(rule, sqlstate=raised.sqlstate, table=tables.pop() if len(tables) == 1 else None)
