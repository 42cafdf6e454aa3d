"""A database runs the queries of the catalogs it was opened with, and needs their tables and keys and no others."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hangar_dal import (
    ACCOUNTS,
    COMMUNITY,
    OUTBOX,
    Catalog,
    Database,
    Settings,
    builders,
    migrations,
    open_database,
    outbox,
    sealing,
    session_cookies,
    users,
    videos,
)
from hangar_dal.database import Statement
from hangar_dal.errors import CatalogError, CatalogNotOpened, SchemaOutOfDate, SettingsError
from hangar_dal.migrations.new import SHIM
from tests.database.ledger import column

if TYPE_CHECKING:
    from tests.query.conftest import Shop

TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%yoyo%'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%yoyo%'",
}
ONE = "@query\nasync def one(db: Executor) -> int: ...\n\n@query\ndef many(db: Executor) -> Stream[int]: ...\n"
ONE_SQL = "-- name: one\nSELECT 1 AS one;\n\n-- name: many\nSELECT 1 AS one ORDER BY one;\n"
SEALED = """
class Note(Row):
    id: int
    text: Annotated[str, Sealed("notes", "text", bind=("id",))]

@query
async def add(db: Executor, note: Note) -> RowCount: ...
"""
SEALED_SQL = "-- name: add\nINSERT INTO notes (id, text) VALUES (:id, :text);\n"


@pytest.fixture
def keyless(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an empty database, without sealing keys, as an application reads them from its environment."""
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    return Settings()


def carry(folder: Path, migration: str, sql: str) -> Path:
    """A folder of migrations with one migration, the same in both dialects."""
    for dialect in ("sqlite", "postgresql"):
        (folder / dialect).mkdir(parents=True, exist_ok=True)
        (folder / dialect / f"{migration}.sql").write_text(sql)
        (folder / dialect / f"{migration}.rollback.sql").write_text("SELECT 1;")
    (folder / f"{migration}.py").write_text(SHIM)
    return folder


async def tables(db: Database) -> set[str]:
    return set(await column(db, TABLES[db.dialect]))


def test_a_lineage_holds_each_catalog_once_and_the_used_ones_first() -> None:
    base = Catalog("base")
    left, right = Catalog("left", uses=[base]), Catalog("right", uses=[base, ACCOUNTS])
    assert Catalog("top", uses=[left, right]).lineage[:-1] == (base, left, ACCOUNTS, right)
    assert base.lineage == (base,)


async def test_without_a_catalog_nothing_is_checked_created_or_required(
    keyless: Settings, shop: "Shop", tmp_path: Path
) -> None:
    module = shop.declare(ONE)
    shop.write("orders", ONE_SQL)
    async with open_database() as db:
        assert await tables(db) == set()
        with pytest.raises(CatalogNotOpened) as caught:
            await users.count_users(db)
        assert str(caught.value) == (
            "users.count_users: the database was opened without the catalog of this query, hangar_dal.ACCOUNTS. Write "
            "open_database(catalog=hangar_dal.ACCOUNTS), or open it with a catalog that uses this one."
        )
        with pytest.raises(CatalogNotOpened, match=r"^orders\.one: .* of this query, shop\. Write "):
            await module.one(db)
        with pytest.raises(CatalogNotOpened):
            module.many(db)
        async with db.transaction() as tx, tx.savepoint():
            with pytest.raises(CatalogNotOpened):
                await module.one(tx)
        await db.run(
            Statement("test", "CREATE TABLE users (note text)", writes=True), ()
        )  # a table of that name is the application's own
        assert await tables(db) == {"users"}
    assert list(tmp_path.glob("*.key")) == []  # noqa: ASYNC240


async def test_the_same_query_runs_on_one_database_and_not_on_another(settings: Settings, shop: "Shop") -> None:
    module = shop.declare(ONE)
    shop.write("orders", ONE_SQL)
    async with open_database(settings, catalog=shop.catalog) as with_it, open_database(settings) as without:
        for _ in range(2):
            assert await module.one(with_it) == 1
            async with with_it.transaction() as tx:
                assert await module.one(tx) == 1
            with pytest.raises(CatalogNotOpened):
                await module.one(without)
    async with open_database(settings, catalog=ACCOUNTS) as other:
        with pytest.raises(CatalogNotOpened):
            await module.one(other)


