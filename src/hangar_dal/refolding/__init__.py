"""Recompute stored folds after the rule of a fold has changed, which no SQL migration can do."""

from hangar_dal.refolding.columns import FoldColumn, fold_columns
from hangar_dal.refolding.rows import Outcome, refold

__all__ = ["FoldColumn", "Outcome", "fold_columns", "refold"]
