"""Random files: what is fixed is right, nothing else is lost, and a second run changes nothing."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from hangar_dal.check.model import Tables
from hangar_dal.fixing.blocks import read_sql
from hangar_dal.fixing.lists import result_list
from hangar_dal.fixing.statements import read_statement
from hangar_dal.fixing.twins import block_of
from hangar_dal.sqlfile import parse
from hangar_dal.sqlscan import DIALECTS, Dialect, Kind, scan
from tests.fixing.conftest import TABLES, Store

FIELDS = ("id", "name", "note", "price")
ENTRIES = {
    "id": ["id", "items.id", "items . id", '"id"'],
    "name": ["name", "upper(name) AS name", "CASE WHEN price > 3 THEN 'a, b' ELSE name END AS name"],
    "note": [
        "note",
        "(SELECT note FROM owners ORDER BY id LIMIT 1) AS note",
        "coalesce(\n        note, ','\n    ) AS note",
    ],
    "price": ["price", "1 + 2 AS price"],
    "is_active": ["is_active"],
    "title": ["title", "items.title"],
}
LAYOUTS = {
    "lines": ("\n    ", ",\n    "),
    "one line": (" ", ", "),
    "commas in front": ("\n    ", "\n    , "),
    "beside the keyword": (" ", ",\n       "),
    "pairs": ("\n  ", ", "),
}
REST = {
    "get_item": ("SELECT", "FROM items\nWHERE id = :item_id;"),
    "find_item": ("UPDATE items SET price = 1 WHERE name = :name\nRETURNING", ";"),
    "list_items": (
        "WITH dear AS (SELECT note, id AS dear_id FROM items WHERE price > 3)\n\nSELECT",
        "FROM items\nWHERE\n    TRUE\n    AND items.note = :note  -- when note\nORDER BY id;",
    ),
}
DELETE = "-- name: delete_item\nDELETE FROM items\nWHERE id = :item_id;\n"


@st.composite
def lists(draw: st.DrawFn) -> str:
    """A list of columns with what comes before and behind it."""
    names = draw(st.lists(st.sampled_from([*ENTRIES, *FIELDS]), min_size=1, max_size=6, unique=True))
    first, between = LAYOUTS[draw(st.sampled_from([*LAYOUTS]))]
    pieces = []
    for place, name in enumerate(names):
        text = draw(st.sampled_from(ENTRIES[name]))
        comment = draw(st.sampled_from(["", "", "", f"  -- of {name}"]))
        above = draw(st.sampled_from(["", "", "", f"-- above {name}\n    "]))
        if "\n" not in between:
            pieces.append(f"{between if place else first}{text}")
        else:
            gap = between if place else first
            above = above if "\n" in gap and not gap.lstrip().startswith(",") else ""
            pieces.append(f"{gap}{above}{text}{comment if between.startswith(chr(10)) else ''}")
    return "".join(pieces)


@st.composite
def blocks(draw: st.DrawFn, name: str) -> str:
    before, behind = REST[name]
    comments = draw(st.sampled_from(["", "-- Reads.\n", "-- differs: a trial\n", "-- scan: it is small\n"]))
    return f"-- name: {name}\n{comments}{before}{draw(lists())}\n{behind}\n"


@st.composite
def files(draw: st.DrawFn) -> str | None:
    """A SQL file, with some of the blocks in some order."""
    made = [draw(blocks(name)) for name in REST if draw(st.integers(0, 3))]
    order = draw(st.permutations([*made, DELETE]))
    heads = ["", "-- Items.\n\n", "-- Items.\n"]
    line_break = draw(st.sampled_from(["\n", "\r\n"]))
    return (draw(st.sampled_from(heads)) + "\n".join(order)).replace("\n", line_break)


def comments(text: str, dialect: Dialect) -> Counter[str]:
    return Counter(token.text.rstrip() for token in scan(text, dialect) if token.kind is Kind.COMMENT)


@settings(max_examples=25)
@given(sqlite=files(), postgresql=files(), source=st.sampled_from([None, *DIALECTS]))
def test_files_are_fixed_once_and_for_all(tables: Tables, sqlite: str, postgresql: str, source: Dialect | None):
    with TemporaryDirectory() as folder:
        store = Store(Path(folder), tables)
        before = {"sqlite": sqlite, "postgresql": postgresql}
        store.write(sqlite, postgresql)
        assert not store.plan().unread
        fixes = store.fix(source)
        after = dict(zip(DIALECTS, store.read(), strict=True))
        kept = {finding.query.partition(".")[2] for finding in fixes.left}
        kept |= {name for name in REST for dialect in DIALECTS if is_marked(store.path(dialect), name, dialect)}
        for dialect in DIALECTS:
            check_file(before[dialect], after[dialect] or "", dialect)
            for name in REST:
                if name not in kept:
                    check_block(store.path(dialect), name, dialect)


def check_file(before: str, after: str, dialect: Dialect) -> None:
    """No block is lost, and no comment but those of columns that are removed or of blocks that are copied."""
    old, new = (parse(text, path="items.sql", dialect=dialect) for text in (before, after))
    assert not new.faults
    assert set(old.blocks) <= set(new.blocks)
    lost = comments(before, dialect) - comments(after, dialect)
    assert all(comment.endswith(("is_active", "title")) or new.blocks != old.blocks for comment in lost)


def is_marked(path: Path, name: str, dialect: Dialect) -> bool:
    block = block_of(read_sql(path, dialect), name)
    return block is not None and block.differs is not None


def check_block(path: Path, name: str, dialect: Dialect) -> None:
    """The list is that of the model, and SQLite can read the statement."""
    text = read_sql(path, dialect).block(name)
    statement = read_statement(text.text, "items.sql", dialect) if text else None
    found = result_list(statement.root, len(statement.text), dialect) if statement else None
    if statement is None or found is None:
        return
    assert found.names == list(FIELDS)
    if dialect == "sqlite":
        compiled(statement.text)


def compiled(text: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(TABLES)
        connection.execute(f"EXPLAIN {text}", {"item_id": 1, "name": 2, "note": 3})
