CREATE TABLE artist (
    artist_id integer NOT NULL PRIMARY KEY,
    name text
) STRICT;

CREATE TABLE album (
    album_id integer NOT NULL PRIMARY KEY,
    title text NOT NULL,
    artist_id integer NOT NULL,

    CONSTRAINT album_artist_id_fkey FOREIGN KEY (artist_id) REFERENCES artist (artist_id)
) STRICT;

CREATE INDEX idx_album_artist ON album (artist_id, album_id);

CREATE TABLE genre (
    genre_id integer NOT NULL PRIMARY KEY,
    name text NOT NULL
) STRICT;

CREATE TABLE media_type (
    media_type_id integer NOT NULL PRIMARY KEY,
    name text NOT NULL
) STRICT;

CREATE TABLE track (
    track_id integer NOT NULL PRIMARY KEY,
    name text NOT NULL,
    album_id integer,
    media_type_id integer NOT NULL,
    genre_id integer,
    composer text,
    milliseconds integer NOT NULL,
    bytes integer,
    unit_price integer NOT NULL,

    CONSTRAINT track_album_id_fkey FOREIGN KEY (album_id) REFERENCES album (album_id),
    CONSTRAINT track_media_type_id_fkey FOREIGN KEY (media_type_id) REFERENCES media_type (media_type_id),
    CONSTRAINT track_genre_id_fkey FOREIGN KEY (genre_id) REFERENCES genre (genre_id)
) STRICT;

CREATE INDEX idx_track_album ON track (album_id, track_id);
CREATE INDEX idx_track_genre ON track (genre_id, track_id);
CREATE INDEX idx_track_media_type ON track (media_type_id);

CREATE TABLE playlist (
    playlist_id integer NOT NULL PRIMARY KEY,
    name text
) STRICT;

CREATE TABLE playlist_track (
    playlist_id integer NOT NULL,
    track_id integer NOT NULL,

    CONSTRAINT playlist_track_pkey PRIMARY KEY (playlist_id, track_id),
    CONSTRAINT playlist_track_playlist_id_fkey FOREIGN KEY (playlist_id) REFERENCES playlist (playlist_id),
    CONSTRAINT playlist_track_track_id_fkey FOREIGN KEY (track_id) REFERENCES track (track_id)
) STRICT;

CREATE INDEX idx_playlist_track_track ON playlist_track (track_id);

CREATE TABLE employee (
    employee_id integer NOT NULL PRIMARY KEY,
    last_name text NOT NULL,
    first_name text NOT NULL,
    title text,
    reports_to integer,

    CONSTRAINT employee_reports_to_fkey FOREIGN KEY (reports_to) REFERENCES employee (employee_id)
) STRICT;

CREATE INDEX idx_employee_reports_to ON employee (reports_to);

CREATE TABLE customer (
    customer_id integer NOT NULL PRIMARY KEY,
    first_name text NOT NULL,
    last_name text NOT NULL,
    country text,
    email text NOT NULL,
    support_rep_id integer,

    CONSTRAINT customer_email_key UNIQUE (email),
    CONSTRAINT customer_support_rep_id_fkey FOREIGN KEY (support_rep_id) REFERENCES employee (employee_id)
) STRICT;

CREATE INDEX idx_customer_support_rep ON customer (support_rep_id);
CREATE INDEX idx_customer_country ON customer (country, customer_id);

CREATE TABLE invoice (
    invoice_id integer NOT NULL PRIMARY KEY,
    customer_id integer NOT NULL,
    invoice_date text NOT NULL,
    billing_country text,
    total integer NOT NULL,

    CONSTRAINT invoice_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer (customer_id)
) STRICT;

CREATE INDEX idx_invoice_customer ON invoice (customer_id, invoice_date, invoice_id);
CREATE INDEX idx_invoice_date ON invoice (invoice_date, invoice_id);

CREATE TABLE invoice_line (
    invoice_line_id integer NOT NULL PRIMARY KEY,
    invoice_id integer NOT NULL,
    track_id integer NOT NULL,
    unit_price integer NOT NULL,
    quantity integer NOT NULL,

    CONSTRAINT invoice_line_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoice (invoice_id),
    CONSTRAINT invoice_line_track_id_fkey FOREIGN KEY (track_id) REFERENCES track (track_id)
) STRICT;

CREATE INDEX idx_invoice_line_invoice ON invoice_line (invoice_id, invoice_line_id);
CREATE INDEX idx_invoice_line_track ON invoice_line (track_id);

CREATE VIEW sale AS
SELECT
    invoice_line.invoice_line_id,
    invoice.invoice_id,
    invoice.customer_id,
    invoice.invoice_date,
    track.name AS track,
    album.title AS album,
    invoice_line.unit_price * invoice_line.quantity AS amount
FROM invoice_line
INNER JOIN invoice ON invoice_line.invoice_id = invoice.invoice_id
INNER JOIN track ON invoice_line.track_id = track.track_id
LEFT JOIN album ON track.album_id = album.album_id;

CREATE VIEW artist_total AS
SELECT
    album.artist_id,
    count(*) AS tracks,
    sum(track.milliseconds) AS milliseconds
FROM album
INNER JOIN track ON album.album_id = track.album_id
GROUP BY album.artist_id;
