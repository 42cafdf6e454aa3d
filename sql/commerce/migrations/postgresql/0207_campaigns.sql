-- Campaigns of advertisers: what is shown to whom, when, and for how much. Amounts are minor units of the currency. The
-- bid is the price of one impression. `noted_spent` is what the campaign had spent when the rest of its total budget
-- was found to be less than a bid. `active_bid` is set while the campaign is ACTIVE and has a bid left as far as noted,
-- so a larger budget sets it again.
CREATE TABLE campaigns (
    id uuid NOT NULL,
    owner_id uuid,
    name text COLLATE "C" NOT NULL,
    total_budget bigint NOT NULL,
    daily_budget bigint NOT NULL,
    bid bigint NOT NULL,
    currency text COLLATE "C" NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    status text COLLATE "C" NOT NULL DEFAULT 'DRAFT',
    targeting jsonb NOT NULL DEFAULT '{}',
    keywords text[] NOT NULL DEFAULT '{}',
    frequency_cap bigint,
    pacing text COLLATE "C" NOT NULL DEFAULT 'EVEN',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    noted_spent bigint NOT NULL DEFAULT 0,
    active_bid bigint GENERATED ALWAYS AS (
        CASE WHEN status = 'ACTIVE' AND noted_spent + bid <= total_budget THEN bid END
    ) STORED,

    CONSTRAINT campaigns_pkey PRIMARY KEY (id),
    CONSTRAINT campaigns_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT campaigns_name_check CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT campaigns_total_budget_check CHECK (total_budget BETWEEN 1 AND 1000000000000000),
    CONSTRAINT campaigns_daily_budget_check CHECK (daily_budget BETWEEN 1 AND 1000000000000000),
    CONSTRAINT campaigns_bid_check CHECK (bid BETWEEN 1 AND 1000000000000000),
    CONSTRAINT campaigns_budgets_check CHECK (bid <= daily_budget AND daily_budget <= total_budget),
    CONSTRAINT campaigns_noted_spent_check CHECK (noted_spent BETWEEN 0 AND 1000000000000000),
    CONSTRAINT campaigns_currency_check CHECK (currency ~ '^[A-Z][A-Z][A-Z]$'),
    CONSTRAINT campaigns_dates_check CHECK (ends_at > starts_at),
    CONSTRAINT campaigns_status_check CHECK (status IN ('DRAFT', 'REVIEW', 'ACTIVE', 'PAUSED', 'ENDED', 'REJECTED')),
    CONSTRAINT campaigns_keywords_check CHECK (cardinality(keywords) <= 30),
    CONSTRAINT campaigns_frequency_cap_check CHECK (frequency_cap BETWEEN 1 AND 100),
    CONSTRAINT campaigns_pacing_check CHECK (pacing IN ('EVEN', 'FAST')),
    CONSTRAINT campaigns_targeting_check CHECK (jsonb_typeof(targeting) = 'object'),
    CONSTRAINT campaigns_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT campaigns_starts_at_check CHECK (
        starts_at >= '0001-01-01 00:00:00+00'
        AND starts_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT campaigns_ends_at_check CHECK (
        ends_at >= '0001-01-01 00:00:00+00'
        AND ends_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT campaigns_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT campaigns_updated_at_check CHECK (
        updated_at >= '0001-01-01 00:00:00+00'
        AND updated_at < '10000-01-01 00:00:00+00'
    )
);

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
    keyword text COLLATE "C" NOT NULL,
    campaign_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    active_bid bigint,

    CONSTRAINT campaign_keywords_pkey PRIMARY KEY (keyword, campaign_id),
    CONSTRAINT campaign_keywords_campaign_id_fkey FOREIGN KEY (campaign_id)
    REFERENCES campaigns (id) ON DELETE CASCADE,

    CONSTRAINT campaign_keywords_keyword_check CHECK (length(keyword) <= 50),
    CONSTRAINT campaign_keywords_currency_check CHECK (currency ~ '^[A-Z][A-Z][A-Z]$'),
    CONSTRAINT campaign_keywords_active_bid_check CHECK (active_bid >= 1)
);

-- The keywords of a campaign, and the ACTIVE campaigns of a keyword, the highest bid first.
CREATE INDEX idx_campaign_keywords_campaign ON campaign_keywords (campaign_id, keyword);
CREATE INDEX idx_campaign_keywords_bid ON campaign_keywords (keyword, currency, active_bid, campaign_id);

-- What a campaign shows. It is edited while it is a draft, so that what was reviewed is what is shown.
CREATE TABLE creatives (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    title text COLLATE "C" NOT NULL,
    body text COLLATE "C" NOT NULL DEFAULT '',
    image_url text COLLATE "C",
    landing_url text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL DEFAULT 'DRAFT',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,

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
    CONSTRAINT creatives_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT creatives_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT creatives_updated_at_check CHECK (
        updated_at >= '0001-01-01 00:00:00+00'
        AND updated_at < '10000-01-01 00:00:00+00'
    )
);

-- The creatives of a campaign, alone and by status, and those of a status.
CREATE INDEX idx_creatives_campaign ON creatives (campaign_id, created_at, id);
CREATE INDEX idx_creatives_campaign_status ON creatives (campaign_id, status, created_at, id);
CREATE INDEX idx_creatives_status ON creatives (status, created_at, id);

CREATE FUNCTION campaigns_owned() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'campaigns_owned: A campaign without an owner has ended.';
END;
$$;

CREATE TRIGGER campaigns_owned
BEFORE INSERT ON campaigns
FOR EACH ROW WHEN (
    NEW.owner_id IS NULL AND NEW.status <> 'ENDED'
)
EXECUTE FUNCTION campaigns_owned();

CREATE FUNCTION campaigns_status_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'campaigns_status_transition: A campaign cannot go to this status from the one it has.';
END;
$$;

CREATE TRIGGER campaigns_status_transition
BEFORE UPDATE ON campaigns
FOR EACH ROW WHEN (
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'DRAFT' AND NEW.status = 'REVIEW')
        OR (OLD.status = 'REVIEW' AND NEW.status IN ('DRAFT', 'ACTIVE', 'REJECTED'))
        OR (OLD.status = 'REJECTED' AND NEW.status = 'DRAFT')
        OR (OLD.status = 'ACTIVE' AND NEW.status = 'PAUSED')
        OR (OLD.status = 'PAUSED' AND NEW.status = 'ACTIVE')
        OR NEW.status = 'ENDED'
    )
)
EXECUTE FUNCTION campaigns_status_transition();

