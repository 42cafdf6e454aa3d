"""Draft a query from its name, its model and the tables. Writes no files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from hangar_dal.check.model import Tables
from hangar_dal.check.project.project import Project
from hangar_dal.check.query_plans.model import Indexed
from hangar_dal.drafting.annotations import Annotation, of_class
from hangar_dal.drafting.conditions import conditions_of
from hangar_dal.drafting.function import module_of
from hangar_dal.drafting.guess import Guess, GuessedCondition
from hangar_dal.drafting.names import Name, is_of, read_name
from hangar_dal.drafting.places import Place, find_model, find_place
from hangar_dal.drafting.source import ModuleSource
from hangar_dal.drafting.statement import Wanted, statement_of
from hangar_dal.errors import SettingsError
from hangar_dal.fixing.blocks import BlockText, Unreadable, read_sql
from hangar_dal.fixing.writing import FileChange
from hangar_dal.query import RowCount, Stream
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """The request for a draft. `returns` is a model or an annotation, or empty if the verb implies it.

    `where` are columns.
    """

    name: str
    returns: str = ""
    table: str = ""
    where: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """The drafted changes. `notes` say what a person must complete or check."""

    changes: tuple[FileChange, ...]
    notes: tuple[str, ...]


def draft_query(project: Project, tables: Tables, indexed: Indexed, asked: DraftRequest) -> Draft:
    """Return the changes that add the block to each dialect's file and the function to its module.

    Raises `SettingsError`.
    """
    name = read_name(asked.name)
    place = find_place(project, name.module)
    sql = Path(str(place.catalog.folder))
    paths: dict[Dialect, Path] = {dialect: sql / dialect / f"{place.file}.sql" for dialect in place.catalog.dialects}
    project.refuse_outside((place.path, *paths.values()))
    place.catalog.findings()  # this call reads the signatures
    text = _read(place.path)
    if hasattr(place.module, name.function) or name.function in place.functions:
        raise SettingsError(f"{asked.name}: {place.path.name} already has this name; choose another one")
    returns, model = _returns(asked.returns, name, place, project)
    guess = Guess(name, place, ModuleSource(text), returns, model)
    table = _table(guess, asked.table, tables)
    where = conditions_of(guess, asked.where, table, tables)
    statement = statement_of(_wanted(guess, table, where, tables))
    _check_rows(guess, table, [each.column for each in where], tables, indexed)
    changes = []
    for dialect, path in paths.items():
        try:
            file = read_sql(path, dialect)
        except Unreadable as reason:
            raise SettingsError(str(reason)) from None
        if file.block(name.function):
            raise SettingsError(f"{path}: the block {name.function} exists already; declare its function, or delete it")
        block = BlockText(name.function, f"-- name: {name.function}\n{statement}")
        added = file.with_block(block, after=file.names[-1] if file.names else None)
        changes.append(FileChange(path, file.written, added.written))
    changes.append(FileChange(place.path, text, module_of(guess, where).written))
    return Draft(tuple(changes), tuple(guess.notes))


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsError(f"{path}: cannot be read: {fault}") from None


def _returns(asked: str, name: Name, place: Place, project: Project) -> tuple[Annotation, type[BaseModel] | None]:
    """Return the annotation of the result, and its model if there is one."""
    without_model = {"count": Annotation("int"), "delete": Annotation("RowCount", (("RowCount", RowCount),))}.get(
        name.verb
    )
    if without_model and asked in ("", without_model.text):
        return without_model, None
    if not asked:
        raise SettingsError(f"{name.function}: pass the model of a row, as in --returns User")
    if name.verb == "count":
        raise SettingsError(f"--returns {asked}: a query whose name begins with count_ returns int; omit --returns")
    pattern, inner = _pattern(asked)
    if inner in ("int", "str", "bool", "float", "None", "RowCount") or not inner.replace(".", "_").isidentifier():
        raise SettingsError(f"--returns {asked}: not a model; pass a model, such as User, list[User] or `User | None`")
    model = find_model(inner, place, project)
    if pattern == "{}":
        pattern = {"find": "{} | None", "list": "list[{}]", "stream": "Stream[{}]"}.get(name.verb, "{}")
    made = of_class(model, pattern)
    return (Annotation(made.text, (*made.needs, ("Stream", Stream))) if "Stream" in pattern else made), model


def _pattern(given: str) -> tuple[str, str]:
    """Split an annotation into pattern and model: `list[User]` into `list[{}]` and `User`."""
    for before, behind in (("list[", "]"), ("Stream[", "]"), ("", " | None")):
        if given.startswith(before) and given.endswith(behind):
            return f"{before}{{}}{behind}", given[len(before) : -len(behind)].strip()
    return "{}", given.strip()


def _table(guess: Guess, asked: str, tables: Tables) -> str:
    """Return the requested table, else the only table that has all fields of the model or matches the query's name."""
    if asked:
        if asked not in tables.columns:
            raise SettingsError(
                f"--table {asked}: there is no such table; choose one of {', '.join(sorted(tables.columns))}"
            )
        return asked
    fields = set(guess.model.model_fields) if guess.model else set()
    having = [table for table, columns in tables.columns.items() if fields <= set(columns)]
    named = [table for table in having if is_of(guess.name.subject, table)]
    named = named or [table for table in having if table == guess.place.file]
    if len(named) == 1 or len(having) == 1:
        return (named if len(named) == 1 else having)[0]
    if having:
        raise SettingsError(f"several tables are possible; choose one with --table: {', '.join(sorted(having))}")
    nearest = max(tables.columns.items(), key=lambda item: len(fields & set(item[1])), default=("", {}))
    lacking = [each for each in guess.model.model_fields if each not in nearest[1]] if guess.model else []
    raise SettingsError(
        f"no table has a column for every field of {guess.model.__name__ if guess.model else ''}: {nearest[0]} has no "
        f"{', '.join(lacking)}; write the query by hand"
    )


