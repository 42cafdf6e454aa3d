"""Snapshots of the package's catalogs, of which one uses the other."""

import json
from pathlib import Path

import pytest

from hangar_dal import cli

SQL = Path(__file__).parents[2] / "sql"
BOTH = ("--catalog", "hangar_dal:ACCOUNTS", "--catalog", "hangar_dal:COMMUNITY")


def names(folder: Path, pattern: str) -> set[str]:
    return {path.stem for path in folder.glob(pattern)}


def test_a_catalogs_snapshots_have_no_migrations_of_catalogs_that_it_does_not_use(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Otherwise each new migration of the other catalog would make them stale."""
    assert cli.main(["check", "--offline", "--json", *BOTH]) == 0, capsys.readouterr().out
    assert json.loads(capsys.readouterr().out)["findings"] == []
    own, more = (names(SQL / catalog / "migrations", "0*.py") for catalog in ("accounts", "community"))
    for catalog, expected in (("accounts", own), ("community", own | more)):
        assert names(SQL / catalog / "queries" / "snapshots" / "migrations", "*.json") == expected
