"""The files of the baseline: the migration that makes the tables of the imported database, and its rollback."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Final

from hangar_dal.importing.model import Imported, LeftOut
from hangar_dal.migrations.new import SHIM
from hangar_dal.sqlscan import Dialect

NAME: Final = "baseline"
_WIDTH: Final = 110
_HEAD: Final = """\
The schema of {name}, as it was imported. `hangar-dal migrations adopt` marks this migration as applied in a database
that has this schema.
"""
_UNDO: Final = {
    "sqlite": "",
    "postgresql": "-- squawk-ignore-file\n-- Undoes the baseline, with all rows of its tables.\n",
}
_NO_SQUAWK: Final = """\
-- squawk-ignore-file
-- These objects existed before, so the statements lock no table that anybody uses.
"""


def baseline_files(
    name: str,
    imports: Mapping[Dialect, Imported],
    left_out: Sequence[LeftOut],
    lines: Mapping[Dialect, Sequence[str]],
    *,
    migrations: Path,
    number: int,
) -> dict[Path, str]:
    """Return the texts of the files by their paths. `lines` are comments for `migrations verify`."""
    migration = f"{number:04}_{NAME}"
    made = {migrations / f"{migration}.py": SHIM}
    for dialect, imported in imports.items():
        create = ";\n\n".join(each.create for each in imported.statements)
        drop = ";\n".join(each.drop for each in reversed(imported.statements) if each.drop)
        head = _comment(_HEAD.format(name=name).replace("\n", " ").strip())
        head += _NO_SQUAWK if dialect == "postgresql" else ""
        head += "".join(f"-- {line}\n" for line in lines.get(dialect, ()))
        if left_out:
            head += "--\n-- Left out:\n" + "".join(_comment(f"- {each.what}: {each.why}") for each in left_out)
        made[migrations / dialect / f"{migration}.sql"] = f"{head}\n{create};\n"
        made[migrations / dialect / f"{migration}.rollback.sql"] = f"{_UNDO[dialect]}{drop};\n"
    return made


def _comment(text: str) -> str:
    plain = re.sub(r"\s+", " ", text)
    return "".join(
        f"-- {line}\n" for line in wrap(plain, _WIDTH, subsequent_indent="  " if text.startswith("- ") else "")
    )
