"""Fix SQL files: put column lists in model order, and copy blocks to the other dialect's file.

`plan_fixes` computes the changes of a project, and `write` writes a change to its file.
"""

from hangar_dal.fixing.planning import Fixes, plan_fixes
from hangar_dal.fixing.writing import FileChange, diff_of, write

__all__ = ["FileChange", "Fixes", "diff_of", "plan_fixes", "write"]
