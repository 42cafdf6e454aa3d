"""Snapshots: written where both databases are, enough where neither is, and never trusted when they are stale."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, cli
from hangar_dal.check.databases.snapshot import snapshot_folder
from hangar_dal.check.databases.snapshot_file import FORMAT, from_text
from tests.check.snapshot_store import MODULE, SQL, Store
from tests.helpers.commands import run_module
from tests.helpers.postgres_server import Server

OWN = ("--catalog", "hangar_dal:ACCOUNTS")


@pytest.fixture(scope="module")
def _written(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Store:
    made = Store(tmp_path_factory.mktemp("store"))
    made.write()
    with pytest.MonkeyPatch.context() as patch:
        if postgres_server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        assert made.check("--postgresql", postgres_server.url("postgres"), "--update") == []
    return made


@pytest.fixture
def store(_written: Store, tmp_path: Path) -> Store:
    return Store(Path(shutil.copytree(_written.root, tmp_path / "store")))


def test_the_packages_own_snapshot_has_a_file_for_each_module() -> None:
    """That it is current is what `hangar-dal check` says (tox -e check)."""
    sources, written = (ACCOUNTS.folder / "sqlite").glob("*.sql"), snapshot_folder(ACCOUNTS).glob("*.json")
    assert sorted(path.stem for path in written) == sorted(path.stem for path in sources)


def test_a_catalog_is_checked_without_a_database_a_driver_or_a_parser() -> None:
    program = """
