CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text COLLATE "C" NOT NULL UNIQUE,
    nick text COLLATE "C"
);

CREATE TABLE items (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users (id),
    name text COLLATE "C" NOT NULL,
    name_fold text COLLATE "C",
    brand text NOT NULL DEFAULT '', -- sorted by a language
    note text COLLATE "C",
    note_hash text COLLATE "C",
    status text COLLATE "C" NOT NULL CHECK (status IN ('NEW', 'SOLD')),
    price bigint NOT NULL,
    stock smallint NOT NULL DEFAULT 0,
    data jsonb NOT NULL DEFAULT '{}',
    picture bytea,
    replaces_id uuid REFERENCES items (id),
    created_at timestamptz NOT NULL
);
CREATE INDEX items_owner ON items (owner_id);
CREATE INDEX items_replaces ON items (replaces_id);

CREATE TABLE orders (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    item_id uuid NOT NULL REFERENCES items (id),
    amount bigint NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX orders_user ON orders (user_id);
CREATE INDEX orders_item ON orders (item_id);

CREATE TABLE notes (
    id uuid PRIMARY KEY,
    body text COLLATE "C" NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE FUNCTION notes_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    new.changed_at = now();
    RETURN new;
END
$$;
CREATE TRIGGER notes_changed BEFORE UPDATE OF body ON notes FOR EACH ROW EXECUTE FUNCTION notes_changed();
