"""A schema as text, as Mermaid and as a picture in which nothing lies upon anything else."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import chain, pairwise, product
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangar_dal import ACCOUNTS, COMMERCE, COMMUNITY, LIVESTREAMS, OUTBOX, Catalog
from hangar_dal.migrations.drift import database_schema, migrated_schema
from hangar_dal.migrations.schema import Column, ForeignKey, Schema, Table
from hangar_dal.migrations.schema_sqlite import read_schema
from hangar_dal.migrations.views.layout import Box, Connector, arrange
from hangar_dal.migrations.views.mermaid import as_mermaid
from hangar_dal.migrations.views.svg import as_svg
from hangar_dal.migrations.views.text import as_text
from tests.helpers.postgres_server import Server

DOCUMENT = Path(__file__).parents[2] / "docs" / "schema.md"
SHOP = """
CREATE TABLE shops (id integer NOT NULL PRIMARY KEY, "odd <name>" text DEFAULT 'x', CHECK (length(id) < 9));
CREATE TABLE items (
    shop integer NOT NULL REFERENCES shops (id),
    n integer NOT NULL,
    kin integer REFERENCES shops,
    CONSTRAINT items_n_check CHECK (n IN (1, 2)),
    PRIMARY KEY (shop, n)
) STRICT;
CREATE TABLE labels (shop integer PRIMARY KEY REFERENCES shops (id) ON DELETE CASCADE) STRICT;
CREATE INDEX idx_items_n ON items (n DESC);
CREATE VIEW first AS SELECT n FROM items;
"""


@pytest.fixture
def shop() -> Schema:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SHOP)
        return read_schema(connection)


def test_text_is_aligned_and_keeps_the_order_of_columns(shop: Schema) -> None:
    assert (
        "\n".join(as_text(shop))
        == """\
items  (strict)
  shop  integer  not null  PK FK
  n     integer  not null  PK
  kin   integer  null      FK
  primary key                 (shop, n)
  foreign key                 (kin) to shops ()
  foreign key                 (shop) to shops (id)
  check        items_n_check  (n in (1, 2))
  index        idx_items_n    (n desc)

labels  (strict)
  shop  integer  null  PK FK
  primary key    (shop)
  foreign key    (shop) to shops (id) on delete cascade

shops
  id          integer  not null  PK
  odd <name>  text     null      default 'x'
  primary key    (id)
  check          (length(id) < 9)

besides tables
  view  first"""
    )


def test_long_rules_go_on_below_themselves_on_a_narrow_terminal() -> None:
    schema = migrated_schema("sqlite:///nowhere.db", catalog=ACCOUNTS)
    lines = list(as_text(schema, 100))
    assert [line for line in lines if len(line) > 100 and " " in line.strip()] == []
    assert " ".join(" ".join(lines).split()) == " ".join(" ".join(as_text(schema)).split())


def test_mermaid_tells_the_relations_and_the_columns(shop: Schema) -> None:
    assert (
        "\n".join(as_mermaid(shop))
        == """\
