"""What each rule of `check` holds, in a sentence: for docs/check.md and for whoever shows findings. Stands alone."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # Files, and functions against them
        "file-format": "A SQL file holds named blocks of one statement each, as sql/README.md says.",
        "file-missing": "Each module that declares queries has a file in the folder of each dialect.",
        "file-orphan": "Each SQL file belongs to a module that was imported and declares its queries.",
        "file-shared": "Two modules whose names end alike would share one SQL file.",
        "block-missing": "Each declared query has a block in both dialects.",
        "block-undeclared": "Each block has a function of its name that declares it.",
        "twins-order": "Twins stand in the same order, so that the files can be read side by side.",
        "twins-differ": "Twins are the same text, unless both headers say why they differ.",
        "differs-needless": "A `-- differs:` line stands only where the twins do differ.",
        "signature": "A signature says the kind of each argument, and what comes back.",
        "argument-unused": "Each argument is used by a statement of one dialect at least.",
        "arm-condition": "An arm is kept or left out by an argument, and by a value that it may have.",
        "arm-missing": "A choice has an arm for each value that its argument may have.",
        "parameter-unknown": "Each parameter comes from an argument, a field, or the three that are derived.",
        "parameter-unfit": "A parameter is used as what its argument is.",
        # Statements against what their functions promise
        "statement-kind": "A block reads rows or changes them; all else belongs in a migration.",
        "returning-missing": "A write gives rows back only by RETURNING.",
        "count-of-read": "A RowCount counts the rows that a statement changed.",
        "stream-writes": "A stream reads; the rows of a write come as a list.",
        "read-writes": "A function whose name says that it reads does not write.",
        "result-unused": "The rows of a SELECT go to somebody.",
        "star": "Columns are listed: `*` is whatever the table has on the day.",
        "list-unordered": "Many rows come in an order that leaves no ties.",
        "row-ordered": "A row that is picked by an ORDER BY is picked by LIMIT 1.",
        "limit-unordered": "LIMIT takes the first of an order.",
        "order-by-parameter": "ORDER BY a parameter sorts by a constant, that is not at all.",
        "where-missing": "A write says which rows it changes.",
        "insert-unlisted": "An INSERT lists its columns: the table's order is that of the day.",
        "like-differs": "LIKE means the same on both databases: of folded texts, and with its ESCAPE.",
        "aggregate-unordered": "The items of a list that is made of rows come in an order.",
        "clock": "Time is the parameter :now, which tests can set and both databases share.",
        # Statements against the databases
        "condition-constant": "A condition depends on the row: it does not compare a column with itself.",
        "values-swapped": "No two columns are given each other's parameters.",
        "statement-refused": "Both databases prepare the statement against the migrated schema.",
        "parameter-kind": "A parameter is sent as what the database, or its twin, takes it for.",
        "none-refused": "An argument that may be None is not written to a column that is NOT NULL.",
        "none-compared": "An argument that may be None is not compared as it is: what is NULL is equal to nothing.",
        "value-refused": "A CHECK allows each value that a Literal, an Enum or a text in the statement may have.",
        "value-unreadable": "A type knows each value that the CHECK of its column allows.",
        "required-column": "An INSERT gives each column that is NOT NULL and has no default.",
        "kind-written": "A column that is written to another is of its kind.",
        "patch-mixed": "A change is written under its own flag, and a column that is not changed keeps its own value.",
        "field-unstored": "An INSERT of a model stores each field that has a column.",
        "write-unseen": "A statement that writes says so by its verb, by which it is routed.",
        "nulls-unplaced": "A sort key that may be NULL says where NULL goes: SQLite puts it first, PostgreSQL last.",
        "column-missing": "Each field of the model is a column of the result.",
        "column-extra": "Each column of the result is a field of the model.",
        "column-duplicate": "No two columns of a result have the same name.",
        "column-order": "Columns stand in the order of the model's fields.",
        "column-kind": "A column is read as what it is.",
        "null-refused": "A column that may be NULL fills a field that takes None.",
        "null-unknown": "A field takes None where nobody can tell whether its column may be NULL.",
        "null-needless": "A field takes None only if a query may fill it with NULL.",
        "json-field": "What is read out of JSON, or built into it, has the names of the model's fields.",
        "override-unknown": "A `-- not null:` line names a column of the result.",
        "override-needless": "A `-- not null:` line stands only where nobody could tell without it.",
        # Plans
        "scan": "A statement finds its rows by an index, unless its file says why it reads a whole table.",
        "scan-needless": "A `-- scan:` line stands only where a whole table is read.",
        "small-table-unknown": "`small_tables` names tables.",
        # The check itself
        "not-checked": "The check covers every catalog, SQL file and folder of migrations in the project's folder.",
        "postgresql-missing": "A check needs a PostgreSQL server, or the snapshot of one.",
        "migration-fails": "The migrations make the tables, on both databases.",
        "snapshot-missing": "`check --offline` needs a snapshot that was written where both databases are.",
        "snapshot-stale": "The snapshot was written for the statements and the migrations as they are.",
    }
)
