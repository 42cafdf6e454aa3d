"""All rules, in the order and the chapters of docs/check.md. Imports every module that finds something."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hangar_dal.contract.ambiguous_updates import UPDATE_AMBIGUOUS
from hangar_dal.contract.collations import COLLATION_DIFFERS
from hangar_dal.contract.constant_conditions import CONDITION_CONSTANT
from hangar_dal.contract.keysets import KEYSET_ORDER
from hangar_dal.contract.narrow import VALUE_TOO_LARGE
from hangar_dal.contract.not_in import NOT_IN_NULL
from hangar_dal.contract.outer_joins import OUTER_JOIN_UNDONE
from hangar_dal.contract.parameters import NONE_COMPARED, NONE_REFUSED, PARAMETER_KIND, STATEMENT_REFUSED, VALUE_REFUSED
from hangar_dal.contract.rows import NULLS_UNPLACED, ROW_UNKEYED
from hangar_dal.contract.swapped import VALUES_SWAPPED
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
            NULLS_UNPLACED,
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
        "value-unreadable": "A type knows each value that the CHECK or the enum of its column allows.",
        "meaning-differs": "Equal blocks mean the same on both databases.",
        "column-missing": "Each field of the model is a column of the result.",
        "column-extra": "Each column of the result is a field of the model.",
        "column-duplicate": "No two columns of a result have the same name.",
        "column-order": "The columns of a result are in the order of the model's fields.",
        "column-kind": "A field's type fits the type of its column.",
        "null-refused": "A field accepts None if its column may be NULL.",
        "null-unknown": "A field accepts None if it cannot be determined whether its column may be NULL.",
        "null-needless": "A field accepts None only if a query may fill it with NULL.",
        "sealed-elsewhere": "A sealed field is stored in the table and the column that it names.",
        "sealed-compared": "No sealed value is compared: each is sealed with a new random nonce.",
        "json-kind": "The type of a field that is read from JSON fits the model's field.",
        "json-field": "What is read out of JSON, or built into it, has the names of the model's fields.",
        "override-unknown": "A `-- not null:` line names a column of the result.",
        "override-needless": "A `-- not null:` line is only written where it cannot be determined without it.",
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
