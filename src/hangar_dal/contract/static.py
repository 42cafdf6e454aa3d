"""Level 1: what is found without a database. Builds on `project`.

The rules are in the query layer, beside what they read: `Catalog.load()` enforces them.
"""

from hangar_dal.contract.project import Project
from hangar_dal.rules import Finding


def find_without_database(project: Project) -> list[Finding]:
    """The findings of every catalog; reads all SQL files and signatures again."""
    return [finding for catalog in project.catalogs for finding in catalog.findings()]
