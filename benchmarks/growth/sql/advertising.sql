-- Half of the campaigns is active. A tenth has no keyword, a tenth has a popular one, and twenty have each rare one. Half
-- of them is for one country of a thousand, and the rest for all.

INSERT INTO campaigns (
    id, owner_id, name, total_budget, daily_budget, bid, currency, starts_at, ends_at, status, targeting, keywords,
    frequency_cap, pacing, created_at, updated_at
)
SELECT
    id($CAMPAIGN, n),
    id($USER, CASE WHEN n % 10 = 0 THEN 0 ELSE n % $users END),
    'Campaign',
    1000000,
    100000,
    1 + n * 7919 % 1000,
    'EUR',
    at(0),
    CASE WHEN n % 10 = 5 THEN at(n + 1) ELSE at(n + 100000000) END,
    CASE
        WHEN n % 10 < 5 THEN 'ACTIVE' WHEN n % 10 = 5 THEN 'PAUSED' WHEN n % 10 = 6 THEN 'REVIEW'
        WHEN n % 10 = 7 THEN 'DRAFT' ELSE 'ENDED'
    END,
    object(CASE WHEN n / 10 % 2 = 0 THEN '{}' ELSE '{"country": ["C' || (n / 20 % 1000) || '"]}' END),
    words(CASE n % 10 WHEN 3 THEN '' WHEN 4 THEN 'cars' ELSE 'rare' || (n / 20) END),
    3,
    'FAST',
    series.at,
    series.at
FROM series;

-- A tenth belongs to the first campaign, and one of these is shown.
INSERT INTO creatives (id, campaign_id, title, landing_url, status, created_at, updated_at)
SELECT
    id($CREATIVE, n), id($CAMPAIGN, CASE WHEN n % 10 = 0 THEN 0 ELSE n END), 'An ad', 'https://example.org/',
    CASE WHEN n % 10 = 0 AND n > 0 THEN 'RETIRED' WHEN n % 10 = 6 THEN 'REVIEW' ELSE 'APPROVED' END, series.at,
    series.at
FROM series;

INSERT INTO ad_budgets (campaign_id, budget, reserved, spent)
SELECT id($CAMPAIGN, n), 1000000, CASE WHEN n % 10 = 1 THEN 5 ELSE 0 END, 100 FROM series;

-- Of the last day.
INSERT INTO ad_days (campaign_id, day, budget, reserved, spent)
SELECT id($CAMPAIGN, n), day(at(10 * $users)), 100000, CASE WHEN n % 10 = 1 THEN 5 ELSE 0 END, 100 FROM series;

INSERT INTO ad_viewer_days (campaign_id, day, viewer, viewer_id, cap, shown)
SELECT
    id($CAMPAIGN, n), day(at(10 * $users)), 'u:' || CAST(id($USER, n % $users) AS text), id($USER, n % $users), 3, 1
FROM series;

-- A tenth has expired, and is not released yet.
INSERT INTO ad_reservations (id, campaign_id, creative_id, viewer_id, price, reserved_at, expires_at)
SELECT
    id($REQUEST, 10 * $users + n), id($CAMPAIGN, n), id($CREATIVE, n), id($USER, n % $users), 5, at(10 * $users),
    at(10 * $users + 1)
FROM series
WHERE n % 10 = 1;

-- A fifth is not reported yet. Half was clicked, and half of the clicks are not reported yet.
INSERT INTO ad_impressions (id, campaign_id, creative_id, viewer_id, price, day, shown_at, reported_at)
SELECT
    id($REQUEST, n), id($CAMPAIGN, CASE WHEN n % 10 = 0 THEN 0 ELSE n END), id($CREATIVE, n), id($USER, n % $users),
    5, day(series.at), series.at, CASE WHEN n % 10 < 8 THEN at(n + 1) END
FROM series;

INSERT INTO ad_clicks (impression_id, clicked_at, reported_at)
SELECT id, shown_at, CASE WHEN substr(CAST(id AS text), 36, 1) < '4' THEN reported_at END
FROM ad_impressions
WHERE substr(CAST(id AS text), 36, 1) < '8';
