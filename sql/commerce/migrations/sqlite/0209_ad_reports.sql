-- What each creative was shown, clicked and paid on each day. Triggers count an impression or a click when its
-- `reported_at` is set.
CREATE TABLE ad_reports (
    campaign_id text NOT NULL,
    day text NOT NULL,
    creative_id text NOT NULL,
    impressions integer NOT NULL DEFAULT 0,
    clicks integer NOT NULL DEFAULT 0,
    spent integer NOT NULL DEFAULT 0,

    CONSTRAINT ad_reports_pkey PRIMARY KEY (campaign_id, day, creative_id),
    CONSTRAINT ad_reports_creative_id_fkey FOREIGN KEY (creative_id, campaign_id)
    REFERENCES creatives (id, campaign_id),

    CONSTRAINT ad_reports_impressions_check CHECK (impressions >= 0),
    CONSTRAINT ad_reports_clicks_check CHECK (clicks BETWEEN 0 AND impressions),
    CONSTRAINT ad_reports_spent_check CHECK (spent >= 0),
    CONSTRAINT ad_reports_day_check CHECK (date(day, '+0 days') IS day AND day >= '0001'),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ad_reports_campaign_id_type_check CHECK (
        campaign_id GLOB '????????-????-????-????-????????????'
        AND length(replace(campaign_id, '-', '')) = 32
        AND replace(campaign_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ad_reports_creative_id_type_check CHECK (
        creative_id GLOB '????????-????-????-????-????????????'
        AND length(replace(creative_id, '-', '')) = 32
        AND replace(creative_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- What was paid for a day of a campaign. The id is that of the transfer in the ledger.
CREATE TABLE ad_settlements (
    id text NOT NULL,
    campaign_id text NOT NULL,
    day text NOT NULL,
    amount integer NOT NULL,
    settled_at text NOT NULL,

    CONSTRAINT ad_settlements_pkey PRIMARY KEY (id),
    CONSTRAINT ad_settlements_id_fkey FOREIGN KEY (id) REFERENCES ledger_transfers (id),
    CONSTRAINT ad_settlements_campaign_id_fkey FOREIGN KEY (campaign_id, day) REFERENCES ad_days (campaign_id, day),

    CONSTRAINT ad_settlements_amount_check CHECK (amount >= 1),
    CONSTRAINT ad_settlements_day_check CHECK (date(day, '+0 days') IS day AND day >= '0001'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ad_settlements_settled_at_check CHECK (
        settled_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(settled_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(settled_at, 1, 19), '+0 seconds') IS substr(settled_at, 1, 19)
        AND settled_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ad_settlements_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ad_settlements_campaign_id_type_check CHECK (
        campaign_id GLOB '????????-????-????-????-????????????'
        AND length(replace(campaign_id, '-', '')) = 32
        AND replace(campaign_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

CREATE INDEX idx_ad_settlements_campaign ON ad_settlements (campaign_id, day, id);

CREATE TRIGGER ad_impressions_reported
AFTER UPDATE ON ad_impressions
WHEN OLD.reported_at IS NULL AND NEW.reported_at IS NOT NULL
BEGIN
    INSERT INTO ad_reports (campaign_id, day, creative_id)
    SELECT
        NEW.campaign_id,
        NEW.day,
        NEW.creative_id
    WHERE
        NOT EXISTS (
            SELECT 1 FROM ad_reports
            WHERE campaign_id = NEW.campaign_id AND day = NEW.day AND creative_id = NEW.creative_id
        );
    UPDATE ad_reports
    SET
        impressions = impressions + 1,
        spent = spent + NEW.price
    WHERE campaign_id = NEW.campaign_id AND day = NEW.day AND creative_id = NEW.creative_id;
END;

CREATE TRIGGER ad_clicks_reported
AFTER UPDATE ON ad_clicks
WHEN OLD.reported_at IS NULL AND NEW.reported_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'ad_clicks_of_reported: A click is reported after its impression.')
    FROM ad_impressions
    WHERE id = NEW.impression_id AND reported_at IS NULL;
    UPDATE ad_reports SET clicks = clicks + 1
    WHERE
        (campaign_id, day, creative_id) = (
            SELECT
                campaign_id,
                day,
                creative_id
            FROM ad_impressions
            WHERE id = NEW.impression_id
        );
END;

CREATE TRIGGER ad_settlements_unchanged
BEFORE UPDATE ON ad_settlements
BEGIN
    SELECT RAISE(ABORT, 'ad_settlements_unchanged: A settlement is never changed.');
END;

CREATE TRIGGER ad_settlements_kept
BEFORE DELETE ON ad_settlements
BEGIN
    SELECT RAISE(ABORT, 'ad_settlements_kept: A settlement is never deleted.');
END;

-- differs: trigger ad_settlements_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER ad_settlements_not_replaced
BEFORE INSERT ON ad_settlements
WHEN
    EXISTS (
        SELECT 1 FROM ad_settlements
        WHERE id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'ad_settlements_not_replaced: A transfer settles once.');
END;

CREATE TRIGGER ad_settlements_paid
AFTER INSERT ON ad_settlements
BEGIN
    SELECT RAISE(ABORT, 'ad_settlements_of_transfer: A settlement has the amount and the currency of its transfer.')
    FROM ledger_transfers
    CROSS JOIN campaigns
    WHERE
        ledger_transfers.id = NEW.id
        AND campaigns.id = NEW.campaign_id
        AND (
            ledger_transfers.kind <> 'TRANSFER'
            OR ledger_transfers.amount <> NEW.amount
            OR ledger_transfers.currency <> campaigns.currency
        );
    UPDATE ad_days SET settled = settled + NEW.amount
    WHERE campaign_id = NEW.campaign_id AND day = NEW.day;
END;
