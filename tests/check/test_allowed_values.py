"""The values that a CHECK lists are read, and no value that it may also allow is left out."""

import psycopg
import pytest

from hangar_dal.check.databases.postgresql import PostgresProbe
from hangar_dal.check.sql.allowed_values import allowed_values, conditions_in
from hangar_dal.check.sql.restrictions import restriction
from hangar_dal.sqlscan import DIALECTS, Dialect

ON_BOTH = {
    "status IN ('A', 'it''s')": {"status": ("A", "it's")},
    "status = 'A' OR \"Status\" = 'B'": {"status": ("A", "B")},
    "status IS NULL OR status IN ('A', 'B') OR status = 'C'": {"status": ("A", "B", "C")},
    "status IN ('A') AND (kind = 'x' OR kind = 'y') AND n > 1": {"status": ("A",), "kind": ("x", "y")},
    "(a = 'x' OR b = 'y') AND status IN ('A')": {"status": ("A",)},
    "n = -1 OR n = 2.5": {"n": ("-1", "2.5")},
    # Words with spaces between them, as SQLite's rules are stored
    "( status in ( 'A' , 'B' ) and length ( status ) > = 1 and kind < > 'x' )": {"status": ("A", "B")},
    # All conditions hold
    "status IN ('A', 'B', 'C') AND status IN ('C', 'B', 'D')": {"status": ("B", "C")},
    "status IN ('A', 'B', 'C') AND status <> 'C'": {"status": ("A", "B")},
    "status IN ('A', 'B', 'C') AND status NOT IN ('A', 'C')": {"status": ("B",)},
    "status IN ('A') AND kind NOT IN ('A')": {"status": ("A",)},
    "CHECK (status IN ('A', 'B'))": {"status": ("A", "B")},
    # Other spellings
    "'A' = status": {"status": ("A",)},
    "status IN ('A', 'B', 'C') AND 'C' <> status": {"status": ("A", "B")},
    "status IN ('A', 'B', 'C') AND NOT status = 'C'": {"status": ("A", "B")},
    "(status IN ('A', 'B') AND kind = 'x') IS TRUE": {"status": ("A", "B"), "kind": ("x",)},
    "CASE status WHEN 'A' THEN TRUE WHEN 'B' THEN FALSE WHEN 'C' THEN TRUE ELSE FALSE END": {"status": ("A", "C")},
    "status IN ('A', 'B', 'C') AND CASE status WHEN 'C' THEN FALSE ELSE TRUE END": {"status": ("A", "B")},
    "n IN (1.0, 2.50, -0.5)": {"n": ("1", "2.5", "-0.5")},
    # None of these lists all values that it allows.
    "status IN ('A') OR kind IN ('B')": {},
    "status = 'A' OR n > 1": {},
    "NOT status IN ('A')": {},
    "status NOT IN ('A')": {},
    "status IN ('A', NULL)": {},
    "status IN (SELECT 'A')": {},
    "CASE WHEN status IN ('A') THEN 1 ELSE 1 END": {},
    "CASE status WHEN 'A' THEN TRUE END": {},
    "CASE status WHEN 'A' THEN TRUE ELSE NULL END": {},
    "CASE status WHEN 'A' THEN TRUE ELSE kind = 'x' END": {},
    "CASE status WHEN 'A' THEN TRUE WHEN kind THEN TRUE ELSE FALSE END": {},
    "CASE status WHEN 'A' THEN FALSE WHEN 'A' THEN TRUE ELSE FALSE END": {},
    "CASE status WHEN 'A' THEN kind = 'x' ELSE FALSE END": {},
    "n IN (2, TRUE)": {},
    "(status = 'A' OR kind = 'x') IS TRUE": {},
    "(status = 'A') IS NOT TRUE": {},
    "(status IN ('A')) IS FALSE": {},
    "status = 'A' OR NOT status = 'B'": {},
    "CAST(status AS integer) = 1": {},
    "status = TRUE": {},
    "upper(status) = 'A'": {},
    "status = kind": {},
    "status <> 'A'": {},
    "status IS NOT NULL": {},
    "status IN ('A'), 2": {},
    "status IN (": {},
}
ON_POSTGRESQL = {
    "((status)::text = ANY ((ARRAY['A'::character varying, 'B'::character varying])::text[]))": {"status": ("A", "B")},
    "level IS NULL OR level = ANY (ARRAY[1, '-2'::integer])": {"level": ("1", "-2")},
    "status = 'A'::text": {"status": ("A",)},
    "status = ALL (ARRAY['A'::text])": {},
    'status = ANY (\'{A,"B b","C\\""}\'::text[])': {"status": ("A", "B b", 'C"')},
    "status = ANY ('{A,NULL}'::text[])": {},
    "status = ANY ('{A,B}'::text[]) AND status <> ALL ('{B}'::text[])": {"status": ("A",)},
    "((status COLLATE \"C\") = 'A'::text)": {"status": ("A",)},
    "((status COLLATE \"ignores_case\") = 'A'::text)": {},
    "(status)::character varying(1) = 'A'::text": {},
    "n = ANY (ARRAY['-2'::integer, '1.50'::numeric])": {"n": ("-2", "1.5")},
    "status IS NOT DISTINCT FROM 'A'": {"status": ("A",)},
    "status IN ('A', 'B') AND status IS DISTINCT FROM 'A'": {"status": ("B",)},
    "status = ANY (ARRAY['A'::text, 'B'::text]) AND status <> ALL (ARRAY['B'::text])": {"status": ("A",)},
    "status = ANY (kinds)": {},
    "status = ANY (ARRAY['A'::text, 'B'::text]) AND status <> ANY (ARRAY['B'::text])": {"status": ("A", "B")},
}
ON_SQLITE = {
    "status IS 'A'": {"status": ("A",)},
    "status == 'A'": {"status": ("A",)},
    "status IN ('A', 'B') AND status IS NOT 'A'": {"status": ("B",)},
    "CASE status WHEN 'A' THEN 1 ELSE 0 END": {"status": ("A",)},
    "status COLLATE BINARY = 'A'": {"status": ("A",)},
    "status COLLATE NOCASE = 'A'": {},
    "status = 'A' COLLATE NOCASE": {},
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("rule", "values"), ON_BOTH.items(), ids=ON_BOTH)
def test_a_check_gives_the_values_that_it_lists(
    rule: str, values: dict[str, tuple[str, ...]], dialect: Dialect
) -> None:
    assert allowed_values([rule], dialect) == values


