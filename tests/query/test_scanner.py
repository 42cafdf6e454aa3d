"""Parameters are found where the database would find them: a corpus, and composed statements, held against both.

What the databases say proves what it can. SQLite names the variables of a statement that it has compiled. PostgreSQL
knows no names: it is sent the statement with `$1`, `$2`, ... for what was found, must accept it, and tells how many
parameters it counts. One missed stays in the text as a syntax error; one that lies in a string is not counted.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hangar_dal.sqlblock import Line, Variant
from hangar_dal.sqlfile import parse
from hangar_dal.sqlscan import Dialect, Kind, Unterminated, scan

CORPUS = Path(__file__).parent / "corpus"
THINGS = "CREATE TABLE things (id integer PRIMARY KEY, name text, doc {}, tags {})"


def corpus(dialect: Dialect) -> Iterator[tuple[str, list[str]]]:
    """Statements that lead a scanner astray: each over any number of lines, then `=> its parameters`."""
    lines: list[str] = []
    for line in (CORPUS / f"{dialect}.txt").read_bytes().decode().split("\n"):
        if line.startswith("=>"):
            yield "\n".join(lines), line[2:].split()
            lines = []
        elif lines or not line.startswith("# "):
            lines.append(line)


def variant(statement: str, dialect: Dialect) -> Variant:
    return Variant(dialect, tuple(Line(text, number) for number, text in enumerate(statement.split("\n"), 1)))


def names_in(statement: str, dialect: Dialect) -> list[str]:
    return list(dict.fromkeys(parameter.name for parameter in variant(statement, dialect).parameters))


class Asked(dict[str, Any]):
    """Every parameter is there, and None; `names` says which the database asked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __missing__(self, name: str) -> None:
        self.names.append(name)


@pytest.fixture
def sqlite() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute(THINGS.format("text", "text"))
    yield connection
    connection.close()


@pytest.fixture
def postgres(empty_postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_postgres_url, autocommit=True) as connection:
        connection.execute(THINGS.format("jsonb", "text[]"))
        yield connection


def asked_by_sqlite(connection: sqlite3.Connection, statement: str) -> list[str]:
    asked = Asked()
    connection.execute(f"EXPLAIN {statement}", asked)
    return asked.names


def counted_by_postgres(connection: psycopg.Connection, statement: str) -> int:
    names = names_in(statement, "postgresql")
    text = variant(statement, "postgresql").rewritten(lambda name: f"${names.index(name) + 1}")
    prepared = connection.pgconn.prepare(b"", text.encode())
    assert prepared.status == psycopg.pq.ExecStatus.COMMAND_OK, f"{text}: {prepared.error_message.decode()}"
    return connection.pgconn.describe_prepared(b"").nparams


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_corpus_holds_200_statements_of_each_dialect(dialect: Dialect) -> None:
    assert len({statement for statement, _ in corpus(dialect)}) >= 200


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_exactly_the_parameters_of_each_statement_are_found(dialect: Dialect) -> None:
    assert {statement: names_in(statement, dialect) for statement, _ in corpus(dialect)} == dict(corpus(dialect))


def test_sqlite_asks_for_the_parameters_that_the_corpus_names(sqlite: sqlite3.Connection) -> None:
    for statement, names in corpus("sqlite"):
        assert asked_by_sqlite(sqlite, statement) == names, statement


def test_postgresql_counts_the_parameters_that_the_corpus_names(postgres: psycopg.Connection) -> None:
    for statement, names in corpus("postgresql"):
        assert counted_by_postgres(postgres, statement) == len(names), statement


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_tokens_and_the_space_between_them_are_the_text_to_the_last_character(dialect: Dialect) -> None:
    for statement, _ in corpus(dialect):
        tokens = list(scan(statement, dialect))
        assert all(token.text == statement[token.start : token.end] for token in tokens)
        edges = [0, *(edge for token in tokens for edge in (token.start, token.end)), len(statement)]
        between = [statement[end:start] for end, start in zip(edges[::2], edges[1::2], strict=True)]
        assert not "".join(between).strip(" \t\n\r\f\v")


