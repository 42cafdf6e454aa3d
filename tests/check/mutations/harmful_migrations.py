"""Migrations: what one dialect alone has, what queries need and the tables have not, and rollbacks that do not undo."""

import re
from collections.abc import Iterator

from hangar_dal.sqlscan import DIALECTS
from tests.check.mutations.application import Mutant, Texts
from tests.check.mutations.edits import Edit, Editor, put, sub, thinned

USERS, COOKIES, INDEXES = "0001_users", "0002_session_cookies", "0003_session_cookies_indexes"


def mutants(texts: Texts) -> Iterator[Mutant]:
    yield from _one_dialect(texts)
    yield from _both_dialects(texts)
    yield from _rollbacks(texts)
    yield from _rows(texts)
    yield from _scripts(texts)


def _one_dialect(texts: Texts) -> Iterator[Mutant]:
    rules = frozenset({"schemas-differ"})
    constraint = Editor(texts, "drop a constraint in one dialect", rules)
    index = Editor(texts, "drop or change an index in one dialect", rules)
    column = Editor(texts, "change a column in one dialect", rules)
    for place, (migration, name) in enumerate(thinned(_constraints(texts), 13)):
        gone = _without_constraint(name)
        yield from constraint.migration(name, migration, [DIALECTS[place % 2]], gone)
    for place, (migration, name) in enumerate(_indexes(texts)):
        dialect = DIALECTS[place % 2]
        script = texts[f"migrations/{dialect}/{migration}.sql"]
        assert name in script
        line = rf"^CREATE INDEX (?:CONCURRENTLY )?{name} ON .*\n?"
        yield from index.migration(f"no {name}", migration, [dialect], sub(line, ""))
        wider = sub(rf"({name} ON \w+ \()(\w+)", r"\1updated_at, \2" if migration == USERS else r"\1platform, \2")
        other = DIALECTS[(place + 1) % 2]
        yield from index.migration(f"other columns for {name}", migration, [other], wider)
    for title, dialect, edit in (
        ("email NOT NULL", "sqlite", sub(r"^    email text,", "    email text NOT NULL,")),
        ("phone_number NOT NULL", "postgresql", sub(r'^(    phone_number text COLLATE "C"),', r"\1 NOT NULL,")),
        ("display_name NULL", "sqlite", sub(r"^    display_name text NOT NULL", "    display_name text")),
        ("role NULL", "postgresql", sub(r'^(    role text COLLATE "C") NOT NULL', r"\1")),
        ("eve_character_id as text", "sqlite", sub(r"^    eve_character_id integer", "    eve_character_id text")),
        (
            "eve_character_id as real",
            "postgresql",
            sub(r"eve_character_id bigint", "eve_character_id double precision"),
        ),
        (
            "is_private as text",
            "sqlite",
            sub(r"is_private integer NOT NULL DEFAULT FALSE", "is_private text NOT NULL DEFAULT 'f'"),
        ),
        ("metadata without its default", "postgresql", sub(r"(metadata jsonb NOT NULL) DEFAULT '{}'", r"\1")),
        ("status without its default", "sqlite", sub(r"(status text NOT NULL) DEFAULT 'ACTIVE'", r"\1")),
        (
            "no phone number",
            "sqlite",
            sub(r"^    phone_number text,\n", "    phone text,\n"),
        ),
        (
            "one more column",
            "postgresql",
            sub(r"^    username text", '    nickname text COLLATE "C",\n    username text'),
        ),
        ("created_at as created", "postgresql", put("created_at", "created")),
        ("is_active kept by hand", "sqlite", sub(r" GENERATED ALWAYS AS \(status = 'ACTIVE'\) VIRTUAL", "")),
    ):
        edits = [edit, put("phone_number", "phone")] if title == "no phone number" else [edit]
        yield from column.migration(title, USERS, [dialect], *edits)
    for dialect in DIALECTS:
        key = sub(r" ON DELETE CASCADE", "")
        yield from constraint.migration("rows that outlive their user", COOKIES, [dialect], key)
        allowed = Editor(texts, "a CHECK of other values in one dialect", rules | {"value-refused", "value-unreadable"})
        for name, old, new in (
            ("status", ", 'SUSPENDED'", ""),
            ("role", "'USER', ", ""),
            ("user_type", "'LOCAL'", "'LOCAL', 'GUEST'"),
        ):
            rule = sub(rf"({name} IN \(.*?){re.escape(old)}", lambda found, new=new: f"{found[1]}{new}")
            yield from allowed.migration(f"{name}: {old} to {new or 'none'}", USERS, [dialect], rule)

    value = Editor(texts, "another value in one dialect", rules)
    for dialect in DIALECTS:
        for title, migration, edit in (
            ("usernames of 65", USERS, put("BETWEEN 1 AND 64", "BETWEEN 1 AND 65")),
            ("names of 99", USERS, put("BETWEEN 1 AND 100", "BETWEEN 1 AND 99")),
            ("e-mail addresses of 2", USERS, put("BETWEEN 3 AND 254", "BETWEEN 2 AND 254")),
            ("platforms of 60", COOKIES, put("BETWEEN 1 AND 50", "BETWEEN 1 AND 60")),
            ("another seal", COOKIES, put("'v1.'", "'v2.'")),
            ("no character 1", USERS, put("eve_character_id > 0", "eve_character_id > 1")),
            ("local accounts without e-mail", USERS, put("'EVE_SSO' OR email", "'LOCAL' OR email")),
            ("INACTIVE at first", USERS, put("DEFAULT 'ACTIVE'", "DEFAULT 'INACTIVE'")),
            ("all of them moderators", USERS, put("DEFAULT 'USER'", "DEFAULT 'MODERATOR'")),
            ("all of them private", USERS, sub(r"^(    is_private .*) FALSE", r"\1 TRUE")),
            ("metadata of its own", USERS, sub(r"^(    metadata .*) '{}'", r"""\1 '{"a": 1}'""")),
        ):
            yield from value.migration(title, migration, [dialect], edit)


