-- A tenth is for the first user; half of what each user has is read, and a seventh has expired.
INSERT INTO notifications (
    recipient_id, event_id, kind, actor_id, group_key, title, body, data, seen_at, read_at, expires_at, created_at
)
SELECT
    id($USER, CASE WHEN n % 10 = 0 THEN 0 ELSE n % $users END),
    id($EVENT, n),
    'kind ' || (n / 10 % 4),
    id($USER, CASE WHEN n % 10 = 0 THEN 1 ELSE (n + 1) % $users END),
    'group ' || (n / 10 % 5),
    'Somebody likes it',
    '',
    '{}',
    CASE WHEN (n / 10 + n / $users) % 2 = 0 THEN series.at END,
    CASE WHEN (n / 10 + n / $users) % 2 = 0 THEN series.at END,
    CASE n / 10 % 7 WHEN 0 THEN at(n + 1) WHEN 1 THEN at(n + 100000000) END,
    series.at
FROM series;

INSERT INTO notification_preferences (user_id, kind, channel, is_enabled, updated_at)
SELECT id($USER, n), 'kind 9', 'INBOX', FALSE, at(0) FROM series WHERE n < $users;
