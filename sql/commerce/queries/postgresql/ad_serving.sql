-- name: list_eligible
-- A page of each keyword, of which the first are the page of all: so no keyword is read to its end.
-- EVEN spends of a day at most the share of it that is over, and a tenth. Creatives take turns.
-- differs: LATERAL is PostgreSQL's, and traits are compared as jsonb; there it is a JSON array for each keyword
SELECT
    campaigns.id AS campaign_id,
    creatives.id AS creative_id,
    creatives.title,
    creatives.body,
    creatives.image_url,
    creatives.landing_url,
    campaigns.bid AS price,
    campaigns.currency
FROM campaigns
INNER JOIN creatives ON campaigns.id = creatives.campaign_id
WHERE
    campaigns.id IN (
        SELECT page.campaign_id
        FROM unnest(cast(:keywords AS text[])) AS walked (keyword)
        CROSS JOIN LATERAL (
            SELECT listed.campaign_id
            FROM campaign_keywords AS listed
            INNER JOIN campaigns AS running ON listed.campaign_id = running.id
            WHERE
                listed.keyword = walked.keyword
                AND listed.currency = :currency
                AND listed.active_bid IS NOT NULL
                AND running.starts_at <= :now
                AND (running.ends_at IS NULL OR running.ends_at > :now)
                AND NOT EXISTS (
                    SELECT 1
                    FROM ad_budgets
                    WHERE
                        ad_budgets.campaign_id = running.id
                        AND ad_budgets.reserved + ad_budgets.spent + running.bid > running.total_budget
                )
                AND NOT EXISTS (
                    SELECT 1
                    FROM ad_days
                    WHERE
                        ad_days.campaign_id = running.id
                        AND ad_days.day = :day
                        AND (
                            ad_days.reserved + ad_days.spent + running.bid > running.daily_budget
                            OR (
                                running.pacing = 'EVEN'
                                AND ad_days.reserved + ad_days.spent
                                > running.daily_budget / 10
                                + running.daily_budget / 1440 * :minute
                                + running.daily_budget % 1440 * :minute / 1440
                            )
                        )
                )
                AND NOT EXISTS (
                    SELECT 1
                    FROM ad_viewer_days
                    WHERE
                        ad_viewer_days.campaign_id = running.id
                        AND ad_viewer_days.day = :day
                        AND ad_viewer_days.viewer = :viewer
                        AND ad_viewer_days.shown >= running.frequency_cap
                )
                AND NOT EXISTS (
                    SELECT 1
                    FROM jsonb_each(running.targeting) AS wanted (trait, allowed)
                    WHERE NOT coalesce(wanted.allowed @> (cast(:traits AS jsonb) -> wanted.trait), FALSE)
                )
                AND EXISTS (
                    SELECT 1
                    FROM creatives
                    WHERE
                        creatives.campaign_id = running.id
                        AND creatives.status = 'APPROVED'
                )
            ORDER BY listed.active_bid DESC, listed.campaign_id DESC
            LIMIT :limit
        ) AS page
    )
    AND creatives.id = (
        SELECT approved.id
        FROM (
            SELECT
                own.id,
                row_number() OVER (
                    ORDER BY own.id
                ) - 1 AS place,
                count(*) OVER () AS places
            FROM creatives AS own
            WHERE
                own.campaign_id = campaigns.id
                AND own.status = 'APPROVED'
        ) AS approved
        WHERE approved.place = :turn % approved.places
    )
ORDER BY campaigns.bid DESC, campaigns.id DESC
LIMIT :limit;

-- name: insert_reservations
-- What is reserved or shown already is left out. The price is the bid.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO ad_reservations (
    id,
    campaign_id,
    creative_id,
    viewer_id,
    viewer_key,
    price,
    reserved_at,
    expires_at
)
SELECT
    entry.id,
    campaigns.id AS campaign_id,
    entry.creative_id,
    entry.viewer_id,
    entry.viewer_key,
    campaigns.bid AS price,
    cast(:now AS timestamptz) AS reserved_at,
    entry.expires_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    campaign_id uuid,
    creative_id uuid,
    viewer_id uuid,
    viewer_key text,
    expires_at timestamptz
)
INNER JOIN campaigns ON entry.campaign_id = campaigns.id
WHERE
    NOT EXISTS (
        SELECT 1
        FROM ad_reservations
        WHERE ad_reservations.id = entry.id
    )
    AND NOT EXISTS (
        SELECT 1
        FROM ad_impressions
        WHERE ad_impressions.id = entry.id
    )
