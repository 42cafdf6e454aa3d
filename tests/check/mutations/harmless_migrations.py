"""Edits of migrations that give the same schema, or one that serves the queries as well."""

from collections.abc import Iterator

from hangar_dal.sqlscan import DIALECTS
from tests.check.mutations.application import Mutant, Texts
from tests.check.mutations.edits import Editor, put, sub
from tests.check.mutations.harmful_migrations import COOKIES, USERS


def mutants(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "migrate in another way", frozenset())
    for title, migration, dialects, edit in (
        ("comments gone", USERS, DIALECTS, sub(r"^ *-- (?!transactional).*\n", "", 0)),
        ("deeper", COOKIES, DIALECTS, sub(r"^    (?=\S)", "          ", 0)),
        (
            "keywords in lower case",
            USERS,
            DIALECTS,
            sub(r"\b(CREATE|TABLE|INDEX|NOT|NULL|CHECK|ON)\b", lambda f: f[0].lower(), 0),
        ),
        ("types in upper case", COOKIES, DIALECTS, sub(r"\b(text|uuid|timestamptz)\b", lambda f: f[0].upper(), 0)),
        ("columns in another order", USERS, DIALECTS, sub(r"^(    is_test_user .*\n)(    is_private .*\n)", r"\2\1")),
        ("indexes in another order", USERS, DIALECTS, sub(r"^(CREATE INDEX .*\n)(CREATE INDEX .*\n)", r"\2\1")),
        (
            "rules in another order",
            USERS,
            DIALECTS,
            sub(r"^(    CONSTRAINT users_status_check.*\n)(    CONSTRAINT users_role_check.*\n)", r"\2\1"),
        ),
        ("one more index", USERS, DIALECTS, sub(r"\Z", "CREATE INDEX idx_users_role ON users (role);\n")),
        ("one more column", COOKIES, DIALECTS, sub(r"^(    created_at [^,]*,)", r"\1\n    note text,")),
        ("values in another order", USERS, DIALECTS, put("IN ('EVE_SSO', 'LOCAL')", "IN ('LOCAL', 'EVE_SSO')")),
        ("names in quotes", COOKIES, DIALECTS, put("TABLE session_cookies", 'TABLE "session_cookies"')),
        ("a longer platform", COOKIES, DIALECTS, put("BETWEEN 1 AND 50", "BETWEEN 1 AND 60")),
        ("a default more", COOKIES, DIALECTS, sub(r"^(    platform [^,]*),", r"\1 DEFAULT 'eve',")),
        (
            "another name for a rule",
            COOKIES,
            DIALECTS,
            put("session_cookies_platform_check", "session_cookies_place_check"),
        ),
        (
            "another collation for what is never sorted",
            USERS,
            ("postgresql",),
            put('phone_number text COLLATE "C"', "phone_number text"),
        ),
        ("the time zone in full", COOKIES, ("postgresql",), put("timestamptz", "timestamp with time zone")),
        (
            "a rule in other words",
            COOKIES,
            ("sqlite",),
            put("length(platform) BETWEEN 1 AND 50", "length(platform) <= 50 AND length(platform) >= 1"),
        ),
        ("a rule the other way round", USERS, ("postgresql",), put("eve_character_id > 0", "0 < eve_character_id")),
        ("a default with its type", USERS, ("postgresql",), put("DEFAULT 'ACTIVE'", "DEFAULT 'ACTIVE'::text")),
        ("int for integer", USERS, ("sqlite",), sub(r"^(    is_private) integer", r"\1 INTEGER")),
    ):
        yield from editor.migration(title, migration, dialects, edit)
    rows = sub(r"\Z", "UPDATE users SET eve_character_id = eve_character_id + 1;\n")
    back = sub(r"\Z", "UPDATE users SET eve_character_id = eve_character_id - 1;\n")
    for dialect in DIALECTS:
        changed = {f"migrations/{dialect}/{COOKIES}{end}.sql": edit for end, edit in (("", rows), (".rollback", back))}
        texts_of = {path: edit(texts[path]) for path, edit in changed.items()}
        yield Mutant(editor.kind, f"{dialect}: rows that are restored", texts_of)
    again = sub(r"^DROP TABLE session_cookies;", "DROP TABLE IF EXISTS session_cookies;")
    yield from editor.migration("IF EXISTS", f"{COOKIES}.rollback", DIALECTS, again)
