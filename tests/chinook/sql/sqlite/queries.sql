-- name: get_artist
SELECT
    artist_id,
    name
FROM artist
WHERE artist_id = :artist_id
LIMIT 1;

-- name: get_customer_by_email
SELECT
    customer_id,
    first_name || ' ' || last_name AS name,
    email
FROM customer
WHERE email = :email
LIMIT 1;

-- name: get_line
SELECT track.track_id
FROM playlist_track
INNER JOIN track ON playlist_track.track_id = track.track_id
WHERE
    playlist_track.playlist_id = :playlist_id
    AND playlist_track.track_id = :track_id
LIMIT 1;

-- name: list_albums_of_artist
SELECT
    album.album_id,
    album.title,
    artist.name AS artist
FROM album
INNER JOIN artist ON album.artist_id = artist.artist_id
WHERE album.artist_id = :artist_id
ORDER BY album.album_id;

-- name: list_tracks_of_album
SELECT
    track.track_id,
    track.name,
    album.title AS album,
    genre.name AS genre
FROM track
LEFT JOIN album ON track.album_id = album.album_id
LEFT JOIN genre ON track.genre_id = genre.genre_id
WHERE track.album_id = :album_id
ORDER BY track.track_id;

-- name: list_tracks_after
SELECT
    track_id,
    name,
    milliseconds
FROM track
WHERE track_id > :after
ORDER BY track_id
LIMIT :limit;

-- name: list_artists_without_album
-- scan: a report over all artists.
SELECT
    artist.artist_id,
    artist.name
FROM artist
LEFT JOIN album ON artist.artist_id = album.artist_id
WHERE album.album_id IS NULL
ORDER BY artist.artist_id;

-- name: list_unsold_tracks
-- scan: a report over all tracks.
SELECT
    track_id,
    name,
    milliseconds
FROM track
WHERE NOT EXISTS (SELECT 1 FROM invoice_line WHERE invoice_line.track_id = track.track_id)
ORDER BY track_id;

-- name: count_tracks_by_genre
-- scan: a report over all tracks.
SELECT
    genre.name,
    count(*) AS count
FROM genre
INNER JOIN track ON genre.genre_id = track.genre_id
GROUP BY genre.genre_id, genre.name
ORDER BY count DESC, genre.genre_id;

-- name: count_tracks_of_every_genre
-- scan: a report over all genres.
SELECT
    genre.name,
    count(track.track_id) AS count
FROM genre
LEFT JOIN track ON genre.genre_id = track.genre_id
GROUP BY genre.genre_id, genre.name
ORDER BY genre.genre_id;

-- name: list_totals_of_customers
-- scan: a report over all invoices.
SELECT
    customer_id AS id,
    CAST(sum(total) AS bigint) AS total
FROM invoice
GROUP BY customer_id
ORDER BY total DESC, customer_id;

-- name: list_revenue_of_tracks
-- scan: a report over all lines.
SELECT
    track_id AS id,
    CAST(sum(unit_price * quantity) AS bigint) AS total
FROM invoice_line
GROUP BY track_id
HAVING sum(unit_price * quantity) >= :least
ORDER BY total DESC, track_id;

-- name: get_total_of_customer
SELECT CAST(coalesce(sum(total), 0) AS bigint) AS total
FROM invoice
WHERE customer_id = :customer_id;

-- name: list_lengths_of_genres
-- scan: a report over all tracks.
SELECT
    genre.name AS genre,
    min(track.milliseconds) AS shortest,
    max(track.milliseconds) AS longest,
    CAST(sum(track.milliseconds) AS bigint) / count(*) AS average
FROM genre
INNER JOIN track ON genre.genre_id = track.genre_id
GROUP BY genre.genre_id, genre.name
ORDER BY genre.genre_id;

-- name: list_running_totals
SELECT
    invoice_id,
    total,
    CAST(sum(total) OVER (ORDER BY invoice_date, invoice_id) AS bigint) AS running
FROM invoice
WHERE customer_id = :customer_id
ORDER BY invoice_date, invoice_id;

-- name: list_shares_of_customers
-- scan: a report over all invoices.
SELECT
    customer_id AS id,
    CAST(sum(total) AS bigint) AS total,
    CAST(sum(sum(total)) OVER () AS bigint) AS whole
FROM invoice
GROUP BY customer_id
ORDER BY customer_id;

-- name: list_longest_of_album
-- scan: a report over all tracks.
SELECT
    track_id AS id,
    milliseconds AS total,
    max(milliseconds) OVER (PARTITION BY album_id) AS whole
FROM track
ORDER BY track_id;

