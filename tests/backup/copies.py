"""What is in the database that is backed up, and how a copy of it is opened."""

from pathlib import Path

from hangar_dal.settings import Settings

# The amounts of the two accounts together.
TOTAL = 1_000


def opened(path: Path, key: str) -> Settings:
    return Settings(database_url=f"sqlite:///{path}", sealing_keys=key)
