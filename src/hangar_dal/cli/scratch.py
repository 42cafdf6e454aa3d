"""The scratch database from which commands that write SQL read the tables of a project."""

import argparse
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from hangar_dal.cli.options import required_server

if TYPE_CHECKING:
    from hangar_dal.check.databases.live import LiveDatabase
    from hangar_dal.check.project.project import Project


def scratch_database(chosen: argparse.Namespace, project: "Project") -> "AbstractContextManager[LiveDatabase]":
    """Make a migrated scratch database: SQLite, which needs no server, or PostgreSQL if the project has nothing else.

    Raises `SettingsError` if a server is needed and none is given.
    """
    from hangar_dal.check.databases.live import live_postgresql, live_sqlite  # noqa: PLC0415 - drivers, and a parser

    server = required_server(chosen, project.dialects) if "sqlite" not in project.dialects else None
    return live_sqlite(project) if server is None else live_postgresql(project, server)