def _both_dialects(texts: Texts) -> Iterator[Mutant]:
    """The twins agree, so that only the queries can tell."""
    both = Editor(texts, "drop or rename a column", frozenset({"statement-refused"}))
    for name in ("updated_at", "hashed_password", "last_login_at"):
        yield from both.migration(f"{name} renamed", USERS, DIALECTS, sub(rf"\b{name}\b", f"{name}_2", 0))
    later = [f"migrations/{dialect}/{migration}.sql" for dialect in DIALECTS for migration in (COOKIES, INDEXES)]
    yield from both.files("platform renamed", later, sub(r"\bplatform\b", "site", 0))
    undone = [f"migrations/{dialect}/{COOKIES}.rollback.sql" for dialect in DIALECTS]
    yield from both.files("another table", [*later, *undone], put("session_cookies", "cookie_jar"))
    gone = sub(r"^    last_login_at.*\n", ""), _without_constraint("users_last_login_at_check")
    yield from both.migration("no last_login_at", USERS, DIALECTS, *gone)
    yield from both.migration("no is_admin", USERS, DIALECTS, sub(r"^    is_admin.*\n", ""))

    kind = Editor(
        texts, "change the type of a column", frozenset({"parameter-kind", "column-kind", "statement-refused"})
    )
    number = sub(r"^    (phone_number) text( COLLATE \"C\")?", r"    \1 integer")
    rule = _without_constraint("users_phone_number_check")
    yield from kind.migration("phone_number as integer", USERS, DIALECTS, number, rule)
    text = sub(r"^    eve_character_id (bigint|integer)", "    eve_character_id text")
    yield from kind.migration(
        "eve_character_id as text", USERS, DIALECTS, text, _without_constraint("users_eve_character_id_check")
    )
    flag = sub(r"^    is_private (boolean|integer) NOT NULL DEFAULT FALSE", "    is_private text NOT NULL DEFAULT ''")
    yield from kind.migration(
        "is_private as text", USERS, DIALECTS, flag, _without_constraint("users_is_private_type_check")
    )

    null = Editor(texts, "let a column be NULL", frozenset({"null-refused", "json-check-null"}))
    for name in ("display_name", "status", "created_at", "metadata"):
        yield from null.migration(name, USERS, DIALECTS, sub(rf"^(    {name} .*?) NOT NULL", r"\1"))
    yield from null.migration("platform", COOKIES, DIALECTS, sub(r"^(    platform .*?) NOT NULL", r"\1"))
    tight = Editor(texts, "forbid NULL in a column", frozenset({"none-refused", "null-needless", "required-column"}))
    for name in ("email", "hashed_password", "last_login_at"):
        yield from tight.migration(name, USERS, DIALECTS, sub(rf"^(    {name} [^,\n]*),", r"\1 NOT NULL,"))
    default = Editor(texts, "drop a default", frozenset({"required-column"}))
    for name in ("status", "is_private", "metadata"):
        yield from default.migration(name, USERS, DIALECTS, sub(rf"^(    {name} .*?) DEFAULT [^,]*,", r"\1,"))
    value = Editor(texts, "change the values of a CHECK", frozenset({"value-refused", "value-unreadable"}))
    for title, edit in (
        ("no SUSPENDED", put(", 'SUSPENDED'", "")),
        ("a new role", put("'USER', 'MOD", "'USER', 'GUEST', 'MOD")),
        ("LOKAL", put("IN ('EVE_SSO', 'LOCAL')", "IN ('EVE_SSO', 'LOKAL')")),
        ("no EVE_SSO", put("IN ('EVE_SSO', 'LOCAL')", "IN ('LOCAL')")),
    ):
        yield from value.migration(title, USERS, DIALECTS, edit)
    index = Editor(texts, "drop an index", frozenset({"scan", "foreign-key-unindexed"}))
    for migration, names in _indexes_to_drop(texts):
        scripts = [f"migrations/{each}/{migration}{end}.sql" for each in DIALECTS for end in ("", ".rollback")]
        paths = [path for path in scripts if names[0] in texts[path]]
        line = rf"^(CREATE|DROP) INDEX (CONCURRENTLY )?.*({'|'.join(names)})\b.*\n"
        yield from index.files(" and ".join(names), paths, sub(line, "", 0))
    key = Editor(texts, "drop a key", frozenset({"scan", "statement-refused", "list-unordered"}))
    for name in ("username_fold", "email_fold", "eve_character_id"):
        yield from key.migration(name, USERS, DIALECTS, _without_constraint(f"users_{name}_key"))


