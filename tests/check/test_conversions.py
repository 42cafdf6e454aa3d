"""The fix of a parameter of the wrong type names no cast that PostgreSQL does not have."""

import psycopg
import pytest

from hangar_dal.check.storage_types import conversion
from hangar_dal.database.postgresql.sent import TYPES

SENT = [type_ for type_ in TYPES.values() if type_]
EXPECTED = [*SENT, "jsonb[]", "text", "varchar", "date[]"]


def test_no_cast_between_an_array_and_another_type_is_advised(postgres_url: str) -> None:
    refused = 0
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for sent in SENT:
            for expected in EXPECTED:
                if sent.endswith("[]") == expected.endswith("[]"):
                    continue
                fix = conversion("x", sent, expected)
                statement = f"PREPARE it ({sent}) AS SELECT CAST($1 AS {expected}); DEALLOCATE it"
                if "CAST" in fix:
                    connection.execute(statement.encode())
                else:
                    refused += 1
                    with pytest.raises(psycopg.errors.CannotCoerce):
                        connection.execute(statement.encode())
    assert refused > 100


def test_json_for_an_array_of_json_is_made_json() -> None:
    fix = "make the column jsonb in a migration, or read the items with jsonb_array_elements(:vs)"
    assert conversion("vs", "jsonb", "jsonb[]") == f"{fix}, because PostgreSQL cannot convert jsonb to jsonb[]"
