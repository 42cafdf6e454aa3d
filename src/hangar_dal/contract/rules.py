"""All rules, in the order and the chapters of docs/check.md. Imports every module that finds something."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hangar_dal.contract.ambiguous_updates import UPDATE_AMBIGUOUS
from hangar_dal.contract.collations import COLLATION_DIFFERS
from hangar_dal.contract.constant_conditions import CONDITION_CONSTANT
from hangar_dal.contract.json_fields import JSON_FIELD
from hangar_dal.contract.json_kinds import JSON_KIND
from hangar_dal.contract.keysets import KEYSET_ORDER
from hangar_dal.contract.meanings_findings import MEANING_DIFFERS
from hangar_dal.contract.narrow import VALUE_TOO_LARGE
from hangar_dal.contract.not_in import NOT_IN_NULL
from hangar_dal.contract.outer_joins import OUTER_JOIN_UNDONE
from hangar_dal.contract.overrides import OVERRIDE_NEEDLESS
from hangar_dal.contract.parameters import NONE_COMPARED, NONE_REFUSED, PARAMETER_KIND, STATEMENT_REFUSED, VALUE_REFUSED
from hangar_dal.contract.result_columns import COLUMN_DUPLICATE, COLUMN_EXTRA, COLUMN_MISSING, COLUMN_ORDER
from hangar_dal.contract.results import COLUMN_KIND, NULL_REFUSED, NULL_UNKNOWN, OVERRIDE_UNKNOWN, VALUE_UNREADABLE
from hangar_dal.contract.rows import NULLS_UNPLACED, ROW_UNKEYED
from hangar_dal.contract.seals import SEALED_COMPARED, SEALED_ELSEWHERE
from hangar_dal.contract.swapped import VALUES_SWAPPED
from hangar_dal.contract.unneeded_optional import NULL_NEEDLESS
from hangar_dal.contract.window_orders import WINDOW_UNORDERED
from hangar_dal.contract.writes import FIELD_UNSTORED, KIND_WRITTEN, PATCH_MIXED, REQUIRED_COLUMN, WRITE_UNSEEN
from hangar_dal.rules import Rule

CHAPTERS: Final[Mapping[str, Sequence[Rule]]] = MappingProxyType(
    {
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
            VALUES_SWAPPED,
            VALUE_REFUSED,
            VALUE_TOO_LARGE,
            NONE_REFUSED,
            NONE_COMPARED,
            REQUIRED_COLUMN,
            KIND_WRITTEN,
            PATCH_MIXED,
            FIELD_UNSTORED,
            WRITE_UNSEEN,
            MEANING_DIFFERS,
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
        ),
    }
)
RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.id: rule for rules in CHAPTERS.values() for rule in rules})
SUMMARIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{rule.id: rule.summary for rule in RULES.values()},
        # Files, and functions against them
        "file-format": "A SQL file holds named blocks of one statement each, as sql/README.md says.",
        "file-missing": "Each module that declares queries has a file in the folder of each dialect.",
        "file-orphan": "Each SQL file belongs to a module that was imported and declares its queries.",
        "file-shared": "Two modules whose names end alike would share one SQL file.",
        "block-missing": "Each declared query has a block in both dialects.",
        "block-undeclared": "Each block has a function of its name that declares it.",
        "twins-order": "The twin files hold the same blocks in the same order, so that they can be read side by side.",
        "twins-differ": "Twins are the same text, unless both headers say why they differ.",
        "differs-needless": "A `-- differs:` line is only written where the twins differ.",
        "signature": "A signature says the kind of each argument, and what comes back.",
        "argument-unused": "Each argument is used by a statement of one dialect at least.",
        "arm-condition": "An arm is kept or left out by an argument, and by a value that it may have.",
        "arm-missing": "A choice has an arm for each value that its argument may have.",
        "parameter-unknown": "Each parameter comes from an argument, a field, or the three that are derived.",
        "parameter-quoted": "A placeholder is outside quotes: inside, a database reads it as text.",
        "parameter-unfit": "A parameter is used in a way that fits its declared type.",
        # Statements against what their functions promise
        "statement-kind": "A block reads rows or changes them; all else belongs in a migration.",
        "returning-missing": "A write gives rows back only by RETURNING.",
        "count-of-read": "A RowCount counts the rows that a statement changed.",
        "stream-writes": "A stream reads; the rows of a write come as a list.",
        "read-writes": "A function whose name says that it reads does not write.",
        "result-unused": "A function returns the rows that its SELECT reads.",
        "star": "Columns are listed: a migration changes what `*` returns.",
        "list-unordered": "Many rows come in an order that leaves no ties.",
        "row-ordered": "A row that is picked by an ORDER BY is picked by LIMIT 1.",
        "row-skipped": "A function that promises a row has no INSERT that leaves out a row which is there already.",
        "limit-unordered": "LIMIT takes the first rows of an order.",
        "order-by-parameter": "ORDER BY a parameter sorts by a constant, so it has no effect.",
        "where-missing": "A write says which rows it changes.",
        "insert-unlisted": "An INSERT lists its columns: a migration can change their order in the table.",
        "like-differs": "LIKE means the same on both databases: of folded texts, and with its ESCAPE.",
        "aggregate-unordered": "A list that is made from rows has a defined order.",
        "session-state": "A statement leaves nothing on its connection for the next task, and reads nothing from it.",
        "transaction-needed": "A query whose whole effect ends with its transaction declares `db: Transaction`.",
        "clock": "The current time is the parameter :now, which tests can set.",
        # Statements against the databases
        # Plans
        "scan": "A statement finds its rows by an index, unless its file says why it reads a whole table.",
        "scan-needless": "A `-- scan:` line is only written where a whole table is read.",
        "small-table-unknown": "`small_tables` names tables.",
        # The check itself
        "not-checked": "The check covers every catalog, SQL file and folder of migrations in the project's folder.",
        "postgresql-missing": "A check needs a PostgreSQL server, or the snapshot of one.",
        "migration-fails": "The migrations can be applied on both databases.",
        "snapshot-missing": "`check --offline` needs a snapshot that was written where both databases are.",
        "snapshot-stale": "The snapshot was written for the statements and the migrations as they are.",
    }
)
