"""`python -m benchmarks.check`: how long `hangar-dal check` takes for an application of 200 queries.

Makes the application in a temporary folder, checks it on both databases and then offline, and prints each time as a
share of its bound: 1.00 would be all of it. The scratch databases are up before the clock runs; each statement is a
text of its own, asked about once. Run it on a machine that does nothing else.
"""

import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from time import perf_counter

from hangar_dal.check.databases.live import live_postgresql, live_sqlite
from hangar_dal.check.databases.snapshot import write_snapshots
from hangar_dal.check.project.project import read_project
from hangar_dal.check.run import check_against

MODULES = 20
ONLINE, OFFLINE = 5.0, 0.5
ROUNDS = 5

HEAD = """\
from datetime import datetime
from uuid import UUID
from application import CATALOG, Limit, Pilot, Session
from hangar_dal import Executor, RowCount

query = CATALOG.query
"""
APPLICATION = """\
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID
from hangar_dal import ACCOUNTS, Catalog, Row
from pydantic import Field

Limit = Annotated[int, Field(ge=1)]
CATALOG = Catalog("application", sql=Path(__file__).parent / "sql", uses=[ACCOUNTS])

class Pilot(Row):
    id: UUID
    display_name: str
    email: str | None
    created_at: datetime

class Session(Row):
    id: UUID
    user_id: UUID
    platform: str
    display_name: str
"""
PILOT = "    u.id,\n    u.display_name,\n    u.email,\n    u.created_at\nFROM users AS u\n"
SESSION = (
    "    s.id,\n    s.user_id,\n    s.platform,\n    u.display_name\n"
    "FROM session_cookies AS s\nINNER JOIN users AS u ON u.id = s.user_id\n"
)
# Ten queries, as applications have them: a signature and the statement of both databases.
QUERIES = {
    "get_pilot(db: Executor, *, id: UUID) -> Pilot": f"SELECT\n{PILOT}WHERE u.id = :id",
    "find_pilot(db: Executor, *, phone: str) -> Pilot | None": f"SELECT\n{PILOT}WHERE u.phone_number = :phone",
    "list_pilots(db: Executor, *, status: str | None = None, limit: Limit = 50) -> list[Pilot]": (
        f"SELECT\n{PILOT}WHERE\n    u.display_name <> ''\n    AND u.status = :status  -- when status\n"
        "ORDER BY u.created_at DESC, u.id DESC\nLIMIT :limit"
    ),
    "list_pilots_after(db: Executor, *, created_at: datetime, id: UUID) -> list[Pilot]": (
        f"SELECT\n{PILOT}WHERE (u.created_at, u.id) > (:created_at, :id)\nORDER BY u.created_at, u.id\nLIMIT 50"
    ),
    "list_sessions(db: Executor, *, user_id: UUID) -> list[Session]": (
        f"SELECT\n{SESSION}WHERE s.user_id = :user_id\nORDER BY s.created_at, s.id"
    ),
    "find_session(db: Executor, *, user_id: UUID, platform: str) -> Session | None": (
        f"SELECT\n{SESSION}WHERE\n    s.user_id = :user_id\n    AND s.platform = :platform\n"
        "    AND s.expires_at > :now\nORDER BY s.created_at DESC, s.id DESC\nLIMIT 1"
    ),
    "count_sessions(db: Executor, *, user_id: UUID) -> int": (
        "SELECT count(*) AS sessions FROM session_cookies WHERE user_id = :user_id"
    ),
    "rename_pilot(db: Executor, *, id: UUID, display_name: str, fold: str) -> RowCount": (
        "UPDATE users\nSET\n    display_name = :display_name,\n    display_name_fold = :fold,\n    updated_at = :now\n"
        "WHERE id = :id"
    ),
    "delete_sessions(db: Executor, *, user_id: UUID) -> RowCount": (
        "DELETE FROM session_cookies WHERE user_id = :user_id"
    ),
    "rank_pilots(db: Executor, *, user_id: UUID, status: str) -> list[Pilot]": (
        "WITH ranked AS (\n    SELECT user_id, count(*) AS sessions\n    FROM session_cookies\n"
        "    WHERE user_id = :user_id AND expires_at > :now\n    GROUP BY user_id\n)\n\n"
        f"SELECT\n{PILOT}INNER JOIN ranked AS r ON r.user_id = u.id\nWHERE u.status = :status\n"
        "ORDER BY u.created_at, u.id"
    ),
}


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.check", description=__doc__)
    parser.add_argument("--modules", type=int, default=MODULES, help="of ten queries each (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of the offline check (default: %(default)s)")
    options = parser.parse_args()
    modules = options.modules
    with TemporaryDirectory(prefix="hangar-benchmark-") as folder, server() as url, chdir(folder):
        write_application(Path(folder), modules)
        project = read_project(Path(folder, "pyproject.toml"))
        with live_postgresql(project, url) as postgresql, live_sqlite(project) as sqlite:
            sources = (postgresql, sqlite)

            begun = perf_counter()
            report = check_against(project, sources)
            online = perf_counter() - begun
            assert report.is_clean, report.findings
            write_snapshots(project, sources)
        offline, process = (min(times) for times in zip(*(timed_offline() for _ in range(options.rounds)), strict=True))
    print(f"{report.checked} statements of {modules * len(QUERIES)} queries, load {os.getloadavg()[0]:.1f}")
    for what, time, bound in (
        ("on both databases", online, ONLINE),
        ("offline", offline, OFFLINE),
        ("offline, the whole command", process, OFFLINE),
    ):
        print(f"{what}: {time / bound:.2f} of {bound:g} s, under the bound: {'yes' if time < bound else 'no'}")


