"""What the text of a statement says, read together with the tables, but without a database.

`reader` makes a `Reading` with a parser. A snapshot stores it, so an offline check needs no parser.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Meeting:
    """A value that is written to `table.column` or compared with it.

    The value is a `parameter`, a `text` in quotes, or another column, `taken`. It is NULL if all three are None.
    `written` is True if the value is written. `bare` is False if the value is an argument of COALESCE. `each` is True
    if each item of a list is used. `at` is the offset in the statement, which does not count when meetings are
    compared.
    """

    table: str
    column: str
    parameter: str | None = None
    text: str | None = None
    written: bool = False
    bare: bool = True
    taken: tuple[str, str] | None = None
    each: bool = False
    at: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Given:
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

    If `always` is True, it is reported only if no arm can leave out the line at that offset. If `column` is set, it is
    reported only if the block does not compare this column with another parameter.
    """

    rule: str
    at: int | None
    message: str
    fix: str
    always: bool = False
    column: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A construct that the databases understand in different ways: its name in `query.meanings`, and its offset."""

    meaning: str
    at: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What the text of a statement says.

    - `nulls`: whether each result column may be NULL, None if unknown; None if the statement is not understood
    - `meetings`: values that are compared with columns or written to them
    - `left_out`: the table and the name of each column that an INSERT must give but leaves out
    - `ties`: the tables of which ORDER BY has no key; None if it leaves no ties, or if this is unknown
    - `texts`: the quoted texts that the statement may return in each result column
    - `patches`: the assignments of a PATCH
    - `compared_nulls`: the offsets of NULLs that are compared
    - `unplaced_nulls`: the texts of sort keys that may be NULL and have no NULLS FIRST or LAST
    - `notices`: faults that the text and the tables show
    - `unkeyed`: the tables of which WHERE fixes no unique key, so that several rows may be found
    - `either`: the parameters of each arm of an OR whose arms may find one row each
    - `differences`: constructs that SQLite understands in another way
    """

    nulls: tuple[bool | None, ...] | None = None
    meetings: tuple[Meeting, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    ties: tuple[str, ...] | None = None
    texts: tuple[tuple[Given, ...], ...] = ()
    patches: tuple[Patch, ...] = ()
    compared_nulls: tuple[int, ...] = ()
    unplaced_nulls: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    unkeyed: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    differences: tuple[Difference, ...] = ()
