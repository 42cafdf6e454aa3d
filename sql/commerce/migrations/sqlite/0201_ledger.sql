-- Double-entry bookkeeping: each transfer takes an amount from one account and gives it to another one, so that the sum
-- of all balances is zero in every currency. Amounts are minor units of the currency, such as cents.
CREATE TABLE ledger_accounts (
    id text NOT NULL,
    code text,
    kind text NOT NULL,
    owner_id text,
    currency text NOT NULL,
    may_be_negative integer NOT NULL DEFAULT FALSE,
    metadata text NOT NULL DEFAULT '{}',
    created_at text NOT NULL,
    closed_at text,

    CONSTRAINT ledger_accounts_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_accounts_code_key UNIQUE (code),
    CONSTRAINT ledger_accounts_id_currency_key UNIQUE (id, currency),
    CONSTRAINT ledger_accounts_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT ledger_accounts_code_check CHECK (length(code) BETWEEN 1 AND 200),
    CONSTRAINT ledger_accounts_kind_check CHECK (length(kind) BETWEEN 1 AND 50),
    CONSTRAINT ledger_accounts_currency_check CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT ledger_accounts_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ledger_accounts_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT ledger_accounts_closed_at_check CHECK (
        closed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(closed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(closed_at, 1, 19), '+0 seconds') IS substr(closed_at, 1, 19)
        AND closed_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ledger_accounts_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ledger_accounts_owner_id_type_check CHECK (
        owner_id GLOB '????????-????-????-????-????????????'
        AND length(replace(owner_id, '-', '')) = 32
        AND replace(owner_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ledger_accounts_may_be_negative_type_check CHECK (may_be_negative IN (0, 1))
) STRICT;

-- The accounts of an owner, and those of a kind.
CREATE INDEX idx_ledger_accounts_owner ON ledger_accounts (owner_id, created_at, id);
CREATE INDEX idx_ledger_accounts_kind ON ledger_accounts (kind, currency, created_at, id);

-- What was moved, and what is held for later. A row is never changed: what corrects or ends another one is a row of its
-- own.
CREATE TABLE ledger_transfers (
    id text NOT NULL,
    kind text NOT NULL DEFAULT 'TRANSFER',
    debit_account_id text NOT NULL,
    credit_account_id text NOT NULL,
    amount integer NOT NULL,
    currency text NOT NULL,
    pending_id text,
    reversed_id text,
    expires_at text,
    reference text,
    metadata text NOT NULL DEFAULT '{}',
    created_at text NOT NULL,

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
    CONSTRAINT ledger_transfers_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ledger_transfers_expires_at_check CHECK (
        expires_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(expires_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(expires_at, 1, 19), '+0 seconds') IS substr(expires_at, 1, 19)
        AND expires_at >= '0001'
    ),
    CONSTRAINT ledger_transfers_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ledger_transfers_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ledger_transfers_debit_account_id_type_check CHECK (
        debit_account_id GLOB '????????-????-????-????-????????????'
        AND length(replace(debit_account_id, '-', '')) = 32
        AND replace(debit_account_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ledger_transfers_credit_account_id_type_check CHECK (
        credit_account_id GLOB '????????-????-????-????-????????????'
        AND length(replace(credit_account_id, '-', '')) = 32
        AND replace(credit_account_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ledger_transfers_pending_id_type_check CHECK (
        pending_id GLOB '????????-????-????-????-????????????'
        AND length(replace(pending_id, '-', '')) = 32
        AND replace(pending_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT ledger_transfers_reversed_id_type_check CHECK (
        reversed_id GLOB '????????-????-????-????-????????????'
        AND length(replace(reversed_id, '-', '')) = 32
        AND replace(reversed_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- The statement of an account: what left it, and what reached it. What belongs to an object of the application.
CREATE INDEX idx_ledger_transfers_debit ON ledger_transfers (debit_account_id, created_at, id);
CREATE INDEX idx_ledger_transfers_credit ON ledger_transfers (credit_account_id, created_at, id);
CREATE INDEX idx_ledger_transfers_reference ON ledger_transfers (reference, created_at, id);

-- What is held and neither posted, voided nor expired yet.
CREATE TABLE ledger_holds (
    transfer_id text NOT NULL,
    expires_at text,

    CONSTRAINT ledger_holds_pkey PRIMARY KEY (transfer_id),
    CONSTRAINT ledger_holds_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES ledger_transfers (id),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT ledger_holds_expires_at_check CHECK (
        expires_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(expires_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(expires_at, 1, 19), '+0 seconds') IS substr(expires_at, 1, 19)
        AND expires_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ledger_holds_transfer_id_type_check CHECK (
        transfer_id GLOB '????????-????-????-????-????????????'
        AND length(replace(transfer_id, '-', '')) = 32
        AND replace(transfer_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

CREATE INDEX idx_ledger_holds_expiry ON ledger_holds (expires_at, transfer_id);

-- What an account has: the sum of its rows. An account that may not be negative has the one row '-', whose CHECK keeps
-- it from that, so that its writers wait for each other. Any other account has up to sixteen: the last digit of the
-- transfer's id chooses the row.
CREATE TABLE ledger_balances (
    account_id text NOT NULL,
    shard text NOT NULL,
    debits integer NOT NULL DEFAULT 0,
    credits integer NOT NULL DEFAULT 0,
    pending_debits integer NOT NULL DEFAULT 0,
    pending_credits integer NOT NULL DEFAULT 0,

    CONSTRAINT ledger_balances_pkey PRIMARY KEY (account_id, shard),
    CONSTRAINT ledger_balances_account_id_fkey FOREIGN KEY (account_id)
    REFERENCES ledger_accounts (id) ON DELETE CASCADE,

    CONSTRAINT ledger_balances_floor_check CHECK (shard <> '-' OR credits - debits - pending_debits >= 0),
    CONSTRAINT ledger_balances_shard_check CHECK (length(shard) = 1 AND instr('-0123456789abcdef', shard) > 0),
    CONSTRAINT ledger_balances_debits_check CHECK (debits >= 0),
    CONSTRAINT ledger_balances_credits_check CHECK (credits >= 0),
    CONSTRAINT ledger_balances_pending_debits_check CHECK (pending_debits >= 0),
    CONSTRAINT ledger_balances_pending_credits_check CHECK (pending_credits >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ledger_balances_account_id_type_check CHECK (
        account_id GLOB '????????-????-????-????-????????????'
        AND length(replace(account_id, '-', '')) = 32
        AND replace(account_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- What an account moved on each day (UTC), so that its balance at an instant needs the transfers of one day only.
CREATE TABLE ledger_days (
    account_id text NOT NULL,
    day text NOT NULL,
    shard text NOT NULL,
    debits integer NOT NULL DEFAULT 0,
    credits integer NOT NULL DEFAULT 0,

    CONSTRAINT ledger_days_pkey PRIMARY KEY (account_id, day, shard),
    CONSTRAINT ledger_days_account_id_fkey FOREIGN KEY (account_id) REFERENCES ledger_accounts (id) ON DELETE CASCADE,

    CONSTRAINT ledger_days_day_check CHECK (date(day, '+0 days') IS day AND day >= '0001'),
    CONSTRAINT ledger_days_shard_check CHECK (length(shard) = 1 AND instr('-0123456789abcdef', shard) > 0),
    CONSTRAINT ledger_days_debits_check CHECK (debits >= 0),
    CONSTRAINT ledger_days_credits_check CHECK (credits >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT ledger_days_account_id_type_check CHECK (
        account_id GLOB '????????-????-????-????-????????????'
        AND length(replace(account_id, '-', '')) = 32
        AND replace(account_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ledger_accounts_unchanged
BEFORE UPDATE ON ledger_accounts
WHEN
    NEW.id <> OLD.id
    OR NEW.currency <> OLD.currency
    OR NEW.may_be_negative <> OLD.may_be_negative
    OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'ledger_accounts_unchanged: An account keeps its currency and its rules.');
END;

CREATE TRIGGER ledger_accounts_empty
BEFORE UPDATE ON ledger_accounts
WHEN
    NEW.closed_at IS NOT OLD.closed_at
    AND (
        OLD.closed_at IS NOT NULL
        OR (
            SELECT sum(credits - debits) <> 0 OR sum(pending_debits + pending_credits) <> 0 FROM ledger_balances
            WHERE account_id = OLD.id
        )
    )
BEGIN
    SELECT RAISE(ABORT, 'ledger_accounts_empty: An empty account without holds is closed, and stays so.');
END;

CREATE TRIGGER ledger_accounts_counted
AFTER INSERT ON ledger_accounts
WHEN NOT NEW.may_be_negative
BEGIN
    INSERT INTO ledger_balances (account_id, shard) VALUES (NEW.id, '-');
END;

-- differs: trigger ledger_accounts_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER ledger_accounts_not_replaced
BEFORE INSERT ON ledger_accounts
WHEN
    EXISTS (
        SELECT 1 FROM ledger_accounts
        WHERE id = NEW.id
    )
    OR EXISTS (
        SELECT 1 FROM ledger_accounts
        WHERE code = NEW.code
    )
BEGIN
    SELECT RAISE(ABORT, 'ledger_accounts_not_replaced: An account with this id or code exists already.');
END;

-- differs: trigger ledger_accounts_not_overwritten: UPDATE OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER ledger_accounts_not_overwritten
BEFORE UPDATE ON ledger_accounts
WHEN
    NEW.code IS NOT OLD.code
    AND EXISTS (
        SELECT 1 FROM ledger_accounts
        WHERE code = NEW.code
    )
BEGIN
    SELECT RAISE(ABORT, 'ledger_accounts_not_overwritten: This code belongs to another account.');
END;

-- A CHECK alone would not do: INSERT OR IGNORE and OR FAIL, which SQLite alone has, go on after what it refuses here.
CREATE TRIGGER ledger_balances_floor
BEFORE UPDATE ON ledger_balances
WHEN
    NEW.shard = '-' AND NEW.credits - NEW.debits - NEW.pending_debits < 0
BEGIN
    SELECT RAISE(ABORT, 'ledger_balances_floor: The account has less than what would leave it.');
END;

CREATE TRIGGER ledger_transfers_unchanged
BEFORE UPDATE ON ledger_transfers
BEGIN
    SELECT RAISE(ABORT, 'ledger_transfers_unchanged: A transfer is never changed. Reverse it.');
END;

CREATE TRIGGER ledger_transfers_kept
BEFORE DELETE ON ledger_transfers
BEGIN
    SELECT RAISE(ABORT, 'ledger_transfers_kept: A transfer is never deleted. Reverse it.');
END;

-- differs: trigger ledger_transfers_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
-- One EXISTS for each key: where most rows have no value, SQLite would read the whole table for several keys at once.
CREATE TRIGGER ledger_transfers_not_replaced
BEFORE INSERT ON ledger_transfers
WHEN
    EXISTS (
        SELECT 1 FROM ledger_transfers
        WHERE id = NEW.id
    )
    OR EXISTS (
        SELECT 1 FROM ledger_transfers
        WHERE pending_id = NEW.pending_id
    )
    OR EXISTS (
        SELECT 1 FROM ledger_transfers
        WHERE reversed_id = NEW.reversed_id
    )
BEGIN
    SELECT RAISE(ABORT, 'ledger_transfers_not_replaced: A transfer is booked, ended and reversed once.');
END;

CREATE TRIGGER ledger_transfers_booked
AFTER INSERT ON ledger_transfers
BEGIN
    SELECT RAISE(ABORT, 'ledger_transfers_account_open: An account that is closed takes part in no transfer.')
    FROM ledger_accounts
    WHERE id IN (NEW.debit_account_id, NEW.credit_account_id) AND closed_at IS NOT NULL;
    SELECT RAISE(ABORT, 'ledger_transfers_of_hold: What ends a hold has its accounts and amount; less may be posted.')
    FROM ledger_transfers
    WHERE
        id = NEW.pending_id
        AND (
            kind <> 'PENDING'
            OR debit_account_id <> NEW.debit_account_id
            OR credit_account_id <> NEW.credit_account_id
            OR amount < NEW.amount
            OR (NEW.kind <> 'POSTED' AND amount <> NEW.amount)
        );
    SELECT RAISE(ABORT, 'ledger_transfers_hold_open: A hold is posted until it expires, and expires then.')
    FROM ledger_transfers
    WHERE
        id = NEW.pending_id
        AND (
            (NEW.kind = 'POSTED' AND expires_at <= NEW.created_at)
            OR (NEW.kind = 'EXPIRED' AND (expires_at <= NEW.created_at) IS NOT TRUE)
        );
    SELECT RAISE(ABORT, 'ledger_transfers_of_reversed: A reversal takes the whole of a transfer back.')
    FROM ledger_transfers
    WHERE
        id = NEW.reversed_id
        AND (
            kind NOT IN ('TRANSFER', 'POSTED', 'REVERSAL')
            OR amount <> NEW.amount
            OR debit_account_id <> NEW.credit_account_id
            OR credit_account_id <> NEW.debit_account_id
        );
    INSERT INTO ledger_balances (account_id, shard)
    SELECT
        id,
        substr(coalesce(NEW.pending_id, NEW.id), 36, 1) AS shard
    FROM ledger_accounts
    WHERE
        id = NEW.debit_account_id
        AND may_be_negative
        AND NOT EXISTS (
            SELECT 1 FROM ledger_balances
            WHERE account_id = NEW.debit_account_id AND shard = substr(coalesce(NEW.pending_id, NEW.id), 36, 1)
        );
    UPDATE ledger_balances
    SET
        debits = debits + CASE WHEN NEW.kind IN ('TRANSFER', 'POSTED', 'REVERSAL') THEN NEW.amount ELSE 0 END,
        pending_debits = pending_debits + CASE
            WHEN NEW.kind = 'PENDING' THEN NEW.amount
            ELSE -coalesce((
                SELECT amount FROM ledger_transfers
                WHERE id = NEW.pending_id
            ), 0)
        END
    WHERE
        account_id = NEW.debit_account_id
        AND shard = (
            SELECT CASE WHEN may_be_negative THEN substr(coalesce(NEW.pending_id, NEW.id), 36, 1) ELSE '-' END
            FROM ledger_accounts
            WHERE id = NEW.debit_account_id
        );
    INSERT INTO ledger_days (account_id, day, shard)
    SELECT
        account_id,
        substr(NEW.created_at, 1, 10) AS day,
        shard
    FROM ledger_balances
    WHERE
        account_id = NEW.debit_account_id
        AND shard = (
            SELECT CASE WHEN may_be_negative THEN substr(coalesce(NEW.pending_id, NEW.id), 36, 1) ELSE '-' END
            FROM ledger_accounts
            WHERE id = NEW.debit_account_id
        )
        AND NEW.kind IN ('TRANSFER', 'POSTED', 'REVERSAL')
        AND NOT EXISTS (
            SELECT 1 FROM ledger_days
            WHERE
                account_id = NEW.debit_account_id
                AND day = substr(NEW.created_at, 1, 10)
                AND shard = ledger_balances.shard
        );
    UPDATE ledger_days
    SET debits = debits + NEW.amount
    WHERE
        account_id = NEW.debit_account_id
        AND day = substr(NEW.created_at, 1, 10)
        AND shard = (
            SELECT CASE WHEN may_be_negative THEN substr(coalesce(NEW.pending_id, NEW.id), 36, 1) ELSE '-' END
            FROM ledger_accounts
            WHERE id = NEW.debit_account_id
        )
        AND NEW.kind IN ('TRANSFER', 'POSTED', 'REVERSAL');
    INSERT INTO ledger_balances (account_id, shard)
    SELECT
        id,
        substr(coalesce(NEW.pending_id, NEW.id), 36, 1) AS shard
    FROM ledger_accounts
    WHERE
        id = NEW.credit_account_id
        AND may_be_negative
        AND NOT EXISTS (
            SELECT 1 FROM ledger_balances
            WHERE account_id = NEW.credit_account_id AND shard = substr(coalesce(NEW.pending_id, NEW.id), 36, 1)
        );
    UPDATE ledger_balances
    SET
        credits = credits + CASE WHEN NEW.kind IN ('TRANSFER', 'POSTED', 'REVERSAL') THEN NEW.amount ELSE 0 END,
        pending_credits = pending_credits + CASE
            WHEN NEW.kind = 'PENDING' THEN NEW.amount
            ELSE -coalesce((
                SELECT amount FROM ledger_transfers
                WHERE id = NEW.pending_id
            ), 0)
        END
    WHERE
        account_id = NEW.credit_account_id
        AND shard = (
            SELECT CASE WHEN may_be_negative THEN substr(coalesce(NEW.pending_id, NEW.id), 36, 1) ELSE '-' END
            FROM ledger_accounts
            WHERE id = NEW.credit_account_id
        );
    INSERT INTO ledger_days (account_id, day, shard)
    SELECT
        account_id,
        substr(NEW.created_at, 1, 10) AS day,
        shard
    FROM ledger_balances
    WHERE
        account_id = NEW.credit_account_id
        AND shard = (
            SELECT CASE WHEN may_be_negative THEN substr(coalesce(NEW.pending_id, NEW.id), 36, 1) ELSE '-' END
            FROM ledger_accounts
            WHERE id = NEW.credit_account_id
        )
        AND NEW.kind IN ('TRANSFER', 'POSTED', 'REVERSAL')
        AND NOT EXISTS (
            SELECT 1 FROM ledger_days
            WHERE
                account_id = NEW.credit_account_id
                AND day = substr(NEW.created_at, 1, 10)
                AND shard = ledger_balances.shard
        );
    UPDATE ledger_days
    SET credits = credits + NEW.amount
    WHERE
        account_id = NEW.credit_account_id
        AND day = substr(NEW.created_at, 1, 10)
        AND shard = (
            SELECT CASE WHEN may_be_negative THEN substr(coalesce(NEW.pending_id, NEW.id), 36, 1) ELSE '-' END
            FROM ledger_accounts
            WHERE id = NEW.credit_account_id
        )
        AND NEW.kind IN ('TRANSFER', 'POSTED', 'REVERSAL');
    INSERT INTO ledger_holds (transfer_id, expires_at)
    SELECT
        NEW.id,
        NEW.expires_at
    WHERE NEW.kind = 'PENDING';
    DELETE FROM ledger_holds
    WHERE transfer_id = NEW.pending_id;
END;
