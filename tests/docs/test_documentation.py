"""The documentation is run: every block of code in the README and the tutorial is a file, a command or a quotation."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hangar_dal import cli, sealing
from tests.docs.documents import (
    BACKUP,
    DEPLOYMENT,
    IMPORTING,
    OPERATING,
    README,
    ROOT,
    TUTORIAL,
    Block,
    blocks,
    write_block,
)
from tests.helpers.commands import run_module

PAGES = [README, TUTORIAL, IMPORTING, OPERATING]
# The placeholder for the reader's own database in commands.
EXAMPLE_URL = "postgresql://user:password@localhost/shop_test"
MARKDOWN = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "examples").glob("*/README.md"),
    ROOT / "benchmarks" / "README.md",
    ROOT / "sql" / "README.md",
    ROOT / "tests" / "README.md",
]


def by_page(page: Path) -> list[tuple[Path, Block]]:
    return [(page, block) for block in blocks(page)]


def run(command: str, folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    """The command as a shell reads it; a Python program runs in a process that has imported the package before."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # the pages' own tests run commands
        "DATABASE_URL": url,
        "HANGAR_SEALING_KEYS": sealing.new_key(),
        "PYTEST_ADDOPTS": "-p no:schemathesis",  # takes a second to be loaded, and the pages do not use it
    }
    words = shlex.split(command.replace(EXAMPLE_URL, url))
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    match words:
        case ["hangar-dal", *arguments]:
            return run_module("hangar_dal.cli", *arguments, cwd=folder, env=environment)
        case ["python", "-m", module, *arguments]:
            return run_module(module, *arguments, cwd=folder, env=environment)
        case ["python", file] if file.endswith(".py"):
            return run_module(file.removesuffix(".py"), cwd=folder, env=environment)
        case ["python", "-c", _]:
            command_line = [sys.executable, *words[1:]]
            return subprocess.run(
                command_line, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
            )
        case _:
            raise AssertionError(f"{command}: no test knows how to run this")


@pytest.mark.parametrize(
    ("page", "block"),
    [entry for page in (*PAGES, DEPLOYMENT, BACKUP) for entry in by_page(page)],
    ids=lambda value: value.name if isinstance(value, Path) else f"line {value.line}",
)
def test_every_block_of_code_says_what_it_is(page: Path, block: Block):
    assert block.marks or block.language == "text", f"{page.name}:{block.line} has no mark (tests/docs/documents.py)"


@pytest.mark.parametrize(
    ("quoted", "block"),
    [(name, block) for page in PAGES for block in blocks(page) for name in block.values("from")],
    ids=lambda value: value if isinstance(value, str) else f"line {value.line}",
)
def test_quoted_lines_are_in_the_source(quoted: str, block: Block):
    assert block.text in (ROOT / quoted).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_reader_who_types_the_page_gets_what_it_promises(page: Path, empty_database_url: str, tmp_path: Path):
    folder = tmp_path / "project"
    folder.mkdir()
    said = []
    for block in blocks(page):
        write_block(block, folder)
        works, fails = block.values("run"), block.values("fails")
        for command in block.text.splitlines() if works or fails else ():
            done = run(command, folder, empty_database_url)
            assert done.returncode == (1 if fails else 0), f"{command}\n{done.stdout}\n{done.stderr}"
            said += [line.strip() for line in done.stdout.splitlines()]
    promised = re.findall(r"It prints `(.*?)`", page.read_text(encoding="utf-8"))
    assert promised
    assert set(promised) <= set(said)


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path):
    links = re.findall(r"\]\(([^)#:]+)(?:#([^)]*))?\)", page.read_text(encoding="utf-8"))
    broken = [name for name, _ in links if not (page.parent / name).exists()]
    broken += [f"{name}#{anchor}" for name, anchor in links if anchor and anchor not in anchors(page.parent / name)]
    assert broken == []


@pytest.mark.parametrize(
    "page",
    [ROOT / ".env.example", *(page for page in MARKDOWN if page.name != "CHANGELOG.md")],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_command_that_is_named_exists(page: Path):
    """The changelog also names commands that are gone."""
    text = page.read_text(encoding="utf-8")
    named = {tuple(found.split()) for found in re.findall(r"\bhangar-dal ((?:keys |migrations )?[a-z-]+)\b", text)}
    unknown = []
    for command in sorted(named):
        with pytest.raises(SystemExit) as ended:
            cli.main([*command, "--help"])
        unknown += [command] if ended.value.code else []
    assert unknown == []


def anchors(page: Path) -> set[str]:
    """The headings as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
