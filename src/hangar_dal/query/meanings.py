"""The table of all constructs that SQLite and PostgreSQL both accept but understand in different ways.

The rules `like-differs` and `meaning-differs` take their messages from here, and docs/rules.md shows the table. No
database reports an error for these constructs.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Meaning(NamedTuple):
    """A construct, how the databases disagree about it, and what to write instead."""

    construct: str
    why: str
    instead: str

    @property
    def message(self) -> str:
        return f"{self.construct}: {self.why}"


_APART: Final = "let the blocks differ"

MEANINGS: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        # LIKE, found by its tokens
        "like_case": Meaning(
            "LIKE",
            "SQLite ignores the case of A to Z, PostgreSQL does not",
            f"compare a `_fold` column with a folded pattern such as `:name_fold` or lower(...), or {_APART}",
        ),
        "like_escape": Meaning(
            "LIKE without ESCAPE",
            "a backslash escapes on PostgreSQL and is a character on SQLite",
            r"write ESCAPE '\' after the pattern",
        ),
        # Types
        "cast_type": Meaning(
            "CAST to a type that SQLite does not have",
            "SQLite converts the value to a number, so a uuid or a timestamp matches nothing",
            f"leave out the CAST, since arguments are sent with their types, or {_APART}",
        ),
        "cast_numeric": Meaning(
            "CAST to numeric",
            "SQLite stores whole numbers as integers, uses integer division for them, and ignores the scale",
            "write CAST(... AS bigint) or CAST(... AS double precision)",
        ),
        "cast_real": Meaning(
            "CAST to real",
            "PostgreSQL keeps 6 digits, SQLite 15",
            "write CAST(... AS double precision)",
        ),
        "cast_length": Meaning(
            "CAST to a text of limited length",
            "PostgreSQL cuts or pads the text, SQLite ignores the length",
            "write CAST(... AS text), or substr(..., 1, n) to cut it",
        ),
        "cast_fraction": Meaning(
            "CAST of a fraction to an integer",
            "PostgreSQL rounds, SQLite cuts off the fraction",
            "write CAST(trunc(...) AS bigint), or floor(...)",
        ),
        "cast_text": Meaning(
            "CAST of a text to a number",
            "PostgreSQL refuses a text that is no number, SQLite reads its first digits or 0",
            f"store a number, or {_APART}",
        ),
        "as_text": Meaning(
            "boolean, fraction, timestamp, time, interval, JSON, bytes or list as text",
            "the databases write it in different ways: 'true' and '1', '3' and '3.0'",
            f"convert the value in Python, or {_APART}",
        ),
        "literal_form": Meaning(
            "value in a text that is not in the form in which SQLite stores it",
            "PostgreSQL converts the text, SQLite compares, stores and returns it as it is",
            "pass the value as an argument, or write TRUE, a number without quotes, a lower-case uuid, 'YYYY-MM-DD' or "
            "'YYYY-MM-DDTHH:MM:SS.ffffffZ'",
        ),
        "day_and_time": Meaning(
            "date beside a timestamp",
            "PostgreSQL converts the date to the start of its day, SQLite compares and returns the two texts",
            "compare with a column or an argument of the same type",
        ),
        "number_as_text": Meaning(
            "number compared with a quoted number",
            "PostgreSQL compares numbers; in SQLite a number never equals a text",
            "write the number without quotes",
        ),
        # Numbers
        "division_kind": Meaning(
            "division of numbers that are integers on one database only",
            "PostgreSQL's sum() of integers is numeric and SQLite's floor() of an integer is an integer, so that only "
            "one of them keeps the fraction",
            "CAST one side AS double precision to keep the fraction, or all sides AS bigint to drop it",
        ),
        "division_zero": Meaning(
            "division by a value that may be 0",
            "PostgreSQL raises an error, SQLite returns NULL",
            "divide by nullif(..., 0), or exclude 0 by a condition such as x > 0",
        ),
        "remainder": Meaning(
            "% of a fraction",
            "SQLite drops the fractions first",
            "write mod(a, b)",
        ),
        "mod_integers": Meaning(
            "mod() of integers",
            "SQLite returns a fraction, 1.0 instead of 1",
            "write a % b",
        ),
        "round_half": Meaning(
            "round() of a double precision",
            "2.5 becomes 2 on PostgreSQL, which rounds halves to even numbers, and 3 on SQLite",
            "write floor(... + 0.5)",
        ),
        "round_digits": Meaning(
            "round() to a negative number of digits",
            "SQLite uses 0 instead",
            "write round(... / 100.0) * 100",
        ),
        "shift": Meaning(
            "<< or >> beyond the width of the number",
            "PostgreSQL takes the distance modulo 32 or 64, SQLite does not",
            "shift by 0 to 63, and write CAST(1 AS bigint) << n for a bit above the 30th",
        ),
        "big_number": Meaning(
            "integer beyond 64 bits",
            "PostgreSQL makes it numeric, SQLite a rounded floating-point number",
            "keep integers within 64 bits",
        ),
        "fraction_stored": Meaning(
            "fraction written to an integer column",
            "PostgreSQL rounds it, SQLite refuses it or stores the fraction",
            "write CAST(trunc(...) AS bigint), or floor(... + 0.5)",
        ),
        "out_of_range": Meaning(
            "constant outside of the range of a function or a CAST",
            "PostgreSQL raises an error, SQLite returns NULL or the largest integer",
            "calculate in Python and pass the result",
        ),
        "random": Meaning(
            "random()",
            "PostgreSQL returns a fraction below 1, SQLite a 64-bit integer",
            "pass a random number as an argument",
        ),
        # Decimals, intervals and times of day
        "unit_number": Meaning(
            "Decimal beside another number",
            "SQLite stores a Decimal as an integer of its smallest unit, so that 10 means 0.10 there",
            f"pass the number as an argument, annotated like the column, or {_APART}; 0 may be written",
        ),
        "unit_scale": Meaning(
            "Decimals with different decimal_places",
            "SQLite stores each as an integer of its own smallest unit",
            f"give the columns and arguments the same decimal_places, or {_APART}",
        ),
        "unit_arithmetic": Meaning(
            "a product, a division, a CAST, or a function such as avg() or round(), with a Decimal or an interval",
            "SQLite stores it as an integer of its smallest unit, so the result has another unit or is rounded",
            f"calculate in Python from sum(), count(), min() and max(), or {_APART}",
        ),
        "clock_and_interval": Meaning(
            "time of day or interval beside a value of another type",
            "PostgreSQL converts a time to an interval, SQLite compares a text with a number",
            "compare with a column or an argument of the same type",
        ),
        # Texts
        "case_folding": Meaning(
            "lower() or upper()",
            "SQLite changes only A to Z, PostgreSQL every letter, by the collation",
            'compare a `_fold` column, or give the column the collation "C" on PostgreSQL',
        ),
        "substr_negative": Meaning(
            "substr() with a start or length that may be negative",
            "SQLite counts from the end; PostgreSQL before the start, and refuses a negative length",
            "write substr(x, CASE WHEN length(x) > n THEN length(x) - n + 1 ELSE 1 END) for the last n characters",
        ),
        "substring_pattern": Meaning(
            "substring() with a pattern",
            "PostgreSQL searches a regular expression, SQLite reads a number",
            _APART,
        ),
        "concat_arithmetic": Meaning(
            "|| beside + - * / %",
            "SQLite joins texts before it calculates, PostgreSQL afterwards",
            "write parentheses",
        ),
        "join": Meaning(
            "|| of JSON, lists or bytes",
            "PostgreSQL merges or joins the values, SQLite joins their texts",
            f"build the value in Python, or {_APART}",
        ),
        "format": Meaning(
            "format() with more than %s",
            "PostgreSQL knows %s, %I and %L, SQLite the letters of C",
            "join texts with ||",
        ),
        "bit_string": Meaning(
            "X'...'",
            "it is a string of bits to PostgreSQL, bytes to SQLite",
            "pass the bytes as an argument",
        ),
        # Comparisons
        "precedence": Meaning(
            "comparison beside IN, LIKE, BETWEEN or IS without parentheses",
            "PostgreSQL evaluates `a = b IN (1)` as a = (b IN (1)), SQLite as (a = b) IN (1), and groups `<` and IS "
            "differently, too",
            "write parentheses",
        ),
        # Time, enums
        "time_arithmetic": Meaning(
            "+ or - with a timestamp, a date or a time of day",
            "SQLite calculates with the first digits of the text",
            f"calculate in Python and pass the result, or {_APART}",
        ),
        "order": Meaning(
            "order of an enum, JSON or a list",
            "PostgreSQL sorts by the type, an enum as it was declared; SQLite sorts the stored text",
            "sort by a CASE that gives each value a number, or store a number",
        ),
        # JSON
        "json_text": Meaning(
            "->>",
            "PostgreSQL returns text; SQLite returns numbers for numbers and booleans",
            "write CAST(... ->> 'key' AS text) if the value is a text, AS bigint for an integer, AS boolean for true "
            "or false; select -> for anything else; before SQLite 3.38, json_extract() in blocks that differ",
        ),
        "json_key": Meaning(
            "-> or ->> with a key that SQLite reads as a path or counts from the end",
            "PostgreSQL uses it as the name of a key",
            "use one step for each key, and indexes from 0",
        ),
        "json_compare": Meaning(
            "JSON that is compared, grouped or made distinct",
            "PostgreSQL compares the content, SQLite the text, in which the keys have an order",
            f"compare single values of the document, or {_APART}",
        ),
        "json_each": Meaning(
            "json_each()",
            "PostgreSQL reads objects and returns JSON; SQLite also reads lists and returns plain values",
            "let the blocks differ: json_array_elements() or json_each_text() on PostgreSQL",
        ),
        # Statements
        "limit": Meaning(
            "LIMIT or OFFSET that is NULL, negative or a fraction",
            "one database treats it as no limit, the other raises an error",
            "pass a whole number from 0; leave the line out with `-- when` for no limit",
        ),
        "set_operations": Meaning(
            "INTERSECT after UNION or EXCEPT",
            "PostgreSQL evaluates INTERSECT first, SQLite goes from left to right",
            "write the INTERSECT in a WITH query",
        ),
        "many_as_one": Meaning(
            "subquery as a value that may find several rows",
            "PostgreSQL raises an error, SQLite takes the first row",
            "compare a unique key, use an aggregate, or write ORDER BY and LIMIT 1",
        ),
        "own_table": Meaning(
            "SET or RETURNING that reads the changed table again",
            "PostgreSQL reads the rows as they were, SQLite the rows changed so far",
            "calculate the values first: UPDATE ... FROM (SELECT ...)",
        ),
    }
)
