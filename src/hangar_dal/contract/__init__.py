"""Check that signatures, statements, models and migrated schemas agree on both databases.

    from hangar_dal.contract import check, read_project

    report = check(read_project(), postgresql="postgresql://localhost/postgres")
    for finding in report.findings:
        print(finding.path, finding.line, finding.message, finding.fix)

`hangar-dal check` runs these functions. `matrix` and `explain` are in the modules `matrix` and `plans_explained`. The
pytest plugin has the fixture `hangar_both` for tests.
"""

from hangar_dal.contract.checking import Report, check, check_offline
from hangar_dal.contract.project import Project, read_project
from hangar_dal.rules import Finding

__all__ = ["Finding", "Project", "Report", "check", "check_offline", "read_project"]
