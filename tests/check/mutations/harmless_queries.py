"""Edits of statements that do not change their meaning, so nothing may be reported. In both twins alike."""

import re
from collections.abc import Iterator

from hangar_dal.sqlscan import DIALECTS
from tests.check.mutations.application import Mutant, Texts, domains_of
from tests.check.mutations.edits import (
    Edit,
    Editor,
    bare,
    block,
    columns_of,
    in_columns,
    put,
    queries,
    sub,
    thinned,
)
from tests.check.mutations.harmful_clauses import COOKIE_READS, joined, qualified

KEYWORDS = "SELECT FROM WHERE AND OR ORDER BY DESC LIMIT INSERT INTO VALUES RETURNING UPDATE SET DELETE IN AS ON IS NOT"


def mutants(texts: Texts) -> Iterator[Mutant]:
    yield from _text(texts)
    yield from _names(texts)
    yield from _conditions(texts)
    yield from _queries_around(texts)
    yield from _joins(texts)
    yield from _pages(texts)
    yield from _files(texts)


def _text(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "write it in another way", frozenset())
    edits: tuple[tuple[str, Edit], ...] = (
        ("keywords in lower case", sub(rf"\b({'|'.join(KEYWORDS.split())})\b(?![^\n]*--)", _lower, 0)),
        ("deeper", sub(r"^    (?=\S)", "        ", 0)),
        ("no indentation", sub(r"^ +", "", 0)),
        ("more spaces", sub(r" = ", "   =   ", 0)),
        ("no spaces", sub(r" = (?=:)(?!.*-- when)", "=", 0)),
        ("empty lines", sub(r"^(FROM|WHERE|RETURNING|ORDER)", r"\n\1", 0)),
        ("tabs", sub(r"^    (?=[a-z])", "\t", 0)),
        ("a comment above", sub(r"^(-- name: .*\n)", r"\1-- Whoever reads this knows why.\n")),
        ("a comment inside", sub(r"^(FROM|VALUES|SET)", r"-- from here on\n\1")),
        ("a comment in a line", sub(r"^(WHERE|FROM)", r"/* so */ \1")),
        ("a semicolon alone", sub(r";\n", "\n;\n")),
    )
    for place, query in enumerate(queries(texts)):
        for title, edit in edits[place % 4 :: 4]:
            yield from editor.both(title, query, edit)


def _lower(found: re.Match[str]) -> str:
    return found[0].lower()


def _names(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "call it by another name", frozenset())
    made: list[Mutant] = []
    for query in queries(texts):
        text = block(texts, query)
        columns = columns_of(text)
        named = re.search(r"^(?:FROM|UPDATE|DELETE FROM|INSERT INTO) (\w+)", text, re.MULTILINE)
        if not columns or named is None:
            continue
        table = named[1]
        reads = named[0].startswith("FROM") and f"{table}." not in text and "json" not in text
        made += editor.both(
            "columns under their own names", query, in_columns(lambda every: [f"{c} AS {bare(c)}" for c in every])
        )
        made += editor.both("names in quotes", query, in_columns(lambda every: [_quoted(c) for c in every]))
        if reads and "-- when" not in text:
            edits = (_qualified_list("found"), put(f"FROM {table}", f"FROM {table} AS found"), qualified("found"))
            made += editor.both("an alias for the table", query, *edits)
            made += editor.both("names with their table", query, _qualified_list(table), qualified(table))
        upper = sub(rf"^(FROM|UPDATE|DELETE FROM|INSERT INTO) {table}\b", lambda found: found[0].upper())
        made += editor.both("a table in upper case", query, upper)
    yield from thinned(made, 44)
    nested = "session_cookies.list_users_with_session_cookies"
    yield from editor.one("another name inside", nested, "sqlite", sub(r"\bentry\b", "cookie", 0))
    bulk = "session_cookies.insert_session_cookies"
    yield from editor.one("another name inside", bulk, "postgresql", sub(r"\bentry\b", "given", 0))
    purge = "session_cookies.delete_expired_session_cookies"
    yield from editor.one("another name for the part", purge, "postgresql", sub(r"\bbatch\b", "doomed", 0))
    for query, old in (("users.count_users", "users"), ("session_cookies.count_session_cookies", "session_cookies")):
        yield from editor.both("another name for the number", query, put(f"AS {old}", "AS how_many"))
        yield from editor.both("no name for the number", query, put(f" AS {old}", ""))


