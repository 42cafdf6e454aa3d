"""Snapshots of the package's catalogs, of which one uses the other."""

from pathlib import Path

SQL = Path(__file__).parents[2] / "sql"


def names(folder: Path, pattern: str) -> set[str]:
    return {path.stem for path in folder.glob(pattern)}


def test_a_catalogs_snapshots_have_no_migrations_of_catalogs_that_it_does_not_use() -> None:
    """Otherwise each new migration of the other catalog would make them stale.

    That they are enough to check both is what `hangar-dal check --offline` says (tox -e check).
    """
    own, more = (names(SQL / catalog / "migrations", "0*.py") for catalog in ("accounts", "community"))
    for catalog, expected in (("accounts", own), ("community", own | more)):
        assert names(SQL / catalog / "queries" / "snapshots" / "migrations", "*.json") == expected
