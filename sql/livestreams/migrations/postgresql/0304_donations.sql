-- Donations to livestreams. The money moves in the books: each has a transfer, and perhaps another that takes it back.
CREATE TABLE donations (
    id uuid NOT NULL,
    livestream_id uuid NOT NULL,
    donor_id uuid,
    transfer_id uuid NOT NULL,
    refund_id uuid,
    amount bigint NOT NULL,
    currency text COLLATE "C" NOT NULL,
    is_anonymous boolean NOT NULL DEFAULT FALSE,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,

    CONSTRAINT donations_pkey PRIMARY KEY (id),
    CONSTRAINT donations_transfer_id_key UNIQUE (transfer_id),
    CONSTRAINT donations_refund_id_key UNIQUE (refund_id),
    CONSTRAINT donations_livestream_id_fkey FOREIGN KEY (livestream_id) REFERENCES livestreams (id) ON DELETE CASCADE,
    CONSTRAINT donations_donor_id_fkey FOREIGN KEY (donor_id) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT donations_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES ledger_transfers (id),
    CONSTRAINT donations_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES ledger_transfers (id),

    CONSTRAINT donations_amount_check CHECK (amount BETWEEN 1 AND 1000000000000000),
    CONSTRAINT donations_currency_check CHECK (currency ~ '^[A-Z][A-Z][A-Z]$'),
    CONSTRAINT donations_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT donations_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- The donations to a livestream, and those of a donor.
CREATE INDEX idx_donations_livestream ON donations (livestream_id, created_at, id);
CREATE INDEX idx_donations_donor ON donations (donor_id, created_at, id);

-- What a livestream was given and was not refunded: the sum of up to sixteen rows for each currency. The last digit of
-- the donation's id chooses the row, so that writers do not all wait for one.
CREATE TABLE donation_totals (
    livestream_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    shard text COLLATE "C" NOT NULL,
    donations bigint NOT NULL,
    amount bigint NOT NULL,

    CONSTRAINT donation_totals_pkey PRIMARY KEY (livestream_id, currency, shard),
    CONSTRAINT donation_totals_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,

    CONSTRAINT donation_totals_shard_check CHECK (length(shard) = 1 AND position(shard IN '0123456789abcdef') > 0),
    CONSTRAINT donation_totals_donations_check CHECK (donations >= 0),
    CONSTRAINT donation_totals_amount_check CHECK (amount >= 0)
);

-- What each donor who is not anonymous gave to a livestream.
CREATE TABLE donor_totals (
    livestream_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    donor_id uuid NOT NULL,
    donations bigint NOT NULL,
    amount bigint NOT NULL,

    CONSTRAINT donor_totals_pkey PRIMARY KEY (livestream_id, currency, donor_id),
    CONSTRAINT donor_totals_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,
    CONSTRAINT donor_totals_donor_id_fkey FOREIGN KEY (donor_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT donor_totals_donations_check CHECK (donations >= 0),
    CONSTRAINT donor_totals_amount_check CHECK (amount >= 0)
);

-- Who gave most, and the removal of a donor.
CREATE INDEX idx_donor_totals_amount ON donor_totals (livestream_id, currency, amount, donor_id);
CREATE INDEX idx_donor_totals_donor ON donor_totals (donor_id);

CREATE FUNCTION donations_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'donations_unchanged: A donation is never changed, except that it is refunded once.';
END;
$$;

CREATE TRIGGER donations_unchanged
BEFORE UPDATE ON donations
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.livestream_id <> OLD.livestream_id
    OR NEW.transfer_id <> OLD.transfer_id
    OR NEW.amount <> OLD.amount
    OR NEW.currency <> OLD.currency
    OR NEW.is_anonymous <> OLD.is_anonymous
    OR NEW.created_at <> OLD.created_at
    OR (OLD.refund_id IS NOT NULL AND NEW.refund_id IS DISTINCT FROM OLD.refund_id)
)
EXECUTE FUNCTION donations_unchanged();

CREATE FUNCTION donations_of_transfer() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_other boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM %I.ledger_transfers WHERE id = $1'
        ' AND (kind NOT IN (''TRANSFER'', ''POSTED'') OR amount <> $2 OR currency <> $3))',
        TG_TABLE_SCHEMA
    )
    INTO is_other USING NEW.transfer_id, NEW.amount, NEW.currency;
    IF is_other THEN
        RAISE EXCEPTION 'donations_of_transfer: A donation has the amount and the currency of its transfer.';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER donations_of_transfer
BEFORE INSERT ON donations
FOR EACH ROW EXECUTE FUNCTION donations_of_transfer();

