"""All rules, in the chapters and the order of docs/rules.md."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from hangar_dal.check.rules.ambiguous_updates import UPDATE_AMBIGUOUS
from hangar_dal.check.rules.check_itself import MIGRATION_FAILS, POSTGRESQL_MISSING, SNAPSHOT_MISSING, SNAPSHOT_STALE
from hangar_dal.check.rules.collations import COLLATION_DIFFERS
from hangar_dal.check.rules.constant_conditions import CONDITION_CONSTANT
from hangar_dal.check.rules.ignoring import IGNORE_NEEDLESS
from hangar_dal.check.rules.instant_form import INSTANT_FORM
from hangar_dal.check.rules.json_fields import JSON_FIELD
from hangar_dal.check.rules.json_types import JSON_KIND
from hangar_dal.check.rules.keysets import KEYSET_ORDER
from hangar_dal.check.rules.later_values import RETURNING_EARLY
from hangar_dal.check.rules.meanings import MEANING_DIFFERS
from hangar_dal.check.rules.narrow_columns import VALUE_TOO_LARGE
from hangar_dal.check.rules.not_in import NOT_IN_NULL
from hangar_dal.check.rules.outer_joins import OUTER_JOIN_UNDONE
from hangar_dal.check.rules.overrides import OVERRIDE_NEEDLESS
from hangar_dal.check.rules.parameters import (
    NONE_COMPARED,
    NONE_REFUSED,
    PARAMETER_KIND,
    STATEMENT_REFUSED,
    VALUE_REFUSED,
)
from hangar_dal.check.rules.result_columns import COLUMN_DUPLICATE, COLUMN_EXTRA, COLUMN_MISSING, COLUMN_ORDER
from hangar_dal.check.rules.results import COLUMN_KIND, NULL_REFUSED, NULL_UNKNOWN, OVERRIDE_UNKNOWN, VALUE_UNREADABLE
from hangar_dal.check.rules.row_order import NULLS_UNPLACED, ROW_UNKEYED
from hangar_dal.check.rules.scans import SCAN, SCAN_NEEDLESS, SMALL_TABLE_UNKNOWN
from hangar_dal.check.rules.seals import SEALED_COMPARED, SEALED_ELSEWHERE
from hangar_dal.check.rules.swapped import VALUES_SWAPPED
from hangar_dal.check.rules.ungrouped_columns import COLUMN_UNGROUPED
from hangar_dal.check.rules.unnamed import NOT_CHECKED
from hangar_dal.check.rules.unneeded_optional import NULL_NEEDLESS
from hangar_dal.check.rules.window_orders import WINDOW_UNORDERED
from hangar_dal.check.rules.writes import FIELD_UNSTORED, KIND_WRITTEN, PATCH_MIXED, REQUIRED_COLUMN, WRITE_UNSEEN
from hangar_dal.migrations.differences import DECLARATION_NEEDLESS, DECLARATION_UNKNOWN, MIGRATION_FILE
from hangar_dal.migrations.finished_tables import FOREIGN_KEY_UNINDEXED, JSON_CHECK_NULL, TABLE_NOT_STRICT
from hangar_dal.migrations.ignoring import MIGRATION_IGNORE
from hangar_dal.migrations.round_trip import (
    APPLY_AGAIN_DIFFERS,
    APPLY_AGAIN_FAILS,
    APPLY_FAILS,
    ROLLBACK_DIFFERS,
    ROLLBACK_FAILS,
)
from hangar_dal.migrations.row_round_trip import ROWS_DIFFER
from hangar_dal.migrations.trigger_twins import TRIGGER_RAISE, TRIGGER_TWINS
from hangar_dal.migrations.undeclared import SCHEMAS_DIFFER
from hangar_dal.migrations.verify import BEYOND_DATABASE, EDITED, TABLE_SHARED
from hangar_dal.query.clock import CLOCK
from hangar_dal.query.commands import COMMAND_RESULT, STATEMENT_KIND
from hangar_dal.query.comparison import (
    COUNT_OF_READ,
    PARAMETER_UNFIT,
    PARAMETER_UNKNOWN,
    RETURNING_MISSING,
    STREAM_WRITES,
    WHEN_CONDITION,
    WHEN_MISSING,
)
from hangar_dal.query.declared import ARGUMENT_UNUSED, DIFFERS_NEEDLESS, TWINS_DIFFER
from hangar_dal.query.dialect_differences import AGGREGATE_UNORDERED, LIKE_DIFFERS
from hangar_dal.query.quoted import PARAMETER_QUOTED
from hangar_dal.query.refusals import RESULT_UNUSED, STAR
from hangar_dal.query.row_order import LIMIT_UNORDERED, LIST_UNORDERED, ORDER_BY_PARAMETER, ROW_ORDERED
from hangar_dal.query.session_state import SESSION_STATE, TRANSACTION_NEEDED
from hangar_dal.query.signature import SIGNATURE
from hangar_dal.query.sql_files import (
    BLOCK_MISSING,
    BLOCK_UNDECLARED,
    FILE_MISSING,
    FILE_ORPHAN,
    FILE_SHARED,
    TWINS_ORDER,
)
from hangar_dal.query.writes import INSERT_UNLISTED, READ_WRITES, ROW_SKIPPED, WHERE_MISSING
from hangar_dal.rules import Rule
from hangar_dal.sqlfile import FILE_FORMAT

OF_THE_CHECK: Final = "The check itself"
OF_MIGRATIONS: Final = "Migrations"
CHAPTERS: Final[Mapping[str, Sequence[Rule]]] = MappingProxyType(
    {
        "Files and functions": (
            FILE_FORMAT,
            FILE_MISSING,
            FILE_ORPHAN,
            FILE_SHARED,
            BLOCK_MISSING,
            BLOCK_UNDECLARED,
            TWINS_ORDER,
            TWINS_DIFFER,
            DIFFERS_NEEDLESS,
            SIGNATURE,
            ARGUMENT_UNUSED,
            PARAMETER_UNKNOWN,
            PARAMETER_QUOTED,
            PARAMETER_UNFIT,
            WHEN_CONDITION,
            WHEN_MISSING,
            STATEMENT_KIND,
            COMMAND_RESULT,
            RETURNING_MISSING,
            COUNT_OF_READ,
            STREAM_WRITES,
            READ_WRITES,
            RESULT_UNUSED,
        ),
        "Statements": (
            LIST_UNORDERED,
            ROW_ORDERED,
            ROW_SKIPPED,
            LIMIT_UNORDERED,
            ORDER_BY_PARAMETER,
            WHERE_MISSING,
            STAR,
            INSERT_UNLISTED,
            LIKE_DIFFERS,
            AGGREGATE_UNORDERED,
            CLOCK,
            SESSION_STATE,
            TRANSACTION_NEEDED,
        ),
        "Against the databases": (
            STATEMENT_REFUSED,
            PARAMETER_KIND,
            CONDITION_CONSTANT,
            OUTER_JOIN_UNDONE,
            COLLATION_DIFFERS,
            KEYSET_ORDER,
            ROW_UNKEYED,
            UPDATE_AMBIGUOUS,
            NOT_IN_NULL,
            WINDOW_UNORDERED,
            COLUMN_UNGROUPED,
            VALUES_SWAPPED,
            VALUE_REFUSED,
            VALUE_TOO_LARGE,
            NONE_REFUSED,
            NONE_COMPARED,
            REQUIRED_COLUMN,
            KIND_WRITTEN,
            PATCH_MIXED,
            FIELD_UNSTORED,
            RETURNING_EARLY,
            WRITE_UNSEEN,
            MEANING_DIFFERS,
            INSTANT_FORM,
            NULLS_UNPLACED,
            COLUMN_MISSING,
            COLUMN_EXTRA,
            COLUMN_DUPLICATE,
            COLUMN_ORDER,
            COLUMN_KIND,
            SEALED_ELSEWHERE,
            SEALED_COMPARED,
            JSON_KIND,
            JSON_FIELD,
            VALUE_UNREADABLE,
            NULL_REFUSED,
            NULL_UNKNOWN,
            NULL_NEEDLESS,
            OVERRIDE_UNKNOWN,
            OVERRIDE_NEEDLESS,
            IGNORE_NEEDLESS,
        ),
        OF_THE_CHECK: (
            NOT_CHECKED,
            POSTGRESQL_MISSING,
            MIGRATION_FAILS,
            SNAPSHOT_MISSING,
            SNAPSHOT_STALE,
        ),
        "Plans": (
            SCAN,
            SCAN_NEEDLESS,
            SMALL_TABLE_UNKNOWN,
        ),
        OF_MIGRATIONS: (
            MIGRATION_FILE,
            BEYOND_DATABASE,
            TABLE_SHARED,
            APPLY_FAILS,
            ROLLBACK_FAILS,
            ROLLBACK_DIFFERS,
            APPLY_AGAIN_FAILS,
            APPLY_AGAIN_DIFFERS,
            SCHEMAS_DIFFER,
            DECLARATION_UNKNOWN,
            DECLARATION_NEEDLESS,
            ROWS_DIFFER,
            FOREIGN_KEY_UNINDEXED,
            JSON_CHECK_NULL,
            TABLE_NOT_STRICT,
            TRIGGER_RAISE,
            TRIGGER_TWINS,
            MIGRATION_IGNORE,
            EDITED,
        ),
    }
)
RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.id: rule for rules in CHAPTERS.values() for rule in rules})


def unknown_rule(name: str) -> str:
    """Return the error message for a name that no rule has, with similar names."""
    near = [each for each in RULES if name in each] or get_close_matches(name, RULES)
    advice = f"did you mean {' or '.join(near)}?" if near else "`hangar-dal check --explain all` lists the rules"
    return f"there is no rule {name}; {advice}"
