"""The domains: a file each, its declared queries first, then the few functions that need more than SQL."""
