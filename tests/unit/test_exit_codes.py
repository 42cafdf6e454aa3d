"""Each exit code that the help of a command lists, and no other, is what the command exits with."""

import asyncio
import io
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from hangar_dal import ACCOUNTS, Catalog, Settings, builders, cli, eve_tokens, open_database, users
from hangar_dal.importing import proof
from hangar_dal.migrations.new import SHIM
from hangar_dal.sealing import new_key
from tests.docs.documents import ROOT
from tests.fixing.project import Application
from tests.helpers.command_line import commands

ACCOUNTS_ONLY: Final = ["--catalog", "hangar_dal:ACCOUNTS"]
OUTBOX_ONLY: Final = ["--catalog", "hangar_dal:OUTBOX"]
WITHOUT_CODES: Final = {"keys new"}
SEALED_BY_A_LOST_KEY: Final = "UPDATE eve_tokens SET access_token = 'v1.k00000000.' || substr(access_token, 14)"
OLD, NEW = new_key(), new_key()


class Place:
    """A migrated SQLite database of the catalog ACCOUNTS, and a folder to work in."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url = url
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("HANGAR_SEALING_KEYS", f"{NEW},{OLD}")

    def run(self, *arguments: str) -> int:
        """Run a command on the database with its catalog."""
        return cli.main([*arguments, "--database", self.url, *ACCOUNTS_ONLY])

    def on(self, path: str, *arguments: str) -> int:
        """Run a command on another database."""
        return cli.main([*arguments, "--database", f"sqlite:///{path}", *ACCOUNTS_ONLY])

    def typed(self, program: str) -> "Place":
        """Give the command a program on stdin."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(program))
        return self

    def on_no_database(self, *arguments: str) -> int:
        Path("text").write_text("no database" * 100)
        return self.on("text", *arguments)

    def sql(self, *statements: str) -> "Place":
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection, connection:
            for statement in statements:
                connection.execute(statement)
        return self

    def sealed(self, key: str) -> "Place":
        """Store values that are sealed with this key."""

        async def store() -> None:
            settings = Settings(database_url=self.url, sealing_keys=key)
            async with open_database(settings, catalog=ACCOUNTS) as db:
                user = await users.insert_user(db, builders.eve_user(), hashed_password=None)
                await eve_tokens.upsert_eve_token(db, builders.eve_token(user))

        asyncio.run(store())
        return self

    def with_users(self, *names: str) -> "Place":
        """Store users whose folds are stale."""

        async def store() -> None:
            async with open_database(Settings(database_url=self.url), catalog=ACCOUNTS) as db:
                for _ in names:
                    await users.insert_user(db, builders.user(), hashed_password="no hash")

        asyncio.run(store())
        rows = "(SELECT rowid FROM users ORDER BY rowid LIMIT 1 OFFSET {})"
        return self.sql(
            *(
                f"UPDATE users SET username = '{name}', username_fold = 'stale {n}' WHERE rowid = {rows.format(n)}"
                for n, name in enumerate(names)
            )
        )

    def migration(self, sql: str, rollback: str) -> list[str]:
        """Write a folder of one migration, and return the options that name it."""
        for dialect in ("sqlite", "postgresql"):
            Path("more", dialect).mkdir(parents=True)
            Path("more", dialect, "9001_more.sql").write_text(sql)
            Path("more", dialect, "9001_more.rollback.sql").write_text(rollback)
        Path("more", "9001_more.py").write_text(SHIM)
        return ["--folder", "more"]

    def unnamed(self) -> list[str]:
        """A project with migrations that its section does not name."""
        self.migration("SELECT 1;", "SELECT 1;")
        Path("pyproject.toml").write_text('[tool.hangar_dal]\ncatalogs = ["hangar_dal:OUTBOX"]\n')
        return ["--project", "pyproject.toml"]


def new_query(name: str, **files: str) -> int:
    made = Application(Path("application"))
    for file, text in files.items():
        made.write(f"migrations/sqlite/{file}.sql", text)
    return made.run("new", "query", name, "--returns", "Guest", "--diff").returncode


def imported(sql: str, *differences: str) -> int:
    """Import a database that this statement makes, whose schema is said to have these differences."""
    with closing(sqlite3.connect("old.db")) as connection:
        connection.execute(sql)
        connection.commit()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proof, "differences", lambda *_: differences)
        return cli.main(["import", "old.db"])


