"""Which rows a statement finds, and in what order: conditions, sorting, limits, joins. The same in both twins."""

import re
from collections.abc import Iterator

from tests.check.mutations.application import Mutant, Texts
from tests.check.mutations.edits import Edit, Editor, block, in_columns, misspelt, put, queries, sub, thinned
from tests.check.mutations.harmful_columns import kind_of

COOKIE_READS = ("get_session_cookie", "find_session_cookie", "list_session_cookies")


def mutants(texts: Texts) -> Iterator[Mutant]:
    yield from _conditions(texts)
    yield from _parameters(texts)
    yield from _orders(texts)
    yield from _limits(texts)
    yield from _arms(texts)
    yield from _tables(texts)
    yield from _joins(texts)
    yield from _plans(texts)


def _conditions(texts: Texts) -> Iterator[Mutant]:
    part = Editor(texts, "drop a WHERE part", frozenset(["argument-unused", "parameter-unfit", "row-unkeyed", "scan"]))
    kind = Editor(texts, "compare with a column of another kind", frozenset({"parameter-kind", "statement-refused"}))
    wrong = Editor(texts, "misspell a column that is compared", frozenset({"statement-refused"}))
    for query in queries(texts):
        text = block(texts, query).partition("\nWHERE")[2]
        text = "\n".join(line for line in f"WHERE{text}".split("\n") if "-- when" not in line)
        compared = re.findall(r"^(?:WHERE|    AND|   )\s+(?:TRUE\s+)?(\w+) = :(\w+)", text, re.MULTILINE)
        for column, parameter in compared:
            comparison = rf"(?<![\w.]){column} = :{parameter}\b"
            # Where the argument is used elsewhere too, a filter has another meaning, which only tests can find.
            if len(compared) > 1 and len(re.findall(rf":{parameter}\b", block(texts, query))) == 1:
                gone = sub(
                    rf"(?m)^(    )(?:AND )?{comparison}", r"\1TRUE" if f"AND {column}" not in text else r"\1AND TRUE"
                )
                yield from part.both(f"without {column}", query, gone)
            other = {"id": "display_name", "user_id": "platform"}.get(column, "created_at")
            other = "id" if kind_of(column) == "instant" else other
            other = "expires_at" if query.startswith("session") and other == "display_name" else other
            yield from kind.both(f"{other} for {column}", query, sub(comparison, f"{other} = :{parameter}"))
            yield from wrong.both(misspelt(column), query, sub(comparison, f"{misspelt(column)} = :{parameter}"))


def _parameters(texts: Texts) -> Iterator[Mutant]:
    rename = Editor(texts, "rename a parameter", frozenset({"parameter-unknown"}))
    rules = frozenset({"argument-unused", "none-compared", "none-refused"})
    literal = Editor(texts, "a constant for a parameter", rules)
    made: list[Mutant] = []
    for place, query in enumerate(queries(texts)):
        names = list(dict.fromkeys(re.findall(r"(?<![:\w]):([a-z]\w*)", block(texts, query))))
        for name in names[place % 3 :: 3]:
            made += rename.both(misspelt(name), query, sub(rf":{name}\b", f":{misspelt(name)}", 0))
        is_assigned = "\nSET" in block(texts, query)  # harmful_writes makes that mutant
        if names and names[0].endswith("_id") and not is_assigned and "-- when" not in block(texts, query):
            yield from literal.both("NULL", query, sub(rf":{names[0]}\b", "NULL", 0))
    yield from thinned(made, 24)
    for query, name in (("users.list_users", "limit"), ("session_cookies.list_users_with_session_cookies", "limit")):
        yield from literal.both("50", query, sub(rf":{name}\b", "50"))


def _orders(texts: Texts) -> Iterator[Mutant]:
    rules = frozenset({"list-unordered", "limit-unordered", "row-ordered"})
    gone, ties = Editor(texts, "drop an ORDER BY", rules), Editor(texts, "an ORDER BY that leaves ties", rules)
    constant = Editor(texts, "an ORDER BY of a parameter", frozenset({"order-by-parameter"}))
    wrong = Editor(texts, "misspell a column of an ORDER BY", frozenset({"statement-refused"}))
    for query in queries(texts):
        if "INSERT" in block(texts, query):  # the order in which rows are stored is no matter of the result
            continue
        yield from gone.both("rows in any order", query, sub(r"\nORDER BY\b[^;]*?(?=\nLIMIT|\n    LIMIT|\n\)|;)", "\n"))
        if re.search(r"^(UPDATE|DELETE)", block(texts, query), re.MULTILINE):  # which of them go first is no matter
            continue
        yield from ties.both("without the id", query, sub(r", (?:users\.)?id( DESC)?(?=  --|\n|;)", "", 0))
        behind = sub(r"^(ORDER BY\s+)(?:users\.)?(\w+)", r"\1:order_by, \2")
        yield from constant.both("sorted by a parameter", query, behind)
        argument = re.search(r":(\w+)", block(texts, query))
        if argument:
            yield from constant.both(f":{argument[1]}", query, sub(r"^(ORDER BY )(?=\w)", rf"\1:{argument[1]}, "))
        yield from wrong.both("creatde_at", query, sub(r"^(ORDER BY\s+(?:users\.)?)(created_at|id)", r"\1creatde_at"))
    for by in ("email", "display_name", "created_at", "status"):
        instead = sub(r"^ORDER BY id", f"ORDER BY {by}")
        yield from ties.both(f"by {by} alone", "users.get_users", instead)


