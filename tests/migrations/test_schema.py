"""The schema that the migrations give: the same each time, and the same on both databases."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest
from yoyo.migrations import read_migrations

from hangar_dal import ACCOUNTS, migrations
from hangar_dal.migrations.backends import backend_for
from hangar_dal.migrations.schema import Index, Schema, differences
from hangar_dal.migrations.targets import target_of
from hangar_dal.migrations.twins import compare_twins

SchemaOf = Callable[[str], Schema]
Query = Callable[[str, str], object]


def roll_back_everything(url: str) -> None:
    backend = backend_for(target_of(url))
    with closing(backend.connection):
        backend.init_database()
        with backend.lock():
            backend.rollback_migrations(backend.to_rollback(read_migrations(str(ACCOUNTS.migrations))))


def test_apply_rollback_apply_gives_the_identical_schema(empty_database_url: str, schema_of: SchemaOf) -> None:
    everything = migrations.apply(empty_database_url, catalog=ACCOUNTS)
    first = schema_of(empty_database_url)
    roll_back_everything(empty_database_url)
    assert schema_of(empty_database_url) == Schema(())
    assert migrations.pending(empty_database_url, catalog=ACCOUNTS) == everything
    assert migrations.apply(empty_database_url, catalog=ACCOUNTS) == everything
    assert differences(first, schema_of(empty_database_url)) == ()
    assert first == schema_of(empty_database_url)


def test_the_twins_give_the_same_schema(sqlite_url: str, postgres_url: str, schema_of: SchemaOf) -> None:
    sqlite, postgresql = schema_of(sqlite_url), schema_of(postgres_url)
    differences = compare_twins(sqlite, postgresql).differences.values()
    # What only one of them has is declared in the migrations, which `migrations verify` holds.
    assert [each for each in differences if each.sqlite is not None and each.postgresql is not None] == []
    assert sqlite.names >= {"users", "session_cookies"}


def test_the_tables_are_strict_and_the_texts_sort_by_code_point(
    sqlite_url: str, postgres_url: str, schema_of: SchemaOf
) -> None:
    assert {table.options for table in schema_of(sqlite_url).tables} == {"strict", "strict without rowid"}
    types = {column.type for table in schema_of(postgres_url).tables for column in table.columns}
    assert {kind for kind in types if kind.startswith("text")} == {'text COLLATE "C"', 'text[] COLLATE "C"'}


def test_no_function_of_a_trigger_uses_the_search_path_of_the_caller(postgres_url: str) -> None:
    """A role that sets another one cannot bring in operators, functions or tables of its own."""
    with psycopg.connect(postgres_url) as connection:
        functions = connection.execute(
            "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        ).fetchall()
    assert functions
    pinned = ["search_path=pg_catalog, pg_temp"]
    assert [name for name, settings in functions if settings != pinned] == []


def test_session_cookies_have_exactly_the_two_indexes(database_url: str, schema_of: SchemaOf) -> None:
    (table,) = schema_of(database_url).only(frozenset({"session_cookies"})).tables
    assert [(index.name, index.columns, index.unique, index.valid) for index in table.indexes] == [
        ("idx_session_expires", ("expires_at",), False, True),
        ("idx_session_user_platform", ("user_id", "platform"), False, True),
    ]


def test_flags_are_made_from_status_and_role(database_url: str, schema_of: SchemaOf) -> None:
    (table,) = schema_of(database_url).only(frozenset({"users"})).tables
    assert [column.name for column in table.columns if column.generated] == ["is_active", "is_admin"]


def test_every_difference_is_told_in_one_line(
    sqlite_url: str, schema_of: SchemaOf, query: Callable[..., object]
) -> None:
    before = schema_of(sqlite_url)
    query(sqlite_url, "CREATE UNIQUE INDEX extra ON users (role DESC, id)")
    query(sqlite_url, "DROP INDEX idx_session_expires")
    query(sqlite_url, "ALTER TABLE session_cookies ADD COLUMN note text COLLATE nocase DEFAULT 'x' CHECK (note <> '')")
    assert differences(before, schema_of(sqlite_url)) == (
        "+ session_cookies: check (note <> '')",
        "+ session_cookies: column note text COLLATE nocase null default 'x'",
        "- session_cookies: index idx_session_expires create index idx_session_expires on session_cookies (expires_at)",
        "+ users: index extra create unique index extra on users (role desc, id)",
    )
    (users,) = schema_of(sqlite_url).only(frozenset({"users"})).tables
    assert Index("extra", ("role DESC", "id"), True, "") in [replace(index, text="") for index in users.indexes]


def test_a_changed_rule_is_a_difference(database_url: str, empty_database_url: str, schema_of: SchemaOf) -> None:
    before = schema_of(database_url)
    users, *_ = [table for table in before.tables if table.name == "users"]
    looser = replace(users, checks=tuple(replace(check, rule="CHECK (TRUE)") for check in users.checks[:1]))
    lines = differences(before, Schema((looser,)))
    assert [line for line in lines if line.startswith("+")] == [f"+ users: check {looser.checks[0].name} CHECK (TRUE)"]
    assert "- table session_cookies" in "\n".join(lines)
    assert not [line for line in lines if line.startswith("- session_cookies")]


@pytest.mark.parametrize(
    ("sqlite", "postgresql", "told"),
    [
        ("UNIQUE (a) ON CONFLICT REPLACE", "", "unique (a) on conflict replace"),
        ("", "UNIQUE (a) DEFERRABLE INITIALLY DEFERRED", "unique extra_a_key (a) deferrable initially deferred"),
        ("FOREIGN KEY (a) REFERENCES users (id) ON UPDATE CASCADE", "", "on delete no action on update cascade"),
        (
            "",
            "FOREIGN KEY (a) REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE",
            "on delete cascade on update cascade",
        ),
        (
            "FOREIGN KEY (a) REFERENCES users (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
            "FOREIGN KEY (a) REFERENCES users (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
            "on delete cascade deferrable initially deferred",
        ),
    ],
)
def test_a_constraint_keeps_all_that_is_written_behind_it(
    empty_sqlite_url: str,
    empty_postgres_url: str,
    schema_of: SchemaOf,
    query: Query,
    sqlite: str,
    postgresql: str,
    told: str,
) -> None:
    for url, constraint in ((empty_sqlite_url, sqlite), (empty_postgres_url, postgresql)):
        if constraint:
            migrations.apply(url, catalog=ACCOUNTS)
            query(url, f"CREATE TABLE extra (a {'text' if url == empty_sqlite_url else 'uuid'}, {constraint})")
            (extra,) = schema_of(url).only(frozenset({"extra"})).tables
            assert any(told in f"{what.partition(': ')[2]} {how}" for what, how in extra.facts())


def test_a_constraint_has_its_name_whether_the_column_or_the_table_has_it(
    empty_sqlite_url: str, empty_postgres_url: str, schema_of: SchemaOf, query: Query
) -> None:
    columns = (
        "a text CONSTRAINT a_key UNIQUE CONSTRAINT a_fkey REFERENCES whole (a)",
        "b text DEFAULT ('constraint') CONSTRAINT b_check CHECK (b <> 'constraint') CONSTRAINT b_key UNIQUE",
    )
    for url in (empty_sqlite_url, empty_postgres_url):
        query(url, "CREATE TABLE whole (a text NOT NULL PRIMARY KEY)")
        query(url, f"CREATE TABLE part ({', '.join(columns)})")
        (part,) = schema_of(url).only(frozenset({"part"})).tables
        assert [each.name for each in part.uniques] == ["a_key", "b_key"]
        assert [each.name for each in part.foreign_keys] == ["a_fkey"]
        assert [each.name for each in part.checks] == ["b_check"]


def test_a_table_of_postgresql_keeps_what_it_is_made_with(
    empty_postgres_url: str, schema_of: SchemaOf, query: Query
) -> None:
    query(
        empty_postgres_url,
        "CREATE UNLOGGED TABLE plain (id bigint GENERATED ALWAYS AS IDENTITY) WITH (fillfactor = 70)",
    )
    query(empty_postgres_url, "CREATE TABLE parted (id bigint GENERATED BY DEFAULT AS IDENTITY) PARTITION BY LIST (id)")
    query(empty_postgres_url, "ALTER TABLE parted ENABLE ROW LEVEL SECURITY")
    parted, plain = schema_of(empty_postgres_url).tables
    assert (plain.options, plain.columns[0].default) == ("unlogged with (fillfactor=70)", "identity always")
    assert parted.options == "partition by LIST (id) row level security"
    assert parted.columns[0].default == "identity by default"


def test_a_key_that_counts_on_is_no_other_one(empty_sqlite_url: str, schema_of: SchemaOf, query: Query) -> None:
    query(empty_sqlite_url, "CREATE TABLE counted (id integer PRIMARY KEY AUTOINCREMENT)")
    assert [table.options for table in schema_of(empty_sqlite_url).tables] == ["autoincrement"]


def test_a_policy_belongs_to_its_table(empty_postgres_url: str, schema_of: SchemaOf, query: Query) -> None:
    query(empty_postgres_url, "CREATE TABLE plain (id bigint)")
    query(empty_postgres_url, "CREATE POLICY own ON plain FOR SELECT TO PUBLIC USING (id > 7)")
    (policy,) = schema_of(empty_postgres_url).others
    assert (policy.kind, policy.name, policy.table) == ("policy", "own", "plain")
    assert policy.text == "r to public using (id > 7)"


def test_twins_differ_in_when_a_key_is_checked_and_in_nothing_that_sqlite_cannot_say(
    empty_sqlite_url: str, empty_postgres_url: str, schema_of: SchemaOf, query: Query
) -> None:
    def apart(sqlite: str, postgresql: str) -> list[str]:
        for url, options in ((empty_sqlite_url, sqlite), (empty_postgres_url, postgresql)):
            query(url, "DROP TABLE IF EXISTS part")
            query(
                url,
                f"CREATE TABLE part (a text, CONSTRAINT part_a_fkey FOREIGN KEY (a) REFERENCES whole (a) {options})",
            )
        twins = compare_twins(schema_of(empty_sqlite_url), schema_of(empty_postgres_url))
        return [key.name for key in twins.differences]

    for url in (empty_sqlite_url, empty_postgres_url):
        query(url, "CREATE TABLE whole (a text NOT NULL PRIMARY KEY)")
    assert apart("", "") == apart("", "DEFERRABLE") == []
    assert apart("ON UPDATE CASCADE", "ON UPDATE CASCADE") == []
    assert apart("", "DEFERRABLE INITIALLY DEFERRED") == apart("", "ON UPDATE CASCADE") == ["part_a_fkey"]
    assert apart("DEFERRABLE INITIALLY DEFERRED", "DEFERRABLE INITIALLY DEFERRED") == []
