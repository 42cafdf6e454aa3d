-- name: insert_campaigns
-- A taken id is left out.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO campaigns (
    id,
    owner_id,
    name,
    total_budget,
    daily_budget,
    bid,
    currency,
    starts_at,
    ends_at,
    status,
    targeting,
    keywords,
    frequency_cap,
    pacing,
    metadata,
    created_at,
    updated_at
)
SELECT
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.owner_id') AS owner_id,
    json_extract(entry.value, '$.name') AS name,
    json_extract(entry.value, '$.total_budget') AS total_budget,
    json_extract(entry.value, '$.daily_budget') AS daily_budget,
    json_extract(entry.value, '$.bid') AS bid,
    json_extract(entry.value, '$.currency') AS currency,
    json_extract(entry.value, '$.starts_at') AS starts_at,
    json_extract(entry.value, '$.ends_at') AS ends_at,
    json_extract(entry.value, '$.status') AS status,
    json_extract(entry.value, '$.targeting') AS targeting,
    json_extract(entry.value, '$.keywords') AS keywords,
    json_extract(entry.value, '$.frequency_cap') AS frequency_cap,
    json_extract(entry.value, '$.pacing') AS pacing,
    json_extract(entry.value, '$.metadata') AS metadata,
    :now AS created_at,
    :now AS updated_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM campaigns
        WHERE campaigns.id = json_extract(entry.value, '$.id')
    )
ORDER BY json_extract(entry.value, '$.id')
ON CONFLICT DO NOTHING
RETURNING
    id,
    owner_id,
    name,
    total_budget,
    daily_budget,
    bid,
    currency,
    starts_at,
    ends_at,
    status,
    targeting,
    keywords,
    frequency_cap,
    pacing,
    metadata,
    created_at,
    updated_at;

-- name: get_campaign
SELECT
    id,
    owner_id,
    name,
    total_budget,
    daily_budget,
    bid,
    currency,
    starts_at,
    ends_at,
    status,
    targeting,
    keywords,
    frequency_cap,
    pacing,
    metadata,
    created_at,
    updated_at
FROM campaigns
WHERE id = :campaign_id;

-- name: list_campaigns_of_owner
SELECT
    id,
    owner_id,
    name,
    total_budget,
    daily_budget,
    bid,
    currency,
    starts_at,
    ends_at,
    status,
    targeting,
    keywords,
    frequency_cap,
    pacing,
    metadata,
    created_at,
    updated_at
FROM campaigns
WHERE
    owner_id = :owner_id
    AND status = :status  -- when status
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_campaigns
SELECT
    id,
    owner_id,
    name,
    total_budget,
    daily_budget,
    bid,
    currency,
    starts_at,
    ends_at,
    status,
    targeting,
    keywords,
    frequency_cap,
    pacing,
    metadata,
    created_at,
    updated_at
FROM campaigns
WHERE
    status = :status
    AND (created_at, id) > (:created_at, :id)  -- when after
ORDER BY created_at, id
LIMIT :limit;

-- name: list_campaigns_of_keyword
SELECT
    campaigns.id,
    campaigns.owner_id,
    campaigns.name,
    campaigns.total_budget,
    campaigns.daily_budget,
    campaigns.bid,
    campaigns.currency,
    campaigns.starts_at,
    campaigns.ends_at,
    campaigns.status,
    campaigns.targeting,
    campaigns.keywords,
    campaigns.frequency_cap,
    campaigns.pacing,
    campaigns.metadata,
    campaigns.created_at,
    campaigns.updated_at
FROM campaign_keywords
INNER JOIN campaigns ON campaign_keywords.campaign_id = campaigns.id
WHERE
    campaign_keywords.keyword = :keyword
    AND campaign_keywords.campaign_id < :id  -- when after
ORDER BY campaign_keywords.campaign_id DESC
LIMIT :limit;

-- name: update_campaign
-- A field left out stays, a field set to None becomes NULL.
UPDATE campaigns
SET
    name = CASE WHEN :name_is_set THEN :name ELSE name END,
    total_budget = CASE WHEN :total_budget_is_set THEN :total_budget ELSE total_budget END,
    daily_budget = CASE WHEN :daily_budget_is_set THEN :daily_budget ELSE daily_budget END,
    bid = CASE WHEN :bid_is_set THEN :bid ELSE bid END,
    starts_at = CASE WHEN :starts_at_is_set THEN :starts_at ELSE starts_at END,
    ends_at = CASE WHEN :ends_at_is_set THEN :ends_at ELSE ends_at END,
    targeting = CASE WHEN :targeting_is_set THEN :targeting ELSE targeting END,
    keywords = CASE WHEN :keywords_is_set THEN :keywords ELSE keywords END,
    frequency_cap = CASE WHEN :frequency_cap_is_set THEN :frequency_cap ELSE frequency_cap END,
    pacing = CASE WHEN :pacing_is_set THEN :pacing ELSE pacing END,
    metadata = CASE WHEN :metadata_is_set THEN :metadata ELSE metadata END,
    updated_at = :now
