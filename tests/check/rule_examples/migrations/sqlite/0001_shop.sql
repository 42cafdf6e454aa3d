CREATE TABLE users (
    id text NOT NULL PRIMARY KEY,
    email text NOT NULL UNIQUE,
    nick text
) STRICT;

CREATE TABLE items (
    id text NOT NULL PRIMARY KEY,
    owner_id text NOT NULL REFERENCES users (id),
    name text NOT NULL,
    name_fold text,
    brand text NOT NULL DEFAULT '',
    note text,
    note_hash text,
    status text NOT NULL CHECK (status IN ('NEW', 'SOLD')),
    price integer NOT NULL,
    stock integer NOT NULL DEFAULT 0,
    data text NOT NULL DEFAULT '{}',
    picture blob,
    replaces_id text REFERENCES items (id),
    created_at text NOT NULL
) STRICT;
CREATE INDEX items_owner ON items (owner_id);
CREATE INDEX items_replaces ON items (replaces_id);

CREATE TABLE orders (
    id text NOT NULL PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id),
    item_id text NOT NULL REFERENCES items (id),
    amount integer NOT NULL,
    created_at text NOT NULL
) STRICT;
CREATE INDEX orders_user ON orders (user_id);
CREATE INDEX orders_item ON orders (item_id);

CREATE TABLE notes (
    id text NOT NULL PRIMARY KEY,
    body text NOT NULL,
    changed_at text NOT NULL
) STRICT;
CREATE TRIGGER notes_changed AFTER UPDATE OF body ON notes BEGIN
    UPDATE notes SET changed_at = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now') WHERE id = new.id;
END;
