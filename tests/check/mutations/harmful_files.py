"""Files and twins: blocks, headers, directives, and what is changed in one of the twins alone."""

import re
from collections.abc import Iterator

from hangar_dal.sqlscan import DIALECTS
from tests.check.mutations.application import Mutant, Texts, domains_of
from tests.check.mutations.edits import (
    Editor,
    bare,
    block,
    columns_of,
    in_columns,
    misspelt,
    put,
    queries,
    sub,
    thinned,
)
from tests.check.mutations.harmful_columns import instead, without

# Twins whose texts differ, of which mutants change one.
OTHER_TEXT = (
    "users.get_users",
    "session_cookies.insert_session_cookies",
    "session_cookies.list_users_with_session_cookies",
    "session_cookies.delete_expired_session_cookies",
)


def mutants(texts: Texts) -> Iterator[Mutant]:
    yield from _blocks(texts)
    yield from _format(texts)
    yield from _directives(texts)
    yield from _one_twin(texts)
    yield from _one_of_unlike_twins(texts)
    yield from _inside_of_json(texts)


def _blocks(texts: Texts) -> Iterator[Mutant]:
    gone = Editor(texts, "drop a block", frozenset({"block-missing"}))
    renamed = Editor(texts, "rename a block", frozenset({"block-missing"}))
    more = Editor(texts, "a block that no function declares", frozenset({"block-undeclared"}))
    order = Editor(texts, "blocks in another order", frozenset({"twins-order"}))
    files = Editor(texts, "drop a file", frozenset({"file-missing"}))
    made = {"gone": [], "renamed": []}  # type: dict[str, list[Mutant]]
    for place, query in enumerate(queries(texts)):
        made["gone"] += gone.both("no block", query, lambda _: "")
        made["gone"] += gone.one("no block", query, DIALECTS[place % 2], lambda _: "")
        made["renamed"] += renamed.both("another name", query, sub(r"^(-- name: \w+)$", r"\1_now"))
    yield from thinned(made["gone"], 14)
    yield from thinned(made["renamed"], 10)
    for domain in domains_of(texts):
        paths = [f"queries/{dialect}/{domain}.sql" for dialect in DIALECTS]
        yield from more.files(domain, paths, lambda text: f"{text}\n-- name: nobody\nSELECT 1 AS one;\n")
        for path in paths:
            yield from files.gone(path)
            yield from order.files(path, [path], _rotated)


def _rotated(text: str) -> str:
    first, second, *rest = re.split(r"(?m)^(?=-- name:)", text)[1:]
    return f"{second}{first}{''.join(rest)}"


def _format(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "what is no file of queries", frozenset({"file-format", "block-missing"}))
    made: list[Mutant] = []
    for place, query in enumerate(queries(texts)):
        edits = (
            ("no semicolon", sub(r";(?=\n|  --)", "")),
            ("two statements", sub(r";(?=\n|  --)", "; SELECT 2;")),
            ("a misspelt header", sub(r"^-- name:", "-- nmae:")),
            ("a header without a space", sub(r"^-- name: ", "--name:")),
            ("an upper-case header", sub(r"^-- name: \w+", lambda found: found[0].upper())),
            ("$1", sub(r":\w+", "$1")),
            ("%s", sub(r"(?<= ):\w+", "%s")),
            ("?", sub(r"(?<= ):\w+", "?")),
            ("a quote that is never closed", sub(r";(?=\n|  --)", " AND 'x;")),
            ("a parenthesis too many", sub(r";(?=\n|  --)", ");")),
            ("a comma too many", sub(r"(?m)$(?=\n(FROM|RETURNING|WHERE))", ",")),
            ("a directive without its reason", sub(r"^(-- name: .*\n)", r"\1-- differs:\n")),
            ("a misspelt directive", sub(r"^(-- name: .*\n)", r"\1-- difers: here\n")),
        )
        for title, edit in edits[place % 5 :: 5]:
            made += editor.both(title, query, edit)
    for mutant in thinned(made, 24):
        rules = mutant.rules | {"statement-refused"}
        yield Mutant(mutant.kind, mutant.title, mutant.changed, rules)


