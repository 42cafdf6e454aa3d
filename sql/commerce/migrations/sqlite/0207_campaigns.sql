-- Campaigns of advertisers: what is shown to whom, when, and for how much. Amounts are minor units of the currency. The
-- bid is the price of one impression. `noted_spent` is what the campaign had spent when the rest of its total budget
-- was found to be less than a bid. `active_bid` is set while the campaign is ACTIVE and has a bid left as far as noted,
-- so a larger budget sets it again.
CREATE TABLE campaigns (
    id text NOT NULL,
    owner_id text,
    name text NOT NULL,
    total_budget integer NOT NULL,
    daily_budget integer NOT NULL,
    bid integer NOT NULL,
    currency text NOT NULL,
    starts_at text NOT NULL,
    ends_at text,
    status text NOT NULL DEFAULT 'DRAFT',
    targeting text NOT NULL DEFAULT '{}',
    keywords text NOT NULL DEFAULT '[]',
    frequency_cap integer,
    pacing text NOT NULL DEFAULT 'EVEN',
    metadata text NOT NULL DEFAULT '{}',
    created_at text NOT NULL,
    updated_at text NOT NULL,
    noted_spent integer NOT NULL DEFAULT 0,
    active_bid integer GENERATED ALWAYS AS (
        CASE WHEN status = 'ACTIVE' AND noted_spent + bid <= total_budget THEN bid END
    ) VIRTUAL,

    CONSTRAINT campaigns_pkey PRIMARY KEY (id),
    CONSTRAINT campaigns_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT campaigns_name_check CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT campaigns_total_budget_check CHECK (total_budget BETWEEN 1 AND 1000000000000000),
    CONSTRAINT campaigns_daily_budget_check CHECK (daily_budget BETWEEN 1 AND 1000000000000000),
    CONSTRAINT campaigns_bid_check CHECK (bid BETWEEN 1 AND 1000000000000000),
    CONSTRAINT campaigns_budgets_check CHECK (bid <= daily_budget AND daily_budget <= total_budget),
    CONSTRAINT campaigns_noted_spent_check CHECK (noted_spent BETWEEN 0 AND 1000000000000000),
    CONSTRAINT campaigns_currency_check CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT campaigns_dates_check CHECK (ends_at > starts_at),
    CONSTRAINT campaigns_status_check CHECK (status IN ('DRAFT', 'REVIEW', 'ACTIVE', 'PAUSED', 'ENDED', 'REJECTED')),
    CONSTRAINT campaigns_keywords_check CHECK (json_array_length(keywords) <= 30),
    CONSTRAINT campaigns_frequency_cap_check CHECK (frequency_cap BETWEEN 1 AND 100),
    CONSTRAINT campaigns_pacing_check CHECK (pacing IN ('EVEN', 'FAST')),
    CONSTRAINT campaigns_targeting_check CHECK (
        CASE WHEN json_valid(targeting) THEN json_type(targeting) = 'object' ELSE FALSE END
    ),
    CONSTRAINT campaigns_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT campaigns_starts_at_check CHECK (
        starts_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(starts_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(starts_at, 1, 19), '+0 seconds') IS substr(starts_at, 1, 19)
        AND starts_at >= '0001'
    ),
    CONSTRAINT campaigns_ends_at_check CHECK (
        ends_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(ends_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(ends_at, 1, 19), '+0 seconds') IS substr(ends_at, 1, 19)
        AND ends_at >= '0001'
    ),
    CONSTRAINT campaigns_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT campaigns_updated_at_check CHECK (
        updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(updated_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(updated_at, 1, 19), '+0 seconds') IS substr(updated_at, 1, 19)
        AND updated_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT campaigns_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT campaigns_owner_id_type_check CHECK (
        owner_id GLOB '????????-????-????-????-????????????'
        AND length(replace(owner_id, '-', '')) = 32
        AND replace(owner_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT campaigns_keywords_type_check CHECK (
        CASE WHEN json_valid(keywords) THEN json_type(keywords) = 'array' ELSE FALSE END
    )
) STRICT;

-- The campaigns of an owner, alone and by status, those of a status, and those whose end has come.
CREATE INDEX idx_campaigns_owner ON campaigns (owner_id, created_at, id);
CREATE INDEX idx_campaigns_owner_status ON campaigns (owner_id, status, created_at, id);
CREATE INDEX idx_campaigns_status ON campaigns (status, created_at, id);
CREATE INDEX idx_campaigns_ends ON campaigns (ends_at, id)
WHERE status IN ('ACTIVE', 'PAUSED');

-- The keywords of `campaigns.keywords` once more, by which campaigns are found, with `active_bid` of the campaign. A
-- campaign without keywords has one row, whose keyword is empty. Triggers keep them, and refuse what does not agree
-- with the campaign.
CREATE TABLE campaign_keywords (
    keyword text NOT NULL,
    campaign_id text NOT NULL,
    currency text NOT NULL,
    active_bid integer,

    CONSTRAINT campaign_keywords_pkey PRIMARY KEY (keyword, campaign_id),
    CONSTRAINT campaign_keywords_campaign_id_fkey FOREIGN KEY (campaign_id)
    REFERENCES campaigns (id) ON DELETE CASCADE,

    CONSTRAINT campaign_keywords_keyword_check CHECK (length(keyword) <= 50),
    CONSTRAINT campaign_keywords_currency_check CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT campaign_keywords_active_bid_check CHECK (active_bid >= 1),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT campaign_keywords_campaign_id_type_check CHECK (
        campaign_id GLOB '????????-????-????-????-????????????'
        AND length(replace(campaign_id, '-', '')) = 32
        AND replace(campaign_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The keywords of a campaign, and the ACTIVE campaigns of a keyword, the highest bid first.
CREATE INDEX idx_campaign_keywords_campaign ON campaign_keywords (campaign_id, keyword);
CREATE INDEX idx_campaign_keywords_bid ON campaign_keywords (keyword, currency, active_bid, campaign_id);

-- What a campaign shows. It is edited while it is a draft, so that what was reviewed is what is shown.
CREATE TABLE creatives (
    id text NOT NULL,
    campaign_id text NOT NULL,
    title text NOT NULL,
    body text NOT NULL DEFAULT '',
    image_url text,
    landing_url text NOT NULL,
    status text NOT NULL DEFAULT 'DRAFT',
    metadata text NOT NULL DEFAULT '{}',
    created_at text NOT NULL,
    updated_at text NOT NULL,

    CONSTRAINT creatives_pkey PRIMARY KEY (id),
    CONSTRAINT creatives_id_campaign_id_key UNIQUE (id, campaign_id),
    CONSTRAINT creatives_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns (id) ON DELETE CASCADE,

    CONSTRAINT creatives_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT creatives_body_check CHECK (length(body) <= 2000),
    CONSTRAINT creatives_image_url_check CHECK (length(image_url) BETWEEN 1 AND 2000),
    CONSTRAINT creatives_landing_url_check CHECK (length(landing_url) BETWEEN 1 AND 2000),
    CONSTRAINT creatives_status_check CHECK (
        status IN ('DRAFT', 'REVIEW', 'APPROVED', 'PAUSED', 'REJECTED', 'RETIRED')
    ),
    CONSTRAINT creatives_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT creatives_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT creatives_updated_at_check CHECK (
        updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(updated_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(updated_at, 1, 19), '+0 seconds') IS substr(updated_at, 1, 19)
        AND updated_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT creatives_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT creatives_campaign_id_type_check CHECK (
        campaign_id GLOB '????????-????-????-????-????????????'
        AND length(replace(campaign_id, '-', '')) = 32
        AND replace(campaign_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- The creatives of a campaign, alone and by status, and those of a status.
CREATE INDEX idx_creatives_campaign ON creatives (campaign_id, created_at, id);
CREATE INDEX idx_creatives_campaign_status ON creatives (campaign_id, status, created_at, id);
CREATE INDEX idx_creatives_status ON creatives (status, created_at, id);

CREATE TRIGGER campaigns_owned
BEFORE INSERT ON campaigns
WHEN
    NEW.owner_id IS NULL AND NEW.status <> 'ENDED'
BEGIN
    SELECT RAISE(ABORT, 'campaigns_owned: A campaign without an owner has ended.');
END;

CREATE TRIGGER campaigns_status_transition
BEFORE UPDATE ON campaigns
WHEN
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'DRAFT' AND NEW.status = 'REVIEW')
        OR (OLD.status = 'REVIEW' AND NEW.status IN ('DRAFT', 'ACTIVE', 'REJECTED'))
        OR (OLD.status = 'REJECTED' AND NEW.status = 'DRAFT')
        OR (OLD.status = 'ACTIVE' AND NEW.status = 'PAUSED')
        OR (OLD.status = 'PAUSED' AND NEW.status = 'ACTIVE')
        OR NEW.status = 'ENDED'
    )
BEGIN
    SELECT RAISE(ABORT, 'campaigns_status_transition: A campaign cannot go to this status from the one it has.');
END;

CREATE TRIGGER campaigns_unchanged
BEFORE UPDATE ON campaigns
WHEN
    NEW.id <> OLD.id OR NEW.currency <> OLD.currency OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'campaigns_unchanged: A campaign keeps its id and its currency.');
END;

CREATE TRIGGER campaigns_ended
BEFORE UPDATE ON campaigns
WHEN
    OLD.status = 'ENDED'
    AND (
        NEW.name <> OLD.name
        OR NEW.total_budget <> OLD.total_budget
        OR NEW.daily_budget <> OLD.daily_budget
        OR NEW.bid <> OLD.bid
        OR NEW.starts_at <> OLD.starts_at
        OR NEW.ends_at IS NOT OLD.ends_at
        OR NEW.targeting <> OLD.targeting
        OR NEW.keywords <> OLD.keywords
        OR NEW.frequency_cap IS NOT OLD.frequency_cap
        OR NEW.pacing <> OLD.pacing
    )
BEGIN
    SELECT RAISE(ABORT, 'campaigns_ended: A campaign that has ended is not changed.');
END;

CREATE TRIGGER campaigns_ended_with_owner
AFTER UPDATE ON campaigns
WHEN NEW.owner_id IS NULL AND NEW.status <> 'ENDED'
BEGIN
    UPDATE campaigns SET status = 'ENDED'
    WHERE id = NEW.id;
END;

-- differs: trigger campaigns_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER campaigns_not_replaced
BEFORE INSERT ON campaigns
WHEN
    EXISTS (
        SELECT 1 FROM campaigns
        WHERE id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'campaigns_not_replaced: A campaign with this id exists already.');
END;

CREATE TRIGGER campaigns_targeting_insert
AFTER INSERT ON campaigns
WHEN NEW.targeting <> '{}'
BEGIN
    SELECT RAISE(ABORT, 'campaigns_targeting_lists: Targeting has a list of texts for each trait.')
    FROM json_each(NEW.targeting) AS trait
    WHERE
        trait.type <> 'array'
        OR EXISTS (
            SELECT 1 FROM json_each(CASE WHEN trait.type = 'array' THEN trait.value ELSE '[]' END) AS allowed
            WHERE allowed.type <> 'text'
        );
END;

CREATE TRIGGER campaigns_targeting_update
AFTER UPDATE ON campaigns
WHEN NEW.targeting <> OLD.targeting
BEGIN
    SELECT RAISE(ABORT, 'campaigns_targeting_lists: Targeting has a list of texts for each trait.')
    FROM json_each(NEW.targeting) AS trait
    WHERE
        trait.type <> 'array'
        OR EXISTS (
            SELECT 1 FROM json_each(CASE WHEN trait.type = 'array' THEN trait.value ELSE '[]' END) AS allowed
            WHERE allowed.type <> 'text'
        );
END;

CREATE TRIGGER campaigns_keywords_insert
AFTER INSERT ON campaigns
BEGIN
    SELECT RAISE(ABORT, 'campaigns_keywords_each_once: A campaign has each keyword once, of 1 to 50 characters.')
    WHERE
        json_array_length(NEW.keywords) <> (
            SELECT count(DISTINCT value) FROM json_each(NEW.keywords)
            WHERE type = 'text' AND length(value) BETWEEN 1 AND 50
        );
    INSERT INTO campaign_keywords (keyword, campaign_id, currency, active_bid)
    SELECT
        value,
        NEW.id,
        NEW.currency,
        NEW.active_bid
    FROM json_each(CASE WHEN NEW.keywords = '[]' THEN '[""]' ELSE NEW.keywords END);
END;

CREATE TRIGGER campaigns_keywords_update
AFTER UPDATE ON campaigns
WHEN NEW.keywords IS NOT OLD.keywords OR NEW.active_bid IS NOT OLD.active_bid
BEGIN
    SELECT RAISE(ABORT, 'campaigns_keywords_each_once: A campaign has each keyword once, of 1 to 50 characters.')
    WHERE
        json_array_length(NEW.keywords) <> (
            SELECT count(DISTINCT value) FROM json_each(NEW.keywords)
            WHERE type = 'text' AND length(value) BETWEEN 1 AND 50
        );
    DELETE FROM campaign_keywords
    WHERE
        campaign_id = NEW.id
        AND keyword NOT IN (
            SELECT value FROM json_each(CASE WHEN NEW.keywords = '[]' THEN '[""]' ELSE NEW.keywords END)
        );
    UPDATE campaign_keywords SET active_bid = NEW.active_bid
    WHERE campaign_id = NEW.id;
    INSERT INTO campaign_keywords (keyword, campaign_id, currency, active_bid)
    SELECT
        value,
        NEW.id,
        NEW.currency,
        NEW.active_bid
    FROM json_each(CASE WHEN NEW.keywords = '[]' THEN '[""]' ELSE NEW.keywords END)
    WHERE
        value NOT IN (
            SELECT keyword FROM campaign_keywords
            WHERE campaign_id = NEW.id
        );
END;

CREATE TRIGGER campaign_keywords_of_campaign_insert
AFTER INSERT ON campaign_keywords
WHEN
    EXISTS (
        SELECT 1 FROM campaigns
        WHERE
            id = NEW.campaign_id
            AND (
                currency <> NEW.currency
                OR active_bid IS NOT NEW.active_bid
                OR NEW.keyword NOT IN (
                    SELECT value FROM json_each(CASE WHEN keywords = '[]' THEN '[""]' ELSE keywords END)
                )
            )
    )
BEGIN
    SELECT RAISE(ABORT, 'campaign_keywords_of_campaign: The keywords of a campaign are changed in campaigns.keywords.');
END;

CREATE TRIGGER campaign_keywords_of_campaign_update
AFTER UPDATE ON campaign_keywords
WHEN
    EXISTS (
        SELECT 1 FROM campaigns
        WHERE
            id = NEW.campaign_id
            AND (
                currency <> NEW.currency
                OR active_bid IS NOT NEW.active_bid
                OR NEW.keyword NOT IN (
                    SELECT value FROM json_each(CASE WHEN keywords = '[]' THEN '[""]' ELSE keywords END)
                )
            )
    )
BEGIN
    SELECT RAISE(ABORT, 'campaign_keywords_of_campaign: The keywords of a campaign are changed in campaigns.keywords.');
END;

CREATE TRIGGER campaign_keywords_kept
AFTER DELETE ON campaign_keywords
WHEN
    EXISTS (
        SELECT 1 FROM campaigns
        WHERE
            id = OLD.campaign_id
            AND OLD.keyword IN (
                SELECT value FROM json_each(CASE WHEN keywords = '[]' THEN '[""]' ELSE keywords END)
            )
    )
BEGIN
    SELECT RAISE(ABORT, 'campaign_keywords_of_campaign: The keywords of a campaign are changed in campaigns.keywords.');
END;

CREATE TRIGGER creatives_status_transition
BEFORE UPDATE ON creatives
WHEN
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'DRAFT' AND NEW.status = 'REVIEW')
        OR (OLD.status = 'REVIEW' AND NEW.status IN ('DRAFT', 'APPROVED', 'REJECTED'))
        OR (OLD.status = 'REJECTED' AND NEW.status = 'DRAFT')
        OR (OLD.status = 'APPROVED' AND NEW.status = 'PAUSED')
        OR (OLD.status = 'PAUSED' AND NEW.status = 'APPROVED')
        OR NEW.status = 'RETIRED'
    )
BEGIN
    SELECT RAISE(ABORT, 'creatives_status_transition: A creative cannot go to this status from the one it has.');
END;

CREATE TRIGGER creatives_unchanged
BEFORE UPDATE ON creatives
WHEN
    NEW.id <> OLD.id OR NEW.campaign_id <> OLD.campaign_id OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'creatives_unchanged: A creative keeps its id and its campaign.');
END;

CREATE TRIGGER creatives_reviewed
BEFORE UPDATE ON creatives
WHEN
    OLD.status <> 'DRAFT'
    AND (
        NEW.title <> OLD.title
        OR NEW.body <> OLD.body
        OR NEW.image_url IS NOT OLD.image_url
        OR NEW.landing_url <> OLD.landing_url
    )
BEGIN
    SELECT RAISE(ABORT, 'creatives_reviewed: Only a draft is edited, so that what was reviewed is shown.');
END;

-- differs: trigger creatives_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER creatives_not_replaced
BEFORE INSERT ON creatives
WHEN
    EXISTS (
        SELECT 1 FROM creatives
        WHERE id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'creatives_not_replaced: A creative with this id exists already.');
END;