CREATE FUNCTION campaigns_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'campaigns_unchanged: A campaign keeps its id and its currency.';
END;
$$;

CREATE TRIGGER campaigns_unchanged
BEFORE UPDATE ON campaigns
FOR EACH ROW WHEN (
    NEW.id <> OLD.id OR NEW.currency <> OLD.currency OR NEW.created_at <> OLD.created_at
)
EXECUTE FUNCTION campaigns_unchanged();

CREATE FUNCTION campaigns_ended() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'campaigns_ended: A campaign that has ended is not changed.';
END;
$$;

CREATE TRIGGER campaigns_ended
BEFORE UPDATE ON campaigns
FOR EACH ROW WHEN (
    OLD.status = 'ENDED'
    AND (
        NEW.name <> OLD.name
        OR NEW.total_budget <> OLD.total_budget
        OR NEW.daily_budget <> OLD.daily_budget
        OR NEW.bid <> OLD.bid
        OR NEW.starts_at <> OLD.starts_at
        OR NEW.ends_at IS DISTINCT FROM OLD.ends_at
        OR NEW.targeting <> OLD.targeting
        OR NEW.keywords <> OLD.keywords
        OR NEW.frequency_cap IS DISTINCT FROM OLD.frequency_cap
        OR NEW.pacing <> OLD.pacing
    )
)
EXECUTE FUNCTION campaigns_ended();

CREATE FUNCTION campaigns_ended_with_owner() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('UPDATE %I.campaigns SET status = ''ENDED'' WHERE id = $1', TG_TABLE_SCHEMA) USING NEW.id;
    RETURN NULL;
END;
$$;

CREATE TRIGGER campaigns_ended_with_owner
AFTER UPDATE ON campaigns
FOR EACH ROW WHEN (NEW.owner_id IS NULL AND NEW.status <> 'ENDED')
EXECUTE FUNCTION campaigns_ended_with_owner();

CREATE FUNCTION campaigns_targeting_lists() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM jsonb_each(NEW.targeting) AS trait
        WHERE
            jsonb_typeof(trait.value) <> 'array'
            OR jsonb_path_exists(trait.value, 'strict $[*] ? (@.type() <> "string")')
    ) THEN
        RAISE EXCEPTION 'campaigns_targeting_lists: Targeting has a list of texts for each trait.';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER campaigns_targeting_insert
AFTER INSERT ON campaigns
FOR EACH ROW WHEN (NEW.targeting <> '{}')
EXECUTE FUNCTION campaigns_targeting_lists();

CREATE TRIGGER campaigns_targeting_update
AFTER UPDATE ON campaigns
FOR EACH ROW WHEN (NEW.targeting <> OLD.targeting)
EXECUTE FUNCTION campaigns_targeting_lists();

