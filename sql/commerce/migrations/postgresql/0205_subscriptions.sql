-- What is sold: an amount for each interval, in minor units of the currency, such as cents.
CREATE TABLE plans (
    id uuid NOT NULL,
    code text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    amount bigint NOT NULL,
    currency text COLLATE "C" NOT NULL,
    interval_unit text COLLATE "C" NOT NULL,
    interval_count bigint NOT NULL,
    trial_days bigint NOT NULL DEFAULT 0,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    closed_at timestamptz,

    CONSTRAINT plans_pkey PRIMARY KEY (id),
    CONSTRAINT plans_code_key UNIQUE (code),
    CONSTRAINT plans_id_currency_key UNIQUE (id, currency),

    CONSTRAINT plans_code_check CHECK (length(code) BETWEEN 1 AND 200),
    CONSTRAINT plans_name_check CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT plans_amount_check CHECK (amount BETWEEN 0 AND 1000000000000000),
    CONSTRAINT plans_currency_check CHECK (currency ~ '^[A-Z][A-Z][A-Z]$'),
    CONSTRAINT plans_interval_unit_check CHECK (interval_unit IN ('DAY', 'WEEK', 'MONTH', 'YEAR')),
    CONSTRAINT plans_interval_count_check CHECK (interval_count BETWEEN 1 AND 365),
    CONSTRAINT plans_trial_days_check CHECK (trial_days BETWEEN 0 AND 1000),
    CONSTRAINT plans_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT plans_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT plans_closed_at_check CHECK (
        closed_at >= '0001-01-01 00:00:00+00'
        AND closed_at < '10000-01-01 00:00:00+00'
    )
);

-- All plans, and those that are open, by their amount.
CREATE INDEX idx_plans_created ON plans (created_at, id);
CREATE INDEX idx_plans_open ON plans (currency, amount, id)
WHERE closed_at IS NULL;

