"""Collect the findings that need no database.

The rules are in the query layer. `Catalog.load()` enforces them.
"""

from hangar_dal.check.project.project import Project
from hangar_dal.rules import Finding


def find_without_database(project: Project) -> list[Finding]:
    """Return the findings of all catalogs. Reads all SQL files and signatures again."""
    return [finding for catalog in project.catalogs for finding in catalog.findings()]
