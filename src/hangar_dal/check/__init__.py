"""Check that signatures, statements, models and migrated schemas agree on both databases.

    from hangar_dal.check import check, read_project

    report = check(read_project(), postgresql="postgresql://localhost/postgres")
    for finding in report.findings:
        print(finding.path, finding.line, finding.message, finding.fix)

`hangar-dal check` runs these functions. `rollout.matrix` and `explain` have the functions of the other commands. The
pytest plugin has the fixture `hangar_both` for tests.
"""

from hangar_dal.check.project.project import Project, read_project
from hangar_dal.check.run import Report, check, check_offline
from hangar_dal.rules import Finding

__all__ = ["Finding", "Project", "Report", "check", "check_offline", "read_project"]