import sys
from hangar_dal import cli
assert cli.main(["check", "--offline", "--catalog", "hangar_dal:OUTBOX"]) == 0
print(*sorted(sys.modules.keys() & {"psycopg", "aiosqlite", "sqlglot", "yoyo"}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1:] == [""], done.stdout


def test_both_databases_are_written_down_and_writing_again_changes_nothing(store: Store, server: str) -> None:
    text = store.file.read_text()
    snapshot = from_text(text)
    assert snapshot.format == FORMAT
    for database in snapshot.databases.values():
        assert set(database.queries) == {"store.get_item", "store.list_items"}
        assert [column.nullable for column in database.tables.columns["items"].values()] == [False, False, True]
    assert json.loads(store.snapshots()["migrations/0100_items.json"]).keys() == {"postgresql", "sqlite"}
    written = store.file.stat().st_mtime_ns
    assert store.check("--postgresql", server, "--update") == []
    assert store.file.stat().st_mtime_ns == written


def test_without_databases_a_model_that_disagrees_is_found_all_the_same(store: Store, server: str) -> None:
    assert store.check("--offline") == []
    store.rewrite("store.py", "name: str", "name: int")
    online = store.check("--postgresql", server)
    assert store.check("--offline") == online
    assert {rule for rule, *_ in online} == {"column-kind"}


def test_what_the_words_of_a_statement_say_is_written_down_too(store: Store, server: str) -> None:
    store.rewrite_both("sql/{}/store.sql", "ORDER BY id", "ORDER BY name")
    store.rewrite_both("sql/{}/store.sql", "SELECT id, name FROM", "SELECT id, coalesce(note, name) AS name FROM")
    online = store.check("--postgresql", server, "--update")
    assert store.check("--offline") == online
    assert {rule for rule, *_ in online} == {"collation-differs", "list-unordered"}


def test_a_statement_that_was_changed_since_is_stale_where_it_stands(store: Store) -> None:
    store.rewrite("sql/sqlite/store.sql", "= :item_id", "= + :item_id")
    store.rewrite("sql/sqlite/store.sql", "get_item\n", "get_item\n-- differs: a test\n")
    store.rewrite("sql/postgresql/store.sql", "get_item\n", "get_item\n-- differs: a test\n")
    assert store.check("--offline") == [
        ("snapshot-stale", "sqlite", "sql/snapshots/store.json", 1),
        ("snapshot-stale", "sqlite", "sql/sqlite/store.sql", 1),
    ]


def test_a_migration_that_was_changed_since_makes_all_of_it_stale(store: Store) -> None:
    store.rewrite("migrations/postgresql/0100_items.sql", "note text", "note text NOT NULL")
    assert store.check("--offline") == [("snapshot-stale", "", "sql/snapshots/migrations/0100_items.json", 1)]


@pytest.mark.parametrize(
    ("spoil", "rule", "message"),
    [
        (Path.unlink, "snapshot-missing", "there is no snapshot of the migration 0100_items"),
        (
            lambda path: path.write_text("{}"),
            "snapshot-stale",
            "the migration 0100_items has changed since the snapshots were written",
        ),
    ],
    ids=["missing", "changed"],
)
def test_a_finding_says_what_is_wrong_with_the_snapshot_of_a_migration(
    spoil: Callable[[Path], object], rule: str, message: str, store: Store, server: str
) -> None:
    spoil(store.root / "sql" / "snapshots" / "migrations" / "0100_items.json")
    for arguments in (("--offline",), ("--postgresql", server)):
        assert [(each["rule"], each["message"]) for each in store.findings(*arguments)] == [(rule, message)]


def test_a_table_and_a_query_more_change_no_file_that_is_there(store: Store, server: str) -> None:
    """Two branches that each add a domain can be merged, even if both new tables refer to one that is there."""
    before = store.snapshots()
    store.add("more", "0101_more", "SELECT id FROM more ORDER BY id;")
    assert sorted({(rule, path) for rule, _, path, _ in store.check("--offline")}) == [
        ("snapshot-missing", "sql/snapshots/migrations/0101_more.json"),
        ("snapshot-missing", "sql/snapshots/more.json"),
    ]
    store.check("--postgresql", server, "--update")
    after = store.snapshots()
    assert after.keys() - before.keys() == {"more.json", "migrations/0101_more.json"}
    assert {path: after[path] for path in before} == before
    assert list(from_text(after["more.json"]).databases["sqlite"].tables.columns) == ["more"]


def test_snapshots_that_contradict_each_other_are_stale(store: Store, server: str) -> None:
    """After a merge: one branch has changed a table, and another has added a query that reads it."""
    store.add("more", "0101_more", "SELECT items.id FROM items ORDER BY items.id;")
    store.rewrite("pyproject.toml", "modules", 'small_tables = ["items", "more"]\nmodules')  # which no query reads
    assert store.check("--postgresql", server, "--update") == store.check("--offline") == []
    more = store.root / "sql/snapshots/more.json"
    note = re.compile(r'("name": "note",\s+"kind": "text",\s+"nullable": )true')
    changed, count = note.subn(r"\1false", more.read_text())
    assert count == 2
    more.write_text(changed)
    found = store.check("--offline")
    assert [each[:3] for each in found] == [
        ("snapshot-stale", dialect, "sql/snapshots/store.json") for dialect in ("postgresql", "sqlite")
    ]


def test_an_update_deletes_what_belongs_to_nothing_any_more(store: Store, server: str) -> None:
    earlier, lost = store.root / "sql" / "hangar_check.json", store.file.with_name("lost.json")
    for path in (earlier, lost, store.file.with_name("migrations") / "0099_lost.json"):
        path.write_text("{}")
    paths = ["sql/hangar_check.json", "sql/snapshots/lost.json", "sql/snapshots/migrations/0099_lost.json"]
    for arguments in (("--offline",), ("--postgresql", server)):
        assert store.check(*arguments) == [("snapshot-stale", "", path, 1) for path in paths]
    assert store.check("--postgresql", server, "--update") == []
    assert store.snapshots().keys() == {"store.json", "migrations/0100_items.json"}
    assert not earlier.exists()
    assert store.check("--offline") == []


def test_a_rollback_and_a_comment_above_a_statement_change_nothing(store: Store) -> None:
    store.rewrite_both("migrations/{}/0100_items.rollback.sql", "DROP TABLE", "DROP TABLE IF EXISTS")
    store.rewrite_both("sql/{}/store.sql", "get_item\n", "get_item\n-- One item.\n")
    assert store.check("--offline") == []


def test_a_query_that_is_there_no_more_is_stale(store: Store) -> None:
    start = MODULE.index("@CATALOG.query\nasync def list_items")
    store.rewrite("store.py", MODULE[start:], "")
    store.rewrite_both("sql/{}/store.sql", SQL[SQL.index("\n-- name: list_items") :], "")
    assert store.check("--offline") == [
        ("snapshot-stale", dialect, "sql/snapshots/store.json", 1) for dialect in ("postgresql", "sqlite")
    ]


def test_a_query_that_has_another_name_by_now_is_stale_though_its_statement_is_known(store: Store) -> None:
    store.rewrite("store.py", "get_item", "find_item")
    store.rewrite_both("sql/{}/store.sql", "get_item", "find_item")
    assert store.check("--offline") == [
        ("snapshot-stale", dialect, "sql/snapshots/store.json", 1) for dialect in ("postgresql", "sqlite")
    ]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format": 1, "databases": {"sqlite": 1}}', '{"format": 0, "databases": {}}']
)
def test_what_is_no_snapshot_is_stale(text: str, store: Store) -> None:
    store.file.write_text(text)
    assert store.check("--offline") == [("snapshot-stale", "", "sql/snapshots/store.json", 1)]


