"""What an import reads of each database, what it refuses, and what it leaves as it is."""

import re
import shutil
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest

from hangar_dal import cli
from hangar_dal.importing.postgresql.reading import read_postgresql
from hangar_dal.migrations.targets import target_of
from tests.helpers.commands import run_module
from tests.helpers.postgres_server import Server
from tests.importing.databases import HERE, command, fill


def test_a_partition_keeps_its_names_and_each_object_comes_after_what_it_needs(empty_postgres_url: str) -> None:
    fill(empty_postgres_url, (HERE / "postgresql.sql").read_text(encoding="utf-8"))
    with closing(target_of(empty_postgres_url).connect(read_only=True)) as connection:
        imported, schemas = read_postgresql(connection)
    assert schemas == ("public", "billing")
    texts = [statement.create for statement in imported.statements]

    def place(beginning: str) -> int:
        return next(at for at, text in enumerate(texts) if text.startswith(beginning))

    order = (
        "SET LOCAL check_function_bodies = off",
        "CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy')",
        "CREATE TABLE events (",
        "CREATE TABLE events_old PARTITION OF events",
        "ALTER TABLE events_old ADD CONSTRAINT old_key PRIMARY KEY",
        "CREATE INDEX old_kind_idx ON events_old",
        "ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY",
        "CREATE INDEX events_kind ON events ",
        "CREATE TABLE nodes (",
        "CREATE TABLE billing.bills (",
        "CREATE MATERIALIZED VIEW totals",
        "REFRESH MATERIALIZED VIEW totals",
    )
    places = [place(text) for text in order]
    assert places[:6] == sorted(places[:6])
    assert place(order[4]) < place(order[6])
    assert place(order[5]) < place(order[7])
    assert places[8:] == sorted(places[8:])
    assert place("CREATE FUNCTION is_even") < place("CREATE TABLE types (")
    [nodes] = [text for text in texts if text.startswith("CREATE TABLE nodes (")]
    assert "FOREIGN KEY (parent_id) REFERENCES nodes(id)" in nodes
    assert "CHECK (state IN ('new', 'done'))" in nodes
    circle = [text for text in texts if text.startswith("ALTER TABLE a ADD CONSTRAINT a_b_fkey FOREIGN KEY")]
    assert len(circle) == 1
    assert imported.statements[-1].create == "REFRESH MATERIALIZED VIEW totals"


