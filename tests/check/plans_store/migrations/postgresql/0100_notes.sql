CREATE TABLE notes (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id),
    author_id uuid NOT NULL REFERENCES users (id),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('NOTE', 'TASK')),
    place bigint,
    body text COLLATE "C" NOT NULL CHECK (body <> ''),
    is_open boolean NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (owner_id, author_id)
);
CREATE INDEX notes_kind ON notes (kind, place);
CREATE INDEX notes_created_at ON notes (created_at, id);
CREATE INDEX notes_open ON notes (place) WHERE is_open;
CREATE VIEW bodies AS SELECT n.id, n.body FROM notes AS n;
CREATE TABLE colours (name text PRIMARY KEY, place bigint NOT NULL);
