"""Models of every make: what Pydantic lets an author configure does not keep a row from coming back as it was."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from hangar_dal import Database
from hangar_dal.errors import CatalogError, InvalidValue

if TYPE_CHECKING:
    from tests.query.conftest import Shop

AT = datetime(2030, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
# A model of every kind, read from columns and from JSON, and written as JSON.
FIELDS = """
    key: UUID
    at: datetime
    day: date
    flag: bool
    real: float
    size: StrEnum('Size', {'SMALL': 'small'})
    sizes: list[Literal['small', 'large']]
"""
VALUES: dict[str, Any] = {
    "key": UUID(int=7),
    "at": AT,
    "day": date(2030, 1, 2),
    "flag": False,
    "real": 2.0,
    "size": "small",
    "sizes": ["large", "small"],
}
MAKES = {
    "plain": "class Made(Row):{fields}",
    "strict": "class Made(Row, strict=True):{fields}",
    "strict field": "class Made(Row):{fields}    whole: Annotated[int, Field(strict=True)] = 1\n",
    "alias_generator": "class Made(Row, alias_generator=str.upper, populate_by_name=True):{fields}",
    "by alias alone": "class Made(Row, alias_generator=str.upper, serialize_by_alias=True):{fields}",
    "validation_alias": "class Made(Row):{fields}    other: int = Field(default=1, validation_alias='elsewhere')\n",
    "computed_field": """class Made(Row):{fields}
    @computed_field
    def twice(self) -> float:
        return self.real * 2
""",
    "excluded field": "class Made(Row):{fields}    other: int = Field(default=1, exclude=True)\n",
    "serializer": """class Made(Row):{fields}
    @field_serializer("day")
    def _other(self, day: date) -> str:
        return "x"
