-- Rows in a status that only a change leads to: triggers would refuse to insert them.

-- A tenth is about the first video, a tenth comes from the second user. A tenth is open, a hundredth is claimed by the
-- fifth user, and the rest is resolved.
INSERT INTO reports (
    id, reporter_id, target_kind, target_id, reason, status, claimed_by, claimed_at, available_at, resolution,
    resolved_at, created_at
)
SELECT
    id($REPORT, n),
    id($USER, CASE WHEN n % 10 = 1 THEN 1 ELSE n / 10 % $users END),
    'VIDEO',
    id($VIDEO, CASE WHEN n % 10 = 0 THEN 0 ELSE n END),
    'SPAM',
    CASE WHEN n % 10 = 7 THEN 'OPEN' WHEN n % 100 = 0 THEN 'CLAIMED' ELSE 'RESOLVED' END,
    CASE WHEN n % 10 <> 7 THEN id($USER, 4) END,
    CASE WHEN n % 10 <> 7 THEN series.at END,
    CASE WHEN n % 10 = 7 OR n % 100 = 0 THEN series.at END,
    CASE WHEN n % 10 <> 7 AND n % 100 <> 0 THEN 'NO_ACTION' END,
    CASE WHEN n % 10 <> 7 AND n % 100 <> 0 THEN series.at END,
    series.at
FROM series;