ORDER BY campaigns.id, entry.id
ON CONFLICT DO NOTHING
RETURNING
    id,
    campaign_id,
    creative_id,
    viewer_id,
    viewer_key,
    price,
    reserved_at,
    expires_at;

-- name: find_reservation
SELECT
    id,
    campaign_id,
    creative_id,
    viewer_id,
    viewer_key,
    price,
    reserved_at,
    expires_at
FROM ad_reservations
WHERE id = :request_id;

-- name: find_served_ad
SELECT
    ad_reservations.campaign_id,
    ad_reservations.creative_id,
    creatives.title,
    creatives.body,
    creatives.image_url,
    creatives.landing_url,
    ad_reservations.price,
    campaigns.currency
FROM ad_reservations
INNER JOIN creatives ON ad_reservations.creative_id = creatives.id
INNER JOIN campaigns ON ad_reservations.campaign_id = campaigns.id
WHERE ad_reservations.id = :request_id
UNION
SELECT
    ad_impressions.campaign_id,
    ad_impressions.creative_id,
    creatives.title,
    creatives.body,
    creatives.image_url,
    creatives.landing_url,
    ad_impressions.price,
    campaigns.currency
FROM ad_impressions
INNER JOIN creatives ON ad_impressions.creative_id = creatives.id
INNER JOIN campaigns ON ad_impressions.campaign_id = campaigns.id
WHERE ad_impressions.id = :request_id;

-- name: release
DELETE FROM ad_reservations
WHERE id = :request_id;

-- name: release_expired
-- A batch, the first to expire first.
-- differs: rows that another holds are passed over, and the batch is an array, chosen once; there only one writes
WITH batch AS MATERIALIZED (
    SELECT id
    FROM ad_reservations
    WHERE expires_at <= :now
    ORDER BY expires_at, id
    LIMIT :batch_size
    FOR UPDATE SKIP LOCKED
)

DELETE FROM ad_reservations
WHERE id = ANY(array(SELECT id FROM batch));

-- name: insert_impressions
-- Only what is reserved and has not expired is shown.
-- differs: json_to_recordset, and reservations are locked, so that none is released meanwhile; there only one writes
WITH open AS MATERIALIZED (
    SELECT
        ad_reservations.id,
        ad_reservations.campaign_id,
        ad_reservations.creative_id,
        ad_reservations.viewer_id,
        ad_reservations.viewer_key,
        ad_reservations.price,
        entry.shown_at,
        cast(ad_reservations.reserved_at AT TIME ZONE 'UTC' AS date) AS day
    FROM json_to_recordset(:rows) AS entry (
        id uuid,
        shown_at timestamptz
    )
    INNER JOIN ad_reservations ON entry.id = ad_reservations.id
    WHERE
        entry.shown_at >= ad_reservations.reserved_at
        AND entry.shown_at < ad_reservations.expires_at
    ORDER BY ad_reservations.id
    FOR UPDATE OF ad_reservations
)

INSERT INTO ad_impressions (
    id,
    campaign_id,
    creative_id,
    viewer_id,
    viewer_key,
    price,
    day,
    shown_at
)
SELECT
    open.id,
    open.campaign_id,
    open.creative_id,
    open.viewer_id,
    open.viewer_key,
    open.price,
    open.day,
    open.shown_at
FROM open
ON CONFLICT DO NOTHING
RETURNING
    id,
    campaign_id,
    creative_id,
    viewer_id,
    viewer_key,
    price,
    day,
    shown_at;

-- name: find_impression
SELECT
    id,
    campaign_id,
    creative_id,
    viewer_id,
    viewer_key,
    price,
    day,
    shown_at
FROM ad_impressions
WHERE id = :request_id;

-- name: list_impressions
SELECT
    id,
    campaign_id,
    creative_id,
    viewer_id,
    viewer_key,
    price,
    day,
    shown_at
FROM ad_impressions
WHERE
    campaign_id = :campaign_id
    AND (shown_at, id) < (:shown_at, :id)  -- when after
ORDER BY shown_at DESC, id DESC
LIMIT :limit;

-- name: insert_clicks
-- What was not shown, or has its click, is left out.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO ad_clicks (
    impression_id,
    clicked_at
)
SELECT
    ad_impressions.id AS impression_id,
    entry.clicked_at
FROM json_to_recordset(:rows) AS entry (
    impression_id uuid,
    clicked_at timestamptz
)
INNER JOIN ad_impressions ON entry.impression_id = ad_impressions.id
WHERE
    NOT EXISTS (
        SELECT 1
        FROM ad_clicks
        WHERE ad_clicks.impression_id = ad_impressions.id
    )