""",
    "generic": "T = TypeVar('T')\nclass Page(Row, Generic[T]):{fields}    item: T | None = None\nMade = Page[int]\n",
}


def made(module: Any, make: str) -> Any:
    upper = make == "by alias alone"
    values = {**VALUES, "size": module.Made.model_fields["size"].annotation("small")}
    return module.Made(**{name.upper() if upper else name: value for name, value in values.items()})


@pytest.mark.parametrize("make", MAKES)
async def test_a_row_comes_back_equal_whatever_the_make_of_its_model(
    make: str, shop: "Shop", database: Database
) -> None:
    python = MAKES[make].format(fields=FIELDS) + "\nasync def it(db: Executor, made: Made) -> Made: ..."
    extra = {"strict field": ", :whole AS whole", "generic": ", :item AS item"}.get(make, "")
    extra = ", :other AS other" if "other:" in MAKES[make] else extra
    shop.query(python, f"SELECT {', '.join(f':{name} AS {name}' for name in VALUES)}{extra}")
    shop.write(
        "orders",
        f"-- name: it\n-- differs: types\nSELECT {', '.join(f':{name} AS {name}' for name in VALUES)}{extra};\n",
        "-- name: it\n-- differs: types \nSELECT "
        + ", ".join(f"CAST(:{name} AS {'text' if name == 'size' else TYPES[name]}) AS {name}" for name in VALUES)
        + f"{extra};\n",
    )
    module = shop.modules["shop.orders"]
    given = made(module, make)
    assert await module.it(database, given) == given


TYPES = {
    "key": "uuid",
    "at": "timestamptz",
    "day": "date",
    "flag": "boolean",
    "real": "double precision",
    "sizes": "text[]",
}


@pytest.mark.parametrize("many", ["Made", "list[Made]"])
@pytest.mark.parametrize("make", MAKES)
async def test_a_nested_model_comes_back_equal_whatever_its_make(
    make: str, many: str, shop: "Shop", database: Database
) -> None:
    python = MAKES[make].format(fields=FIELDS)
    python += f"\nclass Holder(Row):\n    inner_part: {many}\n"
    shop.query(f"{python}async def it(db: Executor, holder: Holder) -> Holder: ...", "SELECT :inner_part AS inner_part")
    module = shop.modules["shop.orders"]
    inner = made(module, make)
    given = module.Holder.model_construct(inner_part=inner if many == "Made" else [inner, inner])
    assert await module.it(database, given) == given


async def test_a_list_of_models_may_be_none(shop: "Shop", database: Database) -> None:
    shop.declare(
        "class Part(Row):\n    n: int\n"
        "@query\nasync def as_value(db: Executor, parts: list[Part] | None) -> JsonValue | None: ...\n"
        "@query\nasync def as_rows(db: Executor, parts: list[Part] | None = None) -> int: ...\n"
        "@query\nasync def filtered(db: Executor, parts: list[Part] | None) -> list[int]: ...\n"
    )
    filtered = "-- name: filtered\nSELECT 1 AS n\nWHERE\n    1 = 1\n    AND :parts IS NULL -- when parts\nORDER BY n;\n"
    shop.write(
        "orders",
        "-- name: as_value\n-- differs: casts\nSELECT :parts AS parts;\n"
        "-- name: as_rows\n-- differs: lists\nSELECT count(*) FROM json_each(:parts);\n" + filtered,
        "-- name: as_value\n-- differs: casts\nSELECT CAST(:parts AS jsonb) AS parts;\n"
        "-- name: as_rows\n-- differs: lists\nSELECT count(*) FROM json_to_recordset(:parts) AS entry (n bigint);\n"
        + filtered,
    )
    module = shop.modules["shop.orders"]
    parts = [module.Part(n=1), module.Part(n=2)]
    assert await module.as_value(database, None) is None
    assert await module.as_value(database, parts) == [{"n": 1}, {"n": 2}]
    assert await module.as_rows(database) == await module.as_rows(database, []) == 0
    assert await module.as_rows(database, parts) == 2
    assert await module.filtered(database, None) == [1]
    assert await module.filtered(database, parts) == []


async def test_a_nested_model_of_a_subclass_is_refused(shop: "Shop", database: Database) -> None:
    python = "class Part(Row):\n    n: int\nclass More(Part):\n    m: int = 1\nclass Holder(Row):\n    part: Part\n"
    shop.query(f"{python}async def it(db: Executor, holder: Holder) -> Holder: ...", "SELECT :part AS part")
    module = shop.modules["shop.orders"]
    with pytest.raises(InvalidValue, match=r"^part: expected Part, got More$"):
        await module.it(database, module.Holder(part=module.More(n=1)))
    with pytest.raises(InvalidValue, match=r"^part.n: expected int, got str$"):
        await module.it(database, module.Holder(part=module.Part.model_construct(n="one")))


async def test_a_list_of_enums_goes_in_and_comes_back(shop: "Shop", database: Database) -> None:
    shop.declare(
        "class Colour(StrEnum):\n    RED = 'red'\n    GREEN = 'größer als grün, oder {nicht}'\n"
        "class Holder(Row):\n    colours: list[Colour | None]\n"
        "@query\nasync def as_argument(db: Executor, colours: list[Colour]) -> list[Colour]: ...\n"
        "@query\nasync def as_field(db: Executor, holder: Holder) -> Holder: ...\n"
    )
    shop.write(
        "orders",
        "-- name: as_argument\n-- differs: lists\nSELECT value FROM json_each(:colours) ORDER BY key;\n"
        "-- name: as_field\nSELECT :colours AS colours;\n",
        "-- name: as_argument\n-- differs: lists \n"
        "SELECT value FROM unnest(:colours) WITH ORDINALITY AS given (value, place) ORDER BY place;\n"
        "-- name: as_field\nSELECT :colours AS colours;\n",
    )
    module = shop.modules["shop.orders"]
    red, green = module.Colour
    for colours in ([], [red], [green, red]):
        assert await module.as_argument(database, colours) == colours
        given = module.Holder(colours=[*colours, None])
        assert await module.as_field(database, given) == given
    with pytest.raises(InvalidValue, match=r"^colours: expected Colour, got str$"):
        await module.as_argument(database, ["red"])


async def test_typed_json_is_held_to_its_type_before_it_is_written(shop: "Shop", database: Database) -> None:
    shop.query("async def it(db: Executor, counts: dict[str, int]) -> dict[str, int]: ...", "SELECT :counts AS counts")
    module = shop.modules["shop.orders"]
    assert await module.it(database, {"a": 1, "b": -(2**63)}) == {"a": 1, "b": -(2**63)}
    for wrong in ({"a": "one"}, {"a": "1"}, {"a": True}, {"a": None}):
        with pytest.raises(InvalidValue, match=r"^counts: Input should be a valid integer$"):
            await module.it(database, wrong)


async def test_typed_json_is_held_to_the_type_of_its_keys(shop: "Shop", database: Database) -> None:
    type_ = "dict[Literal['open', 'paid'], int]"
    shop.query(f"async def it(db: Executor, counts: {type_}) -> {type_}: ...", "SELECT :counts AS counts")
    module = shop.modules["shop.orders"]
    assert await module.it(database, {"open": 1, "paid": 2}) == {"open": 1, "paid": 2}
    with pytest.raises(InvalidValue, match=r"^counts: Input should be 'open' or 'paid'$"):
        await module.it(database, {"lost": 1})


REFUSED = {
    "a method": (
        """\