CASES: Final[dict[tuple[str, int], Callable[[Place], int]]] = {
    ("backup", 0): lambda place: place.run("backup", "copy.db"),
    ("backup", 1): lambda place: place.run("backup", "none/copy.db"),
    ("backup", 2): lambda place: place.run("backup", "copy.db", "--project", "pyproject.toml"),
    ("check", 0): lambda _: cli.main(["check", "--offline", *OUTBOX_ONLY]),
    ("check", 1): lambda place: cli.main(["check", "--offline", *place.unnamed()]),
    ("check", 2): lambda _: cli.main(["check", "--yes"]),
    ("explain", 0): lambda _: cli.main(["explain", "--sqlite-only", "outbox.get_message", *OUTBOX_ONLY]),
    ("explain", 1): lambda place: cli.main(["explain", "--sqlite-only", "outbox.get_message", *place.unnamed()]),
    ("explain", 2): lambda _: cli.main(["explain", *OUTBOX_ONLY]),
    ("keys status", 0): lambda place: place.sealed(NEW).run("keys", "status"),
    ("keys status", 1): lambda place: place.sealed(NEW).sql(SEALED_BY_A_LOST_KEY).run("keys", "status"),
    ("keys status", 2): lambda place: place.run("keys", "status", "--keys", "none:NONE"),
    ("keys status", 3): lambda place: place.sealed(OLD).run("keys", "status"),
    ("keys rotate", 0): lambda place: place.sealed(OLD).run("keys", "rotate"),
    ("keys rotate", 1): lambda place: place.sealed(OLD).sql(SEALED_BY_A_LOST_KEY).run("keys", "rotate"),
    ("keys rotate", 2): lambda place: place.run("keys", "rotate", "--keys", "none:NONE"),
    ("migrations apply", 0): lambda place: place.on("new.db", "migrations", "apply"),
    ("migrations apply", 1): lambda place: place.run("migrations", "apply", *place.migration("SELEC;", "SELECT 1;")),
    ("migrations apply", 2): lambda place: place.run("migrations", "apply", "--catalog", "none"),
    ("migrations pending", 0): lambda place: place.run("migrations", "pending"),
    ("migrations pending", 1): lambda place: place.on_no_database("migrations", "pending"),
    ("migrations pending", 2): lambda place: place.run("migrations", "pending", "--catalog", "none"),
    ("migrations pending", 3): lambda place: place.on("new.db", "migrations", "pending"),
    ("migrations adopt", 0): lambda place: place.sql("DELETE FROM _yoyo_migration").run("migrations", "adopt"),
    ("migrations adopt", 1): lambda place: place.sql("DELETE FROM _yoyo_migration", "DROP TABLE eve_tokens").run(
        "migrations", "adopt"
    ),
    ("migrations adopt", 2): lambda place: place.run("migrations", "adopt", "--throwaway", "none"),
    ("migrations edited", 0): lambda place: place.run("migrations", "edited"),
    ("migrations edited", 1): lambda place: place.on_no_database("migrations", "edited"),
    ("migrations edited", 2): lambda place: place.run("migrations", "edited", "--catalog", "none"),
    ("migrations edited", 4): lambda place: place.sql("UPDATE _yoyo_log SET comment = 'sha256:0'").run(
        "migrations", "edited"
    ),
    ("migrations new", 0): lambda place: cli.main(["migrations", "new", "more", *place.migration("", "")]),
    ("migrations new", 2): lambda place: cli.main(["migrations", "new", "more", *ACCOUNTS_ONLY, *OUTBOX_ONLY]),
    ("migrations rollback", 0): lambda place: place.run("migrations", "rollback", "--yes"),
    ("migrations rollback", 1): lambda place: place.run("migrations", "rollback"),
    ("migrations rollback", 2): lambda place: place.run("migrations", "rollback", "--count", "0"),
    ("migrations list", 0): lambda place: place.on("new.db", "migrations", "list"),
    ("migrations list", 1): lambda place: place.on_no_database("migrations", "list"),
    ("migrations list", 2): lambda place: place.run("migrations", "list", "--catalog", "none"),
    ("migrations break-lock", 0): lambda place: cli.main(["migrations", "break-lock", "--database", place.url]),
    ("migrations break-lock", 1): lambda _: cli.main(["migrations", "break-lock", "--database", "sqlite:///none/x.db"]),
    ("migrations break-lock", 2): lambda _: cli.main(["migrations", "break-lock", "--database", "none"]),
    ("migrations status", 0): lambda place: place.run("migrations", "status"),
    ("migrations status", 1): lambda place: place.on_no_database("migrations", "status"),
    ("migrations status", 2): lambda place: place.run("migrations", "status", "--catalog", "none"),
    ("migrations status", 3): lambda place: place.on("new.db", "migrations", "status"),
    ("migrations status", 4): lambda place: place.sql("UPDATE _yoyo_log SET comment = 'sha256:0'").run(
        "migrations", "status"
    ),
    ("migrations verify", 0): lambda place: cli.main(
        ["migrations", "verify", "--sqlite-only", "--no-squawk", *place.migration("SELECT 1;", "SELECT 1;")]
    ),
    ("migrations verify", 1): lambda place: cli.main(
        ["migrations", "verify", "--sqlite-only", "--no-squawk", *place.migration("SELEC;", "SELECT 1;")]
    ),
    ("migrations verify", 2): lambda place: cli.main(
        ["migrations", "verify", "--no-squawk", *place.migration("SELECT 1;", "SELECT 1;")]
    ),
    ("import", 0): lambda _: imported("CREATE TABLE items (id integer PRIMARY KEY)"),
    ("import", 1): lambda _: imported("PRAGMA user_version = 1"),
    ("import", 2): lambda _: cli.main(["import", "none.db"]),
    ("import", 3): lambda _: imported("CREATE TABLE items (id integer PRIMARY KEY)", "+ items: check"),
    ("init", 0): lambda _: cli.main(["init", "shop"]),
    ("init", 2): lambda _: cli.main(["init", "my-shop"]),
    ("new domain", 0): lambda place: cli.main(["init", "shop_of_codes"]) or cli.main(["new", "domain", "orders"]),
    ("new domain", 2): lambda _: cli.main(["new", "domain", "orders"]),
    ("new query", 0): lambda _: new_query("guests.find_guest_by_phone"),
    ("new query", 1): lambda _: new_query("guests.find_guest_by_phone", **{"1001_guests": "SELEC;"}),
    ("new query", 2): lambda _: new_query("guests.get_guest"),
    ("refold", 0): lambda place: place.run("refold"),
    ("refold", 1): lambda place: place.with_users("äda", "Äda").run("refold"),
    ("refold", 2): lambda place: place.run("refold", "--catalog", "none"),
    ("refold", 3): lambda place: place.with_users("äda").run("refold", "--check"),
    ("schema", 0): lambda place: place.run("schema"),
    ("schema", 1): lambda place: place.run("schema", "--svg", "none/picture.svg"),
    ("schema", 2): lambda place: place.on("none", "schema", "--scratch", "--catalog", "none"),
    ("shell", 0): lambda place: place.typed("await users.count_users(db)").run("shell"),
    ("shell", 1): lambda place: place.typed("1 / 0").run("shell"),
    ("shell", 2): lambda place: place.run("shell", "--catalog", "none"),
    ("schema diff", 0): lambda place: place.run("schema", "diff"),
    ("schema diff", 1): lambda place: place.sql("DROP TABLE eve_tokens").run("schema", "diff"),
    ("schema diff", 2): lambda place: place.run("schema", "diff", "--catalog", "none"),
}


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return ACCOUNTS


