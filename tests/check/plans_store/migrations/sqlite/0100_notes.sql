CREATE TABLE notes (
    id text NOT NULL PRIMARY KEY,
    owner_id text NOT NULL REFERENCES users (id),
    author_id text NOT NULL REFERENCES users (id),
    kind text NOT NULL CHECK (kind IN ('NOTE', 'TASK')),
    place integer,
    body text NOT NULL CHECK (body <> ''),
    is_open integer NOT NULL CHECK (is_open IN (0, 1)),
    created_at text NOT NULL,
    UNIQUE (owner_id, author_id)
) STRICT;
CREATE INDEX notes_kind ON notes (kind, place);
CREATE INDEX notes_created_at ON notes (created_at, id);
CREATE INDEX notes_open ON notes (place) WHERE is_open;
CREATE VIEW bodies AS SELECT n.id, n.body FROM notes AS n;
CREATE TABLE colours (name text NOT NULL PRIMARY KEY, place integer NOT NULL) STRICT, WITHOUT ROWID;
