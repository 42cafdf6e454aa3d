"""What a statement's own words say, with the tables beside them; no database is asked.

`reader` makes it, with a parser that an offline check does without: a snapshot keeps the answer.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Meeting:
    """`parameter`, `text` or another column, `taken`, meets `table.column`: written to it, or compared with it.

    It is NULL where none of them is there. `bare`: the very value, not one of several that may be written. `each`: not
    the parameter is met but each item of its list. `at` is its offset in the statement; the same meeting elsewhere is
    no other.
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
    """A text that the statement gives for a result column, and its offset."""

    text: str
    at: int | None


@dataclass(frozen=True, slots=True)
class Patch:
    """`column = CASE WHEN :flag THEN values ELSE kept END`; `kept` is empty where it is no column."""

    column: str
    flag: str
    values: tuple[str, ...]
    kept: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What the statement's words and the tables alone show to be wrong, at an offset of its text.

    `always`: it counts only if the words at that offset belong to the statement whatever arguments are given.
    `column`: it counts only if no line of the block compares this column with another parameter.
    """

    rule: str
    at: int | None
    message: str
    fix: str
    always: bool = False
    column: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A construct that means something else to the other database: its name in `query.meanings`, and its place."""

    meaning: str
    at: int


@dataclass(frozen=True, slots=True)
class Reading:
    """`nulls` of each result column, None where the statement is not understood; what is None in it cannot be known.

    `left_out` are columns, by table, that an INSERT must give and does not. `ties` are the tables of which the ORDER
    BY holds no key; None if it leaves no ties, or if this is unknown. `texts` are those that the statement itself
    may give for each result column. `compared_nulls` are the offsets of NULLs that are compared. `unplaced_nulls` are
    sort keys, as they are written, that may be NULL and do not say where it goes. `unkeyed` are the tables of which
    WHERE fixes no unique key, so that there may be several rows. `either` are the parameters of each arm of an OR, if
    each arm fixes a key, so that two arms may find two rows. `differences` are what SQLite would understand in another
    way.
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