@pytest.fixture
def place(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(sqlite_url, monkeypatch)


@pytest.mark.parametrize(("command", "code"), CASES, ids=str)
def test_a_command_exits_with_the_codes_of_its_help(command: str, code: int, place: Place) -> None:
    assert CASES[command, code](place) == code


def documented() -> Iterator[tuple[str, int]]:
    """The commands and the exit codes that their help lists."""
    for name, parser in commands().items():
        listed = " ".join((parser.description or "").partition("exit codes:")[2].split())
        yield from ((name, int(code)) for code in re.findall(r"(?:^|, )([0-9]) ", listed))


def test_the_help_of_each_command_lists_its_exit_codes() -> None:
    assert sorted(documented()) == sorted(CASES)
    assert {name for name, _ in documented()} == commands().keys() - WITHOUT_CODES


def test_the_help_of_all_commands_lists_every_exit_code() -> None:
    whole = (cli.parser().epilog or "").partition("exit codes:")[2]
    assert {int(code) for code in re.findall(r"\b([0-9]) ", whole)} == {code for _, code in CASES}


def test_the_documentation_agrees_with_the_help() -> None:
    text = (ROOT / "docs" / "migrations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `hangar-dal ([a-z ]+)` \| .* \| (.*) \|$", text, re.MULTILINE)
    codes = {(name, int(code)) for name, listed in rows for code in re.findall(r"\b([0-9]) ", listed)}
    assert codes <= set(CASES)
    assert {code for _, code in codes} == {0, 1, 3, 4}