async def test_a_used_catalog_is_opened_and_migrated_first(
    empty_database_url: str, shop: "Shop", tmp_path: Path
) -> None:
    refers = "CREATE TABLE notes (id {0} PRIMARY KEY REFERENCES users (id));"
    folder = carry(tmp_path / "notes", "0500_notes", refers.format("text"))
    (folder / "postgresql" / "0500_notes.sql").write_text(refers.format("uuid"))
    module = shop.declare(ONE)
    shop.write("orders", ONE_SQL)
    catalog = Catalog("notes", sql=tmp_path / "none", migrations=folder, uses=[ACCOUNTS, shop.catalog])
    settings = Settings(database_url=empty_database_url, sealing_keys=sealing.new_key())
    with pytest.raises(SchemaOutOfDate) as caught:
        await open_database(settings, catalog=catalog)
    assert caught.value.pending == (*migrations.pending(empty_database_url, catalog=ACCOUNTS), "0500_notes")
    assert "; 0500_notes of notes. Apply them" in str(caught.value)
    migrations.apply(empty_database_url, catalog=ACCOUNTS)
    with pytest.raises(SchemaOutOfDate, match=r"lacks 1 of \d+ migrations: 0500_notes of notes"):
        await open_database(settings, catalog=catalog)
    assert migrations.apply(empty_database_url, catalog=catalog) == ("0500_notes",)
    async with open_database(settings, catalog=catalog) as db:
        assert await tables(db) >= {"users", "session_cookies", "notes"}
        assert (await users.count_users(db), await module.one(db)) == (0, 1)


async def test_a_catalog_without_queries_and_migrations_puts_others_together(empty_database_url: str) -> None:
    catalog = Catalog("hangar_dal", name="together", uses=[COMMUNITY, OUTBOX])
    settings = Settings(database_url=empty_database_url, sealing_keys=sealing.new_key())
    with pytest.raises(SchemaOutOfDate, match=r"0101_follows_blocks.* of hangar_dal\.COMMUNITY"):
        await open_database(settings, catalog=catalog)
    applied = migrations.apply(empty_database_url, catalog=catalog)
    assert {"0001_users", "0101_follows_blocks", "0112_outbox"} <= set(applied)
    async with open_database(settings, catalog=catalog) as db, db.transaction() as tx:
        user = await users.insert_user(tx, builders.user(), hashed_password="!")
        await videos.create_video(tx, builders.video(user))
        await outbox.put(tx, "mail", {"user": str(user.id)})
        assert (await users.count_users(tx), len(await videos.list_videos_of_owner(tx, user.id))) == (1, 1)
    catalog.load()


async def test_in_memory_the_migrations_of_the_whole_lineage_are_applied(tmp_path: Path) -> None:
    folder = carry(tmp_path / "notes", "0500_notes", "CREATE TABLE notes (id text REFERENCES users (id));")
    memory = Settings(database_url="sqlite:///:memory:")
    async with open_database(memory, catalog=Catalog("notes", migrations=folder, uses=[ACCOUNTS])) as db:
        assert await tables(db) >= {"users", "session_cookies", "notes"}
        assert await users.count_users(db) == 0
    async with open_database(memory, catalog=Catalog("alone", migrations=folder)) as db:
        assert await tables(db) == {"notes"}
    async with open_database(memory) as db:
        assert await tables(db) == set()


