"""`python -m benchmarks.start`: what it costs to import the package and to run a first query.

Counts the instructions of whole processes with valgrind's callgrind, because times depend on the load of the machine:
an application with a catalog of its own, one that uses the domain `users`, and the same first query by hand with the
driver and a Pydantic model. All on SQLite, because a server would need a connection of its own in each process.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

PROGRAMS = {
    "an empty program": "",
    "import pydantic.BaseModel and aiosqlite": """\
        import aiosqlite
        from pydantic import BaseModel
        """,
    "the same, a model and a first query by hand": """\
        import asyncio
        import aiosqlite
        from pydantic import BaseModel

        class Note(BaseModel):
            id: int
            title: str

        async def main():
            async with aiosqlite.connect("notes.db") as db:
                async with db.execute("SELECT id, title FROM notes WHERE id = ?", (1,)) as cursor:
                    found = await cursor.fetchone()
            assert Note(id=found[0], title=found[1]).title == "first"

        asyncio.run(main())
        """,
    "a catalog of the application": """\
        import asyncio
        import notes
        from hangar_dal import Settings, open_database

        async def main():
            settings = Settings(database_url="sqlite:///notes.db")
            async with open_database(settings, catalog=notes.CATALOG) as db:
                assert (await notes.get_note(db, 1)).title == "first"

        asyncio.run(main())
        """,
    "the domain users": """\
        import asyncio
        from hangar_dal import ACCOUNTS, Settings, open_database, users

        async def main():
            settings = Settings(database_url="sqlite:///:memory:")
            async with open_database(settings, catalog=ACCOUNTS) as db:
                assert await users.count_users(db) == 0

        asyncio.run(main())
        """,
}
NOTES = """\
from pathlib import Path
from hangar_dal import Catalog, Executor, Row

CATALOG = Catalog("notes", sql=Path("sql"))

class Note(Row):
    id: int
    title: str

@CATALOG.query
async def get_note(db: Executor, id: int) -> Note: ...
"""
SQL = "-- name: get_note\nSELECT id, title FROM notes WHERE id = :id;\n"
TABLE = """\
import sqlite3
notes = sqlite3.connect("notes.db")
notes.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT")
notes.execute("INSERT INTO notes VALUES (1, 'first')")
notes.commit()
"""
FLOOR = "import pydantic.BaseModel and aiosqlite"


def main() -> None:
    with TemporaryDirectory(prefix="hangar-benchmark-") as folder:
        place = Path(folder)
        place.joinpath("notes.py").write_text(NOTES)
        for dialect in ("sqlite", "postgresql"):
            place.joinpath("sql", dialect).mkdir(parents=True)
            place.joinpath("sql", dialect, "notes.sql").write_text(SQL)
        subprocess.run([sys.executable, "-c", TABLE], cwd=place, check=True)
        counts = {what: count(dedent(program), place) for what, program in PROGRAMS.items()}
    print("| Program | Instructions, in millions | Divided by the import alone |\n|---|---|---|")
    for what, number in counts.items():
        print(f"| {what} | {number / 1e6:,.0f} | {number / counts[FLOOR]:.2f} |")


def count(program: str, place: Path) -> int:
    """The instructions of the process. The first run writes the bytecode, as it is where a package was installed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONHASHSEED": "0"}  # a random one changes the order of sets, and so the count
    python = [sys.executable, "-c", program]
    subprocess.run(python, cwd=place, env=environment, check=True)
    valgrind = ["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=counts"]
    subprocess.run([*valgrind, *python], cwd=place, env=environment, check=True)
    return int(place.joinpath("counts").read_text().rpartition("totals: ")[2])


if __name__ == "__main__":
    main()