WHERE id = :campaign_id
RETURNING
    id,
    owner_id,
    name,
    total_budget,
    daily_budget,
    bid,
    currency,
    starts_at,
    ends_at,
    status,
    targeting,
    keywords,
    frequency_cap,
    pacing,
    metadata,
    created_at,
    updated_at;

-- name: set_campaign_status
UPDATE campaigns
SET
    status = :status,
    updated_at = :now
WHERE id = :campaign_id
RETURNING
    id,
    owner_id,
    name,
    total_budget,
    daily_budget,
    bid,
    currency,
    starts_at,
    ends_at,
    status,
    targeting,
    keywords,
    frequency_cap,
    pacing,
    metadata,
    created_at,
    updated_at;

-- name: end_campaigns
-- A batch, the first to end first.
-- differs: only one writes at a time here; there rows that another holds are passed over, and the batch is an array
UPDATE campaigns
SET
    status = 'ENDED',
    updated_at = :now
WHERE
    id IN (
        SELECT id
        FROM campaigns
        WHERE
            status IN ('ACTIVE', 'PAUSED')
            AND ends_at <= :now
        ORDER BY ends_at, id
        LIMIT :batch_size
    );

-- name: delete_campaign
DELETE FROM campaigns
WHERE id = :campaign_id;

-- name: stream_campaigns_of_owner
SELECT
    id,
    owner_id,
    name,
    total_budget,
    daily_budget,
    bid,
    currency,
    starts_at,
    ends_at,
    status,
    targeting,
    keywords,
    frequency_cap,
    pacing,
    metadata,
    created_at,
    updated_at
FROM campaigns
WHERE owner_id = :owner_id
ORDER BY created_at, id;

-- name: move_campaigns
UPDATE campaigns
SET owner_id = :kept
WHERE owner_id = :merged;

-- name: insert_creatives
-- A taken id is left out.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO creatives (
    id,
    campaign_id,
    title,
    body,
    image_url,
    landing_url,
    status,
    metadata,
    created_at,
    updated_at
)
SELECT
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.campaign_id') AS campaign_id,
    json_extract(entry.value, '$.title') AS title,
    json_extract(entry.value, '$.body') AS body,
    json_extract(entry.value, '$.image_url') AS image_url,
    json_extract(entry.value, '$.landing_url') AS landing_url,
    json_extract(entry.value, '$.status') AS status,
    json_extract(entry.value, '$.metadata') AS metadata,
    :now AS created_at,
    :now AS updated_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM creatives
        WHERE creatives.id = json_extract(entry.value, '$.id')
    )
ORDER BY json_extract(entry.value, '$.id')
ON CONFLICT DO NOTHING
RETURNING
    id,
    campaign_id,
    title,
    body,
    image_url,
    landing_url,
    status,
    metadata,
    created_at,
    updated_at;

-- name: get_creative
SELECT
    id,
    campaign_id,
    title,
    body,
    image_url,
    landing_url,
    status,
    metadata,
    created_at,
    updated_at
FROM creatives
WHERE id = :creative_id;

-- name: list_creatives_of_campaign
SELECT
    id,
    campaign_id,
    title,
    body,
    image_url,
    landing_url,
    status,
    metadata,
    created_at,
    updated_at
FROM creatives
WHERE
    campaign_id = :campaign_id
    AND status = :status  -- when status
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_creatives
SELECT
    id,
    campaign_id,
    title,
    body,
    image_url,
    landing_url,
    status,
    metadata,
    created_at,
    updated_at
FROM creatives
WHERE
    status = :status
    AND (created_at, id) > (:created_at, :id)  -- when after
ORDER BY created_at, id
LIMIT :limit;

-- name: update_creative
-- A field left out stays, a field set to None becomes NULL.
UPDATE creatives
SET
    title = CASE WHEN :title_is_set THEN :title ELSE title END,
    body = CASE WHEN :body_is_set THEN :body ELSE body END,
    image_url = CASE WHEN :image_url_is_set THEN :image_url ELSE image_url END,
    landing_url = CASE WHEN :landing_url_is_set THEN :landing_url ELSE landing_url END,
    metadata = CASE WHEN :metadata_is_set THEN :metadata ELSE metadata END,
    updated_at = :now
WHERE id = :creative_id
RETURNING
    id,
    campaign_id,
    title,
    body,
    image_url,
    landing_url,
    status,
    metadata,
    created_at,
    updated_at;

-- name: set_creative_status
UPDATE creatives
SET
    status = :status,
    updated_at = :now
WHERE id = :creative_id
RETURNING
    id,
    campaign_id,
    title,
    body,
    image_url,
    landing_url,
    status,
    metadata,
    created_at,
    updated_at;

-- name: delete_creative
DELETE FROM creatives
WHERE id = :creative_id;

-- name: stream_creatives_of_owner
SELECT
    creatives.id,
    creatives.campaign_id,
    creatives.title,
    creatives.body,
    creatives.image_url,
    creatives.landing_url,
    creatives.status,
    creatives.metadata,
    creatives.created_at,
    creatives.updated_at
FROM campaigns
INNER JOIN creatives ON campaigns.id = creatives.campaign_id
WHERE campaigns.owner_id = :owner_id
ORDER BY campaigns.created_at, creatives.campaign_id, creatives.id;
