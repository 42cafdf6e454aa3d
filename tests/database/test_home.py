"""A database is used in the process and the event loop that opened it; anywhere else it refuses."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS
from hangar_dal.database import Database, open_database
from hangar_dal.errors import WrongEventLoop
from hangar_dal.settings import Settings
from tests.database.ledger import column, run
from tests.database.outside import Outside

ROOT = str(Path(__file__).parents[2])

# Arguments: the URL, a key, and the code that the child runs. It must raise ForkedDatabase, and end in its own way.
FORKING = """
import asyncio, multiprocessing, os, sys
from tests.database.ledger import column, endless, run
from hangar_dal import ACCOUNTS
from hangar_dal.database import open_database
from hangar_dal.errors import ForkedDatabase
from hangar_dal.settings import Settings

settings = Settings(database_url=sys.argv[1], sealing_keys=sys.argv[2], pool_size=3, sqlite_readers=3)

async def answers(db, count):
    for n in range(count):
        assert await column(db, "SELECT :n + 0", n=n) == [n]

async def many_answers(db):
    async with asyncio.timeout(300):
        await asyncio.gather(*(answers(db, 50) for _ in range(6)))

async def refused(db, tx=None):
    calls = [column(db, "SELECT 1"), db.in_transaction(lambda tx: column(tx, "SELECT 1")), streamed(db)]
    calls += [column(tx, "SELECT 1")] if tx else []
    for call in calls:
        try:
            await call
        except ForkedDatabase as error:
            assert str(os.getppid()) in str(error) and str(os.getpid()) in str(error)
        else:
            raise AssertionError("not refused")

async def streamed(db):
    async with db.stream(*sql_of(db)) as chunks:
        async for _ in chunks:
            pass

def sql_of(db):
    from tests.database.ledger import sql
    return sql(db, "SELECT 1")

async def own_database(db):
    if db.dialect == "sqlite":  # see test_forks_on_sqlite.py
        return
    async with open_database(settings, catalog=ACCOUNTS) as own:
        await answers(own, 20)

async def no_task_in_progress():
    # A connection may still be opening that nobody waits for any more. A child that exits would report its task.
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

def wait_for(child):
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7, os.waitstatus_to_exitcode(status)
"""

# A child that is forked inside a running event loop ends with os._exit, as those of multiprocessing do: asyncio's own
# cleaning up would stop the parent's loop, whose epoll descriptor both share.
WAYS = {
    # Opened before the workers are forked, as `gunicorn --preload` does.
    "between two event loops": """
loop = asyncio.new_event_loop()
db = loop.run_until_complete(open_database(settings, catalog=ACCOUNTS)._open())
loop.run_until_complete(many_answers(db))
loop.run_until_complete(no_task_in_progress())
child = os.fork()
if not child:
    asyncio.run(refused(db))
    asyncio.run(own_database(db))
    sys.exit(7)
loop.run_until_complete(many_answers(db))
wait_for(child)
loop.run_until_complete(many_answers(db))
loop.run_until_complete(db.close())
""",
    "the child goes on with the parent's loop": """
loop = asyncio.new_event_loop()
db = loop.run_until_complete(open_database(settings, catalog=ACCOUNTS)._open())
loop.run_until_complete(many_answers(db))
loop.run_until_complete(no_task_in_progress())
child = os.fork()
if not child:
    loop.run_until_complete(refused(db))
    loop.run_until_complete(db.close())
    os._exit(7)
wait_for(child)
loop.run_until_complete(many_answers(db))
loop.run_until_complete(db.close())
""",
    "inside a transaction, and the child exits": """
async def main():
    async with open_database(settings, catalog=ACCOUNTS) as db:
        async with db.transaction() as tx:
            await answers(tx, 5)
            child = os.fork()
            if not child:
                os._exit(7)
            wait_for(child)
            await answers(tx, 5)
        await many_answers(db)
asyncio.run(main())
""",
    "inside a transaction, which the child uses": """
async def main():
    async with open_database(settings, catalog=ACCOUNTS) as db:
        async with db.transaction() as tx:
            await answers(tx, 5)
            child = os.fork()
            if not child:
                await refused(db, tx)
                os._exit(7)
            wait_for(child)
            await answers(tx, 5)
        await many_answers(db)
asyncio.run(main())
""",
    "inside a transaction, whose block ends in the child too": """
async def main():
    async with open_database(settings, catalog=ACCOUNTS) as db:
        try:
            async with db.transaction() as tx:
                await answers(tx, 5)
                if child := os.fork():
                    wait_for(child)
                    await answers(tx, 5)
        except ForkedDatabase:
            os._exit(7)
        await many_answers(db)
