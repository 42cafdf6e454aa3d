"""Write the first files of a project and of a domain: `hangar-dal init` and `hangar-dal new domain`.

The functions return the texts of the files. The commands write them.
"""

from hangar_dal.starting.domain import Domain, domain_files, read_domain
from hangar_dal.starting.project import base_files, check_package, project_files

__all__ = ["Domain", "base_files", "check_package", "domain_files", "project_files", "read_domain"]
