-- What each campaign has reserved and spent. `budget` is what the campaign had at the last reservation. Only triggers
-- write it. Those who reserve for one campaign wait for each other.
CREATE TABLE ad_budgets (
    campaign_id uuid NOT NULL,
    budget bigint NOT NULL,
    reserved bigint NOT NULL DEFAULT 0,
    spent bigint NOT NULL DEFAULT 0,

    CONSTRAINT ad_budgets_pkey PRIMARY KEY (campaign_id),
    CONSTRAINT ad_budgets_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns (id) ON DELETE CASCADE,

    CONSTRAINT ad_budgets_reserved_check CHECK (reserved >= 0),
    CONSTRAINT ad_budgets_spent_check CHECK (spent >= 0),
    CONSTRAINT ad_budgets_budget_check CHECK (reserved + spent <= budget)
);

-- The same for each day in UTC: the day on which something was reserved. `settled` is what was paid of it.
CREATE TABLE ad_days (
    campaign_id uuid NOT NULL,
    day date NOT NULL,
    budget bigint NOT NULL,
    reserved bigint NOT NULL DEFAULT 0,
    spent bigint NOT NULL DEFAULT 0,
    settled bigint NOT NULL DEFAULT 0,

    CONSTRAINT ad_days_pkey PRIMARY KEY (campaign_id, day),
    CONSTRAINT ad_days_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns (id) ON DELETE CASCADE,

    CONSTRAINT ad_days_reserved_check CHECK (reserved >= 0),
    CONSTRAINT ad_days_spent_check CHECK (spent >= 0),
    CONSTRAINT ad_days_budget_check CHECK (reserved + spent <= budget),
    CONSTRAINT ad_days_settled_check CHECK (settled BETWEEN 0 AND spent),
    CONSTRAINT ad_days_day_check CHECK (day >= '0001-01-01' AND day <= '9999-12-31')
);

-- The campaigns of a day.
CREATE INDEX idx_ad_days_day ON ad_days (day, campaign_id);