def _qualified_list(table: str) -> Edit:
    return in_columns(lambda every: [f"{table}.{each}" for each in every])


def _quoted(column: str) -> str:
    return ".".join(f'"{part}"' for part in column.split("."))


def _conditions(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "ask for the same rows", frozenset())
    equal = r"(?<![\w.])(\w+) = (:\w+)"
    made: list[Mutant] = []
    for query in queries(texts):
        text = block(texts, query)
        if "\nWHERE" not in text or "CASE" in text:
            continue
        swapped = sub(r"^(WHERE |    AND |    (?=(?:id|user_id|\w+_fold) = :))(\w+) = (:\w+)", r"\1\3 = \2", 0)
        made += editor.both("the sides swapped", query, _behind_where(swapped))
        around = sub(r"^(WHERE |    AND )(\w+ [=<>]+ :\w+)", r"\1(\2)", 0)
        made += editor.both("in parentheses", query, around)
        made += editor.both(
            "in more parentheses", query, sub(r"^(WHERE |    AND )(\w+) ([=<>]+) (:\w+)", r"\1((\2) \3 (\4))", 0)
        )
        made += editor.both("and TRUE", query, sub(r"^WHERE (\w+ = :\w+)", r"WHERE TRUE AND \1"))
        if "-- when" not in text:
            made += editor.both("one of one", query, sub(rf"^WHERE {equal}", r"WHERE \1 IN (\2)"))
            made += editor.both(
                "parts in another order", query, sub(r"^    (\w+ = :\w+)\n    AND (\w+ = :\w+)", r"    \2\n    AND \1")
            )
    yield from thinned(made, 36)
    for query, old, new in (
        ("session_cookies.find_session_cookie", "expires_at > :now", ":now < expires_at"),
        ("session_cookies.find_session_cookie", "expires_at > :now", "NOT expires_at <= :now"),
        ("users.upsert_eve_user", "users.status = 'ACTIVE'", "users.status IN ('ACTIVE')"),
        ("users.upsert_eve_user", "users.status = 'ACTIVE'", "users.is_active"),
        ("users.list_users", "created_at DESC, id DESC  --", "users.created_at DESC, users.id DESC  --"),
        ("users.list_users", "--  created_at, id  -- when", "--  created_at ASC, id ASC  -- when"),
        ("users.get_users", "ORDER BY id", "ORDER BY 1"),
        ("users.get_users", "ORDER BY id", "ORDER BY users.id ASC"),
        ("session_cookies.list_session_cookies", "created_at DESC, id DESC", "created_at DESC, id"),
        ("users.count_users", "count(*)", "count(id)"),
        ("users.count_users", "count(*)", "coalesce(count(*), 0)"),
        ("session_cookies.count_session_cookies", "count(*)", "CAST(count(*) AS bigint)"),
        ("users.update_user", "THEN :email ELSE email END", "THEN (:email) ELSE users.email END"),
    ):
        yield from editor.both(new, query, put(old, new))


def _behind_where(edit: Edit) -> Edit:
    """The edit, behind WHERE alone: an assignment in SET looks like a comparison."""

    def change(text: str) -> str:
        head, where, tail = text.partition("\nWHERE")
        return head + edit(where + tail)

    return change


