-- A tenth is due, a tenth is in order of twenty keys, whose first messages are due, a tenth is dead, and the rest is done.
INSERT INTO outbox (id, topic, ordering_key, dedup_key, payload, status, attempts, due_at, finished_at, created_at)
SELECT
    id($MESSAGE, n),
    'mail',
    CASE WHEN n % 10 = 6 THEN 'key ' || (n / 10 % 20) END,
    'message ' || n,
    '{}',
    CASE
        WHEN n % 10 = 3 THEN 'DEAD'
        WHEN n % 10 = 6 AND n >= 200 THEN 'WAITING'
        WHEN n % 10 IN (6, 7) THEN 'PENDING'
        ELSE 'DONE'
    END,
    CASE WHEN n % 10 IN (6, 7) THEN 0 ELSE 1 END,
    series.at,
    CASE WHEN n % 10 NOT IN (6, 7) THEN series.at END,
    series.at
FROM series
ORDER BY n;