asyncio.run(main())
""",
    "while statements run": """
async def main():
    async with open_database(settings, catalog=ACCOUNTS) as db:
        working = asyncio.create_task(many_answers(db))
        for _ in range(5):
            await asyncio.sleep(0.01)
            child = os.fork()
            if not child:
                del db
                os._exit(7)
            wait_for(child)
        await working
asyncio.run(main())
""",
    "by multiprocessing": """
def work(n):
    asyncio.run(refused(db))
    asyncio.run(own_database(db))
    return n

async def main():
    global db
    async with open_database(settings, catalog=ACCOUNTS) as db:
        await many_answers(db)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert await asyncio.to_thread(pool.map, work, range(4)) == [0, 1, 2, 3]
        await many_answers(db)
asyncio.run(main())
""",
    "the child dies of an error": """
loop = asyncio.new_event_loop()
db = loop.run_until_complete(open_database(settings, catalog=ACCOUNTS)._open())
loop.run_until_complete(many_answers(db))
loop.run_until_complete(no_task_in_progress())
child = os.fork()
if not child:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.excepthook = lambda *_: os._exit(7)
    asyncio.run(column(db, "SELECT 1"))
wait_for(child)
loop.run_until_complete(many_answers(db))
loop.run_until_complete(db.close())
""",
}


# One process goes all ways, since most of the time goes into importing the package.
EACH_WAY = """
for way, program in WAYS.items():
    print(way, flush=True)
    exec(program)
"""


def test_a_forked_child_is_refused_and_does_not_disturb_its_parent(
    database_url: str, settings: Settings, outside: Outside
) -> None:
    program = f"import sys; sys.path.insert(0, {ROOT!r})\n{FORKING}\nWAYS = {WAYS!r}\n{EACH_WAY}"
    key = settings.sealing_keys.get_secret_value()
    command = [sys.executable, "-W", "ignore", "-c", program, database_url, key]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, ""), f"failed in the last of these ways:\n{done.stdout}"
    assert done.stdout.splitlines() == [*WAYS]
    assert outside.transactions_left_open() == 0


def test_opening_under_another_librarys_event_loop_is_refused(settings: Settings) -> None:
    opening = open_database(settings, catalog=ACCOUNTS)._open()
    with pytest.raises(WrongEventLoop, match="not on trio"):
        opening.send(None)  # as trio and curio begin a coroutine, with no event loop of asyncio


async def in_another_thread(call) -> BaseException | None:
    """What `asyncio.run` raises in a thread of its own."""

    def work() -> BaseException | None:
        try:
            asyncio.run(call())
        except Exception as error:
            return error
        return None

    return await asyncio.to_thread(work)


async def test_a_call_from_another_event_loop_says_where_the_database_belongs(ledger: Database) -> None:
    calls = {
        "run": lambda: column(ledger, "SELECT 1"),
        "write": lambda: run(ledger, "INSERT INTO ledger (id, amount) VALUES (1, 1)"),
        "transaction": lambda: ledger.transaction().__aenter__(),
        "in_transaction": lambda: ledger.in_transaction(lambda tx: column(tx, "SELECT 1")),
        "backup": lambda: ledger.backup("copy.db"),
        "close": ledger.close,
    }
    for name, call in calls.items():
        error = await in_another_thread(call)
        assert isinstance(error, WrongEventLoop), name
        assert f"{id(asyncio.get_running_loop()):#x} in thread {threading.current_thread().name}" in str(error)
    assert await column(ledger, "SELECT id FROM ledger") == []


async def test_a_transaction_is_refused_in_another_event_loop_and_goes_on_in_its_own(ledger: Database) -> None:
    async with ledger.transaction() as tx:
        assert isinstance(await in_another_thread(lambda: column(tx, "SELECT 1")), WrongEventLoop)
        await run(tx, "INSERT INTO ledger (id, amount) VALUES (1, 1)")
    assert await column(ledger, "SELECT id FROM ledger") == [1]


def test_a_second_asyncio_run_is_told_that_the_database_belongs_to_the_first(settings: Settings) -> None:
    opened: list[Database] = []

    async def first() -> None:
        opened.append(await open_database(settings, catalog=ACCOUNTS))
        await opened[0].close()

    asyncio.run(first())
    with pytest.raises(WrongEventLoop, match="belongs to the event loop"):
        asyncio.run(column(opened[0], "SELECT 1"))
    with pytest.raises(WrongEventLoop, match="is used without an event loop, in thread MainThread"):
        column(opened[0], "SELECT 1").send(None)
