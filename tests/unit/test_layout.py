"""Things stand where a reader looks for them."""

import ast
import re
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from itertools import chain
from pathlib import Path

import pytest

import hangar_dal
from hangar_dal import errors

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "hangar_dal"
SQL = ROOT / "sql"
DIALECTS = ("sqlite", "postgresql")
LONGEST = 300  # lines, without those of rules, which are explanations and examples
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
OF_THE_PACKAGE = [path for path in MODULES if path.is_relative_to(PACKAGE)]
OUR_FILES = [
    *files("src", "sql", "tests", "examples", "benchmarks", "docs"),
    *(path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"),  # a file in a worktree
]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_readme_of_the_tests_has_a_row_for_each_folder() -> None:
    tests = ROOT / "tests"
    folders = sorted(path.name for path in tests.iterdir() if path.is_dir() and path.name != "__pycache__")
    assert re.findall(r"^\| `(\w+)/` \|", (tests / "README.md").read_text(encoding="utf-8"), re.MULTILINE) == folders


def test_the_readme_of_the_tests_has_a_row_for_each_helper() -> None:
    text = (ROOT / "tests" / "README.md").read_text(encoding="utf-8").partition("\n## Helpers\n")[2]
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == names(ROOT / "tests" / "helpers", "[!_]*.py")


QUERY = re.compile(r"^query = [A-Z]+\.query$", re.MULTILINE)
CATALOGS = sorted(path for path in SQL.iterdir() if (path / "queries").is_dir())
DOMAINS = [(folder, name) for folder in CATALOGS for name in names(folder / "queries" / "sqlite", "*.sql")]


@pytest.mark.parametrize(("folder", "domain"), DOMAINS, ids=[name for _, name in DOMAINS])
def test_a_domain_is_one_name_in_each_of_its_places(folder: Path, domain: str) -> None:
    assert (folder / "queries" / "postgresql" / f"{domain}.sql").is_file()
    assert f"\nquery = {folder.name.upper()}.query\n" in (PACKAGE / f"{domain}.py").read_text(encoding="utf-8")
    assert (PACKAGE / "models" / f"{domain}.py").is_file()
    assert list((ROOT / "tests" / "domains" / domain).glob("test_*.py"))
    assert (folder / "queries" / "snapshots" / f"{domain}.json").is_file()


def test_no_place_of_a_domain_is_without_the_others() -> None:
    known = {domain for _, domain in DOMAINS}
    assert known
    declaring = {path.stem for path in PACKAGE.glob("*.py") if QUERY.search(path.read_text())}
    of_models = {path.stem for path in (PACKAGE / "models").glob("[!_]*.py")} - {"row"}
    of_tests = {path.name for path in (ROOT / "tests" / "domains").iterdir() if path.is_dir()} - {"__pycache__"}
    of_snapshots = {name for folder in CATALOGS for name in names(folder / "queries" / "snapshots", "*.json")}
    assert declaring == of_models == of_tests == of_snapshots == known
    assert len(known) == len(DOMAINS), "two catalogs have a domain of one name"


@pytest.mark.parametrize(("folder", "domain"), DOMAINS, ids=[name for _, name in DOMAINS])
def test_a_domain_imports_no_other_domain(folder: Path, domain: str) -> None:
    """Joint work belongs to the caller's transaction. Models have an import contract of their own."""
    imported = set(imports(PACKAGE / f"{domain}.py"))
    others = {f"hangar_dal.{other}" for _, other in DOMAINS if other != domain}
    assert imported & others == set()


def test_a_type_that_several_models_share_is_defined_once() -> None:
    """In `models/row.py`."""
    places: dict[str, list[str]] = {}
    for path in sorted((PACKAGE / "models").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and "Annotated[" in (definition := ast.unparse(node.value)):
                places.setdefault(definition, []).append(path.stem)
    assert "row" in chain(*places.values())
    assert {definition: found for definition, found in places.items() if len(found) > 1} == {}


def imports(module: Path) -> Iterator[str]:
    """The modules that a module imports, as far as they are named with `from` or `import`."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_the_page_for_contributors_shows_the_layers_of_the_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    blocks = (
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## The layers\n")[2].split("```")[1:4:2]
    )
    lines = [[line for line in block.split("\n") if line and not line.startswith("domains: ")] for block in blocks]
    assert lines == [[layer.replace("hangar_dal.", "") for layer in each] for each in layers]


def test_each_catalog_is_named_where_commands_look_for_catalogs() -> None:
    yoyo = ConfigParser(interpolation=None)
    yoyo.read(ROOT / "yoyo.ini", encoding="utf-8")
    assert yoyo["DEFAULT"]["sources"].split() == [f"sql/{folder.name}/migrations" for folder in CATALOGS]
    section = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hangar_dal"]
    assert section["catalogs"] == [f"hangar_dal:{folder.name.upper()}" for folder in CATALOGS]
    catalogs = [getattr(hangar_dal, folder.name.upper()) for folder in CATALOGS]
    assert [catalog.migrations.parent.name for catalog in catalogs] == [folder.name for folder in CATALOGS]


@pytest.mark.parametrize("file", ["pyproject.toml", "tox.ini", "yoyo.ini"])
def test_no_list_elsewhere_names_a_domain(file: str) -> None:
    """Except that the import contract of the models names a model which is made of another domain's.

    A catalog may have the name of its domain.
    """
    lines = [
        re.sub(r"\bsql/\w+/migrations\b", "", line.partition("#")[0])
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines()
    ]
    listed = [line for line in lines if " -> hangar_dal.models." not in line]
    assert [domain for _, domain in DOMAINS if any(re.search(rf"\b{domain}\b", line) for line in listed)] == []


def test_the_package_lists_each_of_its_own_packages() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = [path.parent.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("__init__.py")]
    assert set(listed) - {"hangar_dal.sql"} == {".".join(folder.parts) for folder in folders}


@pytest.mark.parametrize("suffix", [".sql", ".rollback.sql"])
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("catalog", CATALOGS, ids=[path.name for path in CATALOGS])
def test_every_migration_can_be_applied_and_rolled_back_in_each_dialect(
    catalog: Path, dialect: str, suffix: str
) -> None:
    folder = catalog / "migrations"
    migrations = [name for name in names(folder, "*.py") if not name.startswith("_")]
    assert migrations
    found = sorted(p.name.removesuffix(suffix) for p in (folder / dialect).glob(f"[!.]*{suffix}"))
    assert [name for name in found if "." not in name] == migrations


def lines_to_read(text: str) -> int:
    lines = text.count("\n")
    if lines <= LONGEST:
        return lines  # parsing it could only lower the number
    rules = [
        node.end_lineno - node.lineno + 1
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Rule" and node.end_lineno
    ]
    return lines - sum(rules)


def test_no_module_is_too_long_to_be_read_at_once() -> None:
    lines = {relative(module): lines_to_read(module.read_text(encoding="utf-8")) for module in MODULES}
    assert {module: number for module, number in lines.items() if number > LONGEST} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in OF_THE_PACKAGE if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert list(map(relative, silent)) == []


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
WITHOUT_SECRETS = ("cli", "check", "drafting", "fixing")
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


def test_no_error_is_raised_with_a_foreign_exception_as_its_context() -> None:
    """`from None` hides the context and keeps it; `raise_alone` removes it."""
    modules = [path for path in OF_THE_PACKAGE if path.relative_to(PACKAGE).parts[0] not in WITHOUT_SECRETS]
    assert [f"{relative(path)}:{line}" for path in modules for line in raised_under_foreign_exceptions(path)] == []
