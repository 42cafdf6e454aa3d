"""Level 1: what is found without a database. The rules stand with what they read, in the query floor, where
`Catalog.load()` enforces them. Stands above `project`."""

from hangar_dal.contract.project import Project
from hangar_dal.finding import Finding


def find_without_database(project: Project) -> list[Finding]:
    """Everything of every catalog; reads all SQL files and signatures anew."""
    return [finding for catalog in project.catalogs for finding in catalog.findings()]
