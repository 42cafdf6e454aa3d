"""The shop's tables, without migrations: twins as the package would have them."""

from hangar_dal.database import Database, Statement

SAMPLES = """
CREATE TABLE samples (
    id {uuid} PRIMARY KEY, text {text} NOT NULL, whole {int} NOT NULL, real {real} NOT NULL, flag {bool} NOT NULL,
    data {bytes} DEFAULT {empty}, key {uuid}, at {instant}, day {date}, doc {json},
    words {texts} NOT NULL, numbers {ints} NOT NULL, keys {uuids} NOT NULL, times {instants} NOT NULL,
    colour {text} NOT NULL, size {int} NOT NULL, shape {text} NOT NULL, side {text} NOT NULL
) {strict}
"""
LETTERS = """
CREATE TABLE letters (id {uuid} PRIMARY KEY, place {text} NOT NULL, secret {text} NOT NULL, hint {text}) {strict}
"""
NAMES = "CREATE TABLE names (name {text} NOT NULL, name_fold {text} NOT NULL UNIQUE) {strict}"
ADDRESSES = """
CREATE TABLE addresses (id {int} PRIMARY KEY, email {text} NOT NULL, email_fold {text} NOT NULL UNIQUE) {strict}
"""

TYPES = {
    "sqlite": {
        **dict.fromkeys(["text", "uuid", "instant", "date", "json", "texts", "ints", "uuids", "instants"], "text"),
        "int": "integer",
        "real": "real",
        "bool": "integer CHECK (flag IN (0, 1))",
        "bytes": "blob",
        "empty": "x''",
        "strict": "STRICT",
    },
    "postgresql": {
        "text": 'text COLLATE "C"',
        "uuid": "uuid",
        "instant": "timestamptz",
        "date": "date",
        "json": "jsonb",
        "texts": "text[]",
        "ints": "bigint[]",
        "uuids": "uuid[]",
        "instants": "timestamptz[]",
        "int": "bigint",
        "real": "double precision",
        "bool": "boolean",
        "bytes": "bytea",
        "empty": "''",
        "strict": "",
    },
}


async def create_tables(db: Database) -> None:
    for table in (SAMPLES, LETTERS, NAMES, ADDRESSES):
        await db.run(Statement("shop.tables", table.format(**TYPES[db.dialect]), writes=True), ())
