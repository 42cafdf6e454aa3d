-- name: report_impressions
-- A batch, the first shown first: the order is that of the index, which begins with what is NULL here. A trigger counts
-- what is marked.
-- differs: only one writes at a time here; there rows that another holds are passed over, and the batch is an array
UPDATE ad_impressions
SET reported_at = :now
WHERE
    id IN (
        SELECT id
        FROM ad_impressions
        WHERE reported_at IS NULL
        ORDER BY reported_at, shown_at, id
        LIMIT :batch_size
    );

-- name: report_clicks
-- A batch, the first click first, in the order of the index, once its impression is in the reports. A trigger counts
-- what is marked.
-- differs: only one writes at a time here; there rows that another holds are passed over, and the batch is an array
UPDATE ad_clicks
SET reported_at = :now
WHERE
    impression_id IN (
        SELECT ad_clicks.impression_id
        FROM ad_clicks
        WHERE
            ad_clicks.reported_at IS NULL
            AND EXISTS (
                SELECT 1
                FROM ad_impressions
                WHERE
                    ad_impressions.id = ad_clicks.impression_id
                    AND ad_impressions.reported_at IS NOT NULL
            )
        ORDER BY ad_clicks.reported_at, ad_clicks.clicked_at, ad_clicks.impression_id
        LIMIT :batch_size
    );

-- name: delete_reported_impressions
-- A batch, the first reported first, with its clicks. The reports stay.
-- differs: only one writes at a time here; there rows that another holds are passed over, and the batch is an array
DELETE FROM ad_impressions
WHERE
    id IN (
        SELECT ad_impressions.id
        FROM ad_impressions
        WHERE
            ad_impressions.reported_at < :before
            AND NOT EXISTS (
                SELECT 1
                FROM ad_clicks
                WHERE
                    ad_clicks.impression_id = ad_impressions.id
                    AND ad_clicks.reported_at IS NULL
            )
        ORDER BY ad_impressions.reported_at, ad_impressions.shown_at, ad_impressions.id
        LIMIT :batch_size
    );

-- name: list_reports
SELECT
    campaign_id,
    day,
    creative_id,
    impressions,
    clicks,
    spent
FROM ad_reports
WHERE
    campaign_id = :campaign_id
    AND day BETWEEN :since AND :until
    AND (day, creative_id) < (:day, :creative_id)  -- when after
ORDER BY day DESC, creative_id DESC
LIMIT :limit;

-- name: list_report_days
-- differs: a sum of bigint is numeric there
SELECT
    day,
    coalesce(sum(impressions), 0) AS impressions,
    coalesce(sum(clicks), 0) AS clicks,
    coalesce(sum(spent), 0) AS spent
FROM ad_reports
WHERE
    campaign_id = :campaign_id
    AND day BETWEEN :since AND :until
GROUP BY day
ORDER BY day DESC;

-- name: list_report_creatives
-- differs: a sum of bigint is numeric there
SELECT
    creative_id,
    coalesce(sum(impressions), 0) AS impressions,
    coalesce(sum(clicks), 0) AS clicks,
    coalesce(sum(spent), 0) AS spent
FROM ad_reports
WHERE
    campaign_id = :campaign_id
    AND day BETWEEN :since AND :until
GROUP BY creative_id
ORDER BY creative_id DESC;

-- name: get_report_totals
-- differs: a sum of bigint is numeric there
SELECT
    coalesce(sum(impressions), 0) AS impressions,
    coalesce(sum(clicks), 0) AS clicks,
    coalesce(sum(spent), 0) AS spent
FROM ad_reports
WHERE
    campaign_id = :campaign_id
    AND day BETWEEN :since AND :until;

-- name: list_wrong_reports
-- scan: an audit reads all reports
-- differs: a sum of bigint is numeric there
WITH reported AS (
    SELECT
        campaign_id,
        day,
        sum(spent) AS amount
    FROM ad_reports
    GROUP BY campaign_id, day
),

waiting AS (
    SELECT
        campaign_id,
        day,
        sum(price) AS amount
    FROM ad_impressions
    WHERE reported_at IS NULL
    GROUP BY campaign_id, day
)

SELECT
    ad_days.campaign_id,
    ad_days.day,
    ad_days.spent,
    coalesce(reported.amount, 0) AS reported,
    coalesce(waiting.amount, 0) AS waiting
FROM ad_days
LEFT OUTER JOIN reported ON ad_days.campaign_id = reported.campaign_id AND ad_days.day = reported.day
LEFT OUTER JOIN waiting ON ad_days.campaign_id = waiting.campaign_id AND ad_days.day = waiting.day
WHERE ad_days.spent <> coalesce(reported.amount, 0) + coalesce(waiting.amount, 0)
ORDER BY ad_days.campaign_id, ad_days.day;

-- name: stream_reports_of_owner
SELECT
    ad_reports.campaign_id,
    ad_reports.day,
    ad_reports.creative_id,
    ad_reports.impressions,
    ad_reports.clicks,
    ad_reports.spent
FROM campaigns
INNER JOIN ad_reports ON campaigns.id = ad_reports.campaign_id
WHERE campaigns.owner_id = :owner_id
ORDER BY ad_reports.campaign_id, ad_reports.day, ad_reports.creative_id;

-- name: list_unsettled
SELECT
    ad_days.campaign_id,
    ad_days.day,
    campaigns.currency,
    ad_days.spent - ad_days.settled AS amount
FROM ad_days
INNER JOIN campaigns ON ad_days.campaign_id = campaigns.id
WHERE
    ad_days.day = :day
    AND ad_days.settled < ad_days.spent
    AND ad_days.campaign_id > :campaign_id  -- when after
ORDER BY ad_days.campaign_id
LIMIT :limit;

-- name: lock_owed
-- differs: only one writes at a time here; there the row is locked
SELECT
    ad_days.campaign_id,
    ad_days.day,
    campaigns.currency,
    ad_days.spent - ad_days.settled AS amount
FROM ad_days
INNER JOIN campaigns ON ad_days.campaign_id = campaigns.id
WHERE
    ad_days.campaign_id = :campaign_id
    AND ad_days.day = :day;

-- name: insert_settlement
INSERT INTO ad_settlements (
    id,
    campaign_id,
    day,
    amount,
    settled_at
)
VALUES (
    :id,
    :campaign_id,
    :day,
    :amount,
    :now
)
RETURNING
    id,
    campaign_id,
    day,
    amount,
    settled_at;

-- name: find_settlement
SELECT
    id,
    campaign_id,
    day,
    amount,
    settled_at
FROM ad_settlements
WHERE id = :settlement_id;

-- name: list_settlements
SELECT
    id,
    campaign_id,
    day,
    amount,
    settled_at
FROM ad_settlements
WHERE
    campaign_id = :campaign_id
    AND (day, id) < (:day, :id)  -- when after
ORDER BY day DESC, id DESC
LIMIT :limit;

-- name: stream_settlements_of_owner
SELECT
    ad_settlements.id,
    ad_settlements.campaign_id,
    ad_settlements.day,
    ad_settlements.amount,
    ad_settlements.settled_at
FROM campaigns
INNER JOIN ad_settlements ON campaigns.id = ad_settlements.campaign_id
WHERE campaigns.owner_id = :owner_id
ORDER BY ad_settlements.campaign_id, ad_settlements.day, ad_settlements.id;
