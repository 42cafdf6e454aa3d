-- Some tables are STRICT, and some have types that SQLite does not know.
CREATE TABLE nodes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id integer REFERENCES nodes,
    name varchar(20) NOT NULL,
    mood text NOT NULL DEFAULT 'it''s ok' CHECK (mood IN ('sad', 'it''s ok', 'happy')),
    state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done')),
    twice integer GENERATED ALWAYS AS (id * 2) STORED,
    made_at datetime DEFAULT CURRENT_TIMESTAMP
); -- a tree
CREATE TABLE [Odd Names] (
    class text,
    `json` integer NOT NULL DEFAULT 5,
    "1st" smallint NOT NULL CHECK ("1st" > 0),
    "größe" bigint,
    "a b" text,
    a_b text,
    "limit" integer NOT NULL,
    db text NOT NULL,
    "Order Date" text,
    "select" boolean NOT NULL DEFAULT 0,
    model_config text,
    PRIMARY KEY ("limit", "Order Date")
);
CREATE TABLE links (
    node_id integer REFERENCES nodes,
    "limit" integer,
    "Order Date" text,
    PRIMARY KEY (node_id, "limit"),
    FOREIGN KEY ("limit", "Order Date") REFERENCES "Odd Names" ON DELETE CASCADE
);
CREATE TABLE strictly (
    id text NOT NULL PRIMARY KEY, n int, ratio real, data blob, doc text CHECK (json_valid(doc)), thing any
) STRICT, WITHOUT ROWID;
CREATE TABLE loose (
    day date, other_day date, at datetime, price numeric(10, 2), flag boolean, thing, mixed text, picture blob, count int
);
CREATE TABLE codes (code text NOT NULL, name text, UNIQUE (code));
CREATE VIEW busy AS SELECT parent_id, count(*) AS nodes, upper(name) AS shown FROM nodes GROUP BY parent_id;
CREATE VIEW broken AS SELECT gone FROM nodes;
CREATE TRIGGER on_broken INSTEAD OF DELETE ON broken BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE found USING fts5(body);
CREATE INDEX nodes_name ON nodes (name) WHERE parent_id IS NULL;
CREATE TRIGGER refused BEFORE DELETE ON codes BEGIN SELECT RAISE(ABORT, 'no; never'); END;
INSERT INTO nodes (name) VALUES ('first');
INSERT INTO loose VALUES ('2026-01-02', 'x', '2026-01-02 03:04:05', 1, 1, 'a', 'a', x'00', 1);
INSERT INTO loose VALUES ('2026-01-03', '2026-01-02', '2026-01-02 03:04:05', 1.5, 0, 'b', x'00', x'01', 2);
