CREATE TABLE items (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    size text NOT NULL,
    grade text,
    note text UNIQUE,
    price bigint NOT NULL DEFAULT 0,
    weight double precision,
    made_at timestamptz NOT NULL,
    data jsonb NOT NULL,
    tags text[] NOT NULL,
    sold boolean NOT NULL,
    CONSTRAINT items_size_check CHECK (size IN ('S', 'M', 'L')),
    CONSTRAINT items_grade_check CHECK (grade IN ('A', 'B'))
);
CREATE TABLE parts (
    item_id uuid NOT NULL,
    number bigint NOT NULL,
    label text NOT NULL,
    CONSTRAINT parts_key UNIQUE (item_id, number),
    CONSTRAINT parts_item_id_fkey FOREIGN KEY (item_id) REFERENCES items (id)
);
CREATE UNIQUE INDEX parts_label ON parts (label) WHERE label <> '';
