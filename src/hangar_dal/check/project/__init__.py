"""What is checked: the catalogs and migrations that a pyproject.toml names."""
