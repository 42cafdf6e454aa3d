-- What a user pays with: the provider's token for it, sealed, and what may be shown. No column has room for a card
-- number.
CREATE TABLE payment_methods (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    provider text COLLATE "C" NOT NULL,
    token text COLLATE "C" NOT NULL,
    brand text COLLATE "C" NOT NULL,
    last_four text COLLATE "C",
    expires_month bigint,
    expires_year bigint,
    created_at timestamptz NOT NULL,

    CONSTRAINT payment_methods_pkey PRIMARY KEY (id),
    CONSTRAINT payment_methods_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT payment_methods_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT payment_methods_provider_check CHECK (
        length(provider) BETWEEN 1 AND 50
        AND provider ~ '^[a-z]'
        AND provider !~ '[^a-z_]'
    ),
    -- Nothing unsealed is ever stored. The shortest sealed text is longer than any card number.
    CONSTRAINT payment_methods_token_check CHECK (substr(token, 1, 3) = 'v1.' AND length(token) >= 40),
    CONSTRAINT payment_methods_brand_check CHECK (
        length(brand) BETWEEN 1 AND 50
        AND brand ~ '^[a-z]'
        AND brand !~ '[^a-z_]'
    ),
    CONSTRAINT payment_methods_last_four_check CHECK (last_four ~ '^[0-9][0-9][0-9][0-9]$'),
    CONSTRAINT payment_methods_expires_month_check CHECK (expires_month BETWEEN 1 AND 12),
    CONSTRAINT payment_methods_expires_year_check CHECK (expires_year BETWEEN 2000 AND 9999),
    CONSTRAINT payment_methods_expiry_check CHECK ((expires_month IS NULL) = (expires_year IS NULL)),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT payment_methods_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- The methods of a user, the newest first, and those that expire.
CREATE INDEX idx_payment_methods_user ON payment_methods (user_id, created_at, id);
CREATE INDEX idx_payment_methods_expiry ON payment_methods (expires_year, expires_month, id);

-- The one method of a user that is taken if none is named. It goes with the method, also to another user.
CREATE TABLE default_payment_methods (
    user_id uuid NOT NULL,
    payment_method_id uuid NOT NULL,
    chosen_at timestamptz NOT NULL,

    CONSTRAINT default_payment_methods_pkey PRIMARY KEY (user_id),
    CONSTRAINT default_payment_methods_method_fkey FOREIGN KEY (payment_method_id, user_id)
    REFERENCES payment_methods (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE,

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT default_payment_methods_chosen_at_check CHECK (
        chosen_at >= '0001-01-01 00:00:00+00'
        AND chosen_at < '10000-01-01 00:00:00+00'
    )
);

-- The deletion of a method, and its move to another user.
CREATE INDEX idx_default_payment_methods_method ON default_payment_methods (payment_method_id, user_id);

-- Amounts are minor units of the currency, such as cents. `captured` and `refunded` are the sums of the rows of the
-- next two tables, kept by triggers.
CREATE TABLE payments (
    id uuid NOT NULL,
    payer_id uuid,
    payment_method_id uuid,
    provider text COLLATE "C" NOT NULL,
    provider_reference text COLLATE "C",
    reference text COLLATE "C",
    amount bigint NOT NULL,
    currency text COLLATE "C" NOT NULL,
    captured bigint NOT NULL DEFAULT 0,
    refunded bigint NOT NULL DEFAULT 0,
    status text COLLATE "C" NOT NULL DEFAULT 'CREATED',
    failure_code text COLLATE "C",
    metadata jsonb NOT NULL DEFAULT '{}',
    disputed_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,

    CONSTRAINT payments_pkey PRIMARY KEY (id),
    CONSTRAINT payments_provider_provider_reference_key UNIQUE (provider, provider_reference),
    CONSTRAINT payments_payer_id_fkey FOREIGN KEY (payer_id) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT payments_payment_method_id_fkey FOREIGN KEY (payment_method_id)
    REFERENCES payment_methods (id) ON DELETE SET NULL,

    CONSTRAINT payments_provider_check CHECK (
        length(provider) BETWEEN 1 AND 50
        AND provider ~ '^[a-z]'
        AND provider !~ '[^a-z_]'
    ),
    -- A text of 14 to 19 digits may be a card number, with spaces and hyphens or without.
    CONSTRAINT payments_provider_reference_check CHECK (
        length(provider_reference) BETWEEN 1 AND 200
        AND provider_reference !~ '^[ -]*([0-9][ -]*){14,19}$'
    ),
    CONSTRAINT payments_reference_check CHECK (
        length(reference) BETWEEN 1 AND 200
        AND reference !~ '^[ -]*([0-9][ -]*){14,19}$'
    ),
    CONSTRAINT payments_failure_code_check CHECK (
        length(failure_code) BETWEEN 1 AND 50
        AND failure_code !~ '^[ -]*([0-9][ -]*){14,19}$'
    ),
    CONSTRAINT payments_amount_check CHECK (amount BETWEEN 1 AND 1000000000000000),
    CONSTRAINT payments_currency_check CHECK (currency ~ '^[A-Z][A-Z][A-Z]$'),
    CONSTRAINT payments_captured_check CHECK (captured BETWEEN 0 AND amount),
    CONSTRAINT payments_refunded_check CHECK (refunded BETWEEN 0 AND captured),
    CONSTRAINT payments_status_check CHECK (
        status IN (
            'CREATED', 'AUTHORIZED', 'CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'FAILED', 'CANCELLED', 'DISPUTED'
        )
    ),
    -- The sums say which of these it is. So a dispute that is won returns to where the payment came from.
    CONSTRAINT payments_sums_check CHECK (
        CASE status
            WHEN 'CAPTURED' THEN captured > 0 AND refunded = 0
            WHEN 'PARTIALLY_REFUNDED' THEN refunded > 0 AND refunded < captured
            WHEN 'REFUNDED' THEN captured > 0 AND refunded = captured
            WHEN 'DISPUTED' THEN refunded < captured
            ELSE captured = 0
        END
    ),
    CONSTRAINT payments_authorized_check CHECK (
        status IN ('CREATED', 'FAILED', 'CANCELLED') OR provider_reference IS NOT NULL
    ),
    CONSTRAINT payments_failure_check CHECK (failure_code IS NULL OR status = 'FAILED'),
    CONSTRAINT payments_dispute_check CHECK (status <> 'DISPUTED' OR disputed_at IS NOT NULL),
    CONSTRAINT payments_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT payments_disputed_at_check CHECK (
        disputed_at >= '0001-01-01 00:00:00+00'
        AND disputed_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT payments_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT payments_updated_at_check CHECK (
        updated_at >= '0001-01-01 00:00:00+00'
        AND updated_at < '10000-01-01 00:00:00+00'
    )
);

-- The payments of a payer, alone and by status, those with a status, and those for an object of the application. The
-- last one serves the deletion of a method.
CREATE INDEX idx_payments_payer ON payments (payer_id, created_at, id);
CREATE INDEX idx_payments_payer_status ON payments (payer_id, status, created_at, id);
CREATE INDEX idx_payments_status ON payments (status, created_at, id);
CREATE INDEX idx_payments_reference ON payments (reference, created_at, id);
CREATE INDEX idx_payments_method ON payments (payment_method_id);

-- What was taken of the amount that was authorised.
CREATE TABLE payment_captures (
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    amount bigint NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT payment_captures_pkey PRIMARY KEY (id),
    CONSTRAINT payment_captures_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),

    CONSTRAINT payment_captures_amount_check CHECK (amount BETWEEN 1 AND 1000000000000000),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT payment_captures_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

CREATE INDEX idx_payment_captures_payment ON payment_captures (payment_id, created_at, id);

-- What was given back of what was captured. That of a disputed payment is the dispute that was lost.
CREATE TABLE payment_refunds (
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    amount bigint NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT payment_refunds_pkey PRIMARY KEY (id),
    CONSTRAINT payment_refunds_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),

    CONSTRAINT payment_refunds_amount_check CHECK (amount BETWEEN 1 AND 1000000000000000),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT payment_refunds_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

CREATE INDEX idx_payment_refunds_payment ON payment_refunds (payment_id, created_at, id);

-- What was captured and refunded on each day (UTC). The last digit of the row's id chooses the shard, so that writers
-- do not all wait for one row.
CREATE TABLE payment_days (
    currency text COLLATE "C" NOT NULL,
    day date NOT NULL,
    shard text COLLATE "C" NOT NULL,
    captured bigint NOT NULL DEFAULT 0,
    refunded bigint NOT NULL DEFAULT 0,

    CONSTRAINT payment_days_pkey PRIMARY KEY (currency, day, shard),

    CONSTRAINT payment_days_currency_check CHECK (currency ~ '^[A-Z][A-Z][A-Z]$'),
    CONSTRAINT payment_days_shard_check CHECK (length(shard) = 1 AND position(shard IN '0123456789abcdef') > 0),
    CONSTRAINT payment_days_captured_check CHECK (captured >= 0),
    CONSTRAINT payment_days_refunded_check CHECK (refunded >= 0),

    CONSTRAINT payment_days_day_check CHECK (day >= '0001-01-01' AND day <= '9999-12-31')
);

CREATE FUNCTION payment_methods_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payment_methods_unchanged: A payment method keeps its id, its provider and its date.';
END;
$$;

CREATE TRIGGER payment_methods_unchanged
BEFORE UPDATE ON payment_methods
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.provider <> OLD.provider
    OR NEW.created_at <> OLD.created_at
)
EXECUTE FUNCTION payment_methods_unchanged();

CREATE FUNCTION payments_first_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payments_first_status: Nothing of a new payment is captured.';
END;
$$;

CREATE TRIGGER payments_first_status
BEFORE INSERT ON payments
FOR EACH ROW
WHEN (
    NEW.status NOT IN ('CREATED', 'AUTHORIZED', 'FAILED', 'CANCELLED')
)
EXECUTE FUNCTION payments_first_status();

CREATE FUNCTION payments_no_card_number() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payments_no_card_number: Metadata holds no text or number of 14 to 19 digits.';
END;
$$;

CREATE TRIGGER payments_no_card_number
BEFORE INSERT ON payments
FOR EACH ROW
WHEN (
    jsonb_path_exists(
        NEW.metadata,
        '$.** ? (
            (@.type() == "string" && @ like_regex "^[ -]*([0-9][ -]*){14,19}$")
            || (@.type() == "number" && @ >= 10000000000000 && @ < 10000000000000000000)
        )'
    )
)
EXECUTE FUNCTION payments_no_card_number();

CREATE FUNCTION payments_method_of_payer() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    owner_id uuid;
BEGIN
    EXECUTE format('SELECT user_id FROM %I.payment_methods WHERE id = $1 FOR KEY SHARE', TG_TABLE_SCHEMA)
    INTO owner_id USING NEW.payment_method_id;
    IF owner_id <> NEW.payer_id OR NEW.payer_id IS NULL THEN
        RAISE EXCEPTION 'payments_method_of_payer: A payment is made with a method of its payer.';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER payments_method_of_payer
BEFORE INSERT ON payments
FOR EACH ROW
WHEN (NEW.payment_method_id IS NOT NULL)
EXECUTE FUNCTION payments_method_of_payer();

CREATE FUNCTION payments_status_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payments_status_transition: A payment cannot go to this status from the one it has.';
END;
$$;

CREATE TRIGGER payments_status_transition
BEFORE UPDATE ON payments
FOR EACH ROW
WHEN (
    NOT (
        NEW.status = OLD.status
        OR (OLD.status = 'CREATED' AND NEW.status IN ('AUTHORIZED', 'FAILED', 'CANCELLED'))
        OR (OLD.status = 'AUTHORIZED' AND NEW.status IN ('CAPTURED', 'FAILED', 'CANCELLED'))
        OR (OLD.status = 'CAPTURED' AND NEW.status IN ('PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED'))
        OR (OLD.status = 'PARTIALLY_REFUNDED' AND NEW.status IN ('REFUNDED', 'DISPUTED'))
        OR (OLD.status = 'DISPUTED' AND NEW.status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED'))
    )
)
EXECUTE FUNCTION payments_status_transition();

CREATE FUNCTION payments_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payments_unchanged: A payment keeps its amount, and what it is for.';
END;
$$;

CREATE TRIGGER payments_unchanged
BEFORE UPDATE ON payments
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.provider <> OLD.provider
    OR (OLD.provider_reference IS NOT NULL AND NEW.provider_reference IS DISTINCT FROM OLD.provider_reference)
    OR (NEW.payment_method_id IS NOT NULL AND NEW.payment_method_id IS DISTINCT FROM OLD.payment_method_id)
    OR NEW.reference IS DISTINCT FROM OLD.reference
    OR NEW.amount <> OLD.amount
    OR NEW.currency <> OLD.currency
    OR NEW.metadata <> OLD.metadata
    OR NEW.created_at <> OLD.created_at
)
EXECUTE FUNCTION payments_unchanged();

CREATE FUNCTION payments_sums_of_rows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_wrong boolean;
BEGIN
    EXECUTE format(
        'SELECT (SELECT coalesce(sum(amount), 0) FROM %1$I.payment_captures WHERE payment_id = $1) <> $2'
        ' OR (SELECT coalesce(sum(amount), 0) FROM %1$I.payment_refunds WHERE payment_id = $1) <> $3',
        TG_TABLE_SCHEMA
    )
    INTO is_wrong USING NEW.id, NEW.captured, NEW.refunded;
    IF is_wrong THEN
        RAISE EXCEPTION 'payments_sums_of_rows: What was captured and refunded is the sum of the rows.';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER payments_sums_of_rows
BEFORE UPDATE ON payments
FOR EACH ROW
WHEN (NEW.captured <> OLD.captured OR NEW.refunded <> OLD.refunded)
EXECUTE FUNCTION payments_sums_of_rows();

CREATE FUNCTION payments_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payments_kept: A payment is never deleted.';
END;
$$;

CREATE TRIGGER payments_kept
BEFORE DELETE ON payments
FOR EACH ROW
EXECUTE FUNCTION payments_kept();

-- differs: trigger payments_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE TRIGGER payments_not_truncated
BEFORE TRUNCATE ON payments
FOR EACH STATEMENT EXECUTE FUNCTION payments_kept();

CREATE FUNCTION payment_captures_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payment_captures_unchanged: A capture is never changed.';
END;
$$;

CREATE TRIGGER payment_captures_unchanged
BEFORE UPDATE ON payment_captures
FOR EACH ROW
EXECUTE FUNCTION payment_captures_unchanged();

CREATE FUNCTION payment_captures_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payment_captures_kept: A capture is never deleted.';
END;
$$;

CREATE TRIGGER payment_captures_kept
BEFORE DELETE ON payment_captures
FOR EACH ROW
EXECUTE FUNCTION payment_captures_kept();

-- differs: trigger payment_captures_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE TRIGGER payment_captures_not_truncated
BEFORE TRUNCATE ON payment_captures
FOR EACH STATEMENT EXECUTE FUNCTION payment_captures_kept();

CREATE FUNCTION payment_refunds_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payment_refunds_unchanged: A refund is never changed.';
END;
$$;

CREATE TRIGGER payment_refunds_unchanged
BEFORE UPDATE ON payment_refunds
FOR EACH ROW
EXECUTE FUNCTION payment_refunds_unchanged();

CREATE FUNCTION payment_refunds_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'payment_refunds_kept: A refund is never deleted.';
END;
$$;

CREATE TRIGGER payment_refunds_kept
BEFORE DELETE ON payment_refunds
FOR EACH ROW
EXECUTE FUNCTION payment_refunds_kept();

-- differs: trigger payment_refunds_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE TRIGGER payment_refunds_not_truncated
BEFORE TRUNCATE ON payment_refunds
FOR EACH STATEMENT EXECUTE FUNCTION payment_refunds_kept();

-- All payments of the statement are locked first, in one order.
CREATE FUNCTION payment_captures_summed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sums constant text :=
        '(SELECT payment_id, cast(sum(amount) AS bigint) AS amount, min(amount) AS least, max(created_at) AS latest'
        ' FROM added GROUP BY payment_id) AS of_payment';
    payment record;
BEGIN
    EXECUTE format(
        'SELECT 1 FROM %I.payments WHERE id IN (SELECT payment_id FROM added) ORDER BY id FOR NO KEY UPDATE',
        TG_TABLE_SCHEMA
    );
    FOR payment IN EXECUTE format(
        'SELECT'
        ' payments.status NOT IN (''AUTHORIZED'', ''CAPTURED'', ''PARTIALLY_REFUNDED'') AS is_wrong_1,'
        ' payments.captured + of_payment.amount > payments.amount AS is_wrong_2'
        ' FROM %I.payments INNER JOIN ' || sums || ' ON payments.id = of_payment.payment_id',
        TG_TABLE_SCHEMA
    )
    LOOP
        IF payment.is_wrong_1 THEN
            RAISE EXCEPTION 'payment_captures_open: Only what is authorised, not disputed and not refunded, is captured.';
        END IF;
        IF payment.is_wrong_2 THEN
            RAISE EXCEPTION 'payment_captures_within_amount: Captures never exceed the amount that was authorised.';
        END IF;
    END LOOP;
    EXECUTE format(
        'UPDATE %I.payments SET captured = payments.captured + of_payment.amount,'
        ' status = CASE WHEN payments.status = ''AUTHORIZED'' THEN ''CAPTURED'' ELSE payments.status END,'
        ' updated_at = greatest(payments.updated_at, of_payment.latest)'
        ' FROM ' || sums || ' WHERE payments.id = of_payment.payment_id',
        TG_TABLE_SCHEMA
    );
    EXECUTE format(
        'INSERT INTO %1$I.payment_days AS total (currency, day, shard, captured)'
        ' SELECT payments.currency, (added.created_at AT TIME ZONE ''UTC'')::date AS day,'
        ' right(added.id::text, 1) AS shard, sum(added.amount)'
        ' FROM added INNER JOIN %1$I.payments ON added.payment_id = payments.id'
        ' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3'
        ' ON CONFLICT (currency, day, shard) DO UPDATE SET captured = total.captured + excluded.captured',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER payment_captures_summed
AFTER INSERT ON payment_captures
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION payment_captures_summed();

-- All payments of the statement are locked first, in one order.
CREATE FUNCTION payment_refunds_summed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sums constant text :=
        '(SELECT payment_id, cast(sum(amount) AS bigint) AS amount, min(amount) AS least, max(created_at) AS latest'
        ' FROM added GROUP BY payment_id) AS of_payment';
    payment record;
BEGIN
    EXECUTE format(
        'SELECT 1 FROM %I.payments WHERE id IN (SELECT payment_id FROM added) ORDER BY id FOR NO KEY UPDATE',
        TG_TABLE_SCHEMA
    );
    FOR payment IN EXECUTE format(
        'SELECT'
        ' payments.status NOT IN (''CAPTURED'', ''PARTIALLY_REFUNDED'', ''DISPUTED'') AS is_wrong_1,'
        ' payments.refunded + of_payment.amount > payments.captured AS is_wrong_2,'
        ' payments.status = ''DISPUTED'' AND of_payment.least <> payments.captured - payments.refunded AS is_wrong_3'
        ' FROM %I.payments INNER JOIN ' || sums || ' ON payments.id = of_payment.payment_id',
        TG_TABLE_SCHEMA
    )
    LOOP
        IF payment.is_wrong_1 THEN
            RAISE EXCEPTION 'payment_refunds_open: Only what was captured is refunded.';
        END IF;
        IF payment.is_wrong_2 THEN
            RAISE EXCEPTION 'payment_refunds_within_captured: Refunds never exceed what was captured.';
        END IF;
        IF payment.is_wrong_3 THEN
            RAISE EXCEPTION 'payment_refunds_of_dispute: A dispute is lost as a whole: what is left is refunded.';
        END IF;
    END LOOP;
    EXECUTE format(
        'UPDATE %I.payments SET refunded = payments.refunded + of_payment.amount,'
        ' status = CASE WHEN payments.refunded + of_payment.amount = payments.captured THEN ''REFUNDED'' ELSE ''PARTIALLY_REFUNDED'' END,'
        ' updated_at = greatest(payments.updated_at, of_payment.latest)'
        ' FROM ' || sums || ' WHERE payments.id = of_payment.payment_id',
        TG_TABLE_SCHEMA
    );
    EXECUTE format(
        'INSERT INTO %1$I.payment_days AS total (currency, day, shard, refunded)'
        ' SELECT payments.currency, (added.created_at AT TIME ZONE ''UTC'')::date AS day,'
        ' right(added.id::text, 1) AS shard, sum(added.amount)'
        ' FROM added INNER JOIN %1$I.payments ON added.payment_id = payments.id'
        ' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3'
        ' ON CONFLICT (currency, day, shard) DO UPDATE SET refunded = total.refunded + excluded.refunded',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER payment_refunds_summed
AFTER INSERT ON payment_refunds
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION payment_refunds_summed();