def _rollbacks(texts: Texts) -> Iterator[Mutant]:
    rules = {"rollback-differs", "rollback-fails", "apply-again-fails", "apply-again-differs", "migration-file"}
    editor = Editor(texts, "break a rollback", frozenset(rules))
    for migration in (USERS, COOKIES, INDEXES):
        for dialect in DIALECTS:
            statements = sub(r"^(?!--)(.*\n)+", "SELECT 1;\n")
            yield from editor.migration("nothing undone", f"{migration}.rollback", [dialect], statements)
            wrong = sub(r"\b(users|session_cookies|idx_session_expires);", r"\1_2;")
            yield from editor.migration("another name", f"{migration}.rollback", [dialect], wrong)
    for dialect in DIALECTS:
        forgets = sub(r"^DROP INDEX (CONCURRENTLY IF EXISTS )?idx_session_user_platform;\n", "")
        yield from editor.migration("forgets an index", f"{INDEXES}.rollback", [dialect], forgets)
        more = sub(r"\A", "DROP INDEX idx_users_created_at;\n")
        yield from editor.migration("one index too many", f"{COOKIES}.rollback", [dialect], more)
        left = sub(r"\Z", "CREATE TABLE left_behind (id integer);\n")
        yield from editor.migration("leaves a table", f"{COOKIES}.rollback", [dialect], left)
        yield from editor.migration("holds nothing", f"{USERS}.rollback", [dialect], sub(r"(.*\n)+", "-- nothing\n"))

    later = Editor(texts, "break the rollback of a later migration", frozenset(rules))
    edits = (
        ("nothing undone", sub(r"^(?!--)(.*\n)+", "SELECT 1;\n")),
        ("another name", sub(r"^(DROP \w+ (?:CONCURRENTLY )?(?:IF EXISTS )?\w+)", r"\1_2")),
        ("forgets its first statement", sub(r"^(?!--)[^;]+;\n", "")),
    )
    for place, migration in enumerate(_migrations(texts)[3:]):
        title, edit = edits[place % 3]
        yield from later.migration(title, f"{migration}.rollback", [DIALECTS[place % 2]], edit)


