"""These tests run with the catalog OUTBOX alone: it needs no users."""

import pytest

from hangar_dal import OUTBOX, Catalog


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return OUTBOX