def test_a_statement_of_a_file_has_the_tokens_of_its_text() -> None:
    """It is scanned once, as a part of its file."""
    text = "-- name: a\n-- Why.\nSELECT 'a\n  b', :x -- why\n, \"é\" /* and\nmore */\nFROM t -- the end\n; -- behind"
    statement = parse(text, path="shop.sql", dialect="sqlite").blocks["a"].all_lines
    assert statement.tokens == tuple(scan(statement.text, "sqlite"))


def test_a_bracket_left_open_ends_with_its_statement() -> None:
    """Without the semicolon, the second colon would part the bounds of a slice."""
    kinds = [token.kind for token in scan("SELECT a[1; SELECT b:c", "postgresql")]
    assert kinds[-1] is Kind.PARAMETER
    assert [token.kind for token in scan("SELECT a[1, b:c", "postgresql")][-2:] == [Kind.OPERATOR, Kind.WORD]


@pytest.mark.parametrize(
    ("dialect", "text", "foreign"),
    [
        ("sqlite", "SELECT ?", "?"),
        ("sqlite", "SELECT ?12", "?12"),
        ("sqlite", "SELECT @a", "@a"),
        ("sqlite", "SELECT $a", "$a"),
        ("sqlite", "SELECT $a::b(c)", "$a::b(c)"),
        ("sqlite", "SELECT #a", "#a"),
        ("sqlite", "SELECT :1", ":1"),
        ("sqlite", "SELECT :é", ":é"),
        ("sqlite", "SELECT :a€", ":a€"),
        ("sqlite", "SELECT :a$b", ":a$b"),
        ("sqlite", "SELECT :a::text", ":a::text"),
        ("sqlite", "SELECT :a(b)", ":a(b)"),
        ("postgresql", "SELECT $1", "$1"),
        ("postgresql", "SELECT :é", ":é"),
        ("postgresql", "SELECT :a$b", ":a$b"),
    ],
)
def test_a_placeholder_of_another_form_is_told_apart(dialect: Dialect, text: str, foreign: str) -> None:
    assert [token.text for token in scan(text, dialect) if token.kind is Kind.FOREIGN] == [foreign]
    assert names_in(text, dialect) == []


@pytest.mark.parametrize(
    "statement", ["SELECT :1", "SELECT :é", "SELECT :a€", "SELECT :a$b", "SELECT :a::text", "SELECT :a(b)"]
)
def test_sqlite_takes_the_whole_of_a_foreign_placeholder_for_its_name(
    sqlite: sqlite3.Connection, statement: str
) -> None:
    assert asked_by_sqlite(sqlite, statement) == [statement.removeprefix("SELECT :")]


@pytest.mark.parametrize(
    ("dialect", "text", "what", "start"),
    [
        ("sqlite", "SELECT 'a", "string", 7),
        ("sqlite", "SELECT 'a''", "string", 7),
        ("sqlite", 'SELECT "a', "quoted name", 7),
        ("sqlite", "SELECT [a", "quoted name", 7),
        ("sqlite", "SELECT `a``", "quoted name", 7),
        ("postgresql", "SELECT E'a\\'", "string", 7),
        ("postgresql", "SELECT $t$ $$", "dollar-quoted string", 7),
        ("postgresql", "SELECT 1 /* /* */", "comment", 9),
    ],
)
def test_what_never_ends_is_reported_where_it_starts(dialect: Dialect, text: str, what: str, start: int) -> None:
    with pytest.raises(Unterminated) as found:
        list(scan(text, dialect))
    assert (found.value.what, found.value.start) == (what, start)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("SELECT 1 LIMIT:n", "SELECT 1 LIMIT $1"),
        ("SELECT x FROM t WHERE x IN(:a,:b)", "SELECT x FROM t WHERE x IN($1,$2)"),
        ("SELECT:a", "SELECT $1"),
    ],
)
def test_a_placeholder_never_becomes_part_of_the_word_before_it(text: str, sent: str) -> None:
    names = names_in(text, "postgresql")
    assert variant(text, "postgresql").rewritten(lambda name: f"${names.index(name) + 1}") == sent


# Composed statements: each piece is written with what is known about it, a parameter's name or nothing.
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,3}", fullmatch=True)
TEXT = st.text(alphabet=st.sampled_from(list("a1 é€:$?@#;'\"\\[]`%-/*\n{}()")), max_size=8)