async def test_a_missing_file_is_refused_only_if_it_would_have_migrations(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/new.db")
    with pytest.raises(SchemaOutOfDate):
        await open_database(settings, catalog=ACCOUNTS)
    assert not (tmp_path / "new.db").exists()
    async with open_database(settings, catalog=Catalog("bare")):
        pass
    assert {path.name for path in tmp_path.glob("new.db*")} == {"new.db"}  # noqa: ASYNC240


async def test_keys_are_needed_only_where_a_catalog_of_the_lineage_has_sealed_values(
    keyless: Settings, shop: "Shop"
) -> None:
    shop.declare(ONE)
    shop.write("orders", ONE_SQL)
    assert not shop.catalog.has_sealed
    async with open_database(catalog=shop.catalog):
        pass
    shop.declare(SEALED, "shop.notes")
    shop.write("notes", SEALED_SQL)
    assert shop.catalog.has_sealed
    assert ACCOUNTS.has_sealed
    assert not Catalog("shop", uses=[ACCOUNTS]).has_sealed  # those that it uses say so themselves
    needed = Settings(database_url="postgresql://localhost/none")
    for catalog in (shop.catalog, Catalog("top", uses=[shop.catalog]), ACCOUNTS):
        with pytest.raises(SettingsError, match="HANGAR_SEALING_KEYS: not set"):
            await open_database(needed, catalog=catalog, check_schema=False)


@pytest.mark.parametrize(
    "declaration",
    [
        "@query\nasync def it(db: Executor, box: Box) -> RowCount: ...",
        "@query\nasync def it(db: Executor, boxes: list[Box]) -> RowCount: ...",
        "@query\nasync def it(db: Executor) -> list[Box]: ...",
        "@query\ndef it(db: Executor) -> Stream[Shelf]: ...",
        "class C(TypedDict, total=False):\n    text: Text\n\n@query\nasync def it(db: Executor, **c: Unpack[C]): ...",
        "class C(TypedDict, total=False):\n    box: Box\n\n@query\nasync def it(db: Executor, **c: Unpack[C]): ...",
    ],
    ids=["argument", "list", "result", "nested", "changes", "model in changes"],
)
def test_a_sealed_value_is_found_wherever_a_signature_has_it(shop: "Shop", declaration: str) -> None:
    models = (
        'Text = Annotated[str, Sealed("boxes", "text", bind=("id",))]\n'
        "class Box(Row):\n    id: int\n    text: Text\n\nclass Shelf(Row):\n    boxes: list[Box]\n"
    )
    shop.declare(models + "@query\nasync def other(db: Executor, box_id: int) -> int: ...\n")
    assert not shop.catalog.has_sealed
    shop.declare(models + declaration, "shop.boxes")
    assert shop.catalog.has_sealed


def test_a_sealed_value_is_found_as_soon_as_its_annotation_can_be_resolved(shop: "Shop") -> None:
    module = shop.declare("@query\nasync def add(db: Executor, note: 'Note') -> RowCount: ...\n", "shop.notes")
    assert not shop.catalog.has_sealed
    module.Note = session_cookies.NewSessionCookie
    assert shop.catalog.has_sealed


async def test_a_sealed_query_that_is_declared_after_the_database_was_opened_says_so(
    keyless: Settings, shop: "Shop"
) -> None:
    async with open_database(catalog=shop.catalog) as db:
        module = shop.declare(SEALED, "shop.notes")
        shop.write("notes", SEALED_SQL)
        with pytest.raises(SettingsError, match=r"^notes\.text: the database was opened without keys, "):
            await module.add(db, module.Note(id=1, text="secret"))
        with pytest.raises(SettingsError, match="opened without keys"):
            await session_cookies.create_session_cookie(_with_accounts(db), builders.session_cookie(builders.user().id))


def _with_accounts(db: Database) -> Database:
    """As if the module of session_cookies had been imported later."""
    db.opened = ACCOUNTS.opened(db.dialect)
    return db


async def test_two_catalogs_of_a_lineage_with_one_migration_are_refused_and_both_places_are_named(
    tmp_path: Path,
) -> None:
    folder = carry(tmp_path / "one", "0001_users", "SELECT 1;")
    catalog = Catalog("two", migrations=folder, uses=[ACCOUNTS])
    with pytest.raises(CatalogError) as caught:
        await open_database(Settings(database_url="sqlite:///:memory:"), catalog=catalog)
    assert str(caught.value).startswith(
        f"the migration 0001_users is in {ACCOUNTS.migrations} of hangar_dal.ACCOUNTS and in {folder} of two; "
    )


async def test_a_folder_of_migrations_that_is_missing_is_refused(tmp_path: Path) -> None:
    catalog = Catalog("lost", migrations=tmp_path / "nowhere")
    with pytest.raises(CatalogError, match=r"lost: the migration folder .*nowhere does not exist"):
        await open_database(Settings(database_url="sqlite:///:memory:"), catalog=catalog)


def test_modules_are_imported_by_the_names_of_the_sql_files(tmp_path: Path) -> None:
    (tmp_path / "kiosk").mkdir()
    (tmp_path / "kiosk" / "__init__.py").write_text(
        'from hangar_dal import Catalog\nCATALOG = Catalog("kiosk", modules="kiosk")\n'
    )
    (tmp_path / "kiosk" / "papers.py").write_text(
        "from hangar_dal import Executor\nfrom kiosk import CATALOG\n"
        "@CATALOG.query\nasync def one(db: Executor) -> int: ...\n"
    )
    for dialect in ("sqlite", "postgresql"):
        (tmp_path / "kiosk" / "sql" / dialect).mkdir(parents=True)
        (tmp_path / "kiosk" / "sql" / dialect / "papers.sql").write_text("-- name: one\nSELECT 1 AS one;\n")
        (tmp_path / "kiosk" / "sql" / dialect / "lost.sql").write_text("-- name: one\nSELECT 1 AS one;\n")
    program = (
        "import kiosk, sys\nassert 'kiosk.papers' not in sys.modules\n"
        "print(list(kiosk.CATALOG.queries), [each.rule for each in kiosk.CATALOG.findings()])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("['papers.one'] ['file-orphan', 'file-orphan']\n", "")
