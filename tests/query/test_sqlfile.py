"""The file format: what is refused, with file and line, all of it at once; and the variants of a block."""

import re

import pytest

from hangar_dal.sqlblock import Block, Condition
from hangar_dal.sqlfile import SqlFile, parse
from hangar_dal.sqlscan import Dialect


def read(text: str, dialect: Dialect = "postgresql") -> SqlFile:
    return parse(text, path="shop.sql", dialect=dialect)


def block_of(statement: str, dialect: Dialect = "postgresql") -> Block:
    file = read(f"-- name: it\n{statement}", dialect)
    assert file.findings == []
    return file.blocks["it"]


REFUSED = {
    "text before the first header": ("SELECT 1;\n-- name: a\nSELECT 1;", "shop.sql:1: text before the first header"),
    "text without any header": ("-- a comment\nSELECT 1;", "shop.sql:2: text before the first header"),
    "duplicate header": ("-- name: a\nSELECT 1;\n-- name: a\nSELECT 2;", "shop.sql:3: a is defined twice; .* line 1"),
    "empty block": ("-- name: a\n-- prose\n\n-- name: b\nSELECT 1;", "shop.sql:1: a is empty"),
    "semicolon alone": ("-- name: a\n;", "shop.sql:1: a is empty"),
    "empty block at the end": ("-- name: a\nSELECT 1;\n-- name: b\n", "shop.sql:3: b is empty"),
    "no semicolon": ("-- name: a\nSELECT 1", "shop.sql:1: a does not end with a semicolon"),
    "no semicolon before the next": ("-- name: a\nSELECT 1\n-- name: b\nSELECT 1;", "shop.sql:1: a does not end"),
    "two statements": ("-- name: a\nSELECT 1;\n\nSELECT 2;", "shop.sql:4: a holds two statements"),
    "two statements on a line": ("-- name: a\nSELECT 1; SELECT 2;", "shop.sql:2: a holds two statements"),
    "two semicolons": ("-- name: a\nSELECT 1;;", "shop.sql:2: a holds two statements"),
    "open string": ("-- name: a\nSELECT 1;\n-- name: b\nSELECT 'x;\n", "shop.sql:4: this string never ends"),
    "open name": ('-- name: a\nSELECT "x;\n', "shop.sql:2: this quoted name never ends"),
    "open comment": ("-- name: a\nSELECT /* 1;\n", "shop.sql:2: this comment never ends"),
    "open dollar quote": ("-- name: a\nSELECT $$ 1;\n", "shop.sql:2: this dollar-quoted string never ends"),
    "driver's placeholder": ("-- name: a\nSELECT\n    $1;", r"shop.sql:3: a uses the placeholder \$1; write :name"),
    "placeholder beyond ASCII": ("-- name: a\nSELECT :é;", "shop.sql:2: a uses the placeholder :é"),
    "placeholder": ("-- name: a\nSELECT 1\n--  , $2  -- when y\n;", r"shop.sql:3: .* placeholder \$2"),
    "no reason": ("-- name: a\n-- differs:\nSELECT 1;", "shop.sql:2: `-- differs:` needs its reason"),
    "not null without a column": ("-- name: a\n-- not null: reason\nSELECT 1;", "shop.sql:2: `-- not null:` needs"),
    "not null without a reason": ("-- name: a\n-- not null: id:\nSELECT 1;", "shop.sql:2: `-- not null:` needs"),
    "not null of nothing": ("-- name: a\n-- not null:\nSELECT 1;", "shop.sql:2: `-- not null:` needs its reason"),
    "not null twice": ("-- name: a\n-- not null: b: x\n-- not null: b: y\nSELECT 1;", "shop.sql:3: .* written twice"),
    "ignore without a rule": ("-- name: a\n-- ignore: reason\nSELECT 1;", "shop.sql:2: `-- ignore:` needs a rule and"),
    "ignore twice": ("-- name: a\n-- ignore: b: x\n-- ignore: b: y\nSELECT 1;", "shop.sql:3: .* written twice"),
    "nearly not null": ("-- name: a\n-- notnull: b: x\nSELECT 1;", "shop.sql:2: misspelt directive"),
    "also nearly not null": ("-- name: a\n-- Not-null: b: x\nSELECT 1;", "shop.sql:2: misspelt directive"),
    "directive in a statement": ("-- name: a\nSELECT 1\n-- scan: x\n;", "shop.sql:3: a: `-- scan:` is read only"),
    "directive behind it": ("-- name: a\nSELECT 1;\n-- not null: b: x\n", "shop.sql:3: a: `-- not null:` is read"),
    "misspelt directive": ("-- name: a\n-- difers: x\nSELECT 1;", "shop.sql:2: misspelt directive"),
    "condition that is none": ("-- name: a\nSELECT 1  -- when x > 1\n;", "shop.sql:2: `when` takes"),
    "condition in prose": ("-- name: a\nSELECT 1  -- when the moon is full\n;", "shop.sql:2: `when` takes"),
    "dashes before a condition": ("-- name: a\nSELECT 1\n--- when x\n;", "shop.sql:3: this line has a `when` but no"),
    "empty condition": ("-- name: a\nSELECT 1  -- when x,\n;", "shop.sql:2: `when` takes"),
    "when without a line": ("-- name: a\nSELECT 1\n-- when x\n;", "shop.sql:3: this line has a `when` but no SQL"),
    "after the semicolon": ("-- name: a\nSELECT 1;\n--  , 2  -- when x\n", "shop.sql:3: an optional line after"),
    "before the statement": ("-- name: a\n--  SELECT 2  -- when x\nSELECT 1;", "shop.sql:2: a: a `-- when` before"),
    "semicolon in a line": ("-- name: a\nSELECT 1  -- when x\n--  , 2;  -- when y\n;", "shop.sql:3: a: a semicolon in"),
    "open string in a line": ("-- name: a\nSELECT 1\n--  , 'it  -- when x\n;", "shop.sql:3: a: this string does not"),
    "string that continues": ("-- name: a\nSELECT 'x\n'  -- when x\n;", "shop.sql:2: .* this string continues"),
    "comment that continues": ("-- name: a\nSELECT 1 /*\n*/  -- when x\n;", "shop.sql:2: .* this comment cont"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "finding"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_is_not_the_format_is_refused_with_its_line(text: str, finding: str) -> None:
    (found,) = read(text).findings
    assert re.match(finding, found), found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("-- name: a\nSELECT 1;\n-- name: b\nSELECT  'x;\n", (4, 9)),
        ("-- name: a\nSELECT 1; SELECT 2;", (2, 11)),
        ("-- name: a\nSELECT\n    $1;", (3, 5)),
        ("-- name: a\nSELECT 1\n--  , $2  -- when y\n;", (3, 7)),
        ("-- name: a\nSELECT 1  -- when x > 1\n;", (2, 11)),
        ("-- name: a\nSELECT 1\n--  , 2  -- when x > 1\n;", (3, 10)),
        ("-- name: a\nSELECT 1  -- when x\n--  , 2;  -- when y\n;", (3, 8)),
        ("-- name: a\nSELECT 1\n--  , 'it  -- when x\n;", (3, 7)),
        ("-- name: a\nSELECT 1 /*\n*/  -- when x\n;", (2, 10)),
        ("-- name: a\nSELECT 1;\n   -- name: b\n", (3, 4)),
        ("-- name: a\n-- prose\n", (1, 1)),
    ],
)
def test_what_is_wrong_has_its_column(text: str, place: tuple[int, int]) -> None:
    (fault,) = read(text).faults
    assert (fault.line, fault.column) == place


