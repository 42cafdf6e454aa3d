-- name: insert_account
-- A taken id or code is left out.
-- differs: none of them needs a type here
INSERT INTO ledger_accounts (
    id,
    code,
    kind,
    owner_id,
    currency,
    may_be_negative,
    metadata,
    created_at
)
SELECT
    :id AS id,
    :code AS code,
    :kind AS kind,
    :owner_id AS owner_id,
    :currency AS currency,
    :may_be_negative AS may_be_negative,
    :metadata AS metadata,
    :now AS created_at
WHERE
    NOT EXISTS (
        SELECT 1
        FROM ledger_accounts
        WHERE id = :id
    )
    AND NOT EXISTS (
        SELECT 1
        FROM ledger_accounts
        WHERE code = :code
    )
ON CONFLICT DO NOTHING
RETURNING
    id,
    code,
    kind,
    owner_id,
    currency,
    may_be_negative,
    metadata,
    created_at,
    closed_at;

-- name: insert_accounts
-- A taken id or code is left out.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO ledger_accounts (
    id,
    code,
    kind,
    owner_id,
    currency,
    may_be_negative,
    metadata,
    created_at
)
SELECT
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.code') AS code,
    json_extract(entry.value, '$.kind') AS kind,
    json_extract(entry.value, '$.owner_id') AS owner_id,
    json_extract(entry.value, '$.currency') AS currency,
    json_extract(entry.value, '$.may_be_negative') AS may_be_negative,
    json_extract(entry.value, '$.metadata') AS metadata,
    json_extract(entry.value, '$.created_at') AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM ledger_accounts AS opened
        WHERE opened.id = json_extract(entry.value, '$.id')
    )
    AND NOT EXISTS (
        SELECT 1
        FROM ledger_accounts AS named
        WHERE named.code = json_extract(entry.value, '$.code')
    )
ORDER BY json_extract(entry.value, '$.id')
ON CONFLICT DO NOTHING;

-- name: get_account
SELECT
    id,
    code,
    kind,
    owner_id,
    currency,
    may_be_negative,
    metadata,
    created_at,
    closed_at
FROM ledger_accounts
WHERE id = :account_id;

-- name: find_account
SELECT
    id,
    code,
    kind,
    owner_id,
    currency,
    may_be_negative,
    metadata,
    created_at,
    closed_at
FROM ledger_accounts
WHERE code = :code;

-- name: list_accounts
SELECT
    id,
    code,
    kind,
    owner_id,
    currency,
    may_be_negative,
    metadata,
    created_at,
    closed_at
FROM ledger_accounts
WHERE
    kind = :kind
    AND currency = :currency
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_accounts_of_owner
SELECT
    id,
    code,
    kind,
    owner_id,
    currency,
    may_be_negative,
    metadata,
    created_at,
    closed_at
FROM ledger_accounts
WHERE
    owner_id = :owner_id
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: close_account
UPDATE ledger_accounts
SET closed_at = coalesce(closed_at, :now)
WHERE id = :account_id
RETURNING
    id,
    code,
    kind,
    owner_id,
    currency,
    may_be_negative,
    metadata,
    created_at,
    closed_at;

-- name: insert_transfers
-- What is booked, ended or reversed already is left out. One condition with OR would read all transfers after ANALYZE,
-- where hardly any is ended or reversed.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO ledger_transfers (
    id,
    kind,
    debit_account_id,
    credit_account_id,
    amount,
    currency,
    pending_id,
    reversed_id,
    expires_at,
    reference,
    metadata,
    created_at
)
SELECT
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.kind') AS kind,
    json_extract(entry.value, '$.debit_account_id') AS debit_account_id,
    json_extract(entry.value, '$.credit_account_id') AS credit_account_id,
    json_extract(entry.value, '$.amount') AS amount,
    json_extract(entry.value, '$.currency') AS currency,
    json_extract(entry.value, '$.pending_id') AS pending_id,
    json_extract(entry.value, '$.reversed_id') AS reversed_id,
    json_extract(entry.value, '$.expires_at') AS expires_at,
    json_extract(entry.value, '$.reference') AS reference,
    json_extract(entry.value, '$.metadata') AS metadata,
    json_extract(entry.value, '$.created_at') AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM ledger_transfers AS booked
        WHERE booked.id = json_extract(entry.value, '$.id')
    )
    AND NOT EXISTS (
        SELECT 1
        FROM ledger_transfers AS ended
        WHERE ended.pending_id = json_extract(entry.value, '$.pending_id')
    )
    AND NOT EXISTS (
        SELECT 1
        FROM ledger_transfers AS reversed
        WHERE reversed.reversed_id = json_extract(entry.value, '$.reversed_id')
    )
