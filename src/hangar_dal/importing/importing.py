"""Import a database: read it, write the files of a project, and try them before they are written."""

import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

from hangar_dal.errors import SettingsError
from hangar_dal.importing.baseline import baseline_files
from hangar_dal.importing.list_tests import lists_test
from hangar_dal.importing.model import Imported, ImportedColumn, ImportedTable, LeftOut
from hangar_dal.importing.module import module_text
from hangar_dal.importing.place import Place, new_place
from hangar_dal.importing.plan import TablePlan, plans, without
from hangar_dal.importing.proof import Proof, findings_of, prove_baseline
from hangar_dal.importing.queries import sql_files
from hangar_dal.importing.source import Source
from hangar_dal.importing.twin import twin_of
from hangar_dal.migrations.scratch import Server
from hangar_dal.sqlscan import Dialect
from hangar_dal.starting import base_files

_MOST_TRIES: Final = 5
_SCANS: Final = {"scan": True, "scan-needless": False}
_UNKNOWN: Final = re.compile(r"it cannot be determined whether (\w+) may be NULL")
_NEVER_NULL: Final = re.compile(r"\w+\.(\w+) allows None")


@dataclass(frozen=True)
class Result:
    """The files to write, and what the user should know."""

    files: Mapping[Path, str]
    plans: tuple[TablePlan, ...]
    left_out: tuple[LeftOut, ...]
    proof: Proof


def import_source(
    source: Source,
    place: Place,
    server: Server | None,
    progress: Callable[[str], object] = lambda _: None,
) -> Result:
    """Return what to write. Changes only scratch databases and a temporary folder.

    Raises `MigrationError` if the baseline does not work.
    """
    with tempfile.TemporaryDirectory(prefix="hangar-dal-import-") as folder:
        return _imported(source, place, server, progress, Path(folder))


def _imported(
    source: Source, place: Place, server: Server | None, progress: Callable[[str], object], folder: Path
) -> Result:
    progress("trying the baseline")
    staged = replace(new_place(place.package), dialects=place.dialects)
    imports: dict[Dialect, Imported] = {
        dialect: source.imported if dialect == source.dialect else twin_of(source, dialect)
        for dialect in place.dialects
    }
    _write(_baseline(source, imports, (), {}, staged), folder / "first")
    proof = prove_baseline(source, folder / "first" / staged.migrations, place.dialects, server, progress)

    def nullable(table: ImportedTable, column: ImportedColumn) -> bool:
        known = [of_one.columns.get(table.label, {}).get(column.name) for of_one in proof.tables.values()]
        return any(column.nullable if each is None else each.nullable for each in known)

    tables = next(each.tables for each in sorted(imports.values(), key=lambda each: len(each.tables)))
    planned, lacking = plans(tables, source.dialect, place.taken, nullable, for_both=len(imports) > 1)
    left_out = [*(each for one in imports.values() for each in one.left_out), *lacking]
    found: Sequence[Mapping[str, Any]] = []
    for attempt in range(_MOST_TRIES):
        progress("checking the queries")
        baseline = _baseline(source, imports, left_out, proof.lines(), staged)
        files = _around(planned, staged) | _files(planned, staged) | baseline
        _write(files, folder / str(attempt))
        found = findings_of(folder / str(attempt), server)
        if not found:
            break
        planned, dropped = _corrected(planned, found)
        left_out += dropped
    else:
        raise SettingsError(f"nothing was written, because check still reports: {found[0]['message']}")
    files = {**_files(planned, place), **_baseline(source, imports, left_out, proof.lines(), place)}
    if place.is_new:
        files = _around(planned, place) | files
    return Result(files, planned, tuple(left_out), proof)


def _corrected(
    planned: Sequence[TablePlan], found: Sequence[Mapping[str, Any]]
) -> tuple[tuple[TablePlan, ...], list[LeftOut]]:
    """Correct what only `check` knows: which lists read whole tables, and which columns of views are never NULL.

    Leave out the functions that it has other findings for.
    """
    by_query: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for finding in found:
        by_query[str(finding["query"])].append(finding)
    kept: list[TablePlan] = []
    dropped: list[LeftOut] = []
    for plan in planned:
        corrected, by_name = plan, {each.name: each.column for each in plan.fields}
        for verb in plan.functions:
            for finding in by_query.pop(f"{plan.module}.{plan.function(verb)}", ()):
                rule, message = finding["rule"], finding["message"]
                unknown = _UNKNOWN.match(message) if rule == "null-unknown" else None
                never_null = _NEVER_NULL.match(message) if rule == "null-needless" else None
                if verb == "list" and rule in _SCANS and plan.scans != _SCANS[rule]:
                    corrected = replace(corrected, scans=_SCANS[rule])
                elif unknown and not by_name[unknown[1]].nullable and (verb, unknown[1]) not in plan.certain:
                    corrected = replace(corrected, certain=corrected.certain | {(verb, unknown[1])})
                elif never_null:
                    corrected = corrected.never_null(never_null[1])
                elif verb in corrected.functions:
                    corrected = without(corrected, (verb,))
                    why = f"check would report {rule}: {message}"
                    dropped.append(LeftOut(f"{verb} for {plan.table.label}", why))
        kept.append(corrected)
    for finding in chain.from_iterable(by_query.values()):
        message = f"{finding['rule']}: {finding['message']}"
        raise SettingsError(f"nothing was written, because check reports for what would be written: {message}")
    return tuple(kept), dropped


def _baseline(
    source: Source,
    imports: Mapping[Dialect, Imported],
    left_out: Sequence[LeftOut],
    lines: Mapping[Dialect, Sequence[str]],
    place: Place,
) -> dict[Path, str]:
    return baseline_files(source.name, imports, left_out, lines, migrations=place.migrations, number=place.number)


def _files(planned: Sequence[TablePlan], place: Place) -> dict[Path, str]:
    made: dict[Path, str] = {}
    for plan in planned:
        if plan.functions:
            made[place.module / f"{plan.module}.py"] = module_text(plan, place.package)
            for dialect, text in sql_files(plan, place.dialects).items():
                made[place.sql / dialect / f"{plan.module}.sql"] = text
    if place.tests is not None and any("list" in plan.functions for plan in planned):
        made[place.tests / "test_imported_tables.py"] = lists_test(planned, place.package)
    return made


def _around(planned: Sequence[TablePlan], place: Place) -> dict[Path, str]:
    first = next((plan for plan in planned if plan.functions), None)
    example = f"{first.module}.count_{first.plural}" if first else "module.function"
    return base_files(place.package, place.dialects, example)


def _write(files: Mapping[Path, str], folder: Path) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")
