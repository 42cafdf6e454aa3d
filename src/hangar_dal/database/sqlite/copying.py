"""Copy a SQLite database into a new file, check the copy, and then give it its name. Runs in a thread.

SQLite's backup API starts again after each write of another connection, so with constant writes it may never end. Here
the source connection holds a read transaction, so the copy is consistent and needs one pass. In WAL mode, readers do
not block writers. `VACUUM INTO` would also need one pass, but it may change rowids, reports no progress, and rebuilds
all indexes.
"""

import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Final, NoReturn

from hangar_dal.database.backup import Backup
from hangar_dal.database.sqlite.errors import DRIVER_ERRORS, translated
from hangar_dal.database.sqlite.opened_files import FileConnection
from hangar_dal.database.sqlite.sealed import SealedValues, check_sealed
from hangar_dal.database.sqlite.watched import WatchedFile
from hangar_dal.errors import BackupFailed, raise_alone
from hangar_dal.sealing import Keyring

_PAGES_PER_STEP: Final = 256  # 1 MiB; progress and cancellation are handled between steps
_INSTRUCTIONS_PER_LOOK: Final = 10_000
_SHOWN: Final = 3
_BESIDE: Final = ("-wal", "-shm", "-journal")
_PRIMARY_CODE: Final = 0xFF
_NO_ROOM: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})


class Stopped(Exception):
    """The caller has stopped the backup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """One backup. `progress` is called in the thread. Soon after `stop` is set, `run` raises `Stopped`."""

    source: WatchedFile
    path: Path
    keyring: Keyring | None
    lock_timeout: float
    accept_unopened: bool
    stop: threading.Event
    progress: Callable[[int, int], object]

    def run(self) -> Backup:
        """Make the copy and return it. If this raises, no file is left. If the process is killed, the draft stays."""
        draft = self.path.with_name(f"hangar-backup-{token_hex(4)}.partial")
        try:
            self._refuse_names()
            _create(draft)
            try:
                return self._made(draft)
            finally:
                for beside in ("", *_BESIDE):
                    Path(f"{draft}{beside}").unlink(missing_ok=True)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self._fail(f"{reason}. Check that the folder exists and can be written to")
        except ValueError:
            self._fail("a file cannot have this name")

    def undo(self) -> None:
        """Remove a finished copy."""
        self.path.unlink()

    def _made(self, draft: Path) -> Backup:
        try:
            pages = self._copy_pages(draft)
            # Without `immutable`, SQLite would create a write-ahead log next to the copy when it reads it.
            with closing(FileConnection(f"{draft.as_uri()}?mode=ro&immutable=1", draft)) as copy:
                copy.set_progress_handler(self.stop.is_set, _INSTRUCTIONS_PER_LOOK)
                self._check_integrity(copy)
                sealed = check_sealed(copy, self.keyring)
        except DRIVER_ERRORS as error:
            raise_alone(Stopped() if self.stop.is_set() else self._failed(error))
        self._check_sealed(sealed)
        if lost := self.source.find(self.source.first):
            raise lost
        size = _sync(draft)
        if self.stop.is_set():
            raise Stopped
        os.link(draft, self.path)  # unlike a rename, this fails if the name exists
        _sync(self.path.parent)
        return Backup(
            path=self.path,
            pages=pages,
            size=size,
            opened=sealed.opened,
            undeclared=sealed.undeclared,
            unopened_count=sealed.unopened_count,
            unopened=tuple(sealed.unopened),
        )

    def _refuse_names(self) -> None:
        """Raise `BackupFailed` if the name belongs to an existing file or to a file of a database."""
        real = os.path.realpath(self.path)
        database = os.path.realpath(self.source.path)
        if real == database:
            self._fail("this is the database itself. Choose another name")
        if os.path.lexists(self.path):
            self._fail("the name is taken, and a backup never overwrites a file. Choose another name")
        if real in {f"{database}{beside}" for beside in (*_BESIDE, ".key", "-migrating")}:
            self._fail("this name belongs to the database. Choose another name")
        for beside in _BESIDE:
            try:
                os.lstat(f"{self.path}{beside}")
            except FileNotFoundError:
                continue
            self._fail(f"{self.path.name}{beside} exists and would become part of the copy. Remove it first")

    def _copy_pages(self, draft: Path) -> int:
        total = 0

        def step(_: int, left: int, pages: int) -> None:
            nonlocal total
            if self.stop.is_set():
                raise Stopped
            total = pages
            self.progress(pages - left, pages)

        if lost := self.source.find(self.source.first):
            raise lost
        with (
            closing(FileConnection(self.source.uri, self.source.path, timeout=self.lock_timeout)) as live,
            closing(FileConnection(f"{draft.as_uri()}?mode=rw", draft)) as copy,
        ):
            copy.execute("PRAGMA journal_mode = OFF")  # a failed draft is deleted anyway
            live.execute("BEGIN")
            live.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # the first read fixes the snapshot
            live.backup(copy, pages=_PAGES_PER_STEP, progress=step)
        return total

    def _check_integrity(self, copy: sqlite3.Connection) -> None:
        found = [row[0] for row in copy.execute(f"PRAGMA integrity_check({_SHOWN})").fetchall()]
        if found != ["ok"]:
            problems = "; ".join(line for text in found for line in text.splitlines())
            self._fail(f"the database is damaged: {problems}. Restore an older backup, or recover it with sqlite3")
        broken = Counter(row[0] for row in copy.execute("PRAGMA foreign_key_check"))
        if broken:
            tables = ", ".join(f"{table} ({count})" for table, count in broken.most_common(_SHOWN))
            self._fail(f"rows refer to rows that do not exist: {tables}. Find them with PRAGMA foreign_key_check")

    def _check_sealed(self, sealed: SealedValues) -> None:
        if not sealed.unopened_count or self.accept_unopened:
            return
        shown = "".join(f"\n  {error}" for error in sealed.unopened[:10])
        more = f"\n  and {sealed.unopened_count - 10} more" if sealed.unopened_count > 10 else ""
        raise BackupFailed(
            f"{self.path}: no backup was made, because {sealed.unopened_count} sealed values in it cannot be opened "
            f"with the configured keys. Configure their keys, or accept this with accept_unopened.{shown}{more}",
            unopened=sealed.unopened,
        )

    def _failed(self, error: Exception) -> BackupFailed:
        code = int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY_CODE
        if code in _NO_ROOM:
            name = getattr(error, "sqlite_errorname", "")
            reason = f"the disk is full, has failed, or does not allow a file of this size ({name})"
        else:
            with closing(sqlite3.connect(":memory:")) as nothing:  # used only for constraint errors
                reason = str(translated(error, None, nothing)).rstrip(".")
        return BackupFailed(f"{self.path}: no backup was made: {reason}.")

    def _fail(self, reason: str) -> NoReturn:
        raise_alone(BackupFailed(f"{self.path}: no backup was made: {reason}."))


def _create(path: Path) -> None:
    """Create a file that only its owner may read, with any umask."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _sync(path: Path) -> int:
    """Write a file or a folder to the disk. Return its size."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
