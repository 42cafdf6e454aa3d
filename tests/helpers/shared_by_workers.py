"""What one process of a run makes and all of them use: migrated databases to copy, the plans of a catalog."""

import fcntl
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

Made = TypeVar("Made")


@pytest.fixture(scope="session")
def of_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of this run, the same in each process of pytest-xdist."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def once(directory: Path, name: str, make: Callable[[], Made]) -> Made:
    """What `make` returns in the process that asks first for this name; the others wait, and read what it made."""
    made = directory / f"once-{name}"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            made.write_bytes(pickle.dumps(make()))
        result: Made = pickle.loads(made.read_bytes())
    return result
