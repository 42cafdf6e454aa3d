"""Recompute stored folds and grams after their rule has changed, which no SQL migration can do."""

from hangar_dal.refolding.columns import FoldColumn, fold_columns
from hangar_dal.refolding.rows import BATCH, RefoldOutcome, refold

__all__ = ["BATCH", "FoldColumn", "RefoldOutcome", "fold_columns", "refold"]