def _directives(texts: Texts) -> Iterator[Mutant]:
    differs = Editor(texts, "twins that differ and do not say so", frozenset({"twins-differ"}))
    needless = Editor(texts, "twins that say they differ and do not", frozenset({"differs-needless"}))
    nulls = Editor(texts, "a needless `-- not null:`", frozenset({"override-needless", "override-unknown"}))
    for query in OTHER_TEXT:
        yield from differs.both("no reason", query, sub(r"^-- differs:.*\n", ""))
    for query in (query for query in queries(texts)[::5] if not _differs(texts, query)):
        yield from needless.both("a reason", query, sub(r"^(-- name: .*\n)", r"\1-- differs: nowhere\n"))
        columns = columns_of(block(texts, query))
        for column in columns[:1]:
            line = rf"\1-- not null: {bare(column)}: it is the key\n"
            yield from nulls.both(f"of {column}", query, sub(r"^(-- name: .*\n)", line))
            line = rf"\1-- not null: {misspelt(column)}: it is the key\n"
            yield from nulls.both(f"of {misspelt(column)}", query, sub(r"^(-- name: .*\n)", line))


def _one_twin(texts: Texts) -> Iterator[Mutant]:
    """Found by comparing the texts, whatever the change does."""
    editor = Editor(texts, "change one twin alone", frozenset({"twins-differ"}))
    made: list[Mutant] = []
    for place, query in enumerate(query for query in queries(texts) if not _differs(texts, query)):
        dialect = DIALECTS[place % 2]
        for edit in (
            sub(r"^WHERE (.*)", r"WHERE (\1"),
            sub(r" = :(\w+)", r" <> :\1"),
            sub(r" DESC", ""),
            sub(r"\bAND\b", "OR"),
            sub(r"LIMIT 1", "LIMIT 3"),
            sub(r"'(\w+)'", r"'\1S'"),
            in_columns(lambda every: every[:-1]),
            sub(r"^FROM ", "FROM  "),
            sub(r"^    (TRUE|id|user_id)\b", r"    \1 "),
        )[place % 3 :: 3]:
            made += editor.one(f"{len(made)}", query, dialect, edit)
    yield from thinned(made, 24)


def _differs(texts: Texts, query: str) -> bool:
    return "-- differs: " in block(texts, query)


def _one_of_unlike_twins(texts: Texts) -> Iterator[Mutant]:
    """Both say that they differ, so that only the databases can tell."""
    rules = frozenset({"column-missing", "statement-refused", "json-field", "required-column", "column-order"})
    editor = Editor(texts, "change one of unlike twins", rules | {"limit-unordered", "list-unordered", "column-kind"})
    for query in OTHER_TEXT:
        for dialect in DIALECTS:
            text = block(texts, query, dialect)
            columns = columns_of(text)
            for name in columns[2:12:5]:
                yield from editor.one(f"without {name}", query, dialect, without(name))
                yield from editor.one(misspelt(name), query, dialect, instead(name, misspelt(name)))
            yield from editor.one(
                "no ORDER BY", query, dialect, sub(r"\n(    )?ORDER BY [^\n]*(?=;|\n(    )?LIMIT)", "")
            )
            yield from editor.one(
                "another table", query, dialect, sub(r"(FROM|INTO) session_cookies\b", r"\1 session_cookie")
            )
            yield from editor.one("another key", query, dialect, sub(r"\bid (IN|= ANY)\b", r"platform_id \1"))
            yield from editor.one("fewer columns", query, dialect, sub(r"^    platform,\n", ""))
            function = sub(r"\b(json_each|json_to_recordset|json_agg|json_group_array)\b", r"\1s", 0)
            yield from editor.one("a function that is none", query, dialect, function)


def _inside_of_json(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "a name inside of JSON", frozenset({"json-field", "statement-refused"}))
    nested, bulk = "session_cookies.list_users_with_session_cookies", "session_cookies.insert_session_cookies"
    for name in ("id", "user_id", "platform", "cookies", "expires_at", "created_at"):
        wrong = sub(rf"'{name}', ", f"'{misspelt(name)}', ")
        yield from editor.both(f"{misspelt(name)} for {name}", nested, wrong)
        gone = sub(rf",?\s*'{name}', \w+\.{name}", "")
        first = put("(,", "(") if name == "id" else put("", "")
        yield from editor.both(f"without {name}", nested, gone, first)
    for name in ("user_id", "platform", "cookies"):
        yield from editor.one(misspelt(name), bulk, "sqlite", put(f"'$.{name}'", f"'$.{misspelt(name)}'"))
        record = sub(rf"^    {name} (uuid|text)", rf"    {misspelt(name)} \1")
        both = put(f"entry.{name}", f"entry.{misspelt(name)}")
        yield from editor.one(misspelt(name), bulk, "postgresql", record, both)
        yield from editor.one(f"{misspelt(name)} in one place", bulk, "postgresql", record)
