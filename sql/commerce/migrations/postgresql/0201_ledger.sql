-- Double-entry bookkeeping: each transfer takes an amount from one account and gives it to another one, so that the sum
-- of all balances is zero in every currency. Amounts are minor units of the currency, such as cents.
CREATE TABLE ledger_accounts (
    id uuid NOT NULL,
    code text COLLATE "C",
    kind text COLLATE "C" NOT NULL,
    owner_id uuid,
    currency text COLLATE "C" NOT NULL,
    may_be_negative boolean NOT NULL DEFAULT FALSE,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    closed_at timestamptz,

    CONSTRAINT ledger_accounts_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_accounts_code_key UNIQUE (code),
    CONSTRAINT ledger_accounts_id_currency_key UNIQUE (id, currency),
    CONSTRAINT ledger_accounts_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT ledger_accounts_code_check CHECK (length(code) BETWEEN 1 AND 200),
    CONSTRAINT ledger_accounts_kind_check CHECK (length(kind) BETWEEN 1 AND 50),
    CONSTRAINT ledger_accounts_currency_check CHECK (currency ~ '^[A-Z][A-Z][A-Z]$'),
    CONSTRAINT ledger_accounts_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ledger_accounts_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT ledger_accounts_closed_at_check CHECK (
        closed_at >= '0001-01-01 00:00:00+00'
        AND closed_at < '10000-01-01 00:00:00+00'
    )
);

-- The accounts of an owner, and those of a kind.
CREATE INDEX idx_ledger_accounts_owner ON ledger_accounts (owner_id, created_at, id);
CREATE INDEX idx_ledger_accounts_kind ON ledger_accounts (kind, currency, created_at, id);

