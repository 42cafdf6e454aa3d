"""Describe statements and tables of SQLite. Statements are compiled, but never executed.

Works on the scratch file that `scratch` made. Kinds are the types that SQLite stores: "text", "integer", "real" or
"blob". `storage_types` says which values each of them may hold. A column of a result has no kind if it is an
expression, because SQLite knows the type of an expression only from its value.
"""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final, Literal, Self

from hangar_dal.check.databases.sqlite_library import NotCompiled, open_library
from hangar_dal.check.model import NullableUniqueKey, TableColumn, Tables, Values
from hangar_dal.check.sql.allowed_values import allowed_values
from hangar_dal.check.statement_info import PrepareError, ResultColumn, SentAs, StatementInfo
from hangar_dal.errors import MigrationError, raise_alone
from hangar_dal.migrations.schema_sqlite import read_schema
from hangar_dal.pending_migrations import YOYO_TABLES
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Kind, Token, scan

_STORED: Final = {"text": "text", "int": "integer", "integer": "integer", "real": "real", "blob": "blob"}
_READING: Final = frozenset({"SELECT", "VALUES", "WITH"})
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_COLLATED: Final = re.compile(" COLLATE (?!binary)(.+)")  # such as NOCASE: other texts are equal to those of a CHECK
_BITS: Final = 64  # the least 64-bit integer has the magnitude 2 to the power of 63
# The values of a column of a STRICT table, and the defaults that older rows may have without a check of the type.
_OF_STRICT: Final = {
    "integer": (Values(bits=_BITS, storage="number"), _WHOLE),
    "real": (Values(storage="number"), re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")),
    "text": (Values(storage="text"), re.compile(r"'(?:[^']|'')*'")),
}
_WRITING: Final = frozenset({"INSERT", "REPLACE", "UPDATE", "DELETE"})
_COLUMNS: Final = f"""
SELECT l.name, l.type = 'table', x.name, x.type, x."notnull", x.dflt_value, x.pk = 1 AND l.wr = 0
    AND upper(x.type) = 'INTEGER'
    AND NOT EXISTS (SELECT 1 FROM pragma_index_list(l.name) AS i WHERE i.origin = 'pk'), l.strict
FROM pragma_table_list AS l
INNER JOIN pragma_table_xinfo(l.name) AS x
WHERE
    l.schema = 'main'
    AND l.type IN ('table', 'view', 'virtual')
    AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    AND l.name NOT IN {YOYO_TABLES}
    AND x.hidden <> 1
ORDER BY l.name, x.cid
"""  # noqa: S608 - names of yoyo
_COLLATED_KEYS: Final = """
SELECT l.name, x.name, lower(x.coll)
FROM pragma_table_list AS l
INNER JOIN pragma_index_list(l.name) AS i
INNER JOIN pragma_index_xinfo(i.name) AS x
WHERE l.schema = 'main' AND i."unique" AND x.key AND x.name IS NOT NULL
"""


class SqliteProbe:
    """Describes statements: `with SqliteProbe(path) as probe: probe.describe(variant)`.

    `unknown` says what this Python's SQLite does not report; it is empty if it reports everything.
    """

    dialect: ClassVar[Literal["sqlite"]] = "sqlite"

    def __init__(self, path: Path, *, by_library: bool = True) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._library = open_library(str(path)) if by_library else None
        self.unknown = (
            ""
            if self._library
            else "Python's SQLite library cannot be called directly here: it does not report which table a column "
            "comes from, nor at which place of the statement an error is"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        if self._library:
            self._library.close()

    def tables(self) -> Tables:
        """Return the tables and views.

        The INTEGER PRIMARY KEY of a rowid table is never NULL, even without NOT NULL. A column that was added as NOT
        NULL with `DEFAULT (CAST(NULL AS text))` counts as nullable, because it is NULL in the older rows.
        """
        allowed: dict[tuple[str, str], tuple[str, ...]] = {}
        collations: dict[tuple[str, str], str] = {}
        for read in read_schema(self._connection).tables:
            folding = {each.name.lower(): of[1] for each in read.columns if (of := _COLLATED.search(each.type))}
            collations |= {(read.name, name): collation for name, collation in folding.items()}
            for name, values in allowed_values((check.rule for check in read.checks), "sqlite").items():
                if name not in folding:
                    allowed[read.name, name] = values
        found: dict[str, dict[str, TableColumn]] = {}
        known: dict[str, dict[str, Values]] = {}
        try:
            columns = self._connection.execute(_COLUMNS).fetchall()
        except sqlite3.Error:
            raise_alone(MigrationError(self._unreadable()))
        for table, is_table, name, declared, not_null, default, is_rowid, strict in columns:
            nullable = not (is_table and (is_rowid or (not_null and not _names_null(default))))
            kind = _stored(declared) or declared.lower()
            at = (table, name.lower())
            column = TableColumn(name, kind, nullable, allowed.get(at, ()), detail=collations.get(at, ""))
            found.setdefault(table, {})[name] = column
            of_strict = _OF_STRICT.get(kind)
            if of_strict and (is_rowid or (strict and (default is None or of_strict[1].fullmatch(default)))):
                known.setdefault(table, {})[name] = of_strict[0]
        return Tables(MappingProxyType(found), loose=dict(self._collated_keys(collations)), values=known)

    def _collated_keys(
        self, collations: Mapping[tuple[str, str], str]
    ) -> Iterator[tuple[str, tuple[NullableUniqueKey, ...]]]:
        """Yield each table with a unique index on a column in another collation, which counts as an expression."""
        for table, column, collation in self._connection.execute(_COLLATED_KEYS).fetchall():
            if collation != collations.get((table, column.lower()), "binary"):
                yield table, (NullableUniqueKey(("",)),)

    def views(self) -> dict[str, str]:
        """Return the CREATE VIEW statement of each view by name."""
        return dict(self._connection.execute("SELECT name, sql FROM main.sqlite_master WHERE type = 'view'"))

    def _unreadable(self) -> str:
        """Return an error message that names the view that SQLite cannot read, because a table of it has changed."""
        for (name,) in self._connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"):
            try:
                self._connection.execute("SELECT count(*) FROM pragma_table_xinfo(?)", (name,))
            except sqlite3.Error as error:
                return f"SQLite cannot read {name}: {error}; drop it or create it again in a migration"
        return "SQLite cannot read the tables that the migrations make"

    def describe(self, variant: Variant, sent: Sequence[SentAs] = ()) -> StatementInfo:
        """Compile the statement and return its description.

        Parameters have no kind and `sent` has no effect, because SQLite accepts any value for each parameter.
        """
        if self._library is None:
            return self._explained(variant)
        try:
            compiled = self._library.compile(variant.text)
        except NotCompiled as refused:
            return StatementInfo(refusal=PrepareError(refused.reason, refused.offset))
        return StatementInfo(
            parameters=dict.fromkeys(compiled.parameters),
            columns=tuple(
                ResultColumn(name, _stored(declared), table, origin)
                for name, declared, table, origin in compiled.columns
            ),
            reads_only=compiled.reads_only,
        )

    def _explained(self, variant: Variant) -> StatementInfo:
        """Describe the statement by Python's sqlite3 module, with EXPLAIN and a temporary view that has its columns."""
        names = dict.fromkeys(parameter.name for parameter in variant.parameters)
        try:
            program = self._connection.execute(f"EXPLAIN {variant.text}", names).fetchall()
        except sqlite3.Error as refused:
            return StatementInfo(refusal=PrepareError(str(refused)))
        writes = any(operation == "Transaction" and p2 for _, operation, _, p2, *_ in program)
        return StatementInfo(parameters=names, columns=tuple(self._columns(variant)), reads_only=not writes)

    def _columns(self, variant: Variant) -> Iterator[ResultColumn]:
        query = _as_query(variant)
        if query is None:
            return
        self._connection.execute(f"CREATE TEMP VIEW hangar_described AS {query}")
        try:
            for _, name, declared, *_ in self._connection.execute("PRAGMA temp.table_xinfo(hangar_described)"):
                # SQLite appends :1, :2 and so on to the names of a view's columns that are equal.
                yield ResultColumn(re.sub(r":[0-9]+\Z", "", name), _stored(declared))
        finally:
            self._connection.execute("DROP VIEW temp.hangar_described")


def _names_null(default: str | None) -> bool:
    return default is not None and any(token.text.upper() == "NULL" for token in scan(default, "sqlite"))


def _stored(declared: str | None) -> str | None:
    return _STORED.get(declared.lower()) if declared else None


def _as_query(variant: Variant) -> str | None:
    """Return a SELECT with the same columns, from which a view can be made; None if the statement returns no rows."""
    text = variant.rewritten(lambda _: "NULL")
    tokens = list(_outside_of_parentheses(text))
    words = [token.text.upper() for token in tokens]
    verb = next((at for at, word in enumerate(words) if word in _WRITING), None)
    if verb is None:
        return text if words[0] in _READING else None
    if "RETURNING" not in words[verb:]:
        return None
    at = verb + 1 + 2 * (words[verb + 1] == "OR")  # UPDATE OR IGNORE
    at += words[at] in {"INTO", "FROM"}
    end = at + 1
    while words[end] in {".", "AS"}:
        end += 2
    table = text[tokens[at].start : tokens[end - 1].end]
    returning = tokens[words.index("RETURNING", verb)]
    return f"{text[: tokens[verb].start]} SELECT {text[returning.end :]} FROM {table}"  # noqa: S608 - the file's own text


def _outside_of_parentheses(text: str) -> Iterator[Token]:
    depth = 0
    for token in scan(text, "sqlite"):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.kind is not Kind.COMMENT:
            yield token