def _rows(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "change rows that a rollback does not restore", frozenset({"rows-differ"}))
    for title, statement in (
        ("a new status", "UPDATE users SET status = 'DELETED' WHERE status <> 'DELETED';"),
        ("names in upper case", "UPDATE users SET display_name = upper(display_name);"),
        ("no more users", "DELETE FROM users WHERE phone_number IS NOT NULL;"),
    ):
        more = sub(r"\Z", f"{statement}\n")
        yield from editor.migration(title, COOKIES, DIALECTS, more)


def _scripts(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "a script that fails", frozenset({"apply-fails", "migration-file"}))
    for place, (title, migration, edit) in enumerate(
        (
            ("a misspelt table", INDEXES, put("ON session_cookies", "ON session_cookie")),
            ("a misspelt column", USERS, put("(status, created_at, id)", "(status, creatde_at, id)")),
            ("a comma too many", COOKIES, sub(r"\)\n\)", "),\n)")),
            ("a quote that is never closed", USERS, put("'ADMIN')", "'ADMIN)", 1)),
            ("a foreign key to nobody", COOKIES, put("REFERENCES users (id)", "REFERENCES users (uuid)")),
            ("its own COMMIT", COOKIES, sub(r"\A", "COMMIT;\n")),
        )
    ):
        yield from editor.migration(title, migration, [DIALECTS[place % 2]], edit)
        yield from editor.migration(title, migration, DIALECTS, edit)
    gone = Editor(texts, "drop a migration's file", frozenset({"migration-file"}))
    for path in ("postgresql/0002_session_cookies.sql", "sqlite/0003_session_cookies_indexes.rollback.sql"):
        yield from gone.gone(f"migrations/{path}")


def _migrations(texts: Texts) -> list[str]:
    found = (re.fullmatch(r"migrations/(\w+)\.py", path) for path in sorted(texts))
    return [each[1] for each in found if each]


def _constraints(texts: Texts) -> list[tuple[str, str]]:
    return [
        (migration, name)
        for migration in _migrations(texts)
        for name in re.findall(r"^    CONSTRAINT (\w+)", texts[f"migrations/postgresql/{migration}.sql"], re.MULTILINE)
    ]


def _indexes(texts: Texts) -> list[tuple[str, str]]:
    return [
        (migration, name)
        for migration in (USERS, INDEXES)
        for name in re.findall(r"^CREATE INDEX (\w+) ON", texts[f"migrations/sqlite/{migration}.sql"], re.MULTILINE)
    ]


def _indexes_to_drop(texts: Texts) -> Iterator[tuple[str, list[str]]]:
    """Of the first migrations each index alone; of later ones together those with the same first column.

    One of these alone is not missed: see survivors.md.
    """
    yield from ((migration, [name]) for migration, name in _indexes(texts))
    for path in sorted(texts):
        found = re.fullmatch(r"migrations/sqlite/(\w+)\.sql", path)
        if found is None or found[1] in {USERS, INDEXES}:
            continue
        together: dict[tuple[str, str], list[str]] = {}
        for name, table, column in re.findall(r"^CREATE INDEX (\w+) ON (\w+) \((\w+)", texts[path], re.MULTILINE):
            together.setdefault((table, column), []).append(name)
        yield from ((found[1], names) for names in together.values())


def _without_constraint(name: str) -> Edit:
    """Its lines, up to the next one; whatever the layout, one comma less."""

    def change(text: str) -> str:
        found = re.search(
            rf"\n    CONSTRAINT {name}\s.*?(,(?=\n)|(?=\n\)))(?=\n(?:\n|    CONSTRAINT|    --|\)))", text, re.DOTALL
        )
        if found is None:
            return text
        rest = text[found.end() :]
        before = text[: found.start()]
        if found[1] == "":  # it was the last
            cut = before.rstrip()
            before = cut.removesuffix(",") if cut.endswith(",") else before
        return before + rest

    return change
