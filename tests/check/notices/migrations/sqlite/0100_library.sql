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
CREATE VIEW lent AS SELECT id, reader_id, book_id FROM loans WHERE until IS NULL;