-- name: list_ranked_customers
-- scan: a report over all invoices.
SELECT
    customer_id AS id,
    CAST(sum(total) AS bigint) AS total,
    rank() OVER (ORDER BY sum(total) DESC) AS place
FROM invoice
GROUP BY customer_id
ORDER BY place, customer_id;

-- name: list_quarters_of_tracks
-- scan: a report over all tracks.
SELECT
    track_id,
    ntile(4) OVER (ORDER BY milliseconds, track_id) AS quarter
FROM track
ORDER BY quarter, track_id;

-- name: list_first_tracks
-- scan: a report over all tracks.
SELECT
    numbered.track_id,
    numbered.name,
    numbered.milliseconds
FROM (
    SELECT
        track_id,
        name,
        milliseconds,
        row_number() OVER (PARTITION BY album_id ORDER BY track_id) AS number
    FROM track
) AS numbered
WHERE numbered.number = 1
ORDER BY numbered.track_id;

-- name: list_steps
-- differs: lag takes two values of one type there
SELECT
    invoice_id,
    total,
    lag(total, 1, 0) OVER (ORDER BY invoice_date, invoice_id) AS before
FROM invoice
WHERE customer_id = :customer_id
ORDER BY invoice_date, invoice_id;

-- name: list_moving_sums
SELECT
    invoice_id,
    total,
    CAST(sum(total) OVER last_three AS bigint) AS running
FROM invoice
WHERE customer_id = :customer_id
WINDOW last_three AS (ORDER BY invoice_date, invoice_id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)
ORDER BY invoice_date, invoice_id;

-- name: list_numbers
WITH RECURSIVE numbers (number) AS (
    SELECT 1
    UNION ALL
    SELECT number + 1
    FROM numbers
    WHERE number < :upto
)

SELECT number
FROM numbers
ORDER BY number;

-- name: list_staff
WITH RECURSIVE staff (employee_id, last_name, level) AS (
    SELECT
        employee.employee_id,
        employee.last_name,
        0
    FROM employee
    WHERE employee.employee_id = :employee_id
    UNION ALL
    SELECT
        employee.employee_id,
        employee.last_name,
        staff.level + 1
    FROM employee
    INNER JOIN staff ON employee.reports_to = staff.employee_id
)

SELECT
    employee_id,
    last_name,
    level
FROM staff
ORDER BY level, employee_id;

-- name: list_chain
WITH RECURSIVE chain AS (
    SELECT
        employee.employee_id,
        employee.last_name,
        employee.reports_to,
        1 AS level
    FROM employee
    WHERE employee.employee_id = :employee_id
    UNION ALL
    SELECT
        employee.employee_id,
        employee.last_name,
        employee.reports_to,
        chain.level + 1 AS level
    FROM chain
    INNER JOIN employee ON chain.reports_to = employee.employee_id
)

SELECT
    employee_id,
    last_name,
    level
FROM chain
ORDER BY level, employee_id;

-- name: list_paths
WITH RECURSIVE paths (employee_id, path) AS (
    SELECT
        employee.employee_id,
        employee.last_name
    FROM employee
    WHERE employee.reports_to IS NULL
    UNION ALL
    SELECT
        employee.employee_id,
        paths.path || '/' || employee.last_name
    FROM employee
    INNER JOIN paths ON employee.reports_to = paths.employee_id
)

SELECT
    employee_id,
    path
FROM paths
ORDER BY employee_id;

-- name: list_bosses
-- scan: a report over all employees.
SELECT
    employee.employee_id,
    employee.last_name,
    boss.last_name AS boss
FROM employee
LEFT JOIN employee AS boss ON employee.reports_to = boss.employee_id
ORDER BY employee.employee_id;

-- name: count_customers_of_staff
-- scan: a report over all employees.
SELECT
    employee.employee_id AS id,
    count(customer.customer_id) AS total
FROM employee
LEFT JOIN customer ON employee.employee_id = customer.support_rep_id
GROUP BY employee.employee_id
ORDER BY employee.employee_id;

-- name: list_sales
SELECT
    invoice_line_id,
    track,
    album,
    amount
FROM sale
WHERE customer_id = :customer_id
ORDER BY invoice_line_id;

-- name: list_artist_totals
-- scan: a report over all tracks.
SELECT
    artist_id,
    tracks,
    milliseconds
FROM artist_total
ORDER BY milliseconds DESC, artist_id;

-- name: list_days_of_sale
-- differs: SQLite has no generate_series
WITH RECURSIVE days (number) AS (
    SELECT 1
    UNION ALL
    SELECT number + 1
    FROM days
    WHERE number < :upto
)

SELECT
    days.number,
    count(invoice.invoice_id) AS invoices