-- What was moved, and what is held for later. A row is never changed: what corrects or ends another one is a row of its
-- own.
CREATE TABLE ledger_transfers (
    id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL DEFAULT 'TRANSFER',
    debit_account_id uuid NOT NULL,
    credit_account_id uuid NOT NULL,
    amount bigint NOT NULL,
    currency text COLLATE "C" NOT NULL,
    pending_id uuid,
    reversed_id uuid,
    expires_at timestamptz,
    reference text COLLATE "C",
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,

    CONSTRAINT ledger_transfers_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_transfers_pending_id_key UNIQUE (pending_id),
    CONSTRAINT ledger_transfers_reversed_id_key UNIQUE (reversed_id),
    CONSTRAINT ledger_transfers_debit_account_id_fkey FOREIGN KEY (debit_account_id, currency)
    REFERENCES ledger_accounts (id, currency),
    CONSTRAINT ledger_transfers_credit_account_id_fkey FOREIGN KEY (credit_account_id, currency)
    REFERENCES ledger_accounts (id, currency),
    CONSTRAINT ledger_transfers_pending_id_fkey FOREIGN KEY (pending_id) REFERENCES ledger_transfers (id),
    CONSTRAINT ledger_transfers_reversed_id_fkey FOREIGN KEY (reversed_id) REFERENCES ledger_transfers (id),

    CONSTRAINT ledger_transfers_kind_check CHECK (
        kind IN ('TRANSFER', 'PENDING', 'POSTED', 'VOIDED', 'EXPIRED', 'REVERSAL')
    ),
    CONSTRAINT ledger_transfers_accounts_check CHECK (debit_account_id <> credit_account_id),
    CONSTRAINT ledger_transfers_amount_check CHECK (amount BETWEEN 1 AND 1000000000000000),
    CONSTRAINT ledger_transfers_pending_check CHECK (
        (kind IN ('POSTED', 'VOIDED', 'EXPIRED')) = (pending_id IS NOT NULL)
    ),
    CONSTRAINT ledger_transfers_reversal_check CHECK ((kind = 'REVERSAL') = (reversed_id IS NOT NULL)),
    CONSTRAINT ledger_transfers_expiry_check CHECK (
        expires_at IS NULL OR (kind = 'PENDING' AND expires_at > created_at)
    ),
    CONSTRAINT ledger_transfers_reference_check CHECK (length(reference) BETWEEN 1 AND 200),
    CONSTRAINT ledger_transfers_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ledger_transfers_expires_at_check CHECK (
        expires_at >= '0001-01-01 00:00:00+00'
        AND expires_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT ledger_transfers_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- The statement of an account: what left it, and what reached it. What belongs to an object of the application.
CREATE INDEX idx_ledger_transfers_debit ON ledger_transfers (debit_account_id, created_at, id);
CREATE INDEX idx_ledger_transfers_credit ON ledger_transfers (credit_account_id, created_at, id);
CREATE INDEX idx_ledger_transfers_reference ON ledger_transfers (reference, created_at, id);

-- What is held and neither posted, voided nor expired yet.
CREATE TABLE ledger_holds (
    transfer_id uuid NOT NULL,
    expires_at timestamptz,

    CONSTRAINT ledger_holds_pkey PRIMARY KEY (transfer_id),
    CONSTRAINT ledger_holds_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES ledger_transfers (id),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ledger_holds_expires_at_check CHECK (
        expires_at >= '0001-01-01 00:00:00+00'
        AND expires_at < '10000-01-01 00:00:00+00'
    )
);

CREATE INDEX idx_ledger_holds_expiry ON ledger_holds (expires_at, transfer_id);

-- What an account has: the sum of its rows. An account that may not be negative has the one row '-', whose CHECK keeps
-- it from that, so that its writers wait for each other. Any other account has up to sixteen: the last digit of the
-- transfer's id chooses the row.
CREATE TABLE ledger_balances (
    account_id uuid NOT NULL,
    shard text COLLATE "C" NOT NULL,
    debits bigint NOT NULL DEFAULT 0,
    credits bigint NOT NULL DEFAULT 0,
    pending_debits bigint NOT NULL DEFAULT 0,
    pending_credits bigint NOT NULL DEFAULT 0,

    CONSTRAINT ledger_balances_pkey PRIMARY KEY (account_id, shard),
    CONSTRAINT ledger_balances_account_id_fkey FOREIGN KEY (account_id)
    REFERENCES ledger_accounts (id) ON DELETE CASCADE,

    CONSTRAINT ledger_balances_floor_check CHECK (shard <> '-' OR credits - debits - pending_debits >= 0),
    CONSTRAINT ledger_balances_shard_check CHECK (length(shard) = 1 AND position(shard IN '-0123456789abcdef') > 0),
    CONSTRAINT ledger_balances_debits_check CHECK (debits >= 0),
    CONSTRAINT ledger_balances_credits_check CHECK (credits >= 0),
    CONSTRAINT ledger_balances_pending_debits_check CHECK (pending_debits >= 0),
    CONSTRAINT ledger_balances_pending_credits_check CHECK (pending_credits >= 0)
);

-- What an account moved on each day (UTC), so that its balance at an instant needs the transfers of one day only.
CREATE TABLE ledger_days (
    account_id uuid NOT NULL,
    day date NOT NULL,
    shard text COLLATE "C" NOT NULL,
    debits bigint NOT NULL DEFAULT 0,
    credits bigint NOT NULL DEFAULT 0,

    CONSTRAINT ledger_days_pkey PRIMARY KEY (account_id, day, shard),
    CONSTRAINT ledger_days_account_id_fkey FOREIGN KEY (account_id) REFERENCES ledger_accounts (id) ON DELETE CASCADE,

    CONSTRAINT ledger_days_day_check CHECK (day >= '0001-01-01' AND day <= '9999-12-31'),
    CONSTRAINT ledger_days_shard_check CHECK (length(shard) = 1 AND position(shard IN '-0123456789abcdef') > 0),
    CONSTRAINT ledger_days_debits_check CHECK (debits >= 0),
    CONSTRAINT ledger_days_credits_check CHECK (credits >= 0)
);

CREATE FUNCTION ledger_accounts_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ledger_accounts_unchanged: An account keeps its currency and its rules.';
END;
$$;

CREATE TRIGGER ledger_accounts_unchanged
BEFORE UPDATE ON ledger_accounts
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.currency <> OLD.currency
    OR NEW.may_be_negative <> OLD.may_be_negative
    OR NEW.created_at <> OLD.created_at
)
EXECUTE FUNCTION ledger_accounts_unchanged();

-- All rows that the account can have are made and locked, so that no transfer comes in between, whatever the isolation.
CREATE FUNCTION ledger_accounts_empty() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_empty boolean;
BEGIN
    EXECUTE format(
        'INSERT INTO %I.ledger_balances (account_id, shard)'
        ' SELECT $1, shard FROM string_to_table(''0123456789abcdef'', NULL) AS shard WHERE $2 ON CONFLICT DO NOTHING',
        TG_TABLE_SCHEMA
    )
    USING OLD.id, OLD.may_be_negative;
    EXECUTE format(
        'SELECT sum(credits - debits) = 0 AND sum(pending_debits + pending_credits) = 0'
        ' FROM (SELECT * FROM %I.ledger_balances WHERE account_id = $1 ORDER BY shard FOR UPDATE) AS balance',
        TG_TABLE_SCHEMA
    )
    INTO is_empty USING OLD.id;
    IF is_empty AND OLD.closed_at IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'ledger_accounts_empty: An empty account without holds is closed, and stays so.';
END;
$$;

CREATE TRIGGER ledger_accounts_empty
BEFORE UPDATE ON ledger_accounts
FOR EACH ROW
WHEN (NEW.closed_at IS DISTINCT FROM OLD.closed_at)
EXECUTE FUNCTION ledger_accounts_empty();

CREATE FUNCTION ledger_accounts_counted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('INSERT INTO %I.ledger_balances (account_id, shard) VALUES ($1, ''-'')', TG_TABLE_SCHEMA)
    USING NEW.id;
    RETURN NULL;
END;
$$;

CREATE TRIGGER ledger_accounts_counted
AFTER INSERT ON ledger_accounts
FOR EACH ROW
WHEN (NOT NEW.may_be_negative)
EXECUTE FUNCTION ledger_accounts_counted();

CREATE FUNCTION ledger_balances_floor() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ledger_balances_floor: The account has less than what would leave it.';
END;
$$;

-- A CHECK alone would not do on SQLite, so both databases raise this before it.
CREATE TRIGGER ledger_balances_floor
BEFORE UPDATE ON ledger_balances
FOR EACH ROW
WHEN (NEW.shard = '-' AND NEW.credits - NEW.debits - NEW.pending_debits < 0)
EXECUTE FUNCTION ledger_balances_floor();

CREATE FUNCTION ledger_transfers_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ledger_transfers_unchanged: A transfer is never changed. Reverse it.';
END;
$$;

CREATE TRIGGER ledger_transfers_unchanged
BEFORE UPDATE ON ledger_transfers
FOR EACH ROW
EXECUTE FUNCTION ledger_transfers_unchanged();

CREATE FUNCTION ledger_transfers_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'ledger_transfers_kept: A transfer is never deleted. Reverse it.';
END;
$$;

CREATE TRIGGER ledger_transfers_kept
BEFORE DELETE ON ledger_transfers
FOR EACH ROW
EXECUTE FUNCTION ledger_transfers_kept();

-- differs: trigger ledger_transfers_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE TRIGGER ledger_transfers_not_truncated
BEFORE TRUNCATE ON ledger_transfers
FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfers_kept();

-- Books the transfers of a statement as if one came after the other, as on SQLite. All rows are locked first, in one
-- order.
CREATE FUNCTION ledger_transfers_booked() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    sides constant text :=
        'SELECT added.id, side.account_id, side.debits, side.credits, side.pending_debits, side.pending_credits,'
        ' (added.created_at AT TIME ZONE ''UTC'')::date AS day,'
        ' CASE WHEN account.may_be_negative THEN right(coalesce(added.pending_id, added.id)::text, 1) ELSE ''-'' END AS shard'
        ' FROM added'
        ' LEFT JOIN %1$I.ledger_transfers AS held ON added.pending_id = held.id'
        ' CROSS JOIN LATERAL (SELECT'
        ' CASE WHEN added.kind IN (''TRANSFER'', ''POSTED'', ''REVERSAL'') THEN added.amount ELSE 0 END AS moved,'
        ' CASE WHEN added.kind = ''PENDING'' THEN added.amount ELSE -coalesce(held.amount, 0) END AS held) AS booked'
        ' CROSS JOIN LATERAL (VALUES'
        ' (added.debit_account_id, booked.moved, 0, booked.held, 0),'
        ' (added.credit_account_id, 0, booked.moved, 0, booked.held)'
        ') AS side (account_id, debits, credits, pending_debits, pending_credits)'
        ' INNER JOIN %1$I.ledger_accounts AS account ON side.account_id = account.id';
    is_wrong boolean;
BEGIN
    EXECUTE format(
        'INSERT INTO %1$I.ledger_balances (account_id, shard) SELECT DISTINCT account_id, shard FROM (' || sides || ') AS side'
        ' WHERE shard <> ''-'' ORDER BY account_id, shard ON CONFLICT DO NOTHING',
        TG_TABLE_SCHEMA
    );
    FOR is_wrong IN EXECUTE format(
        'SELECT account.closed_at IS NOT NULL FROM %1$I.ledger_balances AS balance'
        ' INNER JOIN %1$I.ledger_accounts AS account ON balance.account_id = account.id'
        ' WHERE (balance.account_id, balance.shard) IN (SELECT account_id, shard FROM (' || sides || ') AS side)'
        ' ORDER BY balance.account_id, balance.shard FOR UPDATE OF balance FOR SHARE OF account',
        TG_TABLE_SCHEMA
    )
    LOOP
        IF is_wrong THEN
            RAISE EXCEPTION 'ledger_transfers_account_open: An account that is closed takes part in no transfer.';
        END IF;
    END LOOP;
    IF EXISTS (SELECT 1 FROM added WHERE pending_id IS NOT NULL OR reversed_id IS NOT NULL) THEN
        EXECUTE format(
            'SELECT EXISTS (SELECT 1 FROM added INNER JOIN %I.ledger_transfers AS held ON added.pending_id = held.id'
            ' WHERE held.kind <> ''PENDING'' OR held.debit_account_id <> added.debit_account_id'
            ' OR held.credit_account_id <> added.credit_account_id OR held.amount < added.amount'
            ' OR (added.kind <> ''POSTED'' AND held.amount <> added.amount))',
            TG_TABLE_SCHEMA
        )
        INTO is_wrong;
        IF is_wrong THEN
            RAISE EXCEPTION 'ledger_transfers_of_hold: What ends a hold has its accounts and amount; less may be posted.';
        END IF;
        EXECUTE format(
            'SELECT EXISTS (SELECT 1 FROM added INNER JOIN %I.ledger_transfers AS held ON added.pending_id = held.id'
            ' WHERE (added.kind = ''POSTED'' AND held.expires_at <= added.created_at)'
            ' OR (added.kind = ''EXPIRED'' AND (held.expires_at <= added.created_at) IS NOT TRUE))',
            TG_TABLE_SCHEMA
        )
        INTO is_wrong;
        IF is_wrong THEN
            RAISE EXCEPTION 'ledger_transfers_hold_open: A hold is posted until it expires, and expires then.';
        END IF;
        EXECUTE format(
            'SELECT EXISTS (SELECT 1 FROM added INNER JOIN %I.ledger_transfers AS reversed ON added.reversed_id = reversed.id'
            ' WHERE reversed.kind NOT IN (''TRANSFER'', ''POSTED'', ''REVERSAL'') OR reversed.amount <> added.amount'
            ' OR reversed.debit_account_id <> added.credit_account_id OR reversed.credit_account_id <> added.debit_account_id)',
            TG_TABLE_SCHEMA
        )
        INTO is_wrong;
        IF is_wrong THEN
            RAISE EXCEPTION 'ledger_transfers_of_reversed: A reversal takes the whole of a transfer back.';
        END IF;
    END IF;
    -- What is left after each side of a transfer, the debited one first.
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM (SELECT balance.credits - balance.debits - balance.pending_debits'
        ' + sum(side.credits - side.debits - side.pending_debits)'
        ' OVER (PARTITION BY side.account_id ORDER BY side.id, side.debits + side.pending_debits = 0) AS amount'
        ' FROM (' || sides || ') AS side INNER JOIN %1$I.ledger_balances AS balance'
        ' ON side.account_id = balance.account_id AND side.shard = balance.shard WHERE side.shard = ''-'') AS remaining'
        ' WHERE amount < 0)',
        TG_TABLE_SCHEMA
    )
    INTO is_wrong;
    IF is_wrong THEN
        RAISE EXCEPTION 'ledger_balances_floor: The account has less than what would leave it.';
    END IF;
    EXECUTE format(
        'UPDATE %1$I.ledger_balances AS balance SET debits = balance.debits + total.debits,'
        ' credits = balance.credits + total.credits, pending_debits = balance.pending_debits + total.pending_debits,'
        ' pending_credits = balance.pending_credits + total.pending_credits'
        ' FROM (SELECT account_id, shard, sum(debits) AS debits, sum(credits) AS credits,'
        ' sum(pending_debits) AS pending_debits, sum(pending_credits) AS pending_credits'
        ' FROM (' || sides || ') AS side GROUP BY account_id, shard) AS total'
        ' WHERE balance.account_id = total.account_id AND balance.shard = total.shard',
        TG_TABLE_SCHEMA
    );
    EXECUTE format(
        'INSERT INTO %1$I.ledger_days AS total (account_id, day, shard, debits, credits)'
        ' SELECT account_id, day, shard, sum(debits), sum(credits) FROM (' || sides || ') AS side'
        ' WHERE debits + credits > 0 GROUP BY account_id, day, shard ORDER BY account_id, day, shard'
        ' ON CONFLICT (account_id, day, shard)'
        ' DO UPDATE SET debits = total.debits + excluded.debits, credits = total.credits + excluded.credits',
        TG_TABLE_SCHEMA
    );
    IF EXISTS (SELECT 1 FROM added WHERE kind = 'PENDING' OR pending_id IS NOT NULL) THEN
        EXECUTE format(
            'INSERT INTO %I.ledger_holds (transfer_id, expires_at) SELECT id, expires_at FROM added WHERE kind = ''PENDING''',
            TG_TABLE_SCHEMA
        );
        EXECUTE format(
            'DELETE FROM %I.ledger_holds WHERE transfer_id IN (SELECT pending_id FROM added)', TG_TABLE_SCHEMA
        );
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER ledger_transfers_booked
AFTER INSERT ON ledger_transfers
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfers_booked();
