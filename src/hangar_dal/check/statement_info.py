"""What is known about a statement: what a database says about it, and what its text says.

The databases describe a statement, and `reader` adds what the text says. A snapshot stores the result, so an offline
check needs neither a driver nor a parser. Kinds are those of `model`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SentAs:
    """A parameter as the driver sends it. `type` is "" if PostgreSQL infers the type. None is sent without a type.

    SQLite has no types of parameters. There, `type` is the one that PostgreSQL is sent. `items_may_be_none` is True
    for a list that may hold None.
    """

    name: str
    type: str
    may_be_none: bool = False
    items_may_be_none: bool = False


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result. `table` and `column` are its origin if it is a column of a table, not an expression."""

    name: str
    kind: str | None
    table: str | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class PrepareError:
    """The error with which the database refuses to prepare the statement. `offset` is the place in the text, if known.

    `untyped` is the parameter whose type PostgreSQL could not infer, if that is the reason.
    """

    reason: str
    offset: int | None = None
    untyped: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """A table that a statement reads as a whole, because no index can serve it, and the indexes that could.

    If NULL for the parameter `optional` turns off a condition, as in `:a IS NULL OR a = :a`, no index serves it.
    """

    table: str
    indexes: tuple[str, ...] = ()
    optional: str = ""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A value that is written to `table.column` or compared with it.

    The value is a `parameter`, a `text` in quotes, or another column, `source_column`, which is a table and a name. It
    is NULL if all three are None. `written` is True if the value is written. `is_exact` is False if the value is an
    argument of COALESCE. `each_item` is True if the value is each item of a list. `is_rounded` is True if a CAST to a
    type with fewer digits is around the parameter. `at` is the offset in the statement, which does not count when uses
    are compared.
    """

    table: str
    column: str
    parameter: str | None = None
    text: str | None = None
    written: bool = False
    is_exact: bool = True
    source_column: tuple[str, str] | None = None
    each_item: bool = False
    is_rounded: bool = False
    at: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class LiteralResult:
    """A quoted text that the statement returns in a result column, and its offset."""

    text: str
    at: int | None


@dataclass(frozen=True, slots=True)
class Patch:
    """`column = CASE WHEN :flag THEN values ELSE kept END`. `kept` is "" if it is no column."""

    column: str
    flag: str
    values: tuple[str, ...]
    kept: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A fault that the text of the statement and the tables show, at an offset of the text.

    If `always` is True, it is reported only if no variant leaves out the line at that offset. If `column` is set, it is
    reported only if the block does not compare this column with another parameter.
    """

    rule: str
    at: int | None
    message: str
    fix: str
    always: bool = False
    column: str = ""


@dataclass(frozen=True, slots=True)
class MeaningDifference:
    """A construct that the databases understand in different ways: its name in `query.meanings`, and its offset."""

    meaning: str
    at: int


@dataclass(frozen=True, slots=True)
class BuiltValue:
    """A value that the statement builds into JSON, as by `json_object('size', size)`, or into an array.

    `place` is the position of the result column that has the JSON, or -1 for JSON that is not returned. `path` has the
    keys that lead to the value, `[]` for an item of a list and `?` for a key that is no text. `kind` is "" if it is
    unknown, and `source` is the table and the column if the value is a column. `is_json` is True for an argument of
    `json()`. `nullable` is True if some rows have NULL there, `never_null` if none has. `text` is the column as it is
    written, or "". `in_array` is True for an item of an array of PostgreSQL, which is no JSON.
    """

    place: int
    path: tuple[str, ...]
    kind: str
    source: tuple[str, str] | None = None
    is_json: bool = False
    nullable: bool = False
    never_null: bool = False
    text: str = ""
    at: int | None = None
    in_array: bool = False


@dataclass(frozen=True, slots=True)
class StatementInfo:
    """What is known about one statement on one database.

    It depends on the text of the statement, on the types that its parameters are sent with, and on the tables.

    The database says:

    - `parameters`: kinds by name, as PostgreSQL infers them; None for a parameter of another type
    - `misfits`: the types that PostgreSQL expects for parameters whose type, as the driver sends it, it refuses
    - `without_value`: the errors that PostgreSQL raises if a parameter is None
    - `columns`: the columns of the result
    - `reads_only`: False if the statement writes, None if this is unknown
    - `refusal`: the error if the database refuses the statement. Then nothing else is known.
    - `scans`: the tables that the statement reads as a whole

    The text and the tables say:

    - `unread`: True if the parser does not understand the statement. Then nothing that follows is known.
    - `nulls`: whether each result column may be NULL, None if unknown; None if the statement is not understood
    - `column_uses`: values that are written to columns or compared with them
    - `missing_columns`: the table and the name of each column that an INSERT must give but leaves out
    - `ties`: the tables of which ORDER BY has no key; () if it leaves no ties, or if this is unknown
    - `literal_results`: the quoted texts that the statement may return in each result column
    - `kept_values`: the values of a result column that a condition leaves of those that its table allows; `:name` is a
      parameter that the column equals
    - `patches`: the assignments of a PATCH
    - `compared_nulls`: the offsets of NULLs that are compared
    - `unplaced_nulls`: the texts of sort keys that may be NULL and have no NULLS FIRST or LAST
    - `notices`: faults that the text and the tables show
    - `unkeyed`: the tables of which WHERE fixes no unique key, so that several rows may be found
    - `null_rows`: the same tables, by the parameter that leads to several rows if it is None
    - `either_rows`: the parameters of each side of an OR whose sides may find one row each
    - `differences`: constructs that SQLite understands in another way
    - `built`: the values that the statement builds into JSON and into arrays
    - `scales`: the digits after the point that PostgreSQL's statement gives to each parameter that is a Decimal
    - `result_scales`: those of each result column, None if it is no Decimal; empty if there is no Decimal
    """

    parameters: Mapping[str, str | None] = field(default_factory=dict)
    misfits: Mapping[str, str] = field(default_factory=dict)
    without_value: Mapping[str, PrepareError] = field(default_factory=dict)
    columns: tuple[ResultColumn, ...] = ()
    reads_only: bool | None = None
    refusal: PrepareError | None = None
    scans: tuple[Scan, ...] = ()
    unread: bool = False
    nulls: tuple[bool | None, ...] | None = None
    column_uses: tuple[ColumnUse, ...] = ()
    missing_columns: tuple[tuple[str, str], ...] = ()
    ties: tuple[str, ...] = ()
    literal_results: tuple[tuple[LiteralResult, ...], ...] = ()
    kept_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patches: tuple[Patch, ...] = ()
    compared_nulls: tuple[int, ...] = ()
    unplaced_nulls: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    unkeyed: tuple[str, ...] = ()
    null_rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    either_rows: tuple[tuple[str, ...], ...] = ()
    differences: tuple[MeaningDifference, ...] = ()
    built: tuple[BuiltValue, ...] = ()
    scales: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    result_scales: tuple[int | None, ...] = ()
