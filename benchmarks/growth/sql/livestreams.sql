-- A tenth of the livestreams is live, and a tenth is announced. Of each kind of row, a tenth belongs to the first user or
-- to one livestream: that of number 7 is live, that of number 8 is announced. Ten livestreams have each rare category.

INSERT INTO livestreams (
    id, owner_id, title, language, category, status, visibility, scheduled_at, started_at, ended_at, created_at,
    updated_at
)
SELECT
    id($LIVESTREAM, n),
    id($USER, CASE WHEN n % 10 = 0 THEN 0 ELSE n % $users END),
    'Night flight',
    CASE n % 5 WHEN 0 THEN 'en' WHEN 1 THEN 'de' WHEN 2 THEN 'fr' WHEN 3 THEN 'es' ELSE 'hi' END,
    CASE WHEN n % 20 < 10 THEN 'popular' ELSE 'rare' || (n / 20) END,
    CASE kind WHEN 7 THEN 'LIVE' WHEN 8 THEN 'SCHEDULED' WHEN 9 THEN 'CANCELLED' ELSE 'ENDED' END,
    'PUBLIC',
    CASE kind WHEN 8 THEN at(n + 100000000) END,
    CASE WHEN kind < 8 THEN at(n) END,
    CASE WHEN kind < 7 THEN at(n + 1) END,
    at(n),
    at(n)
FROM (SELECT n, CASE WHEN n % 10 = 0 THEN n / 10 % 10 ELSE n % 10 END AS kind FROM series) AS numbered;

INSERT INTO livestream_keys (livestream_id, key_hash, issued_at)
SELECT
    id($LIVESTREAM, n),
    replace(CAST(id(0, n) AS text), '-', '') || replace(CAST(id(0, n) AS text), '-', ''),
    series.at
FROM series;

-- A tenth watches one livestream.
INSERT INTO live_viewers (livestream_id, viewer_id, joined_at, seen_at, watched_ms)
SELECT
    id($LIVESTREAM, CASE WHEN n % 10 = 0 THEN 7 ELSE n END),
    id($USER, CASE WHEN n % 10 = 0 THEN n / 10 ELSE n % $users END),
    series.at,
    CASE WHEN n % 10 IN (0, 7) THEN at(10 * $users + 30) ELSE series.at END,
    1000
FROM series
WHERE n <> 7;

INSERT INTO live_viewer_counts (livestream_id, viewers, peak, language, category, sampled_at, closed_at)
SELECT
    id,
    CASE WHEN status = 'LIVE' THEN 1 ELSE 0 END,
    1,
    language,
    category,
    started_at,
    CASE WHEN substr(CAST(id AS text), 36, 1) <> '1' THEN ended_at END
FROM livestreams
WHERE status IN ('LIVE', 'ENDED');

INSERT INTO live_chat_messages (id, livestream_id, author_id, body, created_at)
SELECT
    id($CHAT, n), id($LIVESTREAM, CASE WHEN n % 10 = 0 THEN 7 ELSE n END),
    id($USER, CASE WHEN n % 10 = 1 THEN 0 ELSE n % $users END), 'Hello', series.at
FROM series;

INSERT INTO live_moderators (owner_id, moderator_id, created_at)
SELECT id($USER, 0), id($USER, n), series.at FROM series WHERE n BETWEEN 1 AND $users - 1;

INSERT INTO live_moderators (owner_id, moderator_id, created_at)
SELECT id($USER, n), id($USER, n + 1), series.at FROM series WHERE n BETWEEN 1 AND $users - 2;

-- A quarter has expired.
INSERT INTO live_bans (owner_id, user_id, banned_by, expires_at, created_at)
SELECT
    id($USER, 0), id($USER, n), id($USER, 0), CASE n % 4 WHEN 0 THEN at(n + 1) WHEN 1 THEN at(n + 100000000) END,
    series.at
FROM series
WHERE n BETWEEN 1 AND $users - 1;

INSERT INTO donations (id, livestream_id, donor_id, transfer_id, amount, currency, created_at)
SELECT
    id($DONATION, n), id($LIVESTREAM, CASE WHEN n % 10 = 0 THEN 7 ELSE n END),
    id($USER, CASE WHEN n % 10 = 1 THEN 0 WHEN n % 10 = 0 THEN n / 10 ELSE n % $users END), id($TRANSFER, n), 100,
    'EUR', series.at
FROM series;

INSERT INTO donation_totals (livestream_id, currency, shard, donations, amount)
SELECT livestream_id, currency, substr(CAST(id AS text), 36, 1), count(*), sum(amount) FROM donations GROUP BY 1, 2, 3;

INSERT INTO donor_totals (livestream_id, currency, donor_id, donations, amount)
SELECT livestream_id, currency, donor_id, count(*), sum(amount) FROM donations GROUP BY 1, 2, 3;

-- A tenth is of one livestream that is announced. Of what is live, a hundredth is due.
INSERT INTO livestream_reminders (livestream_id, user_id, queued_at, created_at)
SELECT
    id($LIVESTREAM, CASE WHEN n % 10 = 0 THEN 8 ELSE n END),
    id($USER, CASE WHEN n % 10 = 0 THEN n / 10 WHEN n % 10 = 1 THEN 0 ELSE n % $users END),
    CASE WHEN n % 10 IN (0, 8) OR n % 1000 = 7 THEN NULL ELSE series.at END,
    series.at
FROM series
WHERE n <> 8;

-- Nine each.
INSERT INTO follows (follower_id, followed_id, status, created_at, accepted_at)
SELECT id($USER, n % $users), id($USER, (n % $users + n / $users) % $users), 'ACCEPTED', at(n), at(n)
FROM series
WHERE n >= $users;
