-- What is sold: an amount for each interval, in minor units of the currency, such as cents.
CREATE TABLE plans (
    id text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    amount integer NOT NULL,
    currency text NOT NULL,
    interval_unit text NOT NULL,
    interval_count integer NOT NULL,
    trial_days integer NOT NULL DEFAULT 0,
    metadata text NOT NULL DEFAULT '{}',
    created_at text NOT NULL,
    closed_at text,

    CONSTRAINT plans_pkey PRIMARY KEY (id),
    CONSTRAINT plans_code_key UNIQUE (code),
    CONSTRAINT plans_id_currency_key UNIQUE (id, currency),

    CONSTRAINT plans_code_check CHECK (length(code) BETWEEN 1 AND 200),
    CONSTRAINT plans_name_check CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT plans_amount_check CHECK (amount BETWEEN 0 AND 1000000000000000),
    CONSTRAINT plans_currency_check CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT plans_interval_unit_check CHECK (interval_unit IN ('DAY', 'WEEK', 'MONTH', 'YEAR')),
    CONSTRAINT plans_interval_count_check CHECK (interval_count BETWEEN 1 AND 365),
    CONSTRAINT plans_trial_days_check CHECK (trial_days BETWEEN 0 AND 1000),
    CONSTRAINT plans_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT plans_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT plans_closed_at_check CHECK (
        closed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(closed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(closed_at, 1, 19), '+0 seconds') IS substr(closed_at, 1, 19)
        AND closed_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT plans_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- All plans, and those that are open, by their amount.
CREATE INDEX idx_plans_created ON plans (created_at, id);
CREATE INDEX idx_plans_open ON plans (currency, amount, id)
WHERE closed_at IS NULL;

-- Who pays for a plan, with the period that runs now. Only a subscription whose user was deleted has none.
CREATE TABLE subscriptions (
    id text NOT NULL,
    user_id text,
    plan_id text NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    period_number integer NOT NULL DEFAULT 1,
    period_kind text NOT NULL,
    period_starts_at text NOT NULL,
    period_ends_at text,
    period_amount integer NOT NULL DEFAULT 0,
    period_credit integer NOT NULL DEFAULT 0,
    credit integer NOT NULL DEFAULT 0,
    anchor_day integer NOT NULL,
    next_plan_id text,
    cancel_at_period_end integer NOT NULL DEFAULT FALSE,
    cancelled_at text,
    metadata text NOT NULL DEFAULT '{}',
    created_at text NOT NULL,

    CONSTRAINT subscriptions_pkey PRIMARY KEY (id),
    CONSTRAINT subscriptions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT subscriptions_plan_id_fkey FOREIGN KEY (plan_id, currency) REFERENCES plans (id, currency),
    CONSTRAINT subscriptions_next_plan_id_fkey FOREIGN KEY (next_plan_id, currency) REFERENCES plans (id, currency),

    CONSTRAINT subscriptions_status_check CHECK (
        status IN ('TRIALING', 'ACTIVE', 'PAST_DUE', 'PAUSED', 'CANCELLED')
    ),
    CONSTRAINT subscriptions_period_kind_check CHECK (period_kind IN ('TRIAL', 'PAID', 'PAUSED')),
    CONSTRAINT subscriptions_status_period_check CHECK (
        status = 'CANCELLED'
        OR (
            (status = 'TRIALING') = (period_kind = 'TRIAL')
            AND (status = 'PAUSED') = (period_kind = 'PAUSED')
        )
    ),
    CONSTRAINT subscriptions_period_number_check CHECK (period_number >= 1),
    CONSTRAINT subscriptions_period_check CHECK (
        (period_kind = 'PAUSED') = (period_ends_at IS NULL)
        AND (period_ends_at IS NULL OR period_ends_at > period_starts_at)
    ),
    CONSTRAINT subscriptions_price_check CHECK (
        period_credit <= period_amount AND (period_kind = 'PAID' OR period_amount = 0)
    ),
    CONSTRAINT subscriptions_period_amount_check CHECK (period_amount BETWEEN 0 AND 1000000000000000),
    CONSTRAINT subscriptions_period_credit_check CHECK (period_credit >= 0),
    CONSTRAINT subscriptions_credit_check CHECK (credit >= 0),
    CONSTRAINT subscriptions_anchor_day_check CHECK (anchor_day BETWEEN 1 AND 31),
    CONSTRAINT subscriptions_end_check CHECK (
        (status = 'CANCELLED' OR cancelled_at IS NULL)
        AND NOT (status = 'PAUSED' AND cancel_at_period_end)
    ),
    CONSTRAINT subscriptions_currency_check CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT subscriptions_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT subscriptions_period_starts_at_check CHECK (
        period_starts_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(period_starts_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(period_starts_at, 1, 19), '+0 seconds')
        IS substr(period_starts_at, 1, 19)
        AND period_starts_at >= '0001'
    ),
    CONSTRAINT subscriptions_period_ends_at_check CHECK (
        period_ends_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(period_ends_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(period_ends_at, 1, 19), '+0 seconds') IS substr(period_ends_at, 1, 19)
        AND period_ends_at >= '0001'
    ),
    CONSTRAINT subscriptions_cancelled_at_check CHECK (
        cancelled_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(cancelled_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(cancelled_at, 1, 19), '+0 seconds') IS substr(cancelled_at, 1, 19)
        AND cancelled_at >= '0001'
    ),
    CONSTRAINT subscriptions_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT subscriptions_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT subscriptions_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT subscriptions_plan_id_type_check CHECK (
        plan_id GLOB '????????-????-????-????-????????????'
        AND length(replace(plan_id, '-', '')) = 32
        AND replace(plan_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT subscriptions_next_plan_id_type_check CHECK (
        next_plan_id GLOB '????????-????-????-????-????????????'
        AND length(replace(next_plan_id, '-', '')) = 32
        AND replace(next_plan_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT subscriptions_cancel_at_period_end_type_check CHECK (cancel_at_period_end IN (0, 1))
) STRICT;

-- Those of a user, of a plan, and with a status.
CREATE INDEX idx_subscriptions_user ON subscriptions (user_id, created_at, id);
CREATE INDEX idx_subscriptions_plan ON subscriptions (plan_id, status, created_at, id);
CREATE INDEX idx_subscriptions_next_plan ON subscriptions (next_plan_id);
CREATE INDEX idx_subscriptions_status ON subscriptions (status, created_at, id);

-- The queue of those whose period ends.
CREATE INDEX idx_subscriptions_due ON subscriptions (period_ends_at, id)
WHERE status IN ('TRIALING', 'ACTIVE') OR (status = 'PAST_DUE' AND cancel_at_period_end);

-- All periods of a subscription. Each but the first refers to the end of the one before it, so that there is no gap and
-- no overlap. Only triggers write it.
CREATE TABLE subscription_periods (
    subscription_id text NOT NULL,
    number integer NOT NULL,
    previous_number integer,
    kind text NOT NULL,
    plan_id text NOT NULL,
    currency text NOT NULL,
    starts_at text NOT NULL,
    ends_at text,
    amount integer NOT NULL,
    credit integer NOT NULL,

    CONSTRAINT subscription_periods_pkey PRIMARY KEY (subscription_id, number),
    CONSTRAINT subscription_periods_ends_at_key UNIQUE (subscription_id, number, ends_at),
    CONSTRAINT subscription_periods_subscription_id_fkey FOREIGN KEY (subscription_id) REFERENCES subscriptions (id),
    CONSTRAINT subscription_periods_previous_number_fkey FOREIGN KEY (subscription_id, previous_number, starts_at)
    REFERENCES subscription_periods (subscription_id, number, ends_at),
    CONSTRAINT subscription_periods_plan_id_fkey FOREIGN KEY (plan_id, currency) REFERENCES plans (id, currency),

    CONSTRAINT subscription_periods_number_check CHECK (number >= 1),
    CONSTRAINT subscription_periods_previous_number_check CHECK (coalesce(previous_number, 0) = number - 1),
    CONSTRAINT subscription_periods_first_check CHECK ((previous_number IS NULL) = (number = 1)),
    CONSTRAINT subscription_periods_kind_check CHECK (kind IN ('TRIAL', 'PAID', 'PAUSED')),
    CONSTRAINT subscription_periods_currency_check CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT subscription_periods_order_check CHECK (ends_at >= starts_at),
    CONSTRAINT subscription_periods_end_check CHECK (kind = 'PAUSED' OR ends_at IS NOT NULL),
    CONSTRAINT subscription_periods_amount_check CHECK (amount BETWEEN 0 AND 1000000000000000),
    CONSTRAINT subscription_periods_credit_check CHECK (credit >= 0),
    CONSTRAINT subscription_periods_price_check CHECK (credit <= amount AND (kind = 'PAID' OR amount = 0)),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT subscription_periods_starts_at_check CHECK (
        starts_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(starts_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(starts_at, 1, 19), '+0 seconds') IS substr(starts_at, 1, 19)
        AND starts_at >= '0001'
    ),
    CONSTRAINT subscription_periods_ends_at_check CHECK (
        ends_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(ends_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(ends_at, 1, 19), '+0 seconds') IS substr(ends_at, 1, 19)
        AND ends_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT subscription_periods_subscription_id_type_check CHECK (
        subscription_id GLOB '????????-????-????-????-????????????'
        AND length(replace(subscription_id, '-', '')) = 32
        AND replace(subscription_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT subscription_periods_plan_id_type_check CHECK (
        plan_id GLOB '????????-????-????-????-????????????'
        AND length(replace(plan_id, '-', '')) = 32
        AND replace(plan_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- Those of a plan.
CREATE INDEX idx_subscription_periods_plan ON subscription_periods (plan_id, currency);

CREATE TRIGGER plans_unchanged
BEFORE UPDATE ON plans
WHEN
    NEW.id <> OLD.id
    OR NEW.code <> OLD.code
    OR NEW.amount <> OLD.amount
    OR NEW.currency <> OLD.currency
    OR NEW.interval_unit <> OLD.interval_unit
    OR NEW.interval_count <> OLD.interval_count
    OR NEW.trial_days <> OLD.trial_days
    OR NEW.created_at <> OLD.created_at
    OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS NOT OLD.closed_at)
BEGIN
    SELECT RAISE(ABORT, 'plans_unchanged: A plan keeps its price and interval, and stays closed.');
END;

-- differs: trigger plans_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER plans_not_replaced
BEFORE INSERT ON plans
WHEN
    EXISTS (
        SELECT 1 FROM plans
        WHERE id = NEW.id OR code = NEW.code
    )
BEGIN
    SELECT RAISE(ABORT, 'plans_not_replaced: A plan with this id or code exists already.');
END;

CREATE TRIGGER subscriptions_first_status
BEFORE INSERT ON subscriptions
WHEN NEW.user_id IS NULL OR NEW.status = 'CANCELLED' OR NEW.period_number <> 1
BEGIN
    SELECT RAISE(ABORT, 'subscriptions_first_status: A new subscription has a user, and period 1.');
END;

CREATE TRIGGER subscriptions_plan_open
BEFORE INSERT ON subscriptions
WHEN
    EXISTS (
        SELECT 1 FROM plans
        WHERE id IN (NEW.plan_id, NEW.next_plan_id) AND closed_at IS NOT NULL
    )
BEGIN
    SELECT RAISE(ABORT, 'subscriptions_plan_open: A closed plan takes no more subscriptions.');
END;

-- What was planned before the plan was closed is still done.
CREATE TRIGGER subscriptions_other_plan_open
BEFORE UPDATE ON subscriptions
WHEN
    EXISTS (
        SELECT 1 FROM plans
        WHERE
            closed_at IS NOT NULL
            AND (
                (id = NEW.plan_id AND NEW.plan_id <> OLD.plan_id AND NEW.plan_id IS NOT OLD.next_plan_id)
                OR (id = NEW.next_plan_id AND NEW.next_plan_id IS NOT OLD.next_plan_id)
            )
    )
BEGIN
    SELECT RAISE(ABORT, 'subscriptions_plan_open: A closed plan takes no more subscriptions.');
END;

CREATE TRIGGER subscriptions_status_transition
BEFORE UPDATE ON subscriptions
WHEN
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'TRIALING' AND NEW.status IN ('ACTIVE', 'CANCELLED'))
        OR (OLD.status = 'ACTIVE' AND NEW.status IN ('PAST_DUE', 'PAUSED', 'CANCELLED'))
        OR (OLD.status = 'PAST_DUE' AND NEW.status IN ('ACTIVE', 'CANCELLED'))
        OR (OLD.status = 'PAUSED' AND NEW.status IN ('ACTIVE', 'CANCELLED'))
    )
BEGIN
    SELECT RAISE(ABORT, 'subscriptions_status_transition: A subscription cannot go to this status.');
END;

CREATE TRIGGER subscriptions_unchanged
BEFORE UPDATE ON subscriptions
WHEN
    NEW.id <> OLD.id
    OR NEW.currency <> OLD.currency
    OR NEW.created_at <> OLD.created_at
    OR (OLD.user_id IS NULL AND NEW.user_id IS NOT NULL)
    OR (
        OLD.status = 'CANCELLED'
        AND (
            NEW.cancelled_at IS NOT OLD.cancelled_at
            OR NEW.next_plan_id IS NOT OLD.next_plan_id
            OR NEW.cancel_at_period_end <> OLD.cancel_at_period_end
            OR NEW.credit <> OLD.credit
        )
    )
BEGIN
    SELECT RAISE(ABORT, 'subscriptions_unchanged: A subscription keeps its currency, and its end.');
END;

CREATE TRIGGER subscriptions_period_kept
BEFORE UPDATE ON subscriptions
WHEN
    (
        NEW.period_number <> OLD.period_number
        AND (OLD.status IN ('PAST_DUE', 'CANCELLED') OR NEW.status = 'CANCELLED')
    )
    OR (
        NEW.period_number = OLD.period_number
        AND (
            NEW.plan_id <> OLD.plan_id
            OR NEW.period_kind <> OLD.period_kind
            OR NEW.period_starts_at <> OLD.period_starts_at
            OR NEW.period_ends_at IS NOT OLD.period_ends_at
            OR NEW.period_amount <> OLD.period_amount
            OR NEW.period_credit <> OLD.period_credit
        )
    )
BEGIN
    SELECT RAISE(ABORT, 'subscriptions_period_kept: A period is kept. None begins while a payment is due.');
END;

-- differs: trigger subscriptions_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER subscriptions_not_replaced
BEFORE INSERT ON subscriptions
WHEN
    EXISTS (
        SELECT 1 FROM subscriptions
        WHERE id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'subscriptions_not_replaced: A subscription with this id exists already.');
END;

CREATE TRIGGER subscriptions_first_period
AFTER INSERT ON subscriptions
BEGIN
    INSERT INTO subscription_periods (
        subscription_id, number, kind, plan_id, currency, starts_at, ends_at, amount, credit
    )
    VALUES (
        NEW.id,
        1,
        NEW.period_kind,
        NEW.plan_id,
        NEW.currency,
        NEW.period_starts_at,
        NEW.period_ends_at,
        NEW.period_amount,
        NEW.period_credit
    );
END;

-- A period that is cut short ends where the next one begins.
CREATE TRIGGER subscriptions_next_period
AFTER UPDATE ON subscriptions
WHEN NEW.period_number <> OLD.period_number
BEGIN
    UPDATE subscription_periods
    SET ends_at = NEW.period_starts_at
    WHERE
        subscription_id = NEW.id
        AND number = NEW.period_number - 1
        AND (ends_at IS NULL OR ends_at > NEW.period_starts_at);
    INSERT INTO subscription_periods (
        subscription_id, number, previous_number, kind, plan_id, currency, starts_at, ends_at, amount, credit
    )
    VALUES (
        NEW.id,
        NEW.period_number,
        nullif(NEW.period_number - 1, 0),
        NEW.period_kind,
        NEW.plan_id,
        NEW.currency,
        NEW.period_starts_at,
        NEW.period_ends_at,
        NEW.period_amount,
        NEW.period_credit
    );
END;

CREATE TRIGGER subscriptions_without_user
AFTER UPDATE ON subscriptions
WHEN NEW.user_id IS NULL AND OLD.user_id IS NOT NULL
BEGIN
    UPDATE subscriptions SET status = 'CANCELLED'
    WHERE id = NEW.id AND status <> 'CANCELLED';
END;

CREATE TRIGGER subscription_periods_current
BEFORE INSERT ON subscription_periods
WHEN
    NOT EXISTS (
        SELECT 1 FROM subscriptions
        WHERE
            id = NEW.subscription_id
            AND period_number = NEW.number
            AND period_kind = NEW.kind
            AND plan_id = NEW.plan_id
            AND period_starts_at = NEW.starts_at
            AND period_ends_at IS NEW.ends_at
            AND period_amount = NEW.amount
            AND period_credit = NEW.credit
    )
BEGIN
    SELECT RAISE(ABORT, 'subscription_periods_current: A period begins in its subscription.');
END;

-- differs: trigger subscription_periods_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER subscription_periods_not_replaced
BEFORE INSERT ON subscription_periods
WHEN
    EXISTS (
        SELECT 1 FROM subscription_periods
        WHERE subscription_id = NEW.subscription_id AND number = NEW.number
    )
BEGIN
    SELECT RAISE(ABORT, 'subscription_periods_not_replaced: This period exists already.');
END;

-- A CHECK alone would not do: UPDATE OR FAIL, which SQLite alone has, keeps what it changed before the CHECK.
CREATE TRIGGER subscription_periods_order
BEFORE UPDATE ON subscription_periods
WHEN
    NEW.ends_at < NEW.starts_at
BEGIN
    SELECT RAISE(ABORT, 'subscription_periods_order: A period does not end before it begins.');
END;

CREATE TRIGGER subscription_periods_unchanged
BEFORE UPDATE ON subscription_periods
WHEN
    NEW.subscription_id <> OLD.subscription_id
    OR NEW.number <> OLD.number
    OR NEW.kind <> OLD.kind
    OR NEW.plan_id <> OLD.plan_id
    OR NEW.currency <> OLD.currency
    OR NEW.starts_at <> OLD.starts_at
    OR NEW.amount <> OLD.amount
    OR NEW.credit <> OLD.credit
    OR NOT EXISTS (
        SELECT 1 FROM subscriptions
        WHERE
            id = NEW.subscription_id
            AND period_number - 1 = NEW.number
            AND period_starts_at = NEW.ends_at
    )
BEGIN
    SELECT RAISE(ABORT, 'subscription_periods_unchanged: A period ends where the next one begins.');
END;

CREATE TRIGGER subscription_periods_kept
BEFORE DELETE ON subscription_periods
BEGIN
    SELECT RAISE(ABORT, 'subscription_periods_kept: A period is never deleted.');
END;
