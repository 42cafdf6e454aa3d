"""Mistakes that both databases accept: what a statement says is not what its author means. In both dialects alike."""

import re
from collections.abc import Iterator
from itertools import pairwise

from tests.check.mutations.application import Mutant, Texts
from tests.check.mutations.edits import Editor, block, put, queries, sub
from tests.check.mutations.harmful_clauses import COOKIE_READS, joined
from tests.check.mutations.harmful_writes import INSERTS, kind_named


def mutants(texts: Texts) -> Iterator[Mutant]:
    yield from _constant_conditions(texts)
    yield from _swapped(texts)
    yield from _without_key(texts)
    yield from _skipped(texts)
    yield from _outer_joins(texts)
    yield from _keysets(texts)
    yield from _collations(texts)


def _constant_conditions(texts: Texts) -> Iterator[Mutant]:
    itself = Editor(texts, "compare a column with itself", frozenset({"condition-constant"}))
    for query in queries(texts):
        more = sub(r"^WHERE (\w+) = (:\w+)", r"WHERE \1 = \2 AND \1 = \1")
        yield from itself.both("one more condition", query, more)
    nested = "session_cookies.list_users_with_session_cookies"
    for name in ("session_cookies", ""):
        left = f"{name}.user_id" if name else "user_id"
        edit = put("session_cookies.user_id = users.id", f"session_cookies.user_id = {left}")
        yield from itself.both(f"correlated by {left}", nested, edit)
    for name in COOKIE_READS:
        on = "session_cookies.user_id = session_cookies.user_id"
        yield from joined(itself, name, "joined by", f"session_cookies INNER JOIN users ON {on}")
    always = Editor(texts, "join on what is always true", frozenset({"condition-constant"}))
    for name in COOKIE_READS:
        for kind, on in (("INNER", "TRUE"), ("LEFT", "TRUE"), ("INNER", "1 = 1")):
            source = f"session_cookies {kind} JOIN users ON {on}"
            yield from joined(always, name, f"{kind} JOIN ON {on}", source)


def _swapped(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "swap two parameters", frozenset({"values-swapped"}))
    for query in queries(texts):
        listed = re.search(r"^VALUES \(\n(.*?)\n\)", block(texts, query), re.MULTILINE | re.DOTALL)
        names = [name for name in re.findall(r":(\w+)", listed[1]) if name != "now"] if listed else []
        for one, other in pairwise(names):
            if query in INSERTS and kind_named(one) != kind_named(other):
                continue  # harmful_writes swaps these
            exchange = sub(rf"^    :{one},\n    :{other}\b", f"    :{other},\n    :{one}")
            yield from editor.both(f"{one} and {other}", query, exchange)
    sealed = "session_cookies.update_session_cookie"
    yield from editor.both(
        "SET",
        sealed,
        put("cookies = :cookies,\n    expires_at = :expires_at", "cookies = :expires_at,\n    expires_at = :cookies"),
    )
    pages = put("(created_at, id) < (:created_at, :id)", "(created_at, id) < (:id, :created_at)")
    yield from editor.both("a row", "users.list_users", pages)


def _without_key(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "one row by what is no key", frozenset({"row-unkeyed"}))
    for query in ("users.get_user", "users.set_user_role", "users.update_user", "session_cookies.get_session_cookie"):
        for operator in ("<>", ">=", "<"):
            yield from editor.both(f"id {operator}", query, sub(r"^WHERE id = ", f"WHERE id {operator} "))
    for query, column in (("find_user_by_username", "username_fold"), ("find_user_by_email", "email_fold")):
        yield from editor.both("COALESCE", f"users.{query}", put(f"{column} = :", f"coalesce({column}, '') >= :"))
    newest = "session_cookies.find_session_cookie"
    yield from editor.both("no LIMIT", newest, sub(r"\nORDER BY [^;]*", ""))
    yield from editor.both("by one login or a name", "users.find_login", put("OR email_fold", "OR display_name_fold"))
    for source in (
        "session_cookies INNER JOIN session_cookies AS other ON other.user_id = session_cookies.user_id",
        "session_cookies LEFT JOIN session_cookies AS other ON other.platform = session_cookies.platform",
        "session_cookies CROSS JOIN users",
    ):
        yield from joined(editor, "get_session_cookie", source, source)


def _skipped(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "skip a row that is promised", frozenset({"row-skipped"}))
    for query in ("users.insert_user", "session_cookies.insert_session_cookie"):
        for conflict in ("ON CONFLICT DO NOTHING", "ON CONFLICT (id) DO NOTHING"):
            yield from editor.both(conflict, query, sub(r"^RETURNING", f"{conflict}\nRETURNING"))


def _outer_joins(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "an outer join that WHERE undoes", frozenset({"outer-join-undone"}))
    on = "users.id = session_cookies.user_id"
    for name in COOKIE_READS:
        for source in (
            f"users LEFT JOIN session_cookies ON {on}",
            f"session_cookies RIGHT JOIN users ON {on}",
            f"session_cookies FULL JOIN users ON {on}",
            "users LEFT OUTER JOIN session_cookies ON session_cookies.user_id = users.id AND users.is_private",
        ):
            yield from joined(editor, name, source, source)


def _keysets(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "a page that begins at the wrong place", frozenset({"keyset-order"}))
    users = "users.list_users"
    for title, old, new in (
        ("newest: >", "(created_at, id) < (", "(created_at, id) > ("),
        ("newest: <=", "(created_at, id) < (", "(created_at, id) <= ("),
        ("oldest: <", "(created_at, id) > (", "(created_at, id) < ("),
        ("oldest: >=", "(created_at, id) > (", "(created_at, id) >= ("),
        ("name: <", "(display_name_fold, id) > (", "(display_name_fold, id) < ("),
        ("name: >=", "(display_name_fold, id) > (", "(display_name_fold, id) >= ("),
        ("newest: id first", "(created_at, id) < (:created_at, :id)", "(id, created_at) < (:id, :created_at)"),
        ("newest: by updated_at", "(created_at, id) < (", "(updated_at, id) < ("),
        ("oldest: by updated_at", "(created_at, id) > (", "(updated_at, id) > ("),
        ("newest: id upwards", "created_at DESC, id DESC", "created_at DESC, id"),
        ("newest: upwards", "created_at DESC, id DESC", "created_at, id"),
        ("oldest: downwards", "--  created_at, id  --", "--  created_at DESC, id DESC  --"),
        (
            "newest: written out",
            "(created_at, id) < (:created_at, :id)",
            "(created_at < :created_at OR (created_at = :created_at AND id > :id))",
        ),
    ):
        yield from editor.both(title, users, put(old, new))
    nested = "session_cookies.list_users_with_session_cookies"
    for operator in (">", "<=", ">="):
        yield from editor.both(operator, nested, put("users.id) < (", f"users.id) {operator} ("))
    yield from editor.both(
        "sorted upwards", nested, put("BY users.created_at DESC, users.id DESC", "BY users.created_at, users.id")
    )


def _collations(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "a text of another collation", frozenset({"collation-differs"}))
    for title, collation in (("the default", ""), ("a language", ' COLLATE "und-x-icu"')):
        edit = put('display_name_fold text COLLATE "C"', f"display_name_fold text{collation}")
        yield from editor.migration(title, "0001_users", ["postgresql"], edit)
