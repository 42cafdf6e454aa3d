"""Draft a new query: its block for each dialect, and its function."""

from hangar_dal.drafting.drafting import Asked, Draft, draft_query

__all__ = ["Asked", "Draft", "draft_query"]
