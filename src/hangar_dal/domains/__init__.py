"""Earlier names, for applications whose `[tool.hangar_dal]` has them. The domains are modules of `hangar_dal` now."""
