"""Things stand where a reader looks for them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hangar_dal import errors

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "hangar_dal"
SQL = ROOT / "sql"
DIALECTS = ("sqlite", "postgresql")
LONGEST = 300
# Where one machine keeps its things or fetches its packages is of no use on another.
OF_ONE_MACHINE = re.compile(r"/(root|home|work|Users)/\w|[-_]index[-_]url|pythonhosted\.|artifactory\.")


def files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and ".egg-info" not in str(path):
                yield path


def names(folder: Path, pattern: str) -> list[str]:
    return sorted(path.name.partition(".")[0] for path in folder.glob(pattern))


MODULES = [path for path in files("src", "tests", "examples", "benchmarks") if path.suffix == ".py"]
OUR_FILES = [
    *files("src", "sql", "tests", "examples", "benchmarks", "docs"),
    *(path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"),  # a file in a worktree
]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_domain_has_its_sql_in_each_dialect(dialect: str) -> None:
    domains = [path.stem for path in MODULES if path.parent == PACKAGE / "domains" and "\n@query\n" in path.read_text()]
    assert domains
    assert names(SQL / "queries" / dialect, "*.sql") == domains


@pytest.mark.parametrize("suffix", [".sql", ".rollback.sql"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_migration_goes_forth_and_back_in_each_dialect(dialect: str, suffix: str) -> None:
    migrations = [name for name in names(SQL / "migrations", "*.py") if not name.startswith("_")]
    assert migrations
    found = sorted(p.name.removesuffix(suffix) for p in (SQL / "migrations" / dialect).glob(f"[!.]*{suffix}"))
    assert [name for name in found if "." not in name] == migrations


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_no_module_is_too_long_to_be_read_at_once(module: Path) -> None:
    lines = module.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST


@pytest.mark.parametrize("module", [path for path in MODULES if PACKAGE in path.parents], ids=relative)
def test_every_module_says_what_it_is_for(module: Path) -> None:
    assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))


def test_no_file_tells_of_one_machine() -> None:
    found = []
    for path in OUR_FILES:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{relative(path)}: {match[0]}" for match in OF_ONE_MACHINE.finditer(text)]
    assert found == []


def test_the_readme_and_ci_run_the_same_command() -> None:
    command = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1]
    assert command in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()


# These read files and a scratch database, which hold no secrets.
WITHOUT_SECRETS = ("cli", "contract", "drafting", "fixing")
# What reaches a handler of BaseException has been translated already, or is a cancellation.
OURS = {*vars(errors), "Misfit", "Unresolved", "UnsupportedType", "Unterminated", "BaseException"}


def raised_under_foreign_exceptions(module: Path) -> Iterator[int]:
    """The lines that raise while an exception of a driver or a library is being handled."""
    for handler in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(handler, ast.ExceptHandler) and not {name.id for name in names_in(handler.type)} <= OURS:
            raised = [node for node in ast.walk(handler) if isinstance(node, ast.Raise) and node.exc]
            yield from (node.lineno for node in raised if not isinstance(node.cause, ast.Name))


def names_in(expression: ast.expr | None) -> Iterator[ast.Name]:
    yield from (node for node in ast.walk(expression) if isinstance(node, ast.Name)) if expression else ()


@pytest.mark.parametrize(
    "module",
    [path for path in MODULES if path.is_relative_to(PACKAGE) and path.parent.name not in WITHOUT_SECRETS],
    ids=relative,
)
def test_no_error_is_raised_with_a_foreign_exception_as_its_context(module: Path) -> None:
    """`from None` hides the context and keeps it; `raise_alone` removes it."""
    assert list(raised_under_foreign_exceptions(module)) == []
