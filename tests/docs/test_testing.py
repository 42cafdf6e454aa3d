"""The page about tests of applications: its test passes, and it names every builder."""

import re
import subprocess
import sys
from pathlib import Path

from hangar_dal import builders
from tests.docs.documents import ROOT, write_files

PAGE = ROOT / "docs" / "testing.md"


def test_the_test_of_the_page_passes(tmp_path: Path) -> None:
    write_files(PAGE, tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", "test_pages.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_page_lists_every_builder() -> None:
    text = PAGE.read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(\w+)\(", text, re.MULTILINE))
    made = {name for name, each in vars(builders).items() if callable(each) and not isinstance(each, type)}
    assert listed == made - {"password", "storage_state"}
