CREATE TABLE readers (
    id uuid NOT NULL PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    nick text COLLATE "und-x-icu",
    state text NOT NULL DEFAULT 'ON' CHECK (state IN ('ON', 'OFF')),
    email text,
    email_fold text UNIQUE,
    tenant bigint NOT NULL,
    number bigint NOT NULL,
    born date,
    joined_at timestamptz NOT NULL,
    CONSTRAINT readers_number_key UNIQUE (tenant, number)
);
CREATE TABLE cards (
    reader_id uuid NOT NULL PRIMARY KEY,
    color text NOT NULL,
    CONSTRAINT cards_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES readers (id)
);
CREATE TABLE books (
    id uuid NOT NULL PRIMARY KEY,
    title text NOT NULL,
    subtitle text,
    isbn text,
    lang text COLLATE "C" NOT NULL,
    year bigint NOT NULL,
    data jsonb,
    added_at timestamptz NOT NULL,
    removed_at timestamptz
);
CREATE UNIQUE INDEX books_isbn ON books (isbn) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX books_title ON books (lower(title), year);
CREATE UNIQUE INDEX books_subtitle ON books (subtitle) WHERE lower(lang) = 'en';
CREATE TABLE loans (
    id uuid NOT NULL PRIMARY KEY,
    reader_id uuid NOT NULL,
    book_id uuid NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    CONSTRAINT loans_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES readers (id),
    CONSTRAINT loans_book_id_fkey FOREIGN KEY (book_id) REFERENCES books (id)
);
CREATE INDEX loans_reader ON loans (reader_id, since, id);
CREATE INDEX loans_book ON loans (book_id);
CREATE TABLE friends (
    reader_id uuid NOT NULL,
    friend_id uuid NOT NULL,
    PRIMARY KEY (reader_id, friend_id)
);
CREATE TABLE settings (
    id bigint NOT NULL PRIMARY KEY CHECK (id = 1),
    days bigint NOT NULL,
    fine bigint NOT NULL
);
CREATE TABLE visits (
    at timestamptz NOT NULL,
    gate text NOT NULL
);
CREATE TABLE passes (
    id bigint NOT NULL PRIMARY KEY,
    code text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('A', 'B', 'C')),
    slot bigint NOT NULL,
    size bigint NOT NULL,
    shelf bigint NOT NULL,
    seat bigint NOT NULL,
    rank bigint NOT NULL,
    label text NOT NULL,
    grade text,
    is_open boolean NOT NULL,
    used_at timestamptz,
    ended_at timestamptz
);
CREATE UNIQUE INDEX passes_code ON passes (code) WHERE kind = 'A' AND used_at IS NULL;
CREATE UNIQUE INDEX passes_slot ON passes (slot) WHERE kind <> 'C';
CREATE UNIQUE INDEX passes_size ON passes (size) WHERE is_open;
CREATE UNIQUE INDEX passes_shelf ON passes (shelf) WHERE is_open = TRUE;
CREATE UNIQUE INDEX passes_seat ON passes (seat) WHERE ended_at IS NOT NULL;
CREATE UNIQUE INDEX passes_rank ON passes (rank) WHERE size > 0;
CREATE UNIQUE INDEX passes_label ON passes (lower(label)) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX passes_place ON passes (seat, rank) WHERE lower(kind) <> 'c';
CREATE UNIQUE INDEX passes_grade ON passes (slot, shelf) WHERE grade <> 'x';
CREATE UNIQUE INDEX passes_one ON passes (slot, label) WHERE size = 1;
CREATE VIEW lent AS SELECT id, reader_id, book_id FROM loans WHERE until IS NULL;
CREATE TABLE seats (
    id bigint NOT NULL PRIMARY KEY,
    place bigint NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT seats_place_key UNIQUE (place) DEFERRABLE,
    CONSTRAINT seats_number_key UNIQUE (number)
);
CREATE TABLE shelves (
    id bigint NOT NULL PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    code text COLLATE "C" NOT NULL,
    room text COLLATE "C" NOT NULL UNIQUE
);
CREATE UNIQUE INDEX shelves_code ON shelves (lower(code));
CREATE TABLE rooms (id bigint NOT NULL PRIMARY KEY DEFERRABLE);