CREATE FUNCTION campaigns_keywords_insert() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added
        WHERE
            cardinality(keywords)
            <> (SELECT count(DISTINCT word) FROM unnest(keywords) AS word WHERE length(word) BETWEEN 1 AND 50)
            OR array_ndims(keywords) > 1
    ) THEN
        RAISE EXCEPTION 'campaigns_keywords_each_once: A campaign has each keyword once, of 1 to 50 characters.';
    END IF;
    EXECUTE format(
        'INSERT INTO %I.campaign_keywords (keyword, campaign_id, currency, active_bid)'
        ' SELECT unnest(CASE WHEN keywords = ''{}'' THEN ''{""}'' ELSE keywords END), id, currency, active_bid FROM added',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

-- One statement for all rows of an import.
CREATE TRIGGER campaigns_keywords_insert
AFTER INSERT ON campaigns
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION campaigns_keywords_insert();

CREATE FUNCTION campaigns_keywords_update() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    words constant text[] := CASE WHEN NEW.keywords = '{}' THEN '{""}' ELSE NEW.keywords END;
BEGIN
    IF
        cardinality(NEW.keywords)
        <> (SELECT count(DISTINCT word) FROM unnest(NEW.keywords) AS word WHERE length(word) BETWEEN 1 AND 50)
        OR array_ndims(NEW.keywords) > 1
    THEN
        RAISE EXCEPTION 'campaigns_keywords_each_once: A campaign has each keyword once, of 1 to 50 characters.';
    END IF;
    EXECUTE format('DELETE FROM %I.campaign_keywords WHERE campaign_id = $1 AND keyword <> ALL($2)', TG_TABLE_SCHEMA)
    USING NEW.id, words;
    EXECUTE format('UPDATE %I.campaign_keywords SET active_bid = $2 WHERE campaign_id = $1', TG_TABLE_SCHEMA)
    USING NEW.id, NEW.active_bid;
    EXECUTE format(
        'INSERT INTO %I.campaign_keywords (keyword, campaign_id, currency, active_bid)'
        ' SELECT unnest($2), $1, $3, $4 ON CONFLICT DO NOTHING',
        TG_TABLE_SCHEMA
    )
    USING NEW.id, words, NEW.currency, NEW.active_bid;
    RETURN NULL;
END;
$$;

CREATE TRIGGER campaigns_keywords_update
AFTER UPDATE ON campaigns
FOR EACH ROW WHEN (NEW.keywords IS DISTINCT FROM OLD.keywords OR NEW.active_bid IS DISTINCT FROM OLD.active_bid)
EXECUTE FUNCTION campaigns_keywords_update();

CREATE FUNCTION campaign_keywords_of_campaign() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_other boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM added INNER JOIN %I.campaigns ON added.campaign_id = campaigns.id'
        ' WHERE added.keyword <> ALL(CASE WHEN campaigns.keywords = ''{}'' THEN ''{""}'' ELSE campaigns.keywords END)'
        ' OR added.currency <> campaigns.currency OR added.active_bid IS DISTINCT FROM campaigns.active_bid)',
        TG_TABLE_SCHEMA
    )
    INTO is_other;
    IF is_other THEN
        RAISE EXCEPTION 'campaign_keywords_of_campaign: The keywords of a campaign are changed in campaigns.keywords.';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER campaign_keywords_of_campaign_insert
AFTER INSERT ON campaign_keywords
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION campaign_keywords_of_campaign();

CREATE TRIGGER campaign_keywords_of_campaign_update
AFTER UPDATE ON campaign_keywords
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION campaign_keywords_of_campaign();

CREATE FUNCTION campaign_keywords_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_missing boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM gone INNER JOIN %I.campaigns ON gone.campaign_id = campaigns.id'
        ' WHERE gone.keyword = ANY(CASE WHEN campaigns.keywords = ''{}'' THEN ''{""}'' ELSE campaigns.keywords END))',
        TG_TABLE_SCHEMA
    )
    INTO is_missing;
    IF is_missing THEN
        RAISE EXCEPTION 'campaign_keywords_of_campaign: The keywords of a campaign are changed in campaigns.keywords.';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER campaign_keywords_kept
AFTER DELETE ON campaign_keywords
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION campaign_keywords_kept();

CREATE FUNCTION creatives_status_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'creatives_status_transition: A creative cannot go to this status from the one it has.';
END;
$$;

CREATE TRIGGER creatives_status_transition
BEFORE UPDATE ON creatives
FOR EACH ROW WHEN (
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'DRAFT' AND NEW.status = 'REVIEW')
        OR (OLD.status = 'REVIEW' AND NEW.status IN ('DRAFT', 'APPROVED', 'REJECTED'))
        OR (OLD.status = 'REJECTED' AND NEW.status = 'DRAFT')
        OR (OLD.status = 'APPROVED' AND NEW.status = 'PAUSED')
        OR (OLD.status = 'PAUSED' AND NEW.status = 'APPROVED')
        OR NEW.status = 'RETIRED'
    )
)
EXECUTE FUNCTION creatives_status_transition();

CREATE FUNCTION creatives_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'creatives_unchanged: A creative keeps its id and its campaign.';
END;
$$;

CREATE TRIGGER creatives_unchanged
BEFORE UPDATE ON creatives
FOR EACH ROW WHEN (
    NEW.id <> OLD.id OR NEW.campaign_id <> OLD.campaign_id OR NEW.created_at <> OLD.created_at
)
EXECUTE FUNCTION creatives_unchanged();

CREATE FUNCTION creatives_reviewed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'creatives_reviewed: Only a draft is edited, so that what was reviewed is shown.';
END;
$$;

CREATE TRIGGER creatives_reviewed
BEFORE UPDATE ON creatives
FOR EACH ROW WHEN (
    OLD.status <> 'DRAFT'
    AND (
        NEW.title <> OLD.title
        OR NEW.body <> OLD.body
        OR NEW.image_url IS DISTINCT FROM OLD.image_url
        OR NEW.landing_url <> OLD.landing_url
    )
)
EXECUTE FUNCTION creatives_reviewed();