def _wanted(guess: Guess, table: str, where: Sequence[GuessedCondition], tables: Tables) -> Wanted:
    columns = tuple(guess.model.model_fields) if guess.model else ()
    if lacking := [name for name in columns if name not in tables.columns[table]]:
        model = guess.model.__name__ if guess.model else ""
        message = f"{table} has no column for {', '.join(f'{model}.{name}' for name in lacking)}"
        raise SettingsError(f"{message}; choose another table with --table, or write the query by hand")
    order = next(iter(tables.keys.get(table, ())), ()) if guess.is_sorted else ()
    if guess.is_sorted and not order:
        guess.notes.append(f"{table} has no key to sort by: write an ORDER BY that leaves no ties")
    verb = guess.name.verb if guess.name.verb in ("count", "delete") else "select"
    pairs = tuple((each.column, each.parameter) for each in where)
    return Wanted(verb, table, columns, pairs, order, guess.has_limit, guess.name.subject)


def _check_rows(guess: Guess, table: str, where: Sequence[str], tables: Tables, indexed: Indexed) -> None:
    """Add notes about findings that `check` will report."""
    name = guess.name
    uniques = [*tables.keys.get(table, ()), *(each.columns for each in tables.loose.get(table, ()) if not each.where)]
    if guess.model and not guess.is_many and not any(set(key) <= set(where) for key in uniques):
        columns = " and ".join(where)
        guess.notes.append(
            f"several rows of {table} may have the same {columns}, and {guess.returns.text} allows one: make "
            f"{columns} unique in a migration, or return list[{guess.model.__name__}]"
        )
    if not where and name.verb in ("count", "stream"):
        guess.notes.append(
            f"the statement reads all of {table}: write `-- scan: reason` under both headers, or a WHERE"
        )
    elif where and not any(index and index[0] in where for index in (*indexed.get(table, ()), *uniques)):
        guess.notes.append(f"no index of {table} begins with {' or '.join(where)}: create one in a migration")