@pytest.mark.parametrize(("rule", "values"), ON_POSTGRESQL.items(), ids=ON_POSTGRESQL)
def test_a_check_as_postgresql_prints_it_gives_its_values(rule: str, values: dict[str, tuple[str, ...]]) -> None:
    assert allowed_values([rule], "postgresql") == values


@pytest.mark.parametrize(("rule", "values"), ON_SQLITE.items(), ids=ON_SQLITE)
def test_a_check_in_the_words_of_sqlite_gives_its_values(rule: str, values: dict[str, tuple[str, ...]]) -> None:
    assert allowed_values([rule], "sqlite") == values


def test_sqlite_takes_any_number_but_0_for_true() -> None:
    for rule, is_read in {"n IS TRUE OR n = 2": False, "n IS FALSE OR n = 2": False, "n = TRUE OR n = 2": True}.items():
        (test,) = conditions_in(rule, "sqlite")
        assert (restriction(test, "sqlite") is not None) is is_read


def test_a_check_of_a_column_that_folds_case_lists_no_values(empty_postgres_url: str) -> None:
    """Other texts are equal to those that the CHECK lists."""
    columns = {"a": "text COLLATE folding", "b": 'text COLLATE "C"', "c": "citext", "d": "loose"}
    with psycopg.connect(empty_postgres_url, autocommit=True) as connection:
        connection.execute(
            "CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = FALSE)"
        )
        connection.execute("CREATE EXTENSION citext")
        connection.execute("CREATE DOMAIN loose AS citext")
        listed = ", ".join(f"{name} {of} CHECK ({name} IN ('A', 'B'))" for name, of in columns.items())
        connection.execute(f"CREATE TABLE t ({listed})".encode())
    with PostgresProbe(empty_postgres_url) as probe:
        allowed = {name for name, column in probe.tables().columns["t"].items() if column.allowed}
    assert allowed == {"b"}