class Orders:
    @query
    async def it(self, db: Executor, id: int) -> Order: ...
""",
        "a query is a function of a module, not a method; move it out of its class",
    ),
    "a generic model without its type": (
        """\
T = TypeVar('T')
class Page(Row, Generic[T]):
    id: T
@query
async def it(db: Executor, id: int) -> Page: ...
""",
        "Page.id: the type variable T has no type here; write one, as in `Page[Item]`",
    ),
    "a nested model that keeps what it does not know": (
        """\
class Loose(BaseModel, extra='allow'):
    n: int
class New(Row):
    id: Loose
@query
async def it(db: Executor, new: New) -> Order: ...
""",
        ":id: Loose allows fields whose types are unknown; use JsonObject for them",
    ),
    "a nested model with bytes": (
        """\
class Raw(Row):
    data: bytes
class New(Row):
    id: Raw
@query
async def it(db: Executor, new: New) -> Order: ...
""",
        ":id: data is bytes, which JSON does not have; store it in its own column",
    ),
    "a nested model with bytes that is read": (
        """\
class Raw(Row):
    data: bytes
class Found(Row):
    id: int
    note: Raw
@query
async def it(db: Executor, id: int) -> Found: ...
""",
        "Raw.data: a nested model is read from JSON, which has no bytes; select it by itself",
    ),
    "a nested model that contains itself": (
        """\
class Tree(Row):
    parts: 'list[Tree]'
class New(Row):
    id: Tree
@query
async def it(db: Executor, new: New) -> Order: ...
""",
        ":id: Tree contains itself; use JsonObject",
    ),
    "a field whose type is nowhere": (
        """\
class Found(Row):
    id: int
    note: 'Nowhere'
@query
async def it(db: Executor, id: int) -> Found: ...
""",
        "Found.note: Nowhere cannot be resolved; import it at run time, not under TYPE_CHECKING",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_come_back_is_refused_with_what_to_write(case: str, shop: "Shop") -> None:
    python, message = REFUSED[case]
    shop.declare(python)
    shop.write("orders", "-- name: it\nSELECT id, note FROM orders WHERE id = :id;\n")
    findings = shop.findings()
    assert findings
    assert all(message in finding for finding in findings), findings


def test_what_is_no_function_is_refused_when_it_is_declared(shop: "Shop") -> None:
    with pytest.raises(CatalogError, match="a query is a function"):
        shop.declare("class Orders:\n    @query\n    @classmethod\n    async def it(cls, db: Executor) -> Order: ...")
