-- Wallets, and the world, which has the last number. The world gives each even wallet something, half of the transfers,
-- and each even wallet gives to the next one, or to the second one, which has a tenth. A hundredth is held.

INSERT INTO ledger_accounts (id, code, kind, owner_id, currency, may_be_negative, created_at)
SELECT
    id($ACCOUNT, n), 'wallet ' || n, 'wallet', id($USER, CASE WHEN n % 10 = 0 THEN 0 ELSE n % $users END), 'EUR',
    FALSE, series.at
FROM series;

INSERT INTO ledger_accounts (id, code, kind, currency, may_be_negative, created_at)
VALUES (id($ACCOUNT, 10 * $users), 'world', 'world', 'EUR', TRUE, at(0));

INSERT INTO ledger_transfers (
    id, kind, debit_account_id, credit_account_id, amount, currency, expires_at, reference, created_at
)
SELECT
    id($TRANSFER, n),
    CASE WHEN n % 100 = 9 THEN 'PENDING' ELSE 'TRANSFER' END,
    id($ACCOUNT, CASE WHEN n % 2 = 0 THEN 10 * $users ELSE n - 1 END),
    id($ACCOUNT, CASE WHEN n % 10 = 5 THEN 1 ELSE n END),
    CASE WHEN n % 2 = 0 THEN 1000 ELSE 100 END,
    'EUR',
    CASE WHEN n % 1000 = 9 THEN at(n + 10) WHEN n % 100 = 9 THEN at(n + 100000000) END,
    'order ' || (CASE WHEN n % 10 = 3 THEN 3 ELSE n END),
    series.at
FROM series
ORDER BY n;
