"""Two catalogs, or two folders of migrations, that create one table are refused, and both places are named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, Catalog, migrations
from hangar_dal.errors import MigrationError
from hangar_dal.migrations.files import folders_of, migrations_in
from hangar_dal.migrations.new import SHIM
from hangar_dal.migrations.owners import shared_tables
from hangar_dal.rules import Finding


@pytest.fixture
def carry(tmp_path: Path) -> Callable[..., Path]:
    """A folder with a migration for each text, the same in both dialects unless a pair is given."""

    def made(name: str, *texts: str | tuple[str, str], first: int = 501) -> Path:
        folder = tmp_path / name
        for number, text in enumerate(texts, first):
            sqlite, postgresql = (text, text) if isinstance(text, str) else text
            for dialect, sql in (("sqlite", sqlite), ("postgresql", postgresql)):
                (folder / dialect).mkdir(parents=True, exist_ok=True)
                (folder / dialect / f"{number:04}_{name}.sql").write_text(sql)
                (folder / dialect / f"{number:04}_{name}.rollback.sql").write_text("SELECT 1;")
            (folder / f"{number:04}_{name}.py").write_text(SHIM)
        return folder

    return made


def test_a_table_of_two_catalogs_is_refused_before_any_database_is_changed(
    empty_database_url: str, carry: Callable[..., Path]
) -> None:
    folder = carry("shop", "CREATE TABLE IF NOT EXISTS users (id integer);")
    catalog = Catalog("shop", migrations=folder, uses=[ACCOUNTS])
    with pytest.raises(MigrationError) as caught:
        migrations.apply(empty_database_url, catalog=catalog)
    for part in (f"{ACCOUNTS.migrations}/sqlite/0001_users.sql", f"{folder}/sqlite/0501_shop.sql", "the table users "):
        assert part in str(caught.value)
    assert migrations.pending(empty_database_url, catalog=ACCOUNTS)[0] == "0001_users"


def test_verify_finds_it_in_each_dialect(carry: Callable[..., Path], findings: Callable[..., list[Finding]]) -> None:
    found = findings(carry("shop", "CREATE TABLE users (id integer);"))
    assert [(each.rule, each.dialect, each.query) for each in found] == [
        ("table-shared", dialect, "0501_shop") for dialect in ("postgresql", "sqlite")
    ]


CREATED = {
    "plainly": "CREATE TABLE notes (id integer);",
    "in other words": "create /* a */ table if not exists Notes(id integer);",
    "in quotes": 'CREATE TABLE "notes" (id integer);',
    "after another": "CREATE TABLE a (id integer); CREATE TABLE notes AS SELECT 1 AS id;",
    "by a new name": "CREATE TABLE b (id integer); ALTER TABLE b RENAME TO notes;",
    "in the schema that is the default": (
        "CREATE TABLE main.notes (id integer);",
        'CREATE UNLOGGED TABLE "public" . notes (id integer);',
    ),
}
NOT_CREATED = {
    "nothing": "SELECT 1;",
    "a table for a moment": "CREATE TEMPORARY TABLE notes (id integer);",
    "an index": "CREATE INDEX notes ON b (id);",
    "a column": "ALTER TABLE b ADD COLUMN notes integer;",
    "a column of a new name": "ALTER TABLE b RENAME COLUMN a TO notes;",
    "another name": "CREATE TABLE notes2 (id integer);",
    "a table in another schema": "CREATE TABLE archive.notes (id integer);",
    "after its owner's is gone": "DROP TABLE IF EXISTS notes; CREATE TABLE notes (id integer);",
    "after its owner's was renamed": "ALTER TABLE notes RENAME TO old_notes; CREATE TABLE notes (id integer);",
    "words without an end": "CREATE TABLE",
    "half a word of it": "DROP TABLE IF EXISTS",
    "nothing to rename to": "ALTER TABLE notes RENAME TO",
}


@pytest.mark.parametrize("text", CREATED.values(), ids=CREATED)
def test_a_second_folder_that_creates_a_table_is_found(carry: Callable[..., Path], text: str | tuple[str, str]) -> None:
    one, other = carry("one", "CREATE TABLE notes (id integer);", first=1), carry("other", text)
    found = list(shared_tables(migrations_in([one, other])))
    assert [(each.table, each.dialect) for each in found] == [("notes", "sqlite"), ("notes", "postgresql")]


@pytest.mark.parametrize("text", NOT_CREATED.values(), ids=NOT_CREATED)
def test_nothing_is_found_where_no_second_table_is_created(carry: Callable[..., Path], text: str) -> None:
    one, other = carry("one", "CREATE TABLE notes (id integer);", first=1), carry("other", text)
    assert list(shared_tables(migrations_in([one, other]))) == []


def test_a_catalog_may_create_its_own_table_again(carry: Callable[..., Path]) -> None:
    rebuilt = "CREATE TABLE new_notes (id integer); DROP TABLE notes; ALTER TABLE new_notes RENAME TO notes;"
    again = "CREATE TABLE IF NOT EXISTS notes (id integer);"
    folder = carry("one", "CREATE TABLE notes (id integer);", rebuilt, again)
    assert list(shared_tables(migrations_in([folder]))) == []


def test_quoted_names_are_as_different_as_the_dialect_says(carry: Callable[..., Path]) -> None:
    one, other = (
        carry("one", 'CREATE TABLE "Notes" (id integer);', first=1),
        carry("other", "CREATE TABLE notes (i int);"),
    )
    assert [each.dialect for each in shared_tables(migrations_in([one, other]))] == ["sqlite"]


def test_folders_of_catalogs_come_once_and_in_the_order_of_use(carry: Callable[..., Path], tmp_path: Path) -> None:
    base, top, more = carry("base", "SELECT 1;"), carry("top", "SELECT 1;"), carry("more", "SELECT 1;")
    lower = Catalog("lower", migrations=base)
    catalogs = [Catalog("top", migrations=top, uses=[lower]), lower, Catalog("none")]
    assert folders_of(catalogs, [more, tmp_path / "x" / ".." / "top"]) == (base, top, more)
    with pytest.raises(MigrationError, match="no migrations are named; pass a catalog"):
        migrations.apply("sqlite:///nowhere.db")


def test_a_catalog_may_have_no_migration_yet(
    empty_database_url: str, carry: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    base = Catalog("base", migrations=tmp_path / "none")
    assert migrations.apply(empty_database_url, catalog=base) == ()
    catalog = Catalog("top", migrations=carry("top", "SELECT 1;"), uses=[base])
    assert migrations.apply(empty_database_url, catalog=catalog) == ("0501_top",)