@pytest.mark.parametrize(
    "header",
    [
        "-- Name: b",
        "-- NAME: b",
        "--name: b",
        "-- name b",
        "-- name:b",
        "-- name : b",
        "-- :name b",
        "-- nmae: b",
        "-- nam: b",
        "/* name: b */",
        "-- name: B",
        "-- name: list users",
        "-- name: b(x, y)",
        "-- name: b!",
        "-- name: b -- prose",
        "-- name: 1b",
        "-- name: größe",
        "--- name: b",
        "-- name = b",
        "-- name\uff1ab",
        "   -- name: b",
    ],
)
def test_a_misspelt_header_is_refused_with_its_line(header: str) -> None:
    findings = read(f"-- name: a\nSELECT 1;\n{header}\n").findings
    assert [finding.partition(";")[0] for finding in findings] == ["shop.sql:3: misspelt header"]


@pytest.mark.parametrize(
    "prose",
    [
        "-- Newest first: a platform may have been signed in to more than once.",
        "-- Names are unique, whatever their case.",
        "-- The name: what a person reads.",
        "-- name and address stand apart",
        "-- when",
        "-- differs a little from what one would expect",
        "-- TODO: nothing",
        "-----------------",
        "--",
        "/* a long\n   explanation: with colons */",
    ],
)
def test_prose_is_left_alone(prose: str) -> None:
    assert read(f"{prose}\n-- name: a\n{prose}\nSELECT 1;\n{prose}\n").findings == []


