"""A forked child must not open a SQLite file that was open at the fork: SQLite would believe that it holds locks.

The child runs in a process that this test starts, because a fork of the test's own process would inherit its threads.
"""

import subprocess
import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[2])

# Arguments: the URL, a key, and a folder for other files.
SETUP = """
import asyncio, gc, os, shutil, sys, threading
from pathlib import Path
from tests.database.ledger import column, sql
from hangar_dal import ACCOUNTS
from hangar_dal.database import open_database
from hangar_dal.database.backup import back_up
from hangar_dal.database.sqlite.copying import Copying
from hangar_dal.database.sqlite.watched import watched
from hangar_dal.database.sqlite.sealed import find_sealed
from hangar_dal.errors import ForkedDatabase
from hangar_dal.migrations.targets import target_of
from hangar_dal.settings import Settings

url, key, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
file = url.removeprefix("sqlite:///")
settings = Settings(database_url=url, sealing_keys=key)
parent = os.getpid()

async def use(url=url):
    async with open_database(Settings(database_url=url, sealing_keys=key), catalog=ACCOUNTS) as db:
        assert await column(db, "SELECT 1") == [1]

def refused(function):
    try:
        function()
    except ForkedDatabase as error:
        said = str(error)
        assert f"process {parent} had this SQLite file open" in said, said
        assert "before the fork" in said and "`spawn`" in said, said
    else:
        raise AssertionError("not refused")

def use_refused(name):
    refused(lambda: asyncio.run(use(f"sqlite:///{name}")))

def child(function):
    if pid := os.fork():
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    else:
        try:
            function()
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(7)

def opened():
    loop = asyncio.new_event_loop()
    return loop, loop.run_until_complete(open_database(settings, catalog=ACCOUNTS)._open())

def close(loop, db):
    loop.run_until_complete(db.close())
    loop.close()
"""

WAYS = {
    "the file, a link to it and its other name": """
for link, make in (("link.db", os.symlink), ("hard.db", os.link)):
    make(file, folder / link)
loop, db = opened()
for name in (file, folder / "link.db", folder / "hard.db"):
    child(lambda: use_refused(name))
close(loop, db)
""",
    "while a stream and a backup have the file open": """
async def main():
    async with open_database(settings, catalog=ACCOUNTS) as db:
        async with db.stream(*sql(db, "SELECT 1")) as chunks:
            async for _ in chunks:
                child(lambda: refused(target_of(url).connect))
asyncio.run(main())
seen = []
def copied(done, total):
    if not seen:
        seen.append(done)
        child(lambda: refused(target_of(url).connect))
source = watched(target_of(url).location)
Copying(source=source, path=folder / "copy.db", keyring=None, lock_timeout=1, accept_unopened=True,
        stop=threading.Event(), progress=copied).run()
assert seen
""",
    "a child of the child": """
loop, db = opened()
child(lambda: child(lambda: use_refused(file)))
close(loop, db)
""",
    "migrations, a backup and the search for sealed values": """
loop, db = opened()
target = target_of(url)
child(lambda: refused(target.connect))
child(lambda: refused(lambda: target.connect(read_only=True)))
child(lambda: refused(lambda: find_sealed(target.location, lock_timeout=1)))
child(lambda: refused(lambda: asyncio.run(back_up(settings, folder / "copy of a child.db"))))
assert not list(folder.glob("copy of a child.db*")) and not list(folder.glob("*.partial"))
close(loop, db)
""",
    "a connection of the migrations is open at the fork": """
connection = target_of(url).connect()
def closes_and_opens():
    connection.close()  # does nothing, because the connection belongs to the parent
    use_refused(file)
child(closes_and_opens)
assert connection.execute("SELECT 1").fetchone() == (1,)
connection.close()
child(lambda: asyncio.run(use()))
""",
    "the database was closed before the fork": """
loop, db = opened()
close(loop, db)
child(lambda: asyncio.run(use()))
asyncio.run(use())
""",
    "another file": """
shutil.copy(file, folder / "other.db")
loop, db = opened()
def both():
    asyncio.run(use(f"sqlite:///{folder}/other.db"))
    use_refused(file)
    asyncio.run(use("sqlite:///:memory:"))
child(both)
asyncio.run(use())
close(loop, db)
""",
    "a connection that was never closed is forgotten with its object": """
connection = target_of(url).connect()
del connection
gc.collect()
child(lambda: asyncio.run(use()))
""",
}


# One process goes all ways, since most of the time goes into importing the package.
EACH_WAY = """
for way, program in WAYS.items():
    print(way, flush=True)
    exec(program)
"""


def test_a_forked_child_opens_no_file_that_was_open_at_the_fork(
    sqlite_url: str, sealing_key: str, tmp_path: Path
) -> None:
    others = tmp_path / "others"
    others.mkdir()
    program = f"import sys; sys.path.insert(0, {ROOT!r})\n{SETUP}\nWAYS = {WAYS!r}\n{EACH_WAY}"
    command = [sys.executable, "-W", "ignore", "-c", program, sqlite_url, sealing_key, str(others)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, ""), f"failed in the last of these ways:\n{done.stdout}"
    assert done.stdout.splitlines() == [*WAYS]
