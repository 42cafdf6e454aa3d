CREATE TABLE readers (
    id text NOT NULL PRIMARY KEY,
    name text NOT NULL,
    nick text,
    state text NOT NULL DEFAULT 'ON' CHECK (state IN ('ON', 'OFF')),
    email text,
    email_fold text UNIQUE,
    tenant integer NOT NULL,
    number integer NOT NULL,
    born text,
    joined_at text NOT NULL,
    CONSTRAINT readers_number_key UNIQUE (tenant, number)
) STRICT;
CREATE TABLE cards (
    reader_id text NOT NULL PRIMARY KEY,
    color text NOT NULL,
    CONSTRAINT cards_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES readers (id)
) STRICT;
CREATE TABLE books (
    id text NOT NULL PRIMARY KEY,
    title text NOT NULL,
    subtitle text,
    isbn text,
    lang text NOT NULL,
    year integer NOT NULL,
    data text,
    added_at text NOT NULL,
    removed_at text
) STRICT;
CREATE UNIQUE INDEX books_isbn ON books (isbn) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX books_title ON books (lower(title), year);
CREATE UNIQUE INDEX books_subtitle ON books (subtitle) WHERE lower(lang) = 'en';
CREATE TABLE loans (
    id text NOT NULL PRIMARY KEY,
    reader_id text NOT NULL,
    book_id text NOT NULL,
    since text NOT NULL,
    until text,
    CONSTRAINT loans_reader_id_fkey FOREIGN KEY (reader_id) REFERENCES readers (id),
    CONSTRAINT loans_book_id_fkey FOREIGN KEY (book_id) REFERENCES books (id)
) STRICT;
CREATE INDEX loans_reader ON loans (reader_id, since, id);
CREATE INDEX loans_book ON loans (book_id);
CREATE TABLE friends (
    reader_id text NOT NULL,
    friend_id text NOT NULL,
    PRIMARY KEY (reader_id, friend_id)
) STRICT;
CREATE TABLE settings (
    id integer NOT NULL PRIMARY KEY CHECK (id = 1),
    days integer NOT NULL,
    fine integer NOT NULL
) STRICT;
CREATE TABLE visits (
    at text NOT NULL,
    gate text NOT NULL
) STRICT;
CREATE TABLE passes (
    id integer NOT NULL PRIMARY KEY,
    code text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('A', 'B', 'C')),
    slot integer NOT NULL,
    size integer NOT NULL,
    shelf integer NOT NULL,
    seat integer NOT NULL,
    rank integer NOT NULL,
    label text NOT NULL,
    grade text,
    is_open integer NOT NULL CHECK (is_open IN (0, 1)),
    used_at text,
    ended_at text
) STRICT;
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
    id integer NOT NULL PRIMARY KEY,
    place integer NOT NULL,
    number integer NOT NULL,
    CONSTRAINT seats_place_key UNIQUE (place),
    CONSTRAINT seats_number_key UNIQUE (number)
) STRICT;
CREATE TABLE shelves (
    id integer NOT NULL PRIMARY KEY,
    name text COLLATE NOCASE NOT NULL UNIQUE,
    code text NOT NULL,
    room text NOT NULL UNIQUE
) STRICT;
CREATE UNIQUE INDEX shelves_code ON shelves (code COLLATE NOCASE);
CREATE TABLE rooms (id integer NOT NULL PRIMARY KEY) STRICT;