@contextmanager
def server() -> Iterator[str]:
    """Found as the tests find it."""
    from tests.helpers import postgres_server  # noqa: PLC0415  (only then are the tests' packages needed)

    given = os.environ.get("HANGAR_TEST_PG")
    reaper = None if given else postgres_server.prepare_place()
    try:
        found = postgres_server.Server.named(given) if given else postgres_server.start_once()
        yield found.url(found.maintenance)
    finally:
        if reaper is not None:
            reaper.communicate()


def write_application(folder: Path, modules: int) -> None:
    names = [f"part_{number}" for number in range(modules)]
    declaring = ", ".join(f'"{name}"' for name in names)
    table = f'[tool.hangar_dal]\ncatalogs = ["application:CATALOG"]\nmodules = [{declaring}]\n'
    (folder / "pyproject.toml").write_text(table)
    (folder / "application.py").write_text(APPLICATION)
    for name in names:
        functions = (f"\n@query\nasync def {signature}: ...\n" for signature in QUERIES)
        (folder / f"{name}.py").write_text(HEAD + "".join(functions))
        for dialect in ("sqlite", "postgresql"):
            (folder / "sql" / dialect).mkdir(parents=True, exist_ok=True)
            blocks = (
                f"-- name: {signature.partition('(')[0]}\n{sql} /* {name} */;\n" for signature, sql in QUERIES.items()
            )
            (folder / "sql" / dialect / f"{name}.sql").write_text("\n".join(blocks))


def timed_offline() -> tuple[float, float]:
    """Processor time of the check, and of the whole command: neither waits for anything.

    Bytecode is kept, as it is where a package was installed; the first round writes it.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    program = (
        "from time import process_time\n"
        "from hangar_dal.check.run import check_offline\n"
        "from hangar_dal.check.project.project import read_project\n"
        "project, begun = read_project(), process_time()\n"
        "assert check_offline(project).is_clean\n"
        "print(process_time() - begun)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
    ).stdout
    before = getrusage(RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "hangar_dal.cli", "check", "--offline"]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    after = getrusage(RUSAGE_CHILDREN)
    return float(told), (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


if __name__ == "__main__":
    main()
