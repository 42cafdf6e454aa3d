-- What triggers make of the transfers.

INSERT INTO ledger_holds (transfer_id, expires_at)
SELECT id, expires_at FROM ledger_transfers WHERE kind = 'PENDING';

INSERT INTO ledger_balances (account_id, shard, debits, credits, pending_debits, pending_credits)
SELECT account_id, shard, sum(debit), sum(credit), sum(held_debit), sum(held_credit)
FROM (
    SELECT
        debit_account_id AS account_id,
        CASE WHEN debit_account_id = id($ACCOUNT, 10 * $users) THEN substr(CAST(id AS text), 36, 1) ELSE '-' END
            AS shard,
        CASE kind WHEN 'TRANSFER' THEN amount ELSE 0 END AS debit,
        0 AS credit,
        CASE kind WHEN 'PENDING' THEN amount ELSE 0 END AS held_debit,
        0 AS held_credit
    FROM ledger_transfers
    UNION ALL
    SELECT
        credit_account_id, '-', 0, CASE kind WHEN 'TRANSFER' THEN amount ELSE 0 END, 0,
        CASE kind WHEN 'PENDING' THEN amount ELSE 0 END
    FROM ledger_transfers
    UNION ALL
    SELECT id, '-', 0, 0, 0, 0 FROM ledger_accounts WHERE NOT may_be_negative
) AS sides
GROUP BY 1, 2;

INSERT INTO ledger_days (account_id, day, shard, debits, credits)
SELECT account_id, day, shard, sum(debit), sum(credit)
FROM (
    SELECT
        debit_account_id AS account_id,
        day(created_at) AS day,
        CASE WHEN debit_account_id = id($ACCOUNT, 10 * $users) THEN substr(CAST(id AS text), 36, 1) ELSE '-' END
            AS shard,
        amount AS debit,
        0 AS credit
    FROM ledger_transfers
    WHERE kind = 'TRANSFER'
    UNION ALL
    SELECT credit_account_id, day(created_at), '-', 0, amount FROM ledger_transfers WHERE kind = 'TRANSFER'
) AS sides
GROUP BY 1, 2, 3;
