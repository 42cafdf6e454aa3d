"""Commands in processes of their own that do not import everything anew.

`python -m` takes most of its time to import the package and its libraries. Here one process has imported them, and each
command runs in a child that is forked from it: with its own arguments, folder, environment and streams.
"""

import io
import os
import runpy
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import Lock
from typing import Final

import pytest

from hangar_dal import cli

LIMIT: Final = 300
# None of them starts a thread when it is imported, and none reads the environment.
IMPORTED: Final = [
    "hangar_dal.accounts",
    "hangar_dal.builders",
    "hangar_dal.cli",
    "hangar_dal.commerce.billing",
    "hangar_dal.outbox",
    "hangar_dal.webhook_events",
    "psycopg",
    "pytest",
    "sqlglot",
    "sqlglot.optimizer",
    "yoyo",
    "yoyo.scripts.main",
]

_context = get_context("forkserver")
_context.set_forkserver_preload(IMPORTED)
# `start` also reads the exit codes of the other processes. If two threads read the same one, one of them gets 255.
_one_thread = Lock()


def run_module(
    module: str,
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    strict: bool = False,
) -> subprocess.CompletedProcess[str]:
    """What `python -m module arguments` answers without a terminal; `strict` makes warnings errors."""
    given = dict(os.environ if env is None else env)
    command = [module, *map(str, arguments)]
    with tempfile.TemporaryDirectory(prefix="command-") as folder:
        outputs = Path(folder, "stdout"), Path(folder, "stderr")
        process = _context.Process(target=_run, args=(command, str(cwd or Path.cwd()), given, outputs, strict))
        with _one_thread:
            process.start()
        has_ended = wait([process.sentinel], LIMIT)
        with _one_thread:
            if not has_ended:
                process.kill()
            process.join()
        if not has_ended:
            raise subprocess.TimeoutExpired(command, LIMIT)
        answers = [output.read_text(encoding="utf-8") for output in outputs]
    assert process.exitcode is not None
    return subprocess.CompletedProcess(command, process.exitcode, *answers)


def run_here(*arguments: str, env: Mapping[str, str]) -> tuple[int, str]:
    """Run `hangar-dal arguments` in this process; returns its exit code and all that it printed.

    This process has loaded the catalogs. The command gets a thread, because the test's event loop runs in this one.
    """
    said = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(said),
        redirect_stderr(said),
        ThreadPoolExecutor(1) as thread,
    ):
        for name, value in env.items():
            patch.setenv(name, value)
        code = thread.submit(cli.main, arguments).result()
    return code, said.getvalue()


def run_together(program: str, *arguments: str, processes: int, **environment: str) -> list[list[str]]:
    """Run a program in processes of their own, which begin at once; returns the lines that each printed.

    The program waits for the others by `wait_for_others()`, which returns another number below `processes` in each.
    """
    with tempfile.TemporaryDirectory(prefix="together-") as folder:
        barrier, env = _context.Barrier(processes), os.environ | environment
        printed = [Path(folder, str(number)) for number in range(processes)]
        crowd = [
            _context.Process(target=_run_program, args=(program, arguments, dict(env), path, barrier))
            for path in printed
        ]
        for process in crowd:
            process.start()
        for process in crowd:
            process.join(LIMIT)
        ended = [process.exitcode for process in crowd]
        for process in crowd:
            process.kill()
        assert ended == [0] * processes, [path.read_text(encoding="utf-8") for path in printed]
        return [path.read_text(encoding="utf-8").splitlines() for path in printed]


def start(program: str, *arguments: str, printed: Path) -> ForkServerProcess:
    """Start a program that goes on until it is killed; it appends to this file what it prints."""
    process = _context.Process(target=_run_program, args=(program, arguments, dict(os.environ), printed, None))
    process.start()
    return process


def _run_program(
    program: str, arguments: tuple[str, ...], env: dict[str, str], printed: Path, barrier: Barrier | None
) -> None:
    _become([program, *arguments], env, printed, printed)
    waiting = {} if barrier is None else {"wait_for_others": lambda: barrier.wait(LIMIT)}
    exec(program, {"__name__": "__main__", **waiting})


def _run(command: list[str], cwd: str, env: dict[str, str], outputs: tuple[Path, Path], strict: bool) -> None:
    _become(command, env, *outputs)
    os.chdir(cwd)
    sys.path[:0] = [cwd, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    sys.dont_write_bytecode = True  # a file that is edited within a second has the same time
    if strict:
        warnings.simplefilter("error")
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


def _become(command: Sequence[str], env: Mapping[str, str], stdout: Path, stderr: Path) -> None:
    """In the child: take the arguments, the environment and the streams of the command."""
    for number, path in enumerate((os.devnull, stdout, stderr)):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = command[1:]