CREATE FUNCTION donations_of_refund() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_other boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM %I.ledger_transfers WHERE id = $1 AND reversed_id IS DISTINCT FROM $2)',
        TG_TABLE_SCHEMA
    )
    INTO is_other USING NEW.refund_id, NEW.transfer_id;
    IF is_other THEN
        RAISE EXCEPTION 'donations_of_refund: The refund of a donation takes its transfer back.';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER donations_refund_insert
BEFORE INSERT ON donations
FOR EACH ROW WHEN (NEW.refund_id IS NOT NULL)
EXECUTE FUNCTION donations_of_refund();

CREATE TRIGGER donations_refund_update
BEFORE UPDATE ON donations
FOR EACH ROW WHEN (NEW.refund_id IS DISTINCT FROM OLD.refund_id)
EXECUTE FUNCTION donations_of_refund();

CREATE FUNCTION donations_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    has_livestream boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I.livestreams WHERE id = $1)', TG_TABLE_SCHEMA)
    INTO has_livestream USING OLD.livestream_id;
    IF has_livestream THEN
        RAISE EXCEPTION 'donations_kept: A donation is deleted only with its livestream.';
    END IF;
    RETURN OLD;
END;
$$;

CREATE TRIGGER donations_kept
BEFORE DELETE ON donations
FOR EACH ROW EXECUTE FUNCTION donations_kept();

-- In one order, so that two statements never wait for each other in a circle.
CREATE FUNCTION donations_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO %I.donation_totals AS total (livestream_id, currency, shard, donations, amount)'
        ' SELECT livestream_id, currency, right(id::text, 1), count(*), sum(amount) FROM added'
        ' WHERE refund_id IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3'
        ' ON CONFLICT (livestream_id, currency, shard) DO UPDATE SET'
        ' donations = total.donations + excluded.donations, amount = total.amount + excluded.amount',
        TG_TABLE_SCHEMA
    );
    EXECUTE format(
        'INSERT INTO %I.donor_totals AS total (livestream_id, currency, donor_id, donations, amount)'
        ' SELECT livestream_id, currency, donor_id, count(*), sum(amount) FROM added'
        ' WHERE refund_id IS NULL AND donor_id IS NOT NULL AND NOT is_anonymous GROUP BY 1, 2, 3 ORDER BY 1, 2, 3'
        ' ON CONFLICT (livestream_id, currency, donor_id) DO UPDATE SET'
        ' donations = total.donations + excluded.donations, amount = total.amount + excluded.amount',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER donations_counted
AFTER INSERT ON donations
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION donations_counted();

-- What a donor gave who is deleted has gone with the donor before.
CREATE FUNCTION donations_recounted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.refund_id IS NULL AND NEW.refund_id IS NOT NULL THEN
        EXECUTE format(
            'UPDATE %I.donation_totals SET donations = donations - 1, amount = amount - $4'
            ' WHERE livestream_id = $1 AND currency = $2 AND shard = $3',
            TG_TABLE_SCHEMA
        )
        USING OLD.livestream_id, OLD.currency, right(OLD.id::text, 1), OLD.amount;
    END IF;
    IF OLD.is_anonymous OR OLD.refund_id IS NOT NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'UPDATE %I.donor_totals SET donations = donations - 1, amount = amount - $4'
        ' WHERE livestream_id = $1 AND currency = $2 AND donor_id = $3',
        TG_TABLE_SCHEMA
    )
    USING OLD.livestream_id, OLD.currency, OLD.donor_id, OLD.amount;
    IF NEW.refund_id IS NULL AND NEW.donor_id IS NOT NULL THEN
        EXECUTE format(
            'INSERT INTO %I.donor_totals AS total (livestream_id, currency, donor_id, donations, amount)'
            ' VALUES ($1, $2, $3, 1, $4) ON CONFLICT (livestream_id, currency, donor_id) DO UPDATE SET'
            ' donations = total.donations + 1, amount = total.amount + excluded.amount',
            TG_TABLE_SCHEMA
        )
        USING NEW.livestream_id, NEW.currency, NEW.donor_id, NEW.amount;
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER donations_recounted
AFTER UPDATE ON donations
FOR EACH ROW WHEN (NEW.refund_id IS DISTINCT FROM OLD.refund_id OR NEW.donor_id IS DISTINCT FROM OLD.donor_id)
EXECUTE FUNCTION donations_recounted();

CREATE FUNCTION live_chat_of_donation() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_one boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM %I.donations WHERE id = $1 AND livestream_id = $2)', TG_TABLE_SCHEMA
    )
    INTO is_one USING NEW.id, NEW.livestream_id;
    IF NOT is_one THEN
        RAISE EXCEPTION 'live_chat_of_donation: A DONATION message has the id and the livestream of a donation.';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER live_chat_of_donation
AFTER INSERT ON live_chat_messages
FOR EACH ROW WHEN (NEW.kind = 'DONATION')
EXECUTE FUNCTION live_chat_of_donation();