def _string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _escaped(text: str) -> str:
    return "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _block_comment(text: str) -> str:
    return "/*" + text.replace("*/", "* /").replace("/*", "/ *").rstrip("/*") + "*/"


def _line_comment(text: str) -> str:
    return "--" + text.replace("\n", " ") + "\n"


def _dollar(text: str) -> str:
    return f"$q${text.replace('$', '')}$q$"


def _alias(quote: str) -> st.SearchStrategy[str]:
    return TEXT.filter(bool).map(lambda text: f"'x' AS {quote}{text.replace(quote, quote * 2)}{quote}")


PARAMETER = NAMES.map(lambda name: (f":{name}", name))
COMMON = st.one_of(TEXT.map(_string), _alias('"'), st.sampled_from(["1", ".5", "1e3", "null", "'a'||'b'"]))
ONLY_SQLITE = st.one_of(_alias("`"), TEXT.map(lambda text: f"'x' AS [{text.replace(']', '')}]"), st.just("x'3a61'"))
ONLY_POSTGRESQL = st.one_of(
    TEXT.map(_escaped),
    TEXT.map(_dollar),
    TEXT.map(lambda text: f"U&{_string(text.replace(chr(92), ''))}"),
    TEXT.map(lambda text: f"/*{_block_comment(text)}{text.replace('*', '').replace('/', '')}*/1"),
    st.sampled_from(["1::text", "(ARRAY[1,2])[1:2]", "ARRAY['a']::text[]", "'{}'::jsonb ? 'a'", "E'a'\n'\\':b'"]),
)
SPACE = st.one_of(st.sampled_from([" ", "\n", "\t"]), TEXT.map(_block_comment), TEXT.map(_line_comment))


EXAMPLES = pytest.mark.parametrize("examples", [100, pytest.param(5000, marks=pytest.mark.long)])


def _statements(own: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, list[str]]]:
    plain = st.one_of(COMMON, own).map(lambda text: (text, ""))
    pieces = st.lists(st.tuples(SPACE, st.one_of(plain, PARAMETER), SPACE), min_size=1, max_size=8)

    def written(found: list[tuple[str, tuple[str, str], str]]) -> tuple[str, list[str]]:
        columns = ",".join(f"{before}{text}{after}" for before, (text, _), after in found)
        return f"SELECT {columns}", list(dict.fromkeys(name for _, (_, name), _ in found if name))

    return pieces.map(written)


@EXAMPLES
def test_sqlite_agrees_on_the_parameters_of_composed_statements(sqlite: sqlite3.Connection, examples: int) -> None:
    @given(_statements(ONLY_SQLITE))
    @settings(max_examples=examples)
    def agrees(composed: tuple[str, list[str]]) -> None:
        statement, names = composed
        assert asked_by_sqlite(sqlite, statement) == names
        assert names_in(statement, "sqlite") == names

    agrees()


@EXAMPLES
def test_postgresql_agrees_on_the_parameters_of_composed_statements(
    postgres: psycopg.Connection, examples: int
) -> None:
    @given(_statements(ONLY_POSTGRESQL))
    @settings(max_examples=examples)
    def agrees(composed: tuple[str, list[str]]) -> None:
        statement, names = composed
        assert names_in(statement, "postgresql") == names
        assert counted_by_postgres(postgres, statement) == len(names)

    agrees()


@EXAMPLES
def test_sqlite_agrees_where_strings_names_and_comments_end(examples: int) -> None:
    """`sqlite3_complete` tells whether the last semicolon stands outside of all of them."""

    @given(st.text(alphabet=st.sampled_from(list("a1 é:;'\"[]`-/*\n")), max_size=24))
    @settings(max_examples=4 * examples)
    def agrees(text: str) -> None:
        complete = sqlite3.complete_statement(f"{text};")
        try:
            tokens = list(scan(f"{text};", "sqlite"))
        except Unterminated:
            assert not complete
            return
        if tokens[-1].kind is Kind.COMMENT and tokens[-1].text.startswith("/*"):
            return  # a comment that is open at the end: a whole statement for the parser, half a line for the shell
        code = [token for token in tokens if token.kind is not Kind.COMMENT]
        assert complete is bool(code and code[-1].kind is Kind.SEMICOLON)

    agrees()
