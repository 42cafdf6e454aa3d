-- Donations to livestreams. The money moves in the books: each has a transfer, and perhaps another that takes it back.
CREATE TABLE donations (
    id text NOT NULL,
    livestream_id text NOT NULL,
    donor_id text,
    transfer_id text NOT NULL,
    refund_id text,
    amount integer NOT NULL,
    currency text NOT NULL,
    is_anonymous integer NOT NULL DEFAULT FALSE,
    metadata text NOT NULL DEFAULT '{}',
    created_at text NOT NULL,

    CONSTRAINT donations_pkey PRIMARY KEY (id),
    CONSTRAINT donations_transfer_id_key UNIQUE (transfer_id),
    CONSTRAINT donations_refund_id_key UNIQUE (refund_id),
    CONSTRAINT donations_livestream_id_fkey FOREIGN KEY (livestream_id) REFERENCES livestreams (id) ON DELETE CASCADE,
    CONSTRAINT donations_donor_id_fkey FOREIGN KEY (donor_id) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT donations_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES ledger_transfers (id),
    CONSTRAINT donations_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES ledger_transfers (id),

    CONSTRAINT donations_amount_check CHECK (amount BETWEEN 1 AND 1000000000000000),
    CONSTRAINT donations_currency_check CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT donations_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT donations_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT donations_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT donations_livestream_id_type_check CHECK (
        livestream_id GLOB '????????-????-????-????-????????????'
        AND length(replace(livestream_id, '-', '')) = 32
        AND replace(livestream_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT donations_donor_id_type_check CHECK (
        donor_id GLOB '????????-????-????-????-????????????'
        AND length(replace(donor_id, '-', '')) = 32
        AND replace(donor_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT donations_transfer_id_type_check CHECK (
        transfer_id GLOB '????????-????-????-????-????????????'
        AND length(replace(transfer_id, '-', '')) = 32
        AND replace(transfer_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT donations_refund_id_type_check CHECK (
        refund_id GLOB '????????-????-????-????-????????????'
        AND length(replace(refund_id, '-', '')) = 32
        AND replace(refund_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT donations_is_anonymous_type_check CHECK (is_anonymous IN (0, 1))
) STRICT;

-- The donations to a livestream, and those of a donor.
CREATE INDEX idx_donations_livestream ON donations (livestream_id, created_at, id);
CREATE INDEX idx_donations_donor ON donations (donor_id, created_at, id);

-- What a livestream was given and was not refunded: the sum of up to sixteen rows for each currency. The last digit of
-- the donation's id chooses the row, so that writers do not all wait for one.
CREATE TABLE donation_totals (
    livestream_id text NOT NULL,
    currency text NOT NULL,
    shard text NOT NULL,
    donations integer NOT NULL,
    amount integer NOT NULL,

    CONSTRAINT donation_totals_pkey PRIMARY KEY (livestream_id, currency, shard),
    CONSTRAINT donation_totals_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,

    CONSTRAINT donation_totals_shard_check CHECK (length(shard) = 1 AND instr('0123456789abcdef', shard) > 0),
    CONSTRAINT donation_totals_donations_check CHECK (donations >= 0),
    CONSTRAINT donation_totals_amount_check CHECK (amount >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT donation_totals_livestream_id_type_check CHECK (
        livestream_id GLOB '????????-????-????-????-????????????'
        AND length(replace(livestream_id, '-', '')) = 32
        AND replace(livestream_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- What each donor who is not anonymous gave to a livestream.
CREATE TABLE donor_totals (
    livestream_id text NOT NULL,
    currency text NOT NULL,
    donor_id text NOT NULL,
    donations integer NOT NULL,
    amount integer NOT NULL,

    CONSTRAINT donor_totals_pkey PRIMARY KEY (livestream_id, currency, donor_id),
    CONSTRAINT donor_totals_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,
    CONSTRAINT donor_totals_donor_id_fkey FOREIGN KEY (donor_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT donor_totals_donations_check CHECK (donations >= 0),
    CONSTRAINT donor_totals_amount_check CHECK (amount >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT donor_totals_livestream_id_type_check CHECK (
        livestream_id GLOB '????????-????-????-????-????????????'
        AND length(replace(livestream_id, '-', '')) = 32
        AND replace(livestream_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT donor_totals_donor_id_type_check CHECK (
        donor_id GLOB '????????-????-????-????-????????????'
        AND length(replace(donor_id, '-', '')) = 32
        AND replace(donor_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- Who gave most, and the removal of a donor.
CREATE INDEX idx_donor_totals_amount ON donor_totals (livestream_id, currency, amount, donor_id);
CREATE INDEX idx_donor_totals_donor ON donor_totals (donor_id);

CREATE TRIGGER donations_unchanged
BEFORE UPDATE ON donations
WHEN
    NEW.id <> OLD.id
    OR NEW.livestream_id <> OLD.livestream_id
    OR NEW.transfer_id <> OLD.transfer_id
    OR NEW.amount <> OLD.amount
    OR NEW.currency <> OLD.currency
    OR NEW.is_anonymous <> OLD.is_anonymous
    OR NEW.created_at <> OLD.created_at
    OR (OLD.refund_id IS NOT NULL AND NEW.refund_id IS NOT OLD.refund_id)
BEGIN
    SELECT RAISE(ABORT, 'donations_unchanged: A donation is never changed, except that it is refunded once.');
END;

CREATE TRIGGER donations_of_transfer
BEFORE INSERT ON donations
WHEN
    EXISTS (
        SELECT 1 FROM ledger_transfers
        WHERE
            id = NEW.transfer_id
            AND (kind NOT IN ('TRANSFER', 'POSTED') OR amount <> NEW.amount OR currency <> NEW.currency)
    )
BEGIN
    SELECT RAISE(ABORT, 'donations_of_transfer: A donation has the amount and the currency of its transfer.');
END;

CREATE TRIGGER donations_refund_insert
BEFORE INSERT ON donations
WHEN
    EXISTS (
        SELECT 1 FROM ledger_transfers
        WHERE id = NEW.refund_id AND reversed_id IS NOT NEW.transfer_id
    )
BEGIN
    SELECT RAISE(ABORT, 'donations_of_refund: The refund of a donation takes its transfer back.');
END;

CREATE TRIGGER donations_refund_update
BEFORE UPDATE ON donations
WHEN
    NEW.refund_id IS NOT OLD.refund_id
    AND EXISTS (
        SELECT 1 FROM ledger_transfers
        WHERE id = NEW.refund_id AND reversed_id IS NOT NEW.transfer_id
    )
BEGIN
    SELECT RAISE(ABORT, 'donations_of_refund: The refund of a donation takes its transfer back.');
END;

CREATE TRIGGER donations_kept
BEFORE DELETE ON donations
WHEN
    EXISTS (
        SELECT 1 FROM livestreams
        WHERE id = OLD.livestream_id
    )
BEGIN
    SELECT RAISE(ABORT, 'donations_kept: A donation is deleted only with its livestream.');
END;

-- Not with ON CONFLICT: OR REPLACE of the statement that fires the trigger would take its place.
CREATE TRIGGER donations_counted
AFTER INSERT ON donations
WHEN NEW.refund_id IS NULL
BEGIN
    INSERT INTO donation_totals (livestream_id, currency, shard, donations, amount)
    SELECT
        NEW.livestream_id,
        NEW.currency,
        substr(NEW.id, 36, 1) AS shard,
        0 AS donations,
        0 AS amount
    WHERE NOT EXISTS (
        SELECT 1 FROM donation_totals
        WHERE livestream_id = NEW.livestream_id AND currency = NEW.currency AND shard = substr(NEW.id, 36, 1)
    );
    UPDATE donation_totals
    SET
        donations = donations + 1,
        amount = amount + NEW.amount
    WHERE livestream_id = NEW.livestream_id AND currency = NEW.currency AND shard = substr(NEW.id, 36, 1);
    INSERT INTO donor_totals (livestream_id, currency, donor_id, donations, amount)
    SELECT
        NEW.livestream_id,
        NEW.currency,
        NEW.donor_id,
        0 AS donations,
        0 AS amount
    WHERE
        NEW.donor_id IS NOT NULL
        AND NOT NEW.is_anonymous
        AND NOT EXISTS (
            SELECT 1 FROM donor_totals
            WHERE livestream_id = NEW.livestream_id AND currency = NEW.currency AND donor_id = NEW.donor_id
        );
    UPDATE donor_totals
    SET
        donations = donations + 1,
        amount = amount + NEW.amount
    WHERE
        livestream_id = NEW.livestream_id
        AND currency = NEW.currency
        AND donor_id = NEW.donor_id
        AND NOT NEW.is_anonymous;
END;

CREATE TRIGGER donations_recounted
AFTER UPDATE ON donations
WHEN NEW.refund_id IS NOT OLD.refund_id OR NEW.donor_id IS NOT OLD.donor_id
BEGIN
    UPDATE donation_totals
    SET
        donations = donations - 1,
        amount = amount - OLD.amount
    WHERE
        livestream_id = OLD.livestream_id
        AND currency = OLD.currency
        AND shard = substr(OLD.id, 36, 1)
        AND OLD.refund_id IS NULL
        AND NEW.refund_id IS NOT NULL;
    UPDATE donor_totals
    SET
        donations = donations - 1,
        amount = amount - OLD.amount
    WHERE
        livestream_id = OLD.livestream_id
        AND currency = OLD.currency
        AND donor_id = OLD.donor_id
        AND OLD.refund_id IS NULL
        AND NOT OLD.is_anonymous;
    INSERT INTO donor_totals (livestream_id, currency, donor_id, donations, amount)
    SELECT
        NEW.livestream_id,
        NEW.currency,
        NEW.donor_id,
        0 AS donations,
        0 AS amount
    WHERE
        NEW.donor_id IS NOT NULL
        AND NEW.refund_id IS NULL
        AND NOT NEW.is_anonymous
        AND NOT EXISTS (
            SELECT 1 FROM donor_totals
            WHERE livestream_id = NEW.livestream_id AND currency = NEW.currency AND donor_id = NEW.donor_id
        );
    UPDATE donor_totals
    SET
        donations = donations + 1,
        amount = amount + NEW.amount
    WHERE
        livestream_id = NEW.livestream_id
        AND currency = NEW.currency
        AND donor_id = NEW.donor_id
        AND NEW.refund_id IS NULL
        AND NOT NEW.is_anonymous;
END;

-- differs: trigger donations_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
-- One EXISTS for each key: where most rows have no value, SQLite would read the whole table for several keys at once.
CREATE TRIGGER donations_not_replaced
BEFORE INSERT ON donations
WHEN
    EXISTS (
        SELECT 1 FROM donations
        WHERE id = NEW.id
    )
    OR EXISTS (
        SELECT 1 FROM donations
        WHERE transfer_id = NEW.transfer_id
    )
    OR EXISTS (
        SELECT 1 FROM donations
        WHERE refund_id = NEW.refund_id
    )
BEGIN
    SELECT RAISE(ABORT, 'donations_not_replaced: A donation with this id, transfer or refund exists already.');
END;

CREATE TRIGGER live_chat_of_donation
AFTER INSERT ON live_chat_messages
WHEN
    NEW.kind = 'DONATION'
    AND NOT EXISTS (
        SELECT 1 FROM donations
        WHERE id = NEW.id AND livestream_id = NEW.livestream_id
    )
BEGIN
    SELECT RAISE(ABORT, 'live_chat_of_donation: A DONATION message has the id and the livestream of a donation.');
END;
