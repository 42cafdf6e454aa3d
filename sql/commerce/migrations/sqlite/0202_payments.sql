-- What a user pays with: the provider's token for it, sealed, and what may be shown. No column has room for a card
-- number.
CREATE TABLE payment_methods (
    id text NOT NULL,
    user_id text NOT NULL,
    provider text NOT NULL,
    token text NOT NULL,
    brand text NOT NULL,
    last_four text,
    expires_month integer,
    expires_year integer,
    created_at text NOT NULL,

    CONSTRAINT payment_methods_pkey PRIMARY KEY (id),
    CONSTRAINT payment_methods_id_user_id_key UNIQUE (id, user_id),
    CONSTRAINT payment_methods_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT payment_methods_provider_check CHECK (
        length(provider) BETWEEN 1 AND 50
        AND provider GLOB '[a-z]*'
        AND provider NOT GLOB '*[^a-z_]*'
    ),
    -- Nothing unsealed is ever stored. The shortest sealed text is longer than any card number.
    CONSTRAINT payment_methods_token_check CHECK (substr(token, 1, 3) = 'v1.' AND length(token) >= 40),
    CONSTRAINT payment_methods_brand_check CHECK (
        length(brand) BETWEEN 1 AND 50
        AND brand GLOB '[a-z]*'
        AND brand NOT GLOB '*[^a-z_]*'
    ),
    CONSTRAINT payment_methods_last_four_check CHECK (last_four GLOB '[0-9][0-9][0-9][0-9]'),
    CONSTRAINT payment_methods_expires_month_check CHECK (expires_month BETWEEN 1 AND 12),
    CONSTRAINT payment_methods_expires_year_check CHECK (expires_year BETWEEN 2000 AND 9999),
    CONSTRAINT payment_methods_expiry_check CHECK ((expires_month IS NULL) = (expires_year IS NULL)),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT payment_methods_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT payment_methods_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT payment_methods_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- The methods of a user, the newest first, and those that expire.
CREATE INDEX idx_payment_methods_user ON payment_methods (user_id, created_at, id);
CREATE INDEX idx_payment_methods_expiry ON payment_methods (expires_year, expires_month, id);

-- The one method of a user that is taken if none is named. It goes with the method, also to another user.
CREATE TABLE default_payment_methods (
    user_id text NOT NULL,
    payment_method_id text NOT NULL,
    chosen_at text NOT NULL,

    CONSTRAINT default_payment_methods_pkey PRIMARY KEY (user_id),
    CONSTRAINT default_payment_methods_method_fkey FOREIGN KEY (payment_method_id, user_id)
    REFERENCES payment_methods (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE,

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT default_payment_methods_chosen_at_check CHECK (
        chosen_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(chosen_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(chosen_at, 1, 19), '+0 seconds') IS substr(chosen_at, 1, 19)
        AND chosen_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT default_payment_methods_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT default_payment_methods_payment_method_id_type_check CHECK (
        payment_method_id GLOB '????????-????-????-????-????????????'
        AND length(replace(payment_method_id, '-', '')) = 32
        AND replace(payment_method_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The deletion of a method, and its move to another user.
CREATE INDEX idx_default_payment_methods_method ON default_payment_methods (payment_method_id, user_id);

-- Amounts are minor units of the currency, such as cents. `captured` and `refunded` are the sums of the rows of the
-- next two tables, kept by triggers.
CREATE TABLE payments (
    id text NOT NULL,
    payer_id text,
    payment_method_id text,
    provider text NOT NULL,
    provider_reference text,
    reference text,
    amount integer NOT NULL,
    currency text NOT NULL,
    captured integer NOT NULL DEFAULT 0,
    refunded integer NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'CREATED',
    failure_code text,
    metadata text NOT NULL DEFAULT '{}',
    disputed_at text,
    created_at text NOT NULL,
    updated_at text NOT NULL,

    CONSTRAINT payments_pkey PRIMARY KEY (id),
    CONSTRAINT payments_provider_provider_reference_key UNIQUE (provider, provider_reference),
    CONSTRAINT payments_payer_id_fkey FOREIGN KEY (payer_id) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT payments_payment_method_id_fkey FOREIGN KEY (payment_method_id)
    REFERENCES payment_methods (id) ON DELETE SET NULL,

    CONSTRAINT payments_provider_check CHECK (
        length(provider) BETWEEN 1 AND 50
        AND provider GLOB '[a-z]*'
        AND provider NOT GLOB '*[^a-z_]*'
    ),
    -- A text of 14 to 19 digits may be a card number, with spaces and hyphens or without.
    CONSTRAINT payments_provider_reference_check CHECK (
        length(provider_reference) BETWEEN 1 AND 200
        AND (
            replace(replace(provider_reference, ' ', ''), '-', '') GLOB '*[^0-9]*'
            OR length(replace(replace(provider_reference, ' ', ''), '-', '')) NOT BETWEEN 14 AND 19
        )
    ),
    CONSTRAINT payments_reference_check CHECK (
        length(reference) BETWEEN 1 AND 200
        AND (
            replace(replace(reference, ' ', ''), '-', '') GLOB '*[^0-9]*'
            OR length(replace(replace(reference, ' ', ''), '-', '')) NOT BETWEEN 14 AND 19
        )
    ),
    CONSTRAINT payments_failure_code_check CHECK (
        length(failure_code) BETWEEN 1 AND 50
        AND (
            replace(replace(failure_code, ' ', ''), '-', '') GLOB '*[^0-9]*'
            OR length(replace(replace(failure_code, ' ', ''), '-', '')) NOT BETWEEN 14 AND 19
        )
    ),
    CONSTRAINT payments_amount_check CHECK (amount BETWEEN 1 AND 1000000000000000),
    CONSTRAINT payments_currency_check CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
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
    CONSTRAINT payments_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT payments_disputed_at_check CHECK (
        disputed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(disputed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(disputed_at, 1, 19), '+0 seconds') IS substr(disputed_at, 1, 19)
        AND disputed_at >= '0001'
    ),
    CONSTRAINT payments_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT payments_updated_at_check CHECK (
        updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(updated_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(updated_at, 1, 19), '+0 seconds') IS substr(updated_at, 1, 19)
        AND updated_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT payments_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT payments_payer_id_type_check CHECK (
        payer_id GLOB '????????-????-????-????-????????????'
        AND length(replace(payer_id, '-', '')) = 32
        AND replace(payer_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT payments_payment_method_id_type_check CHECK (
        payment_method_id GLOB '????????-????-????-????-????????????'
        AND length(replace(payment_method_id, '-', '')) = 32
        AND replace(payment_method_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- The payments of a payer, alone and by status, those with a status, and those for an object of the application. The
-- last one serves the deletion of a method.
CREATE INDEX idx_payments_payer ON payments (payer_id, created_at, id);
CREATE INDEX idx_payments_payer_status ON payments (payer_id, status, created_at, id);
CREATE INDEX idx_payments_status ON payments (status, created_at, id);
CREATE INDEX idx_payments_reference ON payments (reference, created_at, id);
CREATE INDEX idx_payments_method ON payments (payment_method_id);

-- What was taken of the amount that was authorised.
CREATE TABLE payment_captures (
    id text NOT NULL,
    payment_id text NOT NULL,
    amount integer NOT NULL,
    created_at text NOT NULL,

    CONSTRAINT payment_captures_pkey PRIMARY KEY (id),
    CONSTRAINT payment_captures_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),

    CONSTRAINT payment_captures_amount_check CHECK (amount BETWEEN 1 AND 1000000000000000),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT payment_captures_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT payment_captures_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT payment_captures_payment_id_type_check CHECK (
        payment_id GLOB '????????-????-????-????-????????????'
        AND length(replace(payment_id, '-', '')) = 32
        AND replace(payment_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

CREATE INDEX idx_payment_captures_payment ON payment_captures (payment_id, created_at, id);

-- What was given back of what was captured. That of a disputed payment is the dispute that was lost.
CREATE TABLE payment_refunds (
    id text NOT NULL,
    payment_id text NOT NULL,
    amount integer NOT NULL,
    created_at text NOT NULL,

    CONSTRAINT payment_refunds_pkey PRIMARY KEY (id),
    CONSTRAINT payment_refunds_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),

    CONSTRAINT payment_refunds_amount_check CHECK (amount BETWEEN 1 AND 1000000000000000),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT payment_refunds_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT payment_refunds_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT payment_refunds_payment_id_type_check CHECK (
        payment_id GLOB '????????-????-????-????-????????????'
        AND length(replace(payment_id, '-', '')) = 32
        AND replace(payment_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

CREATE INDEX idx_payment_refunds_payment ON payment_refunds (payment_id, created_at, id);

-- What was captured and refunded on each day (UTC). The last digit of the row's id chooses the shard, so that writers
-- do not all wait for one row.
CREATE TABLE payment_days (
    currency text NOT NULL,
    day text NOT NULL,
    shard text NOT NULL,
    captured integer NOT NULL DEFAULT 0,
    refunded integer NOT NULL DEFAULT 0,

    CONSTRAINT payment_days_pkey PRIMARY KEY (currency, day, shard),

    CONSTRAINT payment_days_currency_check CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT payment_days_shard_check CHECK (length(shard) = 1 AND instr('0123456789abcdef', shard) > 0),
    CONSTRAINT payment_days_captured_check CHECK (captured >= 0),
    CONSTRAINT payment_days_refunded_check CHECK (refunded >= 0),

    CONSTRAINT payment_days_day_check CHECK (date(day, '+0 days') IS day AND day >= '0001')
) STRICT, WITHOUT ROWID;

CREATE TRIGGER payment_methods_unchanged
BEFORE UPDATE ON payment_methods
WHEN
    NEW.id <> OLD.id
    OR NEW.provider <> OLD.provider
    OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'payment_methods_unchanged: A payment method keeps its id, its provider and its date.');
END;

CREATE TRIGGER payments_first_status
BEFORE INSERT ON payments
WHEN
    NEW.status NOT IN ('CREATED', 'AUTHORIZED', 'FAILED', 'CANCELLED')
BEGIN
    SELECT RAISE(ABORT, 'payments_first_status: Nothing of a new payment is captured.');
END;

CREATE TRIGGER payments_no_card_number
BEFORE INSERT ON payments
WHEN
    CASE WHEN json_valid(NEW.metadata) THEN EXISTS (
        SELECT 1 FROM json_tree(NEW.metadata)
        WHERE
            (type IN ('integer', 'real') AND atom >= 1e13 AND atom < 1e19)
            OR (
                type = 'text'
                AND length(replace(replace(atom, ' ', ''), '-', '')) BETWEEN 14 AND 19
                AND replace(replace(atom, ' ', ''), '-', '') NOT GLOB '*[^0-9]*'
            )
    ) ELSE FALSE END
BEGIN
    SELECT RAISE(ABORT, 'payments_no_card_number: Metadata holds no text or number of 14 to 19 digits.');
END;

CREATE TRIGGER payments_method_of_payer
BEFORE INSERT ON payments
WHEN
    EXISTS (
        SELECT 1 FROM payment_methods
        WHERE id = NEW.payment_method_id AND user_id IS NOT NEW.payer_id
    )
BEGIN
    SELECT RAISE(ABORT, 'payments_method_of_payer: A payment is made with a method of its payer.');
END;

CREATE TRIGGER payments_status_transition
BEFORE UPDATE ON payments
WHEN
    NOT (
        NEW.status = OLD.status
        OR (OLD.status = 'CREATED' AND NEW.status IN ('AUTHORIZED', 'FAILED', 'CANCELLED'))
        OR (OLD.status = 'AUTHORIZED' AND NEW.status IN ('CAPTURED', 'FAILED', 'CANCELLED'))
        OR (OLD.status = 'CAPTURED' AND NEW.status IN ('PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED'))
        OR (OLD.status = 'PARTIALLY_REFUNDED' AND NEW.status IN ('REFUNDED', 'DISPUTED'))
        OR (OLD.status = 'DISPUTED' AND NEW.status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED'))
    )
BEGIN
    SELECT RAISE(ABORT, 'payments_status_transition: A payment cannot go to this status from the one it has.');
END;

CREATE TRIGGER payments_unchanged
BEFORE UPDATE ON payments
WHEN
    NEW.id <> OLD.id
    OR NEW.provider <> OLD.provider
    OR (OLD.provider_reference IS NOT NULL AND NEW.provider_reference IS NOT OLD.provider_reference)
    OR (NEW.payment_method_id IS NOT NULL AND NEW.payment_method_id IS NOT OLD.payment_method_id)
    OR NEW.reference IS NOT OLD.reference
    OR NEW.amount <> OLD.amount
    OR NEW.currency <> OLD.currency
    OR NEW.metadata <> OLD.metadata
    OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'payments_unchanged: A payment keeps its amount, and what it is for.');
END;

CREATE TRIGGER payments_sums_of_rows
BEFORE UPDATE ON payments
WHEN
    (NEW.captured <> OLD.captured OR NEW.refunded <> OLD.refunded)
    AND (
        NEW.captured <> (
            SELECT coalesce(sum(amount), 0) FROM payment_captures
            WHERE payment_id = NEW.id
        )
        OR NEW.refunded <> (
            SELECT coalesce(sum(amount), 0) FROM payment_refunds
            WHERE payment_id = NEW.id
        )
    )
BEGIN
    SELECT RAISE(ABORT, 'payments_sums_of_rows: What was captured and refunded is the sum of the rows.');
END;

CREATE TRIGGER payments_kept
BEFORE DELETE ON payments
BEGIN
    SELECT RAISE(ABORT, 'payments_kept: A payment is never deleted.');
END;

-- differs: trigger payments_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER payments_not_replaced
BEFORE INSERT ON payments
WHEN
    EXISTS (
        SELECT 1 FROM payments
        WHERE id = NEW.id
    )
    OR EXISTS (
        SELECT 1 FROM payments
        WHERE provider = NEW.provider AND provider_reference = NEW.provider_reference
    )
BEGIN
    SELECT RAISE(ABORT, 'payments_not_replaced: A payment with this id or reference exists already.');
END;

-- differs: trigger payments_not_overwritten: UPDATE OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER payments_not_overwritten
BEFORE UPDATE ON payments
WHEN
    NEW.provider_reference IS NOT OLD.provider_reference
    AND EXISTS (
        SELECT 1 FROM payments
        WHERE provider = NEW.provider AND provider_reference = NEW.provider_reference
    )
BEGIN
    SELECT RAISE(ABORT, 'payments_not_overwritten: This reference belongs to another payment.');
END;

CREATE TRIGGER payment_captures_unchanged
BEFORE UPDATE ON payment_captures
BEGIN
    SELECT RAISE(ABORT, 'payment_captures_unchanged: A capture is never changed.');
END;

CREATE TRIGGER payment_captures_kept
BEFORE DELETE ON payment_captures
BEGIN
    SELECT RAISE(ABORT, 'payment_captures_kept: A capture is never deleted.');
END;

-- differs: trigger payment_captures_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER payment_captures_not_replaced
BEFORE INSERT ON payment_captures
WHEN
    EXISTS (
        SELECT 1 FROM payment_captures
        WHERE id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'payment_captures_not_replaced: A capture with this id exists already.');
END;

CREATE TRIGGER payment_refunds_unchanged
BEFORE UPDATE ON payment_refunds
BEGIN
    SELECT RAISE(ABORT, 'payment_refunds_unchanged: A refund is never changed.');
END;

CREATE TRIGGER payment_refunds_kept
BEFORE DELETE ON payment_refunds
BEGIN
    SELECT RAISE(ABORT, 'payment_refunds_kept: A refund is never deleted.');
END;

-- differs: trigger payment_refunds_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER payment_refunds_not_replaced
BEFORE INSERT ON payment_refunds
WHEN
    EXISTS (
        SELECT 1 FROM payment_refunds
        WHERE id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'payment_refunds_not_replaced: A refund with this id exists already.');
END;

CREATE TRIGGER payment_captures_summed
AFTER INSERT ON payment_captures
BEGIN
    SELECT RAISE(ABORT, 'payment_captures_open: Only what is authorised, not disputed and not refunded, is captured.')
    FROM payments
    WHERE id = NEW.payment_id AND status NOT IN ('AUTHORIZED', 'CAPTURED', 'PARTIALLY_REFUNDED');
    SELECT RAISE(ABORT, 'payment_captures_within_amount: Captures never exceed the amount that was authorised.')
    FROM payments
    WHERE id = NEW.payment_id AND captured + NEW.amount > amount;
    UPDATE payments
    SET
        captured = captured + NEW.amount,
        status = CASE WHEN status = 'AUTHORIZED' THEN 'CAPTURED' ELSE status END,
        updated_at = max(updated_at, NEW.created_at)
    WHERE id = NEW.payment_id;
    INSERT INTO payment_days (currency, day, shard)
    SELECT
        currency,
        substr(NEW.created_at, 1, 10) AS day,
        substr(NEW.id, 36, 1) AS shard
    FROM payments
    WHERE
        id = NEW.payment_id
        AND NOT EXISTS (
            SELECT 1 FROM payment_days
            WHERE
                currency = payments.currency
                AND day = substr(NEW.created_at, 1, 10)
                AND shard = substr(NEW.id, 36, 1)
        );
    UPDATE payment_days
    SET captured = captured + NEW.amount
    WHERE
        currency = (
            SELECT currency FROM payments
            WHERE id = NEW.payment_id
        )
        AND day = substr(NEW.created_at, 1, 10)
        AND shard = substr(NEW.id, 36, 1);
END;

CREATE TRIGGER payment_refunds_summed
AFTER INSERT ON payment_refunds
BEGIN
    SELECT RAISE(ABORT, 'payment_refunds_open: Only what was captured is refunded.')
    FROM payments
    WHERE id = NEW.payment_id AND status NOT IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'DISPUTED');
    SELECT RAISE(ABORT, 'payment_refunds_within_captured: Refunds never exceed what was captured.')
    FROM payments
    WHERE id = NEW.payment_id AND refunded + NEW.amount > captured;
    SELECT RAISE(ABORT, 'payment_refunds_of_dispute: A dispute is lost as a whole: what is left is refunded.')
    FROM payments
    WHERE id = NEW.payment_id AND status = 'DISPUTED' AND NEW.amount <> captured - refunded;
    UPDATE payments
    SET
        refunded = refunded + NEW.amount,
        status = CASE WHEN refunded + NEW.amount = captured THEN 'REFUNDED' ELSE 'PARTIALLY_REFUNDED' END,
        updated_at = max(updated_at, NEW.created_at)
    WHERE id = NEW.payment_id;
    INSERT INTO payment_days (currency, day, shard)
    SELECT
        currency,
        substr(NEW.created_at, 1, 10) AS day,
        substr(NEW.id, 36, 1) AS shard
    FROM payments
    WHERE
        id = NEW.payment_id
        AND NOT EXISTS (
            SELECT 1 FROM payment_days
            WHERE
                currency = payments.currency
                AND day = substr(NEW.created_at, 1, 10)
                AND shard = substr(NEW.id, 36, 1)
        );
    UPDATE payment_days
    SET refunded = refunded + NEW.amount
    WHERE
        currency = (
            SELECT currency FROM payments
            WHERE id = NEW.payment_id
        )
        AND day = substr(NEW.created_at, 1, 10)
        AND shard = substr(NEW.id, 36, 1);
END;
