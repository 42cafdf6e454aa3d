"""The application needs nothing that is private."""

from pathlib import Path

import pytest

from tests.helpers.public_use import PUBLIC, private_uses

ROOT = Path(__file__).parents[3]
APPLICATION = ROOT / "examples" / "api"
DOMAINS = {f"hangar_dal.{path.stem}" for path in (ROOT / "sql").glob("*/queries/sqlite/*.sql")}
NAMED = (
    PUBLIC
    | DOMAINS
    | {
        f"hangar_dal.{name}"
        for name in ("accounts", "commerce", "commerce.billing", "cookie_formats", "sealing", "streaming")
    }
)


@pytest.mark.parametrize("file", sorted(APPLICATION.rglob("*.py")), ids=lambda file: str(file.relative_to(APPLICATION)))
def test_it_imports_nothing_private(file: Path):
    assert list(private_uses(file.read_text(encoding="utf-8"), NAMED)) == []


def test_what_is_private_would_be_seen():
    source = "from hangar_dal import accounts; from hangar_dal.accounts.attempts import begin; accounts._x()"
    assert list(private_uses(source, NAMED)) == ["hangar_dal.accounts.attempts", "_x"]