ORDER BY ad_impressions.id
ON CONFLICT DO NOTHING
RETURNING
    impression_id,
    clicked_at;

-- name: find_click
SELECT
    impression_id,
    clicked_at
FROM ad_clicks
WHERE impression_id = :request_id;

-- name: get_budget
SELECT
    campaigns.id AS campaign_id,
    campaigns.currency,
    campaigns.total_budget AS budget,
    coalesce(ad_budgets.reserved, 0) AS reserved,
    coalesce(ad_budgets.spent, 0) AS spent
FROM campaigns
LEFT OUTER JOIN ad_budgets ON campaigns.id = ad_budgets.campaign_id
WHERE campaigns.id = :campaign_id;

-- name: leave_out_spent
-- A batch. Reservations may end, so they do not count.
-- differs: rows that another holds are passed over here, and the batch is chosen once; only one writes at a time there
WITH batch AS MATERIALIZED (
    SELECT
        running.id,
        used.spent
    FROM campaigns AS running
    INNER JOIN ad_budgets AS used ON running.id = used.campaign_id
    WHERE
        running.status = 'ACTIVE'
        AND running.active_bid IS NOT NULL
        AND used.spent + running.bid > running.total_budget
    ORDER BY running.id
    LIMIT :batch_size
    FOR UPDATE OF running SKIP LOCKED
)

UPDATE campaigns
SET noted_spent = batch.spent
FROM batch
WHERE campaigns.id = batch.id;

-- name: list_days
SELECT
    campaign_id,
    day,
    budget,
    reserved,
    spent,
    settled
FROM ad_days
WHERE
    campaign_id = :campaign_id
    AND day < :day  -- when after
ORDER BY day DESC
LIMIT :limit;

-- name: list_wrong_budgets
-- scan: an audit reads all sums
-- differs: a sum of bigint is numeric here
WITH held AS (
    SELECT
        campaign_id,
        sum(price) AS amount
    FROM ad_reservations
    GROUP BY campaign_id
),

paid AS (
    SELECT
        campaign_id,
        sum(reserved) AS reserved,
        sum(spent) AS spent
    FROM ad_days
    GROUP BY campaign_id
)

SELECT
    campaigns.id AS campaign_id,
    cast(coalesce(held.amount, 0) AS bigint) AS held,
    cast(coalesce(paid.reserved, 0) AS bigint) AS reserved_by_day,
    cast(coalesce(paid.spent, 0) AS bigint) AS spent_by_day,
    coalesce(ad_budgets.reserved, 0) AS reserved,
    coalesce(ad_budgets.spent, 0) AS spent
FROM campaigns
LEFT OUTER JOIN ad_budgets ON campaigns.id = ad_budgets.campaign_id
LEFT OUTER JOIN held ON campaigns.id = held.campaign_id
LEFT OUTER JOIN paid ON campaigns.id = paid.campaign_id
WHERE
    coalesce(ad_budgets.reserved, 0) <> coalesce(held.amount, 0)
    OR coalesce(ad_budgets.reserved, 0) <> coalesce(paid.reserved, 0)
    OR coalesce(ad_budgets.spent, 0) <> coalesce(paid.spent, 0)
ORDER BY campaigns.id;

-- name: delete_viewer_days
-- A batch, the oldest first.
DELETE FROM ad_viewer_days
WHERE (campaign_id, day, viewer) IN (
    SELECT
        campaign_id,
        day,
        viewer
    FROM ad_viewer_days
    WHERE day < :before
    ORDER BY day, campaign_id, viewer
    LIMIT :batch_size
);

-- name: stream_impressions_of_viewer
SELECT
    id,
    campaign_id,
    creative_id,
    viewer_id,
    viewer_key,
    price,
    day,
    shown_at
FROM ad_impressions
WHERE viewer_id = :viewer_id
ORDER BY shown_at, id;

-- name: stream_clicks_of_viewer
SELECT
    ad_clicks.impression_id,
    ad_clicks.clicked_at
FROM ad_impressions
INNER JOIN ad_clicks ON ad_impressions.id = ad_clicks.impression_id
WHERE ad_impressions.viewer_id = :viewer_id
ORDER BY ad_impressions.shown_at, ad_clicks.impression_id;

-- name: move_impressions
UPDATE ad_impressions
SET viewer_id = :kept
WHERE viewer_id = :merged;
