"""A small application in a folder, and the commands that work on it."""

import importlib
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from textwrap import dedent

import pytest

from hangar_dal import cli
from hangar_dal.migrations.new import SHIM
from tests.helpers.commands import run_module

INIT = """
from hangar_dal import Catalog

CATALOG = Catalog("parlour", sql="sql")
query = CATALOG.query
"""
MODELS = """
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from hangar_dal import CaseInsensitive, Row, Sealed


class Status(StrEnum):
    OPEN = "OPEN"
    PAID = "PAID"


class Guest(Row):
    id: UUID
    name: Annotated[str, CaseInsensitive]
    email: str
    phone_number: str | None


class Visit(Row):
    id: UUID
    guest_id: UUID
    status: Status
    visited_at: datetime
    note: Annotated[str, Sealed("visits", "note", bind=("id",))]


class GuestWithVisits(Guest):
    visits: list[Visit]
"""
GUESTS = '''
"""Guests."""
# mypy: disable-error-code="empty-body"

from uuid import UUID

from hangar_dal import Executor

from parlour import query
from parlour.models import Guest


@query
async def get_guest(db: Executor, guest_id: UUID) -> Guest:
    """Return the guest with this id."""
    ...


def greeting(guest: Guest) -> str:
    """What to say."""
    return f"Hello {guest.name}"
'''
EMPTY = '''
"""No queries yet."""

from parlour import query

__all__ = ["query"]
'''
GET = """\
-- name: get_guest
SELECT
    id,
    name,
    email,
    phone_number
FROM guests
WHERE id = :guest_id;
"""
POSTGRESQL = """
CREATE TABLE guests (
    id uuid CONSTRAINT guests_pkey PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    name_fold text COLLATE "C" NOT NULL CONSTRAINT guests_name_fold_key UNIQUE,
    email text COLLATE "C" NOT NULL,
    email_fold text COLLATE "C" NOT NULL CONSTRAINT guests_email_fold_key UNIQUE,
    phone_number text COLLATE "C" CONSTRAINT guests_phone_number_key UNIQUE
);
CREATE TABLE visits (
    id uuid CONSTRAINT visits_pkey PRIMARY KEY,
    guest_id uuid NOT NULL CONSTRAINT visits_guest_id_fkey REFERENCES guests (id),
    status text COLLATE "C" NOT NULL CONSTRAINT visits_status_check CHECK (status IN ('OPEN', 'PAID')),
    visited_at timestamptz NOT NULL,
    note text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    class text COLLATE "C",
    db text COLLATE "C",
    "limit" integer
);
CREATE INDEX visits_guest_id_idx ON visits (guest_id, id);
CREATE INDEX visits_status_idx ON visits (status, id);
"""
SQLITE = POSTGRESQL.replace(' COLLATE "C"', "").replace("uuid", "text").replace("timestamptz", "text")
SQLITE = SQLITE.replace("\n);", "\n) STRICT;").replace(
    "text CONSTRAINT guests_pkey", "text NOT NULL CONSTRAINT guests_pkey"
)
SQLITE = SQLITE.replace("text CONSTRAINT visits_pkey", "text NOT NULL CONSTRAINT visits_pkey")


class Application:
    """`parlour` in a folder: a catalog, its models, a module with a query and two without."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("pyproject.toml", '[tool.hangar_dal]\ncatalogs = ["parlour:CATALOG"]\nmodules = ["parlour"]\n')
        self.write("pyproject.toml", self.read("pyproject.toml") + 'migrations = ["migrations"]\n')
        for name, text in (("__init__", INIT), ("models", MODELS), ("guests", GUESTS)):
            self.write(f"parlour/{name}.py", dedent(text).lstrip())
        for name in ("visits", "people"):
            self.write(f"parlour/{name}.py", EMPTY.lstrip())
        self.write("migrations/1001_guests.py", SHIM)
        for dialect, sql in (("sqlite", SQLITE), ("postgresql", POSTGRESQL)):
            self.write(f"parlour/sql/{dialect}/guests.sql", GET)
            self.write(f"migrations/{dialect}/1001_guests.sql", sql)
            self.write(f"migrations/{dialect}/1001_guests.rollback.sql", "DROP TABLE visits;\nDROP TABLE guests;\n")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")

    def read(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode()

    def sql(self, file: str) -> list[str]:
        """The file in both dialects."""
        return [self.read(f"parlour/sql/{dialect}/{file}.sql") for dialect in ("sqlite", "postgresql")]

    def texts(self) -> dict[str, str]:
        """Every file but what Python caches."""
        paths = (path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
        return {str(path.relative_to(self.folder)): path.read_bytes().decode() for path in paths}

    def command(self, *arguments: str) -> list[str]:
        return [str(Path(sys.executable).with_name("hangar-dal")), *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command, without a terminal, in the process of the tests: a process of its own takes a second longer.

        The modules of the application are imported anew.
        """
        out, err = StringIO(), StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.folder)
            patch.setattr(sys, "stdin", StringIO())
            patch.setattr(sys, "dont_write_bytecode", True)  # a file that is edited within a second has the same time
            importlib.invalidate_caches()
            try:
                code = cli.main(arguments)
            finally:
                for name in [name for name in sys.modules if name.partition(".")[0] == "parlour"]:
                    del sys.modules[name]
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())

    def run_alone(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command, without a terminal, in a process of its own."""
        return run_module("hangar_dal.cli", *arguments, cwd=self.folder)
