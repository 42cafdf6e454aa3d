"""Turn the SQL files of a migration into one step for yoyo. The Python shim of each migration calls `load`.

The step chooses the SQL by the connection that yoyo passes, so `yoyo -d sqlite:///...` and `yoyo -d
postgresql+psycopg://...` run the right SQL too.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from yoyo import step

from hangar_dal.errors import MigrationError
from hangar_dal.migrations.running import dialect_of, run
from hangar_dal.migrations.scripts import DIRECTIONS, Direction, Script, dialects_in, ids_in, read_script
from hangar_dal.sqlscan import DATABASES, Dialect

Scripts = dict[tuple[Dialect, Direction], Script]


def load(shim: str) -> tuple[set[str], bool, list[Any]]:
    """Return the three values that yoyo reads from a migration: `__depends__`, `__transactional__` and `steps`.

    A migration depends on the one before it, so that `yoyo apply -r` and `yoyo rollback -r` follow the whole chain.
    """
    path = Path(shim)
    folder, migration = path.parent, path.stem
    scripts: Scripts = {}
    for dialect in dialects_in(folder):
        scripts[dialect, "apply"] = read_script(folder, migration, dialect, "apply")
        scripts[dialect, "rollback"] = read_script(folder, migration, dialect, "rollback")
    # yoyo has one flag for all dialects. If it is False, `run` opens the transaction for a transactional script.
    transactional = all(script.transactional for script in scripts.values())
    apply, rollback = (_step(scripts, direction, transactional) for direction in DIRECTIONS)
    return _depends(folder, migration), transactional, [step(apply, rollback)]


def _depends(folder: Path, migration: str) -> set[str]:
    earlier = [other for other in ids_in(folder) if other < migration]
    return set(earlier[-1:])


def _step(scripts: Scripts, direction: Direction, transactional: bool) -> Callable[[Any], None]:
    return partial(_run, scripts, direction, transactional)


def _run(scripts: Scripts, direction: Direction, transactional: bool, connection: Any) -> None:
    dialect = dialect_of(connection)
    if dialect is None or (dialect, direction) not in scripts:
        written = " and ".join(dict.fromkeys(DATABASES[each] for each, _ in scripts))
        raise MigrationError(f"these migrations are written for {written} only", f"name a database of {written}")
    for script in scripts.values():
        script.statements()  # report an unfinished file of any dialect and direction
    script = scripts[dialect, direction]
    run(script, connection, begin=script.transactional and not transactional)
