CREATE TABLE items (
    id text NOT NULL PRIMARY KEY,
    name text NOT NULL UNIQUE,
    size text NOT NULL,
    grade text,
    note text UNIQUE,
    price integer NOT NULL DEFAULT 0,
    weight real,
    made_at text NOT NULL,
    data text NOT NULL,
    tags text NOT NULL,
    mood text NOT NULL DEFAULT 'good',
    sold integer NOT NULL,
    CONSTRAINT items_size_check CHECK (size IN ('S', 'M', 'L')),
    CONSTRAINT items_grade_check CHECK (grade IN ('A', 'B'))
) STRICT;
CREATE TABLE parts (
    item_id text NOT NULL,
    number integer NOT NULL,
    label text NOT NULL,
    CONSTRAINT parts_key UNIQUE (item_id, number),
    CONSTRAINT parts_item_id_fkey FOREIGN KEY (item_id) REFERENCES items (id)
) STRICT;
CREATE UNIQUE INDEX parts_label ON parts (label) WHERE label <> '';
CREATE TABLE tickets (
    id integer NOT NULL PRIMARY KEY,
    title text NOT NULL,
    loud text NOT NULL GENERATED ALWAYS AS (upper(title)) STORED
) STRICT;
CREATE TABLE people (
    id integer NOT NULL PRIMARY KEY,
    name text NOT NULL,
    name_fold text
) STRICT;
CREATE TABLE marks (
    id integer NOT NULL PRIMARY KEY,
    half real NOT NULL,
    code text COLLATE NOCASE NOT NULL,
    state text NOT NULL,
    CONSTRAINT marks_half_check CHECK (half IN (0, 0.5, 1)),
    CONSTRAINT marks_code_check CHECK (code IN ('A', 'B')),
    CONSTRAINT marks_state_check CHECK (state IN ('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'))
) STRICT;
CREATE TABLE stamps (
    id integer NOT NULL PRIMARY KEY,
    at text NOT NULL,
    times text NOT NULL,
    label text NOT NULL,
    cost integer NOT NULL
) STRICT;
CREATE TABLE bells (id integer NOT NULL PRIMARY KEY, at text NOT NULL, rings text NOT NULL) STRICT;
CREATE VIEW labels AS SELECT id, name AS words FROM items;