def test_a_block_says_which_columns_are_never_null_and_why() -> None:
    text = "-- name: a\n-- scan: few rows\n-- not null: b: why: so\n--not null:  c:  of course\nSELECT 1;\n"
    file = read(text)
    assert file.findings == []
    assert dict(file.blocks["a"].not_null) == {"b": "why: so", "c": "of course"}
    assert file.blocks["a"].directives["scan"] == "few rows"
    assert file.blocks["a"].source == read("-- name: a\nSELECT 1;\n").blocks["a"].source


def test_a_block_says_which_rules_it_ignores_and_why() -> None:
    file = read("-- name: a\n-- ignore: star: one column: one\n--ignore: scan:  few rows\nSELECT 1;\n")
    assert file.findings == []
    assert dict(file.blocks["a"].ignored) == {"star": "one column: one", "scan": "few rows"}
    assert file.blocks["a"].source == read("-- name: a\nSELECT 1;\n").blocks["a"].source


def test_all_findings_of_a_file_come_at_once_in_its_order() -> None:
    file = read(
        "SELECT 0;\n-- name: a\nSELECT 1\n-- nmae: b\n-- name: c\n-- name: a\nSELECT $1;\n-- name: d\nSELECT $1;"
    )
    lines = [int(finding.split(":")[1]) for finding in file.findings]
    assert lines == [1, 2, 4, 5, 6, 9]


def test_a_header_inside_of_a_string_is_text() -> None:
    file = read("-- name: a\nSELECT '\n-- name: b\n';\n")
    assert list(file.blocks) == ["a"]
    assert file.findings == []


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_files_from_every_editor_read_the_same(ending: str, mark: str) -> None:
    text = "-- name: a\n-- Why.\nSELECT 1\nWHERE\n    :x  -- when x\n--  :y  -- when y\n;\n\n-- name: b\nSELECT 2;\n"
    ours, theirs = read(text), read(mark + text.replace("\n", ending))
    assert theirs.findings == []
    assert [block.source for block in theirs.blocks.values()] == [block.source for block in ours.blocks.values()]


def test_a_string_keeps_its_spaces_and_line_breaks() -> None:
    assert block_of("SELECT 'a  \n\n  b';").all_lines.text == "SELECT 'a  \n\n  b'"


def test_comment_and_directives_stand_apart_from_the_statement() -> None:
    block = block_of("-- Why it is so.\n-- differs: a reason\n-- scan: a small table\nSELECT 1; -- the end")
    assert block.comment == ("-- Why it is so.",)
    assert block.differs == "a reason"
    assert block.directives == {"differs": "a reason", "scan": "a small table"}
    assert block.all_lines.text == "SELECT 1"
    assert block.where == "shop.sql:1"


OPTIONAL = """SELECT id
FROM users
WHERE
    TRUE
    AND status = :status  -- when status
    AND id < :after  -- when after, order = newest
--  AND id > :after  -- when after, order = oldest
ORDER BY
    id DESC  -- when order = newest
--  id  -- when order = oldest
LIMIT :limit;"""


def text_when(block: Block, *held: Condition) -> str:
    return " ".join(block.variant(held.__contains__).text.split())


def test_arms_are_kept_when_all_their_conditions_hold() -> None:
    block = block_of(OPTIONAL)
    status, after = Condition("status"), Condition("after")
    newest, oldest = Condition("order", "newest"), Condition("order", "oldest")
    head = "SELECT id FROM users WHERE TRUE"
    assert text_when(block, newest) == f"{head} ORDER BY id DESC LIMIT :limit"
    assert text_when(block, oldest) == f"{head} ORDER BY id LIMIT :limit"
    assert text_when(block, status, after, oldest) == (
        f"{head} AND status = :status AND id > :after ORDER BY id LIMIT :limit"
    )
    assert block.conditions == (status, after, newest, oldest)


def test_the_text_without_its_comments_is_the_variant_of_the_first_choices() -> None:
    block = block_of(OPTIONAL)
    plain = [line.split("--")[0].rstrip() for line in OPTIONAL.rstrip(";").splitlines() if not line.startswith("--")]
    first = block.variant(lambda condition: condition.value != "oldest")
    assert first.text.splitlines() == plain


