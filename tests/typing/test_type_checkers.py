"""Both type checkers see what a query takes and gives: right uses pass, each wrong one is found on its line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
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


def _by_mypy(file: Path) -> set[int]:
    pytest.importorskip("mypy", reason="run by tox -e types")
    found = [json.loads(line) for line in _run("mypy", "--output=json", str(file)).splitlines() if line.startswith("{")]
    return {error["line"] for error in found if error["severity"] == "error"}


def _by_pyright(file: Path, folder: Path) -> set[int]:
    pytest.importorskip("pyright", reason="run by tox -e types")
    # A project of its own: the repository's leaves the wrong uses out.
    for name in ("usage.py", "wrong_uses.py"):
        shutil.copy(HERE / name, folder)
    project = {"include": [file.name], "extraPaths": [str(ROOT / "src")], "typeCheckingMode": "standard"}
    (folder / "pyrightconfig.json").write_text(json.dumps(project), encoding="utf-8")
    output = json.loads(_run("pyright", "--outputjson", "-p", str(folder), "--pythonpath", sys.executable))
    assert output["summary"]["filesAnalyzed"] == 1
    found = output["generalDiagnostics"]
    return {error["range"]["start"]["line"] + 1 for error in found if error["severity"] == "error"}


def test_mypy_accepts_right_uses_and_rejects_each_wrong_one() -> None:
    assert _by_mypy(HERE / "usage.py") == set()
    assert _by_mypy(WRONG) == _marked()


def test_pyright_accepts_right_uses_and_rejects_each_wrong_one(tmp_path: Path) -> None:
    assert _by_pyright(HERE / "usage.py", tmp_path) == set()
    assert _by_pyright(WRONG, tmp_path) == _marked()
