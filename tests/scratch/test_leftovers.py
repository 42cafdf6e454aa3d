"""What killed runs left is removed, and nothing else."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hangar_dal.migrations import leftovers, locks
from hangar_dal.migrations.scratch import empty_postgresql, empty_sqlite
from hangar_dal.migrations.targets import MARK

There = Callable[[psycopg.Connection], list[str]]
PoorUrl = Callable[[str], str]


@pytest.fixture
def other_mark() -> str:
    """How the names of databases end that other runs have left, for this test to find."""
    return token_hex(6)


@contextmanager
def server_with(url: str, databases: dict[str, tuple[str | None, int]]) -> Iterator[tuple[psycopg.Connection, There]]:
    """Databases with these comments and connection limits, and which of them are there."""

    def there(admin: psycopg.Connection) -> list[str]:
        rows = admin.execute("SELECT datname FROM pg_database WHERE datname = ANY(%s)", [list(databases)])
        return [name for (name,) in rows]

    with closing(psycopg.connect(url, autocommit=True)) as admin:
        try:
            for name, (comment, limit) in databases.items():
                create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 CONNECTION LIMIT {}")
                admin.execute(create.format(sql.Identifier(name), sql.Literal(limit)))
                admin.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), comment))
            yield admin, there
        finally:
            for name in databases:
                admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def test_what_killed_runs_left_is_dropped_whatever_its_age_and_nothing_else(
    empty_postgres_url: str, other_mark: str
) -> None:
    """`uncommented` is what a run leaves that was killed between CREATE DATABASE and COMMENT."""
    token = f"{MARK}{token_hex(16)}"
    ours, named, in_use = (f"hangar_check_{number}_{other_mark}" for number in (1, 2, 4))
    limit = leftovers.CONNECTION_LIMIT
    databases = {
        ours: (token, -1),
        f"hangar_check_3_{other_mark}": (None, limit),
        named: (token, limit),
        in_use: (token, limit),
        f"hangar_check_5_{other_mark}": (None, -1),
        f"hangar_check_6_{other_mark}": ("our shop", limit),
        f"hangar_check_7_{other_mark}": (f"{MARK}shop", limit),
        f"my_hangar_check_8_{other_mark}": (token, limit),
        f"hangar_check_9_{other_mark}_shop": (token, limit),
    }
    with (
        closing(psycopg.connect(empty_postgres_url)) as running,
        closing(psycopg.connect(empty_postgres_url)) as making,
    ):
        # Other tests drop what they find on the same server, too: these have to be held from the start.
        locks.lock(running, named)
        locks.lock(making, in_use)
        with (
            server_with(empty_postgres_url, databases) as (admin, there),
            closing(psycopg.connect(make_conninfo(empty_postgres_url, dbname=in_use))),
        ):
            making.close()
            with empty_postgresql(empty_postgres_url):
                pass
            kept = [name.partition("hangar_check_")[2][0] for name in there(admin)]
        assert sorted(kept) == ["2", "4", "5", "6", "7", "8", "9"]


def test_a_leftover_of_another_role_stays(poor_url: PoorUrl, empty_postgres_url: str, other_mark: str) -> None:
    ours = f"hangar_check_1_{other_mark}"
    comment = f"{MARK}{token_hex(16)}"
    other = sql.Identifier(conninfo_to_dict(poor_url("CREATEDB"))["user"])
    with server_with(empty_postgres_url, {ours: (comment, -1)}) as (admin, there):
        admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(ours), other))
        with empty_postgresql(empty_postgres_url):  # by a superuser, who could drop it
            pass
        assert there(admin) == [ours]


def test_the_folder_of_a_killed_run_is_removed_and_one_in_use_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    abandoned, resembling = tmp_path / "hangar_check_abcdefgh", tmp_path / "hangar_check_of_shop"
    for folder in (abandoned, resembling):
        folder.mkdir()
        (folder / "lock").touch()
    (tmp_path / "hangar_check_nolock12").mkdir()
    with empty_sqlite() as one:
        assert not abandoned.exists()
        with empty_sqlite():
            assert Path(one.location.path).exists()
    assert sorted(path.name for path in tmp_path.glob("hangar_check_*")) == [
        "hangar_check_nolock12",
        "hangar_check_of_shop",
    ]


def test_the_folder_of_another_user_is_passed_over(
    another_user: None, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every user of a machine has the same temporary folder, and may not even look into another's."""
    monkeypatch.setattr(tempfile, "tempdir", str(open_folder))
    with empty_sqlite() as one:
        assert Path(one.location.path).exists()
    assert [path.name for path in open_folder.iterdir()] == ["hangar_check_abcdefgh"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder for every user, in which there is a closed one that has a lock file."""
    with tempfile.TemporaryDirectory() as name:
        closed = Path(name, "hangar_check_abcdefgh")
        closed.mkdir()
        (closed / "lock").touch()
        Path(name).chmod(0o777)
        closed.chmod(0)
        yield Path(name)
        closed.chmod(0o700)


@pytest.fixture
def another_user(open_folder: Path) -> Iterator[None]:
    """Root could look into every folder, and becomes somebody else for the time of the test."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)