-- Who pays for a plan, with the period that runs now. Only a subscription whose user was deleted has none.
CREATE TABLE subscriptions (
    id uuid NOT NULL,
    user_id uuid,
    plan_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    period_number bigint NOT NULL DEFAULT 1,
    period_kind text COLLATE "C" NOT NULL,
    period_starts_at timestamptz NOT NULL,
    period_ends_at timestamptz,
    period_amount bigint NOT NULL DEFAULT 0,
    period_credit bigint NOT NULL DEFAULT 0,
    credit bigint NOT NULL DEFAULT 0,
    anchor_day bigint NOT NULL,
    next_plan_id uuid,
    cancel_at_period_end boolean NOT NULL DEFAULT FALSE,
    cancelled_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,

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
    CONSTRAINT subscriptions_currency_check CHECK (currency ~ '^[A-Z][A-Z][A-Z]$'),
    CONSTRAINT subscriptions_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT subscriptions_period_starts_at_check CHECK (
        period_starts_at >= '0001-01-01 00:00:00+00'
        AND period_starts_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT subscriptions_period_ends_at_check CHECK (
        period_ends_at >= '0001-01-01 00:00:00+00'
        AND period_ends_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT subscriptions_cancelled_at_check CHECK (
        cancelled_at >= '0001-01-01 00:00:00+00'
        AND cancelled_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT subscriptions_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

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
    subscription_id uuid NOT NULL,
    number bigint NOT NULL,
    previous_number bigint,
    kind text COLLATE "C" NOT NULL,
    plan_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    amount bigint NOT NULL,
    credit bigint NOT NULL,

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
    CONSTRAINT subscription_periods_currency_check CHECK (currency ~ '^[A-Z][A-Z][A-Z]$'),
    CONSTRAINT subscription_periods_order_check CHECK (ends_at >= starts_at),
    CONSTRAINT subscription_periods_end_check CHECK (kind = 'PAUSED' OR ends_at IS NOT NULL),
    CONSTRAINT subscription_periods_amount_check CHECK (amount BETWEEN 0 AND 1000000000000000),
    CONSTRAINT subscription_periods_credit_check CHECK (credit >= 0),
    CONSTRAINT subscription_periods_price_check CHECK (credit <= amount AND (kind = 'PAID' OR amount = 0)),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT subscription_periods_starts_at_check CHECK (
        starts_at >= '0001-01-01 00:00:00+00'
        AND starts_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT subscription_periods_ends_at_check CHECK (
        ends_at >= '0001-01-01 00:00:00+00'
        AND ends_at < '10000-01-01 00:00:00+00'
    )
);

-- Those of a plan.
CREATE INDEX idx_subscription_periods_plan ON subscription_periods (plan_id, currency);

CREATE FUNCTION plans_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'plans_unchanged: A plan keeps its price and interval, and stays closed.';
END;
$$;

CREATE TRIGGER plans_unchanged
BEFORE UPDATE ON plans
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.code <> OLD.code
    OR NEW.amount <> OLD.amount
    OR NEW.currency <> OLD.currency
    OR NEW.interval_unit <> OLD.interval_unit
    OR NEW.interval_count <> OLD.interval_count
    OR NEW.trial_days <> OLD.trial_days
    OR NEW.created_at <> OLD.created_at
    OR (OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at)
)
EXECUTE FUNCTION plans_unchanged();

CREATE FUNCTION subscriptions_first_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'subscriptions_first_status: A new subscription has a user, and period 1.';
END;
$$;

CREATE TRIGGER subscriptions_first_status
BEFORE INSERT ON subscriptions
FOR EACH ROW
WHEN (
    NEW.user_id IS NULL OR NEW.status = 'CANCELLED' OR NEW.period_number <> 1
)
EXECUTE FUNCTION subscriptions_first_status();

-- The plan is locked, so that it is not closed meanwhile. What was planned before it was closed is still done.
CREATE FUNCTION subscriptions_plan_open() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_closed boolean;
BEGIN
    FOR is_closed IN EXECUTE format(
        'SELECT closed_at IS NOT NULL FROM %I.plans WHERE id IN ($1, $2) ORDER BY id FOR SHARE', TG_TABLE_SCHEMA
    )
    USING
        CASE WHEN TG_OP = 'INSERT' THEN NEW.plan_id
        WHEN NEW.plan_id <> OLD.plan_id AND NEW.plan_id IS DISTINCT FROM OLD.next_plan_id THEN NEW.plan_id END,
        CASE WHEN TG_OP = 'INSERT' THEN NEW.next_plan_id
        WHEN NEW.next_plan_id IS DISTINCT FROM OLD.next_plan_id THEN NEW.next_plan_id END
    LOOP
        IF is_closed THEN
            RAISE EXCEPTION 'subscriptions_plan_open: A closed plan takes no more subscriptions.';
        END IF;
    END LOOP;
    RETURN NEW;
END;
$$;

CREATE TRIGGER subscriptions_plan_open
BEFORE INSERT ON subscriptions
FOR EACH ROW
EXECUTE FUNCTION subscriptions_plan_open();

CREATE TRIGGER subscriptions_other_plan_open
BEFORE UPDATE ON subscriptions
FOR EACH ROW
WHEN (
    NEW.plan_id <> OLD.plan_id
    OR NEW.next_plan_id IS DISTINCT FROM OLD.next_plan_id
)
EXECUTE FUNCTION subscriptions_plan_open();

CREATE FUNCTION subscriptions_status_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'subscriptions_status_transition: A subscription cannot go to this status.';
END;
$$;

CREATE TRIGGER subscriptions_status_transition
BEFORE UPDATE ON subscriptions
FOR EACH ROW
WHEN (
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'TRIALING' AND NEW.status IN ('ACTIVE', 'CANCELLED'))
        OR (OLD.status = 'ACTIVE' AND NEW.status IN ('PAST_DUE', 'PAUSED', 'CANCELLED'))
        OR (OLD.status = 'PAST_DUE' AND NEW.status IN ('ACTIVE', 'CANCELLED'))
        OR (OLD.status = 'PAUSED' AND NEW.status IN ('ACTIVE', 'CANCELLED'))
    )
)
EXECUTE FUNCTION subscriptions_status_transition();

CREATE FUNCTION subscriptions_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'subscriptions_unchanged: A subscription keeps its currency, and its end.';
END;
$$;

CREATE TRIGGER subscriptions_unchanged
BEFORE UPDATE ON subscriptions
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.currency <> OLD.currency
    OR NEW.created_at <> OLD.created_at
    OR (OLD.user_id IS NULL AND NEW.user_id IS NOT NULL)
    OR (
        OLD.status = 'CANCELLED'
        AND (
            NEW.cancelled_at IS DISTINCT FROM OLD.cancelled_at
            OR NEW.next_plan_id IS DISTINCT FROM OLD.next_plan_id
            OR NEW.cancel_at_period_end <> OLD.cancel_at_period_end
            OR NEW.credit <> OLD.credit
        )
    )
)
EXECUTE FUNCTION subscriptions_unchanged();

CREATE FUNCTION subscriptions_period_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'subscriptions_period_kept: A period is kept. None begins while a payment is due.';
END;
$$;

CREATE TRIGGER subscriptions_period_kept
BEFORE UPDATE ON subscriptions
FOR EACH ROW
WHEN (
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
            OR NEW.period_ends_at IS DISTINCT FROM OLD.period_ends_at
            OR NEW.period_amount <> OLD.period_amount
            OR NEW.period_credit <> OLD.period_credit
        )
    )
)
EXECUTE FUNCTION subscriptions_period_kept();