erDiagram
    shops |o--o{ items : "kin"
    shops ||--o{ items : "shop"
    shops |o--o| labels : "shop"
    items {
        integer shop PK, FK
        integer n PK
        integer kin FK "null"
    }
    labels {
        integer shop PK, FK "null"
    }
    shops {
        integer id PK
        text odd_name_ "null"
    }"""
    )


def test_the_picture_is_a_document_with_every_name_in_it(shop: Schema) -> None:
    picture = ElementTree.fromstring(as_svg(shop))
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    for name in ("shops", "items", "labels", "odd <name>", "integer null", "PK FK"):
        assert name in texts
    titles = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert "items (kin) to shops" in titles


def test_an_empty_database_has_an_empty_picture() -> None:
    ElementTree.fromstring(as_svg(Schema(())))
    assert list(as_mermaid(Schema(()))) == ["erDiagram"]
    assert list(as_text(Schema(()))) == []


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """Tables that refer to each other in any way: in chains, circles, to themselves, past each other."""
    names = [f"table_{number}" for number in range(draw(st.integers(1, 9)))]
    return Schema(tuple(_table(name, draw(st.lists(st.sampled_from(names), max_size=4))) for name in names))


def _table(name: str, referred: list[str]) -> Table:
    keys = [f"to_{number}" for number in range(len(referred))]
    columns = tuple(Column(column, "integer", column != "id", None, None) for column in ("id", *keys))
    foreign = tuple(
        ForeignKey("", (key,), other, ("id",), "no action") for key, other in zip(keys, referred, strict=True)
    )
    order = tuple(column.name for column in columns)
    return Table(name, columns, ("id",), (), foreign, (), (), order=order)


@given(schemas())
def test_no_box_lies_upon_another_and_no_line_runs_through_one(schema: Schema) -> None:
    picture = arrange(schema)
    assert {box.table.name for box in picture.boxes if box.table} == schema.names
    assert len(picture.lines) == sum(len(table.foreign_keys) for table in schema.tables)
    for number, box in enumerate(picture.boxes):
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= picture.width
        assert box.y + box.height <= picture.height
        assert not [other for other in picture.boxes[:number] if overlap(box, other)]
    for way in chain.from_iterable(ways(line) for line in picture.lines):
        assert 0 in (way.width, way.height)
        assert way.x + way.width <= picture.width
        assert way.y + way.height <= picture.height
        assert not [box for box in picture.boxes if overlap(way, box)]


@given(schemas())
def test_every_line_begins_and_ends_at_the_rows_that_it_relates(schema: Schema) -> None:
    picture = arrange(schema)
    boxes = {box.table.name: box for box in picture.boxes if box.table}
    for line in picture.lines:
        own, other = boxes[line.table.name], boxes[line.key.table]
        rows = [other.y + other.port(line.key.referred), own.y + own.port(line.key.columns)]
        ends = [line.points[0][1], line.points[-1][1]]
        assert ends == pytest.approx(rows[::-1] if line.is_turned else rows)


@given(schemas())
def test_lines_that_begin_apart_and_end_apart_never_lie_on_each_other(schema: Schema) -> None:
    lines = arrange(schema).lines
    for number, line in enumerate(lines):
        for other in lines[:number]:
            if line.points[0] != other.points[0] and line.points[-1] != other.points[-1]:
                assert not [pair for pair in product(ways(line), ways(other)) if lie_on_each_other(*pair)]


def ways(line: Connector) -> list[Box]:
    """The parts of a line as boxes without height, or without width."""
    return [
        Box(None, *map(min, start, end), abs(start[0] - end[0]), abs(start[1] - end[1]))
        for start, end in pairwise(line.points)
    ]


def lie_on_each_other(one: Box, other: Box) -> bool:
    across = one.height == other.height == 0 and abs(one.y - other.y) < 1
    down = one.width == other.width == 0 and abs(one.x - other.x) < 1
    if across:
        return min(one.x + one.width, other.x + other.width) - max(one.x, other.x) > 1
    return down and min(one.y + one.height, other.y + other.height) - max(one.y, other.y) > 1


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@pytest.fixture
def migrated(_postgres_templates: Callable[[Catalog], str], _allowed_postgres: Server) -> Callable[[Catalog], Schema]:
    """The schema that the migrations of a catalog give on PostgreSQL."""
    return lambda catalog: database_schema(_allowed_postgres.url(_postgres_templates(catalog)))


@pytest.mark.parametrize(
    "catalog", [ACCOUNTS, COMMUNITY, COMMERCE, LIVESTREAMS, OUTBOX], ids=lambda catalog: catalog.name
)
def test_the_picture_in_the_documentation_is_current(catalog: Catalog, migrated: Callable[[Catalog], Schema]) -> None:
    """Each picture has the tables of one catalog."""
    schema = migrated(catalog)
    for used in catalog.uses:
        schema = schema.only(schema.names - migrated(used).names)
    diagram = "\n".join(as_mermaid(schema))
    assert f"```mermaid\n{diagram}\n```" in DOCUMENT.read_text(encoding="utf-8"), (
        "docs/schema.md: put in what `hangar-dal schema --scratch --mermaid` prints for PostgreSQL"
    )