def _limits(texts: Texts) -> Iterator[Mutant]:
    rules = frozenset({"argument-unused", "row-ordered", "limit-unordered", "meaning-differs"})
    gone = Editor(texts, "drop or change a LIMIT", rules)
    for query in queries(texts):
        yield from gone.both("no LIMIT", query, sub(r"\n\s*LIMIT [:\w]+( OFFSET [:\w]+)?", "\n", 0))
    for number in ("2", "10", "1 + 1"):
        yield from gone.both(
            f"LIMIT {number}", "session_cookies.find_session_cookie", put("LIMIT 1", f"LIMIT {number}")
        )
    for query in ("users.get_user", "users.find_user_by_username", "users.find_login_by_username"):
        yield from gone.both("sorted, of one row", query, sub(r";", "\nORDER BY id;"))
    other = Editor(
        texts, "a LIMIT of another kind", frozenset({"parameter-kind", "parameter-unknown", "statement-refused"})
    )
    yield from other.both(":status", "users.list_users", put("LIMIT :limit", "LIMIT :status"))
    yield from other.both(":user_id", "session_cookies.find_session_cookie", put("LIMIT 1", "LIMIT :user_id"))
    yield from other.both(":created_at", "users.list_users", put("LIMIT :limit", "LIMIT :created_at"))


def _arms(texts: Texts) -> Iterator[Mutant]:
    condition = Editor(texts, "a condition that no argument has", frozenset({"when-condition", "file-format"}))
    always = Editor(
        texts,
        "drop a `-- when`",
        frozenset({"none-compared", "parameter-unknown", "statement-refused", "when-missing", "argument-unused"}),
    )
    dropped = Editor(
        texts, "drop an optional line", frozenset({"when-missing", "argument-unused", "statement-refused"})
    )
    made: list[Mutant] = []
    for query in queries(texts):
        lines = {line.strip(): line for line in block(texts, query).split("\n") if "-- when" in line}
        for line in lines.values():
            text, _, when = line.partition("  -- when ")
            name = when.split(",")[0].split(" ")[0]
            made += condition.both(
                f"{misspelt(name)} in {line.strip()}", query, put(line, f"{text}  -- when {misspelt(name)}")
            )
            if not line.startswith("--"):
                yield from always.both(text.strip(), query, put(line, text))
            yield from dropped.both(line.strip(), query, _without_line(line))
            if " = " in when:
                made += condition.both(f"another value in {line.strip()}", query, put(line, f"{line}r"))
                made += condition.both(f"no value in {line.strip()}", query, put(line, line.partition(" = ")[0] + " ="))
    yield from thinned(made, 18)
    for query in ("users.get_user", "users.delete_user", "users.set_user_role", "users.find_user_by_email"):
        needless = sub(r"^WHERE (\w+) = :(\w+)(;?)", r"WHERE\n    TRUE\n    AND \1 = :\2\3  -- when \2")
        yield from condition.both("an argument that is always given", query, needless)


def _without_line(line: str) -> Edit:
    """The semicolon behind the statement stays."""
    return put(f"\n{line}", "\n;" if line.partition("  --")[0].endswith(";") else "")


def _tables(texts: Texts) -> Iterator[Mutant]:
    wrong = Editor(texts, "misspell a table", frozenset({"statement-refused"}))
    other = Editor(texts, "another table", frozenset({"statement-refused"}))
    made: list[Mutant] = []
    for query in queries(texts):
        table, swapped = ("users", "session_cookies") if query.startswith("users") else ("session_cookies", "users")
        place = rf"^((?:    )?(?:FROM|UPDATE|INSERT INTO|DELETE FROM) ){table}\b"
        made += wrong.both(table[:-1], query, sub(place, rf"\g<1>{table[:-1]}"))
        made += other.both(swapped, query, sub(place, rf"\g<1>{swapped}"))
    yield from thinned(made, 20)


