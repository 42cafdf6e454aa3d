"""Draft a new query: its block for each dialect, and its function."""

from hangar_dal.drafting.drafting import Draft, DraftRequest, draft_query

__all__ = ["Draft", "DraftRequest", "draft_query"]
