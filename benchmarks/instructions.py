"""`python -m benchmarks.instructions`: count the instructions of a call, and print a table."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

from benchmarks.few_calls import KINDS

ROOT = Path(__file__).parents[1]
FEW_CALLS = ROOT / "benchmarks/few_calls.py"
MIGRATE = "import sys; from hangar_dal import ACCOUNTS, migrations; migrations.apply(sys.argv[1], catalog=ACCOUNTS)"
HELP = """\
Counts the instructions that one call takes in the process of the application, with valgrind's callgrind. Unlike times,
they hardly depend on what else the machine does. N calls and 2N calls are compared, so that all else cancels out.

  python -m benchmarks.instructions                           in some minutes
  python -m benchmarks.instructions --beside /tmp/old/.venv/bin/python
                                                              also of the version that this environment holds

PostgreSQL is found as the tests find it; valgrind must be installed. What the server does is not counted.
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.instructions", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--calls", type=int, default=200, metavar="N", help="N, the calls of each kind (default 200)")
    parser.add_argument("--beside", metavar="PYTHON", help="the interpreter of an environment with another version")
    options = parser.parse_args()
    pythons = [python for python in (options.beside, sys.executable) if python]
    heading = ["Database", "Call", *(["Before"] if options.beside else []), "Instructions"]
    print(_line([*heading, *(["Change"] if options.beside else [])]))
    print("|" + "---|" * (len(heading) + bool(options.beside)))
    for database in ("sqlite", "postgresql"):
        if options.database in (database, "both"):
            found = [count(python, database, options.calls) for python in pythons]
            for kind in KINDS:
                counts = [each[kind] for each in found]
                change = [f"{counts[-1] / counts[0] - 1:+.1%}"] if options.beside else []
                print(_line([database, kind, *(f"{number:,}" for number in counts), *change]), flush=True)


def count(python: str, database: str, calls: int) -> dict[str, int]:
    """The instructions of one call of each kind. A random hash seed changes the order of sets, and so the count."""
    with PLACES[database]() as url, TemporaryDirectory(prefix="hangar-benchmark-") as directory:
        subprocess.run([python, "-c", MIGRATE, url], check=True)
        valgrind = ["valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=counts"]
        program = [python, str(FEW_CALLS), url, str(calls)]
        subprocess.run([*valgrind, *program], env={**os.environ, "PYTHONHASHSEED": "0"}, cwd=directory, check=True)
        dumps = [Path(directory, f"counts.{number + 1}").read_text() for number in range(2 * len(KINDS))]
        totals = [int(dump.rpartition("totals: ")[2]) for dump in dumps]
        return {kind: (totals[2 * n + 1] - totals[2 * n]) // calls for n, kind in enumerate(KINDS)}


@contextmanager
def sqlite() -> Iterator[str]:
    with TemporaryDirectory(prefix="hangar-benchmark-") as directory:
        yield f"sqlite:///{directory}/benchmark.db"


@contextmanager
def postgresql() -> Iterator[str]:
    from tests.with_postgres import server  # noqa: PLC0415  (only then are the tests' packages needed)

    name = f"hangar_benchmark_{token_hex(6)}"
    with server() as found, found.database(name):
        if found.needs_permission:
            os.environ["HANGAR_ALLOW_INSECURE_POSTGRES"] = "true"
        yield found.url(name)


PLACES = {"sqlite": sqlite, "postgresql": postgresql}


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