def test_pg_dump_prints_the_same_for_both_databases(empty_postgres_url: str, postgres_server: Server) -> None:
    """It also prints what adoption does not compare: comments, options, rules, states of triggers."""
    program = shutil.which("pg_dump")
    version = subprocess.run([program or "true", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r" (\d+)", version)
    if found is None or int(found[1]) < int(postgres_server.version().partition(".")[0]):
        pytest.skip(f"pg_dump is missing or older than the server: {version or 'none'}")
    fill(empty_postgres_url, (HERE / "postgresql.sql").read_text(encoding="utf-8"))
    fill(empty_postgres_url, "DROP FOREIGN DATA WRAPPER nothing CASCADE; REVOKE SELECT ON nodes FROM PUBLIC")
    with closing(target_of(empty_postgres_url).connect(read_only=True)) as connection:
        imported, _ = read_postgresql(connection)
    assert [each.what for each in imported.left_out] == ["privileges on 1 tables, views and sequences"]
    name = f"hangar_{token_hex(6)}"
    with postgres_server.database(name):
        url = postgres_server.url(name)
        fill(url, "BEGIN;\n" + ";\n".join(each.create for each in imported.statements) + ";\nCOMMIT")
        dumps = [
            subprocess.run([str(program), "-s", "-O", "-x", each], capture_output=True, text=True, check=True).stdout
            for each in (empty_postgres_url, url)
        ]
        assert len(dumps[0].splitlines()) > 500
        made, original = (re.sub(r"^\\(un)?restrict .*", "", dump, flags=re.MULTILINE) for dump in dumps)
        assert made == original
        fill(
            url, "BEGIN;\n" + ";\n".join(each.drop for each in reversed(imported.statements) if each.drop) + ";\nCOMMIT"
        )
        left = subprocess.run([str(program), "-s", "-O", "-x", url], capture_output=True, text=True, check=True).stdout
        assert "CREATE" not in left


def test_a_schema_that_the_baseline_cannot_make_is_shown(
    empty_postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(
        empty_postgres_url,
        "CREATE TABLE items (id integer PRIMARY KEY, n integer); INSERT INTO items VALUES (1, 1), (2, 1)",
    )
    with pytest.raises(psycopg.errors.UniqueViolation):
        fill(empty_postgres_url, "CREATE UNIQUE INDEX CONCURRENTLY items_n ON items (n)")
    assert cli.main(["import", empty_postgres_url, "--package", "shop"]) == 3
    said = capsys.readouterr().out
    assert "differs: the baseline does not make the same schema" in said
    assert "+ items: index items_n CREATE UNIQUE INDEX items_n" in said
    assert "index items_n: its build failed; drop it or run REINDEX, and import again" in said
    assert Path("shop/items.py").exists()


def test_only_the_named_schemas_are_imported(empty_postgres_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    fill(
        empty_postgres_url,
        "CREATE SCHEMA other; CREATE TABLE other.hidden (id integer PRIMARY KEY);"
        "CREATE TABLE items (id integer PRIMARY KEY);"
        "CREATE TABLE parts (id integer PRIMARY KEY REFERENCES other.hidden, item_id integer REFERENCES items)",
    )
    assert cli.main(["import", empty_postgres_url, "--package", "shop", "--schema", "public"]) == 3
    said = capsys.readouterr().out
    assert "schema other, 1 objects: --schema does not name it" in said
    assert "foreign key parts_id_fkey on parts: it needs table other.hidden" in said
    assert sorted(path.name for path in Path("shop").glob("*.py")) == ["__init__.py", "items.py", "parts.py"]
    shutil.rmtree("shop")
    Path("pyproject.toml").unlink()
    assert cli.main(["import", empty_postgres_url, "--package", "shop", "--schema", "nothing"]) == 2
    assert "--schema nothing: the database has no such schema; it has other, public" in capsys.readouterr().err
    assert cli.main(["import", empty_postgres_url, "--package", "shop", "--schema", "other"]) == 2
    assert "--schema: the migrations of a project are applied in the schema public" in capsys.readouterr().err


def test_a_role_that_may_only_read_the_catalogs_is_enough(
    empty_postgres_url: str, server: str, postgres_server: Server
) -> None:
    fill(empty_postgres_url, "CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL)")
    role = f"hangar_{token_hex(6)}"
    fill(server, f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
    try:
        url = replace(postgres_server, user=role, password="secret").url(
            empty_postgres_url.split("/")[3].split("?", maxsplit=1)[0]
        )
        assert cli.main(["import", url, "--package", "shop"]) == 1
        assert not Path("shop").exists()
        assert cli.main(["import", url, "--package", "shop", "--postgresql", server]) == 0
    finally:
        fill(server, f"DROP ROLE {role}")
    assert "async def get_item(db: Executor, id: int) -> Item:" in Path("shop/items.py").read_text()


def test_a_file_that_nobody_may_write_is_imported(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    file = folder / "My Shop 2.db"
    fill(f"sqlite:///{tmp_path / 'made.db'}", "CREATE TABLE items (id integer PRIMARY KEY, name text)")
    shutil.copy(tmp_path / "made.db", file)
    file.chmod(0o444)
    folder.chmod(0o555)
    try:
        assert cli.main(["import", str(file)]) == 0
        assert [path.name for path in folder.iterdir()] == [file.name]
    finally:
        folder.chmod(0o755)
    assert Path("my_shop_2/items.py").exists()


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_project_of_init_gets_the_baseline_before_its_own_migrations(
    dialect: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("empty_sqlite_url" if dialect == "sqlite" else "empty_postgres_url")
    fill(url, "CREATE TABLE orders (id integer PRIMARY KEY, total integer NOT NULL DEFAULT 3)")
    assert cli.main(["init", "shop", "--dialect", dialect]) == 0
    told = command("import", url)
    assert "1000_baseline" in told
    assert command("migrations", "adopt", url=url) == "marked 1000_baseline\n"
    assert command("migrations", "apply", url=url) == "applied 1001_items\n"
    server = request.getfixturevalue("server") if dialect == "postgresql" else "sqlite:///scratch.db"
    assert "clean" in command("check", url=server)
    assert "clean" in command("migrations", "verify", url=server)
    assert "total: int = 3" in Path("shop/orders.py").read_text().replace("Integer", "int")


def test_nothing_is_written_if_a_file_exists(empty_sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    fill(empty_sqlite_url, "CREATE TABLE items (id integer PRIMARY KEY)")
    Path("README.md").write_text("mine")
    assert cli.main(["import", empty_sqlite_url, "--package", "shop"]) == 2
    assert "README.md exists; nothing was written" in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["README.md"]


def test_a_wrong_argument_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(f"sqlite:///{tmp_path / 'made.db'}", "CREATE TABLE items (id integer PRIMARY KEY)")
    fill(f"sqlite:///{tmp_path / 'empty.db'}", "PRAGMA user_version = 1")
    (tmp_path / "text.db").write_text("no database at all, and longer than the header of one")
    made = str(tmp_path / "made.db")
    for arguments, message, code in (
        (["none.db"], "none.db does not exist; pass the URL of a database, or an existing file", 2),
        ([str(tmp_path / "empty.db")], "has no tables, so there is nothing to import", 1),
        ([str(tmp_path / "text.db")], "text.db is not a SQLite database", 1),
        ([made, "--package", "my-shop"], "my-shop: not a name for a package", 2),
        ([made, "--schema", "public"], "--schema: SQLite has no schemas; leave it out", 2),
    ):
        assert cli.main(["import", *arguments]) == code, arguments
        assert message in capsys.readouterr().err
    assert list(Path().iterdir()) == []
    assert cli.main(["init", "shop", "--dialect", "both", "--accounts"]) == 0
    before = sorted(Path().rglob("*"))
    done = run_module("hangar_dal.cli", "import", made)
    assert "shop is written for SQLite and PostgreSQL, and the database is SQLite" in done.stderr
    done = run_module("hangar_dal.cli", "import", made, "--package", "more")
    assert "--package: pyproject.toml has a project already; leave the option out" in done.stderr
    assert sorted(Path().rglob("*")) == before


def test_a_project_that_uses_another_catalog_is_refused(tmp_path: Path) -> None:
    fill(f"sqlite:///{tmp_path / 'made.db'}", "CREATE TABLE items (id integer PRIMARY KEY)")
    assert cli.main(["init", "shop", "--dialect", "sqlite", "--accounts"]) == 0
    done = run_module("hangar_dal.cli", "import", str(tmp_path / "made.db"))
    assert (
        "shop uses hangar_dal.ACCOUNTS, whose migrations come first, so adopt could not mark the database"
        in done.stderr
    )
