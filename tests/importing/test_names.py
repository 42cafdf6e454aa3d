"""The names that an import chooses, and the defaults that it can write in Python."""

import pytest

from hangar_dal.importing.model import ImportedColumn
from hangar_dal.importing.naming import field_names, model_name, module_names, plural, singular, snake
from hangar_dal.importing.plan import default_of
from hangar_dal.importing.values import field_type


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("UnitPrice", "unit_price"),
        ("HTMLParser", "html_parser"),
        ("ID", "id"),
        ("Order Date", "order_date"),
        ("where_", "where_"),
        ("größe", "grosse"),
        ("Ünit", "unit"),
        ("%", ""),
    ],
)
def test_names_are_written_in_snake_case(name: str, expected: str) -> None:
    assert snake(name) == expected


@pytest.mark.parametrize(
    ("name", "one", "many"),
    [
        ("films", "film", "films"),
        ("addresses", "address", "addresses"),
        ("address", "address", "addresses"),
        ("order_details", "order_detail", "order_details"),
        ("categories", "category", "categories"),
        ("status", "status", "status"),
        ("statuses", "status", "status"),
        ("news", "news", "news"),
        ("people", "person", "people"),
        ("boxes", "box", "boxes"),
        ("houses", "house", "houses"),
        ("bus", "bus", "buses"),
        ("day", "day", "days"),
    ],
)
def test_the_singular_and_the_plural_are_guessed(name: str, one: str, many: str) -> None:
    assert (singular(name), plural(singular(name))) == (one, many)


def test_a_field_has_a_name_that_python_and_pydantic_leave_free() -> None:
    columns = ["class", "json", "copy", "date", "1st", "a b", "a_b", "A B", "limit", "db", "model_config", "", "x"]
    expected = ["class_", "json_", "copy_", "date_", "column_1st", "a_b", "a_b_2", "a_b_3", "limit_", "db_"]
    assert field_names(columns, {"date"}) == [*expected, "model_config_", "column_12", "x"]
    assert field_names(["date"]) == ["date"]


def test_modules_and_models_have_names_that_are_free() -> None:
    tables = [("", "sql"), ("", "Order Items"), ("", "order_items"), ("billing", "bills"), ("", "class"), ("", "taken")]
    expected = ["sql_table", "order_items", "order_items_2", "billing_bills", "class_table", "taken_table"]
    assert module_names(tables, {"taken"}) == expected
    assert [model_name(name) for name in ("order_item", "row", "field", "page_size")] == [
        "OrderItem",
        "RowRecord",
        "FieldRecord",
        "PageSizeRecord",
    ]


@pytest.mark.parametrize(
    ("type_", "default", "expected"),
    [
        ("text", "'it''s'::text", '"it\'s"'),
        ("character varying", "''::character varying", '""'),
        ("integer", "'-1'::integer", "-1"),
        ("integer", "(3)::smallint", "3"),
        ("bigint", "nextval('x'::regclass)", None),
        ("boolean", "false", "False"),
        ("double precision", "1.5", "1.5"),
        ("jsonb", "'{}'::jsonb", "{}"),
        ("jsonb", "'[]'::jsonb", "[]"),
        ("jsonb", "'{\"a\": 1}'::jsonb", None),
        ("text[]", "'{}'::text[]", "[]"),
        ("timestamp with time zone", "now()", None),
        ("text", "CURRENT_USER", None),
    ],
)
def test_a_default_is_written_in_python_if_it_is_a_value(type_: str, default: str, expected: str | None) -> None:
    column = ImportedColumn("x", type_, type_, nullable=False, default=default)
    assert default_of(column, field_type(column, "postgresql")) == expected


def test_a_default_that_an_enum_lacks_is_left_to_the_database() -> None:
    column = ImportedColumn("x", "mood", "mood", nullable=False, default="'sad'::mood", allowed=("sad", "happy"))
    assert default_of(column, field_type(column, "postgresql")) == '"sad"'
    other = ImportedColumn("x", "text", "text", nullable=False, default="'odd'", allowed=("sad", "happy"))
    assert default_of(other, field_type(other, "postgresql")) is None


@pytest.mark.parametrize(
    ("declared", "sampled", "annotation"),
    [
        ("INTEGER", set(), "int"),
        ("BIGINT", {"integer"}, "int"),
        ("NVARCHAR", {"text"}, "str"),
        ("NUMERIC", {"integer", "real"}, "float"),
        ("NUMERIC", {"text"}, "str"),
        ("DATE", {"date"}, "date"),
        ("DATE", {"date", "text"}, "str"),
        ("DATETIME", {"text"}, "str"),
        ("DATETIME", {"integer"}, "int"),
        ("BOOLEAN", {"integer"}, "bool"),
        ("BLOB", set(), "bytes"),
        ("", {"text"}, "str"),
        ("", {"integer", "real"}, "float"),
        ("INTEGER", {"integer", "text"}, "str"),
    ],
)
def test_types_of_sqlite_follow_the_declared_type_and_the_rows(
    declared: str, sampled: set[str], annotation: str
) -> None:
    column = ImportedColumn("x", declared, declared, nullable=False, sampled=frozenset(sampled))
    found = field_type(column, "sqlite")
    assert found.annotation == annotation
    assert bool(found.note) == (declared == "INTEGER" and "text" in sampled)
