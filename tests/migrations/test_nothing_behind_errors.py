"""No exception of a driver can be reached from an error of the migrations: it may hold a row's values."""

from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import pytest

from hangar_dal import ACCOUNTS, migrations
from hangar_dal.errors import ConnectionFailed, HangarError, MigrationError
from tests.helpers.exception_contents import of_drivers, told

Add = Callable[..., None]
CANARY = f"canary{token_hex(12)}"
TABLE = "CREATE TABLE a (b text NOT NULL);\n"
FAILING = {
    "wrong type": f"INSERT INTO users (id, created_at) VALUES ('{CANARY}', '{CANARY}');",
    "not null": f"INSERT INTO users (username) VALUES ('{CANARY}');",
    "unique": f"{TABLE}INSERT INTO a VALUES ('{CANARY}'), ('{CANARY}');\nCREATE UNIQUE INDEX i ON a (b);",
    "check": f"{TABLE}INSERT INTO a VALUES ('{CANARY}');\nCREATE TABLE c (d text CHECK (d = ''));\n"
    "INSERT INTO c SELECT b FROM a;",
    "syntax": "SELECT FROM FROM;",
    "no table": "INSERT INTO nowhere VALUES (1);",
}


@pytest.mark.parametrize("apply", FAILING.values(), ids=FAILING)
def test_nothing_is_behind_a_statement_that_fails(
    empty_database_url: str, packaged: Path, add_migration: Add, apply: str
) -> None:
    add_migration(packaged, "0004_bad", apply=apply)
    with pytest.raises(MigrationError, match="0004_bad") as caught:
        migrations.apply(empty_database_url, catalog=ACCOUNTS)
    assert of_drivers(caught.value) == []
    assert CANARY not in told(caught.value)


@pytest.mark.parametrize("command", [migrations.apply, migrations.pending, migrations.edited])
def test_nothing_is_behind_a_database_that_cannot_be_used(command: Callable[..., object], tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(CANARY.encode() * 1000)
    for url in (f"sqlite:///{tmp_path}/x.db", f"postgresql://ada:{CANARY}@/shop?host={tmp_path}"):
        with pytest.raises(HangarError) as caught:
            command(url, catalog=ACCOUNTS)
        assert of_drivers(caught.value) == []
        assert CANARY not in told(caught.value)


def test_nothing_is_behind_a_folder_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        migrations.apply(f"sqlite:///{tmp_path}/none/x.db", catalog=ACCOUNTS)
    assert of_drivers(caught.value) == []