-- How often each viewer gets the ads of a campaign on a day, what is reserved included. `viewer` is `u:` and the id of
-- a user, or `k:` and a key.
CREATE TABLE ad_viewer_days (
    campaign_id uuid NOT NULL,
    day date NOT NULL,
    viewer text COLLATE "C" NOT NULL,
    viewer_id uuid,
    cap bigint,
    shown bigint NOT NULL DEFAULT 0,

    CONSTRAINT ad_viewer_days_pkey PRIMARY KEY (campaign_id, day, viewer),
    CONSTRAINT ad_viewer_days_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns (id) ON DELETE CASCADE,
    CONSTRAINT ad_viewer_days_viewer_id_fkey FOREIGN KEY (viewer_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT ad_viewer_days_viewer_check CHECK (length(viewer) BETWEEN 3 AND 202),
    CONSTRAINT ad_viewer_days_shown_check CHECK (shown >= 0),
    CONSTRAINT ad_viewer_days_cap_check CHECK (shown <= cap),
    CONSTRAINT ad_viewer_days_day_check CHECK (day >= '0001-01-01' AND day <= '9999-12-31')
);

-- The rows of a user, who may be deleted, and those of days that are over.
CREATE INDEX idx_ad_viewer_days_viewer ON ad_viewer_days (viewer_id);
CREATE INDEX idx_ad_viewer_days_day ON ad_viewer_days (day, campaign_id, viewer);

-- What is set aside for ads that were chosen for a request and may not have been shown yet. The id is that of the
-- request. A reservation ends when it is deleted: then it was shown, or it is free again.
CREATE TABLE ad_reservations (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    creative_id uuid NOT NULL,
    viewer_id uuid,
    viewer_key text COLLATE "C",
    price bigint NOT NULL,
    reserved_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,

    CONSTRAINT ad_reservations_pkey PRIMARY KEY (id),
    CONSTRAINT ad_reservations_creative_id_fkey FOREIGN KEY (creative_id, campaign_id)
    REFERENCES creatives (id, campaign_id),
    CONSTRAINT ad_reservations_viewer_id_fkey FOREIGN KEY (viewer_id) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT ad_reservations_viewer_check CHECK (viewer_id IS NULL OR viewer_key IS NULL),
    CONSTRAINT ad_reservations_viewer_key_check CHECK (length(viewer_key) BETWEEN 1 AND 200),
    CONSTRAINT ad_reservations_price_check CHECK (price >= 1),
    CONSTRAINT ad_reservations_expiry_check CHECK (expires_at > reserved_at),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ad_reservations_reserved_at_check CHECK (
        reserved_at >= '0001-01-01 00:00:00+00'
        AND reserved_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT ad_reservations_expires_at_check CHECK (
        expires_at >= '0001-01-01 00:00:00+00'
        AND expires_at < '10000-01-01 00:00:00+00'
    )
);

-- The reservations that expire next, and those of a creative and of a user, who may be deleted.
CREATE INDEX idx_ad_reservations_expiry ON ad_reservations (expires_at, id);
CREATE INDEX idx_ad_reservations_creative ON ad_reservations (creative_id, campaign_id);
CREATE INDEX idx_ad_reservations_viewer ON ad_reservations (viewer_id);

-- What was shown. The id is that of the request, and `day` the day of its reservation. `reported_at` is set when the
-- row is in the reports.
CREATE TABLE ad_impressions (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    creative_id uuid NOT NULL,
    viewer_id uuid,
    viewer_key text COLLATE "C",
    price bigint NOT NULL,
    day date NOT NULL,
    shown_at timestamptz NOT NULL,
    reported_at timestamptz,

    CONSTRAINT ad_impressions_pkey PRIMARY KEY (id),
    CONSTRAINT ad_impressions_creative_id_fkey FOREIGN KEY (creative_id, campaign_id)
    REFERENCES creatives (id, campaign_id),
    CONSTRAINT ad_impressions_viewer_id_fkey FOREIGN KEY (viewer_id) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT ad_impressions_viewer_check CHECK (viewer_id IS NULL OR viewer_key IS NULL),
    CONSTRAINT ad_impressions_viewer_key_check CHECK (length(viewer_key) BETWEEN 1 AND 200),
    CONSTRAINT ad_impressions_price_check CHECK (price >= 1),
    CONSTRAINT ad_impressions_day_check CHECK (day >= '0001-01-01' AND day <= '9999-12-31'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ad_impressions_shown_at_check CHECK (
        shown_at >= '0001-01-01 00:00:00+00'
        AND shown_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT ad_impressions_reported_at_check CHECK (
        reported_at >= '0001-01-01 00:00:00+00'
        AND reported_at < '10000-01-01 00:00:00+00'
    )
);

-- The impressions of a campaign, of a user and of a creative, and the order of reports and purges.
CREATE INDEX idx_ad_impressions_campaign ON ad_impressions (campaign_id, shown_at, id);
CREATE INDEX idx_ad_impressions_viewer ON ad_impressions (viewer_id, shown_at, id);
CREATE INDEX idx_ad_impressions_creative ON ad_impressions (creative_id, campaign_id);
CREATE INDEX idx_ad_impressions_reported ON ad_impressions (reported_at, shown_at, id);

-- Clicks on what was shown, one for an impression.
CREATE TABLE ad_clicks (
    impression_id uuid NOT NULL,
    clicked_at timestamptz NOT NULL,
    reported_at timestamptz,

    CONSTRAINT ad_clicks_pkey PRIMARY KEY (impression_id),
    CONSTRAINT ad_clicks_impression_id_fkey FOREIGN KEY (impression_id)
    REFERENCES ad_impressions (id) ON DELETE CASCADE,

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ad_clicks_clicked_at_check CHECK (
        clicked_at >= '0001-01-01 00:00:00+00'
        AND clicked_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT ad_clicks_reported_at_check CHECK (
        reported_at >= '0001-01-01 00:00:00+00'
        AND reported_at < '10000-01-01 00:00:00+00'
    )
);

CREATE INDEX idx_ad_clicks_reported ON ad_clicks (reported_at, clicked_at, impression_id);

-- CHECKs alone would not do on SQLite, so both databases raise these before them.
CREATE FUNCTION ad_budgets_budget() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_budgets_budget: The total budget has less left than this costs.';
END;
$$;

CREATE TRIGGER ad_budgets_budget_insert
BEFORE INSERT ON ad_budgets
FOR EACH ROW
WHEN (NEW.reserved + NEW.spent > NEW.budget)
EXECUTE FUNCTION ad_budgets_budget();

CREATE TRIGGER ad_budgets_budget
BEFORE UPDATE ON ad_budgets
FOR EACH ROW
WHEN (NEW.reserved + NEW.spent > NEW.budget)
EXECUTE FUNCTION ad_budgets_budget();

CREATE FUNCTION ad_days_budget() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_days_budget: The budget of the day has less left than this costs.';
END;
$$;

CREATE TRIGGER ad_days_budget_insert
BEFORE INSERT ON ad_days
FOR EACH ROW
WHEN (NEW.reserved + NEW.spent > NEW.budget)
EXECUTE FUNCTION ad_days_budget();

CREATE TRIGGER ad_days_budget
BEFORE UPDATE ON ad_days
FOR EACH ROW
WHEN (NEW.reserved + NEW.spent > NEW.budget)
EXECUTE FUNCTION ad_days_budget();

CREATE FUNCTION ad_days_settled() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_days_settled: The campaign has spent less than this on the day.';
END;
$$;

CREATE TRIGGER ad_days_settled
BEFORE UPDATE ON ad_days
FOR EACH ROW
WHEN (NEW.settled > NEW.spent)
EXECUTE FUNCTION ad_days_settled();

CREATE FUNCTION ad_viewer_days_cap() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_viewer_days_cap: The viewer has got the campaign as often as its cap allows on this day.';
END;
$$;

CREATE TRIGGER ad_viewer_days_cap_insert
BEFORE INSERT ON ad_viewer_days
FOR EACH ROW
WHEN (NEW.shown > NEW.cap)
EXECUTE FUNCTION ad_viewer_days_cap();

CREATE TRIGGER ad_viewer_days_cap
BEFORE UPDATE ON ad_viewer_days
FOR EACH ROW
WHEN (NEW.shown > NEW.cap)
EXECUTE FUNCTION ad_viewer_days_cap();

CREATE FUNCTION ad_reservations_viewer_given() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_reservations_viewer_given: A reservation is for a user or a key.';
END;
$$;

CREATE TRIGGER ad_reservations_viewer_given
BEFORE INSERT ON ad_reservations
FOR EACH ROW WHEN (
    NEW.viewer_id IS NULL AND NEW.viewer_key IS NULL
)
EXECUTE FUNCTION ad_reservations_viewer_given();

CREATE FUNCTION ad_reservations_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_reservations_unchanged: A reservation is not changed. It may lose its user.';
END;
$$;

CREATE TRIGGER ad_reservations_unchanged
BEFORE UPDATE ON ad_reservations
FOR EACH ROW WHEN (
    NEW.id <> OLD.id
    OR NEW.campaign_id <> OLD.campaign_id
    OR NEW.creative_id <> OLD.creative_id
    OR NEW.viewer_key IS DISTINCT FROM OLD.viewer_key
    OR NEW.viewer_id <> coalesce(OLD.viewer_id, NEW.id)
    OR NEW.price <> OLD.price
    OR NEW.reserved_at <> OLD.reserved_at
    OR NEW.expires_at <> OLD.expires_at
)
EXECUTE FUNCTION ad_reservations_unchanged();

CREATE FUNCTION ad_reservations_reserved() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_wrong boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM added INNER JOIN %I.campaigns AS campaign ON added.campaign_id = campaign.id'
        ' WHERE campaign.status <> ''ACTIVE'' OR campaign.bid <> added.price'
        ' OR campaign.starts_at > added.reserved_at OR campaign.ends_at <= added.reserved_at)',
        TG_TABLE_SCHEMA
    )
    INTO is_wrong;
    IF is_wrong THEN
        RAISE EXCEPTION 'ad_reservations_running: Only a campaign that runs has ads, at the price of its bid.';
    END IF;
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM added INNER JOIN %I.creatives AS creative ON added.creative_id = creative.id'
        ' WHERE creative.status <> ''APPROVED'')',
        TG_TABLE_SCHEMA
    )
    INTO is_wrong;
    IF is_wrong THEN
        RAISE EXCEPTION 'ad_reservations_approved: Only a creative that is approved is shown.';
    END IF;
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM added INNER JOIN %I.ad_impressions AS shown ON added.id = shown.id)',
        TG_TABLE_SCHEMA
    )
    INTO is_wrong;
    IF is_wrong THEN
        RAISE EXCEPTION 'ad_reservations_once: What was shown for a request is not reserved again.';
    END IF;
    -- One campaign after the other, so that no two statements wait for each other.
    EXECUTE format(
        'INSERT INTO %1$I.ad_budgets AS total (campaign_id, budget, reserved)'
        ' SELECT campaign.id, campaign.total_budget, sum(added.price)'
        ' FROM added INNER JOIN %1$I.campaigns AS campaign ON added.campaign_id = campaign.id'
        ' GROUP BY campaign.id ORDER BY campaign.id'
        ' ON CONFLICT (campaign_id)'
        ' DO UPDATE SET budget = excluded.budget, reserved = total.reserved + excluded.reserved',
        TG_TABLE_SCHEMA
    );
    EXECUTE format(
        'INSERT INTO %1$I.ad_days AS total (campaign_id, day, budget, reserved)'
        ' SELECT campaign.id, (added.reserved_at AT TIME ZONE ''UTC'')::date, campaign.daily_budget, sum(added.price)'
        ' FROM added INNER JOIN %1$I.campaigns AS campaign ON added.campaign_id = campaign.id'
        ' GROUP BY 1, 2, 3 ORDER BY 1, 2'
        ' ON CONFLICT (campaign_id, day)'
        ' DO UPDATE SET budget = excluded.budget, reserved = total.reserved + excluded.reserved',
        TG_TABLE_SCHEMA
    );
    EXECUTE format(
        'INSERT INTO %1$I.ad_viewer_days AS total (campaign_id, day, viewer, viewer_id, cap, shown)'
        ' SELECT campaign.id, (added.reserved_at AT TIME ZONE ''UTC'')::date, coalesce(''u:'' || added.viewer_id::text, ''k:'' || added.viewer_key),'
        ' added.viewer_id, campaign.frequency_cap, count(*)'
        ' FROM added INNER JOIN %1$I.campaigns AS campaign ON added.campaign_id = campaign.id'
        ' GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3'
        ' ON CONFLICT (campaign_id, day, viewer) DO UPDATE SET cap = excluded.cap, shown = total.shown + excluded.shown',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER ad_reservations_reserved
AFTER INSERT ON ad_reservations
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION ad_reservations_reserved();

-- What ends was shown if there is an impression, and is free again otherwise.

CREATE FUNCTION ad_reservations_ended() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    campaigns bigint;
BEGIN
    -- One campaign after the other, so that no two statements wait for each other.
    EXECUTE format(
        'SELECT count(*) FROM (SELECT 1 FROM %I.ad_budgets'
        ' WHERE campaign_id IN (SELECT campaign_id FROM gone) ORDER BY campaign_id FOR UPDATE) AS locked',
        TG_TABLE_SCHEMA
    )
    INTO campaigns;
    EXECUTE format(
        'UPDATE %1$I.ad_budgets AS total SET reserved = total.reserved - ended.price, spent = total.spent + ended.spent'
        ' FROM (SELECT gone.campaign_id, sum(gone.price) AS price, coalesce(sum(shown.price), 0) AS spent'
        ' FROM gone LEFT JOIN %1$I.ad_impressions AS shown ON gone.id = shown.id GROUP BY 1) AS ended'
        ' WHERE total.campaign_id = ended.campaign_id',
        TG_TABLE_SCHEMA
    );
    EXECUTE format(
        'UPDATE %1$I.ad_days AS total SET reserved = total.reserved - ended.price, spent = total.spent + ended.spent'
        ' FROM (SELECT gone.campaign_id, (gone.reserved_at AT TIME ZONE ''UTC'')::date AS day,'
        ' sum(gone.price) AS price, coalesce(sum(shown.price), 0) AS spent'
        ' FROM gone LEFT JOIN %1$I.ad_impressions AS shown ON gone.id = shown.id GROUP BY 1, 2) AS ended'
        ' WHERE total.campaign_id = ended.campaign_id AND total.day = ended.day',
        TG_TABLE_SCHEMA
    );
    EXECUTE format(
        'UPDATE %1$I.ad_viewer_days AS total SET shown = total.shown - ended.released'
        ' FROM (SELECT gone.campaign_id, (gone.reserved_at AT TIME ZONE ''UTC'')::date AS day,'
        ' coalesce(''u:'' || gone.viewer_id::text, ''k:'' || gone.viewer_key) AS viewer, count(*) AS released'
        ' FROM gone WHERE NOT EXISTS (SELECT 1 FROM %1$I.ad_impressions AS shown WHERE shown.id = gone.id)'
        ' GROUP BY 1, 2, 3) AS ended'
        ' WHERE total.campaign_id = ended.campaign_id AND total.day = ended.day AND total.viewer = ended.viewer',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER ad_reservations_ended
AFTER DELETE ON ad_reservations
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION ad_reservations_ended();

CREATE FUNCTION ad_impressions_shown() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended bigint;
BEGIN
    EXECUTE format(
        'DELETE FROM %I.ad_reservations AS open USING added'
        ' WHERE open.id = added.id AND open.campaign_id = added.campaign_id AND open.creative_id = added.creative_id'
        ' AND open.viewer_id IS NOT DISTINCT FROM added.viewer_id'
        ' AND open.viewer_key IS NOT DISTINCT FROM added.viewer_key AND open.price = added.price'
        ' AND (open.reserved_at AT TIME ZONE ''UTC'')::date = added.day AND open.reserved_at <= added.shown_at'
        ' AND open.expires_at > added.shown_at AND added.reported_at IS NULL',
        TG_TABLE_SCHEMA
    );
    GET DIAGNOSTICS ended = ROW_COUNT;
    IF ended <> (SELECT count(*) FROM added) THEN
        RAISE EXCEPTION 'ad_impressions_reserved: An impression is that of an open reservation, and has its price.';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER ad_impressions_shown
AFTER INSERT ON ad_impressions
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION ad_impressions_shown();

CREATE FUNCTION ad_impressions_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_impressions_unchanged: An impression is not changed. It is reported once.';
END;
$$;

CREATE TRIGGER ad_impressions_unchanged
BEFORE UPDATE ON ad_impressions
FOR EACH ROW WHEN (
    NEW.id <> OLD.id
    OR NEW.campaign_id <> OLD.campaign_id
    OR NEW.creative_id <> OLD.creative_id
    OR NEW.viewer_key IS DISTINCT FROM OLD.viewer_key
    OR NEW.price <> OLD.price
    OR NEW.day <> OLD.day
    OR NEW.shown_at <> OLD.shown_at
    OR (NEW.reported_at IS DISTINCT FROM OLD.reported_at AND OLD.reported_at IS NOT NULL)
)
EXECUTE FUNCTION ad_impressions_unchanged();

CREATE FUNCTION ad_impressions_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_impressions_kept: An impression is deleted after it was reported.';
END;
$$;

CREATE TRIGGER ad_impressions_kept
BEFORE DELETE ON ad_impressions
FOR EACH ROW WHEN (
    OLD.reported_at IS NULL
)
EXECUTE FUNCTION ad_impressions_kept();

CREATE FUNCTION ad_clicks_unreported() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_clicks_unreported: A new click is in no report.';
END;
$$;

CREATE TRIGGER ad_clicks_unreported
BEFORE INSERT ON ad_clicks
FOR EACH ROW WHEN (
    NEW.reported_at IS NOT NULL
)
EXECUTE FUNCTION ad_clicks_unreported();

CREATE FUNCTION ad_clicks_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_clicks_unchanged: A click is not changed. It is reported once.';
END;
$$;

CREATE TRIGGER ad_clicks_unchanged
BEFORE UPDATE ON ad_clicks
FOR EACH ROW WHEN (
    NEW.impression_id <> OLD.impression_id
    OR NEW.clicked_at <> OLD.clicked_at
    OR (NEW.reported_at IS DISTINCT FROM OLD.reported_at AND OLD.reported_at IS NOT NULL)
)
EXECUTE FUNCTION ad_clicks_unchanged();

CREATE FUNCTION ad_clicks_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_clicks_kept: A click is deleted after it was reported.';
END;
$$;

CREATE TRIGGER ad_clicks_kept
BEFORE DELETE ON ad_clicks
FOR EACH ROW WHEN (
    OLD.reported_at IS NULL
)
EXECUTE FUNCTION ad_clicks_kept();

CREATE FUNCTION ad_rows_not_truncated() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ad_rows_not_truncated: Reservations, impressions and clicks are not truncated.';
END;
$$;

-- differs: trigger ad_reservations_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE TRIGGER ad_reservations_not_truncated
BEFORE TRUNCATE ON ad_reservations
FOR EACH STATEMENT EXECUTE FUNCTION ad_rows_not_truncated();

-- differs: trigger ad_impressions_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE TRIGGER ad_impressions_not_truncated
BEFORE TRUNCATE ON ad_impressions
FOR EACH STATEMENT EXECUTE FUNCTION ad_rows_not_truncated();

-- differs: trigger ad_clicks_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE TRIGGER ad_clicks_not_truncated
BEFORE TRUNCATE ON ad_clicks
FOR EACH STATEMENT EXECUTE FUNCTION ad_rows_not_truncated();