ORDER BY json_extract(entry.value, '$.id')
ON CONFLICT DO NOTHING
RETURNING
    id,
    kind,
    debit_account_id,
    credit_account_id,
    amount,
    currency,
    pending_id,
    reversed_id,
    expires_at,
    reference,
    metadata,
    created_at;

-- name: get_transfer
SELECT
    id,
    kind,
    debit_account_id,
    credit_account_id,
    amount,
    currency,
    pending_id,
    reversed_id,
    expires_at,
    reference,
    metadata,
    created_at
FROM ledger_transfers
WHERE id = :transfer_id;

-- name: find_end_of_hold
SELECT
    id,
    kind,
    debit_account_id,
    credit_account_id,
    amount,
    currency,
    pending_id,
    reversed_id,
    expires_at,
    reference,
    metadata,
    created_at
FROM ledger_transfers
WHERE pending_id = :hold_id;

-- name: list_transfers
SELECT
    id,
    kind,
    debit_account_id,
    credit_account_id,
    amount,
    currency,
    pending_id,
    reversed_id,
    expires_at,
    reference,
    metadata,
    created_at
FROM (
    SELECT
        id,
        kind,
        debit_account_id,
        credit_account_id,
        amount,
        currency,
        pending_id,
        reversed_id,
        expires_at,
        reference,
        metadata,
        created_at
    FROM (
        SELECT
            id,
            kind,
            debit_account_id,
            credit_account_id,
            amount,
            currency,
            pending_id,
            reversed_id,
            expires_at,
            reference,
            metadata,
            created_at
        FROM ledger_transfers
        WHERE
            debit_account_id = :account_id
            AND (created_at, id) < (:created_at, :id)  -- when after
        ORDER BY created_at DESC, id DESC
        LIMIT :limit
    ) AS debited
    UNION ALL
    SELECT
        id,
        kind,
        debit_account_id,
        credit_account_id,
        amount,
        currency,
        pending_id,
        reversed_id,
        expires_at,
        reference,
        metadata,
        created_at
    FROM (
        SELECT
            id,
            kind,
            debit_account_id,
            credit_account_id,
            amount,
            currency,
            pending_id,
            reversed_id,
            expires_at,
            reference,
            metadata,
            created_at
        FROM ledger_transfers
        WHERE
            credit_account_id = :account_id
            AND (created_at, id) < (:created_at, :id)  -- when after
        ORDER BY created_at DESC, id DESC
        LIMIT :limit
    ) AS credited
) AS moved
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_transfers_of_reference
SELECT
    id,
    kind,
    debit_account_id,
    credit_account_id,
    amount,
    currency,
    pending_id,
    reversed_id,
    expires_at,
    reference,
    metadata,
    created_at
FROM ledger_transfers
WHERE
    reference = :reference
    AND (created_at, id) > (:created_at, :id)  -- when after
ORDER BY created_at, id
LIMIT :limit;

-- name: list_expired_holds
SELECT
    ledger_transfers.id,
    ledger_transfers.kind,
    ledger_transfers.debit_account_id,
    ledger_transfers.credit_account_id,
    ledger_transfers.amount,
    ledger_transfers.currency,
    ledger_transfers.pending_id,
    ledger_transfers.reversed_id,
    ledger_transfers.expires_at,
    ledger_transfers.reference,
    ledger_transfers.metadata,
    ledger_transfers.created_at
FROM ledger_holds
INNER JOIN ledger_transfers ON ledger_holds.transfer_id = ledger_transfers.id
WHERE ledger_holds.expires_at <= :now
ORDER BY ledger_holds.expires_at, ledger_holds.transfer_id
LIMIT :limit;

-- name: get_balance
-- differs: a sum of bigint is numeric there
SELECT
    ledger_accounts.id AS account_id,
    coalesce(sum(ledger_balances.credits - ledger_balances.debits), 0) AS posted,
    coalesce(sum(ledger_balances.pending_debits), 0) AS held,
    coalesce(sum(ledger_balances.pending_credits), 0) AS expected
FROM ledger_accounts
LEFT OUTER JOIN ledger_balances ON ledger_accounts.id = ledger_balances.account_id
WHERE ledger_accounts.id = :account_id
GROUP BY ledger_accounts.id;

