"""Replace the file that `yoyo new` creates with the next numbered shim and the SQL files to fill in.

    yoyo new -m "add videos"   ->   0004_add_videos.py, and four files in sqlite/ and postgresql/ beside it

If only one of these folders exists, the migrations are written for this database alone, and get two files in it.
yoyo.ini tells `yoyo new` to run this file. A file that was not filled in contains no statement, and applying it is
refused. Imports only the standard library: yoyo.ini runs the file with any `python3`, without a virtual environment.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Final

_DIALECTS: Final = ("sqlite", "postgresql")
SHIM: Final = dedent("""\
    from hangar_dal.migrations.loader import load

    __depends__, __transactional__, steps = load(__file__)
    """)
_APPLY: Final = "-- {title}: say here what this migration changes.{twin}\n"
_TWIN: Final = " The file of the other dialect has the same names and constraints."
_ROLLBACK: Final = dedent("""\
    -- Undoes {migration}, so that applying it again gives the same schema.
    """)
# The name that yoyo chooses: date, number of the day, five random characters, and the words of the message.
_YOYO_NAME: Final = re.compile(r"^\d{8}_\d+_[A-Za-z0-9]{5}(?:-(?P<words>.*))?$")
_NUMBER: Final = re.compile(r"^(\d+)_")


def create(made_by_yoyo: Path) -> tuple[Path, ...]:
    """Delete yoyo's file, create the shim and the SQL files, and return their paths.

    Raises `FileExistsError` if one of them exists.
    """
    match = _YOYO_NAME.match(made_by_yoyo.stem)
    made_by_yoyo.unlink()
    return write(made_by_yoyo.parent, (match["words"] if match else None) or "change")


def write(folder: Path, title: str) -> tuple[Path, ...]:
    """Create the shim and the SQL files of the next migration, and return their paths.

    Raises `FileExistsError` if one of them exists.
    """
    slug = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") or "change"
    migration = f"{next_number(folder):04}_{slug}"
    made = dict(_files(folder, migration, slug.replace("_", " ").capitalize()))
    for path, text in made.items():
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    return tuple(made)


def next_number(folder: Path) -> int:
    """Return the next free number. SQL files without a shim count too, because the new files must not exist yet."""
    names = [path.name for pattern in ("*.py", "*/*.sql") for path in folder.glob(pattern)]
    return 1 + max((int(match[1]) for match in map(_NUMBER.match, names) if match), default=0)


def _files(folder: Path, migration: str, title: str) -> Iterator[tuple[Path, str]]:
    yield folder / f"{migration}.py", SHIM
    there = [dialect for dialect in _DIALECTS if (folder / dialect).is_dir()]
    dialects = there or _DIALECTS
    for dialect in dialects:
        twin = _TWIN if len(dialects) > 1 else ""
        yield folder / dialect / f"{migration}.sql", _APPLY.format(title=title, twin=twin)
        yield folder / dialect / f"{migration}.rollback.sql", _ROLLBACK.format(migration=migration)


if __name__ == "__main__":
    for path in create(Path(sys.argv[1])):
        print(f"Made {path}")  # noqa: T201 - a script
    print("Fill in the SQL files. Ignore the file that yoyo names next: it was removed.")  # noqa: T201 - a script