FROM days
LEFT JOIN invoice ON days.number = invoice.invoice_id
GROUP BY days.number
ORDER BY days.number;

-- name: list_customers_above_average
-- scan: a report over all invoices.
SELECT customer_id
FROM invoice
GROUP BY customer_id
HAVING sum(total) * (SELECT count(DISTINCT other.customer_id) FROM invoice AS other)
    > (SELECT sum(whole.total) FROM invoice AS whole)
ORDER BY customer_id;

-- name: find_best_customer
-- scan: a report over all invoices.
SELECT customer_id
FROM invoice
GROUP BY customer_id
ORDER BY sum(total) DESC, customer_id
LIMIT 1;

-- name: list_totals_of_countries
-- scan: a report over all invoices.
SELECT
    coalesce(billing_country, '-') AS name,
    CAST(sum(total) AS bigint) AS count
FROM invoice
GROUP BY coalesce(billing_country, '-')
ORDER BY name;

-- name: list_sizes
-- scan: a report over all tracks.
SELECT
    CASE WHEN milliseconds < 180000 THEN 'short' WHEN milliseconds < 360000 THEN 'middle' ELSE 'long' END AS name,
    count(*) AS count
FROM track
GROUP BY CASE WHEN milliseconds < 180000 THEN 'short' WHEN milliseconds < 360000 THEN 'middle' ELSE 'long' END
ORDER BY name;

-- name: list_top_tracks
-- scan: a report over all lines.
WITH sums AS (
    SELECT
        track_id,
        CAST(sum(quantity) AS bigint) AS total
    FROM invoice_line
    GROUP BY track_id
)

SELECT
    track_id AS id,
    total,
    dense_rank() OVER (ORDER BY total DESC) AS place
FROM sums
ORDER BY place, track_id
LIMIT :limit;

-- name: list_tracks_of_either
SELECT track_id
FROM track
WHERE genre_id = :genre_id
UNION
SELECT track_id
FROM track
WHERE album_id = :album_id
ORDER BY track_id;

-- name: list_invoices_with_lines
SELECT
    invoice.invoice_id AS id,
    CAST(sum(invoice_line.unit_price * invoice_line.quantity) AS bigint) AS total
FROM invoice
INNER JOIN invoice_line ON invoice.invoice_id = invoice_line.invoice_id
WHERE invoice.customer_id = :customer_id
GROUP BY invoice.invoice_id
ORDER BY invoice.invoice_id;

-- name: list_conditional_sums
-- scan: a report over all invoices.
SELECT
    customer_id AS id,
    CAST(sum(CASE WHEN billing_country IS NULL THEN total ELSE 0 END) AS bigint) AS total,
    CAST(sum(total) AS bigint) AS whole
FROM invoice
GROUP BY customer_id
ORDER BY customer_id;

-- name: list_differences
SELECT
    invoice_id,
    total,
    total - first_value(total) OVER (ORDER BY invoice_date, invoice_id) AS before
FROM invoice
WHERE customer_id = :customer_id
ORDER BY invoice_date, invoice_id;

-- name: list_lines_with_whole
SELECT
    invoice_line_id AS id,
    unit_price * quantity AS total,
    CAST(sum(unit_price * quantity) OVER (PARTITION BY invoice_id) AS bigint) AS whole
FROM invoice_line
WHERE invoice_id = :invoice_id
ORDER BY invoice_line_id;

-- name: list_albums_with_length
SELECT
    album.album_id AS id,
    lengths.tracks AS total,
    lengths.milliseconds AS whole
FROM album
INNER JOIN (
    SELECT
        track.album_id,
        count(*) AS tracks,
        CAST(sum(track.milliseconds) AS bigint) AS milliseconds
    FROM track
    INNER JOIN album AS of_artist ON track.album_id = of_artist.album_id
    WHERE of_artist.artist_id = :artist_id
    GROUP BY track.album_id
) AS lengths ON album.album_id = lengths.album_id
WHERE album.artist_id = :artist_id
ORDER BY album.album_id;

-- name: list_counts_by_subquery
SELECT
    album.album_id AS id,
    (SELECT count(*) FROM track WHERE track.album_id = album.album_id) AS total
FROM album
WHERE album.artist_id = :artist_id
ORDER BY album.album_id;

-- name: list_latest_invoices
-- scan: a report over all invoices.
SELECT
    invoice.invoice_id AS id,
    invoice.total
FROM invoice
WHERE invoice.invoice_date = (
    SELECT max(later.invoice_date)
    FROM invoice AS later
    WHERE later.customer_id = invoice.customer_id
)
ORDER BY invoice.invoice_id;
