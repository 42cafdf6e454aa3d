-- name: set_prices_of_lines
-- Joined by the primary key.
UPDATE invoice_line
SET unit_price = track.unit_price
FROM track
WHERE
    track.track_id = invoice_line.track_id
    AND invoice_line.invoice_id = :invoice_id;

-- name: set_composers_of_playlist
-- Joined by the whole of a key of two columns.
UPDATE track
SET composer = playlist.name
FROM playlist_track
INNER JOIN playlist ON playlist_track.playlist_id = playlist.playlist_id
WHERE
    playlist_track.track_id = track.track_id
    AND playlist_track.playlist_id = :playlist_id;

-- name: set_totals_of_customer
-- GROUP BY leaves one row for each invoice.
UPDATE invoice
SET total = lines.total
FROM (
    SELECT
        invoice_line.invoice_id,
        CAST(sum(invoice_line.unit_price * invoice_line.quantity) AS bigint) AS total
    FROM invoice_line
    INNER JOIN invoice AS paid ON invoice_line.invoice_id = paid.invoice_id
    WHERE paid.customer_id = :customer_id
    GROUP BY invoice_line.invoice_id
) AS lines
WHERE lines.invoice_id = invoice.invoice_id;

-- name: set_support_of_customer
-- LIMIT leaves one row.
UPDATE customer
SET support_rep_id = staff.employee_id
FROM (
    SELECT employee_id
    FROM employee
    WHERE reports_to = :employee_id
    ORDER BY last_name, employee_id
    LIMIT 1
) AS staff
WHERE customer.customer_id = :customer_id;

-- name: list_numbered_entries
-- PARTITION BY holds one half of the key, ORDER BY the other.
SELECT
    track_id AS id,
    row_number() OVER (PARTITION BY playlist_id ORDER BY track_id) AS number
FROM playlist_track
WHERE playlist_id = :playlist_id
ORDER BY track_id;

-- name: list_customers_by_email
-- Ordered by a unique column that is not the primary key.
-- scan: all customers are numbered.
SELECT
    customer_id AS id,
    row_number() OVER (ORDER BY email) AS number
FROM customer
ORDER BY customer_id;

-- name: list_ranked_genres
-- Of each group one row is left.
-- scan: a report over all tracks.
SELECT
    genre.genre_id AS id,
    row_number() OVER (ORDER BY count(*) DESC, genre.genre_id) AS number
FROM genre
INNER JOIN track ON genre.genre_id = track.genre_id
GROUP BY genre.genre_id
ORDER BY genre.genre_id;

-- name: list_numbered_lines
-- The key of the lines decides the order of the join.
SELECT
    invoice_line.invoice_line_id AS id,
    row_number() OVER (ORDER BY invoice.invoice_date, invoice_line.invoice_line_id) AS number
FROM invoice
INNER JOIN invoice_line ON invoice.invoice_id = invoice_line.invoice_id
WHERE invoice.customer_id = :customer_id
ORDER BY invoice_line.invoice_line_id;

-- name: list_invoices_before
SELECT
    invoice_id,
    invoice_date,
    total
FROM invoice
WHERE
    customer_id = :customer_id
    AND (invoice_date, invoice_id) < (:invoice_date, :invoice_id)
ORDER BY invoice_date DESC, invoice_id DESC
LIMIT :limit;

-- name: list_entries_after
SELECT
    playlist_id,
    track_id
FROM playlist_track
WHERE (playlist_id, track_id) > (:playlist_id, :track_id)
ORDER BY playlist_id, track_id
LIMIT :limit;

-- name: list_largest_invoices_after
-- One key falls, the other rises.
SELECT
    invoice_id,
    invoice_date,
    total
FROM invoice
WHERE
    customer_id = :customer_id
    AND (total < :total OR (total = :total AND invoice_id > :invoice_id))
ORDER BY total DESC, invoice_id
LIMIT :limit;

-- name: list_entries_of_playlist_after
-- The other half of the key is fixed.
SELECT
    playlist_id,
    track_id
FROM playlist_track
WHERE
    playlist_id = :playlist_id
    AND track_id > :after
ORDER BY track_id
LIMIT :limit;

-- name: list_invoices_between
-- A range, no page: the first instant belongs to it.
SELECT
    invoice_id,
    invoice_date,
    total
FROM invoice
WHERE
    invoice_date >= :since
    AND invoice_date < :until
ORDER BY invoice_date, invoice_id
LIMIT :limit;

-- name: get_entry
SELECT
    playlist_id,
    track_id
FROM playlist_track
WHERE
    playlist_id = :playlist_id
    AND track_id = :track_id;

-- name: get_support_by_email
SELECT
    customer.customer_id,
    customer.email,
    employee.last_name AS employee
FROM customer
LEFT JOIN employee ON customer.support_rep_id = employee.employee_id
WHERE customer.email = :email;

-- name: get_support_of_invoice
SELECT
    customer.customer_id,
    customer.email,
    employee.last_name AS employee
FROM invoice
INNER JOIN customer ON invoice.customer_id = customer.customer_id
LEFT JOIN employee ON customer.support_rep_id = employee.employee_id
WHERE invoice.invoice_id = :invoice_id;

-- name: get_latest_invoice
SELECT
    invoice_id,
    invoice_date,
    total
FROM invoice
ORDER BY invoice_date DESC, invoice_id DESC
LIMIT 1;