@pytest.mark.parametrize(
    ("statement", "kept", "dropped"),
    [
        ("SELECT 1  -- when x\nAS a;", "SELECT 1\nAS a", "AS a"),
        ("SELECT 1\nAS a  -- when x\n;", "SELECT 1\nAS a\n", "SELECT 1\n"),
        ("SELECT 1\nAS a;  -- when x", "SELECT 1\nAS a", "SELECT 1"),
        ("SELECT 1\n--  AS a  -- when x\n;", "SELECT 1\n    AS a\n", "SELECT 1\n"),
        ("SELECT 1\nAS a  -- prose -- when x\n;", "SELECT 1\nAS a\n", "SELECT 1\n"),
        ("SELECT 1\n  --  AS a  -- when x\n;", "SELECT 1\n    AS a\n", "SELECT 1\n"),
        ('SELECT 1\nAS "-- when y"  -- when x\n;', 'SELECT 1\nAS "-- when y"\n', "SELECT 1\n"),
    ],
    ids=["first line", "last line", "behind the semicolon", "commented", "behind prose", "indented", "in a name"],
)
def test_any_line_can_be_optional(statement: str, kept: str, dropped: str) -> None:
    block = block_of(statement)
    assert block.conditions == (Condition("x"),)
    assert block.variant(lambda condition: True).text == kept
    assert block.variant(lambda condition: False).text == dropped


def test_a_parameter_knows_the_line_on_which_it_stands() -> None:
    places = block_of(OPTIONAL).all_lines.parameters
    assert [(place.name, place.line.number) for place in places] == [
        ("status", 6),
        ("after", 7),
        ("after", 8),
        ("limit", 12),
    ]


VERBS = {
    "SELECT 1;": ("SELECT", False, True),
    "select 1;": ("SELECT", False, True),
    "VALUES (1);": ("VALUES", False, True),
    "(SELECT 1) UNION (SELECT 2);": ("SELECT", False, True),
    "WITH a AS (SELECT 1) SELECT * FROM a;": ("SELECT", False, True),
    "(WITH a AS (SELECT 1) SELECT * FROM a);": ("SELECT", False, True),
    "SELECT replace(a, 'UPDATE', 'DELETE') FROM t;": ("SELECT", False, True),
    'SELECT "update" FROM t -- DELETE\n;': ("SELECT", False, True),
    "INSERT INTO t VALUES (1);": ("INSERT", True, False),
    "INSERT INTO t SELECT 1;": ("INSERT", True, False),
    "INSERT INTO t VALUES (1) RETURNING a;": ("INSERT", True, True),
    "REPLACE INTO t VALUES (1);": ("REPLACE", True, False),
    "UPDATE t SET a = (SELECT 1);": ("UPDATE", True, False),
    "DELETE FROM t RETURNING a;": ("DELETE", True, True),
    "WITH a AS (SELECT 1) DELETE FROM t;": ("DELETE", True, False),
    "WITH a AS (SELECT 1) INSERT INTO t SELECT 1;": ("INSERT", True, False),
    "WITH a AS (DELETE FROM t RETURNING a) SELECT a FROM a;": ("SELECT", True, True),
    "WITH a AS (DELETE FROM t RETURNING a) INSERT INTO u SELECT a FROM a;": ("INSERT", True, False),
    "SELECT a FROM t FOR UPDATE;": ("SELECT", True, True),
    "SELECT a FROM t FOR NO KEY UPDATE SKIP LOCKED;": ("SELECT", True, True),
    "SELECT a FROM t FOR SHARE;": ("SELECT", True, True),
    "SELECT a FROM t FOR KEY SHARE;": ("SELECT", True, True),
    "SELECT a INTO t FROM u;": ("SELECT", True, True),
    "MERGE INTO t USING u ON TRUE WHEN MATCHED THEN DELETE;": ("MERGE", True, False),
}


@pytest.mark.parametrize("statement", VERBS)
def test_what_a_statement_does_is_read_from_its_words(statement: str) -> None:
    block = block_of(statement)
    assert (block.verb, block.writes, block.returns_rows) == VERBS[statement]


@pytest.mark.parametrize("text", ["", "\n", "-- a comment\n"])
def test_a_file_without_statements_holds_none(text: str) -> None:
    file = read(text)
    assert (file.blocks, file.findings) == ({}, [])
