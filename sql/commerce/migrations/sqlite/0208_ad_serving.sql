-- What each campaign has reserved and spent. `budget` is what the campaign had at the last reservation. Only triggers
-- write it. Those who reserve for one campaign wait for each other.
CREATE TABLE ad_budgets (
    campaign_id text NOT NULL,
    budget integer NOT NULL,
    reserved integer NOT NULL DEFAULT 0,
    spent integer NOT NULL DEFAULT 0,

    CONSTRAINT ad_budgets_pkey PRIMARY KEY (campaign_id),
    CONSTRAINT ad_budgets_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns (id) ON DELETE CASCADE,

    CONSTRAINT ad_budgets_reserved_check CHECK (reserved >= 0),
    CONSTRAINT ad_budgets_spent_check CHECK (spent >= 0),
    CONSTRAINT ad_budgets_budget_check CHECK (reserved + spent <= budget),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ad_budgets_campaign_id_type_check CHECK (
        campaign_id GLOB '????????-????-????-????-????????????'
        AND length(replace(campaign_id, '-', '')) = 32
        AND replace(campaign_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The same for each day in UTC: the day on which something was reserved. `settled` is what was paid of it.
CREATE TABLE ad_days (
    campaign_id text NOT NULL,
    day text NOT NULL,
    budget integer NOT NULL,
    reserved integer NOT NULL DEFAULT 0,
    spent integer NOT NULL DEFAULT 0,
    settled integer NOT NULL DEFAULT 0,

    CONSTRAINT ad_days_pkey PRIMARY KEY (campaign_id, day),
    CONSTRAINT ad_days_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns (id) ON DELETE CASCADE,

    CONSTRAINT ad_days_reserved_check CHECK (reserved >= 0),
    CONSTRAINT ad_days_spent_check CHECK (spent >= 0),
    CONSTRAINT ad_days_budget_check CHECK (reserved + spent <= budget),
    CONSTRAINT ad_days_settled_check CHECK (settled BETWEEN 0 AND spent),
    CONSTRAINT ad_days_day_check CHECK (date(day, '+0 days') IS day AND day >= '0001'),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ad_days_campaign_id_type_check CHECK (
        campaign_id GLOB '????????-????-????-????-????????????'
        AND length(replace(campaign_id, '-', '')) = 32
        AND replace(campaign_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The campaigns of a day.
CREATE INDEX idx_ad_days_day ON ad_days (day, campaign_id);

-- How often each viewer gets the ads of a campaign on a day, what is reserved included. `viewer` is `u:` and the id of
-- a user, or `k:` and a key.
CREATE TABLE ad_viewer_days (
    campaign_id text NOT NULL,
    day text NOT NULL,
    viewer text NOT NULL,
    viewer_id text,
    cap integer,
    shown integer NOT NULL DEFAULT 0,

    CONSTRAINT ad_viewer_days_pkey PRIMARY KEY (campaign_id, day, viewer),
    CONSTRAINT ad_viewer_days_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns (id) ON DELETE CASCADE,
    CONSTRAINT ad_viewer_days_viewer_id_fkey FOREIGN KEY (viewer_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT ad_viewer_days_viewer_check CHECK (length(viewer) BETWEEN 3 AND 202),
    CONSTRAINT ad_viewer_days_shown_check CHECK (shown >= 0),
    CONSTRAINT ad_viewer_days_cap_check CHECK (shown <= cap),
    CONSTRAINT ad_viewer_days_day_check CHECK (date(day, '+0 days') IS day AND day >= '0001'),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ad_viewer_days_campaign_id_type_check CHECK (
        campaign_id GLOB '????????-????-????-????-????????????'
        AND length(replace(campaign_id, '-', '')) = 32
        AND replace(campaign_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ad_viewer_days_viewer_id_type_check CHECK (
        viewer_id GLOB '????????-????-????-????-????????????'
        AND length(replace(viewer_id, '-', '')) = 32
        AND replace(viewer_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The rows of a user, who may be deleted, and those of days that are over.
CREATE INDEX idx_ad_viewer_days_viewer ON ad_viewer_days (viewer_id);
CREATE INDEX idx_ad_viewer_days_day ON ad_viewer_days (day, campaign_id, viewer);

-- What is set aside for ads that were chosen for a request and may not have been shown yet. The id is that of the
-- request. A reservation ends when it is deleted: then it was shown, or it is free again.
CREATE TABLE ad_reservations (
    id text NOT NULL,
    campaign_id text NOT NULL,
    creative_id text NOT NULL,
    viewer_id text,
    viewer_key text,
    price integer NOT NULL,
    reserved_at text NOT NULL,
    expires_at text NOT NULL,

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
        reserved_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(reserved_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(reserved_at, 1, 19), '+0 seconds') IS substr(reserved_at, 1, 19)
        AND reserved_at >= '0001'
    ),
    CONSTRAINT ad_reservations_expires_at_check CHECK (
        expires_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(expires_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(expires_at, 1, 19), '+0 seconds') IS substr(expires_at, 1, 19)
        AND expires_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ad_reservations_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ad_reservations_campaign_id_type_check CHECK (
        campaign_id GLOB '????????-????-????-????-????????????'
        AND length(replace(campaign_id, '-', '')) = 32
        AND replace(campaign_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ad_reservations_creative_id_type_check CHECK (
        creative_id GLOB '????????-????-????-????-????????????'
        AND length(replace(creative_id, '-', '')) = 32
        AND replace(creative_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ad_reservations_viewer_id_type_check CHECK (
        viewer_id GLOB '????????-????-????-????-????????????'
        AND length(replace(viewer_id, '-', '')) = 32
        AND replace(viewer_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- The reservations that expire next, and those of a creative and of a user, who may be deleted.
CREATE INDEX idx_ad_reservations_expiry ON ad_reservations (expires_at, id);
CREATE INDEX idx_ad_reservations_creative ON ad_reservations (creative_id, campaign_id);
CREATE INDEX idx_ad_reservations_viewer ON ad_reservations (viewer_id);

-- What was shown. The id is that of the request, and `day` the day of its reservation. `reported_at` is set when the
-- row is in the reports.
CREATE TABLE ad_impressions (
    id text NOT NULL,
    campaign_id text NOT NULL,
    creative_id text NOT NULL,
    viewer_id text,
    viewer_key text,
    price integer NOT NULL,
    day text NOT NULL,
    shown_at text NOT NULL,
    reported_at text,

    CONSTRAINT ad_impressions_pkey PRIMARY KEY (id),
    CONSTRAINT ad_impressions_creative_id_fkey FOREIGN KEY (creative_id, campaign_id)
    REFERENCES creatives (id, campaign_id),
    CONSTRAINT ad_impressions_viewer_id_fkey FOREIGN KEY (viewer_id) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT ad_impressions_viewer_check CHECK (viewer_id IS NULL OR viewer_key IS NULL),
    CONSTRAINT ad_impressions_viewer_key_check CHECK (length(viewer_key) BETWEEN 1 AND 200),
    CONSTRAINT ad_impressions_price_check CHECK (price >= 1),
    CONSTRAINT ad_impressions_day_check CHECK (date(day, '+0 days') IS day AND day >= '0001'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ad_impressions_shown_at_check CHECK (
        shown_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(shown_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(shown_at, 1, 19), '+0 seconds') IS substr(shown_at, 1, 19)
        AND shown_at >= '0001'
    ),
    CONSTRAINT ad_impressions_reported_at_check CHECK (
        reported_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(reported_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(reported_at, 1, 19), '+0 seconds') IS substr(reported_at, 1, 19)
        AND reported_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ad_impressions_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ad_impressions_campaign_id_type_check CHECK (
        campaign_id GLOB '????????-????-????-????-????????????'
        AND length(replace(campaign_id, '-', '')) = 32
        AND replace(campaign_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ad_impressions_creative_id_type_check CHECK (
        creative_id GLOB '????????-????-????-????-????????????'
        AND length(replace(creative_id, '-', '')) = 32
        AND replace(creative_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ad_impressions_viewer_id_type_check CHECK (
        viewer_id GLOB '????????-????-????-????-????????????'
        AND length(replace(viewer_id, '-', '')) = 32
        AND replace(viewer_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- The impressions of a campaign, of a user and of a creative, and the order of reports and purges.
CREATE INDEX idx_ad_impressions_campaign ON ad_impressions (campaign_id, shown_at, id);
CREATE INDEX idx_ad_impressions_viewer ON ad_impressions (viewer_id, shown_at, id);
CREATE INDEX idx_ad_impressions_creative ON ad_impressions (creative_id, campaign_id);
CREATE INDEX idx_ad_impressions_reported ON ad_impressions (reported_at, shown_at, id);

-- Clicks on what was shown, one for an impression.
CREATE TABLE ad_clicks (
    impression_id text NOT NULL,
    clicked_at text NOT NULL,
    reported_at text,

    CONSTRAINT ad_clicks_pkey PRIMARY KEY (impression_id),
    CONSTRAINT ad_clicks_impression_id_fkey FOREIGN KEY (impression_id)
    REFERENCES ad_impressions (id) ON DELETE CASCADE,

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ad_clicks_clicked_at_check CHECK (
        clicked_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(clicked_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(clicked_at, 1, 19), '+0 seconds') IS substr(clicked_at, 1, 19)
        AND clicked_at >= '0001'
    ),
    CONSTRAINT ad_clicks_reported_at_check CHECK (
        reported_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(reported_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(reported_at, 1, 19), '+0 seconds') IS substr(reported_at, 1, 19)
        AND reported_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ad_clicks_impression_id_type_check CHECK (
        impression_id GLOB '????????-????-????-????-????????????'
        AND length(replace(impression_id, '-', '')) = 32
        AND replace(impression_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

CREATE INDEX idx_ad_clicks_reported ON ad_clicks (reported_at, clicked_at, impression_id);

-- CHECKs alone would not do: INSERT OR IGNORE and OR FAIL, which SQLite alone has, go on after what they refuse here.
CREATE TRIGGER ad_budgets_budget_insert
BEFORE INSERT ON ad_budgets
WHEN
    NEW.reserved + NEW.spent > NEW.budget
BEGIN
    SELECT RAISE(ABORT, 'ad_budgets_budget: The total budget has less left than this costs.');
END;

CREATE TRIGGER ad_budgets_budget
BEFORE UPDATE ON ad_budgets
WHEN
    NEW.reserved + NEW.spent > NEW.budget
BEGIN
    SELECT RAISE(ABORT, 'ad_budgets_budget: The total budget has less left than this costs.');
END;

CREATE TRIGGER ad_days_budget_insert
BEFORE INSERT ON ad_days
WHEN
    NEW.reserved + NEW.spent > NEW.budget
BEGIN
    SELECT RAISE(ABORT, 'ad_days_budget: The budget of the day has less left than this costs.');
END;

CREATE TRIGGER ad_days_budget
BEFORE UPDATE ON ad_days
WHEN
    NEW.reserved + NEW.spent > NEW.budget
BEGIN
    SELECT RAISE(ABORT, 'ad_days_budget: The budget of the day has less left than this costs.');
END;

CREATE TRIGGER ad_days_settled
BEFORE UPDATE ON ad_days
WHEN
    NEW.settled > NEW.spent
BEGIN
    SELECT RAISE(ABORT, 'ad_days_settled: The campaign has spent less than this on the day.');
END;

CREATE TRIGGER ad_viewer_days_cap_insert
BEFORE INSERT ON ad_viewer_days
WHEN
    NEW.shown > NEW.cap
BEGIN
    SELECT RAISE(ABORT, 'ad_viewer_days_cap: The viewer has got the campaign as often as its cap allows on this day.');
END;

CREATE TRIGGER ad_viewer_days_cap
BEFORE UPDATE ON ad_viewer_days
WHEN
    NEW.shown > NEW.cap
BEGIN
    SELECT RAISE(ABORT, 'ad_viewer_days_cap: The viewer has got the campaign as often as its cap allows on this day.');
END;

CREATE TRIGGER ad_reservations_viewer_given
BEFORE INSERT ON ad_reservations
WHEN
    NEW.viewer_id IS NULL AND NEW.viewer_key IS NULL
BEGIN
    SELECT RAISE(ABORT, 'ad_reservations_viewer_given: A reservation is for a user or a key.');
END;

CREATE TRIGGER ad_reservations_unchanged
BEFORE UPDATE ON ad_reservations
WHEN
    NEW.id <> OLD.id
    OR NEW.campaign_id <> OLD.campaign_id
    OR NEW.creative_id <> OLD.creative_id
    OR NEW.viewer_key IS NOT OLD.viewer_key
    OR NEW.viewer_id <> coalesce(OLD.viewer_id, NEW.id)
    OR NEW.price <> OLD.price
    OR NEW.reserved_at <> OLD.reserved_at
    OR NEW.expires_at <> OLD.expires_at
BEGIN
    SELECT RAISE(ABORT, 'ad_reservations_unchanged: A reservation is not changed. It may lose its user.');
END;

-- differs: trigger ad_reservations_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER ad_reservations_not_replaced
BEFORE INSERT ON ad_reservations
WHEN
    EXISTS (
        SELECT 1 FROM ad_reservations
        WHERE id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'ad_reservations_not_replaced: A request has one reservation.');
END;

CREATE TRIGGER ad_reservations_reserved
AFTER INSERT ON ad_reservations
BEGIN
    SELECT RAISE(ABORT, 'ad_reservations_running: Only a campaign that runs has ads, at the price of its bid.')
    FROM campaigns
    WHERE
        id = NEW.campaign_id
        AND (
            status <> 'ACTIVE'
            OR bid <> NEW.price
            OR starts_at > NEW.reserved_at
            OR ends_at <= NEW.reserved_at
        );
    SELECT RAISE(ABORT, 'ad_reservations_approved: Only a creative that is approved is shown.')
    FROM creatives
    WHERE id = NEW.creative_id AND status <> 'APPROVED';
    SELECT RAISE(ABORT, 'ad_reservations_once: What was shown for a request is not reserved again.')
    FROM ad_impressions
    WHERE id = NEW.id;
    INSERT INTO ad_budgets (campaign_id, budget)
    SELECT
        id,
        total_budget
    FROM campaigns
    WHERE
        id = NEW.campaign_id
        AND NOT EXISTS (
            SELECT 1 FROM ad_budgets
            WHERE campaign_id = NEW.campaign_id
        );
    UPDATE ad_budgets
    SET
        budget = (
            SELECT total_budget FROM campaigns
            WHERE id = NEW.campaign_id
        ),
        reserved = reserved + NEW.price
    WHERE campaign_id = NEW.campaign_id;
    INSERT INTO ad_days (campaign_id, day, budget)
    SELECT
        id,
        substr(NEW.reserved_at, 1, 10) AS day,
        daily_budget
    FROM campaigns
    WHERE
        id = NEW.campaign_id
        AND NOT EXISTS (
            SELECT 1 FROM ad_days
            WHERE campaign_id = NEW.campaign_id AND day = substr(NEW.reserved_at, 1, 10)
        );
    UPDATE ad_days
    SET
        budget = (
            SELECT daily_budget FROM campaigns
            WHERE id = NEW.campaign_id
        ),
        reserved = reserved + NEW.price
    WHERE campaign_id = NEW.campaign_id AND day = substr(NEW.reserved_at, 1, 10);
    INSERT INTO ad_viewer_days (campaign_id, day, viewer, viewer_id)
    SELECT
        NEW.campaign_id,
        substr(NEW.reserved_at, 1, 10) AS day,
        coalesce('u:' || NEW.viewer_id, 'k:' || NEW.viewer_key) AS viewer,
        NEW.viewer_id
    WHERE
        NOT EXISTS (
            SELECT 1 FROM ad_viewer_days
            WHERE
                campaign_id = NEW.campaign_id
                AND day = substr(NEW.reserved_at, 1, 10)
                AND viewer = coalesce('u:' || NEW.viewer_id, 'k:' || NEW.viewer_key)
        );
    UPDATE ad_viewer_days
    SET
        cap = (
            SELECT frequency_cap FROM campaigns
            WHERE id = NEW.campaign_id
        ),
        shown = shown + 1
    WHERE
        campaign_id = NEW.campaign_id
        AND day = substr(NEW.reserved_at, 1, 10)
        AND viewer = coalesce('u:' || NEW.viewer_id, 'k:' || NEW.viewer_key);
END;

-- What ends was shown if there is an impression, and is free again otherwise.
CREATE TRIGGER ad_reservations_ended
AFTER DELETE ON ad_reservations
BEGIN
    UPDATE ad_budgets
    SET
        reserved = reserved - OLD.price,
        spent = spent + CASE
            WHEN
                EXISTS (
                    SELECT 1 FROM ad_impressions
                    WHERE id = OLD.id
                )
                THEN OLD.price
            ELSE 0
        END
    WHERE campaign_id = OLD.campaign_id;
    UPDATE ad_days
    SET
        reserved = reserved - OLD.price,
        spent = spent + CASE
            WHEN
                EXISTS (
                    SELECT 1 FROM ad_impressions
                    WHERE id = OLD.id
                )
                THEN OLD.price
            ELSE 0
        END
    WHERE campaign_id = OLD.campaign_id AND day = substr(OLD.reserved_at, 1, 10);
    UPDATE ad_viewer_days SET shown = shown - 1
    WHERE
        campaign_id = OLD.campaign_id
        AND day = substr(OLD.reserved_at, 1, 10)
        AND viewer = coalesce('u:' || OLD.viewer_id, 'k:' || OLD.viewer_key)
        AND NOT EXISTS (
            SELECT 1 FROM ad_impressions
            WHERE id = OLD.id
        );
END;

-- differs: trigger ad_impressions_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER ad_impressions_not_replaced
BEFORE INSERT ON ad_impressions
WHEN
    EXISTS (
        SELECT 1 FROM ad_impressions
        WHERE id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'ad_impressions_not_replaced: A request has one impression.');
END;

CREATE TRIGGER ad_impressions_shown
AFTER INSERT ON ad_impressions
BEGIN
    SELECT RAISE(ABORT, 'ad_impressions_reserved: An impression is that of an open reservation, and has its price.')
    WHERE
        NEW.reported_at IS NOT NULL
        OR NOT EXISTS (
            SELECT 1 FROM ad_reservations
            WHERE
                id = NEW.id
                AND campaign_id = NEW.campaign_id
                AND creative_id = NEW.creative_id
                AND viewer_id IS NEW.viewer_id
                AND viewer_key IS NEW.viewer_key
                AND price = NEW.price
                AND substr(reserved_at, 1, 10) = NEW.day
                AND reserved_at <= NEW.shown_at
                AND expires_at > NEW.shown_at
        );
    DELETE FROM ad_reservations
    WHERE id = NEW.id;
END;

CREATE TRIGGER ad_impressions_unchanged
BEFORE UPDATE ON ad_impressions
WHEN
    NEW.id <> OLD.id
    OR NEW.campaign_id <> OLD.campaign_id
    OR NEW.creative_id <> OLD.creative_id
    OR NEW.viewer_key IS NOT OLD.viewer_key
    OR NEW.price <> OLD.price
    OR NEW.day <> OLD.day
    OR NEW.shown_at <> OLD.shown_at
    OR (NEW.reported_at IS NOT OLD.reported_at AND OLD.reported_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'ad_impressions_unchanged: An impression is not changed. It is reported once.');
END;

CREATE TRIGGER ad_impressions_kept
BEFORE DELETE ON ad_impressions
WHEN
    OLD.reported_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'ad_impressions_kept: An impression is deleted after it was reported.');
END;

CREATE TRIGGER ad_clicks_unreported
BEFORE INSERT ON ad_clicks
WHEN
    NEW.reported_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'ad_clicks_unreported: A new click is in no report.');
END;

CREATE TRIGGER ad_clicks_unchanged
BEFORE UPDATE ON ad_clicks
WHEN
    NEW.impression_id <> OLD.impression_id
    OR NEW.clicked_at <> OLD.clicked_at
    OR (NEW.reported_at IS NOT OLD.reported_at AND OLD.reported_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'ad_clicks_unchanged: A click is not changed. It is reported once.');
END;

CREATE TRIGGER ad_clicks_kept
BEFORE DELETE ON ad_clicks
WHEN
    OLD.reported_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'ad_clicks_kept: A click is deleted after it was reported.');
END;

-- differs: trigger ad_clicks_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER ad_clicks_not_replaced
BEFORE INSERT ON ad_clicks
WHEN
    EXISTS (
        SELECT 1 FROM ad_clicks
        WHERE impression_id = NEW.impression_id
    )
BEGIN
    SELECT RAISE(ABORT, 'ad_clicks_not_replaced: An impression has one click.');
END;