-- A period that is cut short ends where the next one begins.
CREATE FUNCTION subscriptions_next_period() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'UPDATE %I.subscription_periods SET ends_at = $3'
        ' WHERE subscription_id = $1 AND number = $2 - 1 AND (ends_at IS NULL OR ends_at > $3)',
        TG_TABLE_SCHEMA
    )
    USING NEW.id, NEW.period_number, NEW.period_starts_at;
    EXECUTE format(
        'INSERT INTO %I.subscription_periods'
        ' (subscription_id, number, previous_number, kind, plan_id, currency, starts_at, ends_at, amount, credit)'
        ' VALUES ($1, $2, nullif($2 - 1, 0), $3, $4, $5, $6, $7, $8, $9)',
        TG_TABLE_SCHEMA
    )
    USING
        NEW.id,
        NEW.period_number,
        NEW.period_kind,
        NEW.plan_id,
        NEW.currency,
        NEW.period_starts_at,
        NEW.period_ends_at,
        NEW.period_amount,
        NEW.period_credit;
    RETURN NULL;
END;
$$;

CREATE TRIGGER subscriptions_first_period
AFTER INSERT ON subscriptions
FOR EACH ROW
EXECUTE FUNCTION subscriptions_next_period();

CREATE TRIGGER subscriptions_next_period
AFTER UPDATE ON subscriptions
FOR EACH ROW
WHEN (
    NEW.period_number <> OLD.period_number
)
EXECUTE FUNCTION subscriptions_next_period();

CREATE FUNCTION subscriptions_without_user() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'UPDATE %I.subscriptions SET status = ''CANCELLED'' WHERE id = $1 AND status <> ''CANCELLED''', TG_TABLE_SCHEMA
    )
    USING NEW.id;
    RETURN NULL;
END;
$$;

CREATE TRIGGER subscriptions_without_user
AFTER UPDATE ON subscriptions
FOR EACH ROW
WHEN (
    NEW.user_id IS NULL AND OLD.user_id IS NOT NULL
)
EXECUTE FUNCTION subscriptions_without_user();

CREATE FUNCTION subscription_periods_current() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_current boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM %I.subscriptions WHERE id = $1 AND period_number = $2 AND period_kind = $3'
        ' AND plan_id = $4 AND period_starts_at = $5 AND period_ends_at IS NOT DISTINCT FROM $6'
        ' AND period_amount = $7 AND period_credit = $8)',
        TG_TABLE_SCHEMA
    )
    INTO is_current
    USING NEW.subscription_id, NEW.number, NEW.kind, NEW.plan_id, NEW.starts_at, NEW.ends_at, NEW.amount, NEW.credit;
    IF is_current THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'subscription_periods_current: A period begins in its subscription.';
END;
$$;

CREATE TRIGGER subscription_periods_current
BEFORE INSERT ON subscription_periods
FOR EACH ROW
EXECUTE FUNCTION subscription_periods_current();

CREATE FUNCTION subscription_periods_order() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'subscription_periods_order: A period does not end before it begins.';
END;
$$;

-- A CHECK alone would not do on SQLite, so both databases raise this before it.
CREATE TRIGGER subscription_periods_order
BEFORE UPDATE ON subscription_periods
FOR EACH ROW
WHEN (NEW.ends_at < NEW.starts_at)
EXECUTE FUNCTION subscription_periods_order();

CREATE FUNCTION subscription_periods_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_cut boolean;
BEGIN
    IF (NEW.subscription_id, NEW.number, NEW.kind, NEW.plan_id, NEW.currency, NEW.starts_at, NEW.amount, NEW.credit)
        = (OLD.subscription_id, OLD.number, OLD.kind, OLD.plan_id, OLD.currency, OLD.starts_at, OLD.amount, OLD.credit)
    THEN
        EXECUTE format(
            'SELECT EXISTS (SELECT 1 FROM %I.subscriptions'
            ' WHERE id = $1 AND period_number - 1 = $2 AND period_starts_at = $3)',
            TG_TABLE_SCHEMA
        )
        INTO is_cut
        USING NEW.subscription_id, NEW.number, NEW.ends_at;
        IF is_cut THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'subscription_periods_unchanged: A period ends where the next one begins.';
END;
$$;

CREATE TRIGGER subscription_periods_unchanged
BEFORE UPDATE ON subscription_periods
FOR EACH ROW
EXECUTE FUNCTION subscription_periods_unchanged();

CREATE FUNCTION subscription_periods_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'subscription_periods_kept: A period is never deleted.';
END;
$$;

CREATE TRIGGER subscription_periods_kept
BEFORE DELETE ON subscription_periods
FOR EACH ROW
EXECUTE FUNCTION subscription_periods_kept();

-- differs: trigger subscription_periods_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE TRIGGER subscription_periods_not_truncated
BEFORE TRUNCATE ON subscription_periods
FOR EACH STATEMENT
EXECUTE FUNCTION subscription_periods_kept();
