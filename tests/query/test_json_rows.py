"""Pydantic parses the JSON of a row. Results and errors are those of parsed JSON."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, JsonValue, model_validator

from hangar_dal import Database, JsonObject
from hangar_dal.errors import StatementError
from hangar_dal.query.row_validators import json_validator

if TYPE_CHECKING:
    from tests.query.conftest import Shop

PYTHON = """\
class Made(Row):
    id: int
    any: JsonValue
    body: JsonObject
    items: JsonArray | None
    names: list[str]
    keys: list[UUID | None] | None
class Turned(Made):
    @model_validator(mode="before")
    @classmethod
    def turn(cls, values):
        return {**values, "body": {"was": values["body"]}}
@query
async def many(db: Executor) -> list[Made]: ...
@query
async def turned(db: Executor) -> list[Turned]: ...
"""
ROWS = """\
-- name: many
-- differs: types
SELECT 1 AS id, {any} AS any, {body} AS body, {items} AS items, {names} AS names, {keys} AS keys ORDER BY 1;
-- name: turned
-- differs: types
SELECT 1 AS id, {any} AS any, {body} AS body, {items} AS items, {names} AS names, {keys} AS keys ORDER BY 1;
"""
GIVEN: dict[str, Any] = {
    "any": """'{"a": [1, 1.5, true, null, "ü", 12345678901234567890]}'""",
    "body": """'{"b": {"c": [], "d": {}}, "a": -0.5}'""",
    "items": "'[null, [1]]'",
}
KEY = UUID(int=7)


def rows(dialect: str, **changed: str) -> str:
    given = {**GIVEN, **changed}
    if dialect == "sqlite":
        lists = {"names": """'["a", ""]'""", "keys": f"""'["{KEY}", null]'"""}
        return ROWS.format(**{**lists, **given})
    lists = {"names": "ARRAY['a', '']", "keys": f"ARRAY[CAST('{KEY}' AS uuid), NULL]"}
    documents = {name: f"CAST({text} AS jsonb)" if text.startswith("'") else text for name, text in given.items()}
    return ROWS.format(**lists, **documents)


def declared(shop: "Shop", **changed: str) -> Any:
    module = shop.declare("from pydantic import model_validator\n" + PYTHON)
    shop.write("orders", rows("sqlite", **changed), rows("postgresql", **changed))
    return module


async def test_values_are_those_of_parsed_json(shop: "Shop", database: Database) -> None:
    module = declared(shop)
    for _ in range(3):
        [made] = await module.many(database)
        assert made.any == {"a": [1, 1.5, True, None, "ü", 12345678901234567890]}
        assert made.body == {"b": {"c": [], "d": {}}, "a": -0.5}
        assert (made.items, made.names, made.keys) == ([None, [1]], ["a", ""], [KEY, None])


@pytest.mark.parametrize("nothing", ["NULL", "'null'"])
async def test_null_and_the_null_of_json_are_none(nothing: str, shop: "Shop", database: Database) -> None:
    module = declared(shop, any="'null'", items=nothing)
    [made] = await module.many(database)
    assert (made.any, made.items) == (None, None)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"body": "'[1]'"}, "body: Input should be a valid dictionary"),
        ({"body": "NULL"}, "body: Input should be a valid dictionary"),
        ({"items": "'{}'"}, "items: Input should be a valid list"),
    ],
)
async def test_errors_are_those_of_parsed_json(
    changed: dict[str, str], message: str, shop: "Shop", database: Database
) -> None:
    module = declared(shop, **changed)
    for _ in range(2):
        with pytest.raises(StatementError) as refused:
            await module.many(database)
        assert str(refused.value) == f"orders.many: {message}"
        assert refused.value.__context__ is None


async def test_a_text_column_of_postgresql_is_a_text_in_json(shop: "Shop", database: Database) -> None:
    module = declared(shop)
    text = """'{"a": 1}'"""
    shop.write("orders", rows("sqlite", any=f"json_quote({text})"), rows("postgresql", any=f"CAST({text} AS text)"))
    for _ in range(3):
        [made] = await module.many(database)
        assert made.any == '{"a": 1}'


async def test_a_validator_of_the_whole_row_sees_parsed_json(shop: "Shop", database: Database) -> None:
    module = declared(shop)
    [made] = await module.turned(database)
    assert made.body == {"was": {"b": {"c": [], "d": {}}, "a": -0.5}}


class Plain(BaseModel):
    model_config = ConfigDict(frozen=True)
    body: JsonObject
    item: JsonValue | None = None

    @model_validator(mode="after")
    def whole(self) -> "Plain":
        assert self.body
        return self


class Before(Plain):
    @model_validator(mode="before")
    @classmethod
    def turn(cls, values: Any) -> Any:
        return values


class Made(Plain):
    def __init__(self, **values: Any) -> None:
        super().__init__(**values)


FIELDS = (("body", False), ("item", True))


def test_the_models_own_validators_run() -> None:
    validate = json_validator(Plain, FIELDS, str)
    assert validate is not None
    [found] = validate([{"body": '{"a": 1}', "item": None}])
    assert type(found) is Plain
    assert found == Plain(body={"a": 1})
    for refused in ({"body": "{}"}, {"body": {"a": 1}}, {"body": None}, {"body": "{", "item": "1"}):
        with pytest.raises(ValueError, match="validation error"):
            validate([refused])


@pytest.mark.parametrize("model", [Before, Made])
def test_a_model_that_reads_whole_rows_itself_is_given_parsed_json(model: type[BaseModel]) -> None:
    assert json_validator(model, FIELDS, str) is None
