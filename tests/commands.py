"""Commands in processes of their own that do not import everything anew.

`python -m` takes most of its time to import the package and its libraries. Here one process has imported them, and each
command runs in a child that is forked from it: with its own arguments, folder, environment and streams.
"""

import os
import runpy
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Final

LIMIT: Final = 300
# None of them starts a thread when it is imported, and none reads the environment.
IMPORTED: Final = ["hangar_dal.cli", "psycopg", "sqlglot", "sqlglot.optimizer", "yoyo", "yoyo.scripts.main"]

_context = get_context("forkserver")
_context.set_forkserver_preload(IMPORTED)


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
        process.start()
        process.join(LIMIT)
        if process.is_alive():
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(command, LIMIT)
        answers = [output.read_text(encoding="utf-8") for output in outputs]
    assert process.exitcode is not None
    return subprocess.CompletedProcess(command, process.exitcode, *answers)


def _run(command: list[str], cwd: str, env: dict[str, str], outputs: tuple[Path, Path], strict: bool) -> None:
    """In the child: become the command."""
    for number, path in enumerate((os.devnull, *outputs)):
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    module, *sys.argv[1:] = command
    sys.path[:0] = [cwd, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    sys.dont_write_bytecode = True  # a file that is edited within a second has the same time
    if strict:
        warnings.simplefilter("error")
    runpy.run_module(module, run_name="__main__", alter_sys=True)
