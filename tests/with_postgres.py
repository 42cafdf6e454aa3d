"""Runs commands with DATABASE_URL leading to a PostgreSQL server that is found as the tests find theirs.

    python tests/with_postgres.py hangar-dal check -- hangar-dal migrations verify

Every command runs, whatever became of those before it; the exit code is that of the first that failed.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # it was the folder of this file

from tests.helpers.files_in_memory import use_memory
from tests.helpers.postgres_server import Server, prepare_place, start_once


@contextmanager
def server() -> Iterator[Server]:
    """The one that HANGAR_TEST_PG names, else one that ends with the block."""
    if given := os.environ.get("HANGAR_TEST_PG"):
        yield Server.named(given)
        return
    use_memory()
    reaper = prepare_place()
    try:
        yield start_once()
    finally:
        reaper.communicate()


def main(arguments: Sequence[str]) -> int:
    commands = [list(words) for is_end, words in groupby(arguments, lambda word: word == "--") if not is_end]
    try:
        with server() as found:
            environment = {**os.environ, "DATABASE_URL": found.url(found.maintenance)}
            if found.needs_permission:
                environment["HANGAR_ALLOW_INSECURE_POSTGRES"] = "true"
            codes = [subprocess.run(command, env=environment, check=False).returncode for command in commands]
    except (pytest.UsageError, pytest.exit.Exception) as why:
        print(why, file=sys.stderr)
        return 4
    return next(filter(None, codes), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
