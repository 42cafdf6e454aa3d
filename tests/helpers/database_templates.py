"""Migrated databases to copy: one for each catalog and database, made once in a run."""

import os
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, Catalog, migrations
from tests.helpers.postgres_server import Server
from tests.helpers.shared_by_workers import once

# What the names of this run's databases to copy have in common, for the worker processes of pytest-xdist.
RUN = "HANGAR_TEST_RUN"


def name_of_template(catalog: Catalog) -> str:
    """Of catalogs with the same migrations the same name, one that no other run uses on the same server."""
    migrated = sorted(each.name for each in catalog.lineage if each.migrations is not None)
    return f"hangar_{os.environ[RUN]}_{sha256(' '.join(migrated).encode()).hexdigest()[:12]}"


@pytest.fixture(scope="session")
def _postgres_templates(postgres_server: Server, of_all_workers: Path) -> Callable[[Catalog], str]:
    """Returns the name of a migrated database to copy: one for each catalog, made when it is first needed."""

    def made(catalog: Catalog) -> str:
        name = name_of_template(catalog)
        postgres_server.create_database(name)
        with pytest.MonkeyPatch.context() as patch:
            if postgres_server.needs_permission:
                patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
            migrations.apply(postgres_server.url(name), catalog=catalog)
        return name

    @cache
    def template(catalog: Catalog) -> str:
        return once(of_all_workers, f"postgresql-{name_of_template(catalog)}", lambda: made(catalog))

    return template


@pytest.fixture(scope="session")
def _sqlite_templates(of_all_workers: Path) -> Callable[[Catalog], Path]:
    """Returns a migrated file to copy: one for each catalog, made when it is first needed."""

    def made(catalog: Catalog) -> Path:
        path = of_all_workers / f"{name_of_template(catalog)}.db"
        migrations.apply(f"sqlite:///{path}", catalog=catalog)
        return path

    @cache
    def template(catalog: Catalog) -> Path:
        return once(of_all_workers, f"sqlite-{name_of_template(catalog)}", lambda: made(catalog))

    return template


@pytest.fixture(scope="session")
def _postgres_template(_postgres_templates: Callable[[Catalog], str]) -> str:
    """That of the catalog ACCOUNTS."""
    return _postgres_templates(ACCOUNTS)


@pytest.fixture(scope="session")
def _sqlite_template(_sqlite_templates: Callable[[Catalog], Path]) -> Path:
    """That of the catalog ACCOUNTS."""
    return _sqlite_templates(ACCOUNTS)