def _queries_around(texts: Texts) -> Iterator[Mutant]:
    """A WITH part or a subquery that only passes on."""
    editor = Editor(texts, "go by a WITH part or a subquery", frozenset())
    names = [query for query in queries(texts) if re.search(r"^SELECT\n    id,", block(texts, query), re.MULTILINE)]
    for query in names:
        text = block(texts, query)
        if "-- when" in text or "ORDER BY" in text:
            continue
        columns = ",\n    ".join(columns_of(text))
        statement = re.search(r"^SELECT\n[^;]*", text, re.MULTILINE)
        assert statement is not None
        for title, before, after in (
            ("WITH", "WITH found AS (\n", f"\n)\nSELECT\n    {columns}\nFROM found"),
            ("a subquery", f"SELECT\n    {columns}\nFROM (\n", "\n) AS found"),
        ):
            yield from editor.both(
                title, query, sub(r"^(SELECT\n[^;]*)", lambda found, b=before, a=after: f"{b}{found[1]}{a}")
            )
    for query in ("users.get_user", "session_cookies.get_session_cookie", "users.delete_user"):
        table = "users" if query.startswith("users") else "session_cookies"
        parameter = "user_id" if table == "users" else "session_cookie_id"
        inside = f"WHERE id IN (SELECT inner_one.id FROM {table} AS inner_one WHERE inner_one.id = :{parameter})"
        yield from editor.both("IN a subquery", query, sub(rf"^WHERE id = :{parameter}", inside))
        exists = f"WHERE id = :{parameter} AND EXISTS (SELECT 1 FROM {table} AS other WHERE other.id = {table}.id)"
        yield from editor.both("EXISTS", query, sub(rf"^WHERE id = :{parameter}", exists))


def _joins(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "join in another way", frozenset())
    on = "users.id = session_cookies.user_id"
    for name in COOKIE_READS:
        for source in (
            f"session_cookies INNER JOIN users ON {on}",
            f"session_cookies JOIN users ON ({on})",
            f"session_cookies LEFT JOIN users ON {on}",
            f"users INNER JOIN session_cookies ON session_cookies.user_id = users.id AND {on}",
            "session_cookies INNER JOIN (SELECT users.id AS user_id FROM users) AS owners USING (user_id)",
        ):
            if "USING" not in source or name == "get_session_cookie":
                yield from joined(editor, name, source, source)


def _pages(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "page by key in another way", frozenset())
    for query, table in (("users.list_users", ""), ("session_cookies.list_users_with_session_cookies", "users.")):
        at, key = f"{table}created_at", f"{table}id"
        rows = f"({at}, {key}) < (:created_at, :id)"
        for instead in (
            f"({at} < :created_at OR ({at} = :created_at AND {key} < :id))",
            f"({at} < :created_at OR (:created_at = {at} AND :id > {key}))",
            f"(:created_at, :id) > ({at}, {key})",
        ):
            yield from editor.both(instead, query, put(rows, instead))


def _files(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "keep the files in another way", frozenset())
    for domain in domains_of(texts):
        paths = [f"queries/{dialect}/{domain}.sql" for dialect in DIALECTS]
        yield from editor.files(f"{domain}: blocks in another order", paths, _rotated)
        yield from editor.files(f"{domain}: a mark in front", paths, lambda text: f"\ufeff{text}")
        yield from editor.files(f"{domain}: empty lines", paths, sub(r"^(?=-- name:)", "\n\n\n", 0))
        yield from editor.files(f"{domain}: no empty lines", paths, put("\n\n", "\n"))
        yield from editor.files(
            f"{domain}: another reason", paths, sub(r"^(-- (?:differs|scan): ).*", r"\1it has to be so", 0)
        )
        yield from editor.files(f"{domain}: a head", paths, sub(r"\A", f"-- All of {domain}.\n\n"))
        yield from editor.files(f"{domain}: no prose", paths, sub(r"^-- (?!name|differs|scan)[A-Z].*\n", "", 0))
        yield from editor.files(f"{domain}: spaces at the ends", paths, sub(r",$", ",  ", 0))


def _rotated(text: str) -> str:
    first, *rest = re.split(r"(?m)^(?=-- name:)", text)[1:]
    return "".join([*rest[:-1], f"{rest[-1].rstrip()}\n\n", first.rstrip(), "\n"])