def test_a_snapshot_of_one_database_is_stale_for_the_other(store: Store) -> None:
    snapshot = json.loads(store.file.read_text())
    del snapshot["databases"]["postgresql"]
    store.file.write_text(json.dumps(snapshot))
    assert store.check("--offline") == [("snapshot-stale", "postgresql", "sql/snapshots/store.json", 1)]


def test_without_a_snapshot_that_is_what_is_found_beside_what_needs_no_database(store: Store) -> None:
    store.file.unlink()
    store.rewrite("pyproject.toml", "catalogs", 'small_tables = ["items"]\ncatalogs')
    store.rewrite_both("sql/{}/store.sql", "ORDER BY id", "ORDER BY :note")
    assert sorted({rule for rule, *_ in store.check("--offline")}) == ["order-by-parameter", "snapshot-missing"]


def test_a_check_against_the_databases_finds_a_stale_snapshot_and_needs_none(store: Store, server: str) -> None:
    store.rewrite_both("sql/{}/store.sql", "id > 0", "id > 1")
    assert store.check("--postgresql", server) == [("snapshot-stale", "", "sql/snapshots/store.json", 1)]
    store.file.unlink()
    assert store.check("--postgresql", server) == [("snapshot-missing", "", "sql/snapshots/store.json", 1)]
    shutil.rmtree(store.file.parent)
    assert store.check("--postgresql", server) == []


def checked_on_sqlite(store: Store) -> tuple[list[str], list[str]]:
    """The rules of the findings of `check --sqlite-only`, and what it left out."""
    done = run_module("hangar_dal.cli", "check", "--sqlite-only", "--json", cwd=store.root)
    report = json.loads(done.stdout)
    rules = [f"{each['dialect']} {each['rule']}" for each in report["findings"]]
    assert done.returncode == bool(rules)
    return rules, report["scope"]["left_out"]


def test_sqlite_only_takes_the_answers_of_postgresql_from_the_snapshots(store: Store) -> None:
    assert checked_on_sqlite(store) == ([], [])
    store.rewrite("store.py", "    name: str\n", "    name: int\n")
    both = ["postgresql column-kind", "sqlite column-kind"]
    assert checked_on_sqlite(store) == (sorted(both * 2), [])


def test_sqlite_only_leaves_out_statements_that_the_snapshots_do_not_know(store: Store) -> None:
    store.rewrite_both("sql/{}/store.sql", "id = :item_id", "id = :item_id AND id > 0")
    left_out = ["PostgreSQL for store.get_item, which the snapshots do not know"]
    assert checked_on_sqlite(store) == ([], left_out)
    store.rewrite_both("sql/{}/store.sql", "SELECT id, name FROM items WHERE id", "SELECT id, nam FROM items WHERE id")
    assert checked_on_sqlite(store) == (["sqlite statement-refused"], left_out)


def test_sqlite_only_leaves_out_postgresql_if_a_migration_has_changed(store: Store) -> None:
    store.rewrite_both("migrations/{}/0100_items.sql", "note text", "note text, place text")
    assert checked_on_sqlite(store) == ([], ["PostgreSQL: its snapshots are missing or out of date"])


def test_an_update_needs_both_databases(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", *OWN, "--update"]) == 2
    assert "no PostgreSQL server is given" in capsys.readouterr().err