def _joins(texts: Texts) -> Iterator[Mutant]:
    """The queries of cookies, read beside their users: what INNER JOIN leaves harmless, the others do not.

    Their condition goes into ON: in WHERE it would keep the rows of NULLs out, and the joins were all the same.
    """
    nulls = Editor(texts, "another kind of join", frozenset({"null-refused", "null-unknown"}))
    on = "ON users.id = session_cookies.user_id"
    for name in COOKIE_READS:
        for join in (
            "users LEFT JOIN session_cookies",
            "session_cookies RIGHT JOIN users",
            "session_cookies FULL JOIN users",
            "users LEFT OUTER JOIN session_cookies",
        ):
            yield from joined(nulls, name, join, f"{join} {on}", put("WHERE", "AND"))
    ties = Editor(texts, "a join that multiplies rows", frozenset({"list-unordered", "statement-refused"}))
    for query in ("users.list_users", "users.get_users"):
        columns = in_columns(lambda every: [f"users.{each}" for each in every])
        for kind in ("INNER", "LEFT"):
            source = f"FROM users\n{kind} JOIN session_cookies ON session_cookies.user_id = users.id"
            edits = (columns, put("FROM users", source), qualified("users"))
            yield from ties.both(f"{kind} JOIN session_cookies", query, *edits)
    cross = Editor(texts, "a join without a condition", frozenset({"list-unordered", "scan"}))
    yield from joined(cross, "list_session_cookies", "CROSS JOIN", "session_cookies CROSS JOIN users")
    ambiguous = Editor(texts, "a name that two tables have", frozenset({"statement-refused"}))
    for name in COOKIE_READS:
        source = f"session_cookies INNER JOIN users {on}"
        yield from ambiguous.both("id", f"session_cookies.{name}", put("FROM session_cookies", f"FROM {source}"))


def joined(editor: Editor, name: str, title: str, source: str, *more: Edit) -> Iterator[Mutant]:
    """One of the queries of cookies on these tables, with every name qualified."""
    columns = in_columns(lambda every: [f"session_cookies.{each}" for each in every])
    edits = (columns, put("FROM session_cookies", f"FROM {source}"), qualified("session_cookies"))
    yield from editor.both(title, f"session_cookies.{name}", *edits, *more)


def qualified(table: str) -> Edit:
    """Names behind WHERE, of this table."""
    names = r"(?<![\w.:])(id|user_id|platform|expires_at|created_at|status|display_name_fold)\b(?! =? ?\w* ?--)"

    def change(text: str) -> str:
        head, where, tail = text.partition("\nWHERE")
        lines = [_line(line, names, table) for line in tail.split("\n")]
        return head + where + "\n".join(lines)

    return change


def _line(line: str, names: str, table: str) -> str:
    code, when, rest = line.partition("  -- when")
    return re.sub(names, rf"{table}.\1", code) + when + rest


def _plans(texts: Texts) -> Iterator[Mutant]:
    scan = Editor(texts, "a condition that no index serves", frozenset({"scan"}))
    for query, old, new in (
        ("users.find_user_by_email", "email_fold = :email_fold", "lower(email_fold) = :email_fold"),
        ("users.find_user_by_email", "email_fold = :email_fold", "email = :email"),
        ("users.find_user_by_email", "email_fold = :email_fold", "email_fold || '' = :email_fold"),
        ("users.find_user_by_username", "username_fold = :username_fold", "username = :username"),
        ("users.find_user_by_username", "username_fold = :username_fold", "upper(username_fold) = :username_fold"),
        ("users.find_login_by_email", "email_fold = :login_fold", "email = :login"),
        ("users.find_login_by_username", "username_fold = :login_fold", "username = :login"),
        ("users.find_user_by_eve_character", "eve_character_id = :", "eve_character_id + 0 = :"),
        ("users.find_login_by_email", "WHERE email_fold", "WHERE display_name"),
        ("users.get_users", "WHERE\n    id", "WHERE\n    email"),
    ):
        yield from scan.both(new, query, put(old, new))
    for name in ("email", "updated_at", "hashed_password"):
        by = sub(r"^--  display_name_fold, id ", f"--  {name}, id ")
        yield from scan.both(f"a page by {name}", "users.list_users", by)
    batch = sub(r"ORDER BY expires_at, id", "ORDER BY platform, id")
    yield from scan.both(
        "a batch by platform",
        "session_cookies.delete_expired_session_cookies",
        batch,
        put("expires_at <= :now", "created_at <= :now"),
    )
    for query in ("users.count_users", "session_cookies.count_session_cookies"):
        yield from scan.both("a reason gone", query, sub(r"^-- scan:.*\n", ""))
    needless = Editor(texts, "a reason that nothing needs", frozenset({"scan-needless"}))
    for query in (query for query in queries(texts)[::3] if "-- scan" not in block(texts, query)):
        yield from needless.both("scan", query, sub(r"^(-- name: .*\n)", r"\1-- scan: whatever\n"))
