"""Hand-written SQL per dialect, called as typed functions that return Pydantic models."""