-- name: get_balance_at
-- The days before, and what was moved on the day itself.
-- not null: posted: each of its parts has a coalesce
-- differs: the day of an instant, and the sum of bigint
SELECT
    coalesce((
        SELECT sum(credits - debits)
        FROM ledger_days
        WHERE
            account_id = :account_id
            AND day < substr(:at, 1, 10)
    ), 0)
    + coalesce((
        SELECT sum(amount)
        FROM ledger_transfers
        WHERE
            credit_account_id = :account_id
            AND kind IN ('TRANSFER', 'POSTED', 'REVERSAL')
            AND created_at BETWEEN substr(:at, 1, 10) || 'T00:00:00.000000Z' AND :at
    ), 0)
    - coalesce((
        SELECT sum(amount)
        FROM ledger_transfers
        WHERE
            debit_account_id = :account_id
            AND kind IN ('TRANSFER', 'POSTED', 'REVERSAL')
            AND created_at BETWEEN substr(:at, 1, 10) || 'T00:00:00.000000Z' AND :at
    ), 0) AS posted;

-- name: list_trial_balances
-- scan: a trial balance reads all accounts
-- differs: a sum of bigint is numeric there
SELECT
    ledger_accounts.currency,
    sum(ledger_balances.debits) AS debits,
    sum(ledger_balances.credits) AS credits,
    sum(ledger_balances.pending_debits) AS pending_debits,
    sum(ledger_balances.pending_credits) AS pending_credits
FROM ledger_balances
INNER JOIN ledger_accounts ON ledger_balances.account_id = ledger_accounts.id
GROUP BY ledger_accounts.currency
ORDER BY ledger_accounts.currency;

-- name: list_wrong_balances
-- scan: an audit reads all books
-- differs: a sum of bigint is numeric there
WITH booked AS (
    SELECT
        account_id,
        sum(amount) AS amount
    FROM (
        SELECT
            credit_account_id AS account_id,
            amount
        FROM ledger_transfers
        WHERE kind IN ('TRANSFER', 'POSTED', 'REVERSAL')
        UNION ALL
        SELECT
            debit_account_id AS account_id,
            -amount AS amount
        FROM ledger_transfers
        WHERE kind IN ('TRANSFER', 'POSTED', 'REVERSAL')
    ) AS moved
    GROUP BY account_id
),

posted AS (
    SELECT
        account_id,
        sum(credits - debits) AS amount
    FROM ledger_balances
    GROUP BY account_id
)

SELECT
    ledger_accounts.id AS account_id,
    coalesce(posted.amount, 0) AS posted,
    coalesce(booked.amount, 0) AS booked
FROM ledger_accounts
LEFT OUTER JOIN posted ON ledger_accounts.id = posted.account_id
LEFT OUTER JOIN booked ON ledger_accounts.id = booked.account_id
WHERE coalesce(posted.amount, 0) <> coalesce(booked.amount, 0)
ORDER BY ledger_accounts.id;

-- name: stream_accounts
-- scan: an export reads everything
SELECT
    id,
    code,
    kind,
    owner_id,
    currency,
    may_be_negative,
    metadata,
    created_at,
    closed_at
FROM ledger_accounts
ORDER BY id;

-- name: stream_transfers
-- scan: an export reads everything
SELECT
    id,
    kind,
    debit_account_id,
    credit_account_id,
    amount,
    currency,
    pending_id,
    reversed_id,
    expires_at,
    reference,
    metadata,
    created_at
FROM ledger_transfers
ORDER BY id;

-- name: stream_accounts_of_owner
SELECT
    id,
    code,
    kind,
    owner_id,
    currency,
    may_be_negative,
    metadata,
    created_at,
    closed_at
FROM ledger_accounts
WHERE owner_id = :owner_id
ORDER BY created_at, id;

-- name: stream_transfers_of_owner
SELECT
    id,
    kind,
    debit_account_id,
    credit_account_id,
    amount,
    currency,
    pending_id,
    reversed_id,
    expires_at,
    reference,
    metadata,
    created_at
FROM ledger_transfers
WHERE
    id IN (
        SELECT debited.id
        FROM ledger_accounts
        INNER JOIN ledger_transfers AS debited ON ledger_accounts.id = debited.debit_account_id
        WHERE ledger_accounts.owner_id = :owner_id
        UNION
        SELECT credited.id
        FROM ledger_accounts
        INNER JOIN ledger_transfers AS credited ON ledger_accounts.id = credited.credit_account_id
        WHERE ledger_accounts.owner_id = :owner_id
    )
ORDER BY id;

-- name: move_accounts
UPDATE ledger_accounts
SET owner_id = :kept
WHERE owner_id = :merged;
