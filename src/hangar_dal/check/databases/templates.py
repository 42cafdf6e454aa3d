"""Migrated databases that tests get copies of: `Templates(project)` migrates each dialect once."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Self

from hangar_dal.check.databases.scratch import scratch_postgresql, scratch_sqlite, url_of
from hangar_dal.check.project.project import Project
from hangar_dal.migrations.guard import PostgresScratch
from hangar_dal.migrations.scratch import Server, Throwaway, copy_of


class Templates:
    """Migrated scratch databases of a project. They exist until the end of the block."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._made = ExitStack()
        self._sqlite: Path | None = None
        self._postgresql: PostgresScratch | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._made.close()

    @contextmanager
    def sqlite(self, folder: Path) -> Iterator[str]:
        """Copy the migrated file into the folder, and yield the URL of the copy. Deletes the copy after the block."""
        if self._sqlite is None:
            self._sqlite = Path(self._made.enter_context(scratch_sqlite(self._project)).location.path)
        path = folder / f"{token_hex(4)}.db"
        shutil.copy(self._sqlite, path)
        try:
            yield f"sqlite:///{path}"
        finally:
            for each in folder.glob(f"{path.name}*"):
                each.unlink()

    @contextmanager
    def postgresql(self, server: Server) -> Iterator[str]:
        """Yield the URL of a copy of the migrated database. Drops the copy after the block.

        A throwaway database cannot be copied, so it is migrated anew for each block.
        """
        if isinstance(server, Throwaway):
            with scratch_postgresql(self._project, server) as scratch:
                yield url_of(scratch.location.conninfo)
            return
        if self._postgresql is None:
            self._postgresql = self._made.enter_context(scratch_postgresql(self._project, server))
        with copy_of(self._postgresql, server) as copy:
            yield url_of(copy.location.conninfo)
