"""A forked process has a database of its own, and leaves that of its parent alone."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])
WAIT = 300  # seconds until a test fails that would wait for ever

FORKING = """
import os, sys
from hangar_dal import ACCOUNTS, Settings, blocking, builders, users
from hangar_dal.errors import ForkedDatabase
from tests.blocking.test_blocking import insert

db = blocking.open_database(Settings(database_url=sys.argv[1], sealing_keys=sys.argv[2]), catalog=ACCOUNTS)
"""
FORKS = {
    "used in parent and child": """
db.call(insert, 10)
for number in range(3):
    child = os.fork()
    if child == 0:
        db.call(insert, number)
        sys.exit(db.call(users.count_users))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == number + 2, status
    assert db.call(users.count_users) == number + 2
""",
    "a block goes on in the parent": """
with db.transaction() as tx:
    tx.call(insert)
    child = os.fork()
    if child == 0:
        try:
            tx.call(users.count_users)
        except ForkedDatabase:
            # SQLite's file cannot be opened safely, because it was open at the fork.
            try:
                os._exit(7 + db.call(users.count_users))
            except ForkedDatabase:
                os._exit(7 if "sqlite" in sys.argv[1] else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7, status
assert db.call(users.count_users) == 1
""",
    "ended without close": """
db.call(insert)
""",
}


@pytest.mark.parametrize("code", FORKS.values(), ids=FORKS)
def test_a_forked_process_has_a_database_of_its_own(database_url: str, sealing_key: str, code: str) -> None:
    command = [sys.executable, "-c", FORKING + code, database_url, sealing_key]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WAIT, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_fork_does_not_lose_what_other_threads_write(database_url: str, sealing_key: str) -> None:
    code = (
        FORKING
        + """
import threading
def write():
    for number in range(40):
        db.call(insert, None)
writers = [threading.Thread(target=write) for _ in range(3)]
for writer in writers: writer.start()
for _ in range(10):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
for writer in writers: writer.join()
assert db.call(users.count_users) == 120
"""
    )
    command = [sys.executable, "-c", code, database_url, sealing_key]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WAIT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
