"""Both type checkers see what a query takes and gives: right uses pass, each wrong one is found on its line."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RIGHT = HERE / "usage.py"
WRONG = HERE / "wrong_uses.py"

pytestmark = pytest.mark.slow


def _marked() -> set[int]:
    lines = WRONG.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# error")}


def _run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def _by_mypy() -> dict[str, set[int]]:
    """The lines with an error, of each file."""
    pytest.importorskip("mypy", reason="run by tox -e types")
    output = _run("mypy", "--output=json", str(RIGHT), str(WRONG))
    found = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return _by_file((error["file"], error["line"]) for error in found if error["severity"] == "error")


def _by_pyright(folder: Path) -> dict[str, set[int]]:
    pytest.importorskip("pyright", reason="run by tox -e types")
    # A project of its own: the repository's leaves the wrong uses out.
    for file in (RIGHT, WRONG):
        shutil.copy(file, folder)
    project = {"include": ["."], "extraPaths": [str(ROOT), str(ROOT / "src")], "typeCheckingMode": "standard"}
    (folder / "pyrightconfig.json").write_text(json.dumps(project), encoding="utf-8")
    output = json.loads(_run("pyright", "--outputjson", "-p", str(folder), "--pythonpath", sys.executable))
    assert output["summary"]["filesAnalyzed"] == 2
    errors = [error for error in output["generalDiagnostics"] if error["severity"] == "error"]
    return _by_file((error["file"], error["range"]["start"]["line"] + 1) for error in errors)


def _by_file(found: Iterable[tuple[str, int]]) -> dict[str, set[int]]:
    lines: dict[str, set[int]] = {}
    for file, line in found:
        lines.setdefault(Path(file).name, set()).add(line)
    return lines


def test_mypy_accepts_right_uses_and_rejects_each_wrong_one() -> None:
    assert _by_mypy() == {WRONG.name: _marked()}


def test_pyright_accepts_right_uses_and_rejects_each_wrong_one(tmp_path: Path) -> None:
    assert _by_pyright(tmp_path) == {WRONG.name: _marked()}
