-- What each creative was shown, clicked and paid on each day. Triggers count an impression or a click when its
-- `reported_at` is set.
CREATE TABLE ad_reports (
    campaign_id uuid NOT NULL,
    day date NOT NULL,
    creative_id uuid NOT NULL,
    impressions bigint NOT NULL DEFAULT 0,
    clicks bigint NOT NULL DEFAULT 0,
    spent bigint NOT NULL DEFAULT 0,

    CONSTRAINT ad_reports_pkey PRIMARY KEY (campaign_id, day, creative_id),
    CONSTRAINT ad_reports_creative_id_fkey FOREIGN KEY (creative_id, campaign_id)
    REFERENCES creatives (id, campaign_id),

    CONSTRAINT ad_reports_impressions_check CHECK (impressions >= 0),
    CONSTRAINT ad_reports_clicks_check CHECK (clicks BETWEEN 0 AND impressions),
    CONSTRAINT ad_reports_spent_check CHECK (spent >= 0),
    CONSTRAINT ad_reports_day_check CHECK (day >= '0001-01-01' AND day <= '9999-12-31')
);

-- What was paid for a day of a campaign. The id is that of the transfer in the ledger.
CREATE TABLE ad_settlements (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    day date NOT NULL,
    amount bigint NOT NULL,
    settled_at timestamptz NOT NULL,

    CONSTRAINT ad_settlements_pkey PRIMARY KEY (id),
    CONSTRAINT ad_settlements_id_fkey FOREIGN KEY (id) REFERENCES ledger_transfers (id),
    CONSTRAINT ad_settlements_campaign_id_fkey FOREIGN KEY (campaign_id, day) REFERENCES ad_days (campaign_id, day),

    CONSTRAINT ad_settlements_amount_check CHECK (amount >= 1),
    CONSTRAINT ad_settlements_day_check CHECK (day >= '0001-01-01' AND day <= '9999-12-31'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ad_settlements_settled_at_check CHECK (
        settled_at >= '0001-01-01 00:00:00+00'
        AND settled_at < '10000-01-01 00:00:00+00'
    )
);

CREATE INDEX idx_ad_settlements_campaign ON ad_settlements (campaign_id, day, id);

CREATE FUNCTION ad_impressions_reported() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO %I.ad_reports AS total (campaign_id, day, creative_id, impressions, spent)'
        ' SELECT changed.campaign_id, changed.day, changed.creative_id, count(*), sum(changed.price)'
        ' FROM changed INNER JOIN old_rows ON changed.id = old_rows.id'
        ' WHERE old_rows.reported_at IS NULL AND changed.reported_at IS NOT NULL'
        ' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3'
        ' ON CONFLICT (campaign_id, day, creative_id)'
        ' DO UPDATE SET impressions = total.impressions + excluded.impressions, spent = total.spent + excluded.spent',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER ad_impressions_reported
AFTER UPDATE ON ad_impressions
REFERENCING OLD TABLE AS old_rows NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION ad_impressions_reported();

CREATE FUNCTION ad_clicks_reported() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_early boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM changed INNER JOIN %I.ad_impressions AS shown ON changed.impression_id = shown.id'
        ' WHERE changed.reported_at IS NOT NULL AND shown.reported_at IS NULL)',
        TG_TABLE_SCHEMA
    )
    INTO is_early;
    IF is_early THEN
        RAISE EXCEPTION 'ad_clicks_of_reported: A click is reported after its impression.';
    END IF;
    -- One report after the other, so that no two statements wait for each other.
    EXECUTE format(
        'INSERT INTO %1$I.ad_reports AS total (campaign_id, day, creative_id, impressions, clicks)'
        ' SELECT shown.campaign_id, shown.day, shown.creative_id, count(*), count(*)'
        ' FROM changed INNER JOIN old_rows ON changed.impression_id = old_rows.impression_id'
        ' INNER JOIN %1$I.ad_impressions AS shown ON changed.impression_id = shown.id'
        ' WHERE old_rows.reported_at IS NULL AND changed.reported_at IS NOT NULL'
        ' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3'
        ' ON CONFLICT (campaign_id, day, creative_id) DO UPDATE SET clicks = total.clicks + excluded.clicks',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER ad_clicks_reported
AFTER UPDATE ON ad_clicks
REFERENCING OLD TABLE AS old_rows NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION ad_clicks_reported();

CREATE FUNCTION ad_settlements_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_settlements_unchanged: A settlement is never changed.';
END;
$$;

CREATE TRIGGER ad_settlements_unchanged
BEFORE UPDATE ON ad_settlements
FOR EACH ROW
EXECUTE FUNCTION ad_settlements_unchanged();

CREATE FUNCTION ad_settlements_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_settlements_kept: A settlement is never deleted.';
END;
$$;

CREATE TRIGGER ad_settlements_kept
BEFORE DELETE ON ad_settlements
FOR EACH ROW
EXECUTE FUNCTION ad_settlements_kept();

CREATE FUNCTION ad_settlements_paid() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_wrong boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM %1$I.ledger_transfers AS transfer CROSS JOIN %1$I.campaigns AS campaign'
        ' WHERE transfer.id = $1 AND campaign.id = $2 AND (transfer.kind <> ''TRANSFER'' OR transfer.amount <> $3'
        ' OR transfer.currency <> campaign.currency))',
        TG_TABLE_SCHEMA
    )
    INTO is_wrong USING NEW.id, NEW.campaign_id, NEW.amount;
    IF is_wrong THEN
        RAISE EXCEPTION 'ad_settlements_of_transfer: A settlement has the amount and the currency of its transfer.';
    END IF;
    EXECUTE format('UPDATE %I.ad_days SET settled = settled + $3 WHERE campaign_id = $1 AND day = $2', TG_TABLE_SCHEMA)
    USING NEW.campaign_id, NEW.day, NEW.amount;
    RETURN NULL;
END;
$$;

CREATE TRIGGER ad_settlements_paid
AFTER INSERT ON ad_settlements
FOR EACH ROW EXECUTE FUNCTION ad_settlements_paid();

-- differs: trigger ad_settlements_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE TRIGGER ad_settlements_not_truncated
BEFORE TRUNCATE ON ad_settlements
FOR EACH STATEMENT EXECUTE FUNCTION ad_settlements_kept();
